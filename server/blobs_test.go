package server_test

import (
	"bytes"
	"database/sql"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/server"
	"satchel/syncproto"
)

// photo makes content that begins as a JPEG does.
func photo(seed string, size int) []byte {
	return append([]byte("\xff\xd8\xff\xe0"), []byte(strings.Repeat(seed, size/len(seed)+1))[:size-4]...)
}

// photograph records a delivery with a photo that is kept on a tablet.
func photograph(t *testing.T, s *clientlib.Store, household uuid.UUID, content []byte) syncproto.BlobOf {
	t.Helper()
	blob, err := s.AddBlob(t.Context(), content)
	if err != nil {
		t.Fatal(err)
	}
	return deliverWith(t, s, household, blob)
}

// deliverWith records a delivery with a photo, and gives its id and how it names the photo.
func deliverWith(t *testing.T, s *clientlib.Store, household uuid.UUID, blob syncproto.Blob) syncproto.BlobOf {
	t.Helper()
	var form clientlib.Form
	r := form.Create("deliveries", map[string]any{
		"household": household, "project": newID(t), "assistance_type": newID(t), "quantity": 1, "delivered_at": 1,
		"proofs": map[string]any{"photos": []clientlib.Proof{{Blob: blob, At: 1}}},
	})
	if err := s.Save(t.Context(), &form); err != nil {
		t.Fatal(err)
	}
	return syncproto.BlobOf{Record: r.ID, SHA256: blob.SHA256}
}

// has reports whether the office has a photo, as it was taken.
func (o *office) has(of syncproto.BlobOf, want []byte) bool {
	o.t.Helper()
	content, err := o.srv.Blobs.Within(o.t.Context(), nil, of)
	if errors.Is(err, &syncproto.Problem{Code: syncproto.CodeNotFound}) {
		return false
	}
	if err != nil {
		o.t.Fatal(err)
	}
	defer content.Close()
	got, err := io.ReadAll(content)
	if err != nil || !bytes.Equal(got, want) {
		o.t.Errorf("the photo has %d bytes, %v; want the %d that were taken", len(got), err, len(want))
	}
	return true
}

// A choke is a link that breaks in the middle of each part of a photo but for so many.
type choke struct{ through atomic.Int64 }

// RoundTrip makes a request, or breaks off.
func (c *choke) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPatch && c.through.Add(-1) < 0 {
		r.Body = io.NopCloser(io.LimitReader(r.Body, r.ContentLength/2))
	}
	return http.DefaultTransport.RoundTrip(r)
}

// choked makes a tablet over a link that breaks.
func (o *office) choked(name string) (*clientlib.Store, *choke) {
	link := &choke{}
	return o.tabletWith(clientlib.Options{HTTP: &http.Client{Transport: link}}, name, o.a), link
}

