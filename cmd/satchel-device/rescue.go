package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"satchel/clientlib"
)

// rescueCmd writes unsent work to a file.
type rescueCmd struct {
	File string `arg:"" help:"File to write; it must not exist." type:"path"`
	All  bool   `help:"Write everything that is still kept here, not only what was not sent."`
}

// Help is shown by --help.
func (rescueCmd) Help() string {
	return `The file is encrypted under a passphrase of at least twelve characters, from SATCHEL_PASSPHRASE. An
administrator takes it in with: satchel rescue FILE. What was rescued stays in the outbox as well.

Example:
  SATCHEL_PASSPHRASE=… satchel-device rescue tablet7.rescue`
}

// Run writes the file.
func (r rescueCmd) Run(ctx context.Context, c *cli) error {
	passphrase := os.Getenv("SATCHEL_PASSPHRASE")
	if passphrase == "" {
		return errors.New("SATCHEL_PASSPHRASE has to hold the passphrase for the rescue file; nothing was written")
	}
	return c.with(ctx, func(s *clientlib.Store) error {
		file, err := os.OpenFile(r.File, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("write the rescue file: %w", err)
		}
		err = s.WriteRescue(ctx, file, passphrase, r.All)
		if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
			return errors.Join(err, os.Remove(r.File))
		}
		fmt.Printf("Wrote %s. Carry it to the office.\n", r.File)
		return nil
	})
}
