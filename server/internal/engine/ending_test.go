package engine_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"satchel/server/internal/engine"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// ending is what a tablet says that is done.
func (d *tablet) ending() syncproto.Ending {
	return syncproto.Ending{Epoch: d.epoch, Known: d.tips[d.known]}
}

func (d *tablet) end(said syncproto.Ending) bool {
	d.o.t.Helper()
	safe, err := d.o.engine.End(d.o.t.Context(), d.id, said)
	if err != nil {
		d.o.t.Fatal(err)
	}
	if kept := d.contact(); safe != (kept.Safe == d.o.now.UnixMilli()) || !safe && kept.Safe > 0 {
		d.o.t.Errorf("it was told that it is safe: %v, and %d is kept", safe, kept.Safe)
	}
	return safe
}

func (d *tablet) contact() store.Contact {
	d.o.t.Helper()
	var kept store.Device
	err := d.o.store.Read(d.o.t.Context(), func(tx *store.Tx) (err error) {
		kept, err = tx.Device(d.o.t.Context(), d.id)
		return err
	})
	if err != nil {
		d.o.t.Fatal(err)
	}
	return kept.Contact
}

func TestATabletIsSafeIfWhatItSaysFitsWhatIsKnown(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("one", o.a)
	d.household(o.a, "Ana")
	d.sync()
	for what, spoil := range map[string]func(*syncproto.Ending){
		"changes wait on it":        func(e *syncproto.Ending) { e.Unsent = 1 },
		"an area differs":           func(e *syncproto.Ending) { e.Differs = 1 },
		"it knows of no epoch":      func(e *syncproto.Ending) { e.Epoch = "" },
		"it knows of fewer changes": func(e *syncproto.Ending) { e.Known = syncproto.Tip{} },
		"it knows of more changes":  func(e *syncproto.Ending) { e.Known.N++ },
		"it has another history":    func(e *syncproto.Ending) { e.Known.Hash[0]++ },
	} {
		said := d.ending()
		if spoil(&said); d.end(said) {
			t.Errorf("a tablet is safe although %s", what)
		}
	}
	o.now = o.now.Add(time.Minute)
	said := d.ending()
	said.Up, said.Down = 1, 3
	for range 2 { // a request may come twice
		if !d.end(said) {
			t.Error("a tablet is not safe when it says so")
		}
	}
	now := o.now.UnixMilli()
	kept := d.contact()
	if kept.At != now || kept.Complete != now || kept.Up != 1 || kept.Down != 3 || kept.Unsent != 0 {
		t.Errorf("kept is %+v", kept)
	}
	said.Unsent = -1
	if _, err := o.engine.End(t.Context(), d.id, said); code(err) != syncproto.CodeBadRequest {
		t.Errorf("fewer changes than none: %v", err)
	}
}

func TestATabletIsSafeOnlyUntilItComesAgain(t *testing.T) {
	o := newOffice(t)
	d, other := o.tablet("one", o.a), o.tablet("two", o.a)
	for _, x := range []*tablet{d, other} {
		if x.sync(); !x.end(x.ending()) {
			t.Fatal("a tablet is not safe when it says so")
		}
	}
	d.household(o.a, "Ana")
	if _, err := d.try(); err != nil {
		t.Fatal(err)
	}
	if d.contact().Safe != 0 || other.contact().Safe == 0 {
		t.Errorf("safe are %d, which came again, and %d, which did not", d.contact().Safe, other.contact().Safe)
	}
	o.write(func(ctx context.Context, tx *store.Tx) error { return tx.RevokeDevice(ctx, d.id, 1) })
	if d.end(d.ending()) {
		t.Error("a revoked tablet is safe")
	}
	if err := engine.NewEpoch(t.Context(), o.store, o.now.UnixMilli()); err != nil {
		t.Fatal(err)
	}
	if other.contact().Safe > 0 {
		t.Error("a tablet is safe that has not come to a server that lost its tail")
	}
}

func TestNoTabletIsSafeThatWasNotToldOfALoss(t *testing.T) {
	o := newOffice(t)
	d, other := o.tablet("one", o.a), o.tablet("two", o.a)
	if other.sync(); !other.end(other.ending()) {
		t.Fatal("a tablet is not safe when it says so")
	}
	d.sync()
	if err := o.engine.BlobsLost(t.Context(), []string{strings.Repeat("a", 64)}); err != nil {
		t.Fatal(err)
	}
	if other.contact().Safe > 0 {
		t.Error("a tablet is safe that may have sent what is lost")
	}
	for range 2 { // a request may come twice
		if d.end(d.ending()) {
			t.Error("a tablet is safe that was in a sync when something was lost")
		}
	}
	if d.sync(); !d.end(d.ending()) {
		t.Error("a tablet is not safe that was told of the loss")
	}
}
