package engine_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// seen gives the settlement of a conflict as it is now.
func (o *office) seen(record uuid.UUID, field string, value syncproto.Value) engine.Settlement {
	o.t.Helper()
	c, err := o.engine.Conflict(o.t.Context(), record, field)
	if err != nil {
		o.t.Fatal(err)
	}
	s := engine.Settlement{Field: field, Value: value}
	for _, side := range c.Sides {
		s.Heads = append(s.Heads, side.Version)
	}
	return s
}

// clashes says what clashes in a record: for each field the values, the shown one first.
func (o *office) clashes(record uuid.UUID) string {
	o.t.Helper()
	var out []string
	for _, c := range o.conflicts() {
		if c.Record != record {
			continue
		}
		line := c.Field
		for _, s := range c.Sides {
			line += " " + string(s.Value)
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

// twoFields gives a household of which two tablets wrote phone and address without knowing of each other.
func twoFields(t *testing.T) (o *office, one, other *tablet, household uuid.UUID) {
	o, one, other, household = two(t)
	one.edit("households", household, map[string]syncproto.Value{"phone": text("060 222"), "address": text("New 2")})
	o.now = o.now.Add(time.Second)
	other.edit("households", household, map[string]syncproto.Value{"phone": text("060 333"), "address": text("New 3")})
	one.sync()
	other.sync()
	o.now = o.now.Add(time.Minute)
	return o, one, other, household
}

const bothClash = `address "New 3" "New 2"; phone "060 333" "060 222"`

func TestARecordIsSettledWholeAndUndoneWhole(t *testing.T) {
	o, one, _, household := twoFields(t)
	if got := o.clashes(household); got != bothClash {
		t.Fatalf("at first %s clash, want %s", got, bothClash)
	}
	form := []engine.Settlement{o.seen(household, "phone", text("060 222")), o.seen(household, "address", text("New 3"))}
	settled, err := o.engine.SettleRecord(t.Context(), o.admin, household, form, " asked ")
	if err != nil {
		t.Fatal(err)
	}
	one.sync()
	if p, a := one.shows(household, "phone"), one.shows(household, "address"); p != "060 222" || a != "New 3" || o.clashes(household) != "" {
		t.Errorf("settled: phone %q, address %q, and %q still clash", p, a, o.clashes(household))
	}
	if len(settled) != 2 || settled[0].Form != settled[1].Form || settled[1].Note.Settles != "address" || settled[1].Note.Reason != "asked" {
		t.Fatalf("settled as %+v, want two settlements of one form with the reason", settled)
	}
	if _, err := o.engine.UndoForm(t.Context(), o.admin, settled[1].Version(), ""); err != nil {
		t.Fatal(err)
	}
	if got := o.clashes(household); got != bothClash {
		t.Errorf("undone: %s clash, want %s", got, bothClash)
	}
	if _, err := o.engine.UndoForm(t.Context(), o.admin, settled[0].Version(), ""); code(err) != syncproto.CodeStale {
		t.Errorf("undoing twice: %v, want stale", err)
	}
}

func TestOneSettlementOfAFormIsUndoneAlone(t *testing.T) {
	o, _, _, household := twoFields(t)
	form := []engine.Settlement{o.seen(household, "phone", text("060 222")), o.seen(household, "address", text("New 3"))}
	settled, err := o.engine.SettleRecord(t.Context(), o.admin, household, form, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.engine.Undo(t.Context(), o.admin, settled[0].Version(), ""); err != nil {
		t.Fatal(err)
	}
	const want = `phone "060 333" "060 222"`
	if got := o.clashes(household); got != want {
		t.Errorf("after one was undone %s clash, want %s", got, want)
	}
	_, err = o.engine.UndoForm(t.Context(), o.admin, settled[1].Version(), "")
	if code(err) != syncproto.CodeStale || !strings.Contains(err.Error(), "after that: phone.") {
		t.Errorf("undoing the form: %v, want stale because of phone", err)
	}
	if got := o.clashes(household); got != want {
		t.Errorf("after that was refused %s clash, want %s", got, want)
	}
}

func TestAFormThatCannotBeSettledWholeChangesNothing(t *testing.T) {
	o, one, _, household := twoFields(t)
	seenPhone, seenAddress := o.seen(household, "phone", text("060 222")), o.seen(household, "address", text("New 3"))
	third := o.tablet("third", o.a)
	third.sync()
	c := third.change("households", household, map[string]syncproto.Value{"phone": text("060 444")})
	c.Base["phone"] = []syncproto.Version{one.version(1)} // has seen what was registered
	third.saveForm(c)
	third.sync()
	refused := func(what string, want syncproto.Code, words string, form ...engine.Settlement) {
		t.Helper()
		before := o.clashes(household)
		_, err := o.engine.SettleRecord(t.Context(), o.admin, household, form, "")
		if code(err) != want || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v; want %s with %q", what, err, want, words)
		}
		if got := o.clashes(household); got != before {
			t.Errorf("%s: %s clash, and before %s", what, got, before)
		}
	}
	refused("a third side came", syncproto.CodeStale, "saw: phone.", seenAddress, seenPhone)
	refused("a field that does not clash", syncproto.CodeStale, "saw: notes.", seenAddress, engine.Settlement{Field: "notes", Value: text("x")})
	refused("only fields that do not clash", syncproto.CodeNotFound, "", engine.Settlement{Field: "notes", Value: text("x")})
	refused("a field twice", syncproto.CodeInvalid, "twice", seenAddress, seenAddress)
	refused("no field", syncproto.CodeInvalid, "No field")
	number := o.seen(household, "phone", "7")
	refused("a value that is none of the field's", syncproto.CodeInvalid, "phone", seenAddress, number)
	if _, err := o.engine.SettleRecord(t.Context(), o.admin, newID(t), []engine.Settlement{seenAddress}, ""); code(err) != syncproto.CodeNotFound {
		t.Errorf("a record that there is not: %v, want not_found", err)
	}
}

// TestADeletionAndAFieldAreSettledTogether settles for the deletion, or against it, together with a field of which one
// side contests it.
func TestADeletionAndAFieldAreSettledTogether(t *testing.T) {
	for _, deleted := range []bool{true, false} {
		o, one, other, household := two(t)
		one.edit("households", household, map[string]syncproto.Value{syncproto.FieldDeleted: syncproto.True})
		one.edit("households", household, phone("060 222")) // by somebody who does not know of the deletion
		other.edit("households", household, phone("060 333"))
		one.sync()
		other.sync()
		o.now = o.now.Add(time.Minute)
		before := o.clashes(household)
		if !strings.Contains(before, "deleted true ") || !strings.Contains(before, "; phone ") {
			t.Fatalf("at first %s clash, want the deletion and phone", before)
		}
		verdict := syncproto.False
		if deleted {
			verdict = syncproto.True
		}
		form := []engine.Settlement{o.seen(household, "phone", text("060 222")), o.seen(household, syncproto.FieldDeleted, verdict)}
		settled, err := o.engine.SettleRecord(t.Context(), o.admin, household, form, "")
		if err != nil {
			t.Fatal(err)
		}
		one.sync()
		if got := one.records[household]; o.clashes(household) != "" || got.Deleted != deleted || one.shows(household, "phone") != "060 222" {
			t.Errorf("settled: %q clash, deleted is %v and phone %q; want nothing, %v and 060 222", o.clashes(household), got.Deleted, one.shows(household, "phone"), deleted)
		}
		if _, err := o.engine.UndoForm(t.Context(), o.admin, settled[0].Version(), ""); err != nil {
			t.Fatal(err)
		}
		if got := o.clashes(household); got != before {
			t.Errorf("undone: %s clash, want %s", got, before)
		}
	}
}

// TestWhatWasDecidedIsListedTheLastFirst settles, undoes and settles again, beside changes with notes that decide nothing.
func TestWhatWasDecidedIsListedTheLastFirst(t *testing.T) {
	o, _, _, household := twoFields(t)
	settle := func(reason string, value syncproto.Value, fields ...string) []store.Change {
		t.Helper()
		var form []engine.Settlement
		for _, field := range fields {
			form = append(form, o.seen(household, field, value))
		}
		settled, err := o.engine.SettleRecord(t.Context(), o.admin, household, form, reason)
		if err != nil {
			t.Fatal(err)
		}
		return settled
	}
	first := settle(`"settles": "undoes":`, text("A"), "phone", "address")
	if _, err := o.engine.UndoForm(t.Context(), o.admin, first[0].Version(), "wrong"); err != nil {
		t.Fatal(err)
	}
	o.save(engine.OfficeEdit{
		Collection: "households", Record: household, Fields: map[string]syncproto.Value{"notes": text("x")},
		Note: store.Note{Reason: `it "settles": nothing, "undoes": nothing`},
	})
	settle("again", text("B"), "phone")
	want := []string{
		`phone "B" again standing`,
		`address "New 3" wrong undoes 2`,
		`phone "060 333" wrong undoes 1`,
		`address "A" "settles": "undoes":`,
		`phone "A" "settles": "undoes":`,
	}
	for _, limit := range []int{1, 2, 3, 5, 1000} {
		var got []string
		before, more := int64(0), true
		for more {
			var part []engine.Decision
			var err error
			if part, more, err = o.engine.Decisions(t.Context(), before, limit); err != nil || len(part) == 0 || len(got)+len(part) > min(len(got)+limit, len(want)) {
				t.Fatalf("by %d: a part of %d, %v", limit, len(part), err)
			}
			for _, d := range part {
				line := d.Field + " " + string(d.Value) + " " + d.Reason
				if d.Undoes != nil {
					line += " undoes " + strconv.FormatInt(d.Undoes.N-first[0].N+1, 10)
				}
				if d.Standing {
					line += " standing"
				}
				if before = d.Seq; d.AuthorName != "Ana Admin" || d.Record != household || d.Collection != "households" || d.Claimed != o.now.UnixMilli() {
					t.Errorf("%s: by %q at %d about %s %s", line, d.AuthorName, d.Claimed, d.Collection, d.Record)
				}
				got = append(got, line)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("by %d:\ngot  %q\nwant %q", limit, got, want)
		}
	}
}
