package oracle_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"satchel/internal/simtest/oracle"
)

// story is evidence in which every promise is kept: two tablets edited one phone without knowing of each
// other, and one of them deleted a record that the other had edited.
func story() oracle.Evidence {
	phone := func(id int, by, value string, saw ...oracle.Sight) oracle.Change {
		return oracle.Change{
			ID: id, By: by, Form: id, Record: "h1", Collection: "households", Owed: true, Claimed: int64(100 + id),
			Author: "w", Writes: map[string]string{"phone": value}, Saw: map[string][]oracle.Sight{"phone": saw},
		}
	}
	first := oracle.Sight{Value: `"1"`, Time: 100}
	changes := []oracle.Change{phone(0, "a", `"1"`), phone(1, "a", `"2"`, first), phone(2, "b", `"3"`, first)}
	changes[0].Writes["area"] = `"x"`
	entry := func(c oracle.Change, n int64) oracle.Entry {
		return oracle.Entry{Record: c.Record, Device: c.By, N: n, Name: nameOf(c.By, n), Author: c.Author, When: at(int64(c.ID) + 1), Writes: c.Writes, Status: oracle.Applied, Claimed: c.Claimed, Received: 1000, Time: c.Claimed}
	}
	deletion := oracle.Change{
		ID: 3, By: "b", Form: 3, Record: "h1", Collection: "households", Owed: true, Claimed: 103,
		Author: "w", Writes: map[string]string{oracle.Deleted: oracle.True}, Saw: map[string][]oracle.Sight{"phone": {{Value: `"3"`, Time: 102}}, "area": {{Value: `"x"`, Time: 100}}},
	}
	changes = append(changes, deletion)
	shown := oracle.Shown{
		Collection: "households", Area: "x", Deleted: true, Conflicts: []string{"phone"},
		Values: map[string]string{"phone": `"3"`, "area": `"x"`, oracle.Deleted: oracle.True},
	}
	orders := oracle.NewOrders()
	for _, device := range []string{"a", "b"} {
		orders.Set(device, at(0), oracle.Standing{Areas: areas, Authors: workers})
	}
	return oracle.Evidence{
		Changes: changes,
		Entries: []oracle.Entry{entry(changes[0], 1), entry(changes[1], 2), entry(changes[2], 1), entry(deletion, 2)},
		Conflicts: []oracle.Conflict{
			{Record: "h1", Field: "phone", Sides: []oracle.Side{phoneOf(`"3"`, "b", 1), phoneOf(`"2"`, "a", 2)}},
			{Record: "h1", Field: oracle.Deleted, Sides: []oracle.Side{{Field: oracle.Deleted, Value: oracle.True, Device: "b", N: 2}, phoneOf(`"2"`, "a", 2)}},
		},
		Records:  map[string]oracle.Shown{"h1": shown},
		Replicas: []oracle.Replica{{Name: "a", Device: "a", Records: map[string]oracle.Shown{}}},
		Homes:    map[string]string{"h1": "h1"},
		Orders:   orders,
		Slack:    1000,
		Now:      at(100).To,
	}
}

// areas and workers are those of both tablets.
var areas, workers = map[string]bool{"x": true}, map[string]bool{"w": true}

func phoneOf(value, device string, n int64) oracle.Side {
	return oracle.Side{Field: "phone", Value: value, Device: device, N: n}
}

// stand has a tablet stand otherwise since the first changes came.
func stand(e *oracle.Evidence, device string, one oracle.Standing) {
	e.Orders.Set(device, at(0), one)
}

// at gives the span of a second.
func at(second int64) oracle.Span { return oracle.At(time.Unix(second, 0)) }

func TestNothingIsBroken(t *testing.T) {
	for _, v := range oracle.Judge(story()) {
		t.Error(v)
	}
}

