package engine

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/google/uuid"

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
