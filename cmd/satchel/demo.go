package main

import (
	"context"
	"os"
	"slices"

	"github.com/alecthomas/kong"

	"satchel/internal/demo"
)

// demoCmd plays the reference programme.
type demoCmd struct {
	Once   bool   `help:"Stop once everything is printed, with exit status 1 if a figure differs from the published one."`
	Listen string `help:"Address to listen on; a free port of this machine if not given." placeholder:"ADDR"`
	Seed   uint64 `help:"Decides which people are made up." default:"1"`
}

// Help is shown by --help.
func (demoCmd) Help() string {
	return `It starts a server on a data directory of its own, which is removed at the end unless --data names one, enrols
tablets for the municipalities of a real programme, has them record it offline and sync, and prints the programme's
results as Satchel counts them beside those that were published. Then it serves until Ctrl-C.

Examples:
  satchel demo
  satchel demo --once
  satchel demo --data demo-data --listen 127.0.0.1:8080`
}

// Run plays it.
func (d demoCmd) Run(ctx context.Context, line *kong.Context, c *cli) error {
	options := demo.Options{Listen: d.Listen, Once: d.Once, Seed: d.Seed, Out: os.Stdout}
	// The default of --data, and what the environment says, are where the real programme lives.
	if slices.ContainsFunc(line.Path, func(p *kong.Path) bool { return p.Flag != nil && p.Flag.Name == "data" }) {
		options.Dir = c.Data
	}
	return demo.Run(ctx, options)
}
