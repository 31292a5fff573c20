// Command bench measures how fast Satchel is, beside what the same records take elsewhere.
//
// It promises that every figure is of this machine, in this run, through the interface that a device uses, on
// the same records for every system, and that a system which did not keep all of them stops the run. It never
// judges: what is fast enough is for who reads the table. It works on loopback, and in directories of its own, which it
// removes, but for what it installs from npm for the peers: the user's cache keeps that for the next run.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

const description = `Measure Satchel, and print tables in Markdown. Ctrl-C ends it; nothing is left behind but the npm
packages of the peers, in your cache directory. Those peers need Node.js 20 or newer. All of it takes an hour or two.

The parts:
  rates    how many records a second go up and come down, in every system
  devices  Satchel's rates with 1, 8 and 100 devices at once
  growth   Satchel's rates with few and many records
  reports  a full export by the program, and a count by area in SQL, with few and many records;
           in the default database and, where the machine has it, in PostgreSQL
  crowd    how long devices wait that all come back to the office at once
  daily    a device's first sync, and its daily one over a slow link

Examples:
  go run ./bench
  go run ./bench --records 10000 --sizes 1000,10000 --rounds 1
  go run ./bench --parts rates --systems satchel,bare --devices 8
  go run ./bench --parts rates --systems satchel,pocketbase,couchdb,rxdb --rounds 3
  go run ./bench --parts growth,reports --sizes 10000,100000 --rounds 3
  go run ./bench --parts crowd --crowd 200
  go run ./bench --help`

// cli is the command line.
type cli struct {
	Parts   []string `help:"What is measured: ${parts}. Without it, all." default:"${parts}" enum:"${parts}" placeholder:"NAME"`
	Systems []string `help:"What rates measures: ${systems}. Without it, all that this machine has the tools for." enum:"${systems}" placeholder:"NAME"`
	Records int      `help:"How many records rates and devices push, edit and pull." default:"100000"`
	Devices int      `help:"How many devices do it at once, in rates, growth and reports." default:"8"`
	Sizes   []int    `help:"How many records there are in growth and reports; each number is measured by itself." default:"10000,100000,1000000"`
	Crowd   int      `help:"How many devices come back to the office at once, in crowd." default:"1000"`
	Rounds  int      `help:"How often rates, devices, growth and reports measure; the tables give the median." default:"5"`
	Scratch string   `help:"Where the databases go, on the disk that is measured." default:"${scratch}" type:"existingdir"`
}

// A part is something that can be measured by itself.
type part struct {
	name    string
	measure func(ctx context.Context, bin string) error
}

// parts are all that there are, in the order in which they are measured.
func (c *cli) parts() []part {
	return []part{
		{"rates", c.rates}, {"devices", c.devices}, {"growth", c.growth}, {"reports", c.reports}, {"crowd", c.crowd}, {"daily", c.daily},
	}
}

// Run measures the parts that were asked for.
func (c *cli) Run(ctx context.Context) (err error) {
	bin, err := os.MkdirTemp(c.Scratch, "satchel-bench-bin-")
	if err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(bin)) }()
	for _, p := range c.parts() {
		if !slices.Contains(c.Parts, p.name) {
			continue
		}
		if err := p.measure(ctx, bin); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	var parts []string
	for _, p := range c.parts() {
		parts = append(parts, p.name)
	}
	line := kong.Parse(&c, kong.Name("bench"), kong.Description(description), kong.ShortUsageOnError(),
		kong.Vars{"systems": names(), "parts": strings.Join(parts, ","), "scratch": os.TempDir()}, kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(&c))
	if err := line.Run(); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		stop()
		os.Exit(1)
	}
}
