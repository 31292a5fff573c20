package oracle

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// A Conflict is one that the office lists as open.
type Conflict struct {
	Record, Field string
	Sides         []Side
}

// A Side is one of the writes that clash.
type Side struct {
	Field, Value, Device string
	N                    int64
}

// A Shown is a record as somebody shows it.
type Shown struct {
	Collection, Area string
	Deleted          bool
	// Values holds what shows, by field, as JSON; Conflicts the fields that are marked as in conflict.
	Values    map[string]string
	Conflicts []string
	// Own names the fields in which a tablet shows what was written on it and is not applied.
	Own []string
}

// equal reports whether two show the same.
func (s Shown) equal(other Shown) bool {
	return s.Collection == other.Collection && s.Area == other.Area && s.Deleted == other.Deleted &&
		maps.Equal(s.Values, other.Values) && slices.Equal(s.Conflicts, other.Conflicts)
}

// without gives what is shown but for some fields.
func (s Shown) without(fields []string) Shown {
	s.Values = maps.Clone(s.Values)
	s.Conflicts = slices.Clone(s.Conflicts)
	for _, field := range fields {
		delete(s.Values, field)
		s.Conflicts = slices.DeleteFunc(s.Conflicts, func(other string) bool { return other == field })
		s.Deleted = s.Deleted && field != Deleted
	}
	return s
}

// An Evidence is what the office and the tablets say in the end, beside what people did.
type Evidence struct {
	Changes   []Change
	Entries   []Entry
	Conflicts []Conflict
	// Records is what the office shows, by id.
	Records map[string]Shown
	// Replicas are the tablets that synced to the end.
	Replicas []Replica
	// Homes names, for each record, the one that says in which area it is: itself or its household.
	Homes map[string]string
	// Orders are what the office was told of the devices, and Decided what people decided there about
	// changes that were held.
	Orders  *Orders
	Decided map[Version]Decision
	// Aid is what the office makes of what was delivered, nil if nobody asked.
	Aid *Aid
	// Slack is how far, in milliseconds, a tablet's clock may be ahead and still be believed.
	Slack int64
	// Now is when all this is looked at.
	Now time.Time
}

// A Replica is what one tablet shows in the end.
type Replica struct {
	Name, Device string
	// Records holds what it shows, also of records that are deleted, by id.
	Records map[string]Shown
}

// Judge gives every promise that the evidence shows broken.
func Judge(e Evidence) []Violation {
	matches, broken := MatchAll(e.Changes, e.Entries)
	fates := fatesOf(e, matches)
	byRecord := map[string][]Match{}
	for _, m := range matches {
		b := fates.of(m)
		m.Late = !fates.complete(b) || b.decided != nil
		byRecord[m.Change.Record] = append(byRecord[m.Change.Record], m)
	}
	for _, record := range slices.Sorted(maps.Keys(byRecord)) {
		broken = append(broken, judgeTimes(byRecord[record], e.Slack)...)
		broken = append(broken, e.judgeRecord(record, WritesOf(byRecord[record]))...)
	}
	for _, record := range slices.Sorted(maps.Keys(e.Records)) {
		if len(byRecord[record]) == 0 {
			broken = append(broken, violation("nothing is there that nobody wrote", "record %s is", record))
		}
	}
	broken = append(broken, judgeForms(matches)...)
	broken = append(broken, e.judgeClaims(matches)...)
	broken = append(broken, fates.judge()...)
	broken = append(broken, e.judgeConflicts()...)
	broken = append(broken, e.judgePlaces()...)
	broken = append(broken, e.judgeAid()...)
	for _, r := range e.Replicas {
		broken = append(broken, e.judgeReplica(r)...)
	}
	return broken
}

// judgeForms looks at whether what was saved together was applied together.
func judgeForms(matches []Match) (broken []Violation) {
	applied := map[int]map[bool]int{}
	for _, m := range matches {
		if applied[m.Form] == nil {
			applied[m.Form] = map[bool]int{}
		}
		applied[m.Form][m.Status == Applied]++
	}
	for _, form := range slices.Sorted(maps.Keys(applied)) {
		if len(applied[form]) > 1 {
			broken = append(broken, violation("a form is applied whole or not at all", "of form %d, %d changes are applied and %d are not", form, applied[form][true], applied[form][false]))
		}
	}
	return broken
}

