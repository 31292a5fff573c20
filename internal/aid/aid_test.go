package aid_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"satchel/internal/aid"
	"satchel/syncproto"
)

// id makes an id.
func id(n int) uuid.UUID { return uuid.UUID{15: byte(n)} }

func delivery(n int, quantity json.Number, cancelled string) aid.Record {
	return aid.Record{ID: id(n), Collection: "deliveries", Kind: id(99), Quantity: quantity, Cancelled: cancelled}
}

func entitlement(n int, quantity json.Number, status string) aid.Record {
	return aid.Record{ID: id(n), Collection: "entitlements", Kind: id(99), Quantity: quantity, Status: status}
}

// one gives the only share, bounded.
func one(t *testing.T, limit string, records ...aid.Record) *aid.Share {
	t.Helper()
	shares := aid.Shares(records)
	if len(shares) != 1 {
		t.Fatalf("there are %d shares, want 1", len(shares))
	}
	shares[0].Bound(aid.DecimalOf(limit))
	return shares[0]
}

func TestWhatAShareComesTo(t *testing.T) {
	deleted := delivery(9, "5", "")
	deleted.Deleted = true
	for _, c := range []struct {
		name, limit string
		records     []aid.Record
		want        string // entitled, limit, delivered, remaining
		over        bool
	}{
		{"what is not decided does not count", "", []aid.Record{entitlement(1, "3", "proposed"), entitlement(2, "3", ""), delivery(3, "1", "")}, ",,1,", false},
		{"what is closed was due", "", []aid.Record{entitlement(1, "3", "approved"), entitlement(2, "2", "closed"), delivery(3, "6", "")}, "5,,6,-1", true},
		{"what was rejected is not", "", []aid.Record{entitlement(1, "3", "rejected"), delivery(2, "1", "")}, "0,,1,-1", true},
		{"and takes nothing from what is", "", []aid.Record{entitlement(1, "3", "rejected"), entitlement(2, "2", "approved"), delivery(3, "2", "")}, "2,,2,0", false},
		{"nothing is due and nothing too much", "", []aid.Record{delivery(1, "7", "")}, ",,7,", false},
		{"approved entitlements add up", "", []aid.Record{entitlement(1, "1", "approved"), entitlement(2, "1.5", "approved")}, "2.5,,0,2.5", false},
		{"in parts", "", []aid.Record{entitlement(1, "1", "approved"), delivery(2, "0.25", ""), delivery(3, "0.5", "")}, "1,,0.75,0.25", false},
		{"exact", "0.3", []aid.Record{delivery(1, "0.1", ""), delivery(2, "0.2", "")}, ",0.3,0.3,0", false},
		{"beyond the limit", "0.3", []aid.Record{delivery(1, "0.1", ""), delivery(2, "0.20000000000001", "")}, ",0.3,0.30000000000001,-0.00000000000001", true},
		{"the limit is less", "1", []aid.Record{entitlement(1, "3", "approved"), delivery(2, "2", "")}, "3,1,2,-1", true},
		{"the entitlement is less", "3", []aid.Record{entitlement(1, "1", "approved"), delivery(2, "2", "")}, "1,3,2,-1", true},
		{"a cancelled one does not count", "1", []aid.Record{delivery(1, "1", ""), delivery(2, "1", "entered twice")}, ",1,1,0", false},
		{"nor does a deleted one", "1", []aid.Record{delivery(1, "1", ""), deleted}, ",1,1,0", false},
		{"entitled to nothing", "", []aid.Record{entitlement(1, "0", "approved"), delivery(2, "1", "")}, "0,,1,-1", true},
		{"nothing delivered is never too much", "-1", []aid.Record{entitlement(1, "1", "approved")}, "1,-1,0,-1", false},
		{"less than nothing takes nothing off", "1", []aid.Record{delivery(1, "2", ""), delivery(2, "-2", ""), delivery(3, "-0.5", "")}, ",1,2,-1", true},
		{"what says nothing", "1", []aid.Record{delivery(1, "", ""), delivery(2, "1", "")}, ",1,1,0", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := one(t, c.limit, c.records...)
			if got := fmt.Sprintf("%v,%v,%v,%v", s.Entitled, s.Limit, s.Delivered, s.Remaining); got != c.want || s.Over() != c.over {
				t.Errorf("it comes to %s, over %v; want %s, %v", got, s.Over(), c.want, c.over)
			}
		})
	}
}

