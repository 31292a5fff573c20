package httpapi_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// A picture is content, with how records name it.
type picture struct {
	content string
	syncproto.Blob
}

// photo makes a picture of that many bytes, which begins as a JPEG does and is like no other seed's.
func photo(seed string, size int) picture {
	content := "\xff\xd8\xff\xe0" + strings.Repeat(seed, size/len(seed)+1)
	content = content[:size]
	sum := sha256.Sum256([]byte(content))
	return picture{content, syncproto.Blob{SHA256: hex.EncodeToString(sum[:]), Type: "image/jpeg", Bytes: int64(size)}}
}

// delivery makes a change that records one, with photos.
func (d *tablet) delivery(household uuid.UUID, photos ...picture) syncproto.Change {
	d.o.t.Helper()
	var named []syncproto.Blob
	for _, p := range photos {
		named = append(named, p.Blob)
	}
	return d.change("deliveries", newID(d.o.t), map[string]any{
		"household": household, "project": newID(d.o.t), "assistance_type": newID(d.o.t), "quantity": 1, "delivered_at": 1, "proofs": map[string]any{"photos": named},
	})
}

// deliver records a household and a delivery to it, with photos, and gives the delivery.
func (d *tablet) deliver(area uuid.UUID, photos ...picture) uuid.UUID {
	d.o.t.Helper()
	household := d.household(area, "Mira", "")
	d.sync(household)
	c := d.delivery(household.Record, photos...)
	d.sync(c)
	return c.Record
}

func blobAddress(record uuid.UUID, name string) string {
	return "/api/v1/blobs/" + record.String() + "/" + name
}

// chunk sends a part of a blob.
func (d *tablet) chunk(record uuid.UUID, p picture, from, to int) answer {
	d.o.t.Helper()
	header := map[string]string{"Content-Type": "application/octet-stream", "Upload-Offset": fmt.Sprint(from)}
	maps.Copy(header, map[string]string{"Authorization": "Bearer " + d.access})
	got := d.o.do(call{http.MethodPatch, blobAddress(record, p.SHA256), header, strings.NewReader(p.content[from:to])})
	if t, ok := d.o.t.(*testing.T); ok {
		conforms(t, http.MethodPatch, "/api/v1/blobs/:record/:sha256", "", got)
	}
	return got
}

// mustSend sends a part, and wants to hear that.
func (d *tablet) mustSend(record uuid.UUID, p picture, from, to int, want syncproto.BlobProgress) {
	d.o.t.Helper()
	var progress syncproto.BlobProgress
	got := d.chunk(record, p, from, to)
	if got.into(d.o.t, &progress); got.status != http.StatusOK || progress != want {
		d.o.t.Fatalf("the part from %d to %d is answered %d %s, want %+v", from, to, got.status, got.body, want)
	}
}

// missing asks which blobs are wanted.
func (d *tablet) missing(asked ...syncproto.BlobOf) (out syncproto.BlobsMissing) {
	d.o.t.Helper()
	got := d.o.post("/api/v1/blobs/missing", map[string]string{"Authorization": "Bearer " + d.access}, syncproto.BlobsAsked{Blobs: asked})
	if got.into(d.o.t, &out); got.status != http.StatusOK {
		d.o.t.Fatalf("the question is answered %d %s", got.status, got.body)
	}
	return out
}

// fetch fetches a blob.
func (d *tablet) fetch(record uuid.UUID, name string, header map[string]string) answer {
	d.o.t.Helper()
	all := map[string]string{"Authorization": "Bearer " + d.access}
	maps.Copy(all, header)
	return d.o.do(call{http.MethodGet, blobAddress(record, name), all, nil})
}

