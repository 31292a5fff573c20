package store

import (
	"path/filepath"
	"slices"
	"testing"
)

// What is not among the tables would be left behind, and nobody would notice.
func TestEveryTableIsMoved(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "satchel.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	moved := []string{"properties", "migration_sums", "goose_db_version", "sqlite_sequence"} // each moved by itself, or made with the schema
	for _, table := range tables {
		moved = append(moved, table.name)
	}
	var names []string
	err = s.Read(t.Context(), func(tx *Tx) (err error) {
		names, err = all(t.Context(), tx, scalar[string], "SELECT name FROM sqlite_master WHERE type = 'table'")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(moved)
	slices.Sort(names)
	if !slices.Equal(names, moved) {
		t.Errorf("the database has the tables\n%q\nand these are thought of\n%q", names, moved)
	}
}
