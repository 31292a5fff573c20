package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"
	"golang.org/x/term"

	"satchel/clientlib"
)

// pin gives the PIN: from the file, the environment or the terminal.
func (c *cli) pin() (string, error) {
	if c.PINFile != "" {
		text, err := os.ReadFile(c.PINFile)
		if err != nil {
			return "", fmt.Errorf("read the PIN: %w", err)
		}
		line, _, _ := strings.Cut(string(text), "\n")
		return strings.TrimSuffix(line, "\r"), nil
	}
	if pin := os.Getenv("SATCHEL_PIN"); pin != "" {
		return pin, nil
	}
	return ask("PIN: ")
}

// newPIN gives the PIN for a store that is to be made: one that is typed is typed twice.
func (c *cli) newPIN() (string, error) {
	if c.PINFile != "" || os.Getenv("SATCHEL_PIN") != "" {
		return c.pin()
	}
	return askTwice("New PIN: ")
}

// askTwice reads a new secret: without it, nobody can read what it locks.
func askTwice(prompt string) (string, error) {
	secret, err := ask(prompt)
	if err != nil {
		return "", err
	}
	again, err := ask("The same again: ")
	if err == nil && again != secret {
		err = errors.New("the two differ; nothing was changed; start again")
	}
	return secret, err
}

// ask reads a secret from the terminal, without showing it.
func ask(prompt string) (string, error) {
	fmt.Fprint(os.Stderr, prompt)
	text, err := term.ReadPassword(int(os.Stdin.Fd()))
	fmt.Fprintln(os.Stderr)
	if err != nil {
		return "", fmt.Errorf("read from the terminal (without one, set SATCHEL_PIN or --pin-file, and SATCHEL_PASSPHRASE): %w", err)
	}
	return string(text), nil
}

func (c *cli) options() clientlib.Options {
	return clientlib.Options{Program: "satchel-device 1", PlainHTTP: c.PlainHTTP}
}

// with opens the store, runs do on it, and closes it.
func (c *cli) with(ctx context.Context, do func(*clientlib.Store) error) error {
	pin, err := c.pin()
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
