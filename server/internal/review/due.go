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

// compareDue compares some of the households that are due.
func compareDue(ctx context.Context, tx *store.Tx, now int64, most int) error {
	due, err := tx.Due(ctx, most)
	if err != nil || len(due) == 0 {
		return err
	}
	if err := tx.DropDue(ctx, due); err != nil {
		return err
	}
	c := newConcern()
	c.alike.add(due...)
	return examine(ctx, tx, now, c, most)
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
