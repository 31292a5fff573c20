package main

import (
	"bytes"
	"context"
	"encoding/csv"
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
	Collection string   `arg:"" help:"What the file holds: areas, projects, assistance_types, households or people."`
	File       string   `arg:"" help:"XLSX file, or CSV in UTF-8 with commas or semicolons; - reads standard input."`
	Sheet      string   `help:"Sheet of the workbook; the first if not given." placeholder:"NAME"`
	Map        []string `help:"Say which field a column of the file is; may be given several times." placeholder:"COLUMN=FIELD" sep:"none"`
	Mapping    string   `help:"CSV file that says it: a line for each column, with the column and the field; without a field the column is left out." type:"existingfile" placeholder:"FILE"`
	Ignore     []string `help:"Leave a column of the file out; may be given several times." placeholder:"COLUMN" sep:"none"`
	DryRun     bool     `help:"Check every row, and save nothing."`
}

// Help is shown by --help.
func (importCmd) Help() string {
	return `The first row names the columns: the fields of the collection, or what --map, --mapping and --ignore say. Dates are
written 2020-04-30 or 30.04.2020., or are cells that Excel knows as dates; decimals have a comma or a point, yes or no as
such, positions are in the columns position_lat and position_lon. A formula counts as what it came to when the workbook
was saved. An area is named by its official_code or, where only one has it, its name; a household by its card_number.
Files are imported in this order: areas, projects, assistance_types, households, people.

Every row is checked first, and everything that is wrong is told. If any row is wrong, nothing is saved.

Examples:
  satchel import areas areas.csv
  satchel import households households.xlsx --sheet "Spisak 2020" --dry-run
  satchel import households households.xlsx --map "Broj legitimacije=card_number" --ignore "R. br."
  satchel import people people.csv --mapping columns.csv --as ana

A file of households:
  card_number,head_name,status,area,phone,displaced_on
  KV-1024,Petar Petrović,idp,Kraljevo,064 123 456,15.06.1999.`
}

// reading says how the file is to be read.
func (i importCmd) reading() (server.TableReading, error) {
	how := server.TableReading{Sheet: i.Sheet, Called: map[string]string{}}
	if err := i.readMapping(how.Called); err != nil {
		return how, err
	}
	for _, text := range i.Map {
		at := strings.LastIndexByte(text, '=') // a field's name has none
		if at < 0 {
			return how, errors.New("--map has to name a column and a field, such as --map \"Broj legitimacije=card_number\"; nothing was saved")
		}
		how.Called[columnKey(text[:at])] = text[at+1:]
	}
	for _, column := range i.Ignore {
		how.Called[columnKey(column)] = ""
	}
	return how, nil
}

// columnKey is the form of a column's name in which what is said last of it counts.
func columnKey(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// maxMapping is how long a file of columns may be, in bytes.
const maxMapping = 1 << 20

// readMapping reads the file that says which column is which.
func (i importCmd) readMapping(into map[string]string) error {
	if i.Mapping == "" {
		return nil
	}
	file, err := os.Open(i.Mapping)
	if err != nil {
		return fmt.Errorf("open the file of columns: %w; nothing was saved", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxMapping))
	if err != nil {
		return fmt.Errorf("read the file of columns: %w; nothing was saved", err)
	}
	in := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(text), "\ufeff")))
	in.FieldsPerRecord = 2
	if !bytes.ContainsRune(text, ',') {
		in.Comma = ';'
	}
	lines, err := in.ReadAll()
	if err != nil {
		return fmt.Errorf("the file of columns has to name a column and a field on each line, with a comma between them: %w; nothing was saved", err)
	}
	for _, l := range lines {
		into[columnKey(l[0])] = l[1]
	}
	return nil
}

// Run checks the file and saves it.
func (i importCmd) Run(ctx context.Context, c *cli) error {
	how, err := i.reading()
	if err != nil {
		return err
	}
	file, err := i.open()
	if err != nil {
		return err
	}
	defer file.Close()
	return c.decide(ctx, func(srv *server.Server, actor uuid.UUID) error {
		table, err := srv.CheckTable(ctx, i.Collection, file, how)
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
