package tablet_test

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
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

// A photo that cannot be read any more, or is not what its record says, keeps no other from the office, and the tablet from
// being safe to take away as long as a record names it.
func TestADamagedPhotoKeepsNoOtherFromTheOffice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, 8, o.a)
	home := d.household(o.a, "Đorđević")
	whole := append([]byte{0xff, 0xd8, 0xff, 0xe0}, "a village house"...)
	damaged, longer, other := d.photograph(home, append(whole, '1')), d.photograph(home, append(whole, '2')), d.photograph(home, append(whole, '3'))
	d.edit(longer.Record.String(), "proofs", proofs(longer.SHA256, len(whole)+2))
	image, err := d.Off()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.On(changed(t, image, "UPDATE chunks SET sealed = zeroblob(length(sealed)) WHERE sha256 = ?", damaged.SHA256)); err != nil {
		t.Fatal(err)
	}
	d.unlock(o)
	for range 2 {
		var r result
		d.call(&r, "sync")
		if !r.Complete || r.Safe || d.status().UnsentProofs != 2 {
			t.Errorf("the sync came to %+v, and the tablet to %+v", r, d.status())
		}
	}
	o.has(other, append(whole, '3'))
	if a := d.attention(); len(a) != 2 || a[0].Kind != "proof" {
		t.Errorf("there is to attend to: %+v", a)
	}
	for _, of := range []syncproto.BlobOf{damaged, longer} {
		d.edit(of.Record.String(), "proofs", map[string]any{"none": "the photo was damaged"})
	}
	d.sync()
	if a := d.attention(); len(a) != 0 {
		t.Errorf("there is to attend to: %+v", a)
	}
}

// changed gives an image once a statement was run on it.
func changed(t *testing.T, image tablet.Image, statement string, args ...any) tablet.Image {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store.db")
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), statement, args...)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if image, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	return image
}

// photograph records a delivery with a photo.
func (d *device) photograph(household string, photo []byte) syncproto.BlobOf {
	d.t.Helper()
	var sum string
	d.call(&sum, "keepProof", tablet.Bytes(photo), "image/jpeg")
	if want := sha256.Sum256(photo); sum != hex.EncodeToString(want[:]) {
		d.t.Fatalf("the tablet calls the photo %s", sum)
	}
	id := d.create("deliveries", map[string]any{
		"household": household, "project": newID(d.t), "assistance_type": newID(d.t), "quantity": 1, "delivered_at": time.Now().UnixMilli(),
		"proofs": proofs(sum, len(photo)),
	})
	return syncproto.BlobOf{Record: uuid.MustParse(id), SHA256: sum}
}

// proofs names a photo.
func proofs(sum string, bytes int) map[string]any {
	return map[string]any{"photos": []any{map[string]any{"sha256": sum, "type": "image/jpeg", "bytes": bytes}}}
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
