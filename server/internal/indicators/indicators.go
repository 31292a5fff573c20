// Package indicators counts the programme's figures from the records, by definitions that are records themselves.
//
// It promises that all figures of one answer are of one moment; that each is counted from records, by the definition
// that stands beside it, and the same whatever order they are read in; and that a figure as it was known on a day can be
// counted again at any later one, to the last digit, with a list of the records that have changed it since. It never
// stores a figure, and never counts by a definition that it does not understand: it says so in the figure's place.
package indicators

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/scope"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A Query says what to count. The zero Query counts everything that is known.
type Query struct {
	// From and Until are the first and the last day on which it happened, "" for no bound: "2020-04-30". Until is what
	// the figures are as of.
	From, Until string
	// KnownBy is the last day on which it was known at the office, by the server's clock; "" for whatever is known.
	KnownBy string
	// Zone tells when days begin; UTC if nil.
	Zone *time.Location
	// Institution and the code of a Project narrow what is counted, as Only does with any dimension, all of which have to hold.
	Institution, Project string
	Only                 []Share
	// Area narrows it to an area and everything below, [uuid.Nil] does not.
	Area uuid.UUID
	// Within narrows it further to these areas and everything below them, nil does not. An empty list leaves nothing.
	Within []uuid.UUID
	// By names the dimensions by which each figure is shared out.
	By []string
	// Codes are those of the indicators; all if there are none.
	Codes []string
	// Own is counted in the place of the indicators that are records, unless it is "". It has no code, title or target.
	Own syncproto.Value
}

// A Figure is one indicator as it was counted.
type Figure struct {
	Code  string `json:"code"`
	Title string `json:"title"`
	// Institution, Unit and Estimate are those of the definition.
	Institution string          `json:"institution,omitempty"`
	Unit        string          `json:"unit,omitempty"`
	Estimate    bool            `json:"estimate,omitempty"`
	Definition  syncproto.Value `json:"definition"`
	Value       float64         `json:"value"`
	// Cells share the value out, in order of their labels. What counts once is in the cell of what happened first, so
	// they add up to the value.
	Cells []Cell `json:"cells,omitempty"`
	// Target is what is to be reached, nil if nothing is.
	Target *float64 `json:"target,omitempty"`
	// Fault says why the figure cannot be counted, "" if it was.
	Fault string `json:"fault,omitempty"`

	id uuid.UUID
}

// A Cell is a part of a figure, with a label for each dimension that was asked for.
type Cell struct {
	Labels []string `json:"labels"`
	Value  float64  `json:"value"`
}

// ErrQuery means that a query cannot be answered as it stands.
var ErrQuery = errors.New("the figures cannot be counted as asked")

