// Command satchel-device is the device program for laptops and scripts: it records households, visits
// and deliveries without a connection, and syncs them at the office.
//
// What it says was saved is on the disk. It never deletes what the office has not acknowledged.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// cli is the command line.
type cli struct {
	Store     string `help:"File that holds what is recorded." env:"SATCHEL_STORE" default:"${store}" placeholder:"FILE"`
	PINFile   string `help:"File whose first line is the PIN; otherwise SATCHEL_PIN holds it, or it is asked for." placeholder:"FILE" name:"pin-file"`
	PlainHTTP bool   `help:"Allow a server without TLS on another machine: what is sent can be read on the way." name:"plain-http"`
	JSON      bool   `help:"Print JSON, for scripts." name:"json"`

	Enrol     enrolCmd     `cmd:"" help:"Make this device one of the programme's, with a code from the office."`
	Household householdCmd `cmd:"" help:"Households: add, find, show, edit."`
	Visit     visitCmd     `cmd:"" help:"Visits: add."`
	Deliver   deliverCmd   `cmd:"" help:"Record a delivery."`
	Cancel    cancelCmd    `cmd:"" help:"Say of a delivery that it does not count, and why."`
	Prove     proveCmd     `cmd:"" help:"Add photos and a signature to a delivery."`
	Question  questionCmd  `cmd:"" help:"What the office asks: list, answer."`
	Sync      syncCmd      `cmd:"" help:"Send what is recorded and fetch what is new."`
	Status    statusCmd    `cmd:"" help:"Say how the device is."`
	Attention attentionCmd `cmd:"" help:"Say what needs the worker's attention."`
	Rescue    rescueCmd    `cmd:"" help:"Write unsent work to an encrypted file, for a device that cannot sync."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	line := kong.Parse(&c, kong.Name("satchel-device"), kong.ShortUsageOnError(),
		kong.Description(description), kong.Vars{"store": defaultStore()},
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(&c))
	if err := line.Run(); err != nil {
		fmt.Fprintf(os.Stderr, "satchel-device: %v\n", err)
		stop()
		os.Exit(exitCode(err))
	}
}
