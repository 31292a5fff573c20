package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"satchel/server"
)

// exportCmd gives records out.
type exportCmd struct {
	Collection string `arg:"" help:"What to export, such as households, visits or deliveries."`
	Out        string `short:"o" help:"File to write, in the place of one that is there; standard output if not given." placeholder:"FILE"`
	BOM        bool   `name:"bom" help:"Begin with the mark by which Excel knows UTF-8."`
	Semicolon  bool   `help:"Separate cells by semicolons, as Excel does where the comma is the decimal sign."`
}

// Help is shown by --help.
func (exportCmd) Help() string {
	return `The rows are the records that are not deleted, with the values that are shown now, as of one moment and in the
order in which they were made. Times are in UTC. Text that a spreadsheet would run as a formula gets an apostrophe in
front; import takes it away again. The file holds personal data: keep it as safe as the server.

Examples:
  satchel export households > households.csv
  satchel export deliveries --bom --semicolon --out deliveries.csv`
}

// Run writes the table, and the number of records to standard error.
func (e exportCmd) Run(ctx context.Context, c *cli) error {
	return c.office(ctx, func(srv *server.Server) error {
		records := 0
		err := e.write(func(w io.Writer) (err error) {
			records, err = srv.ExportTable(ctx, e.Collection, w, server.TableStyle{BOM: e.BOM, Semicolon: e.Semicolon})
			return err
		})
		if err == nil {
			fmt.Fprintf(os.Stderr, "Exported %d records of %s.\n", records, e.Collection)
		}
		return err
	})
}

// write runs do on standard output or on the file, which is there whole or not at all.
func (e exportCmd) write(do func(io.Writer) error) error {
	if e.Out == "" {
		return buffered(os.Stdout, do)
	}
	part := e.Out + ".part"
	file, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	if err := errors.Join(buffered(file, do), file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	if err := os.Rename(part, e.Out); err != nil {
		return fmt.Errorf("name the table: %w", err)
	}
	return nil
}

func buffered(w io.Writer, do func(io.Writer) error) error {
	out := bufio.NewWriter(w)
	return errors.Join(do(out), out.Flush())
}