func TestAShareNamesItsDeliveriesInOrder(t *testing.T) {
	visit := aid.Record{ID: id(7), Collection: "visits", Kind: id(99)}
	s := one(t, "", delivery(3, "1", ""), visit, delivery(1, "1", "entered twice"), entitlement(2, "1", "approved"))
	var got []string
	for _, d := range s.Deliveries {
		got = append(got, fmt.Sprint(d.ID[15], d.Counts()))
	}
	if want := []string{"1 false", "3 true"}; !slices.Equal(got, want) {
		t.Errorf("the deliveries are %v, want %v", got, want)
	}
}

func TestADeliveryBeyondWhatRemains(t *testing.T) {
	for _, c := range []struct{ limit, delivered, quantity, want string }{
		{"1", "0.5", "0.5", ""},
		{"1", "0.5", "0.75", "0.25"},
		{"1", "2", "1", "2"},
		{"", "2", "1", ""},
	} {
		s := one(t, c.limit, delivery(1, json.Number(c.delivered), ""))
		if got := s.Beyond(aid.DecimalOf(c.quantity)).String(); got != c.want {
			t.Errorf("with %s of %q delivered, %s more is %q beyond, want %q", c.delivered, c.limit, c.quantity, got, c.want)
		}
	}
}

func TestATypeThatWasDeletedHasNoLimit(t *testing.T) {
	fields := map[string]syncproto.Value{"limit_per_household": "1.5"}
	kind := aid.RecordOf(id(1), "assistance_types", func(field string) syncproto.Value { return fields[field] })
	if got := kind.LimitPerHousehold().String(); got != "1.5" {
		t.Errorf("the limit is %q", got)
	}
	kind.Deleted = true
	if got := kind.LimitPerHousehold().String(); got != "" {
		t.Errorf("the limit of a deleted type is %q", got)
	}
}

func TestADecimalIsTextInJSON(t *testing.T) {
	shares := aid.Shares([]aid.Record{delivery(1, "0.10", ""), entitlement(2, "2", "approved")})
	shares[0].Bound(aid.Decimal{})
	text, err := json.Marshal(shares[0])
	if want := `{"assistance_type":"` + id(99).String() + `","entitled":"2","delivered":"0.1","remaining":"1.9"}`; err != nil || string(text) != want {
		t.Errorf("the share is %s, %v; want %s", text, err, want)
	}
	var back aid.Share
	if err := json.Unmarshal(text, &back); err != nil || back.Remaining.String() != "1.9" || back.Limit != (aid.Decimal{}) {
		t.Errorf("it is read back as %+v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`{"delivered":"much"}`), &back); err == nil {
		t.Error("what is no decimal is read as one")
	}
}

// tenths writes a number of tenths as a decimal.
func tenths(n int) json.Number { return json.Number(strconv.FormatFloat(float64(n)/10, 'f', -1, 64)) }

// Whatever was recorded, in whatever order: the sums are those that counting in tenths gives.
func TestSharesAreWhatCountingGives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type sums struct{ entitled, delivered, decided, all int }
		want := map[uuid.UUID]sums{}
		var records []aid.Record
		for n := range rapid.IntRange(0, 12).Draw(t, "records") {
			quantity := rapid.IntRange(1, 30).Draw(t, "tenths")
			r := aid.Record{
				ID: id(n + 1), Collection: rapid.SampledFrom([]string{"deliveries", "entitlements", "visits"}).Draw(t, "collection"),
				Deleted: rapid.IntRange(0, 5).Draw(t, "deleted") == 0, Kind: id(rapid.IntRange(90, 92).Draw(t, "kind")), Quantity: tenths(quantity),
				Cancelled: rapid.SampledFrom([]string{"", "", "x"}).Draw(t, "cancelled"),
				Status:    rapid.SampledFrom([]string{"approved", "approved", "proposed", "rejected", "closed"}).Draw(t, "status"),
			}
			records = append(records, r)
			w := want[r.Kind]
			switch {
			case r.Deleted || r.Collection == "visits":
				continue
			case r.Collection == "deliveries":
				w.all++
				if r.Cancelled == "" {
					w.delivered += quantity
				}
			case r.Status == "rejected":
				w.decided++
			case r.Status != "proposed":
				w.entitled += quantity
				w.decided++
			}
			want[r.Kind] = w
		}
		limit := rapid.IntRange(0, 60).Draw(t, "limit")
		shares := aid.Shares(rapid.Permutation(records).Draw(t, "order"))
		if len(shares) != len(want) {
			t.Fatalf("there are %d shares, want %d", len(shares), len(want))
		}
		for _, s := range shares {
			w := want[s.Kind]
			s.Bound(aid.DecimalOf(tenths(limit).String()))
			most, entitled := limit, ""
			if w.decided > 0 {
				most, entitled = min(limit, w.entitled), tenths(w.entitled).String()
			}
			got := fmt.Sprintln(s.Entitled, s.Delivered, s.Remaining, len(s.Deliveries), s.Over())
			if want := fmt.Sprintln(entitled, tenths(w.delivered), tenths(most-w.delivered), w.all, w.delivered > most); got != want {
				t.Fatalf("the share is %s, want %s", got, want)
			}
		}
	})
}

