package duplicates_test

import (
	"encoding/json"
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/internal/duplicates"
	"satchel/internal/duplicates/truth"
	"satchel/syncproto"
)

var update = flag.Bool("update", false, "write testdata/pairs.json anew")

// fields are those of a record, by name.
type fields map[string]syncproto.Value

func (f fields) value(name string) syncproto.Value { return f[name] }

// A family is a household as records say it.
type family struct {
	Household fields   `json:"household"`
	Members   []fields `json:"members"`
}

func (f family) profile(id uuid.UUID) *duplicates.Profile {
	h := duplicates.HouseholdOf(id, f.Household.value)
	for _, m := range f.Members {
		h.Members = append(h.Members, duplicates.MemberOf(m.value))
	}
	return duplicates.ProfileOf(h)
}

// A vector is two families, and what comparing them comes to; whoever writes the comparison again is held to it.
type vector struct {
	A        family   `json:"a"`
	B        family   `json:"b"`
	Outcomes []string `json:"outcomes"` // sorted
	Score    float64  `json:"score"`
	Keys     int      `json:"keys"` // that they share
}

func (v *vector) compare() {
	a, b := v.A.profile(uuid.UUID{1}), v.B.profile(uuid.UUID{2})
	pair := duplicates.DefaultWeights().Compare(a, b)
	v.Outcomes, v.Score, v.Keys = nil, math.Round(pair.Score*1e9)/1e9, 0
	for _, r := range pair.Reasons {
		v.Outcomes = append(v.Outcomes, r.Outcome)
	}
	slices.Sort(v.Outcomes)
	for _, key := range a.Keys() {
		if slices.Contains(b.Keys(), key) {
			v.Keys++
		}
	}
}

func TestPairsComeToWhatTheVectorsSay(t *testing.T) {
	path := filepath.Join("testdata", "pairs.json")
	if *update {
		writeVectors(t, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []vector }
	if err := json.Unmarshal(text, &file); err != nil || len(file.Cases) == 0 {
		t.Fatal("there is no vector", err)
	}
	for i, want := range file.Cases {
		got := want
		got.compare()
		if !slices.Equal(got.Outcomes, want.Outcomes) || got.Score != want.Score || got.Keys != want.Keys {
			t.Errorf("pair %d comes to %v, %v bits and %d keys; want %v, %v and %d", i, got.Outcomes, got.Score, got.Keys, want.Outcomes, want.Score, want.Keys)
		}
	}
}

// writeVectors makes up families of which some were registered twice, and compares each with the next.
func writeVectors(t *testing.T, path string) {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 7))
	made := truth.MakeUp(7, 1500)
	var cases []vector
	for i := 1; i < len(made.Households); i++ {
		if made.Families[i] != made.Families[i-1] && rng.IntN(80) > 0 {
			continue
		}
		v := vector{A: familyOf(t, rng, made.Households[i-1]), B: familyOf(t, rng, made.Households[i])}
		v.compare()
		cases = append(cases, v)
	}
	lines := make([]string, len(cases))
	for i, v := range cases {
		line, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		lines[i] = string(line)
	}
	text := "{\n\"about\": \"Pairs of families, and what comparing them comes to. Written by `go test ./internal/duplicates -update`.\",\n\"cases\": [\n" +
		strings.Join(lines, ",\n") + "\n]\n}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// familyOf writes a household as records. A few members are known by the year of their birth alone.
func familyOf(t *testing.T, rng *rand.Rand, h duplicates.Household) family {
	t.Helper()
	out := family{Household: fields{}, Members: []fields{}}
	set := func(f fields, name string, x any) {
		v, err := syncproto.ValueOf(x)
		if err != nil {
			t.Fatal(err)
		}
		if v != `""` {
			f[name] = v
		}
	}
	set(out.Household, "card_number", h.Card)
	set(out.Household, "head_name", h.Head)
	set(out.Household, "phone", h.Phone)
	set(out.Household, "place_of_origin", h.Origin)
	set(out.Household, "area", h.Area)
	if h.Position != nil && rng.IntN(4) > 0 {
		set(out.Household, "position", map[string]float64{"lat": h.Position.Latitude, "lon": h.Position.Longitude})
	}
	for _, m := range h.Members {
		member := fields{}
		set(member, "name", m.Name)
		set(member, "document_number", m.Document)
		if len(m.BornOn) > 3 && rng.IntN(5) == 0 {
			member["birth_year"] = syncproto.Value(m.BornOn[:4])
		} else {
			set(member, "born_on", m.BornOn)
		}
		out.Members = append(out.Members, member)
	}
	return out
}
