package blobs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// inBucket gives a store in a bucket of a service that runs in the test.
func inBucket(t *testing.T, prefix string) Store {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("photos"); err != nil {
		t.Fatal(err)
	}
	service := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(service.Close)
	s, err := S3("s3://"+strings.TrimPrefix(service.URL, "http://")+"/photos"+prefix+"?plain=true&region=eu-1", Keys{"access", "secret"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// nameOf gives the name of content.
func nameOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

func put(t *testing.T, s Store, content string) string {
	t.Helper()
	if err := s.Put(t.Context(), nameOf(content), strings.NewReader(content), int64(len(content))); err != nil {
		t.Fatal(err)
	}
	return nameOf(content)
}

func read(t *testing.T, s Store, name string) (string, error) {
	t.Helper()
	content, err := s.Open(t.Context(), name)
	if err != nil {
		return "", err
	}
	defer content.Close()
	text, err := io.ReadAll(content)
	return string(text), err
}

func list(t *testing.T, s Store) (out []string) {
	t.Helper()
	for name, err := range s.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// TestStores shows on each store what a [Store] promises.
func TestStores(t *testing.T) {
	for where, open := range map[string]func(t *testing.T) Store{
		"files":              func(t *testing.T) Store { return Files(filepath.Join(t.TempDir(), "blobs")) },
		"a bucket":           func(t *testing.T) Store { return inBucket(t, "") },
		"a part of a bucket": func(t *testing.T) Store { return inBucket(t, "/satchel/2020") },
	} {
		for what, show := range map[string]func(t *testing.T, s Store){
			"content comes back": contentComesBack, "a part of it comes back": partComesBack, "what is not there is missing": missing,
			"content is kept once": keptOnce, "content is replaced": replaced, "content is deleted": deleted,
			"short content is not kept": shortIsNotKept, "other names are none": otherNames,
		} {
			t.Run(where+"/"+what, func(t *testing.T) { show(t, open(t)) })
		}
	}
}

func contentComesBack(t *testing.T, s Store) {
	large := strings.Repeat("0123456789abcdef", 2<<20/16)
	for _, content := range []string{"a", large} {
		if got, err := read(t, s, put(t, s, content)); err != nil || got != content {
			t.Errorf("%d bytes came back as %d, %v", len(content), len(got), err)
		}
	}
	if got, want := list(t, s), []string{nameOf("a"), nameOf(large)}; !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("the list is %v, want %v", got, want)
	}
}

func partComesBack(t *testing.T, s Store) {
	content, err := s.Open(t.Context(), put(t, s, "0123456789"))
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	for _, step := range []struct {
		offset int64
		whence int
		want   string
	}{{3, io.SeekStart, "345"}, {-2, io.SeekEnd, "89"}, {0, io.SeekStart, "0123456789"}} {
		if _, err := content.Seek(step.offset, step.whence); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(step.want))
		if _, err := io.ReadFull(content, got); err != nil || string(got) != step.want {
			t.Errorf("at %d: %q, %v; want %q", step.offset, got, err, step.want)
		}
	}
	if end, err := content.Seek(0, io.SeekEnd); end != 10 || err != nil {
		t.Errorf("it ends at %d, %v", end, err)
	}
}

func missing(t *testing.T, s Store) {
	if got := list(t, s); len(got) != 0 {
		t.Errorf("an empty store has %v", got)
	}
	if _, err := read(t, s, nameOf("a")); !errors.Is(err, ErrMissing) {
		t.Errorf("got %v", err)
	}
	if err := s.Delete(t.Context(), nameOf("a")); err != nil {
		t.Error(err)
	}
}

func keptOnce(t *testing.T, s Store) {
	put(t, s, "a")
	put(t, s, "a")
	if got := list(t, s); len(got) != 1 {
		t.Errorf("the list is %v", got)
	}
}

func replaced(t *testing.T, s Store) {
	if err := s.Put(t.Context(), nameOf("a"), strings.NewReader("?"), 1); err != nil { // a store believes the name
		t.Fatal(err)
	}
	if got, err := read(t, s, put(t, s, "a")); got != "a" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func deleted(t *testing.T, s Store) {
	a, b := put(t, s, "a"), put(t, s, "b")
	if err := s.Delete(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if _, err := read(t, s, a); !errors.Is(err, ErrMissing) {
		t.Errorf("what was deleted is there: %v", err)
	}
	if got, err := read(t, s, b); got != "b" || err != nil {
		t.Errorf("the other one is %q, %v", got, err)
	}
}

func shortIsNotKept(t *testing.T, s Store) {
	if err := s.Put(t.Context(), nameOf("abc"), strings.NewReader("ab"), 3); err == nil {
		t.Error("content that ends early is kept")
	}
	if got := list(t, s); len(got) != 0 {
		t.Errorf("it is in the list: %v", got)
	}
}

func otherNames(t *testing.T, s Store) {
	for _, name := range []string{"", "x", "../../" + nameOf("a"), strings.ToUpper(nameOf("a")), nameOf("a") + "/x"} {
		if err := s.Put(t.Context(), name, strings.NewReader("a"), 1); err == nil {
			t.Errorf("%q is a name", name)
		}
		if _, err := read(t, s, name); !errors.Is(err, ErrMissing) {
			t.Errorf("%q: %v", name, err)
		}
		if err := s.Delete(t.Context(), name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestOnlyContentIsListed(t *testing.T) {
	dir := t.TempDir()
	s := Files(dir)
	name := put(t, s, "a")
	for _, beside := range []string{"README", name, filepath.Join(name[:2], "unfinished-1")} {
		if err := os.WriteFile(filepath.Join(dir, beside), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := list(t, s); !slices.Equal(got, []string{name}) {
		t.Errorf("the list is %v", got)
	}
	info, err := os.Stat(filepath.Join(dir, name[:2], name))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v: want a file that nobody else reads", info, err)
	}
}

func TestAddressesOfBuckets(t *testing.T) {
	for _, address := range []string{"", "photos", "https://a/b", "s3://", "s3://host", "s3://host/", "s3://key:very-secret@host/photos", "s3://host name/photos", "s3://host/photos#very-secret"} {
		_, err := S3(address, Keys{"a", "b"}, nil)
		if err == nil {
			t.Errorf("%q is taken", address)
		} else if bytes.Contains([]byte(err.Error()), []byte("very-secret")) {
			t.Errorf("the error tells a key: %v", err)
		}
	}
}
