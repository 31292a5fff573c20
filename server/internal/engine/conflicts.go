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

// A Side is one of the values that clash.
type Side struct {
	// Field is that of the conflict or, where a deletion is contested, the field that was edited.
	Field   string            `json:"field"`
	Version syncproto.Version `json:"version"`
	Value   syncproto.Value   `json:"value"`
	// Before is the value that its author was looking at.
	Before syncproto.Value `json:"before"`
	Shown  bool            `json:"shown"`
	Maker
}

// A Conflict is an open conflict with all that a person needs to decide it.
type Conflict struct {
	Record     uuid.UUID `json:"record"`
	Field      string    `json:"field"`
	Collection string    `json:"collection"`
	Area       uuid.UUID `json:"area"`
	// Seq orders conflicts by when they opened; OpenedAt says it in milliseconds.
	Seq      int64  `json:"seq"`
	OpenedAt int64  `json:"opened_at"`
	Sides    []Side `json:"sides"`
}

// Conflicts lists open conflicts in the order in which they opened, behind a sequence.
func (e *Engine) Conflicts(ctx context.Context, after int64, limit int) (out []Conflict, err error) {
	err = e.store.Read(ctx, func(tx *store.Tx) error {
		open, err := tx.Conflicts(ctx, after, limit)
		if err != nil {
			return err
		}
		for _, c := range open {
			full, err := describeConflict(ctx, tx, c)
			if err != nil {
				return err
			}
			out = append(out, full)
		}
		return nil
	})
	return out, explain(err)
}

// Conflict gives the open conflict of a field; not_found if there is none.
func (e *Engine) Conflict(ctx context.Context, record uuid.UUID, field string) (out Conflict, err error) {
	err = e.store.Read(ctx, func(tx *store.Tx) error {
		c, err := tx.ConflictAt(ctx, record, field)
		if errors.Is(err, store.ErrNotFound) {
			return syncproto.Refuse(syncproto.CodeNotFound, "There is no open conflict there. It may have been settled meanwhile.")
		}
		if err != nil {
			return err
		}
		out, err = describeConflict(ctx, tx, c)
		return err
	})
	return out, explain(err)
}

