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
	fmt.Fprint(os.Stderr, "PIN: ")
	text, err := term.ReadPassword(int(os.Stdin.Fd()))
	fmt.Fprintln(os.Stderr)
	if err != nil {
		return "", fmt.Errorf("read the PIN from the terminal (use --pin-file or SATCHEL_PIN without one): %w", err)
	}
	return string(text), nil
}

func options() clientlib.Options {
	return clientlib.Options{Program: "satchel-device"}
}

// with opens the store, runs do on it, and closes it.
func (c *cli) with(ctx context.Context, do func(*clientlib.Store) error) error {
	pin, err := c.pin()
	if err != nil {
		return err
	}
	s, err := clientlib.Open(ctx, c.Store, pin, options())
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

// named finds the one record of a collection that has a text as its id, its code, or in one of the
// given fields.
func named(ctx context.Context, s *clientlib.Store, collection, text string, fields ...string) (*clientlib.Record, error) {
	records, err := s.List(ctx, collection, uuid.Nil)
	if err != nil {
		return nil, err
	}
	var found []*clientlib.Record
	for _, r := range records {
		hit := r.ID.String() == text
		for _, field := range fields {
			hit = hit || strings.EqualFold(r.Text(field), text)
		}
		if hit {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%d records of %s on this device are called %q; nothing was saved", len(found), collection, text)
	}
	return found[0], nil
}

// household finds a household by its id, its card number, or a search that finds one.
func household(ctx context.Context, s *clientlib.Store, text string) (*clientlib.Record, error) {
	if r, err := named(ctx, s, "households", text, "card_number"); err == nil {
		return r, nil
	}
	hits, err := s.Search(ctx, text, 20)
	if err != nil {
		return nil, err
	}
	var found []*clientlib.Record
	for _, r := range hits {
		if r.Collection == "households" {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%d households on this device fit %q; name the one by its id or card number; nothing was saved", len(found), text)
	}
	return found[0], nil
}
