package review_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/uuid"

	"satchel/server/internal/review"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

func TestMoreThanTheLimitIsFoundAndACancellationClosesIt(t *testing.T) {
	o := newOffice(t)
	o.save(o.household("h"), o.delivery("first", "h", 1.5))
	o.none("the limit is 2 and 1.5 was delivered")
	o.save(o.delivery("second", "h", 1))
	got := o.open()
	if got.Kind != review.OverDelivery || got.Record != named("h") || *got.Subject != o.kind || got.Area != o.area ||
		got.Facts.Delivered != "2.5" || got.Facts.Limit != "2" || got.Facts.Entitled != "" || len(got.Facts.Records) != 2 {
		t.Errorf("the item is %+v", got)
	}
	o.save(edit("deliveries", named("first"), "cancelled_why", "entered twice"))
	o.none("one was cancelled")
	o.save(edit("deliveries", named("first"), "cancelled_why", ""))
	if again := o.open(); again.ID != got.ID || again.Seq <= got.Seq {
		t.Errorf("it opened again as %+v, want the same item with a later seq than %d", again, got.Seq)
	}
	o.save(edit("assistance_types", o.kind, "limit_per_household", 2.5))
	o.none("the limit was raised")
}

func TestMoreThanTheEntitlementIsFound(t *testing.T) {
	o := newOffice(t)
	o.save(edit("assistance_types", o.kind, "limit_per_household", nil))
	o.save(o.household("h"), o.delivery("d", "h", 0.3), o.entitlement("e", "h", 0.1, "approved"))
	if got := o.open(); got.Facts.Entitled != "0.1" || got.Facts.Limit != "" {
		t.Errorf("the item is %+v", got)
	}
	o.save(edit("people", named("p"), "household", named("h"), "name", "P"),
		edit("entitlements", named("of p"), "person", named("p"), "project", o.project, "assistance_type", o.kind, "quantity", 0.2, "status", "approved"))
	o.none("0.1 for the household and 0.2 for a person are 0.3")
	o.save(edit("entitlements", named("of p"), "status", "closed"))
	o.none("what is closed was due")
	o.save(edit("entitlements", named("of p"), "status", "rejected"))
	o.open()
	o.save(o.household("other"), edit("people", named("p"), "household", named("other")), edit("entitlements", named("of p"), "status", "approved"))
	if got := o.open(); got.Record != named("h") {
		t.Errorf("the person with the entitlement left for another household, and the item is %+v", got)
	}
	o.save(edit("people", named("p"), "household", named("h")))
	o.none("the person came back")
	o.save(edit("people", named("p"), "household", named("other")))
	o.open()
	o.save(edit("entitlements", named("of p"), "household", named("h")))
	o.none("the entitlement is the household's now")
	o.save(edit("entitlements", named("of p"), "household", named("other")))
	o.open()
}

func TestATypeThatIsDeletedLimitsNothing(t *testing.T) {
	o := newOffice(t)
	o.save(o.household("h"), o.delivery("d", "h", 3))
	o.open()
	o.save(edit("assistance_types", o.kind, "deleted", true))
	o.none("nobody sees the limit any more")
	o.save(edit("assistance_types", o.kind, "deleted", false))
	o.open()
}

// Others were merged into a household before it came: the item is about it then, and where it is.
func TestAHouseholdThatComesLateIsTheOneThatWasKept(t *testing.T) {
	o := newOffice(t)
	first, second := "one", "two"
	o.save(edit("areas", named("other area"), "name", "Vranje", "level", "municipality"))
	o.save(o.household(first), o.household(second), o.delivery("d", first, 1.5), o.delivery("e", second, 1))
	o.save(mergeInto(first, "kept"), mergeInto(second, "kept"))
	if got := o.open(); got.Record != named("kept") || got.Area != o.area {
		t.Errorf("the item is %+v", got)
	}
	o.save(edit("households", named("kept"), "head_name", "Kept", "status", "idp", "area", named("other area")))
	if got := o.open(); got.Record != named("kept") || got.Area != named("other area") {
		t.Errorf("the item is %+v, want it in the area of the one that was kept", got)
	}
}

