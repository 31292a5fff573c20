package storetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"satchel/internal/pgtest"
	"satchel/server/internal/store"
)

// migrated is a database file of the newest schema in which nothing is yet. To copy it takes a tenth of the time that
// it takes to make one.
var migrated = sync.OnceValues(func() (file []byte, err error) {
	dir, err := os.MkdirTemp("", "storetest-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "satchel.db")
	s, err := store.Open(context.Background(), path)
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Clean(path))
})

// Database names a fresh PostgreSQL database where the tests are to use one, because SATCHEL_TEST_DATABASE is
// "postgres"; otherwise "", for SQLite. The package of the test has [pgtest.Main] run it.
func Database(t testing.TB) string {
	t.Helper()
	switch kind := os.Getenv("SATCHEL_TEST_DATABASE"); kind {
	case "", "sqlite":
		return ""
	case "postgres":
		return pgtest.Filled(t, migrate)
	default:
		t.Fatalf("SATCHEL_TEST_DATABASE is %q; it can be sqlite or postgres", kind)
		return ""
	}
}

// migrate brings a PostgreSQL database to the newest schema.
func migrate(ctx context.Context, url string) error {
	s, err := store.OpenPostgres(ctx, url, nil)
	if err != nil {
		return err
	}
	return s.Close()
}

// Dir gives a data directory with a database file in which nothing is yet; it is gone after the test.
func Dir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	file, err := migrated()
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "satchel.db"), file, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// Place gives the data directory of a server over the database that the tests are to use, and that database as
// [Database] does. Nothing is in it yet.
func Place(t testing.TB) (dir, database string) {
	t.Helper()
	if database = Database(t); database != "" {
		return t.TempDir(), database
	}
	return Dir(t), ""
}

// Open gives a fresh store over the database that the tests are to use, and closes it at the end of the test.
func Open(t testing.TB) *store.Store {
	t.Helper()
	dir, url := Place(t)
	var s *store.Store
	var err error
	if url == "" {
		s, err = store.Open(t.Context(), filepath.Join(dir, "satchel.db"))
	} else {
		s, err = store.OpenPostgres(t.Context(), url, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
