// Command bench measures how fast Satchel is, beside what the same records take elsewhere.
//
// It promises that every figure is of this machine, in this run, through the interface that a device uses, on
// the same records for every system, and that a system which did not keep all of them stops the run. It never
// judges: what is fast enough is for who reads the table. It works on loopback, and in directories of its own, which it
// removes, but for what it installs from npm for the peers: the user's cache keeps that for the next run.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

const description = `Measure Satchel, and print tables in Markdown. Ctrl-C ends it; nothing is left behind but the npm
packages of the peers, in your cache directory. Those peers need Node.js 20 or newer.

Examples:
  go run ./bench
  go run ./bench --records 10000 --rounds 1
  go run ./bench --systems satchel,bare --devices 8
  go run ./bench --parts crowd --crowd 200
  go run ./bench --systems satchel,pocketbase,couchdb,rxdb --rounds 3
  go run ./bench --help`

// cli is the command line.
type cli struct {
	Records int      `help:"How many records are pushed, edited and pulled." default:"100000" placeholder:"N"`
	Devices []int    `help:"How many devices do it at once; each number is measured by itself." default:"1,8,100" placeholder:"N"`
	Rounds  int      `help:"How often each is measured; the tables give median, least and most." default:"5" placeholder:"N"`
	Systems []string `help:"What is measured: ${systems}. Without it, all that this machine has the tools for." enum:"${systems}" placeholder:"NAME"`
	Scratch string   `help:"Where the databases go, on the disk that is measured." default:"${scratch}" placeholder:"DIR" type:"existingdir"`
	Parts   []string `help:"What is measured: ${parts}." default:"${parts}" enum:"${parts}" placeholder:"NAME"`
	Crowd   int      `help:"How many devices come back to the office at once." default:"1000" placeholder:"N"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	line := kong.Parse(&c, kong.Name("bench"), kong.Description(description), kong.ShortUsageOnError(),
		kong.Vars{"systems": names(), "parts": "rates,crowd,daily", "scratch": os.TempDir()}, kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(&c))
	if err := line.Run(); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		stop()
		os.Exit(1)
	}
}
