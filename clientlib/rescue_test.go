package clientlib_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/syncproto"
)

const passphrase = "correct horse battery"

// rescue writes a rescue file and reads it.
func (d *device) rescue(history bool) []syncproto.Request {
	d.t.Helper()
	requests, _ := d.rescueAll(history)
	return requests
}

// rescueAll gives what is in a rescue file: requests, and photos.
func (d *device) rescueAll(history bool) (out []syncproto.Request, photos []syncproto.RescuedBlob) {
	d.t.Helper()
	var file bytes.Buffer
	rescued, err := d.store.WriteRescue(d.t.Context(), &file, passphrase, history)
	if err != nil {
		d.t.Fatal(err)
	}
	err = syncproto.ReadRescue(&file, passphrase, func(r syncproto.Request) error {
		out = append(out, r)
		return nil
	}, func(b syncproto.RescuedBlob) error {
		photos = append(photos, b)
		return nil
	})
	if err != nil {
		d.t.Fatal(err)
	}
	changes := 0
	for _, r := range out {
		changes += len(r.Changes)
	}
	is(d.t, "what the file is said to have", rescued, clientlib.Rescued{Changes: changes, Blobs: len(photos)})
	return out, photos
}

func TestARescueFileHasWhatIsUnsentAndOnRequestWhatIsKept(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	var file bytes.Buffer
	if _, err := d.store.WriteRescue(t.Context(), &file, passphrase, false); !errors.Is(err, clientlib.ErrNothingToRescue) {
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

func TestARescueFileHasThePhotosThatTheOfficeHasNotGot(t *testing.T) {
	t.Parallel()
	d := enrolled(t, newOffice(t), vranje)
	h := d.household(vranje, "Ana")
	var record uuid.UUID
	var contents []string
	for i := range 3 {
		contents = append(contents, fmt.Sprint("\xff\xd8\xff photo ", i))
		b, err := d.store.AddBlob(t.Context(), []byte(contents[i]))
		if err != nil {
			t.Fatal(err)
		}
		if i == 2 { // no form names the last
			break
		}
		var f clientlib.Form
		record = f.Create("deliveries", map[string]any{
			"household": h.ID, "project": h.ID, "assistance_type": h.ID, "quantity": 1, "delivered_at": 1,
			"proofs": map[string]any{"photos": []clientlib.Proof{{Blob: b}}},
		}).ID
		d.save(&f)
	}
	_, photos := d.rescueAll(false)
	var got []string
	for _, b := range photos {
		is(t, "the device of a photo", b.Device, d.status().Device)
		got = append(got, string(b.Content))
	}
	slices.Sort(got)
	same(t, "photos", got, contents[:2])

	d.sql("UPDATE changes SET status = 'applied'")
	d.sql("UPDATE blob_parts SET sealed = x'00' WHERE sha256 IN (SELECT sha256 FROM blob_names WHERE record = ?)", record)
	requests, photos := d.rescueAll(false)
	is(t, "requests of a file of photos alone", len(requests), 0)
	is(t, "photos, of which one cannot be read", len(photos), 2)
	for _, b := range photos {
		is(t, "damaged", len(b.Content) == 0, b.Record == record)
	}

	d.sql("UPDATE blob_names SET unnamed = 1")
	if _, err := d.store.WriteRescue(t.Context(), &bytes.Buffer{}, passphrase, false); !errors.Is(err, clientlib.ErrNothingToRescue) {
		t.Errorf("with photos that the office does not want: %v", err)
	}
	_, photos = d.rescueAll(true)
	is(t, "photos with history", len(photos), 2)
}

func TestARescueFileNeedsALongPassphrase(t *testing.T) {
	t.Parallel()
	d := enrolled(t, newOffice(t), vranje)
	d.household(vranje, "Ana")
	if _, err := d.store.WriteRescue(t.Context(), &bytes.Buffer{}, "short", false); !errors.Is(err, clientlib.ErrWeakPassphrase) {
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
