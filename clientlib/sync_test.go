package clientlib_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/syncproto"
)

func TestTwoDevicesEditDifferentFieldsAndBothSurvive(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, b := enrolled(t, o, vranje), enrolled(t, o, vranje)
	h := a.household(vranje, "Ana")
	a.sync()
	b.sync()
	a.setPhone(h.ID, "063")
	at := b.get(h.ID)
	at.Address = "Korbevac 7"
	b.put(at)
	b.sync()
	a.sync()
	b.sync()
	for _, d := range []*device{a, b} {
		got := d.get(h.ID)
		is(t, "phone", got.Phone, "063")
		is(t, "address", got.Address, "Korbevac 7")
		is(t, "conflict", got.Record().Conflict(), false)
		same(t, "attention", d.kinds(), nil)
	}
}

func TestAnOvertakenValueIsShownToItsAuthorUntilItIsSettled(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, b := enrolled(t, o, vranje), enrolled(t, o, vranje)
	h := a.household(vranje, "Ana")
	a.sync()
	b.sync()
	a.setPhone(h.ID, "1")
	b.clock.Add(5000)
	b.setPhone(h.ID, "2")
	a.sync()
	b.sync()
	a.sync()
	same(t, "attention of the later one", b.kinds(), nil)
	is(t, "conflict at the later one", b.get(h.ID).Record().Fields["phone"].Conflict, true)
	same(t, "attention of the earlier one", a.kinds(), []clientlib.Kind{clientlib.KindOvertaken})
	got := a.attention()[0]
	is(t, "own", got.Own, `"1"`)
	is(t, "shown", got.Shown, `"2"`)
	is(t, "by", got.By.Device, b.status().Device)
	if err := a.store.Dismiss(t.Context(), got.Item); err != nil {
		t.Fatal(err)
	}
	same(t, "attention once dismissed", a.kinds(), nil)
	o.write(h.ID, "households", map[string]any{"phone": "1"})
	a.sync()
	is(t, "phone once settled", a.get(h.ID).Phone, "1")
	is(t, "conflict once settled", a.get(h.ID).Record().Conflict(), false)
}

func TestADeletionThatCrossesAnEditIsShownToBoth(t *testing.T) {
	t.Parallel()
	for _, deletedLater := range []bool{true, false} {
		o := newOffice(t)
		editor, deleter := enrolled(t, o, vranje), enrolled(t, o, vranje)
		h := editor.household(vranje, "Ana")
		editor.sync()
		deleter.sync()
		late := editor
		if deletedLater {
			late = deleter
		}
		late.clock.Add(5000)
		var f clientlib.Form
		f.Delete(deleter.get(h.ID).Record())
		deleter.save(&f)
		deleter.sync()
		editor.setPhone(h.ID, "063")
		editor.sync()
		deleter.sync()
		loser := deleter
		if deletedLater {
			loser = editor
		}
		same(t, fmt.Sprint("attention, deleted later: ", deletedLater), loser.kinds(), []clientlib.Kind{clientlib.KindOvertaken})
		is(t, "field", loser.attention()[0].Field, syncproto.FieldDeleted)
		is(t, "shown", loser.attention()[0].Shown == syncproto.True, deletedLater)
		is(t, "conflicts", len(o.conflicts(h.ID)), 1)
	}
}

func TestWhatShowsInSpiteOfItsDeletionCanBeDeletedAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	editor, deleter := enrolled(t, o, vranje), enrolled(t, o, vranje)
	h := editor.household(vranje, "Ana")
	editor.sync()
	deleter.sync()
	remove := func() {
		var f clientlib.Form
		f.Delete(deleter.get(h.ID).Record())
		deleter.save(&f)
		deleter.sync()
	}
	remove()
	editor.clock.Add(5000)
	editor.setPhone(h.ID, "063")
	editor.sync()
	deleter.sync()
	is(t, "deleted, once an edit that is later contests it", deleter.get(h.ID).Record().Deleted, false)
	before := o.changesOf(deleter.status().Device)
	remove()
	is(t, "changes of the second deletion", o.changesOf(deleter.status().Device), before+1)
	is(t, "deleted in the end", deleter.get(h.ID).Record().Deleted, true)
	is(t, "conflicts", len(o.conflicts(h.ID)), 0)
}