// naive finds families by giving whatever a merger ties together one number, until nothing changes.
func naive(into map[uuid.UUID]uuid.UUID, households []uuid.UUID) map[string]bool {
	number := map[uuid.UUID]int{}
	for i := range 20 {
		number[id(i)] = i
	}
	for changed := true; changed; {
		changed = false
		for a, b := range into {
			if number[a] != number[b] {
				least := min(number[a], number[b])
				number[a], number[b], changed = least, least, true
			}
		}
	}
	out := map[string]bool{}
	for _, h := range households {
		var members, ends []uuid.UUID
		for i := range 20 {
			if number[id(i)] == number[h] {
				members = append(members, id(i))
			}
		}
		for _, m := range members {
			at := m
			for range 20 {
				if next, merged := into[at]; merged {
					at = next
				}
			}
			ends = append(ends, at) // on a ring, each of it comes up
		}
		out[fmt.Sprint(slices.MinFunc(ends, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }), members)] = true
	}
	return out
}

// Whatever was merged into what, rings among it, and wherever one begins: the families are those that a slow search
// finds.
func TestFamiliesAreWhatMergersTieTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		household := rapid.Map(rapid.IntRange(0, 19), id)
		into := rapid.MapOfN(household, household, 0, 12).Draw(t, "into")
		households := rapid.SliceOfNDistinct(household, 0, 5, rapid.ID).Draw(t, "households")
		asked := map[uuid.UUID]bool{}
		families, err := aid.Families(households, func(some []uuid.UUID) (map[uuid.UUID]uuid.UUID, error) {
			out := map[uuid.UUID]uuid.UUID{}
			for _, h := range some {
				if asked[h] {
					t.Fatalf("%v is asked for twice", h)
				}
				asked[h] = true
				for duplicate, kept := range into {
					if duplicate == h || kept == h {
						out[duplicate] = kept
					}
				}
			}
			return out, nil
		})
		got := map[string]bool{}
		for _, f := range families {
			got[fmt.Sprint(f.Root, f.Members)] = true
		}
		if want := naive(into, households); err != nil || len(got) != len(families) || !maps.Equal(got, want) {
			t.Fatalf("the families are %v, %v; want %v", got, err, want)
		}
	})
}

func TestASearchThatFailsFindsNoFamily(t *testing.T) {
	broken := errors.New("the disk is gone")
	families, err := aid.Families([]uuid.UUID{id(1)}, func([]uuid.UUID) (map[uuid.UUID]uuid.UUID, error) { return nil, broken })
	if !errors.Is(err, broken) || families != nil {
		t.Errorf("the families are %v, %v", families, err)
	}
}
