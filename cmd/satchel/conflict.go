package main

import (
	"context"
	"errors"
	"fmt"
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

// Run lists conflicts.
func (l conflictListCmd) Run(ctx context.Context, c *cli) error {
	return c.office(ctx, func(srv *server.Server) error {
		open, err := srv.Engine.Conflicts(ctx, l.After, l.Limit)
		if err != nil {
			return err
		}
		return c.show(open, func(w *tabwriter.Writer) {
			row(w, "SEQ", "COLLECTION", "RECORD", "FIELD", "SHOWN NOW", "ALSO WRITTEN", "OPEN SINCE")
			for _, k := range open {
				row(w, k.Seq, k.Collection, k.Record, k.Field, value(sideShown(k, true)), value(sideShown(k, false)), moment(k.OpenedAt))
			}
			if len(open) == 0 {
				row(w, "No conflict is open.")
			}
		})
	})
}

// sideShown gives the value of the first side that is shown, or that is not.
func sideShown(k server.Conflict, shown bool) syncproto.Value {
	for _, s := range k.Sides {
		if s.Shown == shown {
			return s.Value
		}
	}
	return ""
}

type conflictShowCmd struct {
	Record uuid.UUID `arg:"" help:"Id of the record."`
	Field  string    `arg:"" help:"Name of the field."`
}

// Run shows a conflict.
func (s conflictShowCmd) Run(ctx context.Context, c *cli) error {
	return c.office(ctx, func(srv *server.Server) error {
		k, err := srv.Engine.Conflict(ctx, s.Record, s.Field)
		if err != nil {
			return err
		}
		return c.show(k, func(w *tabwriter.Writer) {
			for _, side := range k.Sides {
				printSide(w, side)
			}
			row(w, "Settle it with:")
			row(w, fmt.Sprintf("  satchel conflict settle %s %s --take VERSION", k.Record, k.Field))
			row(w, fmt.Sprintf("  satchel conflict settle %s %s --value TEXT", k.Record, k.Field))
		})
	})
}

func printSide(w *tabwriter.Writer, s server.Side) {
	title := "Also written"
	if s.Shown {
		title = "Shown now"
	}
	row(w, title+":", s.Field+" = "+value(s.Value))
	row(w, "  before:", value(s.Before))
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
	Value  *string   `help:"Take this value: text without quotes, anything else as JSON." placeholder:"TEXT" xor:"what" required:""`
	Reason string    `help:"Why, for the history."`
}

// Help is shown by --help.
func (conflictSettleCmd) Help() string {
	return `The decision reaches every device at its next sync. It can be taken back: satchel conflict undo.

Examples:
  satchel conflict settle 0198… phone --take 0198…:17 --reason "called them"
  satchel conflict settle 0198… phone --value "064 123 456"
  satchel conflict settle 0198… deleted --value false`
}

// Run settles a conflict as it is now.
func (s conflictSettleCmd) Run(ctx context.Context, c *cli) error {
	return c.decide(ctx, func(srv *server.Server, actor uuid.UUID) error {
		k, err := srv.Engine.Conflict(ctx, s.Record, s.Field)
		if err != nil {
			return err
		}
		chosen, err := s.choose(k)
		if err != nil {
			return err
		}
		var heads []syncproto.Version
		for _, side := range k.Sides {
			heads = append(heads, side.Version)
		}
		settled, err := srv.Engine.Settle(ctx, actor, s.Record, s.Field, chosen, heads, s.Reason)
		if err != nil {
			return err
		}
		fmt.Printf("Settled: %s is %s now. To take it back: satchel conflict undo %s\n", s.Field, value(chosen), settled.Version())
		return nil
	})
}

// choose gives the value that was decided on.
func (s conflictSettleCmd) choose(k server.Conflict) (syncproto.Value, error) {
	if s.Value != nil {
		return server.Parse(k.Collection, s.Field, *s.Value)
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
	return "", errors.New("no side of the conflict has that version; see satchel conflict show; nothing was changed")
}

type conflictUndoCmd struct {
	Version string `arg:"" help:"Version of the settlement, as settle printed it and history shows it."`
	Reason  string `help:"Why, for the history."`
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
