package syncproto

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

var update = flag.Bool("update", false, "write what the program says into the golden files")

// cases are the vectors of one file in testdata/merge: see the README there.
type cases[T any] struct {
	About string `json:"about"`
	Cases []T    `json:"cases"`
}

// checkCases runs every case of a file. run fills in what the program says, and the case has to be
// as it was.
func checkCases[T any](t *testing.T, file string, run func(*testing.T, *T)) {
	t.Helper()
	path := filepath.Join("testdata", "merge", file)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var want, got cases[T]
	for _, c := range []*cases[T]{&want, &got} {
		if err := json.Unmarshal(text, c); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	for i := range got.Cases {
		run(t, &got.Cases[i])
		if !*update && !reflect.DeepEqual(got.Cases[i], want.Cases[i]) {
			t.Errorf("%s, case %d: got %s\nwant %s", file, i, oneLine(t, got.Cases[i]), oneLine(t, want.Cases[i]))
		}
	}
	if len(got.Cases) == 0 {
		t.Errorf("%s has no case", file)
	}
	if *update {
		writeGolden(t, path, member{"about", oneLine(t, got.About)}, member{"cases", eachOnItsLine(t, got.Cases)})
	}
}

func oneLine(t *testing.T, x any) string {
	return string(byEncoder(t, x))
}

// eachOnItsLine keeps values as they stand, which indented JSON would not.
func eachOnItsLine[T any](t *testing.T, list []T) string {
	if len(list) == 0 {
		return "[]"
	}
	var out []string
	for _, x := range list {
		out = append(out, oneLine(t, x))
	}
	return "[\n" + strings.Join(out, ",\n") + "\n]"
}

func writeGolden(t *testing.T, path string, list ...member) {
	var out []string
	for _, m := range list {
		out = append(out, `"`+m.name+`": `+m.text)
	}
	if err := os.WriteFile(path, []byte("{\n"+strings.Join(out, ",\n")+"\n}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// mergeCase is a record: its edits in order of arrival, and what they come to.
type mergeCase struct {
	Name      string                 `json:"name"`
	Edits     []goldenEdit           `json:"edits"`
	Fields    map[string]goldenField `json:"fields"`
	Deleted   bool                   `json:"deleted"`
	Unseen    map[string][]Version   `json:"unseen,omitempty"`
	Conflicts []string               `json:"conflicts,omitempty"`
}

type goldenEdit struct {
	Version Version              `json:"version"`
	Time    int64                `json:"time"`
	Fields  map[string]Value     `json:"fields"`
	Base    map[string][]Version `json:"base,omitempty"`
	Seen    map[string][]Version `json:"seen,omitempty"`
}

type goldenField struct {
	Value   Value     `json:"value,omitempty"`
	Version *Version  `json:"version,omitempty"`
	Time    int64     `json:"time,omitempty"`
	Same    []Version `json:"same,omitempty"`
	Open    []Version `json:"open,omitempty"`
	Gone    []Version `json:"gone,omitempty"`
}

func TestGoldenMerge(t *testing.T) {
	for _, file := range []string{"heads.json", "deletion.json", "arrival.json"} {
		checkCases(t, file, func(_ *testing.T, c *mergeCase) {
			server := newArrivals()
			for _, e := range c.Edits {
				server.take(Edit(e))
			}
			c.Fields, c.Unseen = map[string]goldenField{}, nil
			for field, r := range server.state {
				c.Fields[field] = goldenFieldOf(r)
			}
			var unseen []FieldVersion
			c.Deleted, unseen = server.state.Deletion()
			for _, u := range unseen {
				if c.Unseen == nil {
					c.Unseen = map[string][]Version{}
				}
				c.Unseen[u.Field] = append(c.Unseen[u.Field], u.Version)
			}
			c.Conflicts = server.state.Conflicts()
		})
	}
}

func goldenFieldOf(r Register) goldenField {
	out := goldenField{Gone: sortedVersions(r.Gone)}
	if head, ok := r.Shown(); ok {
		out.Value, out.Version, out.Time = head.Value, &head.Version, head.Time
		out.Same, out.Open = slices.Clone(r.Known()[1:]), r.Open()
	}
	if len(out.Same) == 0 {
		out.Same = nil
	}
	return out
}

type timeCase struct {
	Name     string  `json:"name"`
	Claimed  int64   `json:"claimed"`
	Received int64   `json:"received"`
	Bases    []int64 `json:"bases,omitempty"`
	Time     int64   `json:"time"`
}

func TestGoldenTime(t *testing.T) {
	checkCases(t, "time.json", func(_ *testing.T, c *timeCase) {
		c.Time = TimeOf(c.Claimed, c.Received, c.Bases...)
	})
}

// canonicalCase is a JSON text, or where it is no text its bytes, and its canonical form, or null if
// it has none.
type canonicalCase struct {
	Name  string  `json:"name"`
	JSON  string  `json:"json,omitempty"`
	Hex   string  `json:"hex,omitempty"`
	Value *string `json:"value"`
}

func TestGoldenCanonical(t *testing.T) {
	checkCases(t, "canonical.json", func(t *testing.T, c *canonicalCase) {
		text := []byte(c.JSON)
		if c.Hex != "" {
			var err error
			if text, err = hex.DecodeString(c.Hex); err != nil {
				t.Fatal(err)
			}
		}
		c.Value = nil
		if v, err := Canonical(text); err == nil {
			c.Value = (*string)(&v)
		}
	})
}

// goldenChange is a change with all its members by name.
type goldenChange struct {
	N          int64                `json:"n"`
	Form       int64                `json:"form"`
	Collection string               `json:"collection"`
	Record     uuid.UUID            `json:"record"`
	Author     uuid.UUID            `json:"author"`
	Claimed    int64                `json:"claimed"`
	Fields     map[string]Value     `json:"fields,omitempty"`
	Base       map[string][]Version `json:"base,omitempty"`
	Seen       map[string][]Version `json:"seen,omitempty"`
}

// chainCase is a device's changes from the first, and the hash after each.
type chainCase struct {
	Name    string         `json:"name"`
	Changes []goldenChange `json:"changes"`
	Hashes  []Hash         `json:"hashes"`
}

func TestGoldenChain(t *testing.T) {
	checkCases(t, "chain.json", func(_ *testing.T, c *chainCase) {
		var hash Hash
		c.Hashes = nil
		for _, change := range c.Changes {
			hash = Change(change).Chain(hash)
			c.Hashes = append(c.Hashes, hash)
		}
	})
}

type goldenRecord struct {
	Collection string                `json:"collection"`
	ID         uuid.UUID             `json:"id"`
	Area       uuid.UUID             `json:"area"`
	Deleted    bool                  `json:"deleted,omitempty"`
	Whole      bool                  `json:"whole,omitempty"`
	Fields     map[string]goldenCell `json:"fields"`
}

type goldenCell struct {
	Value   Value     `json:"value"`
	Version Version   `json:"version"`
	Time    int64     `json:"time"`
	Same    []Version `json:"same,omitempty"`
	Open    []Version `json:"open,omitempty"`
}

func (g goldenRecord) record() Record {
	out := Record{Collection: g.Collection, ID: g.ID, Area: g.Area, Deleted: g.Deleted, Whole: g.Whole, Fields: map[string]Cell{}}
	for field, c := range g.Fields {
		out.Fields[field] = Cell(c)
	}
	return out
}

func goldenRecordOf(r Record) goldenRecord {
	out := goldenRecord{Collection: r.Collection, ID: r.ID, Area: r.Area, Deleted: r.Deleted, Whole: r.Whole, Fields: map[string]goldenCell{}}
	for field, c := range r.Fields {
		out.Fields[field] = goldenCell(c)
	}
	return out
}

// digestCase is the records of an area, the digest of each, and that of the area.
type digestCase struct {
	Name    string         `json:"name"`
	Records []goldenRecord `json:"records"`
	Digests []Digest       `json:"digests"`
	Area    Digest         `json:"area"`
}

func TestGoldenDigest(t *testing.T) {
	checkCases(t, "digest.json", func(_ *testing.T, c *digestCase) {
		c.Digests, c.Area = []Digest{}, Digest{}
		for _, r := range c.Records {
			d := r.record().Digest()
			c.Digests, c.Area = append(c.Digests, d), c.Area.Plus(d)
		}
	})
}

// A digest comes back when what was added is taken away, in any order.
func TestDigestSums(t *testing.T) {
	ones := Digest(bytes.Repeat([]byte{0xff}, 16))
	one := Digest{15: 1}
	if ones.Plus(one) != (Digest{}) || (Digest{}).Minus(one) != ones {
		t.Error("the sum does not wrap at 2^128")
	}
	a, b := Digest{7: 0xff, 8: 0xff, 15: 3}, Digest{0: 1, 8: 1, 15: 0xfe}
	if a.Plus(b) != b.Plus(a) || a.Plus(b).Minus(a) != b {
		t.Error("the sum depends on the order, or does not come back")
	}
}
