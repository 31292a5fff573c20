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
	did  Deed
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

// writer takes jobs in groups, each group in one transaction: one wait for the disk serves them all. While nobody
// waits it has a follower catch up that is behind.
func (e *Engine) writer(ctx context.Context) {
	defer close(e.done)
	always := make(chan struct{})
	close(always)
	for behind := e.isBehind(ctx); ; {
		idle := always
		if !behind {
			idle = nil
		}
		select {
		case first := <-e.jobs:
			behind = e.runGroup(ctx, e.gather(first)) || behind
		case <-idle:
			behind = e.catchUp(ctx)
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

func (e *Engine) runGroup(ctx context.Context, group []*job) (behind bool) {
	err := e.store.Write(ctx, func(tx *store.Tx) error {
		for _, j := range group {
			if j.err = j.ctx.Err(); j.err == nil {
				j.err = tx.Savepoint(ctx, func() error { return e.runJob(ctx, tx, j) })
			}
		}
		behind = e.follow(ctx, tx, group)
		return nil
	})
	for _, j := range group {
		if err != nil && j.err == nil {
			j.err = err
		}
		close(j.done)
	}
	return behind
}

// runJob does one job.
func (e *Engine) runJob(ctx context.Context, tx *store.Tx, j *job) error {
	return survive(func() error {
		w, err := newWork(ctx, tx, e.millis())
		if err != nil {
			return err
		}
		from := w.seq
		if err := j.do(ctx, w); err != nil {
			return err
		}
		changed, err := w.flush(ctx)
		if err == nil && w.seq > from {
			j.did = Deed{From: from, To: w.seq, Now: w.now, Touched: changed, Held: w.held, Clocks: w.clocks, Proven: w.proven}
		}
		return err
	})
}

// survive makes an error of a panic. A panic on the writer ends what is done and not the program: the next start would
// meet the same batch again.
func survive(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic on the writer: %v\n%s", p, debug.Stack())
		}
	}()
	return do()
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
