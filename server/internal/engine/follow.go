package engine

import (
	"context"

	"github.com/google/uuid"

	"satchel/server/internal/store"
)

// A Follower keeps something up to date that follows from the records.
type Follower interface {
	// Follow is told of all that happened, in order, in the transaction in which it did. If it fails, what it wrote is
	// undone, and what happened stands. It reports whether it is behind.
	Follow(ctx context.Context, tx *store.Tx, did Deed) (behind bool, err error)
	// Behind reports whether there is something that it was not told of, or has not got to yet.
	Behind(ctx context.Context, tx *store.Tx) (bool, error)
	// CatchUp does a part of that, so short that others can wait for it, and reports whether there is more.
	CatchUp(ctx context.Context, tx *store.Tx, now int64) (behind bool, err error)
}

// A Deed is what happened between two sequences. Whatever happens takes one.
type Deed struct {
	// From is the last sequence that was given out before, To the last one now.
	From, To int64
	// Now is when, in milliseconds.
	Now     int64
	Touched []Touched
	// Held are records of which a change came that is held or waits, of which such a change may have met its fate, and
	// such that came, or went to another area, while changes of them are held or wait.
	Held []uuid.UUID
	// Clocks are the devices whose clock is off otherwise than when they came before; see [store.Contact.ClockOff].
	Clocks []uuid.UUID
	// Proven are records that name a blob which arrived, or was lost.
	Proven []uuid.UUID
}

// A Touched is a record to which something happened: as it was, nil if it was not there, and as it is.
type Touched struct {
	Before, After *store.Record
	// Parent is the record that it has its area from, nil where that was not looked at.
	Parent *store.Record
	// Contested says that it has open conflicts, or had some.
	Contested bool
}

// Differs reports whether another value of a field is shown than before.
func (t Touched) Differs(field string) bool {
	if t.Before == nil {
		return !t.After.Value(field).IsNull()
	}
	return t.Before.Value(field) != t.After.Value(field)
}

// fieldMergedInto names the record that another is a duplicate of.
const fieldMergedInto = "merged_into"

// follow has the follower follow what a group did. Where that fails the group stands, and the follower is behind: it
// goes on with the next group, or when somebody has it catch up, who is told why it fails.
func (e *Engine) follow(ctx context.Context, tx *store.Tx, group []*job) (behind bool) {
	var did Deed
	for _, j := range group {
		if j.err != nil || j.did.To == 0 {
			continue
		}
		if did.To == 0 {
			did.From = j.did.From
		}
		did.To, did.Now, did.Touched = j.did.To, j.did.Now, append(did.Touched, j.did.Touched...)
		did.Held, did.Clocks = append(did.Held, j.did.Held...), append(did.Clocks, j.did.Clocks...)
		did.Proven = append(did.Proven, j.did.Proven...)
	}
	if e.follower == nil || did.To == 0 {
		return false
	}
	err := tx.Savepoint(ctx, func() error {
		return survive(func() (err error) {
			behind, err = e.follower.Follow(ctx, tx, did)
			return err
		})
	})
	return behind && err == nil
}

func (e *Engine) isBehind(ctx context.Context) (behind bool) {
	if e.follower == nil {
		return false
	}
	err := e.store.Read(ctx, func(tx *store.Tx) (err error) {
		behind, err = e.follower.Behind(ctx, tx)
		return err
	})
	return behind && err == nil
}

// catchUp has the follower do a part of what it is behind with, and reports whether there is more.
func (e *Engine) catchUp(ctx context.Context) (behind bool) {
	err := e.store.Write(ctx, func(tx *store.Tx) error {
		return survive(func() (err error) {
			behind, err = e.follower.CatchUp(ctx, tx, e.millis())
			return err
		})
	})
	return behind && err == nil
}
