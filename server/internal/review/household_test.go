package review_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/review"
	"satchel/syncproto"
)

// aid gives what a family is due and was given.
func (o *office) aid(household string) review.Aid {
	o.t.Helper()
	out, err := o.queue.Aid(o.t.Context(), named(household))
	if err != nil {
		o.t.Fatal(err)
	}
	return out
}

// shareText writes shares on lines, with their deliveries, which are of the office's administrator.
func (o *office) shareText(a review.Aid) string {
	var out strings.Builder
	for _, s := range a.Shares {
		fmt.Fprintf(&out, "%s of %s, limit %s, %s remain:", s.Delivered, s.Entitled, s.Limit, s.Remaining)
		for _, d := range s.Deliveries {
			if d.Author != o.admin || d.DeviceName != engine.OfficeName {
				o.t.Errorf("delivery %s is by %s on %s", d.Record, d.AuthorName, d.DeviceName)
			}
			fmt.Fprintf(&out, " %s%s", d.Quantity, d.Fields["cancelled_why"].Text())
		}
		fmt.Fprintf(&out, " and %d more\n", s.LeftOff)
	}
	return out.String()
}

func TestAFamilysAidIsCountedAcrossItsDuplicates(t *testing.T) {
	o := newOffice(t)
	person := edit("people", named("person"), "household", named("last"), "name", "Mira")
	hers := o.entitlement("hers", "last", 0.5, "approved")
	delete(hers.Fields, "household")
	hers.Fields["person"] = text(named("person"))
	cancelled := o.delivery("cancelled", "kept", 1)
	cancelled.Fields["cancelled_why"] = `" entered twice"`
	o.save(
		o.household("kept"), o.household("middle"), o.household("last"), o.household("other"), person, hers,
		o.entitlement("theirs", "kept", 1, "approved"), o.entitlement("perhaps", "kept", 9, "proposed"), o.entitlement("others", "other", 9, "approved"),
		o.delivery("one", "last", 0.1), o.delivery("two", "middle", 0.2), cancelled, o.delivery("theirs, not ours", "other", 7),
	)
	o.save(mergeInto("middle", "kept"), mergeInto("last", "middle"), edit("households", named("middle"), "deleted", true))
	want := o.shareText(o.aid("kept"))
	if !strings.HasPrefix(want, "0.3 of 1.5, limit 2, 1.2 remain:") || !strings.Contains(want, " 0.1") || !strings.Contains(want, " 0.2") || !strings.Contains(want, " 1 entered twice") {
		t.Errorf("the shares are %s", want)
	}
	for _, household := range []string{"kept", "middle", "last"} {
		if a := o.aid(household); o.shareText(a) != want || a.Household != named("kept") || len(a.Households) != 3 {
			t.Errorf("of %s they are %s, of %s with %v", household, o.shareText(a), a.Household, a.Households)
		}
	}
	for _, h := range o.aid("kept").Households {
		if h.Deleted != (h.ID == named("middle")) || (h.MergedInto == nil) != (h.ID == named("kept")) || h.Area != o.area || named(h.HeadName) != h.ID {
			t.Errorf("a household is %+v", h)
		}
	}
}

func TestTheAidOfWhatIsNoHouseholdIsNotFound(t *testing.T) {
	o := newOffice(t)
	o.save(o.household("duplicate"), mergeInto("duplicate", "still to come"))
	for _, id := range []uuid.UUID{named("nothing"), o.area, named("still to come")} {
		if _, err := o.queue.Aid(t.Context(), id); codeOf(err) != syncproto.CodeNotFound {
			t.Errorf("the aid of %s: %v", id, err)
		}
	}
	if a := o.aid("duplicate"); a.Household != named("still to come") || len(a.Households) != 1 || len(a.Shares) != 0 {
		t.Errorf("the aid is %+v", a)
	}
}

func TestAFamilyWithManyDeliveriesIsDescribedInPart(t *testing.T) {
	o := newOffice(t)
	other := named("other kind")
	o.save(o.household("h"), edit("assistance_types", other, "code", "FOOD", "name", "Food", "category", "other"))
	for part := range 3 {
		var edits []engine.OfficeEdit
		for i := range 201 {
			d := o.delivery(fmt.Sprint(part, i), "h", 1)
			e := o.delivery(fmt.Sprint("other", part, i), "h", 1)
			e.Fields["assistance_type"] = text(other)
			edits = append(edits, d, e)
		}
		o.save(edits...)
	}
	shown, left := 0, 0
	for _, s := range o.aid("h").Shares {
		shown, left = shown+len(s.Deliveries), left+s.LeftOff
		if s.Delivered.String() != "603" || len(s.Deliveries)+s.LeftOff != 603 {
			t.Errorf("of %s delivered, %d are described and %d left off", s.Delivered, len(s.Deliveries), s.LeftOff)
		}
	}
	if shown != 1000 || left != 206 {
		t.Errorf("%d are described and %d left off, want 1000 and 206", shown, left)
	}
}

// A tablet with a newer program sends fields that this one does not know: the queue goes on.
func TestWhatIsNotKnownOfARecordDoesNotStopTheQueue(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("newer")
	d.sync(o.household("h"), edit("people", named("p"), "household", named("h"), "name", "Mira", "status", 5, "quantity", []int{1}))
	for _, name := range []string{"one", "two"} {
		given := o.delivery(name, "h", 2)
		given.Fields["Cancelled_Why"], given.Fields["limit_per_household"] = `"x"`, `"x"`
		d.sync(given)
	}
	if got := o.open(); got.Facts.Delivered != "4" || got.Facts.Limit != "2" {
		t.Errorf("in review is %+v, want 4 of 2", got)
	}
	if _, err := o.queue.Scan(t.Context(), nil); err != nil {
		t.Error(err)
	}
}
