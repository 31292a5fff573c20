package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/google/uuid"

	"satchel/server"
	"satchel/syncproto"
)

// heldCmd decides about changes that could not be applied.
type heldCmd struct {
	List    heldListCmd    `cmd:"" help:"List held and waiting changes." default:"1"`
	Apply   heldApplyCmd   `cmd:"" help:"Apply a held change, as it is or corrected."`
	Discard heldDiscardCmd `cmd:"" help:"Turn a held change down."`
}

type heldListCmd struct{}

// Help is shown by --help.
func (heldListCmd) Help() string {
	return `A held change waits for you to apply or discard it; a waiting one is applied by itself once the record comes
that it belongs to. Each field that a change writes has a line.

Examples:
  satchel held list
  satchel --json held list`
}

// Run lists held changes.
func (heldListCmd) Run(ctx context.Context, c *cli) error {
	return c.office(ctx, func(srv *server.Server) error {
		held, err := srv.Engine.Held(ctx)
		if err != nil {
			return err
		}
		read := values(ctx, srv)
		return c.show(orEmpty(held), func(w *tabwriter.Writer) {
			if len(held) == 0 {
				row(w, "Nothing is held.")
			}
			for _, h := range held {
				printHeld(w, h, read)
			}
		})
	})
}

func printHeld(w *tabwriter.Writer, h server.HeldChange, read reader) {
	row(w, string(h.Status)+":", h.Version)
	row(w, "  why:", h.Reason+" ("+h.Code+")")
	row(w, "  by:", h.AuthorName+" on "+h.DeviceName+", received "+moment(h.Received))
	row(w, "  record:", h.Collection+" "+h.Record.String())
	for _, field := range slices.Sorted(maps.Keys(h.Fields)) {
		row(w, "  "+field+":", read(h.Collection, field, h.Fields[field]))
	}
	row(w)
}

type heldApplyCmd struct {
	Version string            `arg:"" help:"Version of the held change."`
	Set     map[string]string `help:"Correct a field before applying; may be repeated." placeholder:"FIELD=TEXT" mapsep:"none"`
}

// Help is shown by --help.
func (heldApplyCmd) Help() string {
	return `The other changes of the same form are applied with it. With --set, a corrected copy is applied in the
office's name, and the change itself stays in the history.

Examples:
  satchel held apply 0198…:17
  satchel held apply 0198…:17 --set displaced_on=15.06.1999. --set area=Kraljevo`
}

// Run applies a held change.
func (h heldApplyCmd) Run(ctx context.Context, c *cli) error {
	return c.decide(ctx, func(srv *server.Server, actor uuid.UUID) error {
		v, err := syncproto.ParseVersion(h.Version)
		if err != nil {
			return err
		}
		corrected, err := h.corrections(ctx, srv, v)
		if err != nil {
			return err
		}
		if err := srv.Engine.ApplyHeld(ctx, actor, v, corrected); err != nil {
			return err
		}
		fmt.Println("Applied.")
		return nil
	})
}

// corrections reads the fields of --set as their collection has them.
func (h heldApplyCmd) corrections(ctx context.Context, srv *server.Server, v syncproto.Version) (map[string]syncproto.Value, error) {
	held, err := srv.Engine.Held(ctx)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(held, func(change server.HeldChange) bool { return change.Version == v })
	if at < 0 {
		return nil, errors.New("no change of that version is held; nothing was changed")
	}
	collection, out := held[at].Collection, map[string]syncproto.Value{}
	for field, text := range h.Set {
		if out[field], err = srv.Value(ctx, collection, field, text); err != nil {
			return nil, fmt.Errorf("%w; nothing was changed", err)
		}
	}
	return out, nil
}

type heldDiscardCmd struct {
	Version string `arg:"" help:"Version of the held change."`
	Reason  string `help:"Why; the worker who made it will read it." required:""`
}

// Help is shown by --help.
func (heldDiscardCmd) Help() string {
	return `The other changes of the same form are turned down with it.

Example:
  satchel held discard 0198…:17 --reason "entered twice"`
}

// Run discards a held change.
func (h heldDiscardCmd) Run(ctx context.Context, c *cli) error {
	return c.decide(ctx, func(srv *server.Server, actor uuid.UUID) error {
		v, err := syncproto.ParseVersion(h.Version)
		if err != nil {
			return err
		}
		if err := srv.Engine.DiscardHeld(ctx, actor, v, h.Reason); err != nil {
			return err
		}
		fmt.Println("Discarded. It stays in the history of its record.")
		return nil
	})
}
