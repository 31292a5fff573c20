package review

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/store"
)

// The properties that say how far the queue is.
const (
	propertySeq = "review_seq" // what happened up to this sequence was followed
	// propertyWalk is the record behind which a walk over all records goes on, "" if none is under way. One is begun when
	// something changed that may concern any household, and when something happened that the queue was not told of.
	propertyWalk = "review_walk"
)

// walkStep is how many records a step of a walk looks at: some tens of milliseconds.
const walkStep = 500

// Follow examines what was touched, and goes a step of a walk if one is under way. See [engine.Follower].
func (q *Queue) Follow(ctx context.Context, tx *store.Tx, did engine.Deed) (behind bool, err error) {
	at, walk, err := position(ctx, tx)
	if err != nil {
		return false, err
	}
	touched := newConcern()
	for _, t := range did.Touched {
		touched.add(t)
	}
	touched.held.add(did.Held...)
	touched.clocks.add(did.Clocks...)
	touched.proofs.add(did.Proven...)
	if err := touched.addLate(ctx, tx, did.Now); err != nil {
		return false, err
	}
	if touched.all {
		walk = uuid.Nil.String()
	}
	if at != did.From {
		if walk, err = missed(ctx, tx); err != nil {
			return false, err
		}
	}
	if err := examine(ctx, tx, did.Now, touched, compareStep); err != nil {
		return false, err
	}
	return step(ctx, tx, did.Now, did.To, walk)
}

// Behind reports whether there is something to catch up with. See [engine.Follower].
func (q *Queue) Behind(ctx context.Context, tx *store.Tx) (bool, error) {
	at, walk, err := position(ctx, tx)
	if err != nil {
		return false, err
	}
	seq, err := number(ctx, tx, store.PropertySeq)
	if err != nil || walk != "" || at != seq {
		return true, err
	}
	if late, err := someLate(ctx, tx, q.now().UnixMilli()); err != nil || late {
		return late, err
	}
	return tx.SomeDue(ctx)
}

// CatchUp goes a step of the walk that is under way or due, and compares some households that are due. See
// [engine.Follower].
func (q *Queue) CatchUp(ctx context.Context, tx *store.Tx, now int64) (behind bool, err error) {
	return catchUp(ctx, tx, now, compareStep, &memory{})
}

// catchUp compares so many households at the most.
func catchUp(ctx context.Context, tx *store.Tx, now int64, compare int, m *memory) (behind bool, err error) {
	at, walk, err := position(ctx, tx)
	if err != nil {
		return false, err
	}
	seq, err := number(ctx, tx, store.PropertySeq)
	if err != nil {
		return false, err
	}
	if at != seq {
		if walk, err = missed(ctx, tx); err != nil {
			return false, err
		}
	}
	if err := compareDue(ctx, tx, now, compare, m.at(seq)); err != nil {
		return false, err
	}
	late := newConcern()
	if err := late.addLate(ctx, tx, now); err != nil {
		return false, err
	}
	if err := examine(ctx, tx, now, late, 0); err != nil {
		return false, err
	}
	return step(ctx, tx, now, seq, walk)
}

// missed begins to look at everything, as something happened that the queue was not told of.
func missed(ctx context.Context, tx *store.Tx) (walk string, err error) {
	return uuid.Nil.String(), tx.AddAllDue(ctx)
}

// Who waits for the queue to catch up has it take longer steps, with pauses in which others can write.
const (
	settleStep  = 1000
	settlePause = 100 * time.Millisecond
)

// Settle catches up with everything that has happened so far. progress is told how many households have yet to be
// compared with others; it may be nil.
func (q *Queue) Settle(ctx context.Context, progress func(left int)) error {
	var behind bool
	err := q.store.Read(ctx, func(tx *store.Tx) (err error) {
		behind, err = q.Behind(ctx, tx)
		return err
	})
	for m := (&memory{}); behind && err == nil; {
		left := 0
		err = q.store.Write(ctx, func(tx *store.Tx) (err error) {
			if behind, err = catchUp(ctx, tx, q.now().UnixMilli(), settleStep, m); err != nil {
				return err
			}
			left, err = tx.CountDue(ctx)
			return err
		})
		if behind && err == nil {
			if progress != nil {
				progress(left)
			}
			err = pause(ctx)
		}
	}
	if err != nil {
		return fmt.Errorf("bring the reviews up to date: %w", err)
	}
	return nil
}

func pause(ctx context.Context) error {
	select {
	case <-time.After(settlePause):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// position gives up to which sequence the queue has followed, and behind which record a walk goes on.
func position(ctx context.Context, tx *store.Tx) (at int64, walk string, err error) {
	if at, err = number(ctx, tx, propertySeq); err != nil {
		return 0, "", err
	}
	if walk, err = tx.Property(ctx, propertyWalk); errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return at, walk, err
}

// number gives a property that is a number, 0 if it is not there.
func number(ctx context.Context, tx *store.Tx, name string) (int64, error) {
	text, err := tx.Property(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(text, 10, 64)
}

// step goes a step of a walk, if walk is not "", and notes how far the queue is.
func step(ctx context.Context, tx *store.Tx, now, seq int64, walk string) (behind bool, err error) {
	if walk != "" {
		after, err := uuid.Parse(walk)
		if err != nil {
			return false, fmt.Errorf("read property %s: %w", propertyWalk, err)
		}
		records, err := tx.Reviewable(ctx, after, walkStep)
		if err != nil {
			return false, err
		}
		if err := look(ctx, tx, now, records); err != nil {
			return false, err
		}
		if walk = ""; len(records) == walkStep {
			walk = records[walkStep-1].String()
		}
		if err := tx.SetProperty(ctx, propertyWalk, walk); err != nil {
			return false, err
		}
	}
	if behind, err = tx.SomeDue(ctx); err != nil {
		return false, err
	}
	return behind || walk != "", tx.SetProperty(ctx, propertySeq, strconv.FormatInt(seq, 10))
}

// look examines records as if all about them had changed.
func look(ctx context.Context, tx *store.Tx, now int64, records []uuid.UUID) error {
	shown, err := tx.Shown(ctx, records)
	if err != nil {
		return err
	}
	c := newConcern()
	c.parents.add(records...)
	c.households.add(records...)
	c.contested.add(records...)
	c.held.add(records...)
	c.clocks.add(records...)
	c.proofs.add(records...)
	for _, r := range shown {
		if r.Collection != "households" {
			delete(c.households, r.ID)
		}
	}
	return examine(ctx, tx, now, c, 0)
}

// examine brings the items about what is concerned up to date. It compares so many households at the most; the others are
// due.
func examine(ctx context.Context, tx *store.Tx, now int64, c concern, compare int) error {
	if err := c.choose(ctx, tx); err != nil {
		return err
	}
	if err := c.compareLess(ctx, tx, compare); err != nil {
		return err
	}
	c.now = now
	all := maps.Clone(c.households)
	maps.Copy(all, c.parents)
	var err error
	if c.standings, err = tx.Standings(ctx, all.list()); err != nil {
		return err
	}
	var found []finding
	for _, find := range []func(context.Context, *store.Tx, concern) (finding, error){
		overDeliveries, orphans, possibleDuplicates, conflicts, heldChanges, clocksOff, proofsMissing,
	} {
		some, err := find(ctx, tx, c)
		if err != nil {
			return err
		}
		found = append(found, some)
	}
	return c.reconcile(ctx, tx, now, found)
}
