package clientlib

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// A liar is a server that answers a sync with whatever it likes, and is good otherwise.
type liar struct {
	status int
	header http.Header
	body   []byte
}

// enrolled is the answer to a device that is given an identity.
const enrolled = `{"device":"019a5b00-0000-7000-8000-00000000000d","holder":"019a5b00-0000-7000-8000-00000000000a","access":"a","expires_in":900,"refresh":"r"}`

// RoundTrip answers.
func (l *liar) RoundTrip(req *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, req.Body)
	out := &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header: http.Header{}, Body: io.NopCloser(strings.NewReader(enrolled)),
	}
	if strings.HasSuffix(req.URL.Path, "/sync") {
		out.StatusCode, out.Header, out.Body = l.status, l.header, io.NopCloser(bytes.NewReader(l.body))
	}
	return out, nil
}

// lied makes a store that is enrolled with a liar and has one change in its outbox.
func lied(f *testing.F, l *liar) (file []byte, household uuid.UUID) {
	f.Helper()
	path := filepath.Join(f.TempDir(), "store.db")
	s, err := Create(f.Context(), path, "246810", Options{HTTP: &http.Client{Transport: l}, PINCost: PINCost{8, 1, 1}})
	if err != nil {
		f.Fatal(err)
	}
	if err := s.Enrol(f.Context(), "http://127.0.0.1", "CODE", ""); err != nil {
		f.Fatal(err)
	}
	area := uuid.MustParse("019a5b00-0000-7000-8000-00000000000e")
	if err := s.write(f.Context(), func(t *tx) error {
		return t.exec(f.Context(), "INSERT INTO cursors (area, cursor, generation) VALUES (?, NULL, 0)", area)
	}); err != nil {
		f.Fatal(err)
	}
	var form Form
	record := form.Create("households", map[string]any{"head_name": "Mila", "status": "idp", "area": area})
	if err := errors.Join(s.Save(f.Context(), &form), s.Close()); err != nil {
		f.Fatal(err)
	}
	if file, err = os.ReadFile(path); err != nil {
		f.Fatal(err)
	}
	return file, record.ID
}

// FuzzReply gives a device any answer of a server. It never panics, its store opens again, and what is in
// its outbox stays there and is shown, until a receipt for it has come.
func FuzzReply(f *testing.F) {
	paths, err := filepath.Glob("../syncproto/testdata/frames/reply-*.jsonl")
	if err != nil || len(paths) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint16(200), text)
	}
	f.Add(uint16(409), []byte(`{"code":"resend_from","tip":{"n":0,"hash":"`+strings.Repeat("0", 64)+`"}}`))
	f.Add(uint16(409), []byte(`{"code":"device_forked","tip":{"n":7,"hash":"`+strings.Repeat("0", 64)+`"}}`))
	f.Add(uint16(401), []byte(`{"code":"token_expired"}`))
	head := `{"protocol":"2026-11-29","now":1762465364557,"epoch":"E1","mark":"2.m","tip":{"n":1,"hash":"` + strings.Repeat("0", 64) + `"},"areas":["00000000-0000-0000-0000-000000000000"]`
	receipt := "\n" + `{"receipts":{"rows":1,"n":[1],"time":[1762465303557],"status":["applied"]}}` + "\n"
	f.Add(uint16(200), []byte(head+"}"+receipt+`{"end":{"receipts":1,"cursors":{"00000000-0000-0000-0000-000000000000":2}}}`+"\n"))
	f.Add(uint16(200), []byte(head+`,"revoked":true}`+"\n"+`{"end":{}}`+"\n"))
	f.Add(uint16(200), []byte(head+`,"revoked":true}`+receipt+`{"end":{"receipts":1}}`+"\n"))
	f.Add(uint16(200), []byte(head+"}"+"\n"+`{"end":{"more":true,"cursors":{"00000000-0000-0000-0000-000000000000":-1}}}`+"\n"))
	l := &liar{}
	file, household := lied(f, l)
	f.Fuzz(func(t *testing.T, status uint16, body []byte) {
		l.status, l.body, l.header = 200+int(status)%400, body, http.Header{"Content-Type": {syncproto.MediaType}}
		if status != 200 {
			l.header.Set("Content-Type", syncproto.ProblemMediaType)
		}
		path := filepath.Join(t.TempDir(), "store.db")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		believe(t, l, path)
		s, err := Open(t.Context(), path, "246810", Options{})
		if errors.Is(err, ErrWiped) && acknowledges(body) {
			return
		}
		if err != nil {
			t.Fatalf("the store does not open again: %v", err)
		}
		defer s.Close()
		now, err := s.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if now.Unsent == 0 && !acknowledges(body) {
			t.Fatal("the outbox is empty, and no receipt has come")
		}
		if now.Unsent == 1 {
			if r, err := s.Get(t.Context(), household); err != nil || r.Text("head_name") != "Mila" {
				t.Fatalf("what is in the outbox is not shown: %v, %v", r, err)
			}
		}
	})
}

// believe has a store sync with a liar.
func believe(t *testing.T, l *liar, path string) {
	t.Helper()
	s, err := Open(t.Context(), path, "246810", Options{HTTP: &http.Client{Transport: l}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, _ = s.Sync(ctx, nil) // whatever it says
	if ctx.Err() != nil {
		t.Fatal("a server keeps a device busy for ever with one answer")
	}
}

// acknowledges reports whether an answer has a receipt for the first change.
func acknowledges(body []byte) bool {
	reply, err := syncproto.ReadReply(bytes.NewReader(body), nil)
	if err != nil {
		return false
	}
	for _, r := range reply.Receipts {
		if r.N == 1 {
			return true
		}
	}
	return false
}
