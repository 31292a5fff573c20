package engine_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

func TestARepeatIsANoOpWithTheSameReceipts(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("one", o.a)
	household := d.household(o.a, "Milica")
	d.edit("households", household, phone("2"))
	request := d.request()
	first, err := o.engine.Exchange(t.Context(), d.id, request)
	if err != nil {
		t.Fatal(err)
	}
	again, err := o.engine.Exchange(t.Context(), d.id, request)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(first.Receipts, again.Receipts) || len(again.Receipts) != 2 {
		t.Errorf("receipts\n%+v\nthen\n%+v", first.Receipts, again.Receipts)
	}
	history, err := o.engine.History(t.Context(), household)
	if err != nil || len(history) != 2 {
		t.Errorf("history of %d changes, %v; want 2", len(history), err)
	}
}

func TestAHistoryThatDoesNotMatchIsAFork(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("one", o.a)
	household := d.household(o.a, "Milica")
	d.sync()
	copied := *d
	copied.history, copied.tips = append([]syncproto.Change(nil), d.history...), append([]syncproto.Tip(nil), d.tips...)
	d.edit("households", household, phone("original"))
	d.sync()
	copied.edit("households", household, phone("copy"))
	_, err := copied.try()
	var p *syncproto.Problem
	if !errors.As(err, &p) || p.Code != syncproto.CodeDeviceForked || p.Tip == nil || *p.Tip != d.tips[1] {
		t.Errorf("the copy's changes: %v with tip %v; want device_forked after change 1", err, p.Tip)
	}
	d.sync()
	if got := d.shows(household, "phone"); got != "original" {
		t.Errorf("shown %q: the copy changed something", got)
	}
}

func TestAnAcknowledgementThatTheServerNeverGaveIsAFork(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("one", o.a)
	d.household(o.a, "Milica")
	d.sync()
	d.tips[1].Hash[0] ^= 1
	_, err := d.try()
	var p *syncproto.Problem
	if !errors.As(err, &p) || p.Code != syncproto.CodeDeviceForked || *p.Tip != (syncproto.Tip{}) {
		t.Errorf("another hash at the last acknowledged change: %v, want device_forked from the beginning", err)
	}
}

func TestAFormHasToBePossible(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("one", o.a)
	d.household(o.a, "Milica")
	d.household(o.a, "Jovana")
	for _, forms := range [][2]int64{{2, 2}, {0, 2}, {1, 3}, {1, -1}} {
		request := d.request()
		request.Changes = append([]syncproto.Change(nil), request.Changes...)
		request.Changes[0].Form, request.Changes[1].Form = forms[0], forms[1]
		if _, err := o.engine.Exchange(t.Context(), d.id, request); code(err) != syncproto.CodeFrameInvalid {
			t.Errorf("changes 1 and 2 of the forms %v: %v, want frame_invalid", forms, err)
		}
	}
}

func TestARecordStaysWithinItsBounds(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("one", o.a)
	household := d.household(o.a, "Milica")
	d.sync()
	long := text(strings.Repeat("x", syncproto.MaxValueBytes-2))
	fields := map[string]syncproto.Value{}
	for i := range syncproto.MaxRecordBytes / syncproto.MaxValueBytes {
		fields[fmt.Sprint("later_", i)] = long
	}
	d.edit("households", household, fields)
	for i := range syncproto.MaxHeads {
		c := d.change("households", household, phone(fmt.Sprint("unseen ", i)))
		c.Base = map[string][]syncproto.Version{"address": {d.version(1)}}
		d.saveForm(c)
	}
	receipts := d.sync()
	if got := receipts[0]; got.Code != syncproto.HeldInvalid {
		t.Errorf("a record of more than %d bytes: %+v, want held", syncproto.MaxRecordBytes, got)
	}
	if got := receipts[len(receipts)-2]; got.Status != syncproto.Applied {
		t.Errorf("value %d of one field: %+v, want applied", syncproto.MaxHeads, got)
	}
	if got := receipts[len(receipts)-1]; got.Code != syncproto.HeldManyHeads {
		t.Errorf("value %d of one field: %+v, want held", syncproto.MaxHeads+1, got)
	}
}

