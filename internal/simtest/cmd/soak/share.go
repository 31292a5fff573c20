package main

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"satchel/internal/pgtest"
)

// seeded is the flag of what is played from a seed.
type seeded struct {
	Seed uint64 `help:"The seed; one is drawn if it is 0." placeholder:"N"`
}

// draw draws a seed where none was given.
func (s *seeded) draw() {
	if s.Seed == 0 {
		s.Seed = rand.Uint64N(1 << 40) //nolint:gosec // it is printed
	}
}

// databased is the flag of what is played over either database.
type databased struct {
	Postgres bool `help:"Have the server keep everything in PostgreSQL, in a private cluster."`
}

// cluster starts PostgreSQL if it was asked for, and gives the URL of it, or else "". stop ends it.
func (d databased) cluster(ctx context.Context) (url string, stop func() error, err error) {
	if !d.Postgres {
		return "", func() error { return nil }, nil
	}
	c, err := pgtest.Start(context.WithoutCancel(ctx), false) // it ends after what is played in it
	if err != nil {
		return "", nil, err
	}
	return c.URL, c.Stop, nil
}

// shared does n things in shares, several at once, each with a seed of its own. It ends at the first
// share that fails, and gives its error; that of ctx if this ended.
func shared(ctx context.Context, jobs, n, share int, seed uint64, do func(ctx context.Context, seed uint64, n int) error) error {
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(max(jobs, 1))
	for at := 0; at < n && within.Err() == nil; at += share {
		group.Go(func() error {
			err := do(within, seed+uint64(at/share), min(share, n-at)) //nolint:gosec // it counts up from 0
			return cmp.Or(ctx.Err(), err)                              // what is broken off shows nothing
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// A teller tells from time to time how far something is.
type teller struct {
	mu   sync.Mutex
	last time.Time
	done int
	of   int
	what string
}

// add counts what was done since, and tells it every ten seconds.
func (t *teller) add(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done += n
	if now := time.Now(); now.Sub(t.last) > 10*time.Second {
		t.last = now
		fmt.Fprintf(os.Stderr, "%d of %d %s\n", t.done, t.of, t.what)
	}
}
