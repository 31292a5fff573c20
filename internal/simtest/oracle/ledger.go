package oracle

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// A Sight is what somebody saw of a field: the value, "" for nothing, and the time that stands beside
// it, 0 if none did.
type Sight struct {
	Value string
	Time  int64
}

// A Change is what somebody saved of one record, as it was written down when they did.
type Change struct {
	// ID counts the changes of the ledger in the order in which they were saved.
	ID int
	// By is whose change it is: a tablet's name, or [Office].
	By string
	// Author is in whose name a tablet's change was made.
	Author string
	// Form is the ID of the first change that was saved together with it.
	Form       int
	Record     string
	Collection string
	// Writes holds values by field, as JSON.
	Writes map[string]string
	// Saw holds what was on the screen: of the fields written, of [Deleted] and, with a deletion, of
	// every field. Who settles a conflict sees several values of one field.
	Saw map[string][]Sight
	// Claimed is the time that stands beside the change where it was made.
	Claimed int64
	// Owed says that the change has to be at the office: it is there, or somebody still holds it.
	Owed bool
	// Restates is the change whose value this one brings back as it was, with all that its author had
	// seen; none if Device is "".
	Restates Version
	// Twin says that it was saved on a tablet of which there is a copy. Who saves the same on the copy, at
	// the same place of its history, saves the same change.
	Twin bool
	// Names are those that it had at an office that went back to a backup then. It may have come once more under
	// another one, or not at all: whoever saw it there knows it by the old one.
	Names []string
	// Void says that it never was, or is gone for a good reason: nobody may have it.
	Void bool
}

// A Version names a change as the office does.
type Version struct {
	Device string
	N      int64
}

// Office is who makes changes at the office.
const Office = "office"

// An Entry is one change in a record's history as the office tells it.
type Entry struct {
	Record string
	Device string
	N      int64
	// Name is by what those name it who saw it: it tells which changes of its device stand before it, too.
	Name string
	// Office says that the office made it.
	Office bool
	// Author is in whose name a device made it.
	Author                  string
	Writes                  map[string]string
	Status                  string
	Claimed, Received, Time int64
	// When is when it came.
	When Span
}

// Applied is the status of a change that counts.
const Applied = "applied"

// A Match is a change of the ledger and what the office has of it.
type Match struct {
	Change
	Entry
	// Late says that it may have had to wait for another one or for people, and may count only since then.
	Late bool
}

// A Violation is a promise that was broken.
type Violation struct {
	// Promise says which, in a few words.
	Promise string
	// What is how.
	What string
}

// String gives one line.
func (v Violation) String() string { return v.Promise + ": " + v.What }

func violation(promise, format string, args ...any) Violation {
	return Violation{promise, fmt.Sprintf(format, args...)}
}

// key is what a change and an entry have in common.
func key(record string, office bool, author string, writes map[string]string) string {
	text := fmt.Sprint(record, office, author)
	for _, field := range slices.Sorted(maps.Keys(writes)) {
		text += "\x00" + field + "\x00" + writes[field]
	}
	return text
}

func (c Change) key() string { return key(c.Record, c.By == Office, c.Author, c.Writes) }