func TestWhoEditsWhatShowsInSpiteOfItsDeletionKeepsIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	editor, deleter := enrolled(t, o, vranje), enrolled(t, o, vranje)
	h := editor.household(vranje, "Ana")
	person := &clientlib.Person{Household: h.ID, Name: "Mila"}
	editor.put(person)
	edit := func(d *device, fields map[string]any) {
		r, err := d.store.Get(t.Context(), person.ID)
		if err != nil {
			t.Fatal(err)
		}
		var f clientlib.Form
		f.Edit(r, fields)
		d.save(&f)
	}
	editor.sync()
	deleter.sync()
	edit(deleter, map[string]any{"deleted": true})
	deleter.sync()
	editor.clock.Add(5000)
	edit(editor, map[string]any{"name": "Milica"})
	editor.sync()
	deleter.sync()
	edit(deleter, map[string]any{"phone": "064"}) // where nothing was before
	edit(deleter, map[string]any{"name": "Milena"})
	deleter.sync()
	r, err := deleter.store.Get(t.Context(), person.ID)
	if err != nil || r.Deleted {
		t.Errorf("deleted: %v, %v", r.Deleted, err)
	}
	same(t, "conflicts", o.conflicts(person.ID), []string{syncproto.FieldDeleted})
	same(t, "what the author of the phone saw of the deletion", deleter.outbox(true)[1].Base[syncproto.FieldDeleted], nil)
}

func TestALinkCutAtAnyByteLosesNothingAndDoublesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.change(func() { o.page = 3 })
	d := enrolled(t, o, vranje)
	for i := range 7 {
		o.write(o.newID(), "households", map[string]any{"head_name": fmt.Sprint("Office ", i), "status": "idp", "area": vranje})
	}
	want := 7
	record := func(name string) {
		d.household(vranje, name)
		want++
	}
	record("first")
	whole := enrolled(t, o, vranje) // measures how many bytes there are
	whole.household(vranje, "measure")
	want++
	whole.sync()
	up, down := 400, 900
	for n := 0; n < up; n += 23 {
		record(fmt.Sprint("up ", n))
		if err := d.try(n, -1); err != nil && !errors.Is(err, clientlib.ErrLink) {
			t.Errorf("a request of %d bytes: %v", n, err)
		}
		if n%2 == 0 {
			d.reopen()
		}
	}
	for n := 0; n < down; n += 31 {
		record(fmt.Sprint("down ", n))
		if err := d.try(-1, n); err != nil && !errors.Is(err, clientlib.ErrLink) {
			t.Errorf("a reply of %d bytes: %v", n, err)
		}
	}
	d.sync()
	whole.sync()
	is(t, "households on the device", len(headNames(t, d, clientlib.Meta{})), want)
	is(t, "households on another one", len(headNames(t, whole, clientlib.Meta{})), want)
	is(t, "new identities", o.count("device_forked"), 0)
	is(t, "changes at the office", o.changesOf(d.status().Device), want-8)
}

func TestEachByteOfOneReplyCanBeTheLast(t *testing.T) {
	if testing.Short() {
		t.Skip("does the same a thousand times")
	}
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	h := d.household(vranje, "Ana")
	for cut := 0; ; cut++ {
		d.link.down = cut
		result, err := d.store.Sync(t.Context(), nil)
		if err == nil {
			is(t, "complete", result.Complete, true)
			break
		}
		if !errors.Is(err, clientlib.ErrLink) {
			t.Fatalf("cut after %d bytes: %v", cut, err)
		}
		is(t, "unsent while no reply was whole", d.status().Unsent, 1)
		is(t, "name", d.get(h.ID).HeadName, "Ana")
	}
	d.link.down = -1
	is(t, "unsent", d.status().Unsent, 0)
	is(t, "changes at the office", o.changesOf(d.status().Device), 1)
}

func TestALostAcknowledgementIsNoChangeTwice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	h := d.household(vranje, "Ana")
	d.cut(-1, 10)
	is(t, "changes at the office", o.changesOf(d.status().Device), 1)
	is(t, "unsent", d.status().Unsent, 1)
	h.Phone = "063"
	d.put(h)
	d.sync()
	is(t, "changes at the office", o.changesOf(d.status().Device), 2)
	is(t, "phone at the office", o.shown(h.ID, "phone"), "063")
	same(t, "conflicts", o.conflicts(h.ID), nil)
}

func TestABatchHasLimitsAndNeverSplitsAForm(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	var sizes []int
	for _, size := range []int{300, 190, 20, 490} {
		var f clientlib.Form
		for i := range size {
			f.Create("households", map[string]any{"head_name": fmt.Sprint("H ", i), "status": "idp", "area": vranje})
		}
		d.save(&f)
	}
	o.change(func() { o.lie = func(r *syncproto.Reply) { sizes = append(sizes, len(r.Receipts)) } })
	d.sync()
	same(t, "batches with anything in them", sizes[:3], []int{490, 20, 490})
}

