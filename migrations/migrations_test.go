package migrations

import (
	"bytes"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
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
		if err := Up(t.Context(), db, SQLite); err != nil {
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

// TestUpWritesNothingWhereNothingIsToBeDone: every start of a program would wait for the disk, once for each migration.
func TestUpWritesNothingWhereNothingIsToBeDone(t *testing.T) {
	path := "file:" + filepath.Join(t.TempDir(), "satchel.db")
	for _, uri := range []string{path, path + "?_pragma=query_only(1)"} {
		db, err := sql.Open("sqlite", uri)
		if err == nil {
			err = errors.Join(Up(t.Context(), db, SQLite), db.Close())
		}
		if err != nil {
			t.Errorf("%s: %v", uri, err)
		}
	}
}

func TestUpRefusesADatabaseMadeByOtherFiles(t *testing.T) {
	db := openDB(t)
	if err := up(t.Context(), db, SQLite, edited(t)); err != nil {
		t.Fatal(err)
	}
	if err := Up(t.Context(), db, SQLite); !errors.Is(err, ErrEdited) {
		t.Errorf("Up on a database that an edited file made: %v, want ErrEdited", err)
	}
}

func TestUpRefusesADatabaseOfANewerProgram(t *testing.T) {
	db := openDB(t)
	newer := edited(t)
	newer["sqlite/09999_later.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE later (x TEXT);\n")}
	if err := up(t.Context(), db, SQLite, newer); err != nil {
		t.Fatal(err)
	}
	if err := Up(t.Context(), db, SQLite); !errors.Is(err, ErrNewer) {
		t.Errorf("Up on a newer database: %v, want ErrNewer", err)
	}
}

// A database has of each view what the last migration that makes it says, and that has to be what the registry says.
func TestViewsAreThoseOfTheRegistry(t *testing.T) {
	for dir, columns := range map[string]func(syncproto.Field) []string{"sqlite": sqliteColumns, "postgres": postgresColumns} {
		made := lastViews(t, dir)
		for _, c := range syncproto.Collections() {
			if want := view(c, columns); made[c.Name] != want {
				t.Errorf("%s has another view than the registry; make it so in the next migration, for SQLite behind DROP VIEW %s:\nCREATE OR REPLACE VIEW %s", dir, c.Name, want)
			}
		}
	}
}

var makesView = regexp.MustCompile(`(?s)CREATE (?:OR REPLACE )?VIEW ((\w+) AS\n.*?;)\n`)

// lastViews gives how each view is made at last, by its name.
func lastViews(t *testing.T, dir string) map[string]string {
	t.Helper()
	names, err := fs.Glob(files, dir+"/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range makesView.FindAllStringSubmatch(string(text), -1) {
			out[found[2]] = found[1]
		}
	}
	return out
}

// view writes what stands behind CREATE VIEW, in which columns gives the expressions of a field.
func view(c syncproto.Collection, columns func(syncproto.Field) []string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s AS\nSELECT\n    id", c.Name)
	if _, own := c.Field("area"); !own && len(c.AreaVia) > 0 {
		out.WriteString(",\n    area")
	}
	for _, f := range c.Fields {
		for _, column := range columns(f) {
			out.WriteString(",\n    " + column)
		}
	}
	fmt.Fprintf(&out, "\nFROM records\nWHERE collection = '%s' AND deleted = 0;", c.Name)
	return out.String()
}

func sqliteColumns(f syncproto.Field) []string {
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

// postgresColumns gives what [sqliteColumns] does: the same values, to the byte.
func postgresColumns(f syncproto.Field) []string {
	value := fmt.Sprintf("doc::json ->> '%s'", f.Name)
	as := func(cast string) []string { return []string{fmt.Sprintf("(%s)%s AS %s", value, cast, f.Name)} }
	switch f.Type {
	case syncproto.Integer:
		return as("::bigint")
	case syncproto.Decimal:
		return as("::double precision")
	case syncproto.Boolean:
		return as("::boolean::int")
	case syncproto.Timestamp:
		return []string{fmt.Sprintf("to_char(to_timestamp((%s)::bigint / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS %s", value, f.Name)}
	case syncproto.Position:
		part := func(name, cast string) string {
			return fmt.Sprintf("(doc::json -> '%s' ->> '%s')%s AS %s_%s", f.Name, name, cast, f.Name, name)
		}
		return []string{
			part("lat", "::double precision"), part("lon", "::double precision"),
			part("accuracy", "::double precision"), part("source", bytewise),
		}
	default:
		return as(bytewise)
	}
}

// bytewise has PostgreSQL sort and compare text as SQLite does, whatever the language of the database.
const bytewise = ` COLLATE "C"`

// A database of before has mergers and new identities that nobody noted when they were made, and households that were never
// compared.
func TestWhatWasThereBeforeIsNoted(t *testing.T) {
	db := openDB(t)
	before := fstest.MapFS{}
	for name, file := range edited(t) {
		if name < "sqlite/00004" {
			before[name] = file
		}
	}
	text, err := files.ReadFile("sqlite/00001_core.sql")
	if err != nil {
		t.Fatal(err)
	}
	before["sqlite/00001_core.sql"] = &fstest.MapFile{Data: text}
	if err := up(t.Context(), db, SQLite, before); err != nil {
		t.Fatal(err)
	}
	for id, doc := range map[string]string{"a": `{"merged_into":"b"}`, "b": `{"merged_into":null}`, "c": `{}`} {
		if _, err := db.ExecContext(t.Context(), "INSERT INTO records VALUES (?, 'households', '', '', 1, 1, 1, ?, '{}')", id, doc); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.ExecContext(t.Context(), "INSERT INTO records VALUES ('d', 'visits', '', 'a', 1, 1, 1, '{}', '{}')"); err != nil {
		t.Fatal(err)
	}
	// y is another identity of x, z was handed in under only, and of w the log was erased.
	for id, details := range map[string]string{"x": "", "y": `{"of":"x"}`, "z": `{"of":"y"}`, "w": ""} {
		ended := 0
		if id == "z" {
			ended = 5
		}
		_, err := db.ExecContext(t.Context(), "INSERT INTO devices VALUES (?, '', '', 5, 0, 0, x'', 0, 0, ?, 0, 0, 0, 0, '', '', 0, 0)", id, ended)
		if err == nil && id != "x" {
			_, err = db.ExecContext(t.Context(), "INSERT INTO audit VALUES (unicode(?1), 0, '', 'device.forked', ?1, ?2, x'', x'', x'')", id, details)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := Up(t.Context(), db, SQLite); err != nil {
		t.Fatal(err)
	}
	var got string
	if err := db.QueryRowContext(t.Context(), "SELECT group_concat(id || ' was ' || former) FROM (SELECT * FROM devices WHERE former <> '' ORDER BY id)").Scan(&got); err != nil || got != "y was x" {
		t.Errorf("the former identities are %q, %v; want y was x", got, err)
	}
	if err := db.QueryRowContext(t.Context(), "SELECT group_concat(record || ' into ' || kept) FROM mergers").Scan(&got); err != nil || got != "a into b" {
		t.Errorf("the mergers are %q, %v; want a into b", got, err)
	}
	if err := db.QueryRowContext(t.Context(), "SELECT group_concat(household) FROM households_due").Scan(&got); err != nil || got != "a,b,c" {
		t.Errorf("due are %q, %v; want a,b,c", got, err)
	}
}
