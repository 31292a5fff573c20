package engine_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// again gives the same tablet under another identity, in whose place it may have other areas.
func (d *tablet) again(areas ...uuid.UUID) *tablet {
	d.o.t.Helper()
	out := &tablet{
		o: d.o, id: newID(d.o.t), worker: d.worker, tips: make([]syncproto.Tip, 1),
		cursors: map[uuid.UUID]int64{}, records: map[uuid.UUID]syncproto.Record{},
	}
	d.o.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.AddDevice(ctx, store.Device{ID: out.id, Name: "again", Holder: d.worker, Areas: areas})
	})
	return out
}

// handIn sends what d has to a server that knows the tablet as present now.
func (d *tablet) handIn(present *tablet, held ...int64) (syncproto.Reply, error) {
	d.o.t.Helper()
	req := d.request()
	req.Cursors, req.Held = nil, held
	return d.o.engine.HandIn(d.o.t.Context(), present.id, req)
}

// fates gives what became of a reply's changes: the status and, where it is not applied, why.
func fates(t *testing.T, reply syncproto.Reply, err error) (out []string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range reply.Receipts {
		out = append(out, string(r.Status)+r.Code)
	}
	return out
}

func TestAFormerIdentityHandsInOnceAndIsToldOfItsChangesAlone(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("former", o.a)
	d.sync()
	contact := o.device(d.id).Contact
	household := d.household(o.a, "Ana")
	d.edit("households", household, map[string]syncproto.Value{"phone": text("063")})
	early := d.change("households", newID(t), map[string]syncproto.Value{"phone": text("of what is still to come")})
	early.Base["phone"] = []syncproto.Version{d.version(1)}
	d.saveForm(early)
	present := d.again(o.a)
	o.now = start.Add(1)
	want := []string{"applied", "applied", "waitingno_record"}
	var first syncproto.Reply
	for round := range 2 {
		reply, err := d.handIn(present)
		if got := fates(t, reply, err); !slices.Equal(got, want) {
			t.Errorf("round %d: %v, want %v", round, got, want)
		}
		if reply.Tip != d.tips[3] || reply.Epoch == "" || reply.Mark == "" || reply.Now != o.now.UnixMilli() {
			t.Errorf("round %d: the reply does not say how far the server is: %+v", round, reply)
		}
		if len(reply.Records)+len(reply.Areas)+len(reply.Workers)+len(reply.Cursors)+len(reply.Digests) > 0 || reply.More {
			t.Errorf("round %d: a former identity was told more than of its changes: %+v", round, reply)
		}
		if round == 0 {
			first = reply
		}
		if reply.Receipts[0].Time != first.Receipts[0].Time {
			t.Errorf("the same change has the times %d and %d", first.Receipts[0].Time, reply.Receipts[0].Time)
		}
	}
	d.known = 3
	reply, err := d.handIn(present, 3)
	if got := fates(t, reply, err); !slices.Equal(got, want[2:]) {
		t.Errorf("asked what became of change 3: %v", got)
	}
	if o.device(d.id).Contact != contact {
		t.Error("who hands in for a former identity was taken for it")
	}
	present.sync()
	if got := present.shows(household, "phone"); got != "063" {
		t.Errorf("the present identity is shown %q", got)
	}
}

func TestAFormerIdentityIsAnsweredAsAnyOther(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("former", o.a)
	household := d.household(o.a, "Ana")
	d.sync()
	present := d.again(o.a)

	d.edit("households", household, map[string]syncproto.Value{"phone": text("1")})
	d.known = 2 // acknowledged by a server that lost it since
	_, err := d.handIn(present)
	if code(err) != syncproto.CodeResendFrom || *tipOf(err) != d.tips[1] {
		t.Errorf("a change that was acknowledged and is lost: %v with %v", err, tipOf(err))
	}
	d.known = 1
	if reply, err := d.handIn(present); err != nil || reply.Tip != d.tips[2] {
		t.Errorf("the change sent again: %+v, %v", reply, err)
	}
	other := *d // a copy of the tablet, from before that change
	other.history, other.tips = d.history[:1:1], d.tips[:2:2]
	other.edit("households", household, map[string]syncproto.Value{"phone": text("2")})
	_, err = other.handIn(present)
	if code(err) != syncproto.CodeDeviceForked || *tipOf(err) != d.tips[1] {
		t.Errorf("another history: %v with %v", err, tipOf(err))
	}
}

func TestAFormerIdentityHasItsOwnRightsAndNoMoreThanItsDevice(t *testing.T) {
	revoke := func(o *office, d *tablet) {
		o.write(func(ctx context.Context, tx *store.Tx) error { return tx.RevokeDevice(ctx, d.id, 1) })
	}
	for what, c := range map[string]struct {
		arrange func(o *office, former, present *tablet)
		want    []string
	}{
		"as it was":           {func(*office, *tablet, *tablet) {}, []string{"applied", "held" + syncproto.HeldOutOfScope}},
		"revoked itself":      {func(o *office, former, _ *tablet) { revoke(o, former) }, []string{"held" + syncproto.HeldRevoked, "held" + syncproto.HeldRevoked}},
		"of a revoked device": {func(o *office, _, present *tablet) { revoke(o, present) }, []string{"held" + syncproto.HeldRevoked, "held" + syncproto.HeldRevoked}},
	} {
		o := newOffice(t)
		d := o.tablet("former", o.a)
		present := d.again(o.b)
		d.household(o.a, "in the former's area")
		d.household(o.b, "in the present one's")
		c.arrange(o, d, present)
		reply, err := d.handIn(present)
		if got := fates(t, reply, err); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", what, got, c.want)
		}
	}
}

