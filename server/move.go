package server

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/gofrs/flock"

	"satchel/server/internal/store"
)

// Move moves all that a server keeps from one database into another, empty one, of the same kind or not: Dir and
// Database of each configuration say which. No program may run on the former; one over PostgreSQL that does is refused
// everything from the end on. It can be run again if it was interrupted. Errors are those of [store.Move], and
// [ErrInUse]. progress is told of each table how many of its rows came so far.
func Move(ctx context.Context, from, to Config, progress func(table string, rows int)) (err error) {
	if from.Database == to.Database && filepath.Clean(from.Dir) == filepath.Clean(to.Dir) {
		return errors.New("that is the database which there is already; name another one to move to")
	}
	former, err := openAlone(ctx, from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, former.close()) }()
	next, err := openAlone(ctx, to)
	if err != nil {
		return fmt.Errorf("open the database to move to: %w", err)
	}
	defer func() { err = errors.Join(err, next.close()) }()
	// Before the rows: once these are there, the former database cannot be asked what there is.
	if err := moveBlobs(ctx, former.Store, from, to); err != nil {
		return fmt.Errorf("copy photos and signatures; nothing else was changed: %w", err)
	}
	return store.Move(ctx, former.Store, next.Store, progress)
}

// alone is a database that no other program on this machine has open, if it is one of a data directory.
type alone struct {
	*store.Store
	lock *flock.Flock
}

func openAlone(ctx context.Context, config Config) (alone, error) {
	a := alone{}
	var err error
	if config.Database == "" {
		if a.lock, err = lockAlone(config.Dir); err != nil {
			return a, err
		}
	}
	if a.Store, err = openStore(ctx, config); err != nil && a.lock != nil {
		err = errors.Join(err, a.lock.Unlock())
	}
	return a, err
}

func (a alone) close() error {
	err := a.Close()
	if a.lock != nil {
		err = errors.Join(err, a.lock.Unlock())
	}
	return err
}
