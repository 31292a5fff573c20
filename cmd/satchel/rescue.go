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
	err = syncproto.ReadRescue(file, passphrase, func(syncproto.Request) error { return nil })
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err == nil {
		err = c.takeRescue(ctx, file, passphrase)
	}
	return errors.Join(err, file.Close())
}

// takeRescue takes in a file of which everything was read before, part by part.
func (c *cli) takeRescue(ctx context.Context, file io.Reader, passphrase string) error {
	return c.decide(ctx, func(srv *server.Server, actor uuid.UUID) error {
		changes, count := 0, map[syncproto.Status]int{}
		err := syncproto.ReadRescue(file, passphrase, func(req syncproto.Request) error {
			receipts, err := srv.Engine.TakeRescue(ctx, actor, []syncproto.Request{req})
			for _, receipt := range receipts {
				count[receipt.Status]++
			}
			changes += len(receipts)
			return err
		})
		fmt.Printf("Taken in: %d changes; applied %d, held %d, waiting %d.\n",
			changes, count[syncproto.Applied], count[syncproto.Held], count[syncproto.Waiting])
		return err
	})
}