// MatchAll finds for each entry the change that it is of. It reports changes that are owed and missing,
// that are there twice, and entries of nobody's.
//
// Where several changes say the same, the one that a tablet saved right behind another stands right behind that at
// the office too; then the time that it claims tells; then those come first that have to be found.
func MatchAll(changes []Change, entries []Entry) (matches []Match, broken []Violation) {
	p := pairing{open: map[string][]Entry{}, rest: map[string][]Change{}, behind: map[int]int{}, as: map[int]Version{}}
	for _, e := range entries {
		k := key(e.Record, e.Office, e.Author, e.Writes)
		p.open[k] = append(p.open[k], e)
	}
	last := map[string]int{}
	for _, c := range changes {
		p.rest[c.key()] = append(p.rest[c.key()], c)
		if before, has := last[c.By]; has {
			p.behind[c.ID] = before
		}
		if !c.Void {
			last[c.By] = c.ID
		}
	}
	alone := func(c Change, _ Entry) bool { return len(p.rest[c.key()]) == 1 && len(p.open[c.key()]) == 1 }
	claims := func(c Change, e Entry) bool { return e.Claimed == c.Claimed }
	for _, same := range []func(Change, Entry) bool{alone, p.follows, claims} {
		p.pair(changes, same)
	}
	keys := slices.Sorted(maps.Keys(p.rest))
	for _, k := range keys {
		slices.SortStableFunc(p.rest[k], func(a, b Change) int { return cmp.Compare(rank(a), rank(b)) })
		p.pair(slices.Clone(p.rest[k]), func(Change, Entry) bool { return true })
	}
	found := map[string]bool{}
	for _, m := range p.matches {
		found[m.key()] = true
	}
	for _, k := range keys {
		for _, c := range p.rest[k] {
			if c.Owed && !c.Void && (!c.Twin || !found[k]) {
				broken = append(broken, violation("nothing is lost", "change %d of %s is not at the office", c.ID, c.By))
			}
		}
	}
	for _, k := range slices.Sorted(maps.Keys(p.open)) {
		for _, e := range p.open[k] {
			broken = append(broken, violation("exactly once", "change %d of device %s is nobody's, or there twice: %v", e.N, e.Device, e.Writes))
		}
	}
	return p.matches, append(broken, gaps(entries)...)
}

// A pairing finds for entries the changes that they are of.
type pairing struct {
	// open and rest are the entries and the changes that are not matched yet, by what they have in common.
	open map[string][]Entry
	rest map[string][]Change
	// behind is the change that the same one saved before, as what changes are at the office, by their IDs.
	behind  map[int]int
	as      map[int]Version
	matches []Match
}

// pair matches changes with the first entry that is the same.
func (p *pairing) pair(changes []Change, same func(Change, Entry) bool) {
	for _, c := range changes {
		k := c.key()
		own := slices.IndexFunc(p.rest[k], func(o Change) bool { return o.ID == c.ID })
		at := slices.IndexFunc(p.open[k], func(e Entry) bool { return same(c, e) })
		other := c.By == Office && c.Claimed != 0 && at >= 0 && p.open[k][at].Claimed != c.Claimed // what the office makes claims one time for good
		if own < 0 || at < 0 || c.Void || other {
			continue
		}
		e := p.open[k][at]
		p.matches = append(p.matches, Match{Change: c, Entry: e})
		p.as[c.ID] = Version{e.Device, e.N}
		p.open[k], p.rest[k] = slices.Delete(p.open[k], at, at+1), slices.Delete(p.rest[k], own, own+1)
	}
}

// follows reports whether an entry stands right behind that of the change that was saved before one.
func (p *pairing) follows(c Change, e Entry) bool {
	before, has := p.behind[c.ID]
	as, matched := p.as[before]
	return has && matched && c.By != Office && as == Version{e.Device, e.N - 1}
}

// rank puts the changes first that have to be found.
func rank(c Change) int {
	if c.Owed {
		return 0
	}
	return 1
}

// gaps looks at whether each device's changes count 1, 2, 3 ….
func gaps(entries []Entry) (broken []Violation) {
	numbers := map[string][]int64{}
	for _, e := range entries {
		numbers[e.Device] = append(numbers[e.Device], e.N)
	}
	for _, device := range slices.Sorted(maps.Keys(numbers)) {
		slices.Sort(numbers[device])
		for i, n := range numbers[device] {
			if n != int64(i+1) {
				broken = append(broken, violation("versions are gapless", "device %s has change %d where %d was due", device, n, i+1))
				break
			}
		}
	}
	return broken
}

