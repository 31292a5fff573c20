package store

import (
	"strings"
	"testing"

	"satchel/internal/pgtest"
)

// What is made up from a filter is run once: neither this program nor a connection keeps it, however many shapes come.
func TestNothingIsKeptOfFilters(t *testing.T) {
	s, err := OpenPostgres(t.Context(), pgtest.URL(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	page := Page{Collection: "households", Columns: []string{"status"}, Limit: 10, Test: Test{Op: "and", Of: []Test{
		{Op: "eq", Column: "head_name", Value: "Ana"}, {Op: "ge", Column: "position_lat", Value: 1.5}, {Op: "ge", Column: "position_lat", Value: int64(1)},
	}}}
	err = s.Read(t.Context(), func(tx *Tx) error {
		if err := tx.EachRow(t.Context(), page, func(string, []any) error { return nil }); err != nil {
			return err
		}
		if _, err := tx.CountRows(t.Context(), page); err != nil {
			return err
		}
		n, err := one(t.Context(), tx, scalar[int64], "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%head_name%' AND statement NOT LIKE '%pg_prepared%'")
		if n != 0 {
			t.Errorf("the connection keeps %d statements", n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	said.Range(func(query, _ any) bool {
		if strings.Contains(query.(string), "position_lat IS NOT NULL") {
			t.Errorf("the program keeps %q", query)
		}
		return true
	})
}
