package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"satchel/clientlib"
)

// syncCmd does the exchange with the server.
type syncCmd struct{}

// Help is shown by --help.
func (syncCmd) Help() string {
	return `It may be cut off at any moment, by Ctrl-C too, and goes on where it stopped when it is called again. "Safe to
take away" means that the office has everything, and both sides have compared what they hold. The bar is that of the
changes to send and, once the office has said how many there are, of the records to fetch. An office that is busy says when
to come again: the sync waits, up to ten minutes in all, and shows for how long.

Example:
  satchel-device sync`
}

// Run syncs.
func (syncCmd) Run(ctx context.Context, c *cli) error {
	return c.with(ctx, func(s *clientlib.Store) error {
		bar := newBar(os.Stderr)
		result, err := s.Sync(ctx, bar.update)
		bar.end()
		if err != nil && ctx.Err() != nil {
			return fmt.Errorf("%w (you stopped it)", clientlib.ErrLink)
		}
		if err != nil {
			return err
		}
		if err := c.show(result, func(w *tabwriter.Writer) { report(w, result) }); err != nil {
			return err
		}
		if !result.Safe {
			return errUnsafe
		}
		return nil
	})
}

func report(w io.Writer, r clientlib.SyncResult) {
	fmt.Fprintf(w, "Sent %d changes (%s), fetched %d records (%s).\n", r.Changes, amount(r.BytesUp), r.Records, amount(r.BytesDown))
	if r.BlobsToSend > 0 {
		fmt.Fprintf(w, "Sent %d of %d photos and signatures.\n", r.Blobs, r.BlobsToSend)
	}
	if r.NewIdentity {
		fmt.Fprintln(w, "This device, or its file, was copied; it goes on under an identity of its own.")
	}
	if r.ServerRestored {
		fmt.Fprintln(w, "The server was restored from a backup; this device sent again what it had lost.")
	}
	if r.Repaired > 0 {
		fmt.Fprintf(w, "%d areas did not agree with the server's and were fetched anew.\n", r.Repaired)
	}
	if r.Safe {
		fmt.Fprintln(w, "Safe to take away: the office has everything.")
	}
}
