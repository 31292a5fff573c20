package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/google/uuid"

	"satchel/internal/terminal"
	"satchel/server"
	"satchel/syncproto"
)

// rescueCmd takes in what a device wrote to a file.
type rescueCmd struct {
	File           string `arg:"" help:"Rescue file, as satchel-device rescue wrote it." type:"existingfile"`
	PassphraseFile string `help:"File whose first line is the passphrase; otherwise SATCHEL_PASSPHRASE holds it, or it is asked for." placeholder:"FILE"`
}

// Help is shown by --help.
func (rescueCmd) Help() string {
	return `The changes go the way of any sync: what breaks a rule is held, and what came before is not applied twice.
Photos and signatures are kept if a record of the device names them; one is refused that is damaged, or that none names.

Example:
  SATCHEL_PASSPHRASE=… satchel rescue tablet7.rescue`
}

// Run imports the file.
func (r rescueCmd) Run(ctx context.Context, c *cli) error {
	passphrase, err := terminal.Secret{
		Name: "passphrase", File: r.PassphraseFile, Env: "SATCHEL_PASSPHRASE", Prompt: "Passphrase of the rescue file: ",
	}.Read(ctx)
	if err != nil {
		return err
	}
	file, err := os.Open(r.File)
	if err != nil {
		return fmt.Errorf("open the rescue file: %w", err)
	}
	begin := func() (io.Reader, error) {
		_, err := file.Seek(0, io.SeekStart)
		return file, err
	}
	err = c.decide(ctx, func(srv *server.Server, actor uuid.UUID) error {
		taken, err := srv.Engine.ImportRescue(ctx, actor, passphrase, begin, srv.Blobs.Rescue)
		if err == nil || taken.Changes+taken.Photos > 0 {
			fmt.Printf("Taken in: %d changes; applied %d, held %d, waiting %d.\n",
				taken.Changes, taken.ByStatus[syncproto.Applied], taken.ByStatus[syncproto.Held], taken.ByStatus[syncproto.Waiting])
			fmt.Printf("Photos and signatures: %d; here now %d, refused %d.\n",
				taken.Photos, taken.Photos-taken.PhotosRefused, taken.PhotosRefused)
		}
		return err
	})
	return errors.Join(err, file.Close())
}