func TestABatchIsLimitedInBytes(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	noise := make([]byte, 15000)
	for range 100 {
		for i := range noise {
			noise[i] = 'a' + byte(rand.IntN(26))
		}
		h := &clientlib.Household{HeadName: "Ana", Status: "idp", Area: vranje, Notes: string(noise)}
		d.put(h)
	}
	before := o.count("ok")
	d.sync()
	if trips := o.count("ok") - before; trips < 2 {
		t.Errorf("1.5 MB went up in %d exchange", trips)
	}
	is(t, "households at the office", o.changesOf(d.status().Device), 100)
}

func TestTheClockIsCorrectedAndItsWorkerTold(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := newDevice(t)
	d.clock.Add(-3 * time.Minute.Milliseconds())
	d.enrol(o, vranje)
	d.sync()
	is(t, "offset", d.status().ClockOffset, 3*time.Minute)
	is(t, "off", d.status().ClockOff, true)
	same(t, "attention", d.kinds(), []clientlib.Kind{clientlib.KindClock})
	if err := d.store.Dismiss(t.Context(), d.attention()[0].Item); err == nil {
		t.Error("a clock that is off was dismissed")
	}
	d.clock.Add(2 * time.Minute.Milliseconds())
	d.sync()
	is(t, "offset once set", d.status().ClockOffset, time.Minute)
	same(t, "attention once set", d.kinds(), nil)
	d.clock.Add(10 * time.Minute.Milliseconds())
	d.sync()
	is(t, "off, and fast", d.status().ClockOff, true)
}

func TestExpiredCredentialsAreRenewedAndLostOnesTouchNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	d.household(vranje, "Ana")
	o.change(func() { o.expired = true })
	d.sync()
	is(t, "refused once", o.count("token_expired"), 1)
	d.clock.Add(time.Hour.Milliseconds())
	o.change(func() { o.now = func() int64 { return april.Add(time.Hour).UnixMilli() } })
	d.household(vranje, "Branka")
	d.sync()
	is(t, "renewed before it was refused", o.count("token_expired"), 1)

	d.clock.Add(time.Hour.Milliseconds())
	d.link.path, d.link.down = "/token", 5 // the new tokens are lost on the way
	if _, err := d.store.Sync(t.Context(), nil); !errors.Is(err, clientlib.ErrLink) {
		t.Fatal(err)
	}
	d.link = goodLink()
	d.reopen()
	d.household(vranje, "Vesna")
	d.sync()

	o.change(func() {
		o.books.tablets[d.status().Device].token += 5
		o.expired = true
	})
	d.household(vranje, "Zora")
	if _, err := d.store.Sync(t.Context(), nil); !errors.Is(err, clientlib.ErrEnrolAgain) {
		t.Errorf("with a used token: %v", err)
	}
	is(t, "unsent", d.status().Unsent, 1)
	d.enrol(o, vranje)
	d.sync()
	is(t, "households", len(headNames(t, d, clientlib.Meta{})), 4)
}

func TestScopeThatChangesIsFollowed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje, kraljevo)
	a, b := d.household(vranje, "Ana"), d.household(kraljevo, "Branka")
	d.sync()
	d.setPhone(b.ID, "063")
	tab := o.books.tablets[d.status().Device]
	o.change(func() { tab.areas = []uuid.UUID{vranje} })
	d.sync()
	d.gone(b.ID)
	is(t, "the edit was sent first", o.shown(b.ID, "phone"), "063")
	is(t, "the other area stays", d.get(a.ID).HeadName, "Ana")
	o.change(func() { tab.areas = []uuid.UUID{vranje, kraljevo} })
	d.sync()
	is(t, "the area comes back", d.get(b.ID).Phone, "063")
}

func TestARecordThatMovesAwayIsDroppedAndOneThatMovesWithinIsKept(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d, both := enrolled(t, o, vranje), enrolled(t, o, vranje, kraljevo)
	h := d.household(vranje, "Ana")
	p := &clientlib.Person{Household: h.ID, Name: "Luka"}
	d.put(p)
	d.sync()
	both.sync()
	o.write(h.ID, "households", map[string]any{"area": kraljevo})
	d.sync()
	both.sync()
	d.gone(h.ID)
	d.gone(p.ID)
	is(t, "area", both.get(h.ID).Area, kraljevo)
	is(t, "name", both.get(h.ID).HeadName, "Ana")
}

