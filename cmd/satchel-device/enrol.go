package main

import (
	"context"
	"errors"
	"fmt"

	"satchel/clientlib"
)

// enrolCmd makes a device one of the programme's.
type enrolCmd struct {
	Server string `arg:"" help:"Address of the server, such as https://aid.example.org."`
	Code   string `arg:"" help:"Code from the office."`
	Name   string `help:"Name by which people know the device; otherwise the office's choice."`
}

// Help is shown by --help.
func (enrolCmd) Help() string {
	return `Makes the store if it is not there, locked by a PIN of at least six characters: without the PIN nobody can
read it, and nobody can recover it. A device that has to be enrolled again keeps what it recorded.

Example:
  satchel-device enrol http://127.0.0.1:8080 7K2M-QF9D-0XWB`
}

// Run enrols the device.
func (e enrolCmd) Run(ctx context.Context, c *cli) error {
	pin, err := c.pin()
	if err != nil {
		return err
	}
	s, err := clientlib.Open(ctx, c.Store, pin, options())
	if errors.Is(err, clientlib.ErrNoStore) || errors.Is(err, clientlib.ErrWiped) {
		s, err = clientlib.Create(ctx, c.Store, pin, options())
	}
	if err != nil {
		return err
	}
	if err := s.Enrol(ctx, e.Server, e.Code, e.Name); err != nil {
		return errors.Join(err, s.Close())
	}
	status, err := s.Status(ctx)
	if err == nil {
		fmt.Printf("Enrolled as %q. Sync now to fetch the records: satchel-device sync\n", status.Name)
	}
	return errors.Join(err, s.Close())
}
