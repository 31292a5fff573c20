package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"satchel/clientlib"
)

// statusCmd says how the device is.
type statusCmd struct{}

// Help is shown by --help.
func (statusCmd) Help() string {
	return `"Safe to take away" means that the device could be lost without losing anything.

Example:
  satchel-device status`
}

// Run prints the status.
func (statusCmd) Run(ctx context.Context, c *cli) error {
	return c.with(ctx, func(s *clientlib.Store) error {
		status, err := s.Status(ctx)
		if err != nil {
			return err
		}
		return c.show(status, func(w *tabwriter.Writer) {
			if !status.Enrolled {
				fmt.Fprintln(w, "Not enrolled yet: ask the office for a code.")
				return
			}
			fmt.Fprintf(w, "Device:\t%s (%s)\n", status.Name, status.Device)
			fmt.Fprintf(w, "Server:\t%s\n", status.Server)
			fmt.Fprintf(w, "Last contact:\t%s\n", moment(status.Contact))
			fmt.Fprintf(w, "Last complete sync:\t%s\n", moment(status.Complete))
			fmt.Fprintf(w, "Records here:\t%d\n", status.Records)
			fmt.Fprintf(w, "Not yet sent:\t%d\n", status.Unsent)
			fmt.Fprintf(w, "Photos and signatures not yet sent:\t%d\n", status.Blobs)
			fmt.Fprintf(w, "Held at the office:\t%d\n", status.Held)
			if status.ClockOff {
				fmt.Fprintf(w, "The clock of this device is off by %s: set it.\n", -status.ClockOffset)
			}
			switch {
			case status.Revoked:
				fmt.Fprintln(w, "The office took this device out of the programme; sync, and it is emptied once everything is handed in.")
			case status.Safe:
				fmt.Fprintln(w, "Safe to take away: the office has everything.")
			default:
				fmt.Fprintln(w, "Not safe to take away yet: sync first.")
			}
		})
	})
}
