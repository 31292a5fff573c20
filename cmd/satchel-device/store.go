package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/internal/terminal"
)

// pin gives the PIN: from the file, the environment or the terminal.
func (c *cli) pin(ctx context.Context) (string, error) {
	return terminal.Secret{Name: "PIN", File: c.PINFile, Env: "SATCHEL_PIN", Prompt: "PIN: "}.Read(ctx)
}

// newPIN gives the PIN for a store that is to be made.
func (c *cli) newPIN(ctx context.Context) (string, error) {
	return terminal.Secret{Name: "PIN", File: c.PINFile, Env: "SATCHEL_PIN", Prompt: "New PIN: ", New: true}.Read(ctx)
}

func (c *cli) options() clientlib.Options {
	return clientlib.Options{Program: "satchel-device 1", PlainHTTP: c.PlainHTTP, FreeBytes: func() int64 { return freeBytes(c.Store) }}
}

// with opens the store, runs do on it, and closes it.
func (c *cli) with(ctx context.Context, do func(*clientlib.Store) error) error {
	pin, err := c.pin(ctx)
	if err != nil {
		return err
	}
	s, err := clientlib.Open(ctx, c.Store, pin, c.options())
	if err != nil {
		return err
	}
	return errors.Join(do(s), s.Close())
}

// show prints x as JSON if that was asked for, and otherwise what table writes, in columns.
func (c *cli) show(x any, table func(w *tabwriter.Writer)) error {
	if c.JSON {
		enc := json.NewEncoder(os.Stdout)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(x)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	table(w)
	return w.Flush()
}

// saved prints the id of a record that was saved, for people or alone for scripts.
func (c *cli) saved(what string, id uuid.UUID) error {
	return c.show(map[string]uuid.UUID{"id": id}, func(w *tabwriter.Writer) {
		fmt.Fprintf(w, "Saved on this device: %s %s\n", what, id)
	})
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}
