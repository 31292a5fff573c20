package review

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"satchel/server/internal/store"
)

// An aid is what counts of a record that belongs to a household or a person, or of an assistance type, as it is shown.
type aid struct {
	id, parent uuid.UUID
	collection string
	deleted    bool
	Kind       uuid.UUID   `json:"assistance_type"`
	Quantity   json.Number `json:"quantity"`
	Cancelled  string      `json:"cancelled_why"`
	Status     string      `json:"status"`
	Limit      json.Number `json:"limit_per_household"`
}

// aidShown reads it from the database's document.
func aidShown(s store.Shown) (aid, error) {
	out := aid{id: s.ID, parent: s.Parent, collection: s.Collection, deleted: s.Deleted}
	err := json.Unmarshal(s.Doc, &out)
	if err != nil {
		err = fmt.Errorf("read record %s: %w", s.ID, err)
	}
	return out, err
}

// aidOf reads it from a record in hand.
func aidOf(r *store.Record) aid {
	return aid{
		id: r.ID, parent: r.Parent, collection: r.Collection, deleted: r.Deleted, Kind: r.Value("assistance_type").ID(),
		Quantity: json.Number(r.Value("quantity")), Cancelled: r.Value("cancelled_why").Text(), Status: r.Value("status").Text(),
	}
}

// belongings gives what belongs to some households or people. What a worker records of a new household comes as a
// whole, so most of it is in hand, and is not read again.
func (c concern) belongings(ctx context.Context, tx *store.Tx, owners []uuid.UUID) ([]aid, error) {
	var out []aid
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
		a, err := aidShown(s)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}