// Count counts figures, in order of institution and code.
func Count(ctx context.Context, s *store.Store, q Query) ([]Figure, error) {
	out, err := CountEach(ctx, s, []Query{q})
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// CountEach answers several queries of one moment, in their order, and reads every record once for all of them. What they
// count has to be known by the same day, of the same zone.
func CountEach(ctx context.Context, s *store.Store, queries []Query) ([][]Figure, error) {
	for _, q := range queries {
		if q.KnownBy != queries[0].KnownBy || q.zone() != queries[0].zone() {
			return nil, fmt.Errorf("%w: what is counted together has to be known by one day", ErrQuery)
		}
	}
	var out [][]Figure
	err := s.Read(ctx, func(tx *store.Tx) error {
		at, err := queries[0].cut(ctx, tx)
		if err != nil {
			return err
		}
		out, err = count(ctx, &world{tx: tx, at: at, zone: queries[0].zone(), needs: needs{}}, queries)
		return err
	})
	return out, err
}

// count answers queries in a world.
func count(ctx context.Context, w *world, queries []Query) ([][]Figure, error) {
	out, tallies := make([][]Figure, len(queries)), make([][]tally, len(queries))
	var asked []question
	for n, q := range queries {
		figures, questions, err := prepare(ctx, w, q)
		if err != nil {
			return nil, err
		}
		out[n], tallies[n] = figures, make([]tally, len(figures))
		for i, ask := range questions {
			t := &tallies[n][i]
			*t = newTally()
			if ask.plan != nil {
				ask.take = func(c counted) { t.take(ask.plan, c) }
				asked = append(asked, ask)
			}
		}
	}
	if err := w.ask(ctx, asked); err != nil {
		return nil, err
	}
	for n, figures := range out {
		for i := range figures {
			t := &tallies[n][i]
			t.finish()
			figures[i].Value, figures[i].Cells = t.total.value(), t.shares()
		}
	}
	return out, nil
}

// prepare finds the figures that a query asks for, and beside each how to count it: no plan where that is not known.
func prepare(ctx context.Context, w *world, q Query) ([]Figure, []question, error) {
	if err := q.check(); err != nil {
		return nil, nil, err
	}
	if known, err := w.hasProject(ctx, q.Project); err != nil || q.Project != "" && !known && !w.former {
		return nil, nil, cmp.Or(err, fmt.Errorf("%w: there is no project %q", ErrQuery, q.Project))
	}
	areas, err := q.areas(ctx, w)
	if err != nil {
		return nil, nil, err
	}
	figures, err := w.indicators(ctx, q)
	if err != nil {
		return nil, nil, err
	}
	if err := w.targets(ctx, q, figures); err != nil {
		return nil, nil, err
	}
	questions := make([]question, len(figures))
	for i := range figures {
		f := &figures[i]
		p, err := parse(f.Definition, w.needs)
		f.Institution, f.Unit, f.Estimate = p.Institution, p.Unit, p.Estimate
		var s bounds
		if err == nil {
			s, err = p.bounds(q, areas)
		}
		if err != nil {
			f.Fault = err.Error()
			continue
		}
		questions[i] = question{plan: &p, bounds: s}
	}
	return figures, questions, q.checkBy(questions)
}

// checkBy refuses a dimension that nothing can be shared out by: it is a slip of whoever asks.
func (q Query) checkBy(questions []question) error {
	for _, name := range q.By {
		can := func(ask question) bool {
			if ask.plan == nil {
				return true
			}
			_, err := ask.plan.dimension(name)
			return err == nil
		}
		if len(questions) > 0 && !slices.ContainsFunc(questions, can) {
			return fmt.Errorf("%w: nothing can be shared out by %q", ErrQuery, name)
		}
	}
	return nil
}

// check refuses what no record can ever meet.
func (q Query) check() error {
	for _, day := range []string{q.From, q.Until, q.KnownBy} {
		if day != "" && !isDay(day) {
			return fmt.Errorf("%w: %q is no day; write it as 2020-04-30", ErrQuery, day)
		}
	}
	if q.Until != "" && q.From > q.Until {
		return fmt.Errorf("%w: the period ends on %s, before it begins on %s", ErrQuery, q.Until, q.From)
	}
	return nil
}

func (q Query) zone() *time.Location { return cmp.Or(q.Zone, time.UTC) }

// cut gives the sequence up to which what happened is known.
func (q Query) cut(ctx context.Context, tx *store.Tx) (int64, error) {
	if q.KnownBy == "" {
		return latest, nil
	}
	day, err := time.ParseInLocation(time.DateOnly, q.KnownBy, q.zone())
	if err != nil {
		return 0, q.check()
	}
	return tx.SeqBefore(ctx, day.AddDate(0, 0, 1).UnixMilli())
}

// areas gives the areas that are counted, nil for all.
func (q Query) areas(ctx context.Context, w *world) (map[uuid.UUID]bool, error) {
	if q.Area == uuid.Nil && q.Within == nil {
		return nil, nil
	}
	tree := scope.Tree{}
	at := w.needs.at("areas", "parent")
	err := w.each(ctx, "areas", func(r record) error {
		tree[r.id] = r.values[at].ID()
		return nil
	})
	if q.Area == uuid.Nil {
		return tree.Expand(q.Within), err
	}
	out := tree.Expand([]uuid.UUID{q.Area})
	if q.Within != nil {
		within := tree.Expand(q.Within)
		maps.DeleteFunc(out, func(area uuid.UUID, _ bool) bool { return !within[area] })
	}
	return out, err
}

// indicators gives the indicators that a query asks for, before anything is counted.
func (w *world) indicators(ctx context.Context, q Query) ([]Figure, error) {
	if q.Own != "" {
		return []Figure{{Definition: q.Own}}, nil
	}
	code, title, definition := w.needs.at("indicators", "code"), w.needs.at("indicators", "title"), w.needs.at("indicators", "definition")
	var out []Figure
	err := w.each(ctx, "indicators", func(r record) error {
		f := Figure{id: r.id, Code: r.values[code].Text(), Title: r.values[title].Text(), Definition: r.values[definition]}
		if !r.deleted && (len(q.Codes) == 0 || slices.Contains(q.Codes, f.Code)) {
			out = append(out, f)
		}
		return nil
	})
	for _, code := range q.Codes {
		if err == nil && !w.former && !slices.ContainsFunc(out, func(f Figure) bool { return f.Code == code }) {
			err = fmt.Errorf("%w: there is no indicator %q", ErrQuery, code)
		}
	}
	slices.SortFunc(out, func(a, b Figure) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), slices.Compare(a.id[:], b.id[:]))
	})
	return out, err
}

// Reported gives the value as a report writes it; see [Reported].
func (f Figure) Reported() string { return Reported(f.Value, f.Estimate) }

// Reported writes a number as a report does. An estimate is cut to full thousands, or hundreds if it is less than one
// thousand, with a plus.
func Reported(value float64, estimate bool) string {
	whole := int64(value)
	switch {
	case estimate && whole >= 1000:
		return thousands(whole/1000*1000) + "+"
	case estimate && whole >= 100:
		return thousands(whole/100*100) + "+"
	case value == float64(whole):
		return thousands(whole)
	}
	return strconv.FormatFloat(value, 'f', -1, 64)
}

// thousands writes a whole number with a comma between groups of three digits.
func thousands(n int64) string {
	if n < 0 {
		return "-" + thousands(-n)
	}
	if n < 1000 {
		return strconv.FormatInt(n, 10)
	}
	return thousands(n/1000) + "," + strconv.FormatInt(1000+n%1000, 10)[1:]
}
