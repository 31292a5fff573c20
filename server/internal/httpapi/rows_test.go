package httpapi_test

import (
	"database/sql"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"satchel/server"
)

// rows gives everything that the database holds, table by table, as text: what is equal before and
// after shows that nothing happened. Tables of attempts that failed are left out by name.
func (o *office) rows(except ...string) map[string]string {
	o.t.Helper()
	if err := o.srv.Reviews.Settle(o.t.Context(), nil); err != nil { // or it would go on by itself meanwhile
		o.t.Fatal(err)
	}
	db := o.database()
	out := map[string]string{}
	for _, table := range o.query(db, o.tables) {
		if !slices.Contains(except, table) {
			out[table] = strings.Join(o.query(db, "SELECT * FROM "+table+""), "\n")
		}
	}
	return out
}

// rowsOf gives everything that the database holds of an area, but that a change about it is held.
func (o *office) rowsOf(area fmt.Stringer) map[string]string {
	o.t.Helper()
	db := o.database()
	out := map[string]string{}
	for table, where := range map[string]string{
		"records": "area = '%s'", "area_digests": "area = '%s'", "departures": "area = '%s'", "conflicts": "area = '%s'", "reviews": "kind <> 'held' AND area = '%s'",
		"user_areas": "area = '%s'", "device_areas": "area = '%s'",
		"users":   `id IN (SELECT "user" FROM user_areas WHERE area = '%s')`,
		"devices": "id IN (SELECT device FROM device_areas WHERE area = '%s')",
		"invites": "areas LIKE '%%%s%%'",
		"changes": "status IN ('held', 'waiting') AND device IN (SELECT device FROM device_areas WHERE area = '%s')",
	} {
		out[table] = strings.Join(o.query(db, fmt.Sprintf("SELECT * FROM "+table+" WHERE "+where+"", area)), "\n")
	}
	return out
}

// database opens the database beside the server, once.
func (o *office) database() *sql.DB {
	o.t.Helper()
	if o.db != nil {
		return o.db
	}
	driver, name := "pgx", o.postgres
	o.tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
	if name == "" {
		driver, name = "sqlite", "file:"+filepath.Join(o.dir, server.DatabaseFile)+"?mode=ro"
		o.tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { db.Close() })
	o.db = db
	return db
}

// query gives each row as text, sorted.
func (o *office) query(db *sql.DB, query string) []string {
	o.t.Helper()
	rows, err := db.QueryContext(o.t.Context(), query)
	if err != nil {
		o.t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		o.t.Fatal(err)
	}
	var out []string
	for rows.Next() {
		cells := make([]any, len(columns))
		for i := range cells {
			cells[i] = new(sql.RawBytes)
		}
		if err := rows.Scan(cells...); err != nil {
			o.t.Fatal(err)
		}
		var line []string
		for _, cell := range cells {
			line = append(line, string(*cell.(*sql.RawBytes)))
		}
		out = append(out, strings.Join(line, "|"))
	}
	if err := rows.Err(); err != nil {
		o.t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// sameRows fails the test for each row that is there only before or only after.
func sameRows(t testing.TB, what string, before, after map[string]string) {
	t.Helper()
	for _, table := range slices.Sorted(maps.Keys(before)) {
		was, is := strings.Split(before[table], "\n"), strings.Split(after[table], "\n")
		for _, row := range was {
			if !slices.Contains(is, row) {
				t.Errorf("%s: table %s has lost the row %q", what, table, row)
			}
		}
		for _, row := range is {
			if !slices.Contains(was, row) {
				t.Errorf("%s: table %s has the new row %q", what, table, row)
			}
		}
	}
}
