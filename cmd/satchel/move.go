package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"satchel/server"
)

// moveCmd moves the database.
type moveCmd struct {
	To string `arg:"" help:"Data directory, or postgres://… URL of a PostgreSQL database, to move to; it has to be empty. Give it in the environment if it holds a password." env:"SATCHEL_MOVE_TO"`
}

// Help is shown by --help.
func (moveCmd) Help() string {
	return `Moves everything from the database of --data or --database into another one, compares the two row by row, and
has the former never be used again. Tablets notice nothing. Stop the server first, and start it on the new
database afterwards. If it is interrupted, nothing is lost; run it again, and it goes on where it stopped.

Examples:
  satchel migrate-store postgres://satchel@db.example.org/satchel
  satchel --database postgres://satchel@db.example.org/satchel migrate-store /var/lib/satchel`
}

// Run moves the database.
func (m moveCmd) Run(ctx context.Context, c *cli) error {
	from, err := c.config()
	if err != nil {
		return err
	}
	to := server.Config{Dir: m.To, Blobs: from.Blobs}
	if err := c.there(); err != nil {
		return err
	}
	begin := "satchel serve --data " + m.To
	if strings.Contains(m.To, "://") {
		to, begin = server.Config{Database: m.To}, "SATCHEL_DATABASE=… satchel serve, with the URL of the new one"
	}
	last := ""
	err = server.Move(ctx, from, to, func(table string, rows int) {
		if last != "" && last != table {
			fmt.Fprintln(os.Stderr)
		}
		last = table
		fmt.Fprintf(os.Stderr, "\r%-14s%10d", table, rows)
	})
	if last != "" {
		fmt.Fprintln(os.Stderr)
	}
	if err != nil {
		return plain(errors.Join(err, ctx.Err()))
	}
	fmt.Printf("Moved and compared. The former database is kept, and is not used any more.\nStart the server on the new one: %s\n", begin)
	return nil
}
