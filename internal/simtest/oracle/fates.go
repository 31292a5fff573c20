package oracle

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// What the office says of a change that does not count.
const (
	Waiting   = "waiting"
	Discarded = "discarded"
)

// A Decision is what somebody at the office decided about a form that was held.
type Decision struct {
	// Status is what it is since then, "" if nobody can tell whether it was decided.
	Status string
	When   Span
}

// A bundle is a form as one device sent it.
type bundle struct {
	device  string
	matches []Match
	decided *Decision
}

// fates are what became of all forms, and what the office knew when.
type fates struct {
	e Evidence
	// bundles holds each form's changes, by their IDs.
	bundles map[string]map[int]*bundle
	// first holds the change that makes each record.
	first map[string]int
	// makers holds the applied changes that made a record, movers those that said where it is.
	makers, movers map[string][]Match
}

func fatesOf(e Evidence, matches []Match) fates {
	f := fates{
		e: e, bundles: map[string]map[int]*bundle{}, first: map[string]int{},
		makers: map[string][]Match{}, movers: map[string][]Match{},
	}
	for _, c := range slices.Backward(e.Changes) {
		f.first[c.Record] = c.ID
	}
	for _, m := range matches {
		if f.bundles[m.Device] == nil {
			f.bundles[m.Device] = map[int]*bundle{}
		}
		if f.bundles[m.Device][m.Form] == nil {
			f.bundles[m.Device][m.Form] = &bundle{device: m.Device}
		}
		b := f.bundles[m.Device][m.Form]
		b.matches = append(b.matches, m)
		if d, is := e.Decided[Version{m.Device, m.N}]; is {
			b.decided = &d
		}
		if m.Status != Applied {
			continue
		}
		if f.makes(m) {
			f.makers[m.Change.Record] = append(f.makers[m.Change.Record], m)
		}
		if m.Entry.Writes["area"] != "" {
			f.movers[m.Change.Record] = append(f.movers[m.Change.Record], m)
		}
	}
	return f
}

func (f fates) of(m Match) *bundle { return f.bundles[m.Device][m.Form] }

// judge looks at which forms count, and whether these are those that should.
func (f fates) judge() (broken []Violation) {
	for _, device := range slices.Sorted(maps.Keys(f.bundles)) {
		for _, form := range slices.Sorted(maps.Keys(f.bundles[device])) {
			if b := f.bundles[device][form]; !b.matches[0].Office {
				broken = append(broken, f.judgeBundle(b)...)
			}
		}
	}
	return broken
}

func (f fates) judgeBundle(b *bundle) []Violation {
	m := b.matches[0]
	switch {
	case b.decided != nil && b.decided.Status == "":
	case b.decided != nil && m.Status != b.decided.Status:
		return []Violation{violation("what was decided stays", "change %d is %s, and was decided to be %s", m.ID, m.Status, b.decided.Status)}
	case b.decided != nil:
	case m.Status == Discarded:
		return []Violation{violation("only people discard", "change %d is discarded, and nobody did that", m.ID)}
	case m.Status == Applied && f.forbidden(b):
		return []Violation{violation("what may not be is held", "change %d of device %s is applied, whose author or tablet may not write there", m.ID, b.device)}
	case m.Status == Waiting && !f.missing(b):
		return []Violation{violation("what waits is applied as soon as it can be", "change %d waits, and all that it needs is there", m.ID)}
	case m.Status != Applied && m.Status != Waiting && !f.doubtful(b):
		return []Violation{violation("nothing is held without a reason", "change %d of device %s is %s", m.ID, b.device, m.Status)}
	}
	return nil
}

// tried gives when a form was applied, or was refused for the last time: when it came, unless it had to
// wait, or people decided about it.
func (f fates) tried(b *bundle) Span {
	came := b.matches[0].When
	switch {
	case b.decided != nil && b.decided.Status != "":
		return b.decided.When
	case b.decided != nil || !f.complete(b):
		return Span{came.From, f.e.Now}
	}
	return came
}

// complete reports whether all that a form needs was there for certain when it came, or comes with it.
func (f fates) complete(b *bundle) bool {
	for _, m := range b.matches {
		for _, record := range []string{m.Change.Record, f.e.Homes[m.Change.Record]} {
			if !f.brings(b, record) && !f.there(m, record) {
				return false
			}
		}
	}
	return true
}

// brings reports whether a form makes a record.
func (f fates) brings(b *bundle, record string) bool {
	return slices.ContainsFunc(b.matches, func(m Match) bool { return m.Change.Record == record && f.makes(m) })
}

