package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"satchel/internal/simtest/laws"
)

// lawsCmd holds the merge to its laws.
type lawsCmd struct {
	Histories int    `help:"How many histories to merge." default:"100000" placeholder:"N"`
	Seed      uint64 `help:"The seed; one is drawn if it is 0." placeholder:"N"`
}

// share is how many histories have one seed.
const share = 10_000

// Run merges.
func (c *lawsCmd) Run(ctx context.Context, all *cli) error {
	if c.Seed == 0 {
		c.Seed = rand.Uint64N(1 << 40) //nolint:gosec // it is printed
	}
	fmt.Printf("merging %d histories from seed %d on\n", c.Histories, c.Seed)
	begun, told := time.Now(), time.Now()
	var total laws.Report
	var failed error
	var mu sync.Mutex
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	seeds := make(chan uint64)
	var workers sync.WaitGroup
	for range all.Jobs {
		workers.Go(func() {
			for seed := range seeds {
				n := min(share, c.Histories-int(seed-c.Seed)*share)
				report, err := laws.Check(ctx, seed, n)
				mu.Lock()
				total.Histories += report.Histories
				total.Conflicts += report.Conflicts
				total.Contested += report.Contested
				if err != nil && failed == nil {
					failed = err
					stop()
				}
				if time.Since(told) > 10*time.Second {
					told = time.Now()
					fmt.Fprintf(os.Stderr, "%d histories\n", total.Histories)
				}
				mu.Unlock()
			}
		})
	}
deal:
	for at := 0; at < c.Histories; at += share {
		select {
		case seeds <- c.Seed + uint64(at/share):
		case <-ctx.Done():
			break deal
		}
	}
	close(seeds)
	workers.Wait()
	fmt.Printf("%d histories in %v, each merged in 3 orders: %d with open conflicts, %d with contested deletions\n",
		total.Histories, time.Since(begun).Round(time.Second), total.Conflicts, total.Contested)
	return failed
}