// branch gives what a copy of the tablet hands in that parts from it at its first change.
func (d *tablet) branch() syncproto.Request {
	d.o.t.Helper()
	req := d.request()
	req.Cursors = nil
	req.Branch = syncproto.Branch{Of: d.id, First: d.tips[1].Hash}
	req.Device = req.Branch.Device()
	return req
}

func TestCopiesHandInABranchOnceEach(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("former", o.a)
	d.household(o.a, "Ana")
	req := d.branch()
	for round := range 2 {
		reply, err := o.engine.HandIn(t.Context(), d.again(o.b).id, req)
		if got := fates(t, reply, err); !slices.Equal(got, []string{"applied"}) || reply.Tip.N != 1 {
			t.Errorf("copy %d: %v", round, got)
		}
	}
	now, want := o.now.UnixMilli(), o.device(d.id)
	want.ID, want.Former, want.Enrolled, want.TokenAt, want.TokenEnded = req.Device, d.id, now, now, now
	want.N, want.Hash = 1, d.tips[1].Hash
	if got := o.device(req.Device); !reflect.DeepEqual(got, want) {
		t.Errorf("the branch is\n%+v, want it like the identity from which it parts\n%+v", got, want)
	}
}

func TestAFormerIdentityThatTheServerDoesNotKnowIsMadeKnown(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("former", o.a)
	present := d.again(o.b)
	d.id = newID(t) // the server was restored from before its enrolment
	d.household(o.b, "Ana")
	if known, err := o.engine.Knows(t.Context(), d.id); known || err != nil {
		t.Errorf("known before: %v, %v", known, err)
	}
	if got := fates(t, first(d.handIn(present)), nil); !slices.Equal(got, []string{"applied"}) {
		t.Errorf("with the rights of the present identity: %v", got)
	}
	if known, err := o.engine.Knows(t.Context(), d.id); !known || err != nil {
		t.Errorf("known after: %v, %v", known, err)
	}
	if o.device(d.id).TokenEnded == 0 {
		t.Error("its tokens let somebody in")
	}
}

func TestNothingIsTakenFromWhoDoesNotKnowOfTheEpoch(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("former", o.a)
	d.sync()
	d.household(o.a, "Ana")
	if err := engine.NewEpoch(t.Context(), o.store, o.now.UnixMilli()); err != nil {
		t.Fatal(err)
	}
	for round, want := range []int64{0, 1} {
		reply, err := d.try()
		if err != nil || reply.Tip.N != want {
			t.Errorf("exchange %d: the server has %d changes, want %d: %v", round, reply.Tip.N, want, err)
		}
	}
}

func TestABranchIsWhatItSaysThatItIs(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("former", o.a)
	d.household(o.a, "Ana")
	req := d.branch()
	req.Branch.First[0]++
	_, err := o.engine.HandIn(t.Context(), d.again(o.a).id, req)
	if code(err) != syncproto.CodeForbidden {
		t.Errorf("a branch of another description: %v", err)
	}
	if known, err := o.engine.Knows(t.Context(), req.Device); known || err != nil {
		t.Errorf("it is known: %v, %v", known, err)
	}
}

func TestABranchIsRescuedToo(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("former", o.a)
	d.household(o.a, "Ana")
	req := d.branch()
	receipts, err := o.engine.TakeRescue(t.Context(), o.admin, []syncproto.Request{req})
	if err != nil || len(receipts) != 1 || receipts[0].Status != syncproto.Applied {
		t.Errorf("%v, %v", receipts, err)
	}
	req.Branch.Of = newID(t)
	req.Device = req.Branch.Device()
	if _, err := o.engine.TakeRescue(t.Context(), o.admin, []syncproto.Request{req}); code(err) != syncproto.CodeNotFound {
		t.Errorf("a branch of somebody unknown: %v", err)
	}
}

func TestAnEditMayFollowAHeldOneOfTheSamePersonsTablet(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("former", o.a)
	household := d.household(o.a, "Ana")
	d.sync()
	held := d.change("households", household, map[string]syncproto.Value{"phone": text("1")})
	held.Author = newID(t)
	d.saveForm(held)
	present, stranger := d.again(o.a), o.tablet("stranger", o.a)
	if got := fates(t, first(d.handIn(present)), nil); !slices.Equal(got, []string{"held" + syncproto.HeldUnknownAuthor}) {
		t.Fatalf("the edit of somebody unknown: %v", got)
	}
	for who, want := range map[*tablet]string{present: "applied", stranger: "held" + syncproto.HeldInvalid} {
		who.sync()
		c := who.change("households", household, map[string]syncproto.Value{"address": text("Main 2")})
		c.Base["address"] = append(c.Base["address"], d.version(2))
		who.saveForm(c)
		reply, err := who.try()
		if got := fates(t, reply, err); !slices.Equal(got, []string{want}) {
			t.Errorf("an edit that names a held one: %v, want %v", got, want)
		}
	}
}

func first(reply syncproto.Reply, _ error) syncproto.Reply { return reply }

// tipOf gives the tip that a problem names, an impossible one if it names none.
func tipOf(err error) *syncproto.Tip {
	var p *syncproto.Problem
	if errors.As(err, &p) && p.Tip != nil {
		return p.Tip
	}
	return &syncproto.Tip{N: -1}
}

func (o *office) device(id uuid.UUID) (d store.Device) {
	o.t.Helper()
	err := o.store.Read(o.t.Context(), func(tx *store.Tx) (err error) {
		d, err = tx.Device(o.t.Context(), id)
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return d
}
