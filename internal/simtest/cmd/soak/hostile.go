package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"satchel/internal/simtest/hostile"
)

// inputsCmd sends bad input.
type inputsCmd struct {
	seeded
	Inputs int `help:"How many inputs to send." default:"100000" placeholder:"N"`
}

// Run sends.
func (c *inputsCmd) Run(ctx context.Context, all *cli) error {
	c.draw()
	fmt.Printf("sending %d bad inputs from seed %d on\n", c.Inputs, c.Seed)
	begun, told := time.Now(), &teller{of: c.Inputs, what: "inputs"}
	var mu sync.Mutex
	statuses, inputs, largest := map[int]int{}, 0, 0
	err := shared(ctx, all.Jobs, c.Inputs, 100_000, c.Seed, func(ctx context.Context, seed uint64, n int) error {
		before := 0
		report, err := hostile.Inputs(ctx, seed, n, func(done int) {
			told.add(done - before)
			before = done
		})
		mu.Lock()
		defer mu.Unlock()
		inputs += report.Inputs
		largest = max(largest, report.Largest)
		for status, n := range report.Statuses {
			statuses[status] += n
		}
		return err
	})
	fmt.Printf("%d inputs in %v; the longest answer has %d bytes\n", inputs, time.Since(begun).Round(time.Second), largest)
	for _, status := range slices.Sorted(maps.Keys(statuses)) {
		fmt.Printf("  %8d × %d\n", statuses[status], status)
	}
	return err
}
