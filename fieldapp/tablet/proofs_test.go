package tablet_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/fieldapp/tablet"
	"satchel/syncproto"
)

// A photo comes to the office behind its delivery, byte for byte, also over a link that breaks at every request, and comes
// once more if the office loses it.
func TestAPhotoComesToTheOffice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, 7, o.a)
	d.sync()
	home := d.household(o.a, "Đorđević")

	photo := append([]byte{0xff, 0xd8, 0xff, 0xe0}, bytes.Repeat([]byte("a village house "), 30_000)...)
	of := d.photograph(home, photo)
	for n := int64(0); ; n++ { // the link breaks at a later request each time
		d.trap.where = "within"
		d.trap.sprung.Store(false)
		d.trap.left.Store(n)
		_ = d.Call(t.Context(), nil, "sync") // how a sync ends that is cut off is for another test
		if !d.trap.sprung.Load() {
			break
		}
	}
	d.trap.left.Store(1 << 40)
	d.sync()
	o.has(of, photo)

	if err := o.srv.Engine.BlobsLost(t.Context(), []string{of.SHA256}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.srv.Blobs.Within(t.Context(), nil, of); err == nil {
		t.Fatal("the office has what it lost")
	}
	d.sync()
	o.has(of, photo)
}

// photograph records a delivery with a photo.
func (d *device) photograph(household string, photo []byte) syncproto.BlobOf {
	d.t.Helper()
	var sum string
	d.call(&sum, "keepProof", tablet.Bytes(photo), "image/jpeg")
	if want := sha256.Sum256(photo); sum != hex.EncodeToString(want[:]) {
		d.t.Fatalf("the tablet calls the photo %s", sum)
	}
	proofs := map[string]any{"photos": []any{map[string]any{"sha256": sum, "type": "image/jpeg", "bytes": len(photo)}}}
	id := d.create("deliveries", map[string]any{
		"household": household, "project": newID(d.t), "assistance_type": newID(d.t), "quantity": 1, "delivered_at": time.Now().UnixMilli(),
		"proofs": proofs,
	})
	return syncproto.BlobOf{Record: uuid.MustParse(id), SHA256: sum}
}

// has expects a photo at the office, byte for byte.
func (o *office) has(of syncproto.BlobOf, photo []byte) {
	o.t.Helper()
	content, err := o.srv.Blobs.Within(o.t.Context(), nil, of)
	if err != nil {
		o.t.Fatal(err)
	}
	defer content.Close()
	got, err := io.ReadAll(content)
	if err != nil || !bytes.Equal(got, photo) {
		o.t.Errorf("the office has %d bytes of %d, %v", len(got), len(photo), err)
	}
}
