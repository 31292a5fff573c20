package main

import (
	"context"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/google/uuid"

	"satchel/server"
	"satchel/syncproto"
)

// historyCmd shows who changed what.
type historyCmd struct {
	Record uuid.UUID `arg:"" help:"Id of the record."`
}

// Help is shown by --help.
func (historyCmd) Help() string {
	return `Every change that ever came is shown in the order in which it was applied, held and discarded ones at the end.

Example:
  satchel history 0198f0a2-…`
}

// Run shows the history of a record.
func (h historyCmd) Run(ctx context.Context, c *cli) error {
	return c.office(ctx, func(srv *server.Server) error {
		entries, err := srv.Engine.History(ctx, h.Record)
		if err != nil {
			return err
		}
		read := values(ctx, srv)
		return c.show(entries, func(w *tabwriter.Writer) {
			row(w, "RECEIVED", "DEVICE TIME", "BY", "STATUS", "FIELD", "VALUE", "VERSION")
			for _, e := range entries {
				printEntry(w, e, read)
			}
		})
	})
}

// printEntry writes one line for each field of a change, the first with who made it.
func printEntry(w *tabwriter.Writer, e server.Entry, read reader) {
	for i, field := range slices.Sorted(maps.Keys(e.Fields)) {
		value := read(e.Collection, field, e.Fields[field])
		if i > 0 {
			row(w, "", "", "", "", field, value, "")
			continue
		}
		row(w, moment(e.Received), moment(e.Claimed), e.AuthorName+" on "+e.DeviceName, status(e), field, value, e.Version)
	}
}

func status(e server.Entry) string {
	switch {
	case e.Status != syncproto.Applied:
		return string(e.Status) + ": " + e.Reason
	case e.Note.Settles != "":
		return "settles a conflict"
	case e.Note.Undoes != nil:
		return "undoes a settlement"
	case e.Note.Corrects != nil:
		return "corrects a held change"
	case e.Note.Reason != "":
		return string(e.Status) + ": " + e.Note.Reason
	}
	return string(e.Status)
}
