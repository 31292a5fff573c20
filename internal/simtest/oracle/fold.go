// Package oracle says what must be true of a system that loses nothing, from nothing but what people
// did and saw.
//
// A ledger, written by whoever plays the people, holds what each saved and what was on the screen when
// it was. From it the package computes what the office has to have, which conflicts have to be open
// and which value has to show, and compares that with what the office and the tablets say. It imports
// nothing of the product and repeats none of its steps: it looks at the whole set at once, where the
// product takes in one change after the other. It never decides how something came about.
package oracle

import (
	"cmp"
	"maps"
	"slices"
)

// Deleted is the field that says whether a record is deleted, and True what it says then.
const (
	Deleted = "deleted"
	True    = "true"
)

// A Write is a value that one change gave one field of a record.
type Write struct {
	// ID names the write within its record.
	ID    int
	Field string
	Value string
	// Time, Device and N are what the office says of the change.
	Time   int64
	Device string
	N      int64
	// Late says that it may count only since something else came, or was decided: its time may have been set after that of
	// who saw it.
	Late bool
	// Saw names the writes of the field that its author was looking at. Maybe names writes of which
	// that is not known: two that say the same look the same.
	Saw, Maybe []int
	// Knew and MaybeKnew name deletions of the record that its author saw.
	Knew, MaybeKnew []int
	// Again names the writes that this one brings back, and what it undoes: it may stand to a deletion as they did.
	Again []int
	// Seen and MaybeSeen go with a deletion: the writes of every field that its author was looking at.
	Seen, MaybeSeen []int
}

// before reports whether a write loses against another: the one with the larger time shows.
func (w Write) before(other Write) bool {
	return cmp.Or(cmp.Compare(w.Time, other.Time), cmp.Compare(w.Device, other.Device), cmp.Compare(w.N, other.N)) < 0
}

// Knowledge says how writes of which nobody can tell whether they were seen are taken.
type Knowledge bool

// The two ends between which the truth lies.
const (
	Least Knowledge = false
	Most  Knowledge = true
)

func (k Knowledge) of(sure, maybe []int) []int {
	if k == Most {
		return slices.Concat(sure, maybe)
	}
	return sure
}

// A Fold is what a set of writes of one record comes to.
type Fold struct {
	// Heads holds, by field, the writes that no other write has seen, the one that shows first.
	Heads map[string][]Write
	// Deleted is whether the record shows as deleted.
	Deleted bool
	// Contested names the heads that clash with the deletion: neither had seen the other.
	Contested []Write
}

// FoldOf looks at all the writes of a record at once.
func FoldOf(writes []Write, k Knowledge) Fold {
	out := Fold{Heads: map[string][]Write{}}
	seen := map[int]bool{}
	for _, w := range writes {
		for _, id := range k.of(w.Saw, w.Maybe) {
			if id != w.ID {
				seen[id] = true
			}
		}
	}
	for _, w := range writes {
		if !seen[w.ID] {
			out.Heads[w.Field] = append(out.Heads[w.Field], w)
		}
	}
	for _, heads := range out.Heads {
		slices.SortFunc(heads, func(a, b Write) int {
			if a.before(b) {
				return 1
			}
			return -1
		})
	}
	out.contest(k)
	return out
}

// contest finds the heads that clash with the deletion that shows, if one does.
func (f *Fold) contest(k Knowledge) {
	heads := f.Heads[Deleted]
	if len(heads) == 0 || heads[0].Value != True {
		return
	}
	deletion := heads[0]
	f.Deleted = true
	for _, field := range slices.Sorted(maps.Keys(f.Heads)) {
		for _, h := range f.Heads[field] {
			seen := k.of(deletion.Seen, deletion.MaybeSeen)
			known := slices.Contains(seen, h.ID) || slices.Contains(k.of(h.Knew, h.MaybeKnew), deletion.ID) ||
				k == Most && slices.ContainsFunc(h.Again, func(id int) bool { return slices.Contains(seen, id) })
			if field == Deleted || known {
				continue
			}
			f.Contested = append(f.Contested, h)
			f.Deleted = f.Deleted && h.Time <= deletion.Time
		}
	}
}

// Backwards gives a write that has not a larger time than one that its author was certainly looking at, and that
// the office had when it decided the time.
func Backwards(writes []Write) (w, seen Write, found bool) {
	byID := map[int]Write{}
	for _, w := range writes {
		byID[w.ID] = w
	}
	for _, w := range writes {
		for _, id := range slices.Concat(w.Saw, w.Knew, w.Seen) {
			if seen, counts := byID[id]; counts && id != w.ID && !seen.Late && seen.Time >= w.Time {
				return w, seen, true
			}
		}
	}
	return Write{}, Write{}, false
}

// Values gives the different values among heads, sorted.
func Values(heads []Write) []string {
	var out []string
	for _, h := range heads {
		out = append(out, h.Value)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Open reports whether a field has an open conflict.
func (f Fold) Open(field string) bool {
	return len(Values(f.Heads[field])) > 1 || field == Deleted && len(f.Contested) > 0
}
