package review

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"satchel/internal/aid"
	"satchel/server/internal/store"
)

// aidShown reads what counts of a record from the database's document.
func aidShown(s store.Shown) (aid.Record, error) {
	out := aid.Record{ID: s.ID, Parent: s.Parent, Collection: s.Collection, Deleted: s.Deleted}
	err := json.Unmarshal(s.Doc, &out)
	if err != nil {
		err = fmt.Errorf("read record %s: %w", s.ID, err)
	}
	return out, err
}

// aidOf reads it from a record in hand.
func aidOf(r *store.Record) aid.Record {
	out := aid.RecordOf(r.ID, r.Collection, r.Value)
	out.Parent, out.Deleted = r.Parent, r.Deleted
	return out
}

// belongings gives what belongs to some households or people. What a worker records of a new household comes as a
// whole, so most of it is in hand, and is not read again.
func (c concern) belongings(ctx context.Context, tx *store.Tx, owners []uuid.UUID) ([]aid.Record, error) {
	var out []aid.Record
	var unread []uuid.UUID
	for _, owner := range owners {
		if about, known := c.standings[owner]; !known || about.Children != len(c.touched[owner]) {
			unread = append(unread, owner)
			continue
		}
		for _, r := range c.touched[owner] {
			out = append(out, aidOf(r))
		}
	}
	shown, err := tx.ShownChildren(ctx, unread)
	if err != nil {
		return nil, err
	}
	for _, s := range shown {
		r, err := aidShown(s)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}