// judgeTimes looks at whether a clock won that should not be believed.
func judgeTimes(matches []Match, slack int64) (broken []Violation) {
	times := map[int64]bool{}
	for _, m := range matches {
		times[m.Time] = true
	}
	for _, m := range matches {
		believed := min(m.Entry.Claimed, m.Received+slack)
		follows := m.Time > believed && times[m.Time-1]
		if m.Status == Applied && m.Time != believed && !follows {
			broken = append(broken, violation("no clock wins that is ahead", "change %d has time %d; it claimed %d, was received at %d and follows nothing", m.ID, m.Time, m.Entry.Claimed, m.Received))
		}
	}
	return broken
}

// judgeRecord compares one record's conflicts and shown values with what its writes come to.
func (e Evidence) judgeRecord(record string, writes []Write) (broken []Violation) {
	shown, known := e.Records[record]
	if !known {
		if len(writes) > 0 {
			broken = append(broken, violation("nothing is lost", "record %s has applied changes and is not there", record))
		}
		return broken
	}
	if w, seen, found := Backwards(writes); found {
		broken = append(broken, violation("who saw a value comes after it", "%s: %s of %s has time %d, and was written by who saw %s of %s, of %d", record, w.Value, w.Field, w.Time, seen.Value, seen.Field, seen.Time))
	}
	few, many := FoldOf(writes, Most), FoldOf(writes, Least)
	for _, field := range slices.Sorted(maps.Keys(many.Heads)) {
		at := record + "/" + field
		actual := e.valuesOf(record, field, shown)
		for _, value := range Values(few.Heads[field]) {
			if !slices.Contains(actual, value) {
				broken = append(broken, violation("no value is overwritten unseen", "%s: %s was seen by nobody who wrote the field, and is none of %v", at, value, actual))
			}
		}
		for _, value := range actual {
			if !slices.Contains(Values(many.Heads[field]), value) {
				broken = append(broken, violation("who saw a value replaced it", "%s: %s is still there; what is left should be %v", at, value, Values(many.Heads[field])))
			}
		}
		winner := latest(few.Heads[field], actual)
		if !slices.ContainsFunc(many.Heads[field], func(h Write) bool { return h.Value == shown.Values[field] && !h.before(winner) }) {
			broken = append(broken, violation("the latest shows", "%s shows %s, the latest is %s, or later", at, shown.Values[field], winner.Value))
		}
		if listed := e.listed(record, field); field != Deleted && len(listed) > 0 {
			broken = append(broken, judgeListed(at, shown.Values[field], listed, few.Heads[field], many.Heads[field])...)
		}
	}
	for _, field := range slices.Sorted(maps.Keys(shown.Values)) {
		if len(many.Heads[field]) == 0 {
			broken = append(broken, violation("nothing is there that nobody wrote", "%s of %s shows %s", field, record, shown.Values[field]))
		}
	}
	return append(broken, e.judgeDeletion(record, shown, few, many)...)
}

// listed names the writes of a field that are listed as in conflict.
func (e Evidence) listed(record, field string) map[Version]bool {
	out := map[Version]bool{}
	for _, c := range e.Conflicts {
		if c.Record != record || c.Field != field {
			continue
		}
		for _, side := range c.Sides {
			if side.Field == field {
				out[Version{side.Device, side.N}] = true
			}
		}
	}
	return out
}

// judgeListed looks at which writes are listed as in conflict: those that nobody has seen, of which the latest shows.
func judgeListed(at, shown string, listed map[Version]bool, few, many []Write) (broken []Violation) {
	for _, h := range few {
		if !listed[Version{h.Device, h.N}] {
			broken = append(broken, violation("no value is overwritten unseen", "%s: %s is in conflict, and not listed", at, h.Value))
		}
	}
	var heads []Write
	for _, h := range many {
		if listed[Version{h.Device, h.N}] {
			heads = append(heads, h)
		}
	}
	if len(heads) != len(listed) {
		broken = append(broken, violation("who saw a value replaced it", "%s: %d writes are listed, of which %d may be open", at, len(listed), len(heads)))
	}
	if len(heads) > 0 && heads[0].Value != shown {
		broken = append(broken, violation("the latest shows", "%s shows %s, the latest that is listed is %s", at, shown, heads[0].Value))
	}
	return broken
}

// latest gives the write with the largest time, of those that nobody can have seen and whose value there really is:
// it shows, or one that is later and that nobody has certainly seen.
func latest(heads []Write, values []string) Write {
	for _, h := range heads {
		if slices.Contains(values, h.Value) {
			return h
		}
	}
	return Write{}
}