func TestMergedHouseholdsAreOneAndUnmergedOnesTwo(t *testing.T) {
	o := newOffice(t)
	o.save(o.household("h"), o.household("again"), o.household("third"), o.delivery("one", "h", 1), o.delivery("two", "third", 2))
	o.none("each is within the limit")
	o.save(mergeInto("third", "again"))
	o.save(mergeInto("again", "h"))
	got := o.open()
	if got.Record != named("h") || got.Facts.Delivered != "3" {
		t.Errorf("the item is %+v, want it about the one that was kept", got)
	}
	o.save(mergeInto("h", "third"))
	ring := o.open()
	if least := slices.MinFunc([]uuid.UUID{named("h"), named("again"), named("third")}, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }); ring.Record != least {
		t.Errorf("a ring is about %s, want the smallest id %s", ring.Record, least)
	}
	o.save(edit("households", named("h"), "merged_into", nil))
	o.save(edit("households", named("third"), "merged_into", nil))
	o.none("they were taken apart")
	o.save(o.delivery("three", "third", 1))
	if got := o.open(); got.Record != named("third") {
		t.Errorf("the item is about %s, want the one that was given 3", got.Record)
	}
}

func TestChildrenOfADeletedRecordAreFound(t *testing.T) {
	o := newOffice(t)
	o.save(o.household("h"), edit("people", named("p"), "household", named("h"), "name", "P"), o.delivery("d", "h", 1))
	o.save(edit("households", named("h"), "deleted", true))
	got := o.open()
	if got.Kind != review.Orphan || got.Record != named("h") || got.Subject != nil || got.Area != o.area || len(got.Facts.Records) != 2 {
		t.Errorf("the item is %+v", got)
	}
	o.save(edit("people", named("p"), "deleted", true))
	if got := o.open(); len(got.Facts.Records) != 1 || got.Facts.Records[0].Collection != "deliveries" {
		t.Errorf("the item is %+v, want the delivery left", got)
	}
	o.save(o.household("new"), edit("deliveries", named("d"), "household", named("new")))
	o.none("the last went to another household")
	o.save(edit("visits", named("v"), "household", named("h"), "visited_at", 1))
	o.open()
	o.save(edit("households", named("h"), "deleted", false))
	o.none("the household is back")
}

func TestADecidedItemComesBackOnlyWithOtherFacts(t *testing.T) {
	o := newOffice(t)
	ctx := t.Context()
	o.save(o.household("h"), o.delivery("one", "h", 3))
	item := o.open()
	if err := o.queue.Decide(ctx, o.admin, item.ID, review.Accepted, " meant so ", item.Digest); err != nil {
		t.Fatal(err)
	}
	o.save(edit("deliveries", named("one"), "note", "what counts is the same"), edit("households", named("h"), "phone", "1"))
	o.none("it was decided")
	decided := o.list(review.Decided)
	if len(decided) != 1 || decided[0].Decision == nil || decided[0].Decision.By != o.admin || decided[0].Decision.Reason != "meant so" || decided[0].Decision.At != o.now.UnixMilli() {
		t.Fatalf("decided are %+v", decided)
	}
	o.save(o.delivery("two", "h", 1))
	if got := o.open(); got.ID != item.ID || got.Decision == nil || got.Seq <= item.Seq {
		t.Errorf("with another delivery it is %+v, want the same item, opened again, with its former decision", got)
	}
	o.save(edit("deliveries", named("two"), "cancelled_why", "x"))
	o.none("what it rests on is what was decided on again")
	o.save(edit("deliveries", named("one"), "cancelled_why", "x"))
	if list := o.list(review.Closed); len(list) != 1 {
		t.Errorf("closed are %+v, want one", list)
	}
	o.save(edit("deliveries", named("one"), "cancelled_why", ""))
	o.none("it was decided once")
	if err := o.queue.Reopen(ctx, o.admin, item.ID, "wrong"); err != nil {
		t.Fatal(err)
	}
	if got := o.open(); got.Decision != nil {
		t.Errorf("a decision that was taken back still stands: %+v", got.Decision)
	}
	if err := o.queue.Assign(ctx, o.admin, item.ID, o.admin); err != nil {
		t.Fatal(err)
	}
	if got := o.open(); got.Assignee == nil || *got.Assignee != o.admin {
		t.Errorf("the assignee is %v", got.Assignee)
	}
	if got, want := o.actions(), []string{"review.decided", "review.reopened", "review.assigned"}; !slices.Equal(got, want) {
		t.Errorf("the audit log has %q, want %q", got, want)
	}
}

