package indicators

import (
	"context"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// A counted is what one record adds to a figure.
type counted struct {
	record uuid.UUID
	// thing is what is counted: the household or person or, where the figure is not distinct, the record.
	thing uuid.UUID
	// on is the day on which it happened.
	on     string
	amount syncproto.Value
	labels []string
	// late are the records that it rests on and that are late; see [world].
	late []uuid.UUID
}

// count gives what a record adds; false if it does not count.
func (p *plan) count(w *world, r *record, s bounds) (out counted, counts bool) {
	w.passed = w.passed[:0]
	w.pass(r)
	out = counted{record: r.id, thing: r.id, amount: "1"}
	gone := r.deleted
	if p.Distinct == ownID { // a family is what its kept record says
		r = w.root(w.records[r.id])
		gone = !r.alive
	}
	if gone || len(p.cancelled) > 0 && w.value(p.cancelled, r).Text() != "" {
		return out, false
	}
	for _, t := range p.where {
		if !t.holds(w.value(t.path, r)) {
			return out, false
		}
	}
	for _, on := range p.on {
		if day := w.value(on, r).Text(); isDay(day) {
			out.on = max(out.on, day)
		}
	}
	if out.on == "" || !s.holds(w, r, out.on) {
		return out, false
	}
	switch {
	case p.Distinct != "":
		kept := w.record(p.distinct, r)
		if kept == nil {
			return out, false
		}
		out.thing = kept.id
	case p.Sum != "":
		out.amount = w.value(p.sum, r)
	}
	out.labels, out.late = s.labelsOf(w, r, out.on), slices.Clone(w.passed)
	return out, true
}

// isDay reports whether a text is a day as all of them are written. An answer need not be one, nor what a clock far ahead says.
func isDay(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

// A tally is what was counted for one figure so far.
type tally struct {
	total sum
	cells map[string]*sum
	// first has, for each thing that counts once, what happened first.
	first map[uuid.UUID]counted
}

func newTally() tally { return tally{cells: map[string]*sum{}, first: map[uuid.UUID]counted{}} }

// take adds what a record adds.
func (t *tally) take(p *plan, c counted) {
	if p.Distinct == "" {
		t.add(c)
		return
	}
	if before, known := t.first[c.thing]; !known || c.before(before) {
		t.first[c.thing] = c
	}
}

// before orders what adds the same thing: whichever comes first stands for it, whatever order they are read in.
func (c counted) before(other counted) bool {
	return c.on < other.on || c.on == other.on && slices.Compare(c.record[:], other.record[:]) < 0
}

func (t *tally) add(c counted) {
	t.total.add(c.amount)
	if len(c.labels) == 0 {
		return
	}
	key := strings.Join(c.labels, "\x00")
	if t.cells[key] == nil {
		t.cells[key] = &sum{}
	}
	t.cells[key].add(c.amount)
}

// finish adds the things that count once.
func (t *tally) finish() {
	for _, c := range t.first {
		t.add(c)
	}
}

// shares gives the cells in order of their labels.
func (t *tally) shares() []Cell {
	var out []Cell
	for _, key := range slices.Sorted(maps.Keys(t.cells)) {
		out = append(out, Cell{Labels: strings.Split(key, "\x00"), Value: t.cells[key].value()})
	}
	return out
}

// A sum is an exact sum of decimals: the order in which they are added makes no difference to the last digit.
type sum struct {
	whole int64
	rest  *big.Rat
}

func (s *sum) add(v syncproto.Value) {
	if n, err := strconv.ParseInt(string(v), 10, 32); err == nil { // thousands of millions of these fit
		s.whole += n
		return
	}
	x, some := number(v)
	if !some {
		return
	}
	if s.rest == nil {
		s.rest = new(big.Rat)
	}
	s.rest.Add(s.rest, x)
}

// longestNumber is longer than any number of moderate size is written, in bytes.
const longestNumber = 32

// number reads a number of the size that a decimal field may hold. An answer may be any, such as 1e400, or a digit a
// million places behind the point, which would be summed exactly.
func number(v syncproto.Value) (*big.Rat, bool) {
	size, err := strconv.ParseFloat(string(v), 64)
	if size = math.Abs(size); err != nil || size >= 1e15 || size < 1e-15 || len(v) > longestNumber {
		return nil, false
	}
	return new(big.Rat).SetString(string(v))
}

// value gives the number that is nearest to the sum.
func (s *sum) value() float64 {
	if s.rest == nil {
		return float64(s.whole)
	}
	out, _ := new(big.Rat).Add(s.rest, new(big.Rat).SetInt64(s.whole)).Float64()
	return out
}

// A question is a figure that is asked for.
type question struct {
	plan   *plan
	bounds bounds
	take   func(counted)
}

// ask tells each question what the records add, reading every collection once.
func (w *world) ask(ctx context.Context, questions []question) error {
	through, of := map[string]bool{}, map[string][]question{}
	for _, q := range questions {
		maps.Copy(through, q.plan.through)
		of[q.plan.Of] = append(of[q.plan.Of], q)
	}
	if err := w.load(ctx, slices.Sorted(maps.Keys(through))); err != nil {
		return err
	}
	for _, collection := range slices.Sorted(maps.Keys(of)) {
		err := w.each(ctx, collection, func(r record) error {
			for _, q := range of[collection] {
				if c, counts := q.plan.count(w, &r, q.bounds); counts {
					q.take(c)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
