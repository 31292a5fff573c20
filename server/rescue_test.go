package server_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"reflect"
	"testing"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/server/internal/engine"
	"satchel/syncproto"
)

const rescuePassphrase = "a passphrase of the office"

// rescue writes what a tablet has not handed in into a file.
func rescue(t *testing.T, s *clientlib.Store) []byte {
	t.Helper()
	var file bytes.Buffer
	if _, err := s.WriteRescue(t.Context(), &file, rescuePassphrase, false); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func (o *office) importRescue(file []byte) engine.Rescued {
	o.t.Helper()
	begin := func() (io.Reader, error) { return bytes.NewReader(file), nil }
	came, err := o.srv.Engine.ImportRescue(o.t.Context(), o.admin, rescuePassphrase, begin, o.srv.Blobs.Rescue)
	if err != nil {
		o.t.Fatal(err)
	}
	return came
}

// A photo that began to come over the link comes whole in the file, and the tablet, if it syncs after all, brings it no more.
func TestARescueFileBringsPhotos(t *testing.T) {
	o := newOffice(t)
	s := o.tablet("broken", o.a)
	mustSync(t, s)
	content := photo("kitchen", 400_000)
	of := photograph(t, s, register(t, s, o.a, "Mira"), content)
	file := rescue(t, s)
	if bytes.Contains(file, []byte("kitchen")) {
		t.Error("the photo is not encrypted")
	}
	want := engine.Rescued{Changes: 2, ByStatus: map[syncproto.Status]int{syncproto.Applied: 2}, Photos: 1}
	for range 2 {
		if came := o.importRescue(file); !reflect.DeepEqual(came, want) || !o.has(of, content) {
			t.Fatalf("the file brought %+v, want %+v and the photo", came, want)
		}
	}
	result, err := s.Sync(t.Context(), nil)
	if err != nil || result.Blobs != 0 || !result.Safe {
		t.Errorf("the sync after the rescue: %+v, %v; want that nothing is left to bring", result, err)
	}
}

// What is not to be kept is counted, and nothing else is the worse for it.
func TestARescueFileBringsNoPhotosButThoseThatItsTabletNamed(t *testing.T) {
	o := newOffice(t)
	s, other := o.tablet("broken", o.a), o.tablet("other", o.b)
	mustSync(t, s, other)
	theirs := photo("elsewhere", 3000)
	foreign := photograph(t, other, register(t, other, o.b, "Vesna"), theirs)
	mustSync(t, other)
	if err := o.srv.Engine.BlobsLost(t.Context(), []string{foreign.SHA256}); err != nil {
		t.Fatal(err)
	}
	household := register(t, s, o.a, "Mira")
	text, long, good := []byte("this is no picture"), photo("bedroom", 3000), photo("kitchen", 3000)
	noPicture := naming(t, s, household, text, len(text))
	notAsLong := naming(t, s, household, long, len(long)-1)
	named := naming(t, s, household, good, len(good))
	device, nobody := status(t, s).Device, newID(t)
	var blobs []func() (syncproto.RescuedBlob, error)
	for _, b := range []syncproto.RescuedBlob{
		{Device: device, Record: noPicture.Record, Content: text},
		{Device: device, Record: notAsLong.Record, Content: long},
		{Device: device, Record: foreign.Record, Content: theirs},
		{Device: device, Record: named.Record, Content: photo("spoilt", 3000)},
		{Device: device, Record: newID(t), Content: good},
		{Device: device, Record: named.Record},
		{Device: nobody, Record: named.Record, Content: good},
		{Device: device, Record: named.Record, Content: good},
	} {
		blobs = append(blobs, func() (syncproto.RescuedBlob, error) { return b, nil })
	}
	var requests []syncproto.Request
	err := syncproto.ReadRescue(bytes.NewReader(rescue(t, s)), rescuePassphrase, func(r syncproto.Request) error {
		requests = append(requests, r)
		return nil
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := syncproto.WriteRescue(&file, rescuePassphrase, make([]byte, syncproto.RescueSaltBytes), requests, blobs...); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		came := o.importRescue(file.Bytes())
		if came.Changes != 4 || came.Photos != 8 || came.PhotosRefused != 7 {
			t.Errorf("the file brought %+v; want 4 changes and 8 photos, of which one is kept", came)
		}
	}
	if !o.has(named, good) {
		t.Error("the photo that is named is not at the office")
	}
	for what, of := range map[string]syncproto.BlobOf{"no picture": noPicture, "another length": notAsLong, "of elsewhere": foreign} {
		if o.has(of, nil) {
			t.Errorf("%s: it is at the office", what)
		}
	}
}

// naming records a delivery with a photo that the tablet does not keep.
func naming(t *testing.T, s *clientlib.Store, household uuid.UUID, content []byte, bytes int) syncproto.BlobOf {
	t.Helper()
	sum := sha256.Sum256(content)
	b := syncproto.Blob{SHA256: hex.EncodeToString(sum[:]), Type: "image/jpeg", Bytes: int64(bytes)}
	return deliverWith(t, s, household, b)
}
