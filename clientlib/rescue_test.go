package clientlib_test

import (
	"bytes"
	"errors"
	"testing"

	"satchel/clientlib"
	"satchel/syncproto"
)

const passphrase = "correct horse battery"

// rescue writes a rescue file and reads it.
func (d *device) rescue(history bool) (out []syncproto.Request) {
	d.t.Helper()
	var file bytes.Buffer
	if err := d.store.WriteRescue(d.t.Context(), &file, passphrase, history); err != nil {
		d.t.Fatal(err)
	}
	err := syncproto.ReadRescue(&file, passphrase, func(r syncproto.Request) error {
		out = append(out, r)
		return nil
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return out
}

func TestARescueFileHasWhatIsUnsentAndOnRequestWhatIsKept(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	var file bytes.Buffer
	if err := d.store.WriteRescue(t.Context(), &file, passphrase, false); !errors.Is(err, clientlib.ErrNothingToRescue) {
		t.Errorf("with an empty outbox: %v", err)
	}
	h := d.household(vranje, "Ana")
	d.sync()
	d.setPhone(h.ID, "063")
	parts := d.rescue(false)
	if len(parts) != 1 || len(parts[0].Changes) != 1 {
		t.Fatalf("got %+v", parts)
	}
	// the office can tell that the change is the next one after those that it has
	o.mu.Lock()
	is(t, "hash at the known tip", parts[0].Known.Hash, o.books.tablets[parts[0].Device].hashes[1])
	o.mu.Unlock()
	is(t, "phone", parts[0].Changes[0].Fields["phone"], `"063"`)
	is(t, "changes with history", len(d.outbox(true)), 2)
	is(t, "unsent after the rescue", d.status().Unsent, 1)
}

func TestARescueFileNeedsALongPassphrase(t *testing.T) {
	t.Parallel()
	d := enrolled(t, newOffice(t), vranje)
	d.household(vranje, "Ana")
	if err := d.store.WriteRescue(t.Context(), &bytes.Buffer{}, "short", false); !errors.Is(err, clientlib.ErrWeakPassphrase) {
		t.Errorf("got %v", err)
	}
}

func TestARescueFileBeginsWithTheOldestIdentity(t *testing.T) {
	t.Parallel()
	_, d, twin, h := parted(t)
	was := d.status().Device
	twin.setPhone(h.ID, "062")
	twin.sync()
	twin.setPhone(h.ID, "063")
	var order []int
	for _, r := range twin.rescue(true) {
		switch r.Device {
		case was:
			order = append(order, 1)
		case r.Branch.Device():
			order = append(order, 2)
		case twin.status().Device:
			order = append(order, 3)
		}
	}
	same(t, "first identity, branch, present one", order, []int{1, 2, 3})
}
