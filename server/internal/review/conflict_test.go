package review_test

import (
	"testing"
	"time"

	"satchel/server/internal/review"
	"satchel/syncproto"
)

// A conflict that was accepted stays so while the same values clash and the same one is shown, whoever writes them.
func TestAConflictIsAcceptedWhoeverWritesItsValues(t *testing.T) {
	o := newOffice(t)
	o.save(o.household("h"))
	area := o.looking(o.household("h")).Base["area"]
	write := func(name, phone string) {
		e := edit("households", named("h"), "phone", phone)
		e.Base = map[string][]syncproto.Version{"area": area}
		o.now = o.now.Add(time.Hour)
		o.tablet(name).sync(e)
	}
	write("one", "1")
	write("two", "2")
	item := o.open()
	if err := o.queue.Decide(t.Context(), o.admin, item.ID, review.Accepted, "", item.Digest); err != nil {
		t.Fatal(err)
	}
	write("three", "2")
	o.none("another one wrote the value that is shown")
	if got := o.list(review.Decided); len(got) != 1 || got[0].Facts.Fields[0].Sides != 3 {
		t.Errorf("decided are %+v, want the conflict with three sides", got)
	}
	write("four", "1")
	if again := o.open(); again.ID != item.ID {
		t.Errorf("another value is shown, and open is %+v", again)
	}
}

// A conflict that was accepted stays so while the same values clash; settling closes it, undoing that opens it again.
func TestAConflictIsAcceptedUntilOtherValuesClash(t *testing.T) {
	o := newOffice(t)
	one, two := o.tablet("one"), o.tablet("two")
	o.save(o.household("h"))
	write := func(d *tablet, phone string) {
		e := edit("households", named("h"), "phone", phone)
		e.Base = map[string][]syncproto.Version{"area": o.looking(o.household("h")).Base["area"]}
		d.sync(e)
	}
	write(one, "1")
	wrote := one.tip.Version(one.id)
	o.none("one wrote it")
	write(two, "2")
	first := o.open()
	if err := o.queue.Decide(t.Context(), o.admin, first.ID, review.Accepted, "", first.Digest); err != nil {
		t.Fatal(err)
	}
	o.save(edit("households", named("h"), "notes", "of something else"))
	o.none("it was accepted")
	own := edit("households", named("h"), "phone", "3")
	own.Base = map[string][]syncproto.Version{"phone": {wrote}}
	one.sync(own)
	if again := o.open(); again.ID != first.ID || again.Facts.Fields[0].Sides != 2 {
		t.Errorf("another value clashes, and open is %+v", again)
	}
	settled := o.settleConflict(o.conflicts()[0], `"1"`)
	o.none("it was settled")
	if _, err := o.engine.Undo(t.Context(), o.admin, settled.Version(), ""); err != nil {
		t.Fatal(err)
	}
	if again := o.open(); again.ID != first.ID {
		t.Errorf("the settlement was undone, and open is %+v", again)
	}
}

// What the field is asked about a conflict stands with it, and neither closes it nor is left behind by a deletion.
func TestAConflictIsShownWithWhatTheFieldWasAsked(t *testing.T) {
	o := newOffice(t)
	one, two := o.tablet("one"), o.tablet("two")
	o.save(o.household("h"))
	for _, d := range []*tablet{one, two} {
		e := edit("households", named("h"), "phone", d.id.String())
		e.Base = map[string][]syncproto.Version{"area": o.looking(o.household("h")).Base["area"]}
		d.sync(e)
	}
	question, err := o.engine.Ask(t.Context(), o.admin, named("h"), "phone", "Whose is it?")
	if err != nil {
		t.Fatal(err)
	}
	one.sync(o.looking(edit("questions", question, "answer", "hers")))
	item := o.open()
	shown, err := o.queue.Show(t.Context(), item.ID)
	if err != nil || item.Kind != review.Conflict || len(shown.Questions) != 1 || shown.Questions[0].Answer != "hers" || shown.Questions[0].Answered.Device != one.id {
		t.Errorf("%s is shown with %+v, %v; want the question and its answer", item.Kind, shown.Questions, err)
	}
	o.settleConflict(o.conflicts()[0], `"1"`)
	o.save(edit("households", named("h"), syncproto.FieldDeleted, true))
	o.none("only a question belongs to what was deleted")
}
