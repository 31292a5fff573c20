package store

import (
	"context"

	"github.com/google/uuid"
)

// EachChanged gives the records of some collections to which something happened behind a sequence, deleted ones among
// them, one after another and in no order; all of them behind 0. do must not ask the database.
func (t *Tx) EachChanged(ctx context.Context, collections []string, since int64, do func(Shown) error) error {
	query, args := "SELECT "+shownColumns+" FROM records WHERE collection IN "+inList(len(collections)), anys(collections)
	if since > 0 {
		// The areas in which something happened come first. Of the collection as in [Tx.ShownPeople].
		query = "SELECT r.id, r.collection, r.area, r.parent, r.deleted, r.doc FROM area_digests AS d CROSS JOIN records AS r " +
			"WHERE d.seq > ? AND r.area = d.area AND r.seq > ? AND r.collection || '' IN " + inList(len(collections))
		args = append([]any{since, since}, args...)
	}
	return t.each(ctx, query, args, func(r row) error {
		s, err := scanShown(r)
		if err != nil {
			return err
		}
		return do(s)
	})
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
