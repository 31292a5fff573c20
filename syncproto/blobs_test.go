package syncproto

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// names writes what names a blob of which the SHA-256 is that digit 64 times.
func names(digit string, more string) string {
	return fmt.Sprintf(`{%s"bytes":5,"sha256":"%s","type":"image/jpeg"}`, more, strings.Repeat(digit, 64))
}

func blobNamed(digit string) Blob {
	return Blob{SHA256: strings.Repeat(digit, 64), Type: "image/jpeg", Bytes: 5}
}

func TestAValueNamesBlobs(t *testing.T) {
	deliveries, _ := CollectionOf("deliveries")
	proofs, _ := deliveries.Field("proofs")
	for v, want := range map[string][]Blob{
		`{}`:                         nil,
		`{"none":"the phone broke"}`: nil,
		`{"signature":"abc"}`:        nil, // as earlier programs wrote it
		`{"photos":[` + names("b", `"at":1,`) + `,` + names("a", ``) + `]}`:           {blobNamed("a"), blobNamed("b")},
		`{"photos":[` + names("a", ``) + `],"signature":` + names("a", "") + `}`:      {blobNamed("a")},
		`{"later":{"kinds":[[` + names("c", `"position":{"lat":1,"lon":2},`) + `]]}}`: {blobNamed("c")},
	} {
		canonical, err := Canonical([]byte(v))
		if err != nil {
			t.Fatal(err)
		}
		if err := proofs.Check(canonical); err != nil {
			t.Errorf("%s is refused: %v", v, err)
		}
		if got := proofs.Blobs(canonical); !reflect.DeepEqual(got, want) {
			t.Errorf("%s names %v, want %v", v, got, want)
		}
		note, _ := deliveries.Field("note")
		if got := note.Blobs(canonical); got != nil {
			t.Errorf("a note names %v", got)
		}
	}
}

func TestWhatNamesNoWholeBlobIsRefused(t *testing.T) {
	deliveries, _ := CollectionOf("deliveries")
	proofs, _ := deliveries.Field("proofs")
	good := names("a", "")
	many := make([]string, MaxBlobs+1)
	for i := range many {
		many[i] = strings.Replace(good, strings.Repeat("a", 64), fmt.Sprintf("%064x", i), 1)
	}
	for what, v := range map[string]string{
		"no digits":       strings.Replace(good, "aa", "xx", 1),
		"upper case":      strings.Replace(good, "aa", "AA", 1),
		"too short":       strings.Replace(good, "aa", "", 1),
		"another type":    strings.Replace(good, "jpeg", "svg+xml", 1),
		"no type":         strings.Replace(good, `,"type":"image/jpeg"`, "", 1),
		"no bytes":        strings.Replace(good, `"bytes":5`, `"bytes":0`, 1),
		"half a byte":     strings.Replace(good, `"bytes":5`, `"bytes":5.5`, 1),
		"too many bytes":  strings.Replace(good, `"bytes":5`, fmt.Sprintf(`"bytes":%d`, MaxBlobBytes+1), 1),
		"a number":        `{"sha256":1}`,
		"two lengths":     `[` + good + `,` + strings.Replace(good, `"bytes":5`, `"bytes":6`, 1) + `]`,
		"too many":        `[` + strings.Join(many, ",") + `]`,
		"names like ours": strings.Replace(good, `"type"`, `"TYPE"`, 1),
	} {
		canonical, err := Canonical([]byte(`{"photos":` + v + `}`))
		if err != nil {
			t.Fatal(what, err)
		}
		if proofs.Check(canonical) == nil {
			t.Errorf("%s is taken: %s", what, canonical)
		}
	}
	all := Value(`{"photos":[` + strings.Join(many[1:], ",") + `]}`)
	if err := proofs.Check(all); err != nil {
		t.Errorf("%d blobs are refused: %v", MaxBlobs, err)
	}
}

func TestARecordNamesWhatAnyHeadNames(t *testing.T) {
	state := State{
		"proofs": Register{Heads: []Head{{Value: Value(`{"signature":` + names("b", "") + `}`)}, {Value: Value(`{"signature":` + names("a", "") + `}`)}}},
		"note":   Register{Heads: []Head{{Value: Value(names("c", ""))}}},
	}
	if got, want := state.Blobs("deliveries"), []Blob{blobNamed("a"), blobNamed("b")}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := state.Blobs("weather"); got != nil {
		t.Errorf("a collection that nobody knows names %v", got)
	}
	answers := map[string]Value{"answers": Value(`{"roof":` + names("a", "") + `}`)}
	if got := BlobsOf("visits", answers); !reflect.DeepEqual(got, []Blob{blobNamed("a")}) {
		t.Errorf("a visit names %v", got)
	}
}

func TestWhyThereIsNoProof(t *testing.T) {
	for v, want := range map[Value]string{`{"none":" no light "}`: "no light", `{"none":1}`: "", `{"NONE":"x"}`: "", `{}`: "", ``: "", Null: ""} {
		if got := WhyNoProof(v); got != want {
			t.Errorf("%s says %q, want %q", v, got, want)
		}
	}
}
