package syncproto

import (
	"bytes"
	_ "embed"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"
)

var rescuedPhoto = RescuedBlob{Device: uuid.UUID{1}, Record: uuid.UUID{2}, Content: []byte("a village house")}

func rescued(t *testing.T) []byte {
	t.Helper()
	id := uuid.MustParse("019ab000-0000-7000-8000-000000000001")
	requests := []Request{
		{Protocol: CurrentProtocol, Device: id, Known: Tip{N: 4, Hash: Hash{1}}, Changes: []Change{
			{N: 5, Form: 5, Collection: "households", Record: id, Author: id, Claimed: 9, Fields: map[string]Value{"head_name": `"Ana Đorđević"`}},
		}},
		{Protocol: CurrentProtocol, Device: id, Known: Tip{N: 5, Hash: Hash{2}}, Changes: []Change{
			{N: 6, Form: 6, Collection: "households", Record: id, Author: id, Claimed: 10, Fields: map[string]Value{"phone": `"063"`}},
		}},
	}
	var file bytes.Buffer
	blob := func() (RescuedBlob, error) { return rescuedPhoto, nil }
	if err := WriteRescue(&file, "correct horse", make([]byte, RescueSaltBytes), requests, blob, blob); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func readRescue(file []byte, passphrase string) (out []Request, err error) {
	err = ReadRescue(bytes.NewReader(file), passphrase, func(r Request) error {
		out = append(out, r)
		return nil
	}, nil)
	return out, err
}

func TestARescueFileGivesBackWhatWasPutIn(t *testing.T) {
	got, err := readRescue(rescued(t), "correct horse")
	if err != nil || len(got) != 2 {
		t.Fatalf("got %d requests, %v", len(got), err)
	}
	if got[0].Known != (Tip{N: 4, Hash: Hash{1}}) || got[1].Changes[0].Fields["phone"] != `"063"` {
		t.Errorf("got %+v", got)
	}
	if !reflect.DeepEqual(got[0].Changes[0].Fields, map[string]Value{"head_name": `"Ana Đorđević"`}) {
		t.Errorf("got fields %v", got[0].Changes[0].Fields)
	}
}

func TestARescueFileGivesItsPhotosBehindItsRequests(t *testing.T) {
	requests, photos := 0, []RescuedBlob(nil)
	err := ReadRescue(bytes.NewReader(rescued(t)), "correct horse", func(Request) error {
		requests++
		return nil
	}, func(b RescuedBlob) error {
		if requests != 2 {
			t.Errorf("a photo comes behind %d requests", requests)
		}
		photos = append(photos, b)
		return nil
	})
	if err != nil || !reflect.DeepEqual(photos, []RescuedBlob{rescuedPhoto, rescuedPhoto}) {
		t.Errorf("got %v, %v", photos, err)
	}
}

// withoutPhotos is a file from before rescue files had photos.
//
//go:embed testdata/without-photos.rescue
var withoutPhotos []byte

func TestARescueFileFromBeforeItHadPhotosIsRead(t *testing.T) {
	got, err := readRescue(withoutPhotos, "correct horse")
	if err != nil || len(got) != 1 || len(got[0].Changes) != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestARescueFileShowsNothingWithoutItsPassphrase(t *testing.T) {
	file := rescued(t)
	if bytes.Contains(file, []byte("Ana")) || bytes.Contains(file, []byte("head_name")) || bytes.Contains(file, []byte("village")) {
		t.Error("the file can be read as it stands")
	}
	if _, err := readRescue(file, "correct house"); !errors.Is(err, ErrPassphrase) {
		t.Errorf("got %v", err)
	}
}

func TestADamagedRescueFileIsRefused(t *testing.T) {
	whole := rescued(t)
	lines := strings.SplitAfter(strings.TrimSuffix(string(whole), "\n"), "\n")
	for name, file := range map[string]string{
		"empty":           "",
		"no header":       "hello\n",
		"cut":             strings.Join(lines[:3], ""),
		"a photo missing": strings.Join(lines[:4], ""),
		"photos swapped":  strings.Join(lines[:3], "") + lines[4] + "\n" + lines[3],
		"parts swapped":   lines[0] + lines[2] + lines[1] + lines[3] + lines[4],
		"parts too many":  string(whole) + lines[1],
		"not base64":      lines[0] + "%%%\n" + lines[2],
		"less than none":  strings.Replace(string(whole), `"parts":2,"blobs":2`, `"parts":5,"blobs":-1`, 1),
		"greedy header":   strings.Replace(string(whole), `"memory":65536`, `"memory":65536000`, 1),
	} {
		if _, err := readRescue([]byte(file), "correct horse"); !errors.Is(err, ErrNotRescue) && !errors.Is(err, ErrPassphrase) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func FuzzReadRescue(f *testing.F) {
	f.Add([]byte(`{"satchel":"rescue","kdf":"argon2id","memory":8,"passes":1,"threads":1,"salt":"AAAAAAAAAAAAAAAAAAAAAA==","parts":1}` + "\nAAAA\n"))
	f.Add([]byte(`{"satchel":"rescue","kdf":"argon2id","memory":8,"passes":1,"threads":1,"salt":"AAAAAAAAAAAAAAAAAAAAAA==","parts":0,"blobs":1}` + "\nAAAA\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if !bytes.Contains(file, []byte(`"memory":8,`)) {
			return // others only cost time
		}
		if requests, err := readRescue(file, "passphrase"); err == nil && len(requests) > 0 {
			t.Errorf("a file that nobody encrypted under the passphrase gave %d requests", len(requests))
		}
	})
}