// decide has the office write the phone, which restates a change if it brings one back.
func decide(e *oracle.Evidence, restates oracle.Version, value string, saw oracle.Sight) *oracle.Change {
	id := len(e.Changes)
	entry := again(e.Entries[2], oracle.Office, int64(id-3))
	entry.Office, entry.Author, entry.Writes = true, "", map[string]string{"phone": value}
	entry.Claimed, entry.Time = int64(100+id), int64(100+id)
	e.Entries = append(e.Entries, entry)
	e.Changes = append(e.Changes, oracle.Change{
		ID: id, By: oracle.Office, Form: id, Record: "h1", Collection: "households", Owed: true, Claimed: entry.Claimed,
		Writes: entry.Writes, Saw: map[string][]oracle.Sight{"phone": {saw}}, Restates: restates,
	})
	return &e.Changes[id]
}

// decideAt has the office write the phone at a time.
func decideAt(e *oracle.Evidence, ms int64, value string, saw oracle.Sight) {
	decide(e, oracle.Version{}, value, saw).Claimed = ms
	last := &e.Entries[len(e.Entries)-1]
	last.Claimed, last.Time = ms, ms
}

// lose has the third change see one that the office lost, which had a name, in the place of the first.
func lose(e *oracle.Evidence, name string) {
	lost := e.Changes[0]
	lost.Writes, lost.Owed, lost.Names = map[string]string{"phone": `"9"`}, false, []string{name}
	e.Changes[2].Saw["phone"][0] = oracle.Sight{Value: `"9"`, Time: 55}
	e.Changes, e.Conflicts = append(e.Changes, lost), nil
}

// rename gives the second change another name than it had, and has the office see it and not know that.
func rename(e *oracle.Evidence, saw oracle.Sight) {
	e.Changes[1].Names = []string{"a:7"}
	decide(e, oracle.Version{}, `"5"`, saw)
	five := phoneOf(`"5"`, oracle.Office, 1)
	e.Conflicts[0].Sides = append(e.Conflicts[0].Sides, five)
	e.Conflicts[1].Sides = append(e.Conflicts[1].Sides, five)
	shown := e.Records["h1"]
	shown.Deleted = false
	shown.Values["phone"] = `"5"`
	e.Records["h1"] = shown
	e.Replicas[0].Records["h1"] = shown
}

// settles has the third change know of the second.
func settles(e *oracle.Evidence) {
	saw := e.Changes[2].Saw
	saw["phone"] = append(saw["phone"], oracle.Sight{Value: `"2"`, Time: 101})
}

