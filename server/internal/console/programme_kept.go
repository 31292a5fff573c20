package console

import (
	"context"
	"errors"
	"sync"
	"time"

	"satchel/server/internal/store"
)

// mostKept is how many answers are kept.
const mostKept = 64

// A kept answer, and when it was found.
type kept struct {
	answer any
	when   time.Time
}

// A keeper keeps what takes a while to count until something changes, and has one thing counted at a time: who asks for the same
// meanwhile waits, and gets it.
type keeper struct {
	turn chan struct{}

	mu      sync.Mutex
	at      position
	answers map[string]kept
}

// A position is up to where the answers know the records: any change comes with another sequence, and what a restored backup
// lacks with another epoch.
type position struct{ epoch, seq string }

func newKeeper() *keeper { return &keeper{turn: make(chan struct{}, 1), answers: map[string]kept{}} }

func positionNow(ctx context.Context, s *store.Store) (at position, err error) {
	err = s.Read(ctx, func(tx *store.Tx) error {
		var err error
		if at.epoch, err = tx.Property(ctx, store.PropertyEpoch); err == nil {
			at.seq, err = tx.Property(ctx, store.PropertySeq)
		}
		if errors.Is(err, store.ErrNotFound) {
			return nil // nothing was ever recorded
		}
		return err
	})
	return at, err
}

// find gives an answer that is kept for a position.
func (k *keeper) find(at position, key string) (kept, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.at != at {
		return kept{}, false
	}
	out, known := k.answers[key]
	return out, known
}

// put keeps an answer that knows a position at the least, and lets go of those that do not.
func (k *keeper) put(at position, key string, answer kept) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.at != at || len(k.answers) >= mostKept {
		k.at = at
		clear(k.answers)
	}
	k.answers[key] = answer
}

// keep gives the answer to what a key names, and when it was found: the one that is kept, if nothing has changed since.
func keep[T any](ctx context.Context, c *Console, key string, count func() (T, error)) (out T, when time.Time, err error) {
	find := func() (at position, known bool, err error) {
		if at, err = positionNow(ctx, c.Store); err != nil {
			return at, false, err
		}
		found, known := c.keeper.find(at, key)
		if known {
			out, when = found.answer.(T), found.when //nolint:forcetypeassert // a key is of one type
		}
		return at, known, nil
	}
	if _, known, err := find(); known || err != nil {
		return out, when, err
	}
	select {
	case c.keeper.turn <- struct{}{}:
	case <-ctx.Done():
		return out, when, ctx.Err()
	}
	defer func() { <-c.keeper.turn }()
	at, known, err := find()
	if known || err != nil {
		return out, when, err
	}
	when = c.Now()
	if out, err = count(); err == nil {
		c.keeper.put(at, key, kept{out, when})
	}
	return out, when, err
}
