package main

import (
	"cmp"
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

// ready makes ready what is asked for by name, all that there is without a name. What is optional and cannot be made
// ready on this machine is left out, with a word about it, unless the command line asks for it.
func (c *cli) ready(ctx context.Context, bin string, asked ...string) ([]offer, error) {
	var made []offer
	for _, o := range offers() {
		if len(asked) > 0 && !slices.Contains(asked, o.name) {
			continue
		}
		if o.prepare != nil {
			err := o.prepare(ctx, bin)
			if err != nil && (slices.Contains(c.Systems, o.name) || !o.optional || ctx.Err() != nil) {
				return nil, fmt.Errorf("%s: %w", o.name, err)
			}
			if err != nil {
				fmt.Fprintf(os.Stderr, "%s is left out: %v\n", o.name, err)
				continue
			}
		}
		made = append(made, o)
	}
	return made, nil
}

// A trial is what one system did once.
type trial struct {
	records          int
	push, edit, pull time.Duration
	usage            usage
	disk             int64
}

// A line is one of a table: a system, and what it is given to do.
type line struct {
	// head is what the line begins with, the system's own name if it is empty.
	head             string
	offer            offer
	records, devices int

	name, promise string
	trials        []trial
}

// rates measures how many records a second go up and come down, in every system.
func (c *cli) rates(ctx context.Context, bin string) error {
	asked, err := c.ready(ctx, bin, c.Systems...)
	if err != nil {
		return err
	}
	var lines []*line
	for _, o := range asked {
		lines = append(lines, &line{offer: o, records: c.Records, devices: c.Devices})
	}
	if err := c.table(ctx, bin, fmt.Sprintf("%d records, %d devices at once", c.Records, c.Devices), "system", lines); err != nil {
		return err
	}
	fmt.Println("What an acknowledgement means, and what becomes of what two devices write:")
	fmt.Println()
	for _, l := range lines {
		fmt.Printf("* %s: %s.\n", l.name, l.promise)
	}
	fmt.Println()
	return nil
}

// fewAndMany are the numbers of devices that Satchel is measured with.
var fewAndMany = []int{1, 8, 100}

// devices measures Satchel's rates with few and many devices at once.
func (c *cli) devices(ctx context.Context, bin string) error {
	asked, err := c.ready(ctx, bin, "satchel")
	if err != nil {
		return err
	}
	var lines []*line
	for _, n := range fewAndMany {
		lines = append(lines, &line{head: fmt.Sprint(n), offer: asked[0], records: c.Records, devices: n})
	}
	return c.table(ctx, bin, fmt.Sprintf("Satchel, %d records", c.Records), "devices at once", lines)
}

// growth measures Satchel's rates with few and many records.
func (c *cli) growth(ctx context.Context, bin string) error {
	asked, err := c.ready(ctx, bin, "satchel")
	if err != nil {
		return err
	}
	var lines []*line
	for _, n := range c.Sizes {
		lines = append(lines, &line{head: fmt.Sprint(n), offer: asked[0], records: n, devices: c.Devices})
	}
	return c.table(ctx, bin, fmt.Sprintf("Satchel, %d devices at once", c.Devices), "records", lines)
}

// table measures lines in turn, as often as there are rounds, and prints them.
func (c *cli) table(ctx context.Context, bin, title, head string, lines []*line) error {
	for round := range c.Rounds {
		for _, l := range lines {
			fmt.Fprintf(os.Stderr, "round %d of %d, %d records, %d devices: %s\n", round+1, c.Rounds, l.records, l.devices, l.offer.name)
			made := l.offer.make(bin)
			t, err := c.try(ctx, made, loads(1, l.records, l.devices))
			if err != nil {
				return fmt.Errorf("%s: %w", l.offer.name, err)
			}
			l.name, l.promise = made.name(), made.promise()
			l.trials = append(l.trials, t)
		}
	}
	fmt.Printf("%s; thousands of records a second: median (least to most) of %d\n\n", title, c.Rounds)
	fmt.Printf("| %s | push | edit | pull | memory | µs of CPU a record | bytes on disk a record |\n|---|---|---|---|---|---|---|\n", head)
	for _, l := range lines {
		last := l.trials[len(l.trials)-1]
		fmt.Printf("| %s | %s | %s | %s | %s | %s | %s |\n", cmp.Or(l.head, l.name),
			rate(l.trials, func(t trial) time.Duration { return t.push }), rate(l.trials, func(t trial) time.Duration { return t.edit }),
			rate(l.trials, func(t trial) time.Duration { return t.pull }), known(last.usage.Memory>>20, " MiB"),
			known(last.usage.CPU.Microseconds()/int64(last.records), ""), known(last.disk/int64(last.records), ""))
	}
	fmt.Println()
	return nil
}

// within has a system begin in a directory of its own, and do something there.
func (c *cli) within(ctx context.Context, s system, ls []load, do func(dir string, clients []client) error) (err error) {
	dir, err := os.MkdirTemp(c.Scratch, "satchel-bench-")
	if err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	defer func() { err = errors.Join(err, s.end()) }()
	clients, err := s.begin(ctx, dir, ls)
	if err != nil {
		return err
	}
	return do(dir, clients)
}

// try has a system do everything once.
func (c *cli) try(ctx context.Context, s system, ls []load) (t trial, err error) {
	t.records = count(ls)
	err = c.within(ctx, s, ls, func(dir string, clients []client) (err error) {
		if t.push, err = together(clients, func(c client) error { return c.push(ctx) }); err != nil {
			return fmt.Errorf("push: %w", err)
		}
		if clients[0].pull != nil {
			var came atomic.Int64
			t.pull, err = together(clients, func(c client) error {
				n, err := c.pull(ctx)
				came.Add(int64(n))
				return err
			})
			if err != nil {
				return fmt.Errorf("pull: %w", err)
			}
			if n := came.Load(); n < int64(t.records) {
				return fmt.Errorf("%d of %d records came back", n, t.records)
			}
		}
		if t.usage, err = s.spent(); err != nil {
			return err
		}
		if t.disk, err = diskUsage(dir); err != nil {
			return err
		}
		if clients[0].edit != nil {
			if t.edit, err = together(clients, func(c client) error { return c.edit(ctx) }); err != nil {
				return fmt.Errorf("edit: %w", err)
			}
		}
		return nil
	})
	return t, err
}

// rate gives thousands of records a second, "–" for what a system does not do.
func rate(ts []trial, of func(trial) time.Duration) string {
	var all []float64
	for _, t := range ts {
		if of(t) == 0 {
			return "–"
		}
		all = append(all, float64(t.records)/of(t).Seconds()/1000)
	}
	return spread(all)
}

// spread gives the median of figures, with the least and the most.
func spread(all []float64) string {
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