func TestAParentHasToBeOfItsCollection(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("one", o.a)
	household, person := d.household(o.a, "Milica"), newID(t)
	d.edit("people", person, map[string]syncproto.Value{"household": text(household.String()), "name": text("Ana")})
	d.edit("visits", newID(t), map[string]syncproto.Value{"household": text(person.String()), "visited_at": "1"})
	if got := d.sync()[2]; got.Code != syncproto.HeldInvalid {
		t.Errorf("a visit to a person: %+v, want held as invalid", got)
	}
}

func TestAServerThatIsBehindAsksForTheRest(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("one", o.a)
	d.household(o.a, "Milica")
	d.household(o.a, "Jovana")
	d.known = 2
	_, err := d.try()
	var p *syncproto.Problem
	if !errors.As(err, &p) || p.Code != syncproto.CodeResendFrom || p.Tip == nil || p.Tip.N != 0 {
		t.Fatalf("a device that is ahead: %v, want resend_from 0", err)
	}
	d.known = 0
	d.sync()
	if len(d.records) < 2 {
		t.Errorf("%d records after sending again", len(d.records))
	}
}

func TestAGapIsRefused(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("one", o.a)
	d.household(o.a, "Milica")
	d.household(o.a, "Jovana")
	request := d.request()
	request.Changes = request.Changes[1:]
	if _, err := o.engine.Exchange(t.Context(), d.id, request); code(err) != syncproto.CodeFrameInvalid {
		t.Errorf("a batch with a gap: %v, want frame_invalid", err)
	}
}

func TestWhatCannotBeAppliedIsHeldAndBlocksNothing(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("one", o.a)
	household := d.household(o.a, "Milica")
	d.sync()
	cases := []struct {
		name, code string
		change     syncproto.Change
	}{
		{"a wrong type", syncproto.HeldInvalid, d.change("households", household, map[string]syncproto.Value{"phone": "12"})},
		{"a NUL", syncproto.HeldInvalid, d.change("households", household, map[string]syncproto.Value{"phone": `"a\u0000b"`})},
		{"a required field cleared", syncproto.HeldInvalid, d.change("households", household, map[string]syncproto.Value{"head_name": syncproto.Null})},
		{"a required field missing", syncproto.HeldInvalid, d.change("households", newID(t), map[string]syncproto.Value{"area": text(o.a.String()), "head_name": text("X")})},
		{"another area", syncproto.HeldOutOfScope, d.change("households", newID(t), map[string]syncproto.Value{"area": text(o.b.String()), "head_name": text("X"), "status": text("idp")})},
		{"a move out of the scope", syncproto.HeldOutOfScope, d.change("households", household, map[string]syncproto.Value{"area": text(o.b.String())})},
		{"what everyone has", syncproto.HeldOutOfScope, d.change("areas", o.a, map[string]syncproto.Value{"name": text("Mine")})},
		{"a collection from the future", syncproto.HeldUnknown, d.change("vehicles", newID(t), map[string]syncproto.Value{"x": "1"})},
		{"another collection's record", syncproto.HeldInvalid, d.change("people", household, map[string]syncproto.Value{"name": text("X")})},
		{"a stranger's", syncproto.HeldUnknownAuthor, func() syncproto.Change {
			c := d.change("households", household, phone("x"))
			c.Author = newID(t)
			return c
		}()},
	}
	for _, test := range cases {
		d.saveForm(test.change)
	}
	d.edit("households", household, phone("good"))
	receipts := d.sync()
	for i, test := range cases {
		if got := receipts[i]; got.Status != syncproto.Held || got.Code != test.code || got.Reason == "" {
			t.Errorf("%s: %+v, want held as %s", test.name, got, test.code)
		}
	}
	if last := receipts[len(cases)]; last.Status != syncproto.Applied || d.shows(household, "phone") != "good" {
		t.Errorf("the good change behind them: %+v, shown %q", last, d.shows(household, "phone"))
	}
	if got := len(o.held()); got != len(cases) {
		t.Errorf("%d are listed as held, want %d", got, len(cases))
	}
}

