package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A job is one unit of work that waits for the writer.
type job struct {
	ctx  context.Context
	do   func(ctx context.Context, w *work) error
	err  error
	done chan struct{}
}

// maxGroup is how many jobs share a commit at the most.
const maxGroup = 64

// commit runs do as a unit of work and returns once it is on the disk, or with the error that undid
// it. A unit of work that has begun is not given up when ctx ends: its batch is committed whole.
func (e *Engine) commit(ctx context.Context, do func(ctx context.Context, w *work) error) error {
	j := &job{ctx: ctx, do: do, done: make(chan struct{})}
	select {
	case e.jobs <- j:
	case <-ctx.Done():
		return ctx.Err()
	case <-e.closed:
		return syncproto.Refuse(syncproto.CodeBusy, "The server is stopping. Nothing of this request was saved here; what is on the device is safe. Try again in a minute.")
	}
	<-j.done
	return j.err
}

// writer takes jobs in groups, each group in one transaction: one wait for the disk serves them all.
func (e *Engine) writer(ctx context.Context) {
	defer close(e.done)
	for {
		select {
		case first := <-e.jobs:
			e.runGroup(ctx, e.gather(first))
		case <-e.closed:
			return
		}
	}
}

// gather adds the jobs that wait already.
func (e *Engine) gather(first *job) []*job {
	group := []*job{first}
	for len(group) < maxGroup {
		select {
		case next := <-e.jobs:
			group = append(group, next)
		default:
			return group
		}
	}
	return group
}

func (e *Engine) runGroup(ctx context.Context, group []*job) {
	err := e.store.Write(ctx, func(tx *store.Tx) error {
		for _, j := range group {
			if j.err = j.ctx.Err(); j.err == nil {
				j.err = tx.Savepoint(ctx, func() error { return e.runJob(ctx, tx, j) })
			}
		}
		return nil
	})
	for _, j := range group {
		if err != nil && j.err == nil {
			j.err = err
		}
		close(j.done)
	}
}

// runJob does one job. A panic in it ends the job and not the program: the next start would meet the
// same batch again.
func (e *Engine) runJob(ctx context.Context, tx *store.Tx, j *job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic while taking a batch in: %v\n%s", p, debug.Stack())
		}
	}()
	w, err := newWork(ctx, tx, e.millis())
	if err != nil {
		return err
	}
	if err := j.do(ctx, w); err != nil {
		return err
	}
	return w.flush(ctx)
}

// explain turns a failure of the store into the problem that a client is told.
func explain(err error) error {
	switch {
	case errors.Is(err, store.ErrFull):
		return syncproto.Refuse(syncproto.CodeStorageFull, "The server's disk is full. Nothing of this request was saved here; what is on the device is safe. Ask the administrator to free space, then try again.")
	case errors.Is(err, store.ErrMoved), errors.Is(err, store.ErrMoving):
		return syncproto.Refuse(syncproto.CodeBusy, "The server's data was moved to another database, and this program still has the former one. Nothing of this request was saved here; what is on the device is safe. Ask the administrator to start the server on the new one.")
	case errors.Is(err, store.ErrBusy):
		return syncproto.Refuse(syncproto.CodeBusy, "The server is busy with something long. Nothing of this request was saved here; what is on the device is safe. Try again in a minute.")
	}
	return err
}
