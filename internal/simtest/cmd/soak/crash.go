package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"satchel/internal/simtest/crash"
)

// crashCmd cuts the power.
type crashCmd struct {
	seeded
	Images int `help:"How many crash images to take." default:"5000" placeholder:"N"`
}

// Run takes crash images.
func (c *crashCmd) Run(ctx context.Context, all *cli) error {
	c.draw()
	fmt.Printf("taking %d crash images from seed %d on\n", c.Images, c.Seed)
	begun, told := time.Now(), &teller{of: c.Images, what: "images"}
	var mu sync.Mutex
	var total crash.Report
	err := shared(ctx, all.Jobs, c.Images, 250, c.Seed, func(ctx context.Context, seed uint64, n int) error {
		report, err := crash.Images(ctx, crash.Plan{Seed: seed, Images: n, Scratch: all.Scratch})
		told.add(report.Office + report.Tablet)
		mu.Lock()
		defer mu.Unlock()
		total.Office += report.Office
		total.Tablet += report.Tablet
		total.Synced += report.Synced
		total.Again += report.Again
		return err
	})
	fmt.Printf("%d images of the server and %d of devices in %v, %d taken while another was opened; from %d all was synced to the end\n",
		total.Office, total.Tablet, time.Since(begun).Round(time.Second), total.Again, total.Synced)
	return err
}

// diskCmd has disks fail.
type diskCmd struct {
	seeded
	Scripts []int `help:"The numbers of the scripts to play, of ${disk_scripts}; all if none is given." placeholder:"N,…"`
	Every   int   `help:"Fail only every so-many-th operation; the seed decides where that begins." default:"1" placeholder:"N"`
	Full    bool  `help:"Fill the disks up in the place of failing them."`
}

// Run has each operation of each script fail.
func (c *diskCmd) Run(ctx context.Context, all *cli) error {
	c.draw()
	scripts := c.Scripts
	for i := range crash.Scripts() {
		if len(c.Scripts) == 0 {
			scripts = append(scripts, i)
		}
	}
	what, fail, begun := "failing %s I/O operations of scripts %v, once and for good, from seed %d on\n", crash.Failing, time.Now()
	if c.Full {
		what, fail = "filling disks up at %s pages that scripts %v need, from seed %d on\n", crash.Full
	}
	which := "all"
	if c.Every > 1 {
		which = fmt.Sprintf("1 in %d of all", c.Every)
	}
	fmt.Printf(what, which, scripts, c.Seed)
	var mu sync.Mutex
	var total crash.Report
	parts := max(all.Jobs, 1)
	err := shared(ctx, all.Jobs, len(scripts)*parts, 1, 0, func(ctx context.Context, at uint64, _ int) error {
		script, part := int(at)/parts, int(at)%parts //nolint:gosec // it counts up from 0
		report, err := fail(ctx, crash.Plan{
			Seed: c.Seed, Scripts: scripts[script : script+1], Every: c.Every, Part: part, Parts: parts, Scratch: all.Scratch,
		})
		mu.Lock()
		defer mu.Unlock()
		total.Points += report.Points
		total.Faults += report.Faults
		total.Errors += report.Errors
		return err
	})
	fmt.Printf("%d of them in %d plays in %v; somebody was told %d times\n", total.Points, total.Faults, time.Since(begun).Round(time.Second), total.Errors)
	return err
}
