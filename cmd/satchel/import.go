package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/google/uuid"
	"golang.org/x/term"

	"satchel/server"
)

// importCmd brings records in.
type importCmd struct {
	Collection string `arg:"" help:"What the file holds: areas, projects, assistance_types, households or people."`
	File       string `arg:"" help:"CSV file in UTF-8, with commas or semicolons; - reads standard input."`
	DryRun     bool   `help:"Check every row, and save nothing."`
}

// Help is shown by --help.
func (importCmd) Help() string {
	return `The first row names the columns: the fields of the collection. Dates are written 2020-04-30 or 30.04.2020.,
decimals with a comma or a point, yes or no as such, positions in the columns position_lat and position_lon. An area
is named by its official_code or, where only one has it, its name; a household by its card_number. Files are imported
in this order: areas, projects, assistance_types, households, people.

Every row is checked first, and everything that is wrong is told. If any row is wrong, nothing is saved.

Examples:
  satchel import areas areas.csv
  satchel import households households.csv --dry-run
  satchel import people people.csv --as ana

A file of households:
  card_number,head_name,status,area,phone,displaced_on
  KV-1024,Petar Petrović,idp,Kraljevo,064 123 456,15.06.1999.`
}

// Run checks the file and saves it.
func (i importCmd) Run(ctx context.Context, c *cli) error {
	file, err := i.open()
	if err != nil {
		return err
	}
	defer file.Close()
	return c.decide(ctx, func(srv *server.Server, actor uuid.UUID) error {
		table, err := srv.CheckTable(ctx, i.Collection, file)
		if err != nil {
			return fmt.Errorf("%w; nothing was saved", err)
		}
		if err := c.show(table, func(w *tabwriter.Writer) { printFaults(w, table.Faults) }); err != nil {
			return err
		}
		if len(table.Faults) > 0 {
			return fmt.Errorf("there are %d faults in the file; nothing was saved; correct them and import it again", len(table.Faults))
		}
		if i.DryRun {
			fmt.Fprintf(os.Stderr, "%d records of %s can be imported. Nothing was saved.\n", table.Rows, i.Collection)
			return nil
		}
		return save(ctx, srv, actor, table)
	})
}

func (i importCmd) open() (io.ReadCloser, error) {
	if i.File == "-" {
		return io.NopCloser(os.Stdin), nil
	}
	file, err := os.Open(i.File)
	if err != nil {
		return nil, fmt.Errorf("open the table: %w; nothing was saved", err)
	}
	return file, nil
}

// printFaults tells what is wrong, row by row.
func printFaults(w *tabwriter.Writer, faults []server.Fault) {
	if len(faults) > 0 {
		row(w, "ROW", "COLUMN", "FOUND", "WHAT IS WRONG")
	}
	for _, f := range faults {
		row(w, f.Row, f.Column, shortened(f.Found), f.Problem)
	}
}

// shortened keeps a long cell from breaking the table.
func shortened(text string) string {
	const most = 40
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return strings.TrimSpace(text)
}

// save saves a table and tells how far it is.
func save(ctx context.Context, srv *server.Server, actor uuid.UUID, table *server.Table) error {
	saved, err := srv.SaveTable(ctx, actor, table, progress(table.Rows))
	if err != nil && saved > 0 && saved < table.Rows {
		return errors.Join(fmt.Errorf("the import was interrupted: %d of %d records of %s are saved, the others are not; import a file with those that are missing", saved, table.Rows, table.Collection), err)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "Imported %d records of %s.\n", saved, table.Collection)
	return nil
}

// progress tells on a terminal how many of all records are saved, on one line.
func progress(all int) func(saved int) {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return nil
	}
	return func(saved int) {
		fmt.Fprintf(os.Stderr, "\r%d of %d records saved ", saved, all)
		if saved == all {
			fmt.Fprintln(os.Stderr)
		}
	}
}