// valuesOf gives the values of a field that the office has: the shown one and those that clash with it.
func (e Evidence) valuesOf(record, field string, shown Shown) []string {
	values := []string{shown.Values[field]}
	for _, c := range e.Conflicts {
		if c.Record != record || c.Field != field {
			continue
		}
		for _, side := range c.Sides {
			if side.Field == field {
				values = append(values, side.Value)
			}
		}
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// judgeDeletion compares whether a record shows as deleted, and which edits contest that.
func (e Evidence) judgeDeletion(record string, shown Shown, few, many Fold) (broken []Violation) {
	if len(few.Heads[Deleted]) == 0 || few.Heads[Deleted][0].ID != many.Heads[Deleted][0].ID {
		return nil // there is none, or which one shows is not known for sure
	}
	if few.Deleted == many.Deleted && shown.Deleted != few.Deleted {
		broken = append(broken, violation("the latest shows", "record %s shows as deleted: %v, should be %v", record, shown.Deleted, few.Deleted))
	}
	contested := e.contesting(record)
	sure, possible := contests(few), contests(many)
	for _, c := range sure {
		if !slices.Contains(contested, c) {
			broken = append(broken, violation("a deletion never swallows an edit", "record %s: %s was written unseen and does not contest its deletion", record, c))
		}
	}
	for _, c := range contested {
		if !slices.Contains(possible, c) {
			broken = append(broken, violation("who saw a deletion does not contest it", "record %s: %s contests its deletion", record, c))
		}
	}
	return broken
}

// contests names the heads that contest a deletion.
func contests(f Fold) []string {
	var out []string
	for _, w := range f.Contested {
		out = append(out, w.Field+" "+w.Value)
	}
	return out
}

// contesting names those that the office lists.
func (e Evidence) contesting(record string) []string {
	var out []string
	for _, c := range e.Conflicts {
		if c.Record != record || c.Field != Deleted {
			continue
		}
		for _, side := range c.Sides {
			if side.Field != Deleted {
				out = append(out, side.Field+" "+side.Value)
			}
		}
	}
	return out
}

// judgeConflicts looks at whether what is listed as open clashes at all.
func (e Evidence) judgeConflicts() (broken []Violation) {
	for _, c := range e.Conflicts {
		if _, is := e.Records[c.Record]; !is {
			broken = append(broken, violation("nothing is there that nobody wrote", "%s/%s is in conflict", c.Record, c.Field))
		}
		clashes := slices.ContainsFunc(c.Sides, func(s Side) bool { return s.Field != c.Sides[0].Field || s.Value != c.Sides[0].Value })
		if !clashes {
			broken = append(broken, violation("what is settled is not listed", "%s/%s is listed as in conflict, with %v", c.Record, c.Field, c.Sides))
		}
	}
	return broken
}

// judgePlaces looks at whether each record is where its household is.
func (e Evidence) judgePlaces() (broken []Violation) {
	for _, id := range slices.Sorted(maps.Keys(e.Records)) {
		record, home := e.Records[id], e.Records[e.Homes[id]]
		if area, says := home.Values["area"]; says && area != strconv.Quote(record.Area) {
			broken = append(broken, violation("what belongs to a household is where it is", "record %s is in area %s, its household is in %s", id, record.Area, area))
		}
	}
	return broken
}

// judgeReplica compares what a tablet shows with what the office shows of its areas.
func (e Evidence) judgeReplica(r Replica) (broken []Violation) {
	stands := e.Orders.Of(r.Device, At(e.Now))
	for _, id := range slices.Sorted(maps.Keys(e.Records)) {
		office := e.Records[id]
		own, has := r.Records[id]
		switch {
		case !stands.Sure(func(s Standing) bool { return s.Areas[office.Area] }):
			continue
		case !has && !office.Deleted:
			broken = append(broken, violation("all show the same", "%s lacks record %s", r.Name, id))
		case has && !own.without(own.Own).equal(office.without(own.Own)):
			broken = append(broken, violation("all show the same", "%s shows record %s as %s, the office %s", r.Name, id, own, office))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(r.Records)) {
		office, known := e.Records[id]
		mine := known && stands.Maybe(func(s Standing) bool { return s.Areas[office.Area] })
		if !mine && len(r.Records[id].Own) < len(r.Records[id].Values) {
			broken = append(broken, violation("nothing leaks", "%s shows record %s, of which it should know nothing", r.Name, id))
		}
	}
	return broken
}

// String gives the whole of it.
func (s Shown) String() string {
	return fmt.Sprintf("{%s in %s, deleted %v, conflicts %v, %v}", s.Collection, s.Area, s.Deleted, s.Conflicts, s.Values)
}
