package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"satchel/internal/simtest/laws"
)

// lawsCmd holds the merge to its laws.
type lawsCmd struct {
	seeded
	Histories int `help:"How many histories to merge." default:"100000" placeholder:"N"`
}

// Run merges.
func (c *lawsCmd) Run(ctx context.Context, all *cli) error {
	c.draw()
	fmt.Printf("merging %d histories from seed %d on\n", c.Histories, c.Seed)
	begun, told := time.Now(), &teller{of: c.Histories, what: "histories"}
	var mu sync.Mutex
	var total laws.Report
	err := shared(ctx, all.Jobs, c.Histories, 10_000, c.Seed, func(ctx context.Context, seed uint64, n int) error {
		report, err := laws.Check(ctx, seed, n)
		told.add(report.Histories)
		mu.Lock()
		defer mu.Unlock()
		total.Histories += report.Histories
		total.Conflicts += report.Conflicts
		total.Contested += report.Contested
		return err
	})
	fmt.Printf("%d histories in %v, each merged in 3 orders: %d with open conflicts, %d with contested deletions\n",
		total.Histories, time.Since(begun).Round(time.Second), total.Conflicts, total.Contested)
	return err
}
