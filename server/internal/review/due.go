package review

import (
	"context"

	"satchel/server/internal/store"
)

// compareStep is how many households are compared with others in one transaction: some ten milliseconds. The others are
// due.
const compareStep = 20

// compareLess leaves so many households to compare at the most, and has the others be due.
func (c *concern) compareLess(ctx context.Context, tx *store.Tx, most int) error {
	list := c.alike.list()
	if len(list) <= most {
		return nil
	}
	c.alike = set{}
	c.alike.add(list[:most]...)
	return tx.AddDue(ctx, list[most:])
}

// compareDue compares some of the households that are due. known are such as were read before.
func compareDue(ctx context.Context, tx *store.Tx, now int64, most int, known profiles) error {
	due, err := tx.Due(ctx, most)
	if err != nil || len(due) == 0 {
		return err
	}
	if err := tx.DropDue(ctx, due); err != nil {
		return err
	}
	c := newConcern()
	c.known = known
	c.alike.add(due...)
	return examine(ctx, tx, now, c, most)
}

// A memory holds households that were read, as long as nothing happens to any record.
type memory struct {
	seq   int64
	known profiles
}

// memorized is how many households a memory holds: a few hundred MB.
const memorized = 200_000

// at gives what of it holds at a sequence.
func (m *memory) at(seq int64) profiles {
	if m.known == nil || m.seq != seq || len(m.known) > memorized {
		m.seq, m.known = seq, profiles{}
	}
	return m.known
}

// Scan has all households be compared with each other anew, as [Queue.Settle] does, and gives how many these are.
func (q *Queue) Scan(ctx context.Context, progress func(left int)) (households int, err error) {
	err = q.store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.AddAllDue(ctx); err != nil {
			return err
		}
		households, err = tx.CountDue(ctx)
		return err
	})
	if err != nil {
		return 0, err
	}
	return households, q.Settle(ctx, progress)
}