// ConflictsOf gives the open conflicts of a record, by field.
func ConflictsOf(ctx context.Context, tx *store.Tx, record uuid.UUID) ([]Conflict, error) {
	open, err := tx.ConflictsOf(ctx, []uuid.UUID{record})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(open, func(a, b store.Conflict) int { return strings.Compare(a.Field, b.Field) })
	out := make([]Conflict, len(open))
	for i, c := range open {
		if out[i], err = describeConflict(ctx, tx, c); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func describeConflict(ctx context.Context, tx *store.Tx, c store.Conflict) (Conflict, error) {
	out := Conflict{Record: c.Record, Field: c.Field, Collection: c.Collection, Area: c.Area, Seq: c.Seq, OpenedAt: c.OpenedAt}
	r, err := tx.Record(ctx, c.Record)
	if err != nil {
		return out, err
	}
	for i, v := range Clashing(r.State, c.Field) {
		side, err := describeSide(ctx, tx, v)
		if err != nil {
			return out, err
		}
		side.Shown = i == 0
		if c.Field == syncproto.FieldDeleted {
			side.Shown = r.Deleted == (v.Field == syncproto.FieldDeleted)
		}
		out.Sides = append(out.Sides, side)
	}
	return out, nil
}

// Clashing names the heads of a conflict, the shown one first: those of the field and, where the
// deletion is contested, the edits that contest it.
func Clashing(state syncproto.State, field string) []syncproto.FieldVersion {
	var out []syncproto.FieldVersion
	for _, h := range state[field].Heads {
		out = append(out, syncproto.FieldVersion{Field: field, Version: h.Version})
	}
	if field == syncproto.FieldDeleted {
		_, unseen := state.Deletion()
		out = append(out, unseen...)
	}
	return out
}

// describeSide finds what was written, what stood there before, and who made it.
func describeSide(ctx context.Context, tx *store.Tx, v syncproto.FieldVersion) (Side, error) {
	c, err := tx.Change(ctx, v.Version)
	if err != nil {
		return Side{}, err
	}
	out := Side{Field: v.Field, Version: v.Version, Value: c.Fields[v.Field]}
	origin := c
	if c.Note.Restates != nil {
		if origin, err = tx.Change(ctx, *c.Note.Restates); err != nil {
			return out, err
		}
	}
	if out.Maker, err = MakerOf(ctx, tx, origin); err != nil {
		return out, err
	}
	if base := origin.Base[v.Field]; len(base) > 0 {
		before, err := tx.Change(ctx, base[0])
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return out, err
		}
		out.Before = before.Fields[v.Field]
	}
	return out, nil
}

// Settle decides a conflict: the field holds value from now on. heads are the versions that the
// author saw clash; if others do by now, it fails as stale and changes nothing. The decision is an
// ordinary change, and can be undone.
func (e *Engine) Settle(ctx context.Context, author, record uuid.UUID, field string, value syncproto.Value, heads []syncproto.Version, reason string) (store.Change, error) {
	var settled store.Change
	reason, err := PlainReason(reason)
	if err != nil {
		return settled, err
	}
	err = e.commit(ctx, func(ctx context.Context, w *work) error {
		r, exists, err := w.record(ctx, record)
		if err != nil {
			return err
		}
		if !exists || !slices.Contains(r.State.Conflicts(), field) {
			return syncproto.Refuse(syncproto.CodeNotFound, "There is no open conflict there. It may have been settled meanwhile; nothing was changed.")
		}
		if !sameVersions(versionsOf(Clashing(r.State, field)), heads) {
			return syncproto.Refuse(syncproto.CodeStale, "Other values clash there by now than those that you saw. Nothing was changed; look at the conflict again.")
		}
		saved, err := w.save(ctx, author, []OfficeEdit{settlement(r, field, value, reason)})
		if err != nil {
			return err
		}
		settled = saved[0]
		return audit.Append(ctx, w.tx, audit.Entry{
			At: w.now, Actor: author.String(), Action: audit.ConflictSettled, Subject: record.String(),
			Details: map[string]any{"field": field, "version": settled.Version().String(), "value": value, "reason": reason},
		})
	})
	return settled, explain(err)
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

func versionsOf(list []syncproto.FieldVersion) []syncproto.Version {
	out := make([]syncproto.Version, len(list))
	for i, v := range list {
		out[i] = v.Version
	}
	return out
}

func sameVersions(a, b []syncproto.Version) bool {
	set := func(list []syncproto.Version) []syncproto.Version {
		sorted := slices.SortedFunc(slices.Values(list), syncproto.Version.Compare)
		return slices.Compact(sorted)
	}
	return slices.Equal(set(a), set(b))
}

// Undo takes a settlement back: the values that it settled clash again, and the one that was shown
// before is shown. It fails as stale if the field was changed since.
func (e *Engine) Undo(ctx context.Context, author uuid.UUID, settled syncproto.Version, reason string) ([]store.Change, error) {
	var undone []store.Change
	reason, err := PlainReason(reason)
	if err != nil {
		return nil, err
	}
	err = e.commit(ctx, func(ctx context.Context, w *work) error {
		c, err := w.tx.Change(ctx, settled)
		if errors.Is(err, store.ErrNotFound) || err == nil && c.Note.Settles == "" {
			return syncproto.Refuse(syncproto.CodeNotFound, "There is no settlement of that name. Nothing was changed.")
		}
		if err != nil {
			return err
		}
		edits, err := w.restatements(ctx, c, reason)
		if err != nil {
			return err
		}
		if undone, err = w.save(ctx, author, edits); err != nil {
			return err
		}
		return audit.Append(ctx, w.tx, audit.Entry{
			At: w.now, Actor: author.String(), Action: audit.ConflictUndone, Subject: c.Record.String(),
			Details: map[string]any{"field": c.Note.Settles, "version": settled.String(), "reason": reason},
		})
	})
	return undone, explain(err)
}

// restatements writes again what a settlement settled, each knowing of the settlement and not of the
// others, so that they clash as they did. The one that was shown comes last, and so shows again.
func (w *work) restatements(ctx context.Context, c store.Change, reason string) ([]OfficeEdit, error) {
	field := c.Note.Settles
	r, _, err := w.record(ctx, c.Record)
	if err != nil {
		return nil, err
	}
	if heads := r.State[field].Heads; len(heads) != 1 || heads[0].Version != c.Version() {
		return nil, syncproto.Refuse(syncproto.CodeStale, "The field was changed after the settlement. Nothing was undone; change it, or settle its conflict, instead.")
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
