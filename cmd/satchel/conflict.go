package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/google/uuid"

	"satchel/server"
	"satchel/syncproto"
)

// conflictCmd settles what people wrote without knowing of each other.
type conflictCmd struct {
	List   conflictListCmd   `cmd:"" help:"List open conflicts." default:"1"`
	Show   conflictShowCmd   `cmd:"" help:"Show one conflict with both sides."`
	Settle conflictSettleCmd `cmd:"" help:"Decide a conflict."`
	Undo   conflictUndoCmd   `cmd:"" help:"Take a decision back."`
}

type conflictListCmd struct {
	After int64 `help:"Only conflicts that opened behind this SEQ."`
	Limit int   `help:"The most to list." default:"100"`
}

// Help is shown by --help.
func (conflictListCmd) Help() string {
	return `The one that opened first comes first.

Examples:
  satchel conflict list
  satchel conflict list --after 1207
  satchel --json conflict list`
}

// Run lists conflicts.
func (l conflictListCmd) Run(ctx context.Context, c *cli) error {
	return c.office(ctx, func(srv *server.Server) error {
		open, err := srv.Engine.Conflicts(ctx, l.After, l.Limit)
		if err != nil {
			return err
		}
		read := values(ctx, srv)
		return c.show(orEmpty(open), func(w *tabwriter.Writer) {
			if len(open) == 0 {
				row(w, "No conflict is open.")
				return
			}
			row(w, "SEQ", "COLLECTION", "RECORD", "FIELD", "SHOWN NOW", "ALSO WRITTEN", "OPEN SINCE")
			for _, k := range open {
				row(w, k.Seq, k.Collection, k.Record, k.Field, sideShown(k, true, read), sideShown(k, false, read), moment(k.OpenedAt))
			}
		})
	})
}

// sideShown writes the values of the sides that are shown, or that are not.
func sideShown(k server.Conflict, shown bool, read reader) string {
	var out []string
	for _, s := range k.Sides {
		switch {
		case s.Shown != shown:
		case s.Field != k.Field: // an edit that contests a deletion
			out = append(out, s.Field+" = "+read(k.Collection, s.Field, s.Value))
		default:
			out = append(out, read(k.Collection, s.Field, s.Value))
		}
	}
	return strings.Join(out, ", ")
}

type conflictShowCmd struct {
	Record uuid.UUID `arg:"" help:"Id of the record."`
	Field  string    `arg:"" help:"Name of the field."`
}

// Help is shown by --help.
func (conflictShowCmd) Help() string {
	return `The value that was there before, the one that is shown now and the others, with who wrote each on which
device, when by the device's clock, and when it came to the server.

Example:
  satchel conflict show 0198f0a2-7b1c-7000-8000-000000000001 phone`
}

// Run shows a conflict.
func (s conflictShowCmd) Run(ctx context.Context, c *cli) error {
	return c.office(ctx, func(srv *server.Server) error {
		k, err := srv.Engine.Conflict(ctx, s.Record, s.Field)
		if err != nil {
			return err
		}
		read := values(ctx, srv)
		return c.show(k, func(w *tabwriter.Writer) {
			for _, side := range k.Sides {
				printSide(w, k.Collection, side, read)
			}
			row(w, "Settle it with:")
			row(w, fmt.Sprintf("  satchel conflict settle %s %s --take VERSION", k.Record, k.Field))
			row(w, fmt.Sprintf("  satchel conflict settle %s %s --value TEXT", k.Record, k.Field))
		})
	})
}

func printSide(w *tabwriter.Writer, collection string, s server.Side, read reader) {
	title := "Also written"
	if s.Shown {
		title = "Shown now"
	}
	row(w, title+":", s.Field+" = "+read(collection, s.Field, s.Value))
	row(w, "  before:", read(collection, s.Field, s.Before))
	row(w, "  by:", s.AuthorName+" on "+s.DeviceName)
	row(w, "  device time:", moment(s.Claimed))
	row(w, "  server time:", moment(s.Received))
	row(w, "  version:", s.Version)
	row(w)
}