func TestADecisionOnOtherFactsThanThoseSeenIsRefused(t *testing.T) {
	o := newOffice(t)
	ctx := t.Context()
	o.save(o.household("h"), o.delivery("one", "h", 3))
	seen := o.open()
	o.save(o.delivery("two", "h", 1))
	for what, c := range map[string]struct {
		err  error
		code syncproto.Code
	}{
		"a decision on former facts":        {o.queue.Decide(ctx, o.admin, seen.ID, review.Accepted, "", seen.Digest), syncproto.CodeStale},
		"a decision that there is not":      {o.queue.Decide(ctx, o.admin, seen.ID, "merged", "", o.open().Digest), syncproto.CodeInvalid},
		"a decision on nothing":             {o.queue.Decide(ctx, o.admin, named("x"), review.Accepted, "", ""), syncproto.CodeNotFound},
		"the end of no decision":            {o.queue.Reopen(ctx, o.admin, seen.ID, ""), syncproto.CodeStale},
		"somebody whom there is not":        {o.queue.Assign(ctx, o.admin, seen.ID, named("x")), syncproto.CodeInvalid},
		"somebody for what there is not":    {o.queue.Assign(ctx, o.admin, named("x"), o.admin), syncproto.CodeNotFound},
		"a reason that nothing can keep":    {o.queue.Decide(ctx, o.admin, seen.ID, review.Accepted, "a\x00b", o.open().Digest), syncproto.CodeInvalid},
		"a second reason that nothing can ": {o.queue.Reopen(ctx, o.admin, seen.ID, "a\x00b"), syncproto.CodeInvalid},
	} {
		if codeOf(c.err) != c.code {
			t.Errorf("%s: %v, want %s", what, c.err, c.code)
		}
	}
	if got := o.actions(); len(got) > 0 {
		t.Errorf("the audit log has %q of what was refused", got)
	}
	if got := o.open(); got.Decision != nil || got.Assignee != nil {
		t.Errorf("what was refused was kept: %+v", got)
	}
}

// A database that cannot be asked says nothing about who has an account.
func TestAFailureIsNotTakenForNobody(t *testing.T) {
	path := filepath.Join(t.TempDir(), "satchel.db")
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	o := officeOn(t, s)
	o.save(o.household("h"), o.delivery("one", "h", 3))
	item := o.open()
	hand, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hand.Close() })
	if _, err := hand.ExecContext(t.Context(), "ALTER TABLE users RENAME TO people_of_before"); err != nil {
		t.Fatal(err)
	}
	if err := o.queue.Assign(t.Context(), o.admin, item.ID, o.admin); err == nil || codeOf(err) != "" {
		t.Errorf("without a table of users: %v, want what failed", err)
	}
}

func TestTheDetailShowsEachDeliveryWithItsWorker(t *testing.T) {
	o := newOffice(t)
	o.save(o.household("h"), o.delivery("one", "h", 1))
	o.save(o.delivery("two", "h", 2))
	o.save(edit("deliveries", named("two"), "recipient", "Mira"))
	got, err := o.queue.Show(t.Context(), o.open().ID)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(got.Grounds, func(e review.Evidence) bool { return e.Record == named("two") })
	if len(got.Grounds) != 2 || at < 0 {
		t.Fatalf("it rests on %+v", got.Grounds)
	}
	if e := got.Grounds[at]; e.Quantity != "2" || e.Fields["recipient"] != `"Mira"` || e.AuthorName != "Ana Admin" || e.DeviceName != "office" || e.Area != o.area {
		t.Errorf("a delivery is shown as %+v", e)
	}
	if _, err := o.queue.Show(t.Context(), named("x")); codeOf(err) != syncproto.CodeNotFound {
		t.Errorf("what there is not: %v, want not_found", err)
	}
}

func TestAnItemListsAHundredOfItsRecordsAndRestsOnAll(t *testing.T) {
	o := newOffice(t)
	o.save(o.household("h"))
	for i := range 103 {
		o.save(o.delivery(fmt.Sprint("delivery ", i), "h", 1))
	}
	before := o.open()
	if len(before.Facts.Records) != 100 || before.Facts.LeftOff != 3 || before.Facts.Delivered != "103" {
		t.Fatalf("it lists %d and leaves %d off, of %s", len(before.Facts.Records), before.Facts.LeftOff, before.Facts.Delivered)
	}
	var ids []uuid.UUID
	for i := range 103 {
		ids = append(ids, named(fmt.Sprint("delivery ", i)))
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	turn := func(one, other any) string {
		o.save(edit("deliveries", ids[101], "quantity", one), edit("deliveries", ids[102], "quantity", other))
		return o.open().Digest
	}
	if turn(2, 0) == before.Digest {
		t.Error("deliveries that are not listed have changed, and the digest has not")
	}
	if turn(1, 1) != before.Digest {
		t.Error("the same facts have another digest")
	}
}