func TestAFormIsAppliedTogetherOrNotAtAll(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("one", o.a)
	household, visit := newID(t), newID(t)
	d.saveForm(
		d.change("households", household, map[string]syncproto.Value{"head_name": text("M"), "status": text("idp"), "area": text(o.a.String())}),
		d.change("visits", visit, map[string]syncproto.Value{"household": text(household.String()), "visited_at": text("yesterday")}),
	)
	receipts := d.sync()
	if receipts[0].Code != syncproto.HeldWithForm || receipts[1].Code != syncproto.HeldInvalid {
		t.Errorf("receipts %+v: want both held, the second as invalid", receipts)
	}
	if _, there := d.records[household]; there {
		t.Error("half of the form was applied")
	}
	wrong := d.version(2)
	if err := o.engine.ApplyHeld(t.Context(), o.admin, wrong, nil); code(err) != syncproto.CodeInvalid {
		t.Errorf("applying it as it is: %v, want invalid", err)
	}
	err := o.engine.ApplyHeld(t.Context(), o.admin, wrong, map[string]syncproto.Value{"visited_at": "1700000000000"})
	if err != nil {
		t.Fatal(err)
	}
	d.sync()
	if got := d.records[visit].Fields["visited_at"].Value; got != "1700000000000" || d.shows(household, "head_name") != "M" {
		t.Errorf("after the correction: visited at %s, household %q; want both of the form", got, d.shows(household, "head_name"))
	}
}

func TestWhatComesBeforeItsParentWaitsAndIsAppliedByItself(t *testing.T) {
	o := newOffice(t)
	one, other := o.tablet("one", o.a), o.tablet("other", o.a)
	household := one.household(o.a, "Milica")
	person, entitlement := newID(t), newID(t)
	project, kind := newID(t), newID(t)
	other.edit("entitlements", entitlement, map[string]syncproto.Value{
		"person": text(person.String()), "project": text(project.String()), "assistance_type": text(kind.String()),
		"quantity": "1", "status": text("approved"),
	})
	other.edit("people", person, map[string]syncproto.Value{"household": text(household.String()), "name": text("Ana")})
	for i, r := range other.sync() {
		if r.Status != syncproto.Waiting {
			t.Errorf("receipt %d: %+v, want waiting", i, r)
		}
	}
	one.sync()
	other.sync()
	for _, id := range []uuid.UUID{household, person, entitlement} {
		if r, there := other.records[id]; !there || r.Area != o.a {
			t.Errorf("record %s after its parent came: there %v, area %s", id, there, r.Area)
		}
	}
	if held := o.held(); len(held) != 0 {
		t.Errorf("still held or waiting: %+v", held)
	}
}

func TestAnEditThatComesBeforeItsRecordWaits(t *testing.T) {
	o := newOffice(t)
	one, other := o.tablet("one", o.a), o.tablet("other", o.a)
	household := one.household(o.a, "Milica")
	edit := other.change("households", household, phone("seen before the server was restored"))
	edit.Base["phone"] = []syncproto.Version{one.version(1)}
	other.saveForm(edit)
	if receipt := other.sync()[0]; receipt.Status != syncproto.Waiting || receipt.Code != syncproto.WaitsForRecord {
		t.Errorf("the edit: %+v, want it to wait for its record", receipt)
	}
	one.sync()
	if got := one.shows(household, "phone"); got != "seen before the server was restored" {
		t.Errorf("shown %q once the record came", got)
	}
	if open := o.conflicts(); len(open) != 0 {
		t.Errorf("open conflicts: %+v; the edit had seen the record", open)
	}
}