type conflictSettleCmd struct {
	Record uuid.UUID `arg:"" help:"Id of the record."`
	Field  string    `arg:"" help:"Name of the field."`
	Take   string    `help:"Take the value of this version." placeholder:"VERSION" xor:"what" required:""`
	Value  *string   `help:"Take this value, as people write it." placeholder:"TEXT" xor:"what" required:""`
	Reason string    `help:"Why, for the history."`
}

// Help is shown by --help.
func (conflictSettleCmd) Help() string {
	return `A value is written as in a table that is imported: text as it is, dates as 2020-04-30 or 30.04.2020., yes or no,
an area by its name or official code. The decision reaches every device at its next sync. It can be taken back: satchel
conflict undo.

Examples:
  satchel conflict settle 0198… phone --take 0198…:17 --reason "called them"
  satchel conflict settle 0198… phone --value "064 123 456"
  satchel conflict settle 0198… area --value Kraljevo
  satchel conflict settle 0198… deleted --value no`
}

// Run settles a conflict as it is now.
func (s conflictSettleCmd) Run(ctx context.Context, c *cli) error {
	return c.decide(ctx, func(srv *server.Server, actor uuid.UUID) error {
		k, err := srv.Engine.Conflict(ctx, s.Record, s.Field)
		if err != nil {
			return err
		}
		chosen, err := s.choose(ctx, srv, k)
		if err != nil {
			return fmt.Errorf("%w; nothing was changed", err)
		}
		var heads []syncproto.Version
		for _, side := range k.Sides {
			heads = append(heads, side.Version)
		}
		settled, err := srv.Engine.Settle(ctx, actor, s.Record, s.Field, chosen, heads, s.Reason)
		if err != nil {
			return err
		}
		return c.show(map[string]any{"version": settled.Version()}, func(w *tabwriter.Writer) {
			s.report(w, k, chosen, values(ctx, srv))
			row(w, "To take it back: satchel conflict undo "+settled.Version().String())
		})
	})
}

// report says what was decided, and against what.
func (s conflictSettleCmd) report(w *tabwriter.Writer, k server.Conflict, chosen syncproto.Value, read reader) {
	row(w, "Settled: "+s.Field+" is "+read(k.Collection, s.Field, chosen)+" now.")
	for _, side := range k.Sides {
		if side.Field != s.Field || side.Value != chosen {
			row(w, fmt.Sprintf("In the history: %s = %s, by %s on %s.", side.Field, read(k.Collection, side.Field, side.Value), side.AuthorName, side.DeviceName))
		}
	}
}

// choose gives the value that was decided on.
func (s conflictSettleCmd) choose(ctx context.Context, srv *server.Server, k server.Conflict) (syncproto.Value, error) {
	if s.Value != nil {
		return srv.Value(ctx, k.Collection, s.Field, *s.Value)
	}
	for _, side := range k.Sides {
		if side.Version.String() != s.Take {
			continue
		}
		if side.Field != s.Field { // an edit that contests a deletion: taking it keeps the record
			return syncproto.False, nil
		}
		return side.Value, nil
	}
	return "", errors.New("no side of the conflict has that version; see satchel conflict show")
}

type conflictUndoCmd struct {
	Version string `arg:"" help:"Version of the settlement, as settle printed it and history shows it."`
	Reason  string `help:"Why, for the history."`
}

// Help is shown by --help.
func (conflictUndoCmd) Help() string {
	return `The values that were settled clash again, and the one that was shown before is shown.

Example:
  satchel conflict undo 0198f0a2-7b1c-7000-8000-000000000001:3 --reason "wrong household"`
}

// Run takes a settlement back.
func (u conflictUndoCmd) Run(ctx context.Context, c *cli) error {
	return c.decide(ctx, func(srv *server.Server, actor uuid.UUID) error {
		v, err := syncproto.ParseVersion(u.Version)
		if err != nil {
			return err
		}
		if _, err := srv.Engine.Undo(ctx, actor, v, u.Reason); err != nil {
			return err
		}
		fmt.Println("Undone: the conflict is open again.")
		return nil
	})
}
