package engine_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/syncproto"
)

// two gives two tablets of one area that both hold one household.
func two(t *testing.T) (o *office, one, other *tablet, household uuid.UUID) {
	o = newOffice(t)
	one, other = o.tablet("one", o.a), o.tablet("other", o.a)
	household = one.household(o.a, "Milica")
	one.sync()
	other.sync()
	return o, one, other, household
}

func phone(s string) map[string]syncproto.Value {
	return map[string]syncproto.Value{"phone": text(s)}
}

func TestEditsOfDifferentFieldsBothSurvive(t *testing.T) {
	o, one, other, household := two(t)
	one.edit("households", household, phone("060 222"))
	other.edit("households", household, map[string]syncproto.Value{"address": text("New 5")})
	other.sync()
	one.sync()
	other.sync()
	for _, d := range []*tablet{one, other} {
		if p, a := d.shows(household, "phone"), d.shows(household, "address"); p != "060 222" || a != "New 5" {
			t.Errorf("shown: phone %q, address %q; want both edits", p, a)
		}
	}
	if open := o.conflicts(); len(open) != 0 {
		t.Errorf("open conflicts: %+v, want none", open)
	}
}

func TestAConflictIsShownSettledAndUndone(t *testing.T) {
	o, one, other, household := two(t)
	one.edit("households", household, phone("060 222"))
	o.now = o.now.Add(time.Second)
	other.edit("households", household, phone("060 333"))
	other.sync()
	receipts := one.sync()
	if got := receipts[0].Conflicts; len(got) != 1 || got[0] != "phone" {
		t.Errorf("the receipt names the conflicts %v, want phone", got)
	}
	open := o.conflicts()
	if len(open) != 1 || len(open[0].Sides) != 2 {
		t.Fatalf("open conflicts: %+v, want one with two sides", open)
	}
	shown, lost := open[0].Sides[0], open[0].Sides[1]
	if shown.Value != `"060 333"` || !shown.Shown || lost.Value != `"060 222"` || lost.Shown {
		t.Errorf("sides %+v and %+v: want the later one shown", shown, lost)
	}
	if shown.Before != `"060 111"` || lost.Before != `"060 111"` || lost.DeviceName != "one" || shown.AuthorName != "Worker of other" {
		t.Errorf("sides %+v and %+v: want what was before, and who on which device", shown, lost)
	}

	heads := []syncproto.Version{shown.Version, lost.Version}
	if _, err := o.engine.Settle(t.Context(), o.admin, household, "phone", text("060 444"), heads[:1], ""); code(err) != syncproto.CodeStale {
		t.Errorf("settling what is only a part of the conflict: %v, want stale", err)
	}
	settled, err := o.engine.Settle(t.Context(), o.admin, household, "phone", text("060 444"), heads, "called them")
	if err != nil {
		t.Fatal(err)
	}
	expectEverywhere(t, household, "060 444", one, other)
	if open := o.conflicts(); len(open) != 0 {
		t.Errorf("open after it was settled: %+v", open)
	}

	if _, err := o.engine.Undo(t.Context(), o.admin, settled.Version(), "wrong number"); err != nil {
		t.Fatal(err)
	}
	expectEverywhere(t, household, "060 333", one, other)
	again := o.conflicts()
	if len(again) != 1 || len(again[0].Sides) != 2 || again[0].Sides[1].DeviceName != "one" || again[0].Sides[1].Before != `"060 111"` {
		t.Errorf("open after it was undone: %+v, want the same conflict with its makers", again)
	}
	if _, err := o.engine.Undo(t.Context(), o.admin, settled.Version(), ""); code(err) != syncproto.CodeStale {
		t.Errorf("undoing twice: %v, want stale", err)
	}
}

func expectEverywhere(t *testing.T, household uuid.UUID, want string, tablets ...*tablet) {
	t.Helper()
	for _, d := range tablets {
		d.sync()
		if got := d.shows(household, "phone"); got != want {
			t.Errorf("a tablet shows %q, want %q", got, want)
		}
	}
}

func TestAClockFarAheadDoesNotPoisonAField(t *testing.T) {
	o, one, other, household := two(t)
	c := one.change("households", household, phone("from 2099"))
	c.Claimed = 4_070_908_800_000
	one.saveForm(c)
	one.sync()
	other.sync()
	o.now = o.now.Add(time.Second)
	other.edit("households", household, phone("later"))
	other.sync()
	expectEverywhere(t, household, "later", one, other)
	if open := o.conflicts(); len(open) != 0 {
		t.Errorf("open: %+v; the second author had seen the first value", open)
	}
}

