package statements

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
)

func open(t *testing.T) *sql.DB {
	t.Helper()
	db, err := Open("file:" + filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	run(t, db, "CREATE TABLE numbers (n INTEGER); INSERT INTO numbers VALUES (1), (2), (3)")
	return db
}

func run(t *testing.T, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// idle gives the statements that the only connection keeps.
func idle(t *testing.T, db *sql.DB) (kept map[string]sqliteStmt) {
	t.Helper()
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	err = c.Raw(func(opened any) error {
		kept = opened.(*conn).idle
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

func TestStatementsAreKept(t *testing.T) {
	db := open(t)
	const query = "SELECT count(*) FROM numbers WHERE n > ?"
	var before sqliteStmt
	for i, want := range []int{3, 2, 1} {
		var got int
		if err := db.QueryRowContext(t.Context(), query, i).Scan(&got); err != nil || got != want {
			t.Fatalf("%d numbers are larger than %d, %v; want %d", got, i, err, want)
		}
		kept := idle(t, db)[query]
		if kept == nil || before != nil && kept != before {
			t.Fatalf("after use %d, %v is kept; want the statement of the first", i+1, kept)
		}
		before = kept
	}
}

// TestOneTextTwice has a query run while its own rows are read.
func TestOneTextTwice(t *testing.T) {
	db := open(t)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	var sum func(after int) int
	sum = func(after int) (total int) {
		rows, err := tx.QueryContext(t.Context(), "SELECT n FROM numbers WHERE n > ? ORDER BY n", after)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var n int
			if err := rows.Scan(&n); err != nil {
				t.Fatal(err)
			}
			total += n + sum(n)
		}
		if rows.Err() != nil {
			t.Fatal(rows.Err())
		}
		return total
	}
	if got := sum(0); got != 17 { // 3 four times, 2 twice, 1 once
		t.Errorf("the sum is %d, want 17", got)
	}
}

func TestOnlySomeAreKept(t *testing.T) {
	db := open(t)
	for i := range 3 * most {
		run(t, db, fmt.Sprintf("UPDATE numbers SET n = n + %d", i))
	}
	if n := len(idle(t, db)); n == 0 || n > most {
		t.Errorf("%d statements are kept, the most is %d", n, most)
	}
}

// TestWhatIsKeptFollowsTheSchema runs a statement again that was prepared for another table.
func TestWhatIsKeptFollowsTheSchema(t *testing.T) {
	db := open(t)
	const query = "SELECT * FROM numbers"
	columns := func() int {
		rows, err := db.QueryContext(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		names, err := rows.Columns()
		for rows.Next() {
		}
		if err != nil || rows.Err() != nil {
			t.Fatal(err, rows.Err())
		}
		return len(names)
	}
	if n := columns(); n != 1 {
		t.Fatalf("%d columns before, want 1", n)
	}
	run(t, db, "ALTER TABLE numbers ADD COLUMN word TEXT")
	if n := columns(); n != 2 {
		t.Errorf("%d columns after, want 2", n)
	}
}

// TestAfterAnError has a kept statement work again that failed.
func TestAfterAnError(t *testing.T) {
	db := open(t)
	run(t, db, "CREATE UNIQUE INDEX once ON numbers (n)")
	const insert = "INSERT INTO numbers VALUES (?)"
	for range 2 {
		if _, err := db.ExecContext(t.Context(), insert, 1); err == nil {
			t.Fatal("1 is there twice")
		}
	}
	run(t, db, insert, 4)
}
