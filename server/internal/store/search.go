package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// EachChanged gives the records of some collections to which something happened behind a sequence, deleted ones among
// them, one after another and in no order that counts; all of them behind 0. do must not ask the database.
func (t *Tx) EachChanged(ctx context.Context, collections []string, since int64, do func(Shown) error) error {
	give := func(r row) error {
		s, err := scanShown(r)
		if err != nil {
			return err
		}
		return do(s)
	}
	if since == 0 {
		return t.each(ctx, "SELECT "+shownColumns+" FROM records WHERE collection IN "+inList(len(collections)), anys(collections), give)
	}
	areas, err := all(ctx, t, scalar[uuid.UUID], "SELECT area FROM area_digests WHERE seq > ?", since)
	if err != nil {
		return fmt.Errorf("read in which areas something happened: %w", err)
	}
	for _, area := range areas {
		// The order has PostgreSQL go by the index even if it knows nothing of the sequences. Of the collection as in
		// [Tx.ShownPeople].
		query := "SELECT " + shownColumns + " FROM records WHERE area = ? AND seq > ? AND collection || '' IN " + inList(len(collections)) + " ORDER BY seq"
		if err := t.each(ctx, query, append([]any{area, since}, anys(collections)...), give); err != nil {
			return err
		}
	}
	return nil
}

// State gives the epoch of the database, and the last sequence that was given out in it.
func (t *Tx) State(ctx context.Context) (epoch string, seq int64, err error) {
	_, err = one(ctx, t, func(r row) (struct{}, error) { return struct{}{}, r.Scan(&epoch, &seq) },
		"SELECT e.value, CAST(s.value AS BIGINT) FROM properties AS e CROSS JOIN properties AS s WHERE e.name = ? AND s.name = ?", PropertyEpoch, PropertySeq)
	return epoch, seq, err
}

// ShownByID gives those of the records that exist, by id.
func (t *Tx) ShownByID(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]Shown, error) {
	list, err := t.Shown(ctx, ids)
	out := make(map[uuid.UUID]Shown, len(list))
	for _, s := range list {
		out[s.ID] = s
	}
	return out, err
}
