package clientlib_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/syncproto"
)

// copyOf gives a device that is a copy of d's file, as it is now.
func copyOf(d *device) *device {
	d.t.Helper()
	twin := newDevice(d.t)
	twin.store.Close()
	d.sql("PRAGMA wal_checkpoint(TRUNCATE)")
	content, err := os.ReadFile(d.path)
	if err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(twin.path, content, 0o600); err != nil {
		d.t.Fatal(err)
	}
	twin.reopen()
	return twin
}

// parted gives a device and a copy of it from when it had recorded a household and synced. It has recorded a
// phone since, 063, change 2 of the identity that both have, and synced it.
func parted(t *testing.T) (o *office, d, twin *device, h *clientlib.Household) {
	t.Helper()
	o = newOffice(t)
	d = enrolled(t, o, vranje)
	h = d.household(vranje, "Ana")
	d.sync()
	twin = copyOf(d)
	d.setPhone(h.ID, "063")
	d.sync()
	return o, d, twin, h
}

func TestACopiedTabletTakesANewIdentityAndLosesNothing(t *testing.T) {
	t.Parallel()
	o, d, twin, h := parted(t)
	was := d.status().Device

	var f clientlib.Form
	g := f.Create("households", map[string]any{"head_name": "Branka", "status": "idp", "area": vranje})
	p := f.Create("people", map[string]any{"household": g.ID, "name": "Luka"})
	twin.save(&f)
	var edit clientlib.Form
	edit.Edit(g, map[string]any{"phone": "064", "head_name": "Branka Ilić"})
	edit.Edit(p, map[string]any{"sex": "male"})
	twin.save(&edit)
	result := twin.sync()
	is(t, "new identity", result.NewIdentity, true)
	is(t, "refused once", o.count("device_forked"), 1)
	is(t, "device", twin.status().Device == was, false)
	is(t, "changes of the branch", o.changesOfBranches(), 4)
	is(t, "name", o.shown(g.ID, "head_name"), "Branka Ilić")
	same(t, "conflicts", o.conflicts(g.ID), nil)
	is(t, "what the other one wrote", twin.get(h.ID).Phone, "063")
	same(t, "attention", twin.kinds(), nil)
	forms := []int64{}
	for _, c := range twin.outbox(true) {
		forms = append(forms, c.Form)
	}
	same(t, "forms", forms, []int64{1, 1, 1, 3, 3}) // the first is the kept one of the old identity
	d.sync()
	is(t, "the first one goes on as it was", d.status().Device, was)
}

func TestATabletRestoredFromAnOldCopyTakesANewIdentityBeforeItRecords(t *testing.T) {
	t.Parallel()
	o, d, twin, h := parted(t)
	is(t, "new identity", twin.sync().NewIdentity, true)
	is(t, "phone", twin.get(h.ID).Phone, "063")
	twin.setPhone(h.ID, "064")
	twin.sync()
	d.sync()
	is(t, "phone on the first one", d.get(h.ID).Phone, "064")
	same(t, "conflicts", o.conflicts(h.ID), nil)
}

func TestAChangeThatBothCopiesHaveIsThereOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	h := d.household(vranje, "Ana")
	d.sync()
	d.setPhone(h.ID, "063")
	twin := copyOf(d) // the unsent phone is in both
	d.sync()
	g := d.household(vranje, "Branka")
	d.sync()
	i := twin.household(vranje, "Vesna")
	twin.sync()
	is(t, "refused", o.count("device_forked"), 1)
	is(t, "changes of the branch", o.changesOfBranches(), 1)
	is(t, "unsent", twin.status().Unsent, 0)
	for _, id := range []uuid.UUID{h.ID, g.ID, i.ID} {
		same(t, "conflicts", o.conflicts(id), nil)
		is(t, "pending", twin.get(id).Record().Pending(), false)
	}
}

// A restore has one of two copies part from the history that a former identity of both is in: what both recorded
// later builds on that.
func TestWhatCopiesRecordedBehindABranchIsThereOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	h := d.household(vranje, "Ana")
	d.sync()
	twin := copyOf(d)
	twin.setPhone(h.ID, "063") // change 2 of the identity that both have
	twin.enrol(o, vranje)
	backup := o.backup()
	twin.sync()
	twin.setPhone(h.ID, "064")
	twin.sync()
	third := copyOf(twin)
	o.restore(backup)
	d.setPhone(h.ID, "065") // change 2 from now on
	d.sync()
	twin.sync()
	had := len(o.books.values)
	third.sync()
	is(t, "changes of branches", o.changesOfBranches(), 1)
	is(t, "values ever merged", len(o.books.values), had)
}

