package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/google/uuid"

	"satchel/server"
	"satchel/syncproto"
)

// rescueCmd takes in what a device wrote to a file.
type rescueCmd struct {
	File           string `arg:"" help:"Rescue file, as satchel-device rescue wrote it." type:"existingfile"`
	PassphraseFile string `help:"File whose first line is the passphrase; otherwise SATCHEL_PASSPHRASE holds it." placeholder:"FILE"`
}

// Help is shown by --help.
func (rescueCmd) Help() string {
	return `The changes go the way of any sync: what breaks a rule is held, and what came before is not applied twice.

Example:
  SATCHEL_PASSPHRASE=… satchel rescue tablet7.rescue`
}

// Run imports the file.
func (r rescueCmd) Run(ctx context.Context, c *cli) error {
	passphrase := os.Getenv("SATCHEL_PASSPHRASE")
	if r.PassphraseFile != "" {
		var err error
		if passphrase, err = (passwordFlags{PasswordFile: r.PassphraseFile}).read(); err != nil {
			return err
		}
	}
	if passphrase == "" {
		return errors.New("the passphrase of the rescue file is needed: --passphrase-file or SATCHEL_PASSPHRASE; nothing was changed")
	}
	file, err := os.Open(r.File)
	if err != nil {
		return fmt.Errorf("open the rescue file: %w", err)
	}
	var requests []syncproto.Request
	err = syncproto.ReadRescue(file, passphrase, func(req syncproto.Request) error {
		requests = append(requests, req)
		return nil
	})
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	return c.decide(ctx, func(srv *server.Server, actor uuid.UUID) error {
		receipts, err := srv.Engine.TakeRescue(ctx, actor, requests)
		count := map[syncproto.Status]int{}
		for _, receipt := range receipts {
			count[receipt.Status]++
		}
		fmt.Printf("Taken in: %d changes; applied %d, held %d, waiting %d.\n",
			len(receipts), count[syncproto.Applied], count[syncproto.Held], count[syncproto.Waiting])
		return err
	})
}
