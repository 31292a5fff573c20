package clientlib_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/syncproto"
)

func TestAFormIsSavedAsOneUnderOneNumber(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	worker := uuid.Must(uuid.NewV7())
	f := clientlib.Form{Author: worker}
	h := f.Create("households", map[string]any{"head_name": "Ana", "status": "idp", "area": vranje})
	f.Create("people", map[string]any{"household": h.ID, "name": "Luka"})
	d.save(&f)
	d.household(vranje, "Branka")
	changes := d.outbox(false)
	same(t, "forms", []int64{changes[0].Form, changes[1].Form, changes[2].Form}, []int64{1, 1, 3})
	is(t, "author", changes[0].Author, worker)
	is(t, "author of a form that names none", changes[2].Author, holder)
	is(t, "the record after the save", h.Text("head_name"), "Ana")
}

func TestAFormThatIsWrongSavesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	good := map[string]any{"head_name": "Ana", "status": "idp", "area": vranje}
	d.household(vranje, "Known")
	known := d.get(d.outbox(false)[0].Record).Record()
	with := func(name string, value any) map[string]any {
		out := map[string]any{name: value}
		for k, v := range good {
			if k != name {
				out[k] = v
			}
		}
		return out
	}
	for what, fill := range map[string]func(*clientlib.Form){
		"a required field missing": func(f *clientlib.Form) { f.Create("households", with("head_name", nil)) },
		"a choice that is none":    func(f *clientlib.Form) { f.Create("households", with("status", "tourist")) },
		"a date that is none":      func(f *clientlib.Form) { f.Create("households", with("displaced_on", "30.4.2020")) },
		"a NUL":                    func(f *clientlib.Form) { f.Create("households", with("notes", "a\x00b")) },
		"an unknown field":         func(f *clientlib.Form) { f.Create("households", with("fone", "063")) },
		"an unknown collection":    func(f *clientlib.Form) { f.Create("houses", good) },
		"a required field cleared": func(f *clientlib.Form) { f.Edit(known, map[string]any{"head_name": ""}) },
		"an unknown record":        func(f *clientlib.Form) { f.Set(o.newID(), good) },
		"an edit and a deletion": func(f *clientlib.Form) {
			f.Edit(known, map[string]any{"notes": "moved"})
			f.Delete(known)
		},
		"a record made twice": func(f *clientlib.Form) {
			f.Put(&clientlib.Household{Meta: clientlib.Meta{ID: known.ID}, HeadName: "Ana", Status: "idp", Area: vranje})
		},
		"a fact deleted": func(f *clientlib.Form) {
			f.Delete(&clientlib.Record{Collection: "deliveries", ID: o.newID()})
		},
		"too much for one form": func(f *clientlib.Form) {
			for range 501 {
				f.Create("households", good)
			}
		},
		"too long for one form": func(f *clientlib.Form) {
			for range 60 {
				f.Create("households", with("notes", strings.Repeat("long ", 4000)))
			}
		},
	} {
		var f clientlib.Form
		f.Create("households", good)
		fill(&f)
		err := d.store.Save(t.Context(), &f)
		if !errors.Is(err, clientlib.ErrInvalid) && !errors.Is(err, clientlib.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
		is(t, what+": unsent", d.status().Unsent, 1)
	}
	fresh := newDevice(t)
	var f clientlib.Form
	f.Create("households", good)
	if err := fresh.store.Save(t.Context(), &f); !errors.Is(err, clientlib.ErrNotEnrolled) {
		t.Errorf("before enrolment: %v", err)
	}
}

func TestOnlyWhatDiffersIsWritten(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	h := &clientlib.Household{HeadName: "Ana", Status: "idp", Area: vranje, Phone: "063"}
	d.put(h)
	d.put(h)
	var f clientlib.Form
	f.Edit(h.Record(), map[string]any{"phone": "063", "notes": ""})
	d.save(&f)
	is(t, "unsent after saving the same again", d.status().Unsent, 1)
	h.Notes, h.Phone = "moved", ""
	d.put(h)
	last := d.outbox(false)[1]
	is(t, "fields", len(last.Fields), 2)
	is(t, "notes", last.Fields["notes"], `"moved"`)
	is(t, "phone", last.Fields["phone"], syncproto.Null)
}

func TestTextIsBroughtToNFC(t *testing.T) {
	t.Parallel()
	d := enrolled(t, newOffice(t), vranje)
	h := d.household(vranje, "Milan C\u030cavic\u0301")
	is(t, "name", h.HeadName, "Milan Čavić")
}

func TestTheBaseIsWhatTheAuthorWasLookingAt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	id := o.newID()
	o.write(id, "households", map[string]any{"head_name": "Ana", "status": "idp", "area": vranje, "phone": "1"})
	d.sync()
	looking := d.get(id)
	o.write(id, "households", map[string]any{"phone": "2"})
	d.sync()
	var f clientlib.Form
	f.Set(id, map[string]any{"address": "here"})
	looking.Phone = "3"
	f2 := clientlib.Form{}
	f2.Put(looking)
	d.save(&f2)
	d.save(&f)
	d.setPhone(id, "4")
	changes := d.outbox(false)
	old := o.version(officeID, 3)
	same(t, "base of a form that was opened before the pull", changes[0].Base["phone"], []syncproto.Version{old})
	same(t, "base of what follows it", changes[2].Base["phone"], []syncproto.Version{d.version(1)})
	is(t, "an edit of an empty field makes no record", changes[1].Creates(), false)
	d.sync()
	same(t, "conflicts", o.conflicts(id), []string{"phone"})
	is(t, "phone at the office", o.shown(id, "phone"), "4")
}