func (f fates) makes(m Match) bool { return m.ID == f.first[m.Change.Record] }

// there reports whether a record was there for certain when a change came: what made it came before, or right before
// it, in the same request, and counted at once.
func (f fates) there(c Match, record string) bool {
	return slices.ContainsFunc(f.makers[record], func(m Match) bool {
		b := f.of(m)
		beside := m.Device == c.Device && m.N < c.N && m.When == c.When && b.decided == nil
		return f.tried(b).before(c.When) || beside && f.complete(b)
	})
}

// missing reports whether something that a form needs is not there now.
func (f fates) missing(b *bundle) bool {
	return slices.ContainsFunc(b.matches, func(m Match) bool {
		return len(f.makers[m.Change.Record]) == 0 || len(f.makers[f.e.Homes[m.Change.Record]]) == 0
	})
}

// forbidden reports whether a form must not have been applied by itself.
func (f fates) forbidden(b *bundle) bool {
	when := f.tried(b)
	rights := f.e.Orders.rights(b.device, when)
	if rights.Sure(revoked) {
		return true
	}
	return slices.ContainsFunc(b.matches, func(m Match) bool {
		return rights.Sure(func(s Standing) bool { return !s.Authors[m.Change.Author] }) ||
			outside(rights.Sure, f.before(m, when)) || outside(rights.Sure, f.after(m, when))
	})
}

// outside reports whether all of some areas, if there are any, are outside of what a device has.
func outside(holds func(func(Standing) bool) bool, areas []string) bool {
	return len(areas) > 0 && !slices.ContainsFunc(areas, func(area string) bool {
		return !holds(func(s Standing) bool { return !s.Areas[area] })
	})
}

// doubtful reports whether a form may have been held for a reason.
func (f fates) doubtful(b *bundle) bool {
	when := f.tried(b)
	rights := f.e.Orders.rights(b.device, when)
	if f.e.Orders.mayBeRevoked(b.device, when) {
		return true
	}
	return slices.ContainsFunc(b.matches, func(m Match) bool {
		if rights.Maybe(func(s Standing) bool { return !s.Authors[m.Change.Author] }) {
			return true
		}
		areas := slices.Concat(f.before(m, when), f.after(m, when))
		return slices.ContainsFunc(areas, func(area string) bool {
			return rights.Maybe(func(s Standing) bool { return !s.Areas[area] })
		})
	})
}

// before gives the areas in one of which a record was when its change was tried; none if it was not
// there.
func (f fates) before(m Match, when Span) []string { return areasOf(f.candidates(m, when)) }

// candidates gives the changes of which one said at a time where the record of another one is: of those
// that certainly counted the latest, and later ones that may have. There are none if the same form makes
// the record: whatever else is said of it waits for that.
func (f fates) candidates(m Match, when Span) []Match {
	home := f.e.Homes[m.Change.Record]
	if f.brings(f.of(m), home) {
		return nil
	}
	var out []Match
	for _, mover := range f.movers[home] {
		if f.of(mover) == f.of(m) {
			continue
		}
		at := f.tried(f.of(mover))
		if when.before(at) {
			continue
		}
		out = append(out, mover)
	}
	sure := slices.DeleteFunc(slices.Clone(out), func(o Match) bool { return !f.tried(f.of(o)).before(when) })
	if len(sure) == 0 {
		return out
	}
	latest := slices.MaxFunc(sure, func(a, b Match) int { return rankOf(a, b) })
	return slices.DeleteFunc(out, func(o Match) bool { return rankOf(o, latest) < 0 })
}

// rankOf compares which of two changes shows.
func rankOf(a, b Match) int {
	return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.Device, b.Device), cmp.Compare(a.N, b.N))
}

// after gives the areas in one of which the record is once the change counts.
func (f fates) after(m Match, when Span) []string {
	out := f.candidates(m, when)
	for _, own := range f.of(m).matches {
		if own.Change.Record == f.e.Homes[m.Change.Record] && own.Entry.Writes["area"] != "" {
			out = slices.DeleteFunc(out, func(o Match) bool { return own.ID == m.ID && rankOf(o, own) < 0 })
			out = append(out, own)
		}
	}
	return areasOf(out)
}

func areasOf(matches []Match) []string {
	var out []string
	for _, m := range matches {
		out = append(out, strings.Trim(m.Entry.Writes["area"], `"`))
	}
	return out
}
