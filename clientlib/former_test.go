package clientlib_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"satchel/clientlib"
	"satchel/syncproto"
)

func TestWhatWasTakenBeforeTheDeviceIsEnrolledAgainIsNotTakenTwice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d, other := enrolled(t, o, vranje), enrolled(t, o, vranje)
	was := d.status().Device
	h := d.household(vranje, "Ana")
	d.setPhone(h.ID, "063")
	d.cut(-1, 0) // the office has it, and the tablet does not know
	other.sync()
	other.setPhone(h.ID, "064")
	other.sync()
	d.enrol(o, vranje)
	d.setPhone(h.ID, "065")
	d.sync()
	is(t, "changes under the former identity", o.changesOf(was), 2)
	is(t, "changes under the present one", o.changesOf(d.status().Device), 1)
	o.mu.Lock()
	is(t, "how often the phone came", count(o.books.values, `"063"`), 1)
	o.mu.Unlock()
	same(t, "conflicts", o.conflicts(h.ID), []string{"phone"}) // 064 and 065, and not what both replaced
	is(t, "unsent", d.status().Unsent, 0)
}

func TestADeviceThatHasYetToAskForAFormerIdentityIsNotSafe(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	d.household(vranje, "Ana")
	d.enrol(o, vranje)
	old := o.backup()
	d.sync()
	o.restore(old)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := d.store.Sync(ctx, func(p clientlib.Progress) {
		if p.Exchanges == 2 { // the first one told that the server was restored
			cancel()
		}
	})
	if err == nil || o.changesOfTablets() != 0 || d.status().Safe {
		t.Errorf("cut off: %v, with %d changes at the office, and the device is safe: %v", err, o.changesOfTablets(), d.status().Safe)
	}
	d.sync()
	is(t, "changes at the office", o.changesOfTablets(), 1)
	is(t, "safe", d.status().Safe, true)
}

func TestARestoredServerGetsBackWhatAFormerIdentityRecorded(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	before := o.backup() // knows no tablet
	d := enrolled(t, o, vranje)
	early := o.backup() // knows the first identity, and nothing of what it recorded
	h := d.household(vranje, "Ana")
	d.sync()
	d.enrol(o, vranje)
	d.setPhone(h.ID, "063")
	d.sync()
	for _, old := range []books{early, before} {
		o.restore(old)
		d.enrol(o, vranje)
		d.sync()
		is(t, "name", o.shown(h.ID, "head_name"), "Ana")
		is(t, "phone", o.shown(h.ID, "phone"), "063")
		same(t, "conflicts", o.conflicts(h.ID), nil)
		same(t, "attention", d.kinds(), nil)
	}
	is(t, "new identities", o.count("device_forked"), 0)
}

func TestAFormerIdentityIsAskedForOnlyIfItHasSomethingToSay(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	d.household(vranje, "Ana")
	d.sync()
	d.enrol(o, vranje)
	is(t, "exchanges of the first sync: one is the former identity's", d.sync().Exchanges, 2)
	is(t, "exchanges of the next", d.sync().Exchanges, 1)
	o.restore(o.backup())
	is(t, "exchanges after a restore", d.sync().Exchanges, 3)
	d.enrol(o, vranje)
	d.enrol(o, vranje)
	is(t, "exchanges with identities that recorded nothing", d.sync().Exchanges, 1)
}

func TestHeldChangesOfAFormerIdentityAreFollowed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	was := d.status().Device
	o.change(func() { o.hold = func(syncproto.Change) string { return syncproto.HeldOutOfScope } })
	h := d.household(vranje, "Ana")
	d.sync()
	d.enrol(o, vranje)
	d.sync()
	same(t, "attention", d.kinds(), []clientlib.Kind{clientlib.KindHeld})
	is(t, "name, laid over", d.get(h.ID).HeadName, "Ana")
	o.change(func() { o.books.tablets[was].receipts[0].Status = syncproto.Discarded })
	d.sync()
	same(t, "attention once it is turned down", d.kinds(), []clientlib.Kind{clientlib.KindDiscarded})
	d.gone(h.ID)
}

