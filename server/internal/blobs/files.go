package blobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"satchel/syncproto"
)

// files keeps content as files in a folder, fanned out by the first two digits of their names.
type files struct{ dir string }

// Files gives the store in a folder, which is made once there is something to keep.
func Files(dir string) Store { return files{dir} }

// path gives where the content of a name is.
func (f files) path(name string) string { return filepath.Join(f.dir, name[:2], name) }

// Put writes a file beside the others and renames it, so that a name always stands for whole content. File and folder are
// on the disk when it returns.
func (f files) Put(_ context.Context, name string, content io.Reader, bytes int64) (err error) {
	if !syncproto.IsBlobName(name) {
		return fmt.Errorf("keep content: %q is no name of content", name)
	}
	folder := filepath.Dir(f.path(name))
	if err := makeFolder(folder); err != nil {
		return fmt.Errorf("keep content: %w", err)
	}
	fresh, err := os.CreateTemp(folder, "unfinished-*") // readable by nobody else
	if err != nil {
		return fmt.Errorf("keep content: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("keep content: %w", err), os.Remove(fresh.Name()))
		}
	}()
	written, err := io.Copy(fresh, content)
	if err == nil && written != bytes {
		err = fmt.Errorf("it has %d bytes, not %d", written, bytes)
	}
	if err = errors.Join(err, fresh.Sync(), fresh.Close()); err != nil {
		return err
	}
	if err = os.Rename(fresh.Name(), f.path(name)); err != nil {
		return err
	}
	return syncFolder(folder)
}

// makeFolder makes a folder that survives a power cut.
func makeFolder(folder string) error {
	if _, err := os.Stat(folder); err == nil {
		return nil
	}
	parent := filepath.Dir(folder)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return errors.Join(syncFolder(parent), syncFolder(filepath.Dir(parent)))
}

func syncFolder(dir string) error {
	d, err := os.Open(filepath.Clean(dir))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Open opens the file.
func (f files) Open(_ context.Context, name string) (io.ReadSeekCloser, error) {
	if !syncproto.IsBlobName(name) {
		return nil, ErrMissing
	}
	file, err := os.Open(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrMissing
	}
	if err != nil {
		return nil, fmt.Errorf("open content: %w", err)
	}
	return file, nil
}

// Delete removes the file.
func (f files) Delete(_ context.Context, name string) error {
	if !syncproto.IsBlobName(name) {
		return nil
	}
	if err := os.Remove(f.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete content: %w", err)
	}
	return nil
}

// List walks the folder.
func (f files) List(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		err := filepath.WalkDir(f.dir, func(path string, entry fs.DirEntry, err error) error {
			switch name := filepath.Base(path); {
			case errors.Is(err, fs.ErrNotExist): // nothing was ever kept, or it was deleted meanwhile
				return nil
			case err != nil || ctx.Err() != nil:
				return errors.Join(err, ctx.Err())
			case entry.Type().IsRegular() && syncproto.IsBlobName(name) && path == f.path(name) && !yield(name, nil):
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield("", fmt.Errorf("list content: %w", err))
		}
	}
}