func status(t *testing.T, s *clientlib.Store) clientlib.Status {
	t.Helper()
	out, err := s.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A photo goes on where the link broke, and until it is at the office the tablet is not safe to take away.
func TestAPhotoGoesOnWhereTheLinkBroke(t *testing.T) {
	o := newOffice(t)
	s, link := o.choked("one")
	content := photo("kitchen", 400_000)
	of := photograph(t, s, register(t, s, o.a, "Mira"), content)
	if got, err := s.Blob(t.Context(), of.SHA256); err != nil || !bytes.Equal(got, content) {
		t.Fatalf("the photo on the tablet: %d bytes, %v", len(got), err)
	}
	tries, last := 0, int64(0)
	for ; tries < 50; tries++ {
		link.through.Store(1)
		result, err := s.Sync(t.Context(), nil)
		if err == nil {
			if !result.Safe || result.Blobs != 1 || result.BlobsLeft != 0 {
				t.Errorf("the sync that ended: %+v", result)
			}
			break
		}
		if now := status(t, s); !errors.Is(err, clientlib.ErrLink) || result.Safe || result.BlobsLeft != 1 || now.Safe || now.Blobs != 1 || now.Unsent != 0 {
			t.Fatalf("the link broke: %v, %+v, %+v; want that the record is in, and the photo is left", err, result, now)
		}
		if last++; o.has(of, content) {
			t.Fatal("a part of a photo is shown as a photo")
		}
	}
	if tries < 2 || tries > 10 || !o.has(of, content) || !status(t, s).Safe {
		t.Errorf("after %d tries the photo is at the office: %v; want that each brings it further", tries, o.has(of, content))
	}
	link.through.Store(0)
	if result, err := s.Sync(t.Context(), nil); err != nil || !result.Safe || result.BlobsToSend != 0 {
		t.Errorf("the next sync: %+v, %v; want nothing to send", result, err)
	}
}

func TestAnOlderBackupLosesNoPhotoThatATabletHas(t *testing.T) {
	o := newOffice(t)
	s := o.tablet("one", o.a)
	household := register(t, s, o.a, "Mira")
	early, late := photo("kitchen", 3000), photo("bedroom", 3000)
	first := photograph(t, s, household, early)
	mustSync(t, s)
	if o.postgres != "" {
		t.Skip("PostgreSQL has backups of its own")
	}
	backup := filepath.Join(t.TempDir(), "backup.db")
	if added, err := o.srv.Backup(t.Context(), backup); err != nil || added != 1 {
		t.Fatalf("the backup added %d photos, %v; want 1", added, err)
	}
	second := photograph(t, s, household, late)
	mustSync(t, s)
	if added, err := o.srv.Backup(t.Context(), filepath.Join(filepath.Dir(backup), "next.db")); err != nil || added != 1 {
		t.Fatalf("the next backup added %d photos, %v; want the new one", added, err)
	}
	o.stop()
	if err := os.RemoveAll(filepath.Join(o.dir, server.BlobsDir)); err != nil { // the disk was lost
		t.Fatal(err)
	}
	beside := filepath.Join(filepath.Dir(backup), server.BackupBlobsDir)
	if err := os.Remove(filepath.Join(beside, second.SHA256[:2], second.SHA256)); err != nil { // and it is last night's backup
		t.Fatal(err)
	}
	o.restore(backup)
	if !o.has(first, early) || o.has(second, late) {
		t.Error("the restored office has another photo than that of the backup")
	}
	result, err := s.Sync(t.Context(), nil)
	if err != nil || !result.Safe || !result.ServerRestored || result.BlobsToSend != 1 || !o.has(second, late) {
		t.Errorf("the sync after the restore: %+v, %v; want that it brings the later photo", result, err)
	}
}

// A photo that came after the backup which is restored is on the office's disk, unless that was lost: nobody sends it again,
// unless it is damaged.
func TestARestoreBesideThePhotosHasNobodySendThemAgain(t *testing.T) {
	o := newOffice(t)
	s, link := o.choked("one")
	household := register(t, s, o.a, "Mira")
	mustSync(t, s)
	backup := o.backup()
	link.through.Store(2)
	content, other := photo("kitchen", 3000), photo("bedroom", 3000)
	of, beside := photograph(t, s, household, content), photograph(t, s, household, other)
	mustSync(t, s)
	o.stop()
	if err := server.Restore(t.Context(), o.dir, backup); err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(o.dir, server.BlobsDir, beside.SHA256[:2], beside.SHA256)
	if err := os.WriteFile(at, photo("mould", 3000), 0o600); err != nil {
		t.Fatal(err)
	}
	o.open()
	link.through.Store(1)
	mustSync(t, s)
	if !o.has(of, content) || !o.has(beside, other) || !status(t, s).Safe || link.through.Load() != 0 {
		t.Errorf("the office has the photo %v and the damaged one %v, %d of 1 parts were not sent",
			o.has(of, content), o.has(beside, other), link.through.Load())
	}
}

// Of a photo that is damaged when a backup is restored, the one beside the backup takes the place; if that is damaged too, it
// is sent again.
func TestARestoreMendsDamagedPhotos(t *testing.T) {
	o := newOffice(t)
	s := o.tablet("one", o.a)
	content, other := photo("kitchen", 3000), photo("bedroom", 3000)
	household := register(t, s, o.a, "Mira")
	of, lost := photograph(t, s, household, content), photograph(t, s, household, other)
	mustSync(t, s)
	if o.postgres != "" {
		t.Skip("PostgreSQL has backups of its own")
	}
	backup := filepath.Join(t.TempDir(), "backup.db")
	if _, err := o.srv.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	o.stop()
	beside := filepath.Join(filepath.Dir(backup), server.BackupBlobsDir)
	for _, spoilt := range []string{
		filepath.Join(o.dir, server.BlobsDir, of.SHA256[:2], of.SHA256), filepath.Join(o.dir, server.BlobsDir, lost.SHA256[:2], lost.SHA256),
		filepath.Join(beside, lost.SHA256[:2], lost.SHA256),
	} {
		if err := os.WriteFile(spoilt, photo("mould", 3000), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o.restore(backup)
	if !o.has(of, content) || o.has(lost, other) {
		t.Errorf("of a photo that is whole beside the backup and one that is not, the office has %v, %v", o.has(of, content), o.has(lost, other))
	}
	mustSync(t, s)
	if !o.has(lost, other) {
		t.Error("the photo did not come again")
	}
}

// A tablet that was put back to a copy, or is one, may have a photo of which only its twin has said what it is of.
func TestATabletSendsAPhotoThatAnotherOneNamed(t *testing.T) {
	o := newOffice(t)
	one, link := o.choked("one")
	two := o.tablet("two", o.a)
	content := photo("kitchen", 3000)
	of := photograph(t, one, register(t, one, o.a, "Mira"), content)
	link.through.Store(0)
	if _, err := one.Sync(t.Context(), nil); !errors.Is(err, clientlib.ErrLink) || o.has(of, content) {
		t.Fatalf("the photo came through: %v", err)
	}
	if _, err := two.AddBlob(t.Context(), content); err != nil {
		t.Fatal(err)
	}
	mustSync(t, two)
	if !o.has(of, content) {
		t.Error("the office has not got the photo, which a tablet has")
	}
}

// A server that was restored to before a tablet took a new identity learns of the one before from what is handed in.
func TestARestoredServerTakesThePhotosOfAFormerIdentity(t *testing.T) {
	o := newOffice(t)
	s := o.tablet("one", o.a)
	household := register(t, s, o.a, "Mira")
	mustSync(t, s)
	backup, before := o.backup(), status(t, s).Device
	content := photo("kitchen", 3000)
	of := photograph(t, s, household, content)
	o.enrol(s, "another name", o.a)
	o.stop()
	o.restore(backup)
	o.enrol(s, "a third name", o.a)
	if err := o.srv.Accounts.RevokeDevice(t.Context(), o.admin, before); err != nil { // so that what it recorded is held
		t.Fatal(err)
	}
	mustSync(t, s)
	if !o.has(of, content) {
		t.Error("the office has not got the photo, and the tablet is safe")
	}
}

// A photo that is nowhere when a backup is restored is sent again.
func TestABackupWithoutItsPhotosGetsThemAgain(t *testing.T) {
	o := newOffice(t)
	s := o.tablet("one", o.a)
	content := photo("kitchen", 3000)
	of := photograph(t, s, register(t, s, o.a, "Mira"), content)
	mustSync(t, s)
	backup := o.backup()
	o.stop()
	if err := os.RemoveAll(filepath.Join(o.dir, server.BlobsDir)); err != nil {
		t.Fatal(err)
	}
	o.restore(backup)
	if o.has(of, content) {
		t.Error("the office says that it has the photo")
	}
	mustSync(t, s)
	if !o.has(of, content) {
		t.Error("the photo did not come again")
	}
}

func TestADamagedPhotoIsFoundAndComesAgain(t *testing.T) {
	o := newOffice(t)
	s := o.tablet("one", o.a)
	content, other := photo("kitchen", 3000), photo("bedroom", 3000)
	household := register(t, s, o.a, "Mira")
	of, beside := photograph(t, s, household, content), photograph(t, s, household, other)
	mustSync(t, s)
	dir := filepath.Join(o.dir, server.BlobsDir)
	if err := os.WriteFile(filepath.Join(dir, of.SHA256[:2], of.SHA256), photo("mould", 3000), 0o600); err != nil {
		t.Fatal(err)
	}
	check := func(repair bool, whole, lost, found int) {
		t.Helper()
		report, err := o.srv.CheckBlobs(t.Context(), repair)
		if err != nil || report.Whole != whole || len(report.Lost) != lost || len(report.Found) != found {
			t.Errorf("the check found %+v, %v; want %d whole, %d lost, %d found", report, err, whole, lost, found)
		}
	}
	check(false, 1, 1, 0)
	check(true, 1, 1, 0)
	check(false, 1, 0, 0)
	mustSync(t, s)
	if !o.has(of, content) || !o.has(beside, other) {
		t.Error("the photo did not come again")
	}
	check(false, 2, 0, 0)
	if err := o.srv.Engine.BlobsLost(t.Context(), []string{of.SHA256}); err != nil { // it was away for a while
		t.Fatal(err)
	}
	check(true, 1, 0, 1)
	check(false, 2, 0, 0)
}

func TestARevokedTabletHandsInItsPhotosBeforeItWipesItself(t *testing.T) {
	o := newOffice(t)
	s, link := o.choked("one")
	link.through.Store(100)
	mustSync(t, s)
	content := photo("kitchen", 200_000)
	of := photograph(t, s, register(t, s, o.a, "Mira"), content)
	if err := o.srv.Accounts.RevokeDevice(t.Context(), o.admin, status(t, s).Device); err != nil {
		t.Fatal(err)
	}
	link.through.Store(0)
	if _, err := s.Sync(t.Context(), nil); !errors.Is(err, clientlib.ErrLink) {
		t.Fatalf("the link broke: %v", err)
	}
	link.through.Store(100)
	if _, err := s.Sync(t.Context(), nil); !errors.Is(err, clientlib.ErrWiped) || !o.has(of, content) {
		t.Errorf("the tablet: %v; want that it is empty, and the photo at the office", err)
	}
}

// A photo that a tablet cannot read any more keeps no other from the office, and does not keep a tablet that was revoked from
// wiping itself.
func TestADamagedPhotoKeepsNoOtherFromTheOffice(t *testing.T) {
	o := newOffice(t)
	path := filepath.Join(t.TempDir(), "store")
	s, err := clientlib.Create(t.Context(), path, pin, clientlib.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	o.enrol(s, "one", o.a)
	household := register(t, s, o.a, "Mira")
	var taken []syncproto.BlobOf
	for _, room := range []string{"kitchen", "bedroom", "cellar"} {
		taken = append(taken, photograph(t, s, household, photo(room, 3000)))
	}
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), "UPDATE blob_parts SET sealed = zeroblob(length(sealed)) WHERE sha256 IN (?, ?)", taken[0].SHA256, taken[1].SHA256)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	result, err := s.Sync(t.Context(), nil)
	if !errors.Is(err, clientlib.ErrDamaged) || !result.Complete || result.Safe || result.BlobsLeft != 2 || !o.has(taken[2], photo("cellar", 3000)) {
		t.Errorf("the sync came to %+v, %v; want that all but the damaged photos are at the office", result, err)
	}
	if err := o.srv.Accounts.RevokeDevice(t.Context(), o.admin, status(t, s).Device); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Sync(t.Context(), nil); !errors.Is(err, clientlib.ErrWiped) {
		t.Errorf("the revoked tablet: %v; want that it is empty", err)
	}
}

// A photo of a form that is not saved yet is kept for a month, which a clock that is set wrong does not shorten.
func TestAPhotoIsKeptForAMonthUntilItsFormIsSaved(t *testing.T) {
	o := newOffice(t)
	s, ahead := o.astray("one", o.a)
	household := register(t, s, o.a, "Mira")
	mustSync(t, s)
	day := int64(24 * time.Hour)
	ahead.Store(-10_000 * day)
	content := photo("kitchen", 3000)
	blob, err := s.AddBlob(t.Context(), content)
	if err != nil {
		t.Fatal(err)
	}
	for _, days := range []int64{0, 29} {
		o.ahead.Store(days * day)
		mustSync(t, s)
	}
	of := deliverWith(t, s, household, blob)
	if mustSync(t, s); !o.has(of, content) {
		t.Error("the photo is not at the office")
	}
	forgotten, err := s.AddBlob(t.Context(), photo("cellar", 3000))
	if err != nil {
		t.Fatal(err)
	}
	for _, days := range []int64{29, 60} {
		o.ahead.Store(days * day)
		mustSync(t, s)
	}
	if _, err := s.Blob(t.Context(), forgotten.SHA256); !errors.Is(err, clientlib.ErrNotFound) {
		t.Errorf("a photo that no form named in a month: %v", err)
	}
	if _, err := s.Blob(t.Context(), blob.SHA256); err != nil {
		t.Errorf("a photo that a form names: %v", err)
	}
}

func TestWhatIsNoPhotoIsNotKept(t *testing.T) {
	o := newOffice(t)
	s := o.tablet("one", o.a)
	if _, err := s.AddBlob(t.Context(), []byte("<svg>")); !errors.Is(err, clientlib.ErrNoPicture) {
		t.Errorf("a text: %v", err)
	}
	if _, err := s.AddBlob(t.Context(), photo("x", syncproto.MaxBlobBytes+1)); !errors.Is(err, clientlib.ErrTooLarge) {
		t.Errorf("a large photo: %v", err)
	}
	if _, err := s.Blob(t.Context(), strings.Repeat("a", 64)); !errors.Is(err, clientlib.ErrNotFound) {
		t.Errorf("a photo that was not made here: %v", err)
	}
}
