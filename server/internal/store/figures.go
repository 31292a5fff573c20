package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// A Listed is a record as it is shown, deleted or not.
type Listed struct {
	ID      uuid.UUID
	Seq     int64
	Deleted bool
	// Doc is the JSON object of its shown values.
	Doc string
}

// EachShown gives every record of a collection, one after another and in no order. do must not ask the database.
func (t *Tx) EachShown(ctx context.Context, collection string, do func(Listed) error) error {
	query, args := t.say("SELECT id, seq, deleted, doc FROM records WHERE collection = ?", []any{collection})
	rows, err := t.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return explain(err)
	}
	defer rows.Close()
	for rows.Next() {
		var l Listed
		if err := rows.Scan(&l.ID, &l.Seq, &l.Deleted, &l.Doc); err != nil {
			return explain(err)
		}
		if err := do(l); err != nil {
			return err
		}
	}
	return explain(rows.Err())
}

// AppliedTo gives the changes of records that were applied up to a sequence; those of one record in that order.
func (t *Tx) AppliedTo(ctx context.Context, records []uuid.UUID, seq int64) ([]Change, error) {
	var out []Change
	for part := range chunks(records) {
		found, err := all(ctx, t, scanChange, "SELECT "+changeColumns+" FROM changes WHERE seq BETWEEN 1 AND ? AND record IN "+inList(len(part))+" ORDER BY seq",
			append([]any{seq}, anys(part)...)...)
		if err != nil {
			return nil, fmt.Errorf("read the changes of records: %w", err)
		}
		out = append(out, found...)
	}
	return out, nil
}

// momentMillis is how finely it is kept when a sequence was given out: every time zone differs from UTC by a multiple
// of a quarter of an hour.
const momentMillis = 15 * 60 * 1000

// NoteMoment keeps that a sequence was the last one at a time, in milliseconds. A quarter of an hour that the clock comes to
// again, after later ones, keeps what it has: what comes now is known since a later one.
func (t *Tx) NoteMoment(ctx context.Context, ms, seq int64) error {
	return t.exec(ctx, `INSERT INTO moments (quarter, seq) VALUES (?, ?) ON CONFLICT (quarter) DO UPDATE SET seq = excluded.seq
WHERE NOT EXISTS (SELECT 1 FROM moments AS later WHERE later.quarter > excluded.quarter AND later.seq > moments.seq)`, ms/momentMillis, seq)
}

// SeqBefore gives the last sequence that was given out before a time in milliseconds, which is cut down to a quarter of an
// hour. Where a clock was far off for a while, the quarters contradict each other: it is the sequence that most of them
// agree with.
func (t *Tx) SeqBefore(ctx context.Context, ms int64) (int64, error) {
	return one(ctx, t, scalar[int64], `SELECT seq FROM (
	SELECT 0 AS seq, 0 AS agree
	UNION ALL
	SELECT seq, sum(CASE WHEN quarter < ? THEN 1 ELSE -1 END) OVER (ORDER BY seq, quarter ROWS UNBOUNDED PRECEDING) FROM moments
) AS cuts ORDER BY agree DESC, seq LIMIT 1`, ms/momentMillis)
}

// LastApplied gives the last change of a record that was applied behind one sequence and up to another, if there is one.
func (t *Tx) LastApplied(ctx context.Context, record uuid.UUID, after, to int64) (Change, bool, error) {
	found, err := all(ctx, t, scanChange, "SELECT "+changeColumns+" FROM changes WHERE record = ? AND seq > ? AND seq <= ? ORDER BY seq DESC LIMIT 1", record, after, to)
	if len(found) == 0 {
		return Change{}, false, err
	}
	return found[0], true, err
}

// A Centre is where the households of an area are, taken together.
type Centre struct {
	Area uuid.UUID
	// Households counts those of which a position is known, duplicates left out; Lat and Lon are the middle of these, in degrees.
	Households int
	Lat, Lon   float64
}

// Centres gives the areas in which there are households whose position is known.
func (t *Tx) Centres(ctx context.Context) ([]Centre, error) {
	out, err := all(ctx, t, func(r row) (c Centre, err error) {
		err = r.Scan(&c.Area, &c.Households, &c.Lat, &c.Lon)
		return c, err
	}, `SELECT area, count(*), avg(position_lat), avg(position_lon) FROM households
WHERE position_lat IS NOT NULL AND position_lon IS NOT NULL AND merged_into IS NULL GROUP BY area ORDER BY area`)
	if err != nil {
		return nil, fmt.Errorf("find where households are: %w", err)
	}
	return out, nil
}