// After a restore the history that a branch parted from is another one, which whoever came first has begun.
func TestABranchDoesNotJoinAHistoryThatIsAnotherOneByNow(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	d.sync()
	backup := o.backup()
	twin := copyOf(d)
	twin.household(vranje, "Ana")
	third := copyOf(twin)
	twin.household(vranje, "Branka")
	third.household(vranje, "Vesna")
	third.sync()
	twin.sync()
	o.restore(backup)
	d.household(vranje, "Mila") // change 1 from now on
	d.sync()
	third.sync()
	twin.enrol(o, vranje)
	twin.sync()
	d.sync()
	same(t, "households", headNames(t, d, clientlib.Meta{}), []string{"Ana", "Branka", "Mila", "Vesna"})
	is(t, "unsent", twin.status().Unsent, 0)
}

func TestALinkThatBreaksWhileTheIdentityChangesLosesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	twin := copyOf(d)
	d.household(vranje, "Ana")
	d.sync()
	h := twin.household(vranje, "Branka")
	twin.link.path = "/identity"
	twin.cut(-1, 3)
	twin.link.path = "/sync"
	twin.setPhone(h.ID, "063")
	twin.reopen()
	twin.sync()
	is(t, "phone at the office", o.shown(h.ID, "phone"), "063")
	same(t, "households", headNames(t, twin, clientlib.Meta{}), []string{"Ana", "Branka"})
}

func TestWhatIsRecordedBeforeTheNewIdentityComesIsNotMistakenForTheOthers(t *testing.T) {
	t.Parallel()
	o, _, twin, h := parted(t)
	twin.link.path = "/identity"
	twin.cut(-1, 3)
	twin.link.path = "/sync"
	is(t, "the other's change 2 is not taken in beside an own one", twin.get(h.ID).Phone, "")
	twin.clock.Add(60_000)
	twin.setPhone(h.ID, "064") // its own change 2, by somebody who has not seen 063
	twin.sync()
	is(t, "phone at the office", o.shown(h.ID, "phone"), "064")
	same(t, "conflicts", o.conflicts(h.ID), []string{"phone"})
}

func TestARestoredServerGetsBackWhatItLost(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, b := enrolled(t, o, vranje), enrolled(t, o, vranje)
	h := a.household(vranje, "Ana")
	a.sync()
	b.sync()
	old := o.backup()
	a.setPhone(h.ID, "1")
	a.sync()
	b.sync()
	b.clock.Add(60_000)
	b.setPhone(h.ID, "2") // follows 1, which the office is about to lose
	b.sync()
	a.sync()
	g := b.household(vranje, "Branka")
	b.sync()
	o.restore(old)
	a.household(vranje, "Vesna")

	result := b.sync()
	is(t, "restored", result.ServerRestored, true)
	is(t, "name of what came after the backup", o.shown(g.ID, "head_name"), "Branka")
	is(t, "restored, says the other one", a.sync().ServerRestored, true)
	b.sync()
	for _, d := range []*device{a, b} {
		is(t, "phone", d.get(h.ID).Phone, "2")
		is(t, "conflict", d.get(h.ID).Record().Conflict(), false)
		same(t, "households", headNames(t, d, clientlib.Meta{}), []string{"Ana", "Branka", "Vesna"})
		same(t, "attention", d.kinds(), nil)
	}
	is(t, "new identities", o.count("device_forked"), 0)
}

func TestAChangeSentAgainClaimsTheTimeThatItWasGiven(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	old := o.backup()
	d.clock.Add(365 * 24 * 60 * 60_000) // the clock is a year fast, and the office cuts it back
	h := d.household(vranje, "Ana")
	d.sync()
	o.restore(old)
	d.sync()
	claimed := d.outbox(true)[0].Claimed
	is(t, "claimed", claimed, april.UnixMilli()+syncproto.ClockSlack)
	is(t, "name", o.shown(h.ID, "head_name"), "Ana")
}

