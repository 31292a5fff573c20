package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/internal/pgtest"
	"satchel/server"
	"satchel/syncproto"
)

// asProgram makes the test binary be the program: the tests run the very code that they were built
// with, and need not wait for another build.
const asProgram = "SATCHEL_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	pgtest.Main(m)
}

// A desk is somebody at the office with a terminal and a data directory.
type desk struct {
	t    *testing.T
	dir  string
	data string
	// database is the URL of a PostgreSQL database, "" for that of the data directory.
	database string
	in       string // what the next command reads
}

// furnished is the database of a desk in which nothing was done yet.
var furnished []byte

// newDesk has a data directory with an administrator, ana, and the municipalities Kraljevo and Vranje. It is made once
// and copied for every other test, which takes much less than to run the program.
func newDesk(t *testing.T) *desk {
	t.Helper()
	if furnished == nil {
		d := newDeskOn(t, "")
		var err error
		if furnished, err = os.ReadFile(filepath.Join(d.data, server.DatabaseFile)); err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := &desk{t: t, dir: t.TempDir(), data: t.TempDir()}
	if err := os.WriteFile(filepath.Join(d.data, server.DatabaseFile), furnished, 0o600); err != nil {
		t.Fatal(err)
	}
	return d
}

// newDeskOn makes them in a PostgreSQL database or, without one, in a file.
func newDeskOn(t *testing.T, database string) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir(), data: filepath.Join(t.TempDir(), "data"), database: database}
	d.open(func(*server.Server) {})
	d.run("user", "add", "ana", "--name", "Ana Anić", "--role", "administrator")
	d.load("areas", "name,level,official_code,parent\nSrbija,country,RS,\nKraljevo,municipality,70653,RS\nVranje,municipality,70432,RS\n")
	return d
}

// command makes a run of the program.
func (d *desk) command(args ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		d.t.Fatal(err)
	}
	c := exec.CommandContext(d.t.Context(), self, args...)
	c.Dir = d.dir
	c.Stdin = strings.NewReader(d.in)
	c.Env = append(os.Environ(), asProgram+"=1", "TZ=UTC", "SATCHEL_DATA="+d.data, "SATCHEL_DATABASE="+d.database, "SATCHEL_PASSWORD=long enough")
	d.in = ""
	return c
}

// result runs the program to its end.
func (d *desk) result(args ...string) (status int, out, errs string) {
	d.t.Helper()
	var stdout, stderr bytes.Buffer
	c := d.command(args...)
	c.Stdout, c.Stderr = &stdout, &stderr
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		d.t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

// run expects success and gives what was printed.
func (d *desk) run(args ...string) string {
	d.t.Helper()
	status, out, errs := d.result(args...)
	if status != 0 {
		d.t.Fatalf("satchel %s: exit status %d\n%s%s", strings.Join(args, " "), status, out, errs)
	}
	return out
}

// refused expects exit status 1 and one line on standard error that says want.
func (d *desk) refused(want string, args ...string) string {
	d.t.Helper()
	status, out, errs := d.result(args...)
	if status != 1 || !strings.HasPrefix(errs, "satchel: ") || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, want) {
		d.t.Errorf("satchel %s: exit status %d, %q; want 1 and %q", strings.Join(args, " "), status, errs, want)
	}
	return out
}

// says expects words in what a command printed.
func (d *desk) says(out string, words ...string) {
	d.t.Helper()
	for _, word := range words {
		if !strings.Contains(out, word) {
			d.t.Errorf("%q is not in:\n%s", word, out)
		}
	}
}

// write makes a file.
func (d *desk) write(name, text string) string {
	d.t.Helper()
	path := filepath.Join(d.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
	return path
}

// load imports a table.
func (d *desk) load(collection, text string) {
	d.t.Helper()
	d.run("import", collection, d.write(collection+".csv", text))
}

// open does something with the data directory itself, as a device would through the server.
func (d *desk) open(do func(srv *server.Server)) {
	d.t.Helper()
	srv, err := server.Open(d.t.Context(), server.Config{Dir: d.data, Database: d.database})
	if err != nil {
		d.t.Fatal(err)
	}
	do(srv)
	if err := srv.Close(); err != nil {
		d.t.Fatal(err)
	}
}

// decode reads what a command printed with --json.
func decode[T any](d *desk, args ...string) (out T) {
	d.t.Helper()
	text := d.run(append([]string{"--json"}, args...)...)
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		d.t.Fatalf("%v in:\n%s", err, text)
	}
	return out
}

// ids gives the id of each record of a collection by the value of a column.
func (d *desk) ids(collection, column string) map[string]string {
	d.t.Helper()
	lines := strings.Split(strings.TrimSpace(d.run("export", collection)), "\n")
	header := strings.Split(lines[0], ",")
	out := map[string]string{}
	for _, line := range lines[1:] {
		cells := strings.Split(line, ",")
		for i, name := range header {
			if name == column {
				out[cells[i]] = cells[0]
			}
		}
	}
	return out
}

// A tablet is an enrolled device that hands changes in.
type tablet struct {
	d  *desk
	id uuid.UUID
	// holder is who records on it.
	holder uuid.UUID
	tip    syncproto.Tip
}

// tablet enrols a device of its own for a worker of its own.
func (d *desk) tablet(name, area string) *tablet {
	d.t.Helper()
	login := strings.ToLower(name)
	d.run("user", "add", login, "--name", "Worker of "+name, "--role", "worker", "--area", area)
	invited := decode[struct{ Code string }](d, "device", "invite", name, "--holder", login, "--area", area, "--url", "http://127.0.0.1:8080")
	out := &tablet{d: d}
	d.open(func(srv *server.Server) {
		enrolled, err := srv.Accounts.Enrol(d.t.Context(), invited.Code, uuid.Nil, "")
		if err != nil {
			d.t.Fatal(err)
		}
		out.id, out.holder = enrolled.Device.ID, enrolled.Device.Holder
	})
	return out
}

// hand hands one change of a record in, and gives its version.
func (t *tablet) hand(collection, record string, base syncproto.Version, fields map[string]any) syncproto.Version {
	d := t.d
	d.t.Helper()
	c := syncproto.Change{
		N: t.tip.N + 1, Form: t.tip.N + 1, Collection: collection, Record: uuid.MustParse(record), Author: t.holder,
		Claimed: time.Now().UnixMilli(), Fields: map[string]syncproto.Value{}, Base: map[string][]syncproto.Version{},
	}
	for name, x := range fields {
		value, err := syncproto.ValueOf(x)
		if err != nil {
			d.t.Fatal(err)
		}
		c.Fields[name] = value
		if base.N > 0 {
			c.Base[name] = []syncproto.Version{base}
		}
	}
	hash := c.Chain(t.tip.Hash)
	request := syncproto.Request{Protocol: syncproto.CurrentProtocol, Device: t.id, Known: t.tip, Clock: c.Claimed, Changes: []syncproto.Change{c}}
	d.open(func(srv *server.Server) {
		if _, err := srv.Engine.Exchange(d.t.Context(), t.id, request); err != nil {
			d.t.Fatal(err)
		}
	})
	t.tip = syncproto.Tip{N: c.N, Hash: hash}
	return t.tip.Version(t.id)
}