// TestDoubtIsNoAccusation has evidence that leaves open what happened.
func TestDoubtIsNoAccusation(t *testing.T) {
	for name, bend := range map[string]func(*oracle.Evidence){
		"what came behind a clock that was ahead claims what the office made of that": func(e *oracle.Evidence) {
			e.Entries[0].Claimed, e.Entries[0].Time = 5000, 2000
			for i := range e.Entries[1:] {
				at := 2001 + int64(i)
				e.Entries[1+i].Claimed, e.Entries[1+i].Time = at, at
			}
			e.Changes[0].Claimed = 5000
		},
		"who saw a value of the office's that is lost did not see another that says the same": func(e *oracle.Evidence) {
			e.Changes[1].Saw["phone"][0].Time = 77
			e.Conflicts[0].Sides = append(e.Conflicts[0].Sides, phoneOf(`"1"`, "a", 1))
			e.Changes[2].Saw = nil
		},
		"what was held when who saw it was applied may have the same time": func(e *oracle.Evidence) {
			e.Changes[0].Claimed, e.Entries[0].Claimed, e.Entries[0].Time = 101, 101, 101
			e.Changes[1].Saw["phone"][0].Time, e.Changes[2].Saw["phone"][0].Time, e.Changes[3].Saw["area"][0].Time = 101, 101, 101
			e.Decided = map[oracle.Version]oracle.Decision{{Device: "a", N: 1}: {Status: oracle.Applied, When: at(10)}}
		},
		"who saw a value that has another name now may not count as having seen it": func(e *oracle.Evidence) {
			rename(e, oracle.Sight{Value: `"2"`, Time: 101})
		},
		"who saw a value without a time that has another name now may not count as having seen it": func(e *oracle.Evidence) {
			rename(e, oracle.Sight{Value: `"2"`})
		},
		"what the office lost is not what it made anew, of which nobody was told": func(e *oracle.Evidence) {
			decide(e, oracle.Version{}, `"5"`, oracle.Sight{Value: `"3"`, Time: 102}).Owed = false
			again := e.Changes[4]
			again.ID, again.Form, again.Claimed, again.Saw = 5, 5, 0, nil
			e.Changes = append(e.Changes, again)
			e.Entries[4].Claimed, e.Entries[4].Time = 105, 105
			five := phoneOf(`"5"`, oracle.Office, 1)
			e.Conflicts[0].Sides = append(e.Conflicts[0].Sides, five)
			e.Conflicts[1].Sides = append(e.Conflicts[1].Sides, five)
			shown := undeleted(e.Records["h1"])
			shown.Values["phone"] = `"5"`
			e.Records["h1"], e.Replicas[0].Records["h1"] = shown, shown
		},
		"what is brought back may stand to a deletion as it did": func(e *oracle.Evidence) {
			decide(e, oracle.Version{}, `"5"`, oracle.Sight{Value: `"3"`, Time: 102})
			decide(e, oracle.Version{Device: "b", N: 1}, `"3"`, oracle.Sight{Value: `"5"`, Time: 104})
			e.Conflicts[0].Sides[0] = phoneOf(`"3"`, oracle.Office, 2)
		},
		"what a settlement settled may be brought back as deleted as that was": func(e *oracle.Evidence) {
			settles(e)
			decide(e, oracle.Version{Device: "a", N: 2}, `"2"`, oracle.Sight{Value: `"3"`, Time: 102})
			e.Records["h1"].Values["phone"], e.Conflicts = `"2"`, nil
		},
		"what is brought back again may stand to a deletion as it did": func(e *oracle.Evidence) {
			settles(e)
			decide(e, oracle.Version{Device: "a", N: 2}, `"2"`, oracle.Sight{Value: `"3"`, Time: 102})
			settled := decide(e, oracle.Version{}, `"5"`, oracle.Sight{Value: `"2"`, Time: 104})
			settled.Saw[oracle.Deleted] = []oracle.Sight{{Value: oracle.True, Time: 103}}
			decide(e, oracle.Version{Device: oracle.Office, N: 1}, `"2"`, oracle.Sight{Value: `"5"`, Time: 105})
			e.Records["h1"].Values["phone"], e.Conflicts = `"2"`, nil
		},
		"who saw a value that had to wait may have the same time": func(e *oracle.Evidence) {
			e.Entries[1].When = at(0)
			decideAt(e, 101, `"5"`, oracle.Sight{Value: `"2"`, Time: 101})
			five := phoneOf(`"5"`, oracle.Office, 1)
			e.Conflicts[0].Sides[1], e.Conflicts[1].Sides[1] = five, five
		},
		"a record is nowhere before it is made, whatever somebody said of it at about that time": func(e *oracle.Evidence) {
			moved := map[string]string{"area": `"y"`}
			e.Changes[3].Writes, e.Entries[3].Writes, e.Conflicts = moved, moved, e.Conflicts[:1]
			e.Records["h1"] = oracle.Shown{
				Collection: "households", Area: "y", Conflicts: []string{"phone"}, Values: map[string]string{"phone": `"3"`, "area": `"y"`},
			}
			stand(e, "b", oracle.Standing{Areas: map[string]bool{"x": true, "y": true}, Authors: workers})
			e.Entries[0].When.To, e.Entries[3].When.From = at(10).To, at(0).From
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := story()
			bend(&e)
			for _, v := range oracle.Judge(e) {
				t.Error(v)
			}
		})
	}
}

