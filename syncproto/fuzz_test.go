package syncproto

import (
	"bytes"
	"encoding/json"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// Every decoder takes anything: it never panics, says what is wrong by a problem, and what it accepts
// comes back the same when it is written and read again.

func FuzzReadRequest(f *testing.F) {
	seedFrames(f, "request-*.jsonl")
	f.Fuzz(func(t *testing.T, stream []byte) {
		first, err := ReadRequest(bytes.NewReader(stream))
		if err != nil {
			needProblem(t, err)
			return
		}
		plainRequest(&first)
		again, err := ReadRequest(bytes.NewReader(requestBytes(t, first)))
		if plainRequest(&again); err != nil || !reflect.DeepEqual(again, first) {
			t.Fatalf("read %+v\nthen %+v, %v", first, again, err)
		}
	})
}

func FuzzReadReply(f *testing.F) {
	seedFrames(f, "reply-*.jsonl")
	f.Fuzz(func(t *testing.T, stream []byte) {
		heard := 0
		first, err := ReadReply(bytes.NewReader(stream), func(records int) { heard = records })
		if err != nil {
			needProblem(t, err)
			return
		}
		if heard != len(first.Records) {
			t.Fatalf("progress came to %d of %d records", heard, len(first.Records))
		}
		plainReply(&first)
		again, err := ReadReply(bytes.NewReader(replyBytes(t, first)), nil)
		if plainReply(&again); err != nil || !sameReply(first, again) {
			t.Fatalf("read %+v\nthen %+v, %v", first, again, err)
		}
	})
}

func seedFrames(f *testing.F, pattern string) {
	paths, err := filepath.Glob(filepath.Join("testdata", "frames", pattern))
	if err != nil || len(paths) == 0 {
		f.Fatalf("no seeds %s: %v", pattern, err)
	}
	for _, path := range paths {
		f.Add(readFile(f, path))
	}
	var file cases[invalidCase]
	if err := json.Unmarshal(readFile(f, filepath.Join("testdata", "frames", "invalid.json")), &file); err != nil {
		f.Fatal(err)
	}
	for _, c := range file.Cases {
		f.Add([]byte(strings.Join(c.Lines, "\n")))
	}
}

func needProblem(t *testing.T, err error) {
	var p *Problem
	if !errors.As(err, &p) || p.Detail == "" || p.Status == 0 {
		t.Fatalf("the stream was refused by %#v", err)
	}
}

// plainRequest gives what may be written in several ways in one of them: a list that is empty or
// missing, a value with white space.
func plainRequest(r *Request) {
	if len(r.Cursors) == 0 {
		r.Cursors = nil
	}
	if len(r.Held) == 0 {
		r.Held = nil
	}
	for _, c := range r.Changes {
		for field, v := range c.Fields {
			c.Fields[field] = withoutSpace(v)
		}
	}
}

func plainReply(r *Reply) {
	for _, record := range r.Records {
		for field, c := range record.Fields {
			c.Value = withoutSpace(c.Value)
			record.Fields[field] = c
		}
	}
	for i := range r.Receipts {
		if len(r.Receipts[i].Conflicts) == 0 {
			r.Receipts[i].Conflicts = nil
		}
	}
	if len(r.Areas) == 0 {
		r.Areas = nil
	}
	if len(r.Workers) == 0 {
		r.Workers = nil
	}
	if len(r.Cursors) == 0 {
		r.Cursors = nil
	}
	if len(r.Digests) == 0 {
		r.Digests = nil
	}
}

func withoutSpace(v Value) Value {
	var out bytes.Buffer
	if err := json.Compact(&out, []byte(v)); err != nil {
		panic(err) // a reader gives no value that is not JSON
	}
	return Value(out.String())
}

// sameReply compares replies whose records may have been put into groups.
func sameReply(a, b Reply) bool {
	a.Records = joined(grouped(a.Records, func(r Record) string { return r.Collection }))
	return reflect.DeepEqual(a, b)
}

func joined[T any](groups [][]T) []T {
	var out []T
	for _, g := range groups {
		out = append(out, g...)
	}
	return out
}

func FuzzCanonical(f *testing.F) {
	var file cases[canonicalCase]
	if err := json.Unmarshal(readFile(f, filepath.Join("testdata", "merge", "canonical.json")), &file); err != nil {
		f.Fatal(err)
	}
	for _, c := range file.Cases {
		f.Add([]byte(c.JSON))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := canonicalForm(text)
		plainly := err == nil && string(v) == string(text) && bytes.IndexByte(text, '\\') < 0
		if plainlyCanonical(string(text)) != plainly {
			t.Fatalf("a look at %q does not tell that it is %q, %v", text, v, err)
		}
		if err != nil {
			return
		}
		if !json.Valid(text) {
			t.Fatalf("%q is no JSON and became %q", text, v)
		}
		if again, err := Canonical([]byte(v)); err != nil || again != v {
			t.Fatalf("%q became %q, and that %q, %v", text, v, again, err)
		}
		if err := v.Check(); err != nil && len(v) <= MaxValueBytes {
			t.Fatalf("%q became %q: %v", text, v, err)
		}
		if same, err := ValueOf(v); err != nil || same != v {
			t.Fatalf("%q is encoded as %q, %v", v, same, err)
		}
		for _, field := range everyField() { // no value may make a check panic
			_ = field.Check(v)
		}
	})
}

// everyField gives a field of each type.
func everyField() []Field {
	var out []Field
	for _, kind := range []Type{Text, Integer, Decimal, Boolean, Date, Timestamp, UUID, Reference, Choice, Choices, Position, Object} {
		out = append(out, Field{Name: "f", Type: kind, Choices: []string{"a", "b"}})
	}
	return out
}

func FuzzParseVersion(f *testing.F) {
	f.Add("01890a5d-ac96-774b-bcce-b302099a8057:1")
	f.Add("01890a5d-ac96-774b-bcce-b302099a8057:09")
	f.Add("01890A5D-ac96-774b-bcce-b302099a8057:9223372036854775808")
	f.Add(":")
	f.Fuzz(func(t *testing.T, text string) {
		if v, err := ParseVersion(text); err == nil && (v.String() != text || v.N < 1) {
			t.Fatalf("%q was read as %v", text, v)
		}
	})
}

func FuzzSetBody(f *testing.F) {
	f.Add([]byte(`{"fields":{"phone":"1","notes":null},"base":{"phone":["01890a5d-ac96-774b-bcce-b302099a8057:1"]},"seen":{}}`))
	f.Add([]byte(`{"fields":{"<&>":" \u2028"}}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var c Change
		if c.SetBody(text) != nil {
			return
		}
		first := c.Body()
		var again Change
		if err := again.SetBody(first); err != nil {
			t.Fatal(err)
		}
		if second := again.Body(); !bytes.Equal(first, second) {
			t.Fatalf("%q became %q and then %q", text, first, second)
		}
	})
}

func FuzzDigestAndHash(f *testing.F) {
	f.Add("AAAAAAAAAAAAAAAAAAAAAA")
	f.Add("00000000000000\r0000000A")
	f.Add(Hash{1}.String())
	f.Fuzz(func(t *testing.T, text string) {
		var d Digest
		if d.UnmarshalText([]byte(text)) == nil {
			if back, err := d.MarshalText(); err != nil || string(back) != text {
				t.Fatalf("the digest %q came back as %q, %v", text, back, err)
			}
		}
		var h Hash
		if h.UnmarshalText([]byte(text)) == nil && h.String() != strings.ToLower(text) {
			t.Fatalf("the hash %q came back as %q", text, h)
		}
	})
}
