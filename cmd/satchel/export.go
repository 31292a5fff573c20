package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"satchel/server"
)

// exportCmd gives records out.
type exportCmd struct {
	Collection string   `arg:"" help:"What to export, such as households, visits or deliveries."`
	Out        string   `short:"o" help:"File to write, in the place of one that is there; standard output if not given." placeholder:"FILE"`
	Format     string   `help:"csv, xlsx or geojson; if not given, what the name of the file ends with, or csv." placeholder:"FORMAT"`
	Area       string   `help:"Only what belongs to this area, by its official code or name, or to one below it." placeholder:"AREA"`
	Project    string   `help:"Only what belongs to this project, by its code." placeholder:"CODE"`
	Where      []string `help:"Only records with this value in this field; may be given several times. Without a value: where the field is empty." placeholder:"FIELD=VALUE" sep:"none"`
	Since      string   `help:"Only from this day on, 2020-04-30 or 30.04.2020." placeholder:"DAY"`
	Until      string   `help:"Only up to this day, itself among them." placeholder:"DAY"`
	BOM        bool     `name:"bom" help:"Begin CSV with the mark by which Excel knows UTF-8."`
	Semicolon  bool     `help:"Separate the cells of CSV by semicolons, as Excel does where the comma is the decimal sign."`
}

// Help is shown by --help.
func (exportCmd) Help() string {
	return `The rows are the records that are not deleted, with the values that are shown now, as of one moment and in the
order in which they were made. Times are in UTC. How many there are is told on standard error.

In CSV, text that a spreadsheet would run as a formula gets an apostrophe in front; import takes it away again. That
helps where the spreadsheet separates the cells as the file does: one that separates them at other signs may run the
middle of a text. So prefer XLSX for spreadsheets: there numbers, days and times are such, and text is text; behind
1,048,575 records a second sheet goes on. GeoJSON is for maps, and for households, visits and deliveries; records without
a position are in it without a geometry, and counted.

--since and --until go by when a visit or delivery was made, when an entitlement was approved, when a project, activity
or livelihood began, or when a target is due. Other records have no day of their own.

The file holds personal data: keep it as safe as the server.

Examples:
  satchel export households > households.csv
  satchel export deliveries --bom --semicolon --out deliveries.csv
  satchel export deliveries --project B-07 --since 01.01.2020. --until 30.04.2020. --out deliveries.xlsx
  satchel export households --area Kraljevo --where status=returnee --out returnees.geojson
  satchel export people --where document_number= --out without-document.csv`
}

// Run writes the table, and the number of records to standard error.
func (e exportCmd) Run(ctx context.Context, c *cli) error {
	what, err := e.selection()
	if err != nil {
		return err
	}
	return c.office(ctx, func(srv *server.Server) error {
		var count server.Exported
		err := e.write(func(w io.Writer) (err error) {
			count, err = srv.ExportTable(ctx, what, e.style(), w)
			return err
		})
		if err == nil {
			e.tell(count)
		}
		return err
	})
}

func (e exportCmd) selection() (server.Selection, error) {
	what := server.Selection{Collection: e.Collection, Area: e.Area, Project: e.Project, Since: e.Since, Until: e.Until}
	for _, text := range e.Where {
		field, value, ok := strings.Cut(text, "=")
		if !ok {
			return what, errors.New("--where has to name a field and a value, such as --where status=returnee")
		}
		what.Where = append(what.Where, server.Condition{Field: field, Text: value})
	}
	return what, nil
}

// style gives the format that was named, or that of the file's name. A large workbook is kept beside the file while it
// is made: that is where its data goes anyway.
func (e exportCmd) style() server.TableStyle {
	style := server.TableStyle{Format: server.TableFormat(strings.ToLower(e.Format)), BOM: e.BOM, Semicolon: e.Semicolon}
	named := server.TableFormat(ending(e.Out))
	if style.Format == "" && slices.Contains([]server.TableFormat{server.XLSX, server.GeoJSON}, named) {
		style.Format = named
	}
	if e.Out != "" {
		style.TempDir = filepath.Dir(e.Out)
	}
	return style
}

// ending gives what tells the format of a file: what its name ends with behind the last dot, "" without one.
func ending(name string) string { return strings.ToLower(strings.TrimPrefix(filepath.Ext(name), ".")) }

func (e exportCmd) tell(count server.Exported) {
	fmt.Fprintf(os.Stderr, "Exported %d records of %s.\n", count.Records, e.Collection)
	if count.Unlocated > 0 {
		fmt.Fprintf(os.Stderr, "%d of them have no position: they are in the file, and on no map.\n", count.Unlocated)
	}
}

// write runs do on standard output or on the file, which is there whole or not at all.
func (e exportCmd) write(do func(io.Writer) error) error {
	if e.Out == "" {
		return buffered(os.Stdout, do)
	}
	part, err := os.CreateTemp(filepath.Dir(e.Out), filepath.Base(e.Out)+".*.part") // nobody else can read it
	if err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	err = errors.Join(buffered(part, do), part.Sync(), part.Close())
	if err == nil {
		if err = os.Rename(part.Name(), e.Out); err == nil {
			return nil
		}
		err = fmt.Errorf("name the table: %w", err)
	}
	return errors.Join(err, os.Remove(part.Name()))
}

func buffered(w io.Writer, do func(io.Writer) error) error {
	out := bufio.NewWriter(w)
	return errors.Join(do(out), out.Flush())
}