func TestAServerThatLostMoreThanWasKeptIsGivenANewIdentity(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	old := o.backup()
	h := d.household(vranje, "Ana")
	d.sync()
	d.setPhone(h.ID, "063")
	d.sync()
	d.sql("DELETE FROM changes WHERE n = 1")
	o.restore(old)
	result := d.sync()
	is(t, "new identity", result.NewIdentity, true)
	is(t, "unsent", d.status().Unsent, 0)
}

func TestAServerWithAnotherHistoryIsGivenANewIdentity(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	h := d.household(vranje, "Ana")
	d.setPhone(h.ID, "063")
	d.sync()
	tab := o.books.tablets[d.status().Device]
	o.change(func() { tab.receipts, tab.hashes = tab.receipts[:1], []syncproto.Hash{{}, {9}} })
	is(t, "new identity", d.sync().NewIdentity, true)
	is(t, "changes of the branch", o.changesOfBranches(), 2)
}

func TestANewEpochDropsWhatTheServerNoLongerHas(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	kept := o.newID()
	o.write(kept, "households", map[string]any{"head_name": "Ana", "status": "idp", "area": vranje})
	old := o.backup()
	lost := o.newID()
	o.write(lost, "households", map[string]any{"head_name": "Branka", "status": "idp", "area": vranje})
	d.sync()
	is(t, "before", d.get(lost).HeadName, "Branka")
	for _, page := range []int{1, 100} {
		twin := copyOf(d)
		o.restore(old)
		o.change(func() { o.page = page })
		twin.cut(-1, 20)
		is(t, "while it is not complete", twin.get(lost).HeadName, "Branka")
		twin.sync()
		twin.gone(lost)
		is(t, "after", twin.get(kept).HeadName, "Ana")
	}
}

func TestADeviceThatIsEnrolledAgainKeepsWhatItHolds(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	h := d.household(vranje, "Ana")
	d.sync()
	was := d.status().Device
	d.setPhone(h.ID, "063")
	d.enrol(o, vranje) // the office knows the identity, and gives a new one
	is(t, "device", d.status().Device == was, false)
	d.sync()
	is(t, "phone at the office", o.shown(h.ID, "phone"), "063")
	same(t, "conflicts", o.conflicts(h.ID), nil)
}

func TestAServerThatLostEverythingGetsWhatTheDeviceKeeps(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	h := d.household(vranje, "Ana")
	d.sync()
	d.setPhone(h.ID, "063")
	was := d.status().Device
	anew := newOffice(t)
	d.enrol(anew, vranje) // it does not know the identity, and lets the device keep it
	is(t, "device", d.status().Device, was)
	d.sync()
	is(t, "name", anew.shown(h.ID, "head_name"), "Ana")
	is(t, "phone", anew.shown(h.ID, "phone"), "063")
}

func TestAServerThatRefusesForEverIsGivenUpOn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	d.household(vranje, "Ana")
	o.change(func() { o.lie = func(r *syncproto.Reply) { r.Tip.N += 7 } })
	if _, err := d.store.Sync(t.Context(), nil); err == nil {
		t.Error("a server that always has more under this identity was believed")
	}
	is(t, "unsent", d.status().Unsent, 0)
	is(t, "name", headNames(t, d, clientlib.Meta{})[0], "Ana")
}

func TestOfAnyNumberOfCopiesWhatAllHaveIsThereOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	h := d.household(vranje, "Ana")
	d.sync()
	one := copyOf(d)
	d.setPhone(h.ID, "061")
	one.setPhone(h.ID, "062") // it parts from d here
	two := copyOf(one)
	three := copyOf(one)
	two.setPhone(h.ID, "063") // and this one from the others, in the branch
	three.household(vranje, "Branka")
	for range 2 {
		for _, tablet := range []*device{d, one, two, three} {
			tablet.sync()
		}
	}
	is(t, "changes of the branch, and of that which parts from it", o.changesOfBranches(), 3)
	is(t, "phone", o.shown(h.ID, "phone"), "063")
	same(t, "conflicts", o.conflicts(h.ID), []string{"phone"})
	for _, tablet := range []*device{d, one, two, three} {
		is(t, "unsent", tablet.status().Unsent, 0)
		is(t, "safe", tablet.sync().Safe, true)
	}
}

