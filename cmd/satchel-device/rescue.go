package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"satchel/clientlib"
	"satchel/internal/terminal"
)

// rescueCmd writes unsent work to a file.
type rescueCmd struct {
	File string `arg:"" help:"File to write; it must not exist." type:"path"`
	All  bool   `help:"Write everything that is still kept here, not only what was not sent."`
}

// Help is shown by --help.
func (rescueCmd) Help() string {
	return `The file is encrypted under a passphrase of at least twelve characters, which is asked for, or taken from
SATCHEL_PASSPHRASE. An administrator takes it in with: satchel rescue FILE. What was rescued stays in the outbox as
well, and counts once.

Example:
  satchel-device rescue tablet7.rescue`
}

// Run writes the file.
func (r rescueCmd) Run(ctx context.Context, c *cli) error {
	return c.with(ctx, func(s *clientlib.Store) error {
		passphrase, err := terminal.Secret{Name: "passphrase", Env: "SATCHEL_PASSPHRASE", Prompt: "Passphrase for the rescue file: ", New: true}.Read(ctx)
		if err != nil {
			return err
		}
		file, err := os.OpenFile(r.File, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("write the rescue file: %w", err)
		}
		rescued, err := s.WriteRescue(ctx, file, passphrase, r.All)
		if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
			return errors.Join(err, os.Remove(r.File))
		}
		return c.show(map[string]any{"file": r.File, "changes": rescued.Changes, "blobs": rescued.Blobs}, func(w *tabwriter.Writer) {
			fmt.Fprintf(w, "Wrote %s, with %d changes, and %d photos and signatures. Carry it to the office, and tell the passphrase by another way.\n",
				r.File, rescued.Changes, rescued.Blobs)
		})
	})
}