// staged gives the names of what is unfinished.
func (o *office) staged() (out []string) {
	o.t.Helper()
	entries, err := os.ReadDir(filepath.Join(o.dir, "unfinished"))
	if err != nil && !os.IsNotExist(err) {
		o.t.Fatal(err)
	}
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestAPhotoGoesUpInPartsAndComesBack(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("one", o.person("mila", "worker", "", o.a), o.a)
	p := photo("kitchen", 1000)
	record := d.deliver(o.a, p)
	of := syncproto.BlobOf{Record: record, SHA256: p.SHA256}
	if m := d.missing(of).Missing; len(m) != 1 || m[0].Have != 0 {
		t.Fatalf("before anything was sent %+v is missing", m)
	}
	if got := d.fetch(record, p.SHA256, nil); got.status != http.StatusNotFound {
		t.Errorf("what has not arrived is answered %d", got.status)
	}
	d.mustSend(record, p, 0, 400, syncproto.BlobProgress{Have: 400})
	d.mustSend(record, p, 0, 400, syncproto.BlobProgress{Have: 400})     // the answer was lost
	d.mustSend(record, p, 100, 200, syncproto.BlobProgress{Have: 400})   // or an older one
	d.mustSend(record, p, 1000, 1000, syncproto.BlobProgress{Have: 400}) // nothing: how far is it?
	for _, from := range []int{300, 500} {
		got := d.chunk(record, p, from, 600)
		if code := got.problem(); code.Code != syncproto.CodeBlobOffset || code.Have == nil || *code.Have != 400 || !safe.MatchString(code.Detail) {
			t.Errorf("a part from %d is answered %d %s, want that 400 are here", from, got.status, got.body)
		}
	}
	if m := d.missing(of).Missing; len(m) != 1 || m[0].Have != 400 {
		t.Errorf("in the middle %+v is missing", m)
	}
	d.mustSend(record, p, 400, 1000, syncproto.BlobProgress{Have: 1000, Complete: true})
	d.mustSend(record, p, 0, 10, syncproto.BlobProgress{Have: 1000, Complete: true})
	if m := d.missing(of); len(m.Missing)+len(m.Unnamed) != 0 {
		t.Errorf("afterwards %+v is missing", m)
	}
	if left := o.staged(); len(left) != 0 {
		t.Errorf("%v is left over", left)
	}
	got := d.fetch(record, p.SHA256, nil)
	if got.status != http.StatusOK || got.body != p.content {
		t.Errorf("it comes back as %d, %d bytes", got.status, len(got.body))
	}
	for name, want := range map[string]string{
		"Content-Type": "image/jpeg", "Etag": `"` + p.SHA256 + `"`, "X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-cache",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox", "Content-Disposition": `inline; filename="` + p.SHA256[:12] + `.jpeg"`,
	} {
		if got.header.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.header.Get(name), want)
		}
	}
	if got := d.fetch(record, p.SHA256, map[string]string{"Range": "bytes=990-", "Accept-Encoding": "gzip"}); got.status != http.StatusPartialContent || got.body != p.content[990:] {
		t.Errorf("the end of it is answered %d %q", got.status, got.body)
	}
	if got := d.fetch(record, p.SHA256, map[string]string{"If-None-Match": `"` + p.SHA256 + `"`}); got.status != http.StatusNotModified || got.body != "" {
		t.Errorf("who has it is answered %d", got.status)
	}
}

func TestWhatIsNotWhatItsRecordSaysIsDropped(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("one", o.person("mila", "worker", "", o.a), o.a)
	p, other := photo("kitchen", 1000), photo("bedroom", 1000)
	text := picture{content: strings.Repeat("not a picture ", 80)}
	sum := sha256.Sum256([]byte(text.content))
	text.Blob = syncproto.Blob{SHA256: hex.EncodeToString(sum[:]), Type: "image/jpeg", Bytes: int64(len(text.content))}
	record := d.deliver(o.a, p, text)
	other.SHA256 = p.SHA256
	longer := p
	longer.content += "and more"
	for what, sent := range map[string]picture{"another picture": other, "no picture": text, "too much": longer} {
		d.mustSend(record, sent, 0, 500, syncproto.BlobProgress{Have: 500})
		got := d.chunk(record, sent, 500, len(sent.content))
		if code := got.problem().Code; code != syncproto.CodeBlobWrong || !safe.MatchString(got.body) {
			t.Errorf("%s is answered %d %s", what, got.status, got.body)
		}
		if left := o.staged(); len(left) != 0 {
			t.Errorf("of %s, %v is left over", what, left)
		}
	}
	d.mustSend(record, p, 0, 1000, syncproto.BlobProgress{Have: 1000, Complete: true})
}

func TestAChunkIsBounded(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("one", o.person("mila", "worker", "", o.a), o.a)
	p := photo("kitchen", syncproto.MaxChunkBytes+2)
	record := d.deliver(o.a, p)
	if got := d.chunk(record, p, 0, syncproto.MaxChunkBytes+1); got.problem().Code != syncproto.CodeBodyTooLarge {
		t.Errorf("a part that is too long is answered %d %s", got.status, got.body)
	}
	d.mustSend(record, p, 0, syncproto.MaxChunkBytes, syncproto.BlobProgress{Have: syncproto.MaxChunkBytes})
	d.mustSend(record, p, syncproto.MaxChunkBytes, len(p.content), syncproto.BlobProgress{Have: p.Bytes, Complete: true})
	asked := make([]syncproto.BlobOf, syncproto.MaxBlobsAsked+1)
	for i := range asked {
		asked[i] = syncproto.BlobOf{Record: record, SHA256: p.SHA256}
	}
	d.missing(asked[1:]...)
	got := o.post("/api/v1/blobs/missing", map[string]string{"Authorization": "Bearer " + d.access}, syncproto.BlobsAsked{Blobs: asked})
	if got.problem().Code != syncproto.CodeBatchTooLarge {
		t.Errorf("a question for too many is answered %d %s", got.status, got.body)
	}
}

