package review_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/review"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

func TestALineSaysWhatItIsAboutAndWhoWroteThat(t *testing.T) {
	o := newOffice(t)
	o.save(o.household("h"), o.household("twice"))
	for _, name := range []string{"one", "two"} {
		e := edit("households", named("h"), "phone", name)
		e.Base = map[string][]syncproto.Version{"area": o.looking(o.household("h")).Base["area"]}
		o.now = o.now.Add(time.Hour)
		o.tablet(name).sync(e)
	}
	o.save(o.delivery("d1", "twice", 2), o.delivery("d2", "twice", 2))
	lines, _, err := o.queue.Lines(t.Context(), store.ReviewList{State: review.Open, Group: "kind", Limit: 9})
	if err != nil || len(lines) != 2 {
		t.Fatalf("the lines are %+v, %v", lines, err)
	}
	conflict, over := lines[0], lines[1]
	if conflict.Kind != review.Conflict || conflict.Collection != "households" || conflict.Fields["head_name"].Text() != "h" {
		t.Errorf("the first line is %+v", conflict)
	}
	var devices []string
	for _, who := range conflict.Concerned {
		devices = append(devices, who.DeviceName)
	}
	if len(devices) != 2 || devices[0] != "two" || devices[1] != "one" {
		t.Errorf("the conflict is of %q, want who wrote what is shown first", devices)
	}
	if over.Kind != review.OverDelivery || over.Fields["head_name"].Text() != "twice" || len(over.Concerned) != 0 {
		t.Errorf("the second line is %+v", over)
	}
	before, _, err := o.queue.Lines(t.Context(), store.ReviewList{State: review.Open, Group: "kind", From: over.ID, Back: true, Limit: 9})
	if err != nil || len(before) != 1 || before[0].ID != conflict.ID {
		t.Errorf("before the second line comes %+v, %v", before, err)
	}
	alone, err := o.queue.Line(t.Context(), conflict.ID)
	if err != nil || alone.Digest != conflict.Digest || len(alone.Concerned) != 2 {
		t.Errorf("alone it is %+v, %v", alone, err)
	}
	if _, err := o.queue.Line(t.Context(), uuid.New()); err == nil {
		t.Error("there is a line of no item")
	}
	if got, err := o.queue.Tally(t.Context(), review.Open, "kind", review.Filter{}); err != nil || got[review.Conflict] != 1 || got[review.OverDelivery] != 1 || len(got) != 2 {
		t.Errorf("they are counted as %v, %v", got, err)
	}
}

// What two families would come to is what they come to once they are merged.
func TestAidTogetherIsThatAfterMerging(t *testing.T) {
	o := newOffice(t)
	o.save(o.household("a"), o.household("b"), o.household("c"), mergeInto("c", "b"))
	o.save(o.delivery("d1", "a", 1), o.delivery("d2", "c", 2), o.entitlement("e1", "b", 1, "approved"))
	would, err := o.queue.AidTogether(t.Context(), named("a"), named("b"))
	if err != nil {
		t.Fatal(err)
	}
	if own := o.shareText(o.aid("a")); own == o.shareText(would) {
		t.Fatalf("together they come to what one has: %s", own)
	}
	if _, err := o.engine.Merge(t.Context(), o.admin, named("a"), named("b"), ""); err != nil {
		t.Fatal(err)
	}
	if is := o.aid("b"); o.shareText(is) != o.shareText(would) || len(is.Households) != len(would.Households) {
		t.Errorf("it would be\n%s and is\n%s", o.shareText(would), o.shareText(is))
	}
}
