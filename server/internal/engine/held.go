package engine

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/google/uuid"

	"satchel/server/internal/audit"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A HeldChange is a change that the server keeps and has not applied.
type HeldChange struct {
	Entry
	// Needs is the record that a waiting change waits for.
	Needs *uuid.UUID `json:"needs,omitempty"`
}

// Held lists the changes that are held, and those that wait for a record, the oldest first.
func (e *Engine) Held(ctx context.Context) ([]HeldChange, error) {
	return whole(func(after syncproto.Version) (Part[HeldChange], error) { return e.HeldAfter(ctx, after) })
}

// HeldAfter gives the part of that list that comes behind a change, the zero Version for the first part.
func (e *Engine) HeldAfter(ctx context.Context, after syncproto.Version) (out Part[HeldChange], err error) {
	err = e.store.Read(ctx, func(tx *store.Tx) error {
		begin, err := beginOf(ctx, tx, after)
		if err != nil {
			return err
		}
		versions, err := tx.OpenChanges(ctx, begin, partChanges+1)
		if err != nil {
			return err
		}
		out, err = partOf(ctx, tx, versions, heldOf)
		return err
	})
	return out, explain(err)
}

// HeldOf gives changes by their versions or, where they come to more than 1 MiB, the first of them.
func HeldOf(ctx context.Context, tx *store.Tx, versions []syncproto.Version) ([]HeldChange, error) {
	part, err := partOf(ctx, tx, versions, heldOf)
	return part.Changes, err
}

func heldOf(ctx context.Context, tx *store.Tx, c store.Change) (HeldChange, error) {
	entry, err := entryOf(ctx, tx, c)
	held := HeldChange{Entry: entry}
	if c.Needs != uuid.Nil {
		held.Needs = &c.Needs
	}
	return held, err
}

// ApplyHeld applies a held change, with the others of its form, as an administrator decided. If
// corrected names fields, a copy with these values is applied in its place and in the office's name,
// and the change itself stays, discarded as corrected. It fails as invalid, and changes nothing, if
// a rule is still broken.
func (e *Engine) ApplyHeld(ctx context.Context, author uuid.UUID, v syncproto.Version, corrected map[string]syncproto.Value) error {
	return explain(e.commit(ctx, func(ctx context.Context, w *work) error {
		f, err := w.openForm(ctx, v)
		if err != nil {
			return err
		}
		if len(corrected) > 0 {
			if err := w.correct(ctx, author, f, v, corrected); err != nil {
				return err
			}
		}
		if err := w.take(ctx, f, office); err != nil {
			return err
		}
		for _, c := range f.changes {
			if c.Status != syncproto.Applied && c.Code != syncproto.HeldWithForm {
				return syncproto.Refuse(syncproto.CodeInvalid, "Change %s still cannot be applied: %s. Nothing was changed.", c.Version(), c.Reason)
			}
		}
		return audit.Append(ctx, w.tx, audit.Entry{
			At: w.now, Actor: author.String(), Action: audit.HeldApplied, Subject: v.String(),
			Details: map[string]any{"corrected": corrected},
		})
	}))
}

// openForm gives the open changes of the form that a change belongs to.
func (w *work) openForm(ctx context.Context, v syncproto.Version) (*form, error) {
	c, err := w.tx.Change(ctx, v)
	if errors.Is(err, store.ErrNotFound) || err == nil && c.Status != syncproto.Held && c.Status != syncproto.Waiting {
		return nil, syncproto.Refuse(syncproto.CodeNotFound, "No change of that name is held. It may have been decided meanwhile; nothing was changed.")
	}
	if err != nil {
		return nil, err
	}
	if err := w.addStored(ctx, c.Device, c.Form); err != nil {
		return nil, err
	}
	for _, f := range w.forms {
		if f.device == c.Device && f.changes[0].Form == c.Form {
			return f, nil
		}
	}
	return nil, syncproto.Refuse(syncproto.CodeNotFound, "No change of that name is held. Nothing was changed.")
}

// correct puts a corrected copy of one change of a form in its place, and discards the change itself.
func (w *work) correct(ctx context.Context, author uuid.UUID, f *form, v syncproto.Version, corrected map[string]syncproto.Value) error {
	c := w.changes[v]
	edit := OfficeEdit{
		Collection: c.Collection, Record: c.Record, Fields: maps.Clone(c.Fields), Base: orNone(c.Base), Seen: c.Seen,
		Note: store.Note{Corrects: &v},
	}
	maps.Copy(edit.Fields, corrected)
	copies, err := w.officeChanges(ctx, author, []OfficeEdit{edit})
	if err != nil {
		return err
	}
	delete(w.forms, f.key())
	f.changes[slices.Index(f.changes, c)] = copies[0]
	discard(c, syncproto.HeldCorrected, "the office applied a corrected copy in its place")
	w.held = append(w.held, c.Record)
	return w.tx.SetFate(ctx, *c)
}

func orNone(base map[string][]syncproto.Version) map[string][]syncproto.Version {
	if base == nil {
		return map[string][]syncproto.Version{}
	}
	return base
}

func discard(c *store.Change, code, reason string) {
	c.Status, c.Code, c.Reason, c.Needs = syncproto.Discarded, code, reason, uuid.Nil
}

// DiscardHeld turns a held change down, with the others of its form, for a reason that the device is
// told. They stay in the history of their records.
func (e *Engine) DiscardHeld(ctx context.Context, author uuid.UUID, v syncproto.Version, reason string) error {
	reason, err := PlainReason(reason)
	if err != nil {
		return err
	}
	if reason == "" {
		return syncproto.Refuse(syncproto.CodeInvalid, "A change is discarded with a reason: the worker who made it will read it. Nothing was changed.")
	}
	return explain(e.commit(ctx, func(ctx context.Context, w *work) error {
		f, err := w.openForm(ctx, v)
		if err != nil {
			return err
		}
		for _, c := range f.changes {
			discard(c, c.Code, reason)
		}
		return audit.Append(ctx, w.tx, audit.Entry{
			At: w.now, Actor: author.String(), Action: audit.HeldDiscarded, Subject: v.String(),
			Details: map[string]any{"reason": reason, "changes": len(f.changes)},
		})
	}))
}
