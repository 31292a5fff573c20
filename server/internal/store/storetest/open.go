package storetest

import (
	"os"
	"path/filepath"
	"testing"

	"satchel/internal/pgtest"
	"satchel/server/internal/store"
)

// Database names a fresh PostgreSQL database where the tests are to use one, because SATCHEL_TEST_DATABASE is
// "postgres"; otherwise "", for SQLite. The package of the test has [pgtest.Main] run it.
func Database(t testing.TB) string {
	t.Helper()
	switch kind := os.Getenv("SATCHEL_TEST_DATABASE"); kind {
	case "", "sqlite":
		return ""
	case "postgres":
		return pgtest.URL(t)
	default:
		t.Fatalf("SATCHEL_TEST_DATABASE is %q; it can be sqlite or postgres", kind)
		return ""
	}
}

// Open gives a fresh store over the database that the tests are to use, and closes it at the end of the test.
func Open(t testing.TB) *store.Store {
	t.Helper()
	url := Database(t)
	var s *store.Store
	var err error
	if url == "" {
		s, err = store.Open(t.Context(), filepath.Join(t.TempDir(), "satchel.db"))
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
