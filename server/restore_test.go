package server_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/server"
	"satchel/server/internal/store"
)

// epochOf gives the epoch of an open database.
func epochOf(t *testing.T, s *store.Store) (epoch string) {
	t.Helper()
	err := s.Read(t.Context(), func(tx *store.Tx) (err error) {
		epoch, err = tx.Property(t.Context(), "epoch")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return epoch
}

// knows reports whether a database has a record.
func knows(t *testing.T, s *store.Store, id uuid.UUID) bool {
	t.Helper()
	known := false
	err := s.Read(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Record(t.Context(), id)
		known = err == nil
		if errors.Is(err, store.ErrNotFound) {
			err = nil
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return known
}

func openStore(t *testing.T, path string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// A loss is a data directory as a server leaves it that is killed, and a backup from before.
type loss struct {
	dir, backup string
	// early is a record of the backup, late one that came after it.
	early, late uuid.UUID
	epoch       string
}

func newLoss(t *testing.T) loss {
	t.Helper()
	o := newOffice(t)
	l := loss{dir: t.TempDir(), backup: o.backup(), early: o.a, late: newID(t), epoch: epochOf(t, o.srv.Store)}
	o.save("areas", l.late, map[string]string{"name": "Raška", "level": "municipality"})
	for _, name := range []string{server.DatabaseFile, server.DatabaseFile + "-wal"} {
		copyTo(t, filepath.Join(o.dir, name), filepath.Join(l.dir, name))
	}
	return l
}

func copyTo(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// former gives the paths of the databases that restores kept aside.
func (l loss) former(t *testing.T) (paths []string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(l.dir, server.DatabaseFile+".before-*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range found {
		if !strings.HasSuffix(path, "-wal") && !strings.HasSuffix(path, "-shm") {
			paths = append(paths, path)
		}
	}
	return paths
}

// check looks at the data directory after a restore.
func (l loss) check(t *testing.T) {
	t.Helper()
	s := openStore(t, filepath.Join(l.dir, server.DatabaseFile))
	if !knows(t, s, l.early) || knows(t, s, l.late) {
		t.Errorf("the restored database knows the early record: %v, the late one: %v; want true and false", knows(t, s, l.early), knows(t, s, l.late))
	}
	if epochOf(t, s) == l.epoch {
		t.Error("the epoch is the old one")
	}
}

func TestARestoreKeepsTheFormerDatabaseWhole(t *testing.T) {
	l := newLoss(t)
	if err := server.Restore(t.Context(), l.dir, l.backup); err != nil {
		t.Fatal(err)
	}
	l.check(t)
	former := l.former(t)
	if len(former) != 1 {
		t.Fatalf("former databases: %v, want one", former)
	}
	if old := openStore(t, former[0]); !knows(t, old, l.late) || epochOf(t, old) != l.epoch {
		t.Error("the former database lacks what it had")
	}
	srv, err := server.Open(t.Context(), server.Config{Dir: l.dir})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	report, err := srv.VerifyAudit(t.Context(), "")
	if err != nil || report.Broken != 0 || report.Rows < 2 {
		t.Errorf("the audit log after a restore: %+v, %v", report, err)
	}
}

// TestAnInterruptedRestoreIsRunAgain leaves a data directory as a restore does that ends after each of
// its steps.
func TestAnInterruptedRestoreIsRunAgain(t *testing.T) {
	present := func(l loss, suffix string) string { return filepath.Join(l.dir, server.DatabaseFile+suffix) }
	steps := map[string]func(t *testing.T, l loss){
		"while copying": func(t *testing.T, l loss) {
			for _, suffix := range []string{".restoring", ".restoring-wal"} {
				if err := os.WriteFile(present(l, suffix), []byte("half of it"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		},
		"when the former has two names": func(t *testing.T, l loss) {
			copyTo(t, l.backup, present(l, ".restoring"))
			for _, suffix := range []string{"", "-wal"} {
				if err := os.Link(present(l, suffix), present(l, ".before-20200430T120000.000"+suffix)); err != nil {
					t.Fatal(err)
				}
			}
		},
		"when the log is gone": func(t *testing.T, l loss) {
			for _, suffix := range []string{"", "-wal"} {
				if err := os.Link(present(l, suffix), present(l, ".before-20200430T120000.000"+suffix)); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Remove(present(l, "-wal")); err != nil {
				t.Fatal(err)
			}
		},
		"when it was done": func(t *testing.T, l loss) {
			if err := server.Restore(t.Context(), l.dir, l.backup); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, leave := range steps {
		t.Run(name, func(t *testing.T) {
			l := newLoss(t)
			leave(t, l)
			if err := server.Restore(t.Context(), l.dir, l.backup); err != nil {
				t.Fatal(err)
			}
			l.check(t)
			if old := openStore(t, l.former(t)[0]); !knows(t, old, l.late) {
				t.Error("the former database lacks what it had")
			}
		})
	}
}

func TestARestoreThatIsRefusedChangesNothing(t *testing.T) {
	l := newLoss(t)
	o := newOffice(t)
	whole, err := os.ReadFile(l.backup)
	if err != nil {
		t.Fatal(err)
	}
	half, text := filepath.Join(t.TempDir(), "half.db"), filepath.Join(t.TempDir(), "text.db")
	for path, content := range map[string][]byte{half: whole[:len(whole)/2], text: []byte("no database")} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, backup := range map[string]string{
		"half": half, "text": text, "missing": filepath.Join(l.dir, "missing.db"), "in use": filepath.Join(o.dir, server.DatabaseFile),
	} {
		before, err := os.ReadFile(filepath.Join(l.dir, server.DatabaseFile))
		if err != nil {
			t.Fatal(err)
		}
		if err := server.Restore(t.Context(), l.dir, backup); err == nil {
			t.Errorf("%s: was restored", name)
		}
		after, err := os.ReadFile(filepath.Join(l.dir, server.DatabaseFile))
		if err != nil || !bytes.Equal(before, after) || len(l.former(t)) > 0 {
			t.Errorf("%s: the database was touched: %v", name, err)
		}
	}
	if err := server.Restore(t.Context(), o.dir, l.backup); !errors.Is(err, server.ErrInUse) {
		t.Errorf("under a running server: %v, want %v", err, server.ErrInUse)
	}
}
