package syncproto

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"testing"

	"pgregory.net/rapid"
)

// byEncoder gives x as compact JSON, as the standard encoder writes it.
func byEncoder(t interface{ Fatal(...any) }, x any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(x); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}

func orEmpty[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}

// What is hashed is what any encoder writes that was told the same: another language has no other one.
func TestHashesAreOfPlainJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var prev Hash
		for _, c := range anyRequest().Draw(t, "request").Changes {
			if rapid.Bool().Draw(t, "loosely written") {
				c.Fields = maps.Clone(orEmpty(c.Fields))
				c.Fields["loose"] = rapid.SampledFrom([]Value{"{ \"a\" :\t[ 1 , \" x \" ] }\n", "\"a b\" ", " 1", "[1, 2]", "\r\"\""}).Draw(t, "spaces")
			}
			c.Collection += rapid.StringMatching(`[a-z"\\ \n\x{2028}\x{1}é]{0,3}`).Draw(t, "odd name")
			text := byEncoder(t, []any{c.N, c.Form, c.Collection, c.Record, c.Author, orEmpty(c.Fields), orEmpty(given(c.Base)), orEmpty(given(c.Seen))})
			want := Hash(sha256.Sum256(append(prev[:], text...)))
			if got := c.Chain(prev); got != want {
				t.Fatalf("change %+v has the hash %v, and of %s it would be %v", c, got, text, want)
			}
			if got, want := c.Body(), byEncoder(t, changeBody{c.Fields, c.Base, c.Seen}); !bytes.Equal(got, want) {
				t.Fatalf("body %s, want %s", got, want)
			}
			prev = want
		}
	})
}

func TestDigestsAreOfPlainJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, r := range anyReply().Draw(t, "reply").Records {
			cells := map[string][]any{}
			for name, c := range r.Fields {
				cells[name] = []any{c.Value, c.Version, c.Time, append([]Version{}, c.Same...), append([]Version{}, c.Open...)}
			}
			text := byEncoder(t, []any{r.Collection, r.ID, r.Deleted, cells})
			sum := sha256.Sum256(text)
			if got, want := r.Digest(), Digest(sum[:16]); got != want {
				t.Fatalf("digest %v, and of %s it would be %v", got, text, want)
			}
		}
	})
}

// A server sums up what it has; a device, what it was told of that.
func TestDigestOfWhatIsTold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s State
		for _, c := range anyRequest().Draw(t, "request").Changes {
			s = Merge(s, c.Edit(anyVersion().Draw(t, "version"), c.Claimed), func(Version) bool { return false })
			if got, want := DigestOf("households", c.Record, s), RecordOf("households", c.Record, c.Author, s).Digest(); got != want {
				t.Fatalf("the digest of %+v is %v, and of what is told of it %v", s, got, want)
			}
		}
	})
}
