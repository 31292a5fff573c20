package indicators

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/store"
)

// A Restatement is a figure that is another by what came in later.
type Restatement struct {
	Code   string  `json:"code"`
	Title  string  `json:"title"`
	Before float64 `json:"before"`
	After  float64 `json:"after"`
	// Fault says why the figure cannot be counted, FaultBefore why it could not be before; "" if it was. With either there are
	// no differences.
	Fault       string `json:"fault,omitempty"`
	FaultBefore string `json:"fault_before,omitempty"`
	// Redefined says that the indicator was defined differently before, or not at all.
	Redefined bool `json:"redefined"`
	// Differences are what adds another amount than before, at the most [MaxDifferences]; LeftOff counts the others.
	Differences []Difference `json:"differences"`
	LeftOff     int          `json:"left_off,omitempty"`
}

// A Difference is a household, a person or a record that adds another amount to a figure than before.
type Difference struct {
	Thing uuid.UUID `json:"thing"`
	// Record is the one that adds it, or added it, and On the day on which that happened.
	Record uuid.UUID `json:"record"`
	On     string    `json:"on"`
	Before float64   `json:"before"`
	After  float64   `json:"after"`
	// Causes are the records that it rests on and that have changed since; none if only the definition has.
	Causes []Cause `json:"causes"`
}

// A Cause is a record that changed, with its last change of the time in question.
type Cause struct {
	Record     uuid.UUID `json:"record"`
	Collection string    `json:"collection"`
	engine.Maker
}

// MaxDifferences is how many differences of a figure are listed at the most.
const MaxDifferences = 1000

// Restatements gives the figures that are other ones than they were known to be by the end of a day, and why. A figure is
// left out if it is the same and nothing adds another amount; one whose records make up for one another is listed.
func Restatements(ctx context.Context, s *store.Store, q Query, since string) ([]Restatement, error) {
	former := q
	if former.KnownBy = since; since == "" {
		return nil, fmt.Errorf("%w: name the day by which the figures are to be compared with what they are", ErrQuery)
	}
	if err := former.check(); err != nil {
		return nil, err
	}
	var out []Restatement
	err := s.Read(ctx, func(tx *store.Tx) error {
		from, err := former.cut(ctx, tx)
		if err != nil {
			return err
		}
		to, err := q.cut(ctx, tx)
		if err != nil {
			return err
		}
		now := &world{tx: tx, at: to, zone: q.zone(), needs: needs{}, late: map[uuid.UUID]string{}, since: from}
		after, err := now.collect(ctx, q)
		if err != nil {
			return err
		}
		then := &world{tx: tx, at: from, zone: q.zone(), needs: needs{}, late: now.late, since: from, former: true}
		before, err := then.collect(ctx, former)
		if err != nil {
			return err
		}
		out, err = compare(ctx, now, before, after)
		return err
	})
	return out, err
}

// A collected is a figure with what adds to it: everything if each counts once, otherwise what rests on late records.
type collected struct {
	Figure
	tally
	added map[uuid.UUID]counted
}

// collect counts figures, and keeps what adds to each.
func (w *world) collect(ctx context.Context, q Query) (map[uuid.UUID]*collected, error) {
	figures, questions, err := prepare(ctx, w, q)
	if err != nil {
		return nil, err
	}
	out := map[uuid.UUID]*collected{}
	var asked []question
	for i, f := range figures {
		c := &collected{Figure: f, tally: newTally(), added: map[uuid.UUID]counted{}}
		out[f.id] = c
		ask := questions[i]
		if ask.plan == nil {
			continue
		}
		ask.take = func(x counted) {
			c.take(ask.plan, x)
			if ask.plan.Distinct == "" && len(x.late) > 0 {
				c.added[x.thing] = x
			}
		}
		asked = append(asked, ask)
	}
	if err := w.ask(ctx, asked); err != nil {
		return nil, err
	}
	for _, c := range out {
		c.finish()
		maps.Copy(c.added, c.first)
	}
	return out, nil
}

// compare lists the figures that differ, in order of code.
func compare(ctx context.Context, w *world, before, after map[uuid.UUID]*collected) ([]Restatement, error) {
	var out []Restatement
	ids := maps.Clone(before)
	maps.Copy(ids, after)
	for id := range ids {
		b, a := cmp.Or(before[id], &collected{}), cmp.Or(after[id], &collected{})
		named := a
		if after[id] == nil {
			named = b
		}
		r := Restatement{
			Code: named.Code, Title: named.Title, Before: b.total.value(), After: a.total.value(), Redefined: b.Definition != a.Definition,
			Fault: a.Fault, FaultBefore: b.Fault,
		}
		if counted := r.Fault == "" && r.FaultBefore == ""; counted {
			r.Differences = differences(b, a)
			if r.Before == r.After && len(r.Differences) == 0 {
				continue
			}
		}
		r.LeftOff = max(0, len(r.Differences)-MaxDifferences)
		r.Differences = r.Differences[:len(r.Differences)-r.LeftOff]
		for i := range r.Differences {
			if err := w.explain(ctx, &r.Differences[i], b, a); err != nil {
				return nil, err
			}
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b Restatement) int { return cmp.Compare(a.Code, b.Code) })
	return out, nil
}

// differences lists what adds another amount, in order of the day.
func differences(before, after *collected) []Difference {
	var out []Difference
	things := maps.Clone(before.added)
	if things == nil {
		things = map[uuid.UUID]counted{}
	}
	maps.Copy(things, after.added)
	for thing, c := range things {
		d := Difference{Thing: thing, Record: c.record, On: c.on, Before: before.amount(thing), After: after.amount(thing)}
		if d.Before != d.After {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.On, b.On), bytes.Compare(a.Thing[:], b.Thing[:]))
	})
	return out
}

// amount gives what a thing adds.
func (c *collected) amount(thing uuid.UUID) float64 {
	var s sum
	s.add(c.added[thing].amount)
	return s.value()
}

// explain finds the causes of a difference.
func (w *world) explain(ctx context.Context, d *Difference, before, after *collected) error {
	late := slices.Concat(before.added[d.Thing].late, after.added[d.Thing].late)
	slices.SortFunc(late, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	for _, id := range slices.Compact(late) {
		c, some, err := w.tx.LastApplied(ctx, id, w.since, w.at)
		if err != nil {
			return err
		}
		if !some { // it went to another area with its household, and did not change itself
			continue
		}
		maker, err := engine.MakerOf(ctx, w.tx, c)
		if err != nil {
			return err
		}
		d.Causes = append(d.Causes, Cause{Record: id, Collection: w.late[id], Maker: maker})
	}
	return nil
}