// refused wants that a device neither sends nor sees a blob, and that nothing is kept of what it tries.
func (d *tablet) refused(what string, record uuid.UUID, p picture) {
	d.o.t.Helper()
	if got := d.chunk(record, p, 0, 100); got.problem().Code != syncproto.CodeNotFound {
		d.o.t.Errorf("%s sends: %d %s", what, got.status, got.body)
	}
	of := syncproto.BlobOf{Record: record, SHA256: p.SHA256}
	if m := d.missing(of); len(m.Missing) != 0 || len(m.Unnamed) != 1 || m.Unnamed[0] != of {
		d.o.t.Errorf("%s is told %+v", what, m)
	}
	d.unseen(what, record, p)
	if left := d.o.staged(); len(left) != 0 {
		d.o.t.Errorf("%s leaves %v", what, left)
	}
}

func (d *tablet) unseen(what string, record uuid.UUID, p picture) {
	d.o.t.Helper()
	if got := d.fetch(record, p.SHA256, nil); got.problem().Code != syncproto.CodeNotFound {
		d.o.t.Errorf("%s sees it: %d", what, got.status)
	}
}

func TestWhoSendsAndSeesAPhoto(t *testing.T) {
	o := newOffice(t)
	worker := o.person("mila", "worker", "", o.a, o.b)
	d, beside, elsewhere := o.tablet("one", worker, o.a), o.tablet("two", worker, o.a), o.tablet("three", worker, o.b)
	p, never := photo("kitchen", 1000), photo("bedroom", 1000)
	record := d.deliver(o.a, p)
	elsewhere.refused("a device of another area", record, p)
	d.refused("whoever names another photo", record, never)
	d.refused("whoever names another record", newID(t), p)
	beside.mustSend(record, p, 0, 600, syncproto.BlobProgress{Have: 600}) // it has a copy
	d.mustSend(record, p, 0, 1000, syncproto.BlobProgress{Have: 1000, Complete: true})
	beside.mustSend(record, p, 600, 700, syncproto.BlobProgress{Have: 1000, Complete: true})
	if got := beside.fetch(record, p.SHA256, nil); got.body != p.content {
		t.Errorf("a device of the same area gets %d", got.status)
	}
	elsewhere.refused("a device of another area, now that it is there,", record, p)
}

func TestAHeldDeliverysPhotoIsTaken(t *testing.T) {
	o := newOffice(t)
	worker := o.person("mila", "worker", "", o.a, o.b)
	d, elsewhere := o.tablet("one", worker, o.a), o.tablet("three", worker, o.b)
	p := photo("kitchen", 1000)
	household := elsewhere.household(o.b, "Mira", "")
	elsewhere.sync(household)
	c := d.delivery(household.Record, p)
	if receipt := d.sync(c).Receipts[0]; receipt.Status != syncproto.Held {
		t.Fatalf("the delivery is %+v", receipt)
	}
	elsewhere.refused("who did not record it", c.Record, p)
	d.mustSend(c.Record, p, 0, 1000, syncproto.BlobProgress{Have: 1000, Complete: true})
	d.unseen("who recorded what is held", c.Record, p)
	if err := o.srv.Engine.ApplyHeld(t.Context(), o.admin, d.tip.Version(d.id), nil); err != nil {
		t.Fatal(err)
	}
	if got := elsewhere.fetch(c.Record, p.SHA256, nil); got.body != p.content {
		t.Errorf("once it is applied, its area gets %d", got.status)
	}
	d.unseen("who recorded it elsewhere", c.Record, p)
}

