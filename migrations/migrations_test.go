package migrations

import (
	"bytes"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	_ "modernc.org/sqlite"

	"satchel/syncproto"
)

var update = flag.Bool("update", false, "write the golden files anew")

func openDB(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "satchel.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// golden compares got with a file, or writes the file if the tests run with -update.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, []byte(got)) {
		t.Errorf("%s is not what the program makes; go test ./migrations -update shows the difference", path)
	}
}

func TestUpMakesTheGoldenSchemaOnceAndAgain(t *testing.T) {
	db := openDB(t)
	for range 2 {
		if err := Up(t.Context(), db); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := db.QueryContext(t.Context(), "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%' ORDER BY type, name")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var schema strings.Builder
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		schema.WriteString(text + ";\n\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/schema.sql", schema.String())
}

// edited is the product's migrations with one more statement in the first.
func edited(t *testing.T) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	entries, err := files.ReadDir("sqlite")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		name := "sqlite/" + entry.Name()
		text, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = &fstest.MapFile{Data: text}
	}
	out["sqlite/00001_core.sql"].Data = append(out["sqlite/00001_core.sql"].Data, "\nCREATE TABLE extra (x TEXT);\n"...)
	return out
}

func TestUpRefusesADatabaseMadeByOtherFiles(t *testing.T) {
	db := openDB(t)
	if err := up(t.Context(), db, edited(t)); err != nil {
		t.Fatal(err)
	}
	if err := Up(t.Context(), db); !errors.Is(err, ErrEdited) {
		t.Errorf("Up on a database that an edited file made: %v, want ErrEdited", err)
	}
}

func TestUpRefusesADatabaseOfANewerProgram(t *testing.T) {
	db := openDB(t)
	newer := edited(t)
	newer["sqlite/09999_later.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE later (x TEXT);\n")}
	if err := up(t.Context(), db, newer); err != nil {
		t.Fatal(err)
	}
	if err := Up(t.Context(), db); !errors.Is(err, ErrNewer) {
		t.Errorf("Up on a newer database: %v, want ErrNewer", err)
	}
}

func TestViewsAreThoseOfTheRegistry(t *testing.T) {
	var out strings.Builder
	out.WriteString("-- A typed view for each collection, for people with Excel, Power BI or SQL: a column for each\n" +
		"-- field, without deleted records. Made from the registry by go test ./migrations -update.\n\n-- +goose Up\n")
	for _, c := range syncproto.Collections() {
		fmt.Fprintf(&out, "\n-- %s\nCREATE VIEW %s AS\nSELECT\n    id", c.Doc, c.Name)
		if _, own := c.Field("area"); !own && len(c.AreaVia) > 0 {
			out.WriteString(",\n    area")
		}
		for _, f := range c.Fields {
			for _, column := range columns(f) {
				out.WriteString(",\n    " + column)
			}
		}
		fmt.Fprintf(&out, "\nFROM records\nWHERE collection = '%s' AND deleted = 0;\n", c.Name)
	}
	golden(t, "sqlite/00002_views.sql", out.String())
}

// columns gives the expressions of a field in a view.
func columns(f syncproto.Field) []string {
	value := fmt.Sprintf("json_extract(doc, '$.%s')", f.Name)
	switch f.Type {
	case syncproto.Timestamp:
		return []string{fmt.Sprintf("strftime('%%Y-%%m-%%d %%H:%%M:%%S', %s / 1000, 'unixepoch') AS %s", value, f.Name)}
	case syncproto.Position:
		var out []string
		for _, part := range []string{"lat", "lon", "accuracy", "source"} {
			out = append(out, fmt.Sprintf("json_extract(doc, '$.%s.%s') AS %s_%s", f.Name, part, f.Name, part))
		}
		return out
	default:
		return []string{value + " AS " + f.Name}
	}
}