func TestADeletionAndAnUnseenEditAreAConflict(t *testing.T) {
	for _, deletesFirst := range []bool{true, false} {
		o, one, other, household := two(t)
		one.edit("households", household, map[string]syncproto.Value{syncproto.FieldDeleted: syncproto.True})
		o.now = o.now.Add(time.Second)
		other.edit("households", household, phone("alive"))
		first, second := one, other
		if !deletesFirst {
			first, second = other, one
		}
		first.sync()
		second.sync()
		first.sync()
		if one.records[household].Deleted || other.records[household].Deleted {
			t.Errorf("deletion first %v: the record is hidden although the edit is later", deletesFirst)
		}
		open := o.conflicts()
		if len(open) != 1 || open[0].Field != syncproto.FieldDeleted || len(open[0].Sides) != 2 || !open[0].Sides[1].Shown {
			t.Fatalf("deletion first %v: open %+v; want the contested deletion with both sides", deletesFirst, open)
		}
		heads := []syncproto.Version{open[0].Sides[0].Version, open[0].Sides[1].Version}
		settled, err := o.engine.Settle(t.Context(), o.admin, household, syncproto.FieldDeleted, syncproto.True, heads, "moved away")
		if err != nil {
			t.Fatal(err)
		}
		one.sync()
		if !one.records[household].Deleted || len(o.conflicts()) != 0 {
			t.Errorf("after settling for the deletion: deleted %v, open %v", one.records[household].Deleted, o.conflicts())
		}
		if _, err := o.engine.Undo(t.Context(), o.admin, settled.Version(), ""); err != nil {
			t.Fatal(err)
		}
		if open := o.conflicts(); len(open) != 1 || open[0].Field != syncproto.FieldDeleted {
			t.Errorf("after the undo: open %+v, want the contested deletion", open)
		}
	}
}

// TestWhatTheOfficeDoesToADeletedRecordLeavesItDeleted has two tablets clash over a phone, while both know that the
// household is deleted, or one deletes it once that is settled.
func TestWhatTheOfficeDoesToADeletedRecordLeavesItDeleted(t *testing.T) {
	for _, deletedFirst := range []bool{true, false} {
		o, one, other, household := two(t)
		remove := func() syncproto.Change {
			return one.edit("households", household, map[string]syncproto.Value{syncproto.FieldDeleted: syncproto.True})
		}
		one.edit("households", household, phone("060 222"))
		c := other.change("households", household, phone("060 333"))
		if deletedFirst {
			c.Base[syncproto.FieldDeleted] = []syncproto.Version{one.version(remove().N)}
		}
		other.saveForm(c)
		one.sync()
		other.sync()
		o.now = o.now.Add(time.Minute)
		expectClash := func(when string) []syncproto.Version {
			t.Helper()
			open := o.conflicts()
			if len(open) != 1 || open[0].Field != "phone" || len(open[0].Sides) != 2 {
				t.Fatalf("deleted first %v, %s: open %+v, want two phones", deletedFirst, when, open)
			}
			return []syncproto.Version{open[0].Sides[0].Version, open[0].Sides[1].Version}
		}
		expectDeleted := func(when string) {
			t.Helper()
			one.sync()
			if !one.records[household].Deleted {
				t.Errorf("deleted first %v, %s: the household shows", deletedFirst, when)
			}
		}
		settled, err := o.engine.Settle(t.Context(), o.admin, household, "phone", text("060 444"), expectClash("at first"), "")
		if err != nil {
			t.Fatal(err)
		}
		if !deletedFirst {
			one.sync()
			remove()
		}
		expectDeleted("settled")
		o.save(engine.OfficeEdit{Collection: "households", Record: household, Fields: map[string]syncproto.Value{"notes": text("moved")}})
		expectDeleted("edited")
		if open := o.conflicts(); len(open) != 0 {
			t.Errorf("deleted first %v: open %+v, want nothing", deletedFirst, open)
		}
		if _, err := o.engine.Undo(t.Context(), o.admin, settled.Version(), ""); err != nil {
			t.Fatal(err)
		}
		expectDeleted("undone")
		expectClash("undone")
	}
}

func TestASettlementLeavesADeletionContested(t *testing.T) {
	o, one, other, household := two(t)
	one.edit("households", household, map[string]syncproto.Value{syncproto.FieldDeleted: syncproto.True})
	other.edit("households", household, phone("060 222"))
	one.edit("households", household, phone("060 333")) // by somebody who does not know of the deletion
	one.sync()
	other.sync()
	o.now = o.now.Add(time.Second)
	for _, open := range o.conflicts() {
		if open.Field != "phone" {
			continue
		}
		heads := []syncproto.Version{open.Sides[0].Version, open.Sides[1].Version}
		if _, err := o.engine.Settle(t.Context(), o.admin, household, "phone", text("060 444"), heads, ""); err != nil {
			t.Fatal(err)
		}
	}
	if open := o.conflicts(); len(open) != 1 || open[0].Field != syncproto.FieldDeleted {
		t.Errorf("open %+v, want the contested deletion alone", open)
	}
}

func TestUnknownFieldsArePassedOn(t *testing.T) {
	_, one, other, household := two(t)
	one.edit("households", household, map[string]syncproto.Value{"blood_type": `{"abo":"A","rh":[1,2.50]}`})
	one.sync()
	other.sync()
	if got := other.records[household].Fields["blood_type"].Value; got != `{"abo":"A","rh":[1,2.50]}` {
		t.Errorf("the unknown field came as %s", got)
	}
}
