package engine

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// An OfficeEdit is one edit that somebody makes at the office.
type OfficeEdit struct {
	Collection string
	Record     uuid.UUID
	Fields     map[string]syncproto.Value
	// Base and Seen are those of a change. Where Base is nil, the author is taken to be looking at
	// what is shown now.
	Base map[string][]syncproto.Version
	Seen map[string][]syncproto.Version
	Note store.Note
	// KnowsFirst says that its author knows what the first edit of the form makes of the record's deletion.
	KnowsFirst bool
}

// Save makes ordinary changes of edits, in the office's own name, and applies them together or not
// at all. Whoever calls it has checked that the author may. An edit that breaks a rule fails with
// the problem "invalid", and nothing was changed.
func (e *Engine) Save(ctx context.Context, author uuid.UUID, edits []OfficeEdit) ([]store.Change, error) {
	return e.SaveMade(ctx, author, func(*store.Tx) ([]OfficeEdit, error) { return edits, nil })
}

// SaveMade is [Engine.Save] of edits that are made in the same write, from what is there then. It fails as the making does, and
// nothing was changed.
func (e *Engine) SaveMade(ctx context.Context, author uuid.UUID, made func(*store.Tx) ([]OfficeEdit, error)) ([]store.Change, error) {
	var saved []store.Change
	err := e.commit(ctx, func(ctx context.Context, w *work) error {
		edits, err := made(w.tx)
		if err != nil {
			return err
		}
		saved, err = w.save(ctx, author, edits)
		return err
	})
	return saved, explain(err)
}

// save is [Engine.Save] inside a unit of work.
func (w *work) save(ctx context.Context, author uuid.UUID, edits []OfficeEdit) ([]store.Change, error) {
	if len(edits) == 0 {
		return nil, nil
	}
	changes, err := w.officeChanges(ctx, author, edits)
	if err != nil {
		return nil, err
	}
	if err := w.take(ctx, &form{device: changes[0].Device, changes: changes}, office); err != nil {
		return nil, err
	}
	saved := make([]store.Change, len(changes))
	for i, c := range changes {
		if c.Status != syncproto.Applied && c.Code != syncproto.HeldWithForm {
			return nil, syncproto.Refuse(syncproto.CodeInvalid, "Nothing was changed: %s.", c.Reason)
		}
		saved[i] = *c
	}
	return saved, nil
}

// officeChanges makes numbered changes of edits, of one form.
func (w *work) officeChanges(ctx context.Context, author uuid.UUID, edits []OfficeEdit) ([]*store.Change, error) {
	device, tip, err := w.officeTip(ctx)
	if err != nil {
		return nil, err
	}
	var changes []*store.Change
	form := tip.N + 1
	for _, edit := range edits {
		if edit.KnowsFirst {
			edit.Base[syncproto.FieldDeleted] = []syncproto.Version{changes[0].Version()}
		}
		made, err := w.officeChange(ctx, author, edit)
		if err != nil {
			return nil, err
		}
		made.N, made.Form = tip.N+1, form
		c := chained(device, []syncproto.Change{made}, tip.Hash)[0]
		c.Received, c.Note = w.now, edit.Note
		changes, tip = append(changes, c), syncproto.Tip{N: c.N, Hash: c.Hash}
	}
	return changes, w.setOfficeTip(ctx, tip)
}

// officeChange makes a change of an edit, but for its number.
func (w *work) officeChange(ctx context.Context, author uuid.UUID, edit OfficeEdit) (syncproto.Change, error) {
	r, _, err := w.record(ctx, edit.Record)
	if err != nil {
		return syncproto.Change{}, err
	}
	if edit.Base == nil {
		edit.Base = map[string][]syncproto.Version{}
		for field := range edit.Fields {
			if known := r.State[field].Known(); len(known) > 0 {
				edit.Base[field] = known
			}
		}
		if r.Deleted {
			edit.Base[syncproto.FieldDeleted] = r.State[syncproto.FieldDeleted].Known()
		}
	}
	if edit.Seen == nil && edit.Fields[syncproto.FieldDeleted] == syncproto.True {
		edit.Seen = everyHead(r.State)
	}
	return syncproto.Change{
		Collection: edit.Collection, Record: edit.Record, Author: author, Claimed: w.now,
		Fields: edit.Fields, Base: edit.Base, Seen: edit.Seen,
	}, nil
}

// everyHead names every head of every field but the deletion: what somebody who sees all has seen.
func everyHead(state syncproto.State) map[string][]syncproto.Version {
	out := map[string][]syncproto.Version{}
	for field, register := range state {
		if field != syncproto.FieldDeleted {
			out[field] = append(register.Known(), register.Open()...)
		}
	}
	return out
}

// officeTip gives the office's device and the last of its changes.
func (w *work) officeTip(ctx context.Context) (device uuid.UUID, tip syncproto.Tip, err error) {
	if device, err = officeDevice(ctx, w.tx); err != nil {
		return device, tip, err
	}
	if tip.N, err = numberProperty(ctx, w.tx, propertyOfficeN); err != nil {
		return device, tip, err
	}
	hash, err := w.tx.Property(ctx, propertyOfficeHash)
	if err != nil {
		return device, tip, err
	}
	return device, tip, tip.Hash.UnmarshalText([]byte(hash))
}

func officeDevice(ctx context.Context, tx *store.Tx) (uuid.UUID, error) {
	text, err := tx.Property(ctx, propertyOffice)
	if err != nil {
		return uuid.Nil, err
	}
	return uuid.Parse(text)
}

func (w *work) setOfficeTip(ctx context.Context, tip syncproto.Tip) error {
	return errors.Join(
		w.tx.SetProperty(ctx, propertyOfficeN, strconv.FormatInt(tip.N, 10)),
		w.tx.SetProperty(ctx, propertyOfficeHash, tip.Hash.String()),
	)
}

// PlainReason gives the text that somebody gave as a reason in the form in which text is kept.
func PlainReason(text string) (string, error) { return plain("reason", text) }

// plain gives a text that somebody wrote in the form in which text is kept; what says what it is.
func plain(what, text string) (string, error) {
	v, err := syncproto.ValueOf(strings.TrimSpace(text))
	if err == nil {
		err = v.Check()
	}
	if err != nil {
		return "", syncproto.Refuse(syncproto.CodeInvalid, "The %s cannot be kept: %v. Nothing was changed.", what, err)
	}
	return v.Text(), nil
}
