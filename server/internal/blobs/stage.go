package blobs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/store"
)

// stale is for how long what is unfinished is kept while nothing comes of it.
const stale = 7 * 24 * time.Hour

// A stage is a folder with what has come of blobs that are not whole yet, by device: nobody spoils what another one sends.
// A crash may leave less of it than was there, or other bytes: the whole is checked at the end.
type stage struct{ dir string }

// path gives where the bytes of a blob are that came from a device.
func (s stage) path(device uuid.UUID, name string) string {
	return filepath.Join(s.dir, name+"-"+device.String())
}

// have gives how many bytes have come.
func (s stage) have(device uuid.UUID, name string) (int64, error) {
	info, err := os.Stat(s.path(device, name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("look at what has come of a blob: %w", err)
	}
	return info.Size(), nil
}

// add adds bytes behind those that have come.
func (s stage) add(device uuid.UUID, name string, chunk []byte) error {
	err := os.MkdirAll(s.dir, 0o700)
	if err == nil {
		err = appendTo(s.path(device, name), chunk)
	}
	return diskError("keep a part of a blob", err)
}

// appendTo adds all of the bytes to a file, or none.
func appendTo(path string, chunk []byte) error {
	file, err := os.OpenFile(filepath.Clean(path), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err == nil {
		if _, err = file.Write(chunk); err != nil {
			err = errors.Join(err, file.Truncate(info.Size()))
		}
	}
	return errors.Join(err, file.Close())
}

// read gives what has come, which is no more than a blob may have.
func (s stage) read(device uuid.UUID, name string) ([]byte, error) {
	content, err := os.ReadFile(s.path(device, name))
	if err != nil {
		return nil, fmt.Errorf("read what has come of a blob: %w", err)
	}
	return content, nil
}

// drop forgets what has come.
func (s stage) drop(device uuid.UUID, name string) error {
	if err := os.Remove(s.path(device, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("drop what has come of a blob: %w", err)
	}
	return nil
}

// sweep forgets what nothing has come of for long.
func (s stage) sweep(now time.Time) error {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, entry := range entries {
		info, gone := entry.Info()
		if gone == nil && now.Sub(info.ModTime()) > stale {
			err = errors.Join(err, os.Remove(filepath.Join(s.dir, entry.Name())))
		}
	}
	if err != nil {
		return fmt.Errorf("drop what has come of old blobs: %w", err)
	}
	return nil
}

// diskError names the errors of a disk as the store does.
func diskError(what string, err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%s: %w", what, errors.Join(store.ErrFull, err))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
