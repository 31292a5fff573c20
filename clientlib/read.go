package clientlib

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// ErrNotFound means that the device holds no such record.
var ErrNotFound = errors.New("this device holds no such record")

// Get gives a record as it is shown, also one that is shown as deleted. It fails with [ErrNotFound].
func (s *Store) Get(ctx context.Context, id uuid.UUID) (*Record, error) {
	var out *Record
	err := s.read(ctx, func(t *tx) (err error) {
		out, err = t.record(ctx, id)
		return err
	})
	return out, err
}

// record is what [Store.Get] says.
func (t *tx) record(ctx context.Context, id uuid.UUID) (*Record, error) {
	r, ok, err := t.row(ctx, id)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, ErrNotFound
	}
	laid, err := t.laidOver(ctx, r.collection, id)
	return r.shown(laid), err
}

// List gives the records of a collection that are not deleted, in the order in which they were made.
// With under, it gives those that belong to that record, directly or through others: the people of a
// household, the visits of an area and of the areas within it. [uuid.Nil] is all.
func (s *Store) List(ctx context.Context, collection string, under uuid.UUID) ([]*Record, error) {
	var out []*Record
	err := s.read(ctx, func(t *tx) (err error) {
		out, err = t.list(ctx, collection, under)
		return err
	})
	return out, err
}

// selectUnder finds what belongs to a record, directly or through others.
const selectUnder = `WITH RECURSIVE under (id) AS (
    SELECT ?
    UNION
    SELECT records.id FROM records JOIN under ON records.parent = under.id WHERE records.collection IN (?, ?, ?, ?)
)
SELECT ` + rowColumns + ` FROM records WHERE collection = ? AND id IN (SELECT id FROM under) AND id <> ? ORDER BY id`

func (t *tx) list(ctx context.Context, collection string, under uuid.UUID) ([]*Record, error) {
	query, args := "SELECT "+rowColumns+" FROM records WHERE collection = ? ORDER BY id", []any{collection}
	if under != uuid.Nil {
		query, args = selectUnder, append(append([]any{under}, between(collection)...), collection, under)
	}
	laid, err := t.laidOverAll(ctx, collection)
	if err != nil {
		return nil, err
	}
	var out []*Record
	err = t.each(ctx, query, args, func(scan func(...any) error) error {
		r, err := t.scanRow(scan)
		if shown := r.shown(laid[r.id]); err == nil && !shown.Deleted {
			out = append(out, shown)
		}
		return err
	})
	return out, err
}

// between names the collections through which a record of the given one belongs to others, itself
// the first: the four that selectUnder takes, "" where there are fewer.
func between(collection string) []any {
	out := []any{collection, "areas"}
	known, _ := syncproto.CollectionOf(collection)
	for _, name := range known.AreaVia {
		field, _ := known.Field(name)
		out = append(out, field.Refers)
	}
	for len(out) < 4 {
		out = append(out, "")
	}
	return out
}
