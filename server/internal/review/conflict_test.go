package review_test

import (
	"testing"

	"satchel/server/internal/review"
	"satchel/syncproto"
)

// A conflict that was accepted stays so while the same versions clash; settling closes it, undoing that opens it again.
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
	o.none("one wrote it")
	write(two, "2")
	first := o.open()
	if err := o.queue.Decide(t.Context(), o.admin, first.ID, review.Accepted, "", first.Digest); err != nil {
		t.Fatal(err)
	}
	o.save(edit("households", named("h"), "notes", "of something else"))
	o.none("it was accepted")
	own := edit("households", named("h"), "phone", "3")
	own.Base = map[string][]syncproto.Version{"phone": {{Device: one.id, N: 1}}}
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
