package aid_test

import (
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/internal/aid"
	"satchel/syncproto"
)

var update = flag.Bool("update", false, "write testdata/families.json anew")

// A vector is what belongs to one family under one limit, and what its shares come to; mergers, and the families that they
// make of some households. Whoever writes the counting again is held to it.
type vector struct {
	Records    []vectorRecord          `json:"records"`
	Limit      syncproto.Value         `json:"limit"`
	Shares     []vectorShare           `json:"shares"`
	Mergers    map[uuid.UUID]uuid.UUID `json:"mergers"`
	Households []uuid.UUID             `json:"households"`
	Families   []vectorFamily          `json:"families"`
}

type vectorRecord struct {
	ID         uuid.UUID                  `json:"id"`
	Collection string                     `json:"collection"`
	Deleted    bool                       `json:"deleted"`
	Fields     map[string]syncproto.Value `json:"fields"`
}

type vectorShare struct {
	Kind       uuid.UUID   `json:"kind"`
	Entitled   string      `json:"entitled"`
	Delivered  string      `json:"delivered"`
	Due        string      `json:"due"`
	Deliveries []uuid.UUID `json:"deliveries"`
}

type vectorFamily struct {
	Root    uuid.UUID   `json:"root"`
	Members []uuid.UUID `json:"members"`
}

// count says what the vector comes to.
func (v *vector) count(t *testing.T) {
	t.Helper()
	records := make([]aid.Record, len(v.Records))
	for i, r := range v.Records {
		records[i] = aid.RecordOf(r.ID, r.Collection, func(field string) syncproto.Value { return r.Fields[field] })
		records[i].Deleted = r.Deleted
	}
	v.Shares, v.Families = []vectorShare{}, []vectorFamily{}
	for _, s := range aid.Shares(records) {
		s.Bound(aid.DecimalOf(string(v.Limit)))
		share := vectorShare{s.Kind, s.Entitled.String(), s.Delivered.String(), s.Remaining.String(), []uuid.UUID{}}
		for _, d := range s.Deliveries {
			share.Deliveries = append(share.Deliveries, d.ID)
		}
		v.Shares = append(v.Shares, share)
	}
	families, err := aid.Families(v.Households, func(some []uuid.UUID) (map[uuid.UUID]uuid.UUID, error) {
		out := map[uuid.UUID]uuid.UUID{}
		for _, id := range some {
			for duplicate, kept := range v.Mergers {
				if duplicate == id || kept == id {
					out[duplicate] = kept
				}
			}
		}
		return out, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		v.Families = append(v.Families, vectorFamily{f.Root, f.Members})
	}
}

func TestFamiliesComeToWhatTheVectorsSay(t *testing.T) {
	path := filepath.Join("testdata", "families.json")
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
		got.count(t)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("family %d comes to %+v and %+v, want %+v and %+v", i, got.Shares, got.Families, want.Shares, want.Families)
		}
	}
}

func writeVectors(t *testing.T, path string) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 1))
	lines := make([]string, 60)
	for i := range lines {
		v := madeUp(rng)
		v.count(t)
		line, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		lines[i] = string(line)
	}
	text := "{\n\"about\": \"What families come to. Written by `go test ./internal/aid -update`.\",\n\"cases\": [\n" +
		strings.Join(lines, ",\n") + "\n]\n}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// madeUp makes up what belongs to a family. Quantities are such as binary fractions get wrong, and such as say nothing.
func madeUp(rng *rand.Rand) vector {
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	quote := func(text string) syncproto.Value { return syncproto.Value(`"` + text + `"`) }
	v := vector{Records: []vectorRecord{}, Limit: syncproto.Value(pick("0.3", "1", "2.5", "0", "null")), Mergers: map[uuid.UUID]uuid.UUID{}}
	for n := range rng.IntN(9) {
		r := vectorRecord{ID: id(n + 1), Collection: pick("deliveries", "deliveries", "entitlements", "visits"), Deleted: rng.IntN(6) == 0}
		r.Fields = map[string]syncproto.Value{
			"assistance_type": quote(id(90 + rng.IntN(2)).String()),
			"quantity":        syncproto.Value(pick("0.1", "0.2", "1", "2", "0.25", "1.5", "-1", "0.00000000000001", "123456789.5", "null", `"two"`)),
			"status":          quote(pick("approved", "approved", "closed", "proposed", "rejected")),
		}
		if r.Collection == "deliveries" && rng.IntN(4) == 0 {
			r.Fields["cancelled_why"] = quote("entered twice")
		}
		v.Records = append(v.Records, r)
	}
	for range rng.IntN(6) {
		v.Mergers[id(rng.IntN(7))] = id(rng.IntN(7))
	}
	for range 1 + rng.IntN(3) {
		v.Households = append(v.Households, id(rng.IntN(7)))
	}
	return v
}
