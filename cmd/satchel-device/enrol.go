package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"

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
	s, err := e.store(ctx, c)
	if err != nil {
		return err
	}
	err = s.Enrol(ctx, e.Server, e.Code, e.Name)
	if err == nil {
		err = e.report(ctx, c, s)
	}
	return errors.Join(err, s.Close())
}

// store opens the store, or makes it where there is none.
func (e enrolCmd) store(ctx context.Context, c *cli) (*clientlib.Store, error) {
	if _, err := os.Stat(c.Store); errors.Is(err, os.ErrNotExist) {
		pin, err := c.newPIN(ctx)
		if err != nil {
			return nil, err
		}
		if err := os.MkdirAll(filepath.Dir(c.Store), 0o700); err != nil {
			return nil, fmt.Errorf("make the folder of the store: %w", err)
		}
		return clientlib.Create(ctx, c.Store, pin, c.options())
	}
	pin, err := c.pin(ctx)
	if err != nil {
		return nil, err
	}
	s, err := clientlib.Open(ctx, c.Store, pin, c.options())
	if errors.Is(err, clientlib.ErrWiped) {
		return clientlib.Create(ctx, c.Store, pin, c.options())
	}
	return s, err
}

func (e enrolCmd) report(ctx context.Context, c *cli, s *clientlib.Store) error {
	status, err := s.Status(ctx)
	if err != nil {
		return err
	}
	return c.show(status, func(w *tabwriter.Writer) {
		fmt.Fprintf(w, "Enrolled as %q. Sync now to fetch the records: satchel-device sync\n", status.Name)
	})
}
