package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/google/uuid"
	"golang.org/x/term"

	"satchel/internal/terminal"
	"satchel/server"
	"satchel/syncproto"
)

// importCmd brings records in.
type importCmd struct {
	Collection string   `arg:"" help:"What the file holds, such as areas, households or people."`
	File       string   `arg:"" help:"XLSX file, or CSV in UTF-8 with commas or semicolons; - reads standard input."`
	Sheet      string   `help:"Sheet of the workbook; the first if not given." placeholder:"NAME"`
	Map        []string `help:"Say which field a column of the file is; may be given several times." placeholder:"COLUMN=FIELD" sep:"none"`
	Mapping    string   `help:"CSV file that says it: a line for each column, with the column and the field; without a field the column is left out." type:"existingfile" placeholder:"FILE"`
	Ignore     []string `help:"Leave a column of the file out; may be given several times." placeholder:"COLUMN" sep:"none"`
	ClearEmpty bool     `help:"Have an empty cell clear the field of a record that exists. Otherwise it says nothing."`
	SkipDups   bool     `name:"skip-duplicates" help:"Leave out new households that may be one that exists, or of a row before. Otherwise that is told, and they are imported."`
	DryRun     bool     `help:"Say what would become of each row, and save nothing."`
}

// Help is shown by --help.
func (importCmd) Help() string {
	return `The first row names the columns: the fields of the collection, or what --map, --mapping and --ignore say. Capitals, and
spaces, line breaks or underscores between words, are no difference. Dates are written 2020-04-30 or 30.04.2020., or are
cells that Excel knows as dates; decimals have a comma or a point, yes or no as such, positions are in the columns
position_lat and position_lon. A formula counts as what it came to when the workbook was saved. An area is named by its
official_code or, where only one has it, its name; a household by its card_number, a person by the document_number, a
project, an assistance type and an indicator by the code. Files are imported in this order: areas, projects,
assistance_types, indicators, targets, households, people, entitlements.

A row changes the record that has its number, or its id, in the columns that the file has; empty cells say nothing, unless
--clear-empty is given. A row without a number is the record that says the same in every column, or else a new one. A
target is known by its indicator, project and day, an entitlement by its household, person, project, assistance type and
day of approval. So the same file twice saves nothing the second time, and what was exported can be corrected and
imported again. What somebody else changed meanwhile is not overwritten, but in conflict.

Every row is checked first, and everything that is wrong is told. If any row is wrong, nothing is saved. New households
that may be one that exists, or that of a row before, are told with what speaks for it: see satchel duplicates. They are
imported all the same, unless --skip-duplicates is given. That a new one has the card of a household that was deleted is
told too.

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
	how := server.TableReading{Sheet: i.Sheet, ClearEmpty: i.ClearEmpty, SkipDuplicates: i.SkipDups, Called: map[string]string{}}
	if err := i.readMapping(how.Called); err != nil {
		return how, err
	}
	for _, text := range i.Map {
		at := strings.LastIndexByte(text, '=') // a field's name has none
		if at < 0 {
			return how, errors.New("--map has to name a column and a field, such as --map \"Broj legitimacije=card_number\"; nothing was saved")
		}
		how.Called[server.ColumnKey(text[:at])] = text[at+1:]
	}
	for _, column := range i.Ignore {
		how.Called[server.ColumnKey(column)] = ""
	}
	return how, nil
}

// readMapping reads the file that says which column is which.
func (i importCmd) readMapping(into map[string]string) error {
	if i.Mapping == "" {
		return nil
	}
	text, err := os.ReadFile(i.Mapping)
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
		into[server.ColumnKey(l[0])] = l[1]
	}
	return nil
}

// Run checks the file and saves it.
func (i importCmd) Run(ctx context.Context, c *cli) error {
	how, err := i.reading()
	if err != nil {
		return err
	}
	file, err := i.open(ctx)
	if err != nil {
		return err
	}
	defer file.Close()
	return c.decide(ctx, func(srv *server.Server, actor uuid.UUID) error {
		table, err := srv.CheckTable(ctx, i.Collection, file, how)
		if ctx.Err() != nil {
			return errInterrupted
		}
		if err != nil {
			return fmt.Errorf("%w; nothing was saved", err)
		}
		err = c.show(table, func(w *tabwriter.Writer) {
			switch {
			case i.DryRun:
				printAccount(w, values(ctx, srv), table)
			case len(table.Faults) > 0:
				printFaults(w, table.Faults)
			case table.Likely+table.Deleted > 0:
				printAccount(w, values(ctx, srv), hints(table))
			}
		})
		switch {
		case err != nil:
			return err
		case len(table.Faults) > 0:
			return fmt.Errorf("there are %d faults in the file; nothing was saved; correct them and import it again", len(table.Faults))
		case i.DryRun:
			fmt.Fprintf(os.Stderr, "%d records of %s can be imported: %s. Nothing was saved.\n", table.New+table.Updates, i.Collection, fates(table))
			return nil
		}
		return save(ctx, srv, actor, table)
	})
}

func (i importCmd) open(ctx context.Context) (io.ReadCloser, error) {
	if i.File == "-" {
		return io.NopCloser(terminal.Input(ctx)), nil
	}
	file, err := os.Open(i.File)
	if err != nil {
		return nil, fmt.Errorf("open the table: %w; nothing was saved", err)
	}
	return file, nil
}

// fates says how many rows there are of each kind.
func fates(t *server.Table) string {
	out := fmt.Sprintf("%d new, %d changed; %d rows say nothing new", t.New, t.Updates, t.Unchanged)
	if t.LeftOut > 0 {
		out += fmt.Sprintf("; %d are left out as possible duplicates", t.LeftOut)
	}
	if warned := t.Likely - t.LeftOut; warned > 0 {
		out += fmt.Sprintf("; %d of the new ones may be about households that exist, or of rows before", warned)
	}
	if t.Deleted > 0 {
		out += fmt.Sprintf("; %d of the new ones have the card of a household that was deleted", t.Deleted)
	}
	return out
}

// hints gives the part of a table that is about possible duplicates and households that were deleted.
func hints(t *server.Table) *server.Table {
	out := *t
	out.Account = slices.DeleteFunc(slices.Clone(t.Account), func(r server.TableRow) bool { return len(r.Likely) == 0 && r.Deleted == uuid.Nil })
	return &out
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

// printAccount tells what becomes of each row.
func printAccount(w *tabwriter.Writer, read reader, t *server.Table) {
	row(w, "ROW", "WHAT", "FIELD", "IS", "BECOMES, OR WHAT IS WRONG")
	faults := t.Faults
	tell := func(until int) {
		for len(faults) > 0 && faults[0].Row <= until {
			f := faults[0]
			row(w, f.Row, server.RowIsWrong, f.Column, shortened(f.Found), f.Problem)
			faults = faults[1:]
		}
	}
	for _, r := range t.Account {
		if tell(r.Row); r.Fate == server.RowIsWrong {
			continue
		}
		if r.Deleted != uuid.Nil {
			row(w, r.Row, r.Fate, "card_number", "", fmt.Sprintf("this number had %s, which was deleted", household(read, r.Deleted)))
		} else if len(r.Edits)+len(r.Likely) == 0 {
			row(w, r.Row, r.Fate)
		}
		for _, l := range r.Likely {
			row(w, r.Row, r.Fate, "", "", perhaps(read, l))
		}
		for _, e := range r.Edits {
			row(w, r.Row, r.Fate, e.Field, shortened(read(t.Collection, e.Field, e.From)), shortened(read(t.Collection, e.Field, e.To)))
		}
	}
	tell(math.MaxInt)
}

// perhaps says which household a row may be about, and why.
func perhaps(read reader, l server.Likely) string {
	who := fmt.Sprintf("the household of row %d", l.InRow)
	if l.Household != uuid.Nil {
		who = household(read, l.Household)
	}
	var why []string
	for _, r := range l.Reasons {
		if r.Weight > 0 {
			why = append(why, r.Says)
		}
	}
	return fmt.Sprintf("perhaps %s; %.0f bits: %s", who, l.Score, strings.Join(why, ", "))
}

// household names a household.
func household(read reader, id uuid.UUID) string {
	return read("people", "household", syncproto.Value(strconv.Quote(id.String())))
}

// shortened keeps a long cell from breaking the table.
func shortened(text string) string {
	const most = 40
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return strings.TrimSpace(text)
}

var errInterrupted = errors.New("the import was interrupted; nothing was saved")

// save saves a table and tells how far it is.
func save(ctx context.Context, srv *server.Server, actor uuid.UUID, table *server.Table) error {
	all := table.New + table.Updates
	saved, err := srv.SaveTable(ctx, actor, table, progress(all))
	if saved.Contested > 0 {
		fmt.Fprintf(os.Stderr, "Of %d of the records somebody changed the same since the file was checked, or it was in conflict before. Both values are kept: satchel conflict list shows them.\n", saved.Contested)
	}
	switch {
	case err != nil && saved.Records > 0 && saved.Records < all:
		return fmt.Errorf("the import was interrupted: %d of %d records of %s are saved, the others are not; import the same file again, and they will be; %w",
			saved.Records, all, table.Collection, notSaved(err))
	case ctx.Err() != nil && saved.Records == 0:
		return errInterrupted
	case err != nil:
		return err
	}
	fmt.Fprintf(os.Stderr, "Imported %d records of %s: %s.\n", saved.Records, table.Collection, fates(table))
	return nil
}

// notSaved says why some records are not saved. It hides the problem: [plain] would leave nothing but its detail, which
// speaks of these records as if they were all.
func notSaved(err error) error {
	return errors.New("of the others is said: " + plain(err).Error())
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