func TestNobodyReplacesWhatIsStillToCome(t *testing.T) {
	o, one, other, household := two(t)
	other.edit("households", household, phone("lost, and sent again"))
	next := func(value string) syncproto.Change {
		c := one.change("households", household, phone(value))
		c.Base["phone"] = append(c.Base["phone"], other.version(1))
		return c
	}
	one.saveForm(next("written over what the other is going to write"))
	if got := one.sync()[0]; got.Code != syncproto.HeldInvalid {
		t.Errorf("an edit that has seen the future: %+v, want it held", got)
	}
	if err := engine.NewEpoch(t.Context(), o.store, o.now.UnixMilli()); err != nil {
		t.Fatal(err)
	}
	one.saveForm(next("seen before the restore"))
	if got := one.sync()[0]; got.Status != syncproto.Applied {
		t.Errorf("an edit that saw what a restored server has lost: %+v, want it applied", got)
	}
	other.sync()
	if got := other.shows(household, "phone"); got != "seen before the restore" || len(o.conflicts()) != 0 {
		t.Errorf("shown %q, open %v; want the edit that saw the other", got, o.conflicts())
	}
}

// Copies of a tablet go on with the same numbers. After a restore, another of them may be the one that has these.
func TestWhoSawTheChangeOfACopyHasNotSeenTheOther(t *testing.T) {
	o, one, other, household := two(t)
	copied := *one
	copied.history, copied.tips = slices.Clone(one.history), slices.Clone(one.tips)
	copied.edit("households", household, phone("of the copy, and lost"))
	one.edit("households", household, phone("of the other copy"))
	if err := engine.NewEpoch(t.Context(), o.store, o.now.UnixMilli()); err != nil {
		t.Fatal(err)
	}
	c := other.change("households", household, phone("saw what was lost"))
	c.Base["phone"] = append(c.Base["phone"], copied.version(copied.known+1))
	other.saveForm(c)
	other.sync()
	one.sync()
	if got := o.conflicts(); len(got) != 1 || got[0].Field != "phone" {
		t.Errorf("open conflicts: %+v, want that of the two phones that nobody saw together", got)
	}
}

func TestAHouseholdMovesWithAllThatBelongsToIt(t *testing.T) {
	o := newOffice(t)
	from, to, both := o.tablet("from", o.a), o.tablet("to", o.b), o.tablet("both", o.country)
	household := from.household(o.a, "Milica")
	visit := newID(t)
	from.edit("visits", visit, map[string]syncproto.Value{"household": text(household.String()), "visited_at": "1700000000000"})
	from.sync()
	to.sync()
	both.sync()
	both.edit("households", household, map[string]syncproto.Value{"area": text(o.b.String())})
	both.sync()
	from.sync()
	to.sync()
	for _, id := range []uuid.UUID{household, visit} {
		if _, there := from.records[id]; there {
			t.Errorf("record %s is still in the area it left", id)
		}
		if to.records[id].Area != o.b || both.records[id].Area != o.b {
			t.Errorf("record %s did not come to its new area", id)
		}
	}
	from.household(o.a, "Jovana")
	from.sync()
	both.edit("households", household, map[string]syncproto.Value{"area": text(o.a.String())})
	both.sync()
	from.sync()
	if from.records[visit].Area != o.a {
		t.Error("the visit did not come back with its household")
	}
}

func TestPagesBringEverythingOnce(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("one", o.a)
	for i := range 57 {
		d.household(o.a, fmt.Sprint("Household ", i))
	}
	d.sync()
	other := o.tablet("other", o.country)
	other.page = 10
	seen, rounds := map[uuid.UUID]int{}, 0
	for more := true; more; rounds++ {
		reply, err := other.try()
		if err != nil {
			t.Fatal(err)
		}
		if want := 60 - len(seen) - len(reply.Records); reply.Left != want {
			t.Errorf("in round %d %d are left, want %d", rounds, reply.Left, want)
		}
		if len(reply.Records) > 10 {
			t.Errorf("a page of %d records, 10 were asked for", len(reply.Records))
		}
		for _, r := range reply.Records {
			seen[r.ID]++
		}
		if more = reply.More; !more {
			other.checkDigests(reply)
		}
	}
	for id, times := range seen {
		if times != 1 {
			t.Errorf("record %s came %d times", id, times)
		}
	}
	if len(seen) != 60 {
		t.Errorf("%d records in %d rounds, want 57 households and 3 areas", len(seen), rounds)
	}
}

