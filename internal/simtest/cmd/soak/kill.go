package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"satchel/internal/simtest/kill"
)

// killCmd kills the real programs.
type killCmd struct {
	databased
	Scripts []int `help:"The numbers of the scripts to play; all if none is given." placeholder:"N,…"`
	Every   int   `help:"Kill only at every so-many-th call." default:"1" placeholder:"N"`
	Fail    bool  `help:"Have the calls fail, once and for good, in the place of killing at them."`
	Full    bool  `help:"Fill a real disk up, too; it takes root."`
}

// Run kills.
func (c *killCmd) Run(ctx context.Context, all *cli) (err error) {
	dir, err := os.MkdirTemp(all.Scratch, "soak-")
	if err != nil {
		return fmt.Errorf("make room for the files: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	bin, err := kill.Build(ctx, dir)
	if err != nil {
		return err
	}
	bin.Scratch = dir
	url, stop, err := c.cluster(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	bin.Postgres = url
	scripts := c.Scripts
	for i := range kill.Scripts() {
		if len(c.Scripts) == 0 {
			scripts = append(scripts, i)
		}
	}
	bin.Jobs = max(all.Jobs/len(scripts), 1) // scripts run at once, too
	begun, told := time.Now(), &teller{what: "scripts' points so far", of: len(scripts)}
	var mu sync.Mutex
	err = shared(ctx, all.Jobs, len(scripts), 1, 0, func(ctx context.Context, at uint64, _ int) error {
		reports, err := c.play(ctx, bin, scripts[at], func(kill.Point) { told.add(1) })
		mu.Lock()
		defer mu.Unlock()
		for _, r := range reports {
			printReport(r)
		}
		return err
	})
	fmt.Printf("%d scripts in %v\n", len(scripts), time.Since(begun).Round(time.Second))
	if err == nil && c.Full {
		bin.Postgres = "" // which is not on the disk that is filled
		if err = kill.Full(ctx, bin); err == nil {
			fmt.Println("a full disk lost nothing, on either side")
		}
	}
	return err
}

// play kills at every point of a script, or has the calls there fail.
func (c *killCmd) play(ctx context.Context, bin kill.Binaries, script int, told func(kill.Point)) ([]kill.Report, error) {
	if !c.Fail {
		report, err := kill.Sample(ctx, bin, script, c.Every, told)
		return []kill.Report{report}, err
	}
	once, err := kill.Fail(ctx, bin, script, c.Every, false, told)
	if err != nil {
		return []kill.Report{once}, err
	}
	stays, err := kill.Fail(ctx, bin, script, c.Every, true, told)
	return []kill.Report{once, stays}, err
}

func printReport(r kill.Report) {
	count := r.Count()
	fmt.Printf("%s: %d points\n", r.Script, len(r.Points))
	for _, side := range []kill.Side{kill.Server, kill.Device} {
		var names []string
		for name := range count[side] {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			fmt.Printf("  %4d × %s at %s\n", count[side][name], name, side)
		}
	}
}
