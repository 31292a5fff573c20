package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"satchel/clientlib"
)

// syncCmd does the exchange with the server.
type syncCmd struct{}

// Help is shown by --help.
func (syncCmd) Help() string {
	return `It may be cut off at any moment, by Ctrl-C too, and goes on where it stopped when it is called again. "Safe to
take away" means that the office has everything, and both sides have compared what they hold.

Example:
  satchel-device sync`
}

// Run syncs.
func (syncCmd) Run(ctx context.Context, c *cli) error {
	return c.with(ctx, func(s *clientlib.Store) error {
		bar := newBar(os.Stderr)
		result, err := s.Sync(ctx, bar.update)
		bar.end()
		if errors.Is(err, context.Canceled) {
			return errors.New("stopped; nothing is lost; sync again to go on")
		}
		if err != nil {
			return err
		}
		return c.show(result, func(w *tabwriter.Writer) { report(w, result) })
	})
}

func report(w io.Writer, r clientlib.SyncResult) {
	fmt.Fprintf(w, "Sent %d changes (%d bytes), fetched %d records (%d bytes).\n", r.Changes, r.BytesUp, r.Records, r.BytesDown)
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
		return
	}
	fmt.Fprintln(w, "Not complete yet: sync again.")
}

// A bar shows how far a sync is: on one line of a terminal, and otherwise as a line now and then.
type bar struct {
	out      *os.File
	terminal bool
	last     time.Time
}

// barEvery is how often the bar is drawn at the most.
const barEvery = 100 * time.Millisecond

func newBar(out *os.File) *bar {
	return &bar{out: out, terminal: term.IsTerminal(int(out.Fd()))}
}

// update shows what really went over the link: there is no telling how much is still to come.
func (b *bar) update(p clientlib.Progress) {
	every := barEvery
	if !b.terminal {
		every = 50 * barEvery
	}
	if time.Since(b.last) < every {
		return
	}
	b.last = time.Now()
	text := fmt.Sprintf("up %d of %d changes, %d bytes · down %d records, %d bytes", p.Changes, p.ChangesToSend, p.BytesUp, p.Records, p.BytesDown)
	if b.terminal {
		fmt.Fprintf(b.out, "\r\033[K%s", text)
		return
	}
	fmt.Fprintln(b.out, text)
}

func (b *bar) end() {
	if b.terminal {
		fmt.Fprint(b.out, "\r\033[K")
	}
}
