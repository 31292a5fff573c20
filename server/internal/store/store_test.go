package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"satchel/internal/simtest/disk"
	"satchel/server/internal/store"
	"satchel/server/internal/store/storetest"
)

func open(t *testing.T) *store.Store {
	return opened(t, func() (*store.Store, error) {
		return store.Open(t.Context(), filepath.Join(t.TempDir(), "a dir?", "satchel.db"))
	})
}

// opened opens a store, and closes it at the end of the test.
func opened(t *testing.T, open func() (*store.Store, error)) *store.Store {
	t.Helper()
	s, err := open()
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

func TestSQLite(t *testing.T) { storetest.Run(t, open) }

func TestABackupIsWholeAndNeverOverwrites(t *testing.T) {
	s := open(t)
	if err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.SetProperty(t.Context(), "epoch", "one") }); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "backup.db")
	if err := s.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if err := store.Check(t.Context(), path); err != nil {
		t.Errorf("the backup: %v", err)
	}
	if err := s.Backup(t.Context(), path); err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Errorf("a second backup to the same file: %v, want a refusal", err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := store.Check(t.Context(), path); err == nil {
		t.Error("half a backup was taken for a whole one")
	}
}

func TestADatabaseThatIsNoneIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "satchel.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := store.Open(t.Context(), path); err == nil {
		t.Error(errors.Join(errors.New("a text file was opened as a database"), s.Close()))
	}
}

func TestADiskThatFailsIsSaidTo(t *testing.T) {
	dir := t.TempDir()
	broken, err := disk.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer broken.Close()
	path := filepath.Join(dir, "satchel.db")
	for failure, want := range map[disk.Failure]error{disk.EIO: store.ErrDisk, disk.Full: store.ErrFull} {
		broken.FailAt(broken.Ops()+3, failure, true)
		if _, err := store.Open(t.Context(), path); !errors.Is(err, want) {
			t.Errorf("making a database with %s: %v", failure, err)
		}
		broken.FailAt(0, "", false)
		s, err := store.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		write := func() error {
			return s.Write(t.Context(), func(tx *store.Tx) error { return tx.SetProperty(t.Context(), "epoch", "one") })
		}
		broken.FailAt(broken.Ops()+1, failure, true)
		if err := write(); !errors.Is(err, want) {
			t.Errorf("writing with %s: %v", failure, err)
		}
		broken.FailAt(0, "", false)
		if err := errors.Join(write(), s.Close(), os.Remove(path)); err != nil {
			t.Error(err)
		}
	}
}