// WritesOf gives the writes of one record that count, with what is known of what their authors saw.
func WritesOf(matches []Match) []Write {
	var out []Write
	v := views{owner: map[int]Match{}}
	for _, m := range matches {
		for _, field := range slices.Sorted(maps.Keys(m.Entry.Writes)) {
			w := Write{ID: len(v.all), Field: field, Value: m.Entry.Writes[field], Time: m.Time, Device: m.Device, N: m.N, Late: m.Late}
			v.owner[w.ID] = m
			v.all = append(v.all, w) // who made one that is held looks at it too
			if m.Status == Applied {
				out = append(out, w)
			}
		}
	}
	for i := range out {
		w := &out[i]
		m, brought := restating(v.owner[w.ID], matches)
		w.Saw, w.Maybe = v.seen(m.Change, w.Field)
		if len(brought) > 0 {
			w.Again = append(v.of(brought, w.Field), w.Saw...)
		}
		for _, b := range brought {
			if b.Restates.Device != "" { // it undid a settlement itself
				undid, _ := v.seen(b.Change, w.Field)
				w.Again = append(w.Again, undid...)
			}
		}
		if w.Field != Deleted {
			w.Knew, w.MaybeKnew = v.seen(m.Change, Deleted)
			continue
		}
		for _, field := range slices.Sorted(maps.Keys(m.Saw)) {
			if field != Deleted {
				sure, maybe := v.seen(m.Change, field)
				w.Seen, w.MaybeSeen = append(w.Seen, sure...), append(w.MaybeSeen, maybe...)
			}
		}
	}
	return out
}

// restating gives a change that brings another one back with what the author of that one had seen, and which
// changes it brings back.
func restating(m Match, matches []Match) (out Match, brought []Match) {
	saw := maps.Clone(m.Saw)
	for origin := m; origin.Restates.Device != "" && len(brought) < len(matches); { // what is matched by mistake may go round
		at := slices.IndexFunc(matches, func(o Match) bool { return o.Device == origin.Restates.Device && o.N == origin.Restates.N })
		if at < 0 {
			break
		}
		origin = matches[at]
		brought = append(brought, origin)
		for field, sights := range origin.Saw {
			if _, own := m.Change.Writes[field]; !own {
				saw[field] = sights
			}
		}
	}
	m.Saw = saw
	return m, brought
}

// views are the writes of a record that people may have been looking at.
type views struct {
	all   []Write
	owner map[int]Match
}

// of gives the writes of a field that some changes made.
func (v views) of(changes []Match, field string) (ids []int) {
	for _, w := range v.all {
		if w.Field == field && slices.ContainsFunc(changes, func(m Match) bool { return m.ID == v.owner[w.ID].ID }) {
			ids = append(ids, w.ID)
		}
	}
	return ids
}

// seen gives the writes that somebody was looking at who saw that of a field. Where several say the
// same, the time tells them apart, if it was known; a time that none has is one's that the office lost.
func (v views) seen(c Change, field string) (sure, maybe []int) {
	for _, sight := range c.Saw[field] {
		one, other := v.seenAs(c, field, sight)
		sure, maybe = append(sure, one...), append(maybe, other...)
	}
	return sure, maybe
}

func (v views) seenAs(c Change, field string, sight Sight) (sure, maybe []int) {
	for _, w := range v.all {
		if w.Field != field || w.Value != sight.Value || v.owner[w.ID].ID >= c.ID {
			continue
		}
		by := v.owner[w.ID]
		claimed := !by.Office && by.Change.Claimed == sight.Time // what the office writes has its time at once
		if sight.Time != 0 && (w.Time == sight.Time || claimed) && !v.renamed(w) {
			sure = append(sure, w.ID)
		} else {
			maybe = append(maybe, w.ID)
		}
	}
	switch {
	case len(sure) == 0 && len(maybe) == 1 && sight.Time == 0 && !v.renamed(v.all[maybe[0]]):
		return maybe, nil
	case len(sure) > 1:
		return nil, append(sure, maybe...)
	}
	return sure, maybe
}

// renamed reports whether a write's change had another name once.
func (v views) renamed(w Write) bool {
	m := v.owner[w.ID]
	return slices.ContainsFunc(m.Names, func(name string) bool { return name != m.Name })
}