// TestWhatChangesWhileItIsFetchedComesWhole has records change before and while others fetch them in small
// pages: from nothing, and from where they were.
func TestWhatChangesWhileItIsFetchedComesWhole(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("one", o.a)
	var households []uuid.UUID
	for i := range 6 {
		households = append(households, d.household(o.a, fmt.Sprint("Household ", i)))
	}
	d.sync()
	other := o.tablet("other", o.a)
	other.page = 2
	for round := range 2 {
		for i, id := range households {
			d.edit("households", id, phone(fmt.Sprint(round, i)))
		}
		d.edit("households", households[0], map[string]syncproto.Value{"notes": text(fmt.Sprint(round))})
		d.sync()
		if _, err := other.try(); err != nil {
			t.Fatal(err)
		}
		d.edit("households", households[1], map[string]syncproto.Value{"notes": text(fmt.Sprint(round))})
		d.sync()
		other.sync()
	}
}

func TestOnlyChangedFieldsComeAgain(t *testing.T) {
	_, one, other, household := two(t)
	one.edit("households", household, phone("new"))
	one.sync()
	reply, err := other.try()
	if err != nil {
		t.Fatal(err)
	}
	if len(reply.Records) != 1 || reply.Records[0].Whole || len(reply.Records[0].Fields) != 1 {
		t.Errorf("the reply holds %+v, want one record with its phone", reply.Records)
	}
	other.checkDigests(reply)
}

func TestManyTabletsAtOnceLoseNothing(t *testing.T) {
	o := newOffice(t)
	const tablets, each = 8, 25
	var group sync.WaitGroup
	for i := range tablets {
		d := o.tablet(fmt.Sprint("tablet ", i), o.a)
		for j := range each {
			d.household(o.a, fmt.Sprint(i, " ", j))
		}
		group.Go(func() {
			for d.known < each {
				request := d.request()
				request.Changes = request.Changes[:min(5, len(request.Changes))]
				reply, err := o.engine.Exchange(t.Context(), d.id, request)
				if err != nil {
					t.Error(err)
					return
				}
				d.known = reply.Tip.N
			}
		})
	}
	group.Wait()
	reader := o.tablet("reader", o.a)
	reader.sync()
	if got := len(reader.records); got != tablets*each+3 {
		t.Errorf("%d records, want %d households and 3 areas", got, tablets*each)
	}
}

func TestALostTailStartsANewEpoch(t *testing.T) {
	o, one, other, household := two(t)
	epoch := one.epoch
	one.edit("households", household, phone("in the tail"))
	one.sync()
	o.write(func(ctx context.Context, tx *store.Tx) error { return tx.SetProperty(ctx, "seq", "2") })
	one.sync()
	if one.epoch == epoch {
		t.Error("a server that is behind what it once showed goes on in the same epoch")
	}
	if other.sync(); other.epoch != one.epoch {
		t.Error("two tablets are in different epochs")
	}
}

func TestARevokedTabletHandsInAndGetsNothing(t *testing.T) {
	o, one, other, household := two(t)
	one.edit("households", household, phone("unsent"))
	o.write(func(ctx context.Context, tx *store.Tx) error { return tx.RevokeDevice(ctx, one.id, o.now.UnixMilli()) })
	other.edit("households", household, map[string]syncproto.Value{"notes": text("secret")})
	other.sync()
	reply, err := one.try()
	if err != nil {
		t.Fatal(err)
	}
	if !reply.Revoked || len(reply.Records)+len(reply.Areas)+len(reply.Workers) != 0 {
		t.Errorf("a revoked tablet got %+v", reply)
	}
	if got := reply.Receipts[0]; got.Status != syncproto.Held || got.Code != syncproto.HeldRevoked {
		t.Errorf("its change: %+v, want held", got)
	}
	if err := o.engine.ApplyHeld(t.Context(), o.admin, one.version(2), nil); err != nil {
		t.Fatal(err)
	}
	other.sync()
	if got := other.shows(household, "phone"); got != "unsent" {
		t.Errorf("shown %q after an administrator applied it", got)
	}
}

