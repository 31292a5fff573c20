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

// rogueCmd sets one rogue device on honest ones.
type rogueCmd struct {
	seeded
	Devices int     `help:"How many honest devices sync meanwhile." default:"50" placeholder:"N"`
	Rounds  int     `help:"How often each records and syncs, in peace and beside the rogue." default:"4" placeholder:"N"`
	Slower  float64 `help:"How many times longer the median sync may take beside the rogue; 0 is any." default:"0" placeholder:"N"`
}

// Run has the rogue attack.
func (c *rogueCmd) Run(ctx context.Context) error {
	c.draw()
	fmt.Printf("one rogue device on %d honest ones, from seed %d\n", c.Devices, c.Seed)
	s, err := hostile.Rogue(ctx, c.Seed, c.Devices, c.Rounds)
	if err != nil {
		return err
	}
	fmt.Printf("%d requests of the rogue; %d households recorded meanwhile, all of them on the server, every honest device safe\n", s.Requests, s.Households)
	fmt.Printf("a sync takes %v (99 of 100 at most %v) in peace, %v (%v) beside the rogue: %.2f times as long; heap at most %d MiB, devices included\n",
		s.Calm.Median.Round(time.Millisecond), s.Calm.P99.Round(time.Millisecond),
		s.Under.Median.Round(time.Millisecond), s.Under.P99.Round(time.Millisecond), s.Slower(), s.PeakHeap>>20)
	if c.Slower > 0 && s.Slower() > c.Slower {
		return fmt.Errorf("honest devices notice the rogue: %.2f times as long, where %.2f is allowed", s.Slower(), c.Slower)
	}
	return nil
}
