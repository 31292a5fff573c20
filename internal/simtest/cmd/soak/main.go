// Command soak looks for what breaks Satchel's promises, for as long as it is told to.
//
// It works in files of its own, which it removes, and on loopback; it never touches the tree.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"satchel/internal/simtest/crash"
)

const description = `Look for what breaks Satchel's promises. Without a command it plays fleets in simulated time.
It ends with status 1 at the first broken promise, and prints the command that plays it again.
Ctrl-C ends it and prints what was done so far.

Examples:
  go run ./internal/simtest/cmd/soak --for 10m
  go run ./internal/simtest/cmd/soak fleet --seed 7 --histories 1
  go run ./internal/simtest/cmd/soak fleet --postgres --histories 100
  go run ./internal/simtest/cmd/soak laws --histories 10000000
  go run ./internal/simtest/cmd/soak crash --images 5000 --scratch /dev/shm
  go run ./internal/simtest/cmd/soak disk --scripts 11
  go run ./internal/simtest/cmd/soak kill --scripts 1 --full
  go run ./internal/simtest/cmd/soak kill --postgres --scripts 1
  go run ./internal/simtest/cmd/soak inputs --inputs 1000000
  go run ./internal/simtest/cmd/soak rogue --devices 500
  go run ./internal/simtest/cmd/soak --help`

// cli is the command line.
type cli struct {
	Jobs    int    `help:"How much to do at once." default:"${jobs}" placeholder:"N"`
	Scratch string `help:"Where files that may be thrown away go; in memory it is faster." default:"${scratch}" placeholder:"DIR" type:"existingdir"`

	Fleet  fleetCmd  `cmd:"" default:"withargs" help:"Play fleets of tablets in simulated time."`
	Laws   lawsCmd   `cmd:"" help:"Hold the merge to its laws over histories of one record."`
	Crash  crashCmd  `cmd:"" help:"Cut the power of the server and of devices at any operation."`
	Disk   diskCmd   `cmd:"" help:"Have every operation of a disk fail, once and for good."`
	Kill   killCmd   `cmd:"" help:"Kill the real programs at every write and flush of a sync."`
	Inputs inputsCmd `cmd:"" help:"Send bad input to every address, in everybody's name."`
	Rogue  rogueCmd  `cmd:"" help:"Set one rogue device on many honest ones."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	line := kong.Parse(&c, kong.Name("soak"), kong.Description(description), kong.ShortUsageOnError(),
		kong.Vars{"jobs": strconv.Itoa(runtime.NumCPU()), "scratch": os.TempDir(), "disk_scripts": numbered(crash.Scripts())},
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(&c))
	if err := line.Run(); err != nil {
		if ctx.Err() != nil {
			err = errors.New("broken off before the end")
		}
		fmt.Fprintf(os.Stderr, "soak: %v\n", err)
		stop()
		os.Exit(1)
	}
}

// numbered lists names with their numbers.
func numbered(names []string) string {
	var out []string
	for i, name := range names {
		out = append(out, fmt.Sprint(i, " ", name))
	}
	return strings.Join(out, ", ")
}
