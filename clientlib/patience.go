package clientlib

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"time"

	"satchel/syncproto"
)

// maxPatience is how long a sync waits, in all, for a server that tells it to come again: longer than an office takes
// for ten thousand devices, and not so long that somebody who stands beside the device believes it to hang.
const maxPatience = 10 * time.Minute

// later refuses a request, and says when to come again.
type later struct {
	*syncproto.Problem
	after time.Duration
}

// Unwrap gives the refusal.
func (l *later) Unwrap() error { return l.Problem }

// await waits where a server said when to come again, and gives any other error as it is. It adds up to a
// quarter, so that devices that were sent away together do not come back together.
func (r *run) await(ctx context.Context, refused error) error {
	var told *later
	if !errors.As(refused, &told) {
		return refused
	}
	chance, err := rand.Int(rand.Reader, big.NewInt(int64(told.after/4)+1))
	if err != nil {
		return refused
	}
	wait := told.after + time.Duration(chance.Int64())
	if wait > r.patience {
		return refused
	}
	r.patience -= wait
	r.store.options.HTTP.CloseIdleConnections() // the server has enough to do without them
	defer r.note(func(now *SyncResult) { now.WaitSeconds = 0 })
	for ; wait > 0; wait -= time.Second {
		r.note(func(now *SyncResult) { now.WaitSeconds = int((wait + time.Second - 1) / time.Second) })
		select {
		case <-time.After(min(wait, time.Second)):
		case <-ctx.Done():
			return fmt.Errorf("%w (%w)", refused, context.Cause(ctx))
		}
	}
	return nil
}