// bends are evidence bent in one place each, and the promise that is broken by it.
type bends map[string]struct {
	bend func(*oracle.Evidence)
	want string
}

func (all bends) judge(t *testing.T) {
	for name, c := range all {
		t.Run(name, func(t *testing.T) {
			e := story()
			c.bend(&e)
			var promises []string
			for _, v := range oracle.Judge(e) {
				promises = append(promises, v.Promise)
			}
			if !slices.Contains(promises, c.want) {
				t.Errorf("broken: %q, want %q among them", strings.Join(promises, ", "), c.want)
			}
		})
	}
}

// TestAnOrderInTheMiddleOfAnEnrolmentMayCount has a device revoked that the office knows again only since that moment.
func TestAnOrderInTheMiddleOfAnEnrolmentMayCount(t *testing.T) {
	revoke := func(s oracle.Standing) oracle.Standing { s.Revoked = true; return s }
	revoked := func(s oracle.Standing) bool { return s.Revoked }
	for ordered, want := range map[int64]bool{2: false, 5: true} {
		orders := oracle.NewOrders()
		orders.Set("a", at(1), oracle.Standing{Lost: true})
		orders.Change("a", at(ordered), true, revoke)
		orders.Enrol("a", oracle.Span{From: at(4).From, To: at(6).To}, oracle.Standing{Areas: areas, Authors: workers})
		if stands := orders.Of("a", at(9)); stands.Maybe(revoked) != want || stands.Sure(revoked) {
			t.Errorf("revoked at %d, the device stands as %+v, may be revoked: %v, want %v", ordered, stands, stands.Maybe(revoked), want)
		}
	}
}

func TestEachPromiseCanBeBroken(t *testing.T) {
	bends{
		"a change is missing":          {func(e *oracle.Evidence) { e.Entries = e.Entries[:3] }, "nothing is lost"},
		"a change is there twice":      {func(e *oracle.Evidence) { e.Entries = append(e.Entries, again(e.Entries[1], "c", 1)) }, "exactly once"},
		"a change is nobody's":         {func(e *oracle.Evidence) { e.Changes = e.Changes[:3] }, "exactly once"},
		"what was refused is there":    {func(e *oracle.Evidence) { e.Changes[1].Void = true }, "exactly once"},
		"a number is left out":         {func(e *oracle.Evidence) { e.Entries[3].N = 3 }, "versions are gapless"},
		"half of a form is applied":    {func(e *oracle.Evidence) { e.Changes[1].Form = 0; e.Entries[1].Status = "held" }, "a form is applied whole or not at all"},
		"a clock from the future wins": {func(e *oracle.Evidence) { e.Entries[1].Claimed, e.Entries[1].Time = 1e6, 1e6 }, "no clock wins that is ahead"},
		"a clock that is behind loses": {func(e *oracle.Evidence) { e.Changes[1].Claimed, e.Entries[1].Claimed, e.Entries[1].Time = 50, 50, 50 }, "who saw a value comes after it"},
		"a claim was raised":           {func(e *oracle.Evidence) { e.Entries[1].Claimed++; e.Entries[1].Time++ }, "a claim stays what it was"},
		"the wrong value shows":        {func(e *oracle.Evidence) { e.Records["h1"].Values["phone"] = `"2"` }, "the latest shows"},
		"a record is gone":             {func(e *oracle.Evidence) { delete(e.Records, "h1") }, "nothing is lost"},
		"a deletion is not shown":      {func(e *oracle.Evidence) { e.Records["h1"] = undeleted(e.Records["h1"]) }, "the latest shows"},
		"who may not write there did": {func(e *oracle.Evidence) {
			stand(e, "b", oracle.Standing{Areas: map[string]bool{"y": true}, Authors: workers})
		}, "what may not be is held"},
		"who may not write at all did": {func(e *oracle.Evidence) { stand(e, "b", oracle.Standing{Areas: areas}) }, "what may not be is held"},
		"who was revoked wrote": {func(e *oracle.Evidence) {
			stand(e, "b", oracle.Standing{Areas: areas, Authors: workers, Revoked: true})
		}, "what may not be is held"},
		"a change is held for nothing": {func(e *oracle.Evidence) { e.Entries[3].Status = "held" }, "nothing is held without a reason"},
		"a change waits for nothing":   {func(e *oracle.Evidence) { e.Entries[3].Status = oracle.Waiting }, "what waits is applied as soon as it can be"},
		"nobody discarded it":          {func(e *oracle.Evidence) { e.Entries[3].Status = oracle.Discarded }, "only people discard"},
		"a decision is forgotten": {func(e *oracle.Evidence) {
			e.Decided = map[oracle.Version]oracle.Decision{{Device: "b", N: 2}: {Status: oracle.Discarded, When: at(3)}}
		}, "what was decided stays"},
		"a member stays behind": {func(e *oracle.Evidence) {
			e.Records["p1"] = oracle.Shown{Collection: "people", Area: "y"}
			e.Homes["p1"] = "h1"
		}, "what belongs to a household is where it is"},
		"a tablet lacks a record": {func(e *oracle.Evidence) {
			e.Records["h2"] = oracle.Shown{Collection: "households", Area: "x"}
		}, "all show the same"},
		"a tablet shows something else": {func(e *oracle.Evidence) {
			e.Replicas[0].Records["h1"] = undeleted(e.Records["h1"])
		}, "all show the same"},
		"a tablet shows another area's": {func(e *oracle.Evidence) {
			e.Replicas[0].Records["h1"] = e.Records["h1"]
			e.Orders.Set("a", at(50), oracle.Standing{})
		}, "nothing leaks"},
	}.judge(t)
}

