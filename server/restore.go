package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"satchel/server/internal/audit"
	"satchel/server/internal/blobs"
	"satchel/server/internal/engine"
	"satchel/server/internal/store"
)

// Restore puts a backup in the place of a data directory's database, and begins a new epoch: every
// tablet then sends again what the backup has not got. The database that was there is kept beside it,
// under a dated name. It fails with [ErrInUse] while a server runs on the directory, and changes
// nothing if the backup is not whole. It can be run again if it was interrupted.
func Restore(ctx context.Context, dir, backup string) error {
	return RestoreTo(ctx, Config{Dir: dir}, backup)
}

// RestoreTo is [Restore] for the Dir of a configuration, with photos and signatures where that keeps them: what of them is
// beside the backup and not there is put there. What is nowhere, devices send again, as far as they still have it.
func RestoreTo(ctx context.Context, config Config, backup string) error {
	kept, err := config.openKept()
	if err != nil {
		return err
	}
	if err := checkBackup(ctx, backup); err != nil {
		return fmt.Errorf("the backup cannot be restored, and nothing was changed: %w", err)
	}
	lock, err := lockAlone(config.Dir)
	if err != nil {
		return err
	}
	return errors.Join(replace(ctx, config.Dir, backup, kept, time.Now()), lock.Unlock())
}

// lockAlone has no other program open a data directory, which it makes if it is not there.
func lockAlone(dir string) (*flock.Flock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	lock := flock.New(filepath.Join(dir, lockFile))
	if locked, err := lock.TryLock(); err != nil || !locked {
		return nil, errors.Join(ErrInUse, err)
	}
	return lock, nil
}

// checkBackup also refuses a database of which a part is still in its write-ahead log: one in use, or
// copied from under a server.
func checkBackup(ctx context.Context, backup string) error {
	if log, err := os.Stat(backup + "-wal"); err == nil && log.Size() > 0 {
		return fmt.Errorf("%s is a database in use, or a copy of one; make a backup with satchel backup", backup)
	}
	return store.Check(ctx, backup)
}

// replace prepares the restored database under another name, so that the last step is a rename: at
// every moment there is a whole database in place, the former or the restored one.
func replace(ctx context.Context, dir, backup string, kept blobs.Store, now time.Time) error {
	present := filepath.Join(dir, DatabaseFile)
	fresh := present + ".restoring"
	if err := remove(fresh, fresh+"-wal", fresh+"-shm"); err != nil {
		return fmt.Errorf("remove what an interrupted restore left: %w", err)
	}
	if err := copyFile(backup, fresh); err != nil {
		return err
	}
	if err := prepare(ctx, fresh, backup, kept, now); err != nil {
		return err
	}
	aside := present + ".before-" + now.UTC().Format("20060102T150405.000")
	if err := errors.Join(keep(present, aside), keep(present+"-wal", aside+"-wal"), syncDir(dir)); err != nil {
		return fmt.Errorf("keep the present database aside; it is still in place: %w", err)
	}
	// The former database's log must never be found beside the restored one.
	if err := errors.Join(remove(present+"-wal", present+"-shm"), os.Rename(fresh, present)); err != nil {
		return fmt.Errorf("put the backup in place; the former database is at %s; restore again: %w", aside, err)
	}
	return syncDir(dir)
}

// keep gives a file, if it is there, a second name, or makes a copy where the disk knows no such thing.
func keep(file, name string) error {
	if err := os.Link(file, name); err == nil || errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return copyFile(file, name)
}

// remove removes those of the files that are there.
func remove(files ...string) error {
	for _, file := range files {
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// prepare makes the copy a database of its own. Closing it leaves everything in the one file.
func prepare(ctx context.Context, path, backup string, kept blobs.Store, now time.Time) error {
	s, err := store.Open(ctx, path)
	if err != nil {
		return err
	}
	return errors.Join(beginEpoch(ctx, s, filepath.Base(backup), now), refill(ctx, s, kept, backup), s.Close())
}

func beginEpoch(ctx context.Context, s *store.Store, backup string, now time.Time) error {
	if err := engine.NewEpoch(ctx, s, now.UnixMilli()); err != nil {
		return err
	}
	return s.Write(ctx, func(tx *store.Tx) error {
		return audit.Append(ctx, tx, audit.Entry{
			At: now.UnixMilli(), Action: audit.Restored, Details: map[string]any{"backup": backup},
		})
	})
}

// Restored does what [Restore] does beyond putting the backup in place, for a database that PostgreSQL's own tools
// put back: it begins a new epoch. No device may have synced since.
func (s *Server) Restored(ctx context.Context) error {
	return beginEpoch(ctx, s.Store, "of PostgreSQL", s.config.Now())
}

func copyFile(from, to string) error {
	in, err := os.Open(filepath.Clean(from))
	if err != nil {
		return fmt.Errorf("read the backup: %w", err)
	}
	out, err := os.OpenFile(filepath.Clean(to), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return errors.Join(fmt.Errorf("copy the backup: %w", err), in.Close())
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Sync(), out.Close(), in.Close()); err != nil {
		return fmt.Errorf("copy the backup: %w", err)
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(filepath.Clean(dir))
	if err != nil {
		return fmt.Errorf("flush the data directory: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}
