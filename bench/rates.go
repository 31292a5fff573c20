package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// An offer is a system that can be measured.
type offer struct {
	name string
	// optional is what the tables do without where it cannot be made ready.
	optional bool
	// prepare gets ready what it needs, once; what it builds goes to bin. Nil needs nothing.
	prepare func(ctx context.Context, bin string) error
	make    func(bin string) system
}

// offers are all that can be measured, by the names that they have on the command line.
func offers() []offer {
	npm := func(ctx context.Context, _ string) error {
		_, err := npmPackages(ctx)
		return err
	}
	both := func(ctx context.Context, bin string) error {
		return errors.Join(havePostgres(ctx, bin), buildSatchel(ctx, bin))
	}
	return []offer{
		{"bare", false, nil, func(string) system { return &bare{} }},
		{"satchel", false, buildSatchel, func(bin string) system { return &satchel{program: filepath.Join(bin, "satchel")} }},
		{"postgres", true, havePostgres, func(string) system { return &barePostgres{} }},
		{"satchel-postgres", true, both, func(bin string) system { return &satchelPostgres{program: filepath.Join(bin, "satchel"), processes: 1} }},
		{"satchel-postgres-3", true, both, func(bin string) system { return &satchelPostgres{program: filepath.Join(bin, "satchel"), processes: 3} }},
		{"pocketbase", true, buildPocketBase, func(bin string) system { return &pocketbase{program: filepath.Join(bin, "pocketbase")} }},
		{"couchdb", true, npm, func(string) system { return &couchdb{} }},
		{"rxdb", true, npm, func(string) system { return &rxdb{} }},
	}
}

func names() string {
	var out []string
	for _, o := range offers() {
		out = append(out, o.name)
	}
	return strings.Join(out, ",")
}

// choose gives what is to be measured, made ready. What is optional and cannot be made ready on this machine is left
// out, with a word about it, unless it was asked for.
func (c *cli) choose(ctx context.Context, bin string) ([]offer, error) {
	var chosen []offer
	for _, o := range offers() {
		asked := len(c.Systems) > 0
		if asked && !slices.Contains(c.Systems, o.name) {
			continue
		}
		if o.prepare != nil {
			err := o.prepare(ctx, bin)
			if err != nil && (asked || !o.optional || ctx.Err() != nil) {
				return nil, fmt.Errorf("%s: %w", o.name, err)
			}
			if err != nil {
				fmt.Fprintf(os.Stderr, "%s is left out: %v\n", o.name, err)
				continue
			}
		}
		chosen = append(chosen, o)
	}
	return chosen, nil
}

// A trial is what one system did once.
type trial struct {
	push, edit, pull time.Duration
	usage            usage
	disk             int64
}

// Run measures all of it.
func (c *cli) Run(ctx context.Context) (err error) {
	bin, err := os.MkdirTemp(c.Scratch, "satchel-bench-bin-")
	if err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(bin)) }()
	chosen, err := c.choose(ctx, bin)
	if err != nil {
		return err
	}
	for _, devices := range c.Devices {
		if !slices.Contains(c.Parts, "rates") {
			break
		}
		if err := c.rates(ctx, bin, chosen, devices); err != nil {
			return err
		}
	}
	if slices.Contains(c.Parts, "crowd") {
		if err := c.crowd(ctx, bin); err != nil {
			return fmt.Errorf("many devices at once: %w", err)
		}
	}
	if slices.Contains(c.Parts, "daily") {
		if err := c.daily(ctx); err != nil {
			return fmt.Errorf("a device: %w", err)
		}
	}
	return nil
}

// rates measures how many records a second go up and come down.
func (c *cli) rates(ctx context.Context, bin string, chosen []offer, devices int) error {
	ls := loads(1, c.Records, devices)
	records := count(ls)
	trials := map[string][]trial{}
	titles, promises := map[string]string{}, map[string]string{}
	for round := range c.Rounds {
		for _, s := range chosen {
			fmt.Fprintf(os.Stderr, "round %d of %d, %d devices: %s\n", round+1, c.Rounds, devices, s.name)
			made := s.make(bin)
			t, err := c.try(ctx, made, ls, records)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			titles[s.name], promises[s.name] = made.name(), made.promise()
			trials[s.name] = append(trials[s.name], t)
		}
	}
	fmt.Printf("%d records, %d devices at once; thousands of records a second: median (least to most) of %d\n\n", records, devices, c.Rounds)
	fmt.Println("| system | push | edit | pull | memory | µs of CPU a record | bytes on disk a record |\n|---|---|---|---|---|---|---|")
	for _, s := range chosen {
		ts := trials[s.name]
		last := ts[len(ts)-1]
		fmt.Printf("| %s | %s | %s | %s | %s | %s | %s |\n", titles[s.name],
			rate(records, ts, func(t trial) time.Duration { return t.push }), rate(records, ts, func(t trial) time.Duration { return t.edit }),
			rate(records, ts, func(t trial) time.Duration { return t.pull }), known(last.usage.Memory>>20, " MiB"),
			known(last.usage.CPU.Microseconds()/int64(records), ""), known(last.disk/int64(records), ""))
	}
	fmt.Println("\nWhat an acknowledgement means, and what becomes of what two devices write:")
	fmt.Println()
	for _, s := range chosen {
		fmt.Printf("* %s: %s.\n", titles[s.name], promises[s.name])
	}
	fmt.Println()
	return nil
}

// try has a system do everything once, in a directory of its own.
func (c *cli) try(ctx context.Context, s system, ls []load, records int) (t trial, err error) {
	dir, err := os.MkdirTemp(c.Scratch, "satchel-bench-")
	if err != nil {
		return t, fmt.Errorf("make a directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	defer func() { err = errors.Join(err, s.end()) }()
	clients, err := s.begin(ctx, dir, ls)
	if err != nil {
		return t, err
	}
	if t.push, err = together(clients, func(c client) error { return c.push(ctx) }); err != nil {
		return t, fmt.Errorf("push: %w", err)
	}
	if clients[0].pull != nil {
		var came atomic.Int64
		t.pull, err = together(clients, func(c client) error {
			n, err := c.pull(ctx)
			came.Add(int64(n))
			return err
		})
		if err != nil {
			return t, fmt.Errorf("pull: %w", err)
		}
		if n := came.Load(); n < int64(records) {
			return t, fmt.Errorf("%d of %d records came back", n, records)
		}
	}
	if t.usage, err = s.spent(); err != nil {
		return t, err
	}
	if t.disk, err = diskUsage(dir); err != nil {
		return t, err
	}
	if clients[0].edit != nil {
		if t.edit, err = together(clients, func(c client) error { return c.edit(ctx) }); err != nil {
			return t, fmt.Errorf("edit: %w", err)
		}
	}
	return t, nil
}

// rate gives thousands of records a second, "–" for what a system does not do.
func rate(records int, ts []trial, of func(trial) time.Duration) string {
	var all []float64
	for _, t := range ts {
		if of(t) == 0 {
			return "–"
		}
		all = append(all, float64(records)/of(t).Seconds()/1000)
	}
	slices.Sort(all)
	return fmt.Sprintf("%.1f (%.1f to %.1f)", all[len(all)/2], all[0], all[len(all)-1])
}

// known gives a figure with its unit, "–" for what was not measured.
func known(figure int64, unit string) string {
	if figure == 0 {
		return "–"
	}
	return fmt.Sprint(figure, unit)
}