func TestEachPromiseOfConflictsCanBeBroken(t *testing.T) {
	bends{
		"a value was overwritten": {func(e *oracle.Evidence) { e.Conflicts = e.Conflicts[1:] }, "no value is overwritten unseen"},
		"a conflict is settled and listed": {func(e *oracle.Evidence) {
			e.Changes, e.Entries, e.Conflicts[0].Sides = e.Changes[:3], e.Entries[:3], e.Conflicts[0].Sides[:1]
		}, "what is settled is not listed"},
		"a replaced value is back": {func(e *oracle.Evidence) {
			e.Conflicts[0].Sides = append(e.Conflicts[0].Sides, phoneOf(`"1"`, "a", 1))
		}, "who saw a value replaced it"},
		"a conflict leaves out a write": {func(e *oracle.Evidence) {
			e.Changes[1].Writes["phone"], e.Conflicts[0].Sides[1] = `"3"`, phoneOf(`"2"`, "c", 1)
		}, "no value is overwritten unseen"},
		"a conflict lists what was replaced": {func(e *oracle.Evidence) {
			e.Conflicts[0].Sides = append(e.Conflicts[0].Sides, phoneOf(`"2"`, "a", 1))
		}, "who saw a value replaced it"},
		"an earlier write of a conflict shows": {func(e *oracle.Evidence) {
			decideAt(e, 101, `"5"`, oracle.Sight{Value: `"3"`, Time: 999})
			e.Conflicts[0].Sides = append(e.Conflicts[0].Sides, phoneOf(`"5"`, oracle.Office, 1))
			e.Records["h1"].Values["phone"] = `"5"`
		}, "the latest shows"},
		"a time is that of what came in one request and was seen": {func(e *oracle.Evidence) {
			e.Entries[1].When = e.Entries[0].When
			decideAt(e, 101, `"5"`, oracle.Sight{Value: `"2"`, Time: 101})
		}, "who saw a value comes after it"},
		"of two writes that claim one time, that which was seen is back": {func(e *oracle.Evidence) {
			decide(e, oracle.Version{}, `"5"`, oracle.Sight{Value: `"3"`, Time: 102})
			decideAt(e, 104, `"5"`, oracle.Sight{})
			e.Entries[5].Time = 105
			decide(e, oracle.Version{}, `"6"`, oracle.Sight{Value: `"5"`, Time: 104})
			e.Conflicts[0].Sides[0] = phoneOf(`"5"`, oracle.Office, 1)
			e.Records["h1"].Values["phone"] = `"6"`
		}, "who saw a value replaced it"},
		"what has the number of one that was lost is taken for that": {func(e *oracle.Evidence) {
			lose(e, "a:2")
		}, "no value is overwritten unseen"},
		"who saw what was lost came to claim a time after what has its number": {func(e *oracle.Evidence) {
			e.Changes[0].Names = []string{"a:2"}
			e.Entries[2].Claimed, e.Entries[2].Time = 105, 105
			e.Changes[3].Saw["phone"][0].Time, e.Changes[3].Claimed, e.Entries[3].Claimed, e.Entries[3].Time = 105, 106, 106, 106
		}, "a claim stays what it was"},
		"a value is nobody's":  {func(e *oracle.Evidence) { e.Records["h1"].Values["notes"] = `"x"` }, "nothing is there that nobody wrote"},
		"a record is nobody's": {func(e *oracle.Evidence) { e.Records["h2"] = oracle.Shown{Area: "x"} }, "nothing is there that nobody wrote"},
		"a conflict is nobody's": {func(e *oracle.Evidence) {
			e.Conflicts = append(e.Conflicts, oracle.Conflict{Record: "h2", Field: "phone", Sides: e.Conflicts[0].Sides})
		}, "nothing is there that nobody wrote"},
		"an edit was swallowed":          {func(e *oracle.Evidence) { e.Conflicts = e.Conflicts[:1] }, "a deletion never swallows an edit"},
		"an edit that was seen contests": {func(e *oracle.Evidence) { e.Conflicts[1].Sides[1].Value = `"3"` }, "who saw a deletion does not contest it"},
	}.judge(t)
}