// TestABranchThatARescueFileBroughtStaysOne has the office take in, after a restore, a rescue file of a copy that had
// parted, and only then the copy itself and the other one.
func TestABranchThatARescueFileBroughtStaysOne(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	d.sync()
	old := o.backup()
	h := d.household(vranje, "Ana")
	d.sync()
	other := copyOf(d)
	d.setPhone(h.ID, "061")
	d.sync()
	other.setPhone(h.ID, "062")
	other.sync()
	is(t, "changes of the branch", o.changesOfBranches(), 1)
	o.restore(old)
	parts := other.rescue(true)
	o.change(func() {
		for _, part := range parts {
			part.Epoch = o.books.epoch
			if _, err := o.take(part.Device, o.know(part.Device, []uuid.UUID{vranje}), part); err != nil {
				t.Error(err)
			}
		}
	})
	other.enrol(o, vranje) // it was a new one when the backup was made
	other.sync()
	d.sync()
	is(t, "changes of the branch, after all", o.changesOfBranches(), 1)
	is(t, "changes", o.changesOfTablets(), 3)
}

// TestWhatCameDownUnderAnOwnNameIsNotAnOwnChange has a copy of a tablet fetch, after a restore, a change that has the
// name of an unsent one of its own, and edit what that wrote before the server says that the two have parted.
func TestWhatCameDownUnderAnOwnNameIsNotAnOwnChange(t *testing.T) {
	t.Parallel()
	for _, own := range []string{"phone of the same record", "head_name of another record"} {
		o := newOffice(t)
		d := enrolled(t, o, vranje)
		h, other := d.household(vranje, "Ana"), d.household(vranje, "Branka")
		d.sync()
		twin := copyOf(d)
		edit := func(d *device, h *clientlib.Household, field, value string) {
			var f clientlib.Form
			f.Edit(d.get(h.ID).Record(), map[string]any{field: value})
			d.save(&f)
		}
		if field, of, _ := strings.Cut(own, " "); of == "of the same record" {
			edit(twin, h, field, "061")
		} else {
			edit(twin, other, field, "Branka Ilić")
		}
		edit(d, h, "head_name", "Ana Ilić")
		d.sync()
		o.restore(o.backup())
		edited := false
		result, err := twin.store.Sync(t.Context(), func(clientlib.Progress) {
			if !edited && twin.get(h.ID).HeadName == "Ana Ilić" {
				edit(twin, h, "head_name", "Ana Jović")
				edited = true
			}
		})
		if err != nil || !edited || !result.NewIdentity {
			t.Fatalf("%s: edited %v, %+v, %v: want an edit before the new identity", own, edited, result, err)
		}
		twin.sync()
		is(t, "name", o.shown(h.ID, "head_name"), "Ana Jović")
		same(t, "conflicts beside a "+own, o.conflicts(h.ID), nil)
	}
}

// TestAfterARestoreABranchMayBeTheTrunk has three copies of a tablet, of which two have the same unsent form.
// What came first before the restore comes last after it.
func TestAfterARestoreABranchMayBeTheTrunk(t *testing.T) {
	t.Parallel()
	for name, order := range map[string][]int{
		"who has the form first": {0, 1, 2}, "who made it a branch first": {2, 1, 0}, "the other one first": {1, 2, 0}, "the other one last": {2, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			d := enrolled(t, o, vranje)
			d.sync()
			old := o.backup()
			h := d.household(vranje, "Ana")
			d.sync()
			other := copyOf(d)
			var f clientlib.Form
			g := f.Create("households", map[string]any{"head_name": "Branka", "status": "idp", "area": vranje})
			f.Create("people", map[string]any{"household": g.ID, "name": "Luka"})
			d.save(&f)
			d.setPhone(g.ID, "061")
			other.setPhone(h.ID, "062")
			other.sync()
			third := copyOf(d)
			third.setPhone(g.ID, "063")
			third.sync()
			third.setPhone(h.ID, "064")
			third.sync()
			is(t, "changes of the branch", o.changesOfBranches(), 4)
			o.restore(old)
			tablets := []*device{d, other, third}
			for round := range 3 {
				for _, i := range order {
					if _, err := tablets[i].store.Sync(t.Context(), nil); round == 0 && errors.Is(err, clientlib.ErrEnrolAgain) {
						tablets[i].enrol(o, vranje)
					}
					tablets[i].sync()
				}
			}
			is(t, "changes", o.changesOfTablets(), 7)
			is(t, "phone that was seen and changed", o.shown(g.ID, "phone"), "063")
			same(t, "conflicts", o.conflicts(g.ID), nil)
			for _, tablet := range tablets {
				is(t, "safe", tablet.sync().Safe, true)
			}
		})
	}
}