func TestAHistoryThatForkedIsLeftAtTheLastCommonChange(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	h := d.household(vranje, "Ana")
	for i := range 20 {
		d.setPhone(h.ID, fmt.Sprint(i))
	}
	d.sync()
	was := d.status().Device
	tab := o.books.tablets[was]
	o.change(func() { // it was restored, and a copy of the tablet went on from change 13
		for i := 14; i < len(tab.hashes); i++ {
			tab.hashes[i][0] ^= 1
		}
	})
	result := d.sync()
	is(t, "new identity", result.NewIdentity, true)
	is(t, "changes of the branch", o.changesOfBranches(), 21-13)
	if n := o.count("device_forked"); n > 6 {
		t.Errorf("%d exchanges were refused to find one of 21 changes", n)
	}
	is(t, "phone", o.shown(h.ID, "phone"), "19")
}

func TestAFormerIdentityThatForkedGoesBeforeWhatWasRecordedLater(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	h := d.household(vranje, "Ana")
	d.sync()
	twin := copyOf(d)
	d.setPhone(h.ID, "063")
	d.sync()
	twin.clock.Add(60_000)
	g := twin.household(vranje, "Branka") // change 2 of the identity that both have
	twin.enrol(o, vranje)
	twin.setPhone(g.ID, "064")
	twin.sync()
	is(t, "changes of the branch", o.changesOfBranches(), 1)
	is(t, "changes under the new identity", o.changesOf(twin.status().Device), 1)
	is(t, "phone", o.shown(g.ID, "phone"), "064")
	same(t, "attention", twin.kinds(), nil)
	same(t, "conflicts", append(o.conflicts(g.ID), o.conflicts(h.ID)...), nil)
}

func TestAFormThatIsOpenWhileAHistoryForksNamesWhatItsAuthorSaw(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	h := d.household(vranje, "Ana")
	d.sync()
	twin := copyOf(d)
	d.setPhone(h.ID, "063")
	d.sync()
	twin.clock.Add(60_000)
	twin.setPhone(h.ID, "064") // change 2 of the identity that both have
	open := twin.get(h.ID)
	twin.sync()
	open.Phone = "065"
	twin.put(open)
	twin.sync()
	var phones []string
	o.change(func() {
		for _, head := range o.books.records[h.ID].state["phone"].Heads {
			phones = append(phones, head.Value.Text())
		}
	})
	slices.Sort(phones)
	same(t, "phones that clash", phones, []string{"063", "065"})
}

func TestAnotherServerGetsWhatFormerIdentitiesKeep(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	h := d.household(vranje, "Ana")
	d.sync()
	d.enrol(o, vranje)
	d.setPhone(h.ID, "063")
	anew := newOffice(t) // it cannot know the proof that the other one gave
	anew.books.epoch = "another"
	d.enrol(anew, vranje)
	d.sync()
	is(t, "name", anew.shown(h.ID, "head_name"), "Ana")
	is(t, "phone", anew.shown(h.ID, "phone"), "063")
	is(t, "unsent", d.status().Unsent, 0)
}

func TestARevokedDeviceHandsInWhatItWasBeforeItIsEmpty(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	was := d.status().Device
	d.household(vranje, "Ana")
	d.enrol(o, vranje)
	o.change(func() { o.books.tablets[d.status().Device].revoked = true })
	d.cut(-1, 0)
	is(t, "changes under the former identity", o.changesOf(was), 1)
	is(t, "unsent while the answer is lost", d.status().Unsent, 1)
	if _, err := d.store.Sync(t.Context(), nil); !errors.Is(err, clientlib.ErrWiped) {
		t.Errorf("a revoked device that has handed in everything: %v", err)
	}
}

func TestARevokedDeviceGivesARestoredServerWhatItWasBeforeItIsEmpty(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	was := d.status().Device
	d.household(vranje, "Ana")
	d.enrol(o, vranje)
	old := o.backup() // knows both identities, and no changes
	d.sync()
	o.restore(old)
	o.change(func() { o.books.tablets[d.status().Device].revoked = true })
	if _, err := d.store.Sync(t.Context(), nil); !errors.Is(err, clientlib.ErrWiped) {
		t.Errorf("a revoked device: %v", err)
	}
	is(t, "changes under the former identity", o.changesOf(was), 1)
}