// nameOf is by what those name a change who saw it.
func nameOf(device string, n int64) string { return fmt.Sprintf("%s:%d", device, n) }

func again(e oracle.Entry, device string, n int64) oracle.Entry {
	e.Device, e.N, e.Name = device, n, nameOf(device, n)
	return e
}

func undeleted(s oracle.Shown) oracle.Shown {
	s.Deleted, s.Values = false, maps.Clone(s.Values)
	return s
}

// TestASaveIsThatBehindTheOneBefore has two tablets save the same, each behind something else, and claim the same for it.
func TestASaveIsThatBehindTheOneBefore(t *testing.T) {
	write := func(id int, by, field, value string) oracle.Change {
		return oracle.Change{ID: id, By: by, Record: "h1", Claimed: 7, Writes: map[string]string{field: value}}
	}
	changes := []oracle.Change{write(0, "a", "phone", "1"), write(1, "b", "phone", "2"), write(2, "a", oracle.Deleted, oracle.True), write(3, "b", oracle.Deleted, oracle.True)}
	entry := func(change int, device string, n, claimed int64) oracle.Entry {
		return oracle.Entry{Record: "h1", Device: device, N: n, Claimed: claimed, Writes: changes[change].Writes}
	}
	matches, broken := oracle.MatchAll(changes, []oracle.Entry{entry(1, "x", 1, 7), entry(3, "x", 2, 7), entry(0, "y", 1, 9), entry(2, "y", 2, 9)})
	if len(broken) > 0 || len(matches) != len(changes) {
		t.Errorf("%d matches and %v", len(matches), broken)
	}
	for _, m := range matches {
		if want := map[string]string{"a": "y", "b": "x"}[m.By]; m.Device != want {
			t.Errorf("change %d of %s is taken for number %d of %s, not of %s", m.ID, m.By, m.N, m.Device, want)
		}
	}
}
