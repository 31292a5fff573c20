package server

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"satchel/server/internal/blobs"
	"satchel/server/internal/store"
)

// BlobKeys are what a service that keeps photos and signatures in a bucket knows the server by.
type BlobKeys = blobs.Keys

// BackupBlobsDir is the folder beside backups with the content of photos and signatures. All backups there share it: content
// never changes, so each backup adds what is new.
const BackupBlobsDir = "satchel-blobs"

// openBlobs opens where the content of photos and signatures is kept.
func (s *Server) openBlobs() (err error) {
	if s.kept, err = s.config.openKept(); err != nil {
		return err
	}
	s.Blobs, err = blobs.New(s.Engine, s.kept, filepath.Join(s.config.Dir, stageDir), s.config.Now())
	return err
}

// openKept opens the store of a configuration.
func (c Config) openKept() (blobs.Store, error) {
	if c.Blobs != "" {
		return blobs.S3(c.Blobs, c.BlobKeys, nil)
	}
	return blobs.Files(filepath.Join(c.Dir, BlobsDir)), nil
}

// besideBackup gives the store beside a backup.
func besideBackup(path string) blobs.Store {
	return blobs.Files(filepath.Join(filepath.Dir(path), BackupBlobsDir))
}

// eachBlob calls do for each blob that has arrived, outside of any transaction.
func eachBlob(ctx context.Context, s *store.Store, do func(store.Blob) error) error {
	for after := ""; ; {
		var part []store.Blob
		err := s.Read(ctx, func(tx *store.Tx) (err error) {
			part, err = tx.BlobsAfter(ctx, after, 500)
			return err
		})
		if err != nil || len(part) == 0 {
			return err
		}
		for _, b := range part {
			if err := do(b); err != nil {
				return err
			}
		}
		after = part[len(part)-1].SHA256
	}
}

// unsound reports whether an error says of content that it is not there, or not what it was.
func unsound(err error) bool {
	return errors.Is(err, blobs.ErrMissing) || errors.Is(err, blobs.ErrDamaged)
}

// Backup writes a copy of the database to a new file (see [store.Store.Backup]), and adds to [BackupBlobsDir] beside it the
// photos and signatures that are not there yet. What is kept in a bucket is left to the bucket's own means. It gives how many
// it added; if it fails for one of them, the others and the copy of the database are there.
func (s *Server) Backup(ctx context.Context, path string) (added int, err error) {
	if err := s.Store.Backup(ctx, path); err != nil || s.config.Blobs != "" {
		return 0, err
	}
	beside, lost := besideBackup(path), 0
	err = eachBlob(ctx, s.Store, func(b store.Blob) error {
		copied, err := blobs.Copy(ctx, s.kept, beside, b.SHA256)
		switch {
		case unsound(err):
			lost++
			return nil
		case copied:
			added++
		}
		return err
	})
	if err == nil && lost > 0 {
		err = fmt.Errorf("%d photos or signatures are damaged or not there; everything else is backed up; satchel proofs check says which", lost)
	}
	return added, err
}

// refill has a restored database, before it is in its place, go with the photos and signatures that there are: those that
// are whole only beside the backup are put where the others are, and those that are so nowhere have not arrived any more, so
// that devices which have them send them again.
func refill(ctx context.Context, s *store.Store, kept blobs.Store, backup string) error {
	var lost []string
	err := eachBlob(ctx, s, func(b store.Blob) error {
		err := blobs.Mend(ctx, besideBackup(backup), kept, b.SHA256)
		if unsound(err) {
			lost = append(lost, b.SHA256)
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("put photos and signatures back; restore again: %w", err)
	}
	return s.Write(ctx, func(tx *store.Tx) error { return tx.DropBlobs(ctx, lost) })
}

// A BlobsReport is what a look at all photos and signatures found.
type BlobsReport struct {
	// Whole counts those that are there and what their names say; Lost are the names of those that should be there and are
	// not, or are damaged.
	Whole int      `json:"whole"`
	Lost  []string `json:"lost"`
	// Found are the names of content that is there and was not known to have arrived, although records name it.
	Found []string `json:"found"`
	// Unnamed counts content that no record names.
	Unnamed int `json:"unnamed"`
}

// CheckBlobs reads all photos and signatures and compares them with their names. With repair, what is lost has not arrived
// any more, so that devices which still have it send it again, and what is found has. It changes and removes no content.
func (s *Server) CheckBlobs(ctx context.Context, repair bool) (out BlobsReport, err error) {
	out.Lost, out.Found = []string{}, []string{}
	known := map[string]bool{}
	err = eachBlob(ctx, s.Store, func(b store.Blob) error {
		known[b.SHA256] = true
		_, err := blobs.Read(ctx, s.kept, b.SHA256)
		switch {
		case unsound(err):
			out.Lost = append(out.Lost, b.SHA256)
			return nil
		case err == nil:
			out.Whole++
		}
		return err
	})
	if err != nil {
		return out, err
	}
	for name, err := range s.kept.List(ctx) {
		if err == nil && !known[name] {
			err = s.lookAtUnknown(ctx, name, repair, &out)
		}
		if err != nil {
			return out, err
		}
	}
	if repair && len(out.Lost) > 0 {
		err = s.Engine.BlobsLost(ctx, out.Lost)
	}
	return out, err
}

// lookAtUnknown looks at content that is not known to have arrived.
func (s *Server) lookAtUnknown(ctx context.Context, name string, repair bool, out *BlobsReport) error {
	named := false
	err := s.Store.Read(ctx, func(tx *store.Tx) error {
		namers, err := tx.NamersOf(ctx, name)
		named = len(namers) > 0
		return err
	})
	if err != nil {
		return err
	}
	content, err := blobs.Read(ctx, s.kept, name)
	switch {
	case unsound(err):
		return nil
	case err != nil:
		return err
	case !named:
		out.Unnamed++
		return nil
	}
	out.Found = append(out.Found, name)
	if b := blobs.KindOf(name, content); repair && b.Check() == nil {
		return s.Engine.BlobArrived(ctx, b)
	}
	return nil
}

// moveBlobs copies photos and signatures to where another configuration keeps them, if that is elsewhere.
func moveBlobs(ctx context.Context, s *store.Store, from, to Config) error {
	if from.Blobs != "" || to.Blobs != "" || to.Dir == "" || filepath.Clean(from.Dir) == filepath.Clean(to.Dir) {
		return nil
	}
	before, after := blobs.Files(filepath.Join(from.Dir, BlobsDir)), blobs.Files(filepath.Join(to.Dir, BlobsDir))
	return eachBlob(ctx, s, func(b store.Blob) error {
		if _, err := blobs.Copy(ctx, before, after, b.SHA256); !unsound(err) {
			return err
		}
		return nil
	})
}
