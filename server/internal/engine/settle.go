package engine

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"satchel/server/internal/audit"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A Settlement says what becomes of one field in conflict.
type Settlement struct {
	Field string
	// Value is what the field holds from now on.
	Value syncproto.Value
	// Heads are the versions that whoever decided saw clash.
	Heads []syncproto.Version
}

// Settle is [Engine.SettleRecord] for one field.
func (e *Engine) Settle(ctx context.Context, author, record uuid.UUID, field string, value syncproto.Value, heads []syncproto.Version, reason string) (store.Change, error) {
	settled, err := e.SettleRecord(ctx, author, record, []Settlement{{Field: field, Value: value, Heads: heads}}, reason)
	if err != nil {
		return store.Change{}, err
	}
	return settled[0], nil
}

// SettleRecord decides conflicts of a record, as one form: all of them or none. Where other values clash by now than
// the author saw, it fails as stale and names the fields; as not_found, if none is in conflict any more; as invalid,
// if a field comes twice or none does. Each decision is an ordinary change, and can be undone by itself or, by
// [Engine.UndoForm], with the others. A decision about the deletion is the first of them.
func (e *Engine) SettleRecord(ctx context.Context, author, record uuid.UUID, settlements []Settlement, reason string) ([]store.Change, error) {
	var settled []store.Change
	reason, err := PlainReason(reason)
	if err != nil {
		return nil, err
	}
	settlements = deletionFirst(settlements)
	if err := eachOnce(settlements); err != nil {
		return nil, err
	}
	err = e.commit(ctx, func(ctx context.Context, w *work) error {
		r, _, err := w.record(ctx, record)
		if err != nil {
			return err
		}
		if err := checkSeen(r.State, settlements); err != nil {
			return err
		}
		if settled, err = w.save(ctx, author, settlementsOf(r, settlements, reason)); err != nil {
			return err
		}
		for _, c := range settled {
			err := audit.Append(ctx, w.tx, audit.Entry{
				At: w.now, Actor: author.String(), Action: audit.ConflictSettled, Subject: record.String(),
				Details: map[string]any{"field": c.Note.Settles, "version": c.Version().String(), "value": c.Fields[c.Note.Settles], "reason": reason},
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return settled, explain(err)
}

// deletionFirst puts what becomes of the deletion before what becomes of other fields.
func deletionFirst(settlements []Settlement) []Settlement {
	out := slices.Clone(settlements)
	slices.SortStableFunc(out, func(a, b Settlement) int {
		switch {
		case a.Field == b.Field:
			return 0
		case a.Field == syncproto.FieldDeleted:
			return -1
		case b.Field == syncproto.FieldDeleted:
			return 1
		}
		return 0
	})
	return out
}

// eachOnce refuses a form that settles nothing, or one field twice.
func eachOnce(settlements []Settlement) error {
	if len(settlements) == 0 {
		return syncproto.Refuse(syncproto.CodeInvalid, "No field was named that is to be settled. Nothing was changed.")
	}
	seen := map[string]bool{}
	for _, s := range settlements {
		if seen[s.Field] {
			return syncproto.Refuse(syncproto.CodeInvalid, "Field %q is settled twice. Nothing was changed.", s.Field)
		}
		seen[s.Field] = true
	}
	return nil
}

// checkSeen refuses to settle anything but the conflicts that were seen.
func checkSeen(state syncproto.State, settlements []Settlement) error {
	open := state.Conflicts()
	var stale []string
	none := true
	for _, s := range settlements {
		none = none && !slices.Contains(open, s.Field)
		if !slices.Contains(open, s.Field) || !sameVersions(versionsOf(Clashing(state, s.Field)), s.Heads) {
			stale = append(stale, s.Field)
		}
	}
	switch {
	case none:
		return syncproto.Refuse(syncproto.CodeNotFound, "There is no open conflict there. It may have been settled meanwhile; nothing was changed.")
	case len(stale) > 0:
		return syncproto.Refuse(syncproto.CodeStale, "Other values clash by now than those that you saw: %s. Nothing was changed; look at the record again.", strings.Join(stale, ", "))
	}
	return nil
}

// settlementsOf gives the edits that settle conflicts of a record as one form. If that says what becomes of its deletion,
// the other edits know of it, and do not contest it.
func settlementsOf(r store.Record, settlements []Settlement, reason string) []OfficeEdit {
	edits := make([]OfficeEdit, len(settlements))
	for i, s := range settlements {
		edits[i] = settlement(r, s.Field, s.Value, reason)
		edits[i].KnowsFirst = i > 0 && settlements[0].Field == syncproto.FieldDeleted
	}
	return edits
}

// settlement gives the edit that settles a conflict. It leaves a record deleted, unless whether that is so is in
// conflict too: that is for another settlement to say.
func settlement(r store.Record, field string, value syncproto.Value, reason string) OfficeEdit {
	register := r.State[field]
	all := append(register.Known(), register.Open()...)
	base := map[string][]syncproto.Version{field: all}
	if deleted, unseen := r.State.Deletion(); deleted && len(unseen) == 0 && field != syncproto.FieldDeleted {
		base[syncproto.FieldDeleted] = r.State[syncproto.FieldDeleted].Known()
	}
	return OfficeEdit{
		Collection: r.Collection, Record: r.ID,
		Fields: map[string]syncproto.Value{field: value},
		Base:   base,
		Note:   store.Note{Reason: reason, Settles: field, Settled: all},
	}
}

// uncontested names the deletions of a record with which an edit of one of its fields did not clash before it was
// settled: they had seen it, or its settlement, or it had seen them.
func uncontested(state syncproto.State, edit store.Change, settled syncproto.Version, field string) []syncproto.Version {
	if field == syncproto.FieldDeleted {
		return nil
	}
	out := slices.Clone(edit.Base[syncproto.FieldDeleted])
	for _, deletion := range state[syncproto.FieldDeleted].Heads {
		seen := deletion.Seen[field]
		if slices.Contains(seen, edit.Version()) || slices.Contains(seen, settled) {
			out = append(out, deletion.Version)
		}
	}
	return out
}

// Undo takes a settlement back: the values that it settled clash again, and the one that was shown
// before is shown. It fails as stale if the field was changed since.
func (e *Engine) Undo(ctx context.Context, author uuid.UUID, settled syncproto.Version, reason string) ([]store.Change, error) {
	return e.undo(ctx, author, settled, reason, func(_ context.Context, _ *store.Tx, c store.Change) ([]store.Change, error) {
		return []store.Change{c}, nil
	})
}

// UndoForm takes back all that was settled as one form, of which it is given any settlement. It fails as stale, names the
// fields and undoes nothing, if any of them was changed since.
func (e *Engine) UndoForm(ctx context.Context, author uuid.UUID, settled syncproto.Version, reason string) ([]store.Change, error) {
	return e.undo(ctx, author, settled, reason, settledWith)
}

// undo takes back what goes with a settlement, all or none.
func (e *Engine) undo(ctx context.Context, author uuid.UUID, settled syncproto.Version, reason string, with func(context.Context, *store.Tx, store.Change) ([]store.Change, error)) ([]store.Change, error) {
	var undone []store.Change
	reason, err := PlainReason(reason)
	if err != nil {
		return nil, err
	}
	err = e.commit(ctx, func(ctx context.Context, w *work) error {
		c, err := settlementAt(ctx, w.tx, settled)
		if err != nil {
			return err
		}
		list, err := with(ctx, w.tx, c)
		if err != nil {
			return err
		}
		if err := w.checkStanding(ctx, list); err != nil {
			return err
		}
		for _, c := range list { // one by one: what is undone of a deletion has a say in the others
			edits, err := w.restatements(ctx, c, reason)
			if err != nil {
				return err
			}
			saved, err := w.save(ctx, author, edits)
			if err != nil {
				return err
			}
			undone = append(undone, saved...)
			err = audit.Append(ctx, w.tx, audit.Entry{
				At: w.now, Actor: author.String(), Action: audit.ConflictUndone, Subject: c.Record.String(),
				Details: map[string]any{"field": c.Note.Settles, "version": c.Version().String(), "reason": reason},
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return undone, explain(err)
}

// settlementAt gives a settlement; not_found if the change of that name is none, or there is none.
func settlementAt(ctx context.Context, tx *store.Tx, v syncproto.Version) (store.Change, error) {
	c, err := tx.Change(ctx, v)
	if errors.Is(err, store.ErrNotFound) || err == nil && c.Note.Settles == "" {
		err = syncproto.Refuse(syncproto.CodeNotFound, "There is no settlement of that name. Nothing was changed.")
	}
	return c, err
}

// settledWith gives the settlements of the form that one of them is of.
func settledWith(ctx context.Context, tx *store.Tx, c store.Change) ([]store.Change, error) {
	form, err := tx.ChangesFrom(ctx, c.Device, c.Form, maxSettled)
	return slices.DeleteFunc(form, func(other store.Change) bool { return other.Form != c.Form || other.Note.Settles == "" }), err
}

// maxSettled is how many settlements a form holds at the most.
const maxSettled = 500

// checkStanding refuses to undo settlements of which the field was changed since.
func (w *work) checkStanding(ctx context.Context, settled []store.Change) error {
	var changed []string
	for _, c := range settled {
		stands, err := w.stands(ctx, c)
		if err != nil {
			return err
		}
		if !stands {
			changed = append(changed, c.Note.Settles)
		}
	}
	if len(changed) > 0 {
		return syncproto.Refuse(syncproto.CodeStale, "What was settled was changed after that: %s. Nothing was undone; change it, or settle its conflict, instead.", strings.Join(changed, ", "))
	}
	return nil
}

// stands reports whether a field still holds what a settlement made of it, and nothing clashes with that.
func (w *work) stands(ctx context.Context, c store.Change) (bool, error) {
	r, _, err := w.record(ctx, c.Record)
	return standing(r.State, c), err
}

func standing(state syncproto.State, c store.Change) bool {
	heads := state[c.Note.Settles].Heads
	return len(heads) == 1 && heads[0].Version == c.Version()
}

// restatements writes again what a settlement settled, each knowing of the settlement and not of the
// others, so that they clash as they did. The one that was shown comes last, and so shows again.
func (w *work) restatements(ctx context.Context, c store.Change, reason string) ([]OfficeEdit, error) {
	field := c.Note.Settles
	r, _, err := w.record(ctx, c.Record)
	if err != nil {
		return nil, err
	}
	var edits []OfficeEdit
	for _, v := range slices.Backward(c.Note.Settled) {
		old, err := w.tx.Change(ctx, v)
		if err != nil {
			return nil, err
		}
		origin := v
		if old.Note.Restates != nil {
			origin = *old.Note.Restates
		}
		undoes := c.Version()
		base := map[string][]syncproto.Version{field: {undoes}}
		if known := uncontested(r.State, old, undoes, field); len(known) > 0 {
			base[syncproto.FieldDeleted] = known
		}
		edits = append(edits, OfficeEdit{
			Collection: c.Collection, Record: c.Record,
			Fields: map[string]syncproto.Value{field: old.Fields[field]},
			Base:   base,
			Seen:   maps.Clone(old.Seen),
			Note:   store.Note{Reason: reason, Undoes: &undoes, Restates: &origin},
		})
	}
	return edits, nil
}
