package main

import (
	"context"
	"fmt"
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

// Run lists held changes.
func (heldListCmd) Run(ctx context.Context, c *cli) error {
	return c.office(ctx, func(srv *server.Server) error {
		held, err := srv.Engine.Held(ctx)
		if err != nil {
			return err
		}
		return c.show(held, func(w *tabwriter.Writer) {
			row(w, "VERSION", "STATUS", "COLLECTION", "BY", "RECEIVED", "WHY")
			for _, h := range held {
				row(w, h.Version, h.Status, h.Collection, h.AuthorName+" on "+h.DeviceName, moment(h.Received), h.Code+": "+h.Reason)
			}
			if len(held) == 0 {
				row(w, "Nothing is held.")
			}
		})
	})
}

type heldApplyCmd struct {
	Version string            `arg:"" help:"Version of the held change."`
	Set     map[string]string `help:"Correct a field before applying; may be repeated." placeholder:"FIELD=TEXT"`
}

// Help is shown by --help.
func (heldApplyCmd) Help() string {
	return `The other changes of the same form are applied with it. With --set, a corrected copy is applied in the
office's name, and the change itself stays in the history.

Examples:
  satchel held apply 0198…:17
  satchel held apply 0198…:17 --set displaced_on=1999-06-15`
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
	collection := ""
	for _, change := range held {
		if change.Version == v {
			collection = change.Collection
		}
	}
	out := map[string]syncproto.Value{}
	for field, text := range h.Set {
		if out[field], err = server.Parse(collection, field, text); err != nil {
			return nil, fmt.Errorf("%w; nothing was changed", err)
		}
	}
	return out, nil
}

type heldDiscardCmd struct {
	Version string `arg:"" help:"Version of the held change."`
	Reason  string `help:"Why; the worker who made it will read it." required:""`
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
