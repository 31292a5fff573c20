// Command planted plants bugs into the product, one at a time, and shows how the simulation harness
// notices each.
//
// It never touches the tree.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"

	"github.com/alecthomas/kong"
)

const description = `Plant bugs into the product, one at a time, and show by what and how fast the simulation harness
notices each. It ends with status 1 if a bug was missed, or if the harness finds fault with the product as it is.
The source is not touched.

Examples:
  go run ./internal/simtest/cmd/planted
  go run ./internal/simtest/cmd/planted --list
  go run ./internal/simtest/cmd/planted --only merge --only store/forgets-gone
  go run ./internal/simtest/cmd/planted --budget 300 --scratch /dev/shm`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	kong.Parse(&c, kong.Name("planted"), kong.Description(description), kong.ShortUsageOnError(),
		kong.Vars{"jobs": strconv.Itoa(runtime.NumCPU()), "scratch": os.TempDir()})
	if err := c.run(ctx, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "planted: %v\n", err)
		stop()
		os.Exit(1)
	}
}
