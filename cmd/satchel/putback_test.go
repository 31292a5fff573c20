package main

import (
	"errors"
	neturl "net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"satchel/clientlib"
	"satchel/internal/pgtest"
)

// inPostgres runs statements in the cluster of the desk's database, $DB for the database's name.
func (d *desk) inPostgres(statements ...string) {
	d.t.Helper()
	url, err := neturl.Parse(d.database)
	if err != nil {
		d.t.Fatal(err)
	}
	name := strings.TrimPrefix(url.Path, "/")
	url.Path = "/postgres"
	conn, err := pgx.Connect(d.t.Context(), url.String())
	if err != nil {
		d.t.Fatal(err)
	}
	for _, statement := range statements {
		_, failed := conn.Exec(d.t.Context(), strings.ReplaceAll(statement, "$DB", name))
		err = errors.Join(err, failed)
	}
	if err := errors.Join(err, conn.Close(d.t.Context())); err != nil {
		d.t.Fatal(err)
	}
}

// A tablet that has seen what the backup has not comes when others have brought as much as was lost: by itself the
// server does not notice, and the tablet would take what they brought for what it has.
func TestADatabaseThatPostgresPutBackIsToldToTheServer(t *testing.T) {
	d := newDeskOn(t, pgtest.URL(t))
	f := &farm{servers: []*serving{d.serve()}}
	area := uuid.MustParse(d.ids("areas", "name")["Kraljevo"])
	ahead, late := d.carrier(f, "ahead"), d.carrier(f, "late")
	sync := func(s *clientlib.Store) clientlib.SyncResult {
		t.Helper()
		result, err := s.Sync(t.Context(), nil)
		if err != nil || !result.Safe || result.Repaired > 0 {
			t.Fatalf("a sync ends with %+v, %v", result, err)
		}
		return result
	}
	register := func(s *clientlib.Store, names ...string) {
		t.Helper()
		for _, name := range names {
			var form clientlib.Form
			form.Create("households", map[string]any{"head_name": name, "status": "idp", "area": area})
			if err := s.Save(t.Context(), &form); err != nil {
				t.Fatal(err)
			}
		}
	}
	sync(ahead)
	sync(late)
	f.servers[0].stop()
	d.inPostgres("CREATE DATABASE $DB_copy TEMPLATE $DB")
	f.put(0, d.serve())
	register(ahead, "Lost by the server")
	sync(ahead)
	f.servers[0].stop()
	d.inPostgres("DROP DATABASE $DB", "ALTER DATABASE $DB_copy RENAME TO $DB")

	d.refused("with its own tools", "restore", d.write("backup.db", "a file"))
	d.says(d.run("restore"), "Start the server again")
	d.says(d.run("audit", "verify"), "Rows that hold:")
	f.put(0, d.serve())
	register(late, "One", "Two", "Three")
	sync(late)
	if !sync(ahead).ServerRestored {
		t.Error("the device that was ahead is not told that the server was restored")
	}
	sync(late)
	for _, s := range []*clientlib.Store{late, ahead} {
		if all, err := s.List(t.Context(), "households", uuid.Nil); err != nil || len(all) != 4 {
			t.Errorf("a device shows %d households, %v; want 4", len(all), err)
		}
	}
	f.servers[0].stop()
	file := &desk{t: t, dir: d.dir, data: filepath.Join(t.TempDir(), "data")}
	file.refused("name the backup", "restore")
}
