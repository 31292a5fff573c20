package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Backup writes a copy of the database, as it is at one moment, to a new file, and checks the copy.
// Others may read and write meanwhile. The file is there, whole and on the disk, or not at all.
func (s *Store) Backup(ctx context.Context, path string) error {
	if s.path == "" {
		return errors.New("the database is PostgreSQL's, which has backups of its own, such as pg_dump; nothing was written")
	}
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("%s exists already; name another file", path)
	}
	part := path + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove what is left of an earlier backup: %w", err)
	}
	db, err := sql.Open("sqlite", dsn(s.path, "FULL"))
	if err != nil {
		return fmt.Errorf("open the database for a backup: %w", err)
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", part)
	if err := errors.Join(explain(err), db.Close()); err != nil {
		return errors.Join(fmt.Errorf("copy the database: %w", err), os.Remove(part))
	}
	if err := Check(ctx, part); err != nil {
		return fmt.Errorf("the copy is damaged and stays at %s: %w", part, err)
	}
	if err := syncFile(part); err != nil {
		return err
	}
	if err := os.Rename(part, path); err != nil {
		return fmt.Errorf("name the backup: %w", err)
	}
	return syncFile(filepath.Dir(path))
}

// Check reads a whole database file and fails if it is damaged or not one of a Satchel server.
func Check(ctx context.Context, path string) error {
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	db, err := sql.Open("sqlite", dsn(path, "FULL")+"&mode=ro&immutable=1")
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	var result, epoch string
	err = errors.Join(
		db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&result),
		db.QueryRowContext(ctx, "SELECT value FROM properties WHERE name = 'epoch'").Scan(&epoch),
		db.Close(),
	)
	if err != nil {
		return fmt.Errorf("%s is not a whole Satchel database: %w", path, err)
	}
	if result != "ok" {
		return fmt.Errorf("%s is damaged: %s", path, result)
	}
	return nil
}

// syncFile waits until a file, or a directory's list of files, is on the disk.
func syncFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("flush %s: %w", path, err)
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("flush %s: %w", path, err)
	}
	return nil
}

// Ping reads something.
func (t *Tx) Ping(ctx context.Context) error {
	_, err := t.Property(ctx, "epoch")
	return err
}