func TestHeldChangesAreCorrectedOrDiscarded(t *testing.T) {
	o, one, other, household := two(t)
	one.edit("households", household, map[string]syncproto.Value{"displaced_on": text("June 1999")})
	one.edit("households", household, map[string]syncproto.Value{"returned_on": text("never")})
	one.sync()
	version := one.version
	err := o.engine.ApplyHeld(t.Context(), o.admin, version(2), map[string]syncproto.Value{"displaced_on": text("1999-06-15")})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.engine.DiscardHeld(t.Context(), o.admin, version(3), ""); code(err) != syncproto.CodeInvalid {
		t.Errorf("discarding without a reason: %v", err)
	}
	if err := o.engine.DiscardHeld(t.Context(), o.admin, version(3), "it is no date"); err != nil {
		t.Fatal(err)
	}
	request := one.request()
	request.Held = []int64{2, 3}
	reply, err := o.engine.Exchange(t.Context(), one.id, request)
	if err != nil {
		t.Fatal(err)
	}
	if got := reply.Receipts; got[0].Code != syncproto.HeldCorrected || got[1].Status != syncproto.Discarded || got[1].Reason != "it is no date" {
		t.Errorf("the tablet is told %+v", got)
	}
	other.sync()
	if got := other.shows(household, "displaced_on"); got != "1999-06-15" {
		t.Errorf("shown %q, want the corrected date", got)
	}
	if held := o.held(); len(held) != 0 {
		t.Errorf("still held: %+v", held)
	}
}

func TestAScopeThatChangesChangesTheAreas(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("one", o.a)
	reply, err := d.try()
	if err != nil {
		t.Fatal(err)
	}
	if len(reply.Areas) != 2 {
		t.Errorf("areas %v, want everyone's and one", reply.Areas)
	}
	o.save(area(newID(t), "Ribnica", "settlement", o.a))
	if reply, err = d.try(); err != nil || len(reply.Areas) != 3 {
		t.Errorf("areas %v, %v: want the new settlement among them", reply.Areas, err)
	}
	o.write(func(ctx context.Context, tx *store.Tx) error { return tx.SetDeviceAreas(ctx, d.id, []uuid.UUID{o.b}) })
	if reply, err = d.try(); err != nil || len(reply.Areas) != 2 || reply.Areas[1] != o.b {
		t.Errorf("areas %v, %v: want the other municipality alone", reply.Areas, err)
	}
}

func TestTheOfficeCannotBreakARule(t *testing.T) {
	o := newOffice(t)
	before := o.save(area(o.a, "Kraljevo on Ibar", "municipality", o.country))[0].N
	_, err := o.engine.Save(t.Context(), o.admin, []engine.OfficeEdit{
		area(newID(t), "Good", "settlement", o.a), area(newID(t), "Bad", "planet", o.a),
	})
	if code(err) != syncproto.CodeInvalid {
		t.Errorf("an edit that breaks a rule: %v, want invalid", err)
	}
	d := o.tablet("one", o.a)
	d.sync()
	if len(d.records) != 3 {
		t.Errorf("%d areas: a part of the edit was saved", len(d.records))
	}
	if after := o.save(area(o.b, "Vranje on Morava", "municipality", o.country))[0].N; after != before+1 {
		t.Errorf("the office's changes go from %d to %d: the refused one used up numbers", before, after)
	}
}

// Before the first change there is no hash, whatever a request says.
func TestAHashBeforeTheFirstChangeCountsForNothing(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("one", o.a)
	household := d.household(o.a, "Milica")
	request := d.request()
	request.Known.Hash[0]++
	for range 2 { // as new, and as a repeat
		if _, err := o.engine.Exchange(t.Context(), d.id, request); err != nil {
			t.Fatal(err)
		}
	}
	d.edit("households", household, phone("2"))
	d.sync()
	if got := d.shows(household, "phone"); got != "2" {
		t.Errorf("the phone is %q after a sync on top of that, want 2", got)
	}
}