// Of the record nothing is left to look at but that it was deleted.
func TestAnEditOfARecordThatWasTurnedDownMakesNoRecord(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	h := d.household(vranje, "Ana")
	d.setDeleted(h.ID, true)
	o.hold = func(c syncproto.Change) string { return map[int64]string{1: syncproto.HeldOutOfScope}[c.N] }
	d.sync()
	device := d.status().Device
	o.change(func() { o.books.tablets[device].receipts[0].Status = syncproto.Discarded })
	d.sync()
	d.setDeleted(h.ID, false)
	d.setPhone(h.ID, "063")
	var makes []bool
	for _, c := range d.outbox(false) {
		makes = append(makes, c.Creates())
	}
	same(t, "which of its edits make the record", makes, []bool{false, false})
}

func TestAChangeClaimsTheCorrectedTimeAndIsLaterThanWhatItsAuthorSaw(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := newDevice(t)
	d.clock.Store(april.AddDate(18, 0, 0).UnixMilli()) // 2038
	d.enrol(o, vranje)
	d.sync()
	h := d.household(vranje, "Ana")
	is(t, "claimed by a clock 18 years fast", d.outbox(false)[0].Claimed, april.UnixMilli())
	d.clock.Add(-10 * time.Minute.Milliseconds())
	h.Phone = "063"
	d.put(h)
	is(t, "claimed by a clock that went back", d.outbox(false)[1].Claimed, april.UnixMilli()+1)
	h.Phone = "064"
	d.put(h)
	is(t, "claimed after an earlier value", d.outbox(false)[2].Claimed, april.UnixMilli()+2)
	var f clientlib.Form
	f.Delete(d.get(h.ID).Record())
	d.save(&f)
	is(t, "claimed by a deletion, which saw all values", d.outbox(false)[3].Claimed, april.UnixMilli()+3)
}

func TestADeletionNamesAllThatItsAuthorSaw(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	h := d.household(vranje, "Ana")
	d.sync()
	d.setPhone(h.ID, "063")
	var f clientlib.Form
	f.Delete(d.get(h.ID).Record())
	d.save(&f)
	r, err := d.store.Get(t.Context(), h.ID)
	if err != nil || !r.Deleted {
		t.Errorf("before the sync: deleted %v, %v", r.Deleted, err)
	}
	deletion := d.outbox(false)[1]
	same(t, "seen name", deletion.Seen["head_name"], []syncproto.Version{d.version(1)})
	same(t, "seen phone", deletion.Seen["phone"], []syncproto.Version{d.version(2)})
	d.sync()
	same(t, "conflicts", o.conflicts(h.ID), nil)
	if r, err = d.store.Get(t.Context(), h.ID); err != nil || !r.Deleted {
		t.Errorf("after the sync: %v, %v", r, err)
	}
	var note clientlib.Form
	note.Edit(r, map[string]any{"notes": "not so"})
	d.save(&note)
	same(t, "an edit of a deleted record knows of the deletion", d.outbox(false)[0].Base["deleted"], []syncproto.Version{d.version(3)})
	var again clientlib.Form
	again.Edit(r, map[string]any{"deleted": false, "notes": "a mistake"})
	d.save(&again)
	d.sync()
	same(t, "conflicts after undoing it", o.conflicts(h.ID), nil)
	is(t, "notes", d.get(h.ID).Notes, "a mistake")
}

func TestWhatIsShownIsThePulledStateWithOwnChangesOverIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	id := o.newID()
	o.write(id, "households", map[string]any{"head_name": "Ana", "status": "idp", "area": vranje, "phone": "1"})
	d.sync()
	d.setPhone(id, "2")
	o.write(id, "households", map[string]any{"head_name": "Ana Ilić", "phone": "3"})
	d.cut(-1, 100) // the office has the change; the device does not know
	h := d.get(id)
	is(t, "phone", h.Phone, "2")
	is(t, "pending", h.Record().Fields["phone"].Pending, true)
	is(t, "name", h.HeadName, "Ana")
	d.clock.Add(1000)
	o.change(func() { o.hold = func(syncproto.Change) string { return syncproto.HeldInvalid } })
	h.Address = "a held address"
	d.put(h)
	d.sync()
	h = d.get(id)
	is(t, "name after the sync", h.HeadName, "Ana Ilić")
	is(t, "a held value is still shown", h.Address, "a held address")
	is(t, "and marked", h.Record().Fields["address"].Pending, true)
	is(t, "phone after the sync", h.Record().Fields["phone"].Pending, false)
	is(t, "conflict", h.Record().Conflict(), true)
}