func TestHeldChangesAreFollowedUntilTheOfficeDecides(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	o.change(func() { o.hold = func(syncproto.Change) string { return syncproto.HeldOutOfScope } })
	h := d.household(vranje, "Ana")
	g := d.household(vranje, "Branka")
	d.sync()
	same(t, "attention", d.kinds(), []clientlib.Kind{clientlib.KindHeld, clientlib.KindHeld})
	is(t, "code", d.attention()[0].Code, syncproto.HeldOutOfScope)
	is(t, "reason", d.attention()[0].Reason, "The office wants to look at it.")
	is(t, "held", d.status().Held, 2)
	is(t, "still shown", d.get(h.ID).HeadName, "Ana")
	o.change(func() {
		tab := o.books.tablets[d.status().Device]
		c := d.outbox(true)[1]
		o.apply(d.status().Device, c, april.UnixMilli())
		tab.receipts[0].Status, tab.receipts[0].Reason = syncproto.Discarded, "It is a duplicate."
		tab.receipts[1].Status = syncproto.Applied
	})
	d.sync()
	same(t, "attention once decided", d.kinds(), []clientlib.Kind{clientlib.KindDiscarded})
	d.gone(h.ID)
	is(t, "the other one", d.get(g.ID).Record().Pending(), false)
	is(t, "held", d.status().Held, 0)
}

func TestARevokedDeviceHandsInItsOutboxAndIsEmptyThen(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	d.household(vranje, "Ana")
	d.sync()
	id := d.status().Device
	d.household(vranje, "Branka")
	o.change(func() { o.books.tablets[id].revoked = true })
	if _, err := d.store.Sync(t.Context(), nil); !errors.Is(err, clientlib.ErrWiped) {
		t.Fatalf("got %v", err)
	}
	is(t, "changes at the office", o.changesOf(id), 2)
	same(t, "households left", headNames(t, d, clientlib.Meta{}), nil)
	var f clientlib.Form
	f.Create("households", nil)
	if err := d.store.Save(t.Context(), &f); !errors.Is(err, clientlib.ErrWiped) {
		t.Errorf("save: %v", err)
	}
	d.store.Close()
	if _, err := clientlib.Open(t.Context(), d.path, pin, d.options()); !errors.Is(err, clientlib.ErrWiped) {
		t.Errorf("open: %v", err)
	}
	store, err := clientlib.Create(t.Context(), d.path, pin, d.options())
	if err != nil {
		t.Fatalf("make it anew: %v", err)
	}
	d.store = store
	d.enrol(o, vranje)
	d.sync()
	same(t, "households", headNames(t, d, clientlib.Meta{}), []string{"Ana"})
}

func TestAreasThatDifferAreFetchedAnewOnceAndNotCalledSafeIfTheyStillDo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	h := d.household(vranje, "Ana")
	d.sync()
	d.sql("DELETE FROM records WHERE id = ?", h.ID)
	result, err := d.store.Sync(t.Context(), nil)
	if err != nil || !result.Safe || result.Repaired != 1 {
		t.Errorf("after a record was lost: %+v, %v", result, err)
	}
	is(t, "name", d.get(h.ID).HeadName, "Ana")
	o.change(func() {
		o.lie = func(r *syncproto.Reply) {
			if r.Digests != nil {
				r.Digests[vranje] = syncproto.Digest{1}
			}
		}
	})
	result, err = d.store.Sync(t.Context(), nil)
	if err != nil || !result.Complete || result.Safe || result.Repaired != 1 {
		t.Errorf("with a server that always differs: %+v, %v", result, err)
	}
	is(t, "safe", d.status().Safe, false)
	o.change(func() { o.lie = nil })
	if _, err := d.store.Sync(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	is(t, "safe again", d.status().Safe, true)
}

func TestKeptChangesAreDroppedAfter180Days(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	h := d.household(vranje, "Ana")
	d.sync()
	later := april.AddDate(0, 0, 181)
	d.clock.Store(later.UnixMilli())
	d.setPhone(h.ID, "063")
	is(t, "kept, whatever the device's own clock says", len(d.outbox(true)), 2)
	o.change(func() { o.now = func() int64 { return later.UnixMilli() } })
	d.sync()
	changes := d.outbox(true)
	is(t, "kept once the office's clock says so", len(changes), 1)
	is(t, "which", changes[0].N, 2)
	d.setPhone(h.ID, "064")
	d.sync()
	is(t, "phone", o.shown(h.ID, "phone"), "064")
}