func TestARevokedDeviceHandsInItsPhotosAndGetsNothing(t *testing.T) {
	o := newOffice(t)
	worker := o.person("mila", "worker", "", o.a)
	d, beside := o.tablet("one", worker, o.a), o.tablet("two", worker, o.a)
	mine, late, theirs := photo("kitchen", 1000), photo("bedroom", 1000), photo("stove", 1000)
	record, other := d.deliver(o.a, mine), beside.deliver(o.a, theirs)
	d.mustSend(record, mine, 0, 500, syncproto.BlobProgress{Have: 500})
	d.revoke()
	d.mustSend(record, mine, 500, 1000, syncproto.BlobProgress{Have: 1000, Complete: true})
	d.refused("a revoked device", other, theirs)
	d.unseen("a revoked device", record, mine)
	household := d.household(o.a, "Nada", "")
	d.sync(household)
	c := d.delivery(household.Record, late)
	d.sync(c) // held, as all that comes now
	d.mustSend(c.Record, late, 0, 1000, syncproto.BlobProgress{Have: 1000, Complete: true})
}

func TestAFormerIdentitysPhotoIsTaken(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("one", o.person("mila", "worker", "", o.a), o.a)
	p := photo("kitchen", 1000)
	record := d.deliver(o.a, p)
	var present struct{ Device, Access string }
	o.do(call{http.MethodPost, "/api/v1/identity", d.bearer(), nil}).into(t, &present)
	if err := o.srv.Accounts.SetDeviceAreas(t.Context(), o.admin, uuid.MustParse(present.Device), []uuid.UUID{o.b}); err != nil {
		t.Fatal(err)
	}
	now := *d
	now.id, now.access = uuid.MustParse(present.Device), present.Access
	now.mustSend(record, p, 0, 1000, syncproto.BlobProgress{Have: 1000, Complete: true})
	now.unseen("the device, of another area by now,", record, p)
}

// What two devices send of one photo never comes together.
func TestNobodySpoilsWhatAnotherSends(t *testing.T) {
	o := newOffice(t)
	worker := o.person("mila", "worker", "", o.a)
	d, rogue := o.tablet("one", worker, o.a), o.tablet("two", worker, o.a)
	p, junk := photo("kitchen", 1000), photo("junk", 1000)
	record := d.deliver(o.a, p)
	junk.SHA256 = p.SHA256
	rogue.mustSend(record, junk, 0, 500, syncproto.BlobProgress{Have: 500})
	d.mustSend(record, p, 0, 500, syncproto.BlobProgress{Have: 500})
	rogue.mustSend(record, junk, 500, 999, syncproto.BlobProgress{Have: 999})
	d.mustSend(record, p, 500, 1000, syncproto.BlobProgress{Have: 1000, Complete: true})
}

func TestWhatCameOfABrokenChunkIsKept(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("one", o.person("mila", "worker", "", o.a), o.a)
	p := photo("kitchen", 1000)
	record := d.deliver(o.a, p)
	link, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(o.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(link, "PATCH %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/octet-stream\r\nUpload-Offset: 0\r\nContent-Length: 1000\r\n\r\n%s",
		blobAddress(record, p.SHA256), d.access, p.content[:300])
	if err != nil {
		t.Fatal(err)
	}
	if err := link.(*net.TCPConn).CloseWrite(); err != nil { //nolint:forcetypeassert // it was dialled as such
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(link), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusBadRequest {
		t.Errorf("a part that broke off is answered %d %s, %v", res.StatusCode, body, err)
	}
	d.mustSend(record, p, 300, 1000, syncproto.BlobProgress{Have: 1000, Complete: true})
}

// However a device holds on to what it asks of photos, it has one place for it, not those of all.
func TestADeviceHasOneLinkForPhotos(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("one", o.person("mila", "worker", "", o.a), o.a)
	slow := o.dial(fmt.Sprintf("POST /api/v1/blobs/missing HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{", d.access))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, slow) // until the server ends it, however
	}()
	for range 1000 { // the first of them may come before it
		d.missing()
		select {
		case <-ended:
			return
		default:
		}
	}
	t.Error("the question that nobody finishes is still open")
}

// The office sees what is in its areas, and a browser gets it by the session.
func TestAPageShowsAPhoto(t *testing.T) {
	b := newBesieged(t)
	b.person("cora", "coordinator", password, b.a)
	b.person("cvetko", "coordinator", password, b.b)
	p := photo("kitchen", 1000)
	record := b.one.deliver(b.b, p)
	b.one.mustSend(record, p, 0, 1000, syncproto.BlobProgress{Have: 1000, Complete: true})
	for login, want := range map[string]int{"cora": 404, "cvetko": 200} {
		got := b.do(call{"GET", "/blobs/" + record.String() + "/" + p.SHA256, b.login(login), nil})
		if got.status != want || (got.body == p.content) != (want == 200) {
			t.Errorf("%s gets %d", login, got.status)
		}
	}
}
