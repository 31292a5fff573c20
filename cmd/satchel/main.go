// Command satchel is the office's program: it runs the server, and lets those who look after it see
// and decide what has to be seen and decided.
//
// Its commands work on the data directory itself, whether a server runs on it or not.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"satchel/internal/duplicates"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	line := kong.Parse(&c, kong.Name("satchel"), kong.ShortUsageOnError(),
		kong.Description("The office program of Satchel. Commands work on the data directory, whether a server runs on it or not."),
		kong.Vars{"threshold": fmt.Sprint(duplicates.Threshold)}, kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(&c))
	if err := line.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "satchel: "+oneLine(err.Error()))
		stop()
		os.Exit(1)
	}
}