func TestProgressCountsWhatReallyPassed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.change(func() { o.page = 5 })
	d := enrolled(t, o, vranje)
	for i := range 12 {
		o.write(o.newID(), "households", map[string]any{"head_name": fmt.Sprint("H ", i), "status": "idp", "area": vranje})
	}
	d.household(vranje, "Ana")
	o.change(func() { o.healths = nil })
	var last clientlib.Progress
	result, err := d.store.Sync(t.Context(), func(p clientlib.Progress) {
		if p.Records == 5 && p.Exchanges == 2 && p.RecordsToFetch != 13 {
			t.Errorf("after the first page there are %d records to fetch, want 13", p.RecordsToFetch)
		}
		if p.BytesUp < last.BytesUp || p.BytesDown < last.BytesDown || p.Records < last.Records || p.Changes < last.Changes {
			t.Errorf("progress went back from %+v to %+v", last, p)
		}
		last = p
	})
	if err != nil || last != result.Progress {
		t.Errorf("last progress %+v, result %+v, %v", last, result, err)
	}
	is(t, "changes", last.Changes, 1)
	is(t, "of", last.ChangesToSend, 1)
	is(t, "records", last.Records, 13)
	is(t, "of", last.RecordsToFetch, 13)
	is(t, "exchanges", last.Exchanges, 3)
	o.change(func() {
		is(t, "what the office was told", fmt.Sprint(o.healths), fmt.Sprint([]syncproto.Health{
			{Unsent: 1, Complete: april.UnixMilli(), Program: "test 1", FreeBytes: 5 << 30},
			{Complete: april.UnixMilli(), Program: "test 1", FreeBytes: 5 << 30, Up: 1, Down: 5, DownLeft: 8},
			{Complete: april.UnixMilli(), Program: "test 1", FreeBytes: 5 << 30, Up: 1, Down: 10, DownLeft: 3},
		}))
	})
	sent, got := d.link.sent.Load(), d.link.got.Load()
	if last.BytesUp < sent || last.BytesDown < got || got == 0 {
		t.Errorf("progress %+v, but the last exchange alone had %d and %d bytes", last, sent, got)
	}
}

func TestASecondSyncAtOnceIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	var second error
	_, err := d.store.Sync(t.Context(), func(clientlib.Progress) {
		_, second = d.store.Sync(t.Context(), nil)
	})
	if err != nil || !errors.Is(second, clientlib.ErrSyncing) {
		t.Errorf("got %v", second)
	}
}

func TestAReplyIsNotAppliedOverWhatAnotherProgramFetched(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	other := must(clientlib.Open(t.Context(), d.path, pin, d.options()))
	defer other.Close()
	h := d.household(vranje, "Ana")
	between := false
	_, err := d.store.Sync(t.Context(), func(p clientlib.Progress) {
		if between || p.BytesDown == 0 {
			return
		}
		between = true
		if _, err := other.Sync(t.Context(), nil); err != nil {
			t.Error(err)
		}
		o.write(h.ID, "households", map[string]any{"phone": "063"})
		if _, err := other.Sync(t.Context(), nil); err != nil {
			t.Error(err)
		}
	})
	if !errors.Is(err, clientlib.ErrSyncing) {
		t.Errorf("got %v", err)
	}
	is(t, "phone", d.get(h.ID).Phone, "063")
	d.sync()
}

func TestAServerThatIsNoneOfOursIsToldFromABrokenLink(t *testing.T) {
	t.Parallel()
	d := newDevice(t)
	for _, address := range []string{"http://office.example.org", "ftp://localhost", "https://user@localhost", "nonsense", ""} {
		if err := d.store.Enrol(t.Context(), address, "CODE", ""); !errors.Is(err, clientlib.ErrServer) {
			t.Errorf("%q: %v", address, err)
		}
	}
	o := newOffice(t)
	if err := d.store.Enrol(t.Context(), o.url+"/elsewhere", "CODE", ""); !errors.Is(err, clientlib.ErrLink) {
		t.Errorf("an address where nothing is: %v", err)
	}
	if err := d.store.Enrol(t.Context(), o.url, "WRONG", ""); !errors.Is(err, &syncproto.Problem{Code: syncproto.CodeCodeInvalid}) {
		t.Errorf("a wrong code: %v", err)
	}
	if _, err := d.store.Sync(t.Context(), nil); !errors.Is(err, clientlib.ErrNotEnrolled) {
		t.Errorf("sync before enrolment: %v", err)
	}
}
