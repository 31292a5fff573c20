package storetest

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/google/uuid"

	"satchel/server/internal/store"
)

// alikeChecks are those about what households are compared by.
func alikeChecks() []check {
	return []check{
		{"the people of households are those that are shown", peopleAreShown},
		{"a key is found from both ends, and of one that many have, some", keyIsFound},
		{"who has a key is in review", holderIsInReview},
		{"a household is due once, until it is taken off", householdIsDue},
	}
}

func peopleAreShown(t *testing.T, s *store.Store) {
	person := func(n, parent byte) store.Record {
		r := belonging(n, parent, int64(n))
		r.Collection = "people"
		return r
	}
	gone := person(4, 1)
	gone.Deleted = true
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		return tx.PutRecords(ctx, []store.Record{household(1, id(90), 1), belonging(2, 1, 2), person(3, 1), gone, person(5, 6), person(7, 8)})
	})
	var got []uuid.UUID
	for _, p := range read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.Shown, error) {
		return tx.ShownPeople(ctx, []uuid.UUID{id(1), id(6), id(9)})
	}) {
		got = append(got, p.ID)
	}
	slices.SortFunc(got, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	if want := []uuid.UUID{id(3), id(5)}; !slices.Equal(got, want) {
		t.Errorf("the people are %v, want %v", got, want)
	}
}

func keyIsFound(t *testing.T, s *store.Store) {
	const low, high = math.MinInt64, math.MaxInt64
	var keys []store.HouseholdKey
	for n := range byte(5) {
		keys = append(keys, store.HouseholdKey{Key: 7, Household: id(n)}, store.HouseholdKey{Key: int64(n) + 100, Household: id(n)})
	}
	keys = append(keys, store.HouseholdKey{Key: low, Household: id(1)}, store.HouseholdKey{Key: high, Household: id(2)})
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.AddKeys(ctx, keys) })
	count := func(asked []int64, most int) map[int64]int {
		out := map[int64]int{}
		for _, k := range read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.HouseholdKey, error) {
			return tx.Holders(ctx, asked, most)
		}) {
			if !slices.Contains(keys, k) {
				t.Errorf("%v was never added", k)
			}
			out[k.Key]++
		}
		return out
	}
	many := []int64{low, high, 7, 101}
	for n := range int64(300) { // more than a statement asks for
		many = append(many, n+1000)
	}
	if got := count(many, 3); len(got) != 4 || got[7] != 3 || got[low] != 1 || got[high] != 1 || got[101] != 1 {
		t.Errorf("three of each at the most are %v", got)
	}
	if got := count(many, 5)[7]; got != 5 {
		t.Errorf("%d have a key, want 5", got)
	}
	of := func(n byte) []int64 {
		var out []int64
		for _, k := range read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.HouseholdKey, error) {
			return tx.HouseholdKeys(ctx, []uuid.UUID{id(n), id(77)})
		}) {
			out = append(out, k.Key)
		}
		slices.Sort(out)
		return out
	}
	if got := of(1); !slices.Equal(got, []int64{low, 7, 101}) {
		t.Errorf("the keys of a household are %v", got)
	}
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.DropKeys(ctx, id(1), []int64{7, low, 102}) })
	if got := of(1); !slices.Equal(got, []int64{101}) {
		t.Errorf("with two dropped they are %v", got)
	}
	if got := of(2); !slices.Equal(got, []int64{7, 102, high}) {
		t.Errorf("those of another household are %v", got)
	}
}

func holderIsInReview(t *testing.T, s *store.Store) {
	pair := func(n, first byte, state string) store.Review {
		r := review(n, id(first), int64(n))
		r.Kind, r.State = "duplicate", state
		return r
	}
	putReviews(t, s, pair(1, 1, "open"), pair(2, 2, "decided"), pair(3, 3, "closed"), review(4, id(4), 4), pair(5, 5, "open"))
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		var keys []store.HouseholdKey
		for n := range byte(5) {
			keys = append(keys, store.HouseholdKey{Key: 7, Household: id(n)})
		}
		return tx.AddKeys(ctx, append(keys, store.HouseholdKey{Key: 8, Household: id(5)}))
	})
	got := read(t, s, func(ctx context.Context, tx *store.Tx) ([]uuid.UUID, error) {
		return tx.HoldersInReview(ctx, []int64{7, 9})
	})
	slices.SortFunc(got, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	if want := []uuid.UUID{id(1), id(2)}; !slices.Equal(got, want) {
		t.Errorf("in review are %v, want %v", got, want)
	}
}

func householdIsDue(t *testing.T, s *store.Store) {
	due := func(most int) []uuid.UUID {
		return read(t, s, func(ctx context.Context, tx *store.Tx) ([]uuid.UUID, error) { return tx.Due(ctx, most) })
	}
	expect := func(want ...uuid.UUID) {
		t.Helper()
		if got := due(10); !slices.Equal(got, want) {
			t.Errorf("due are %v, want %v", got, want)
		}
		n := read(t, s, func(ctx context.Context, tx *store.Tx) (int, error) { return tx.CountDue(ctx) })
		some := read(t, s, func(ctx context.Context, tx *store.Tx) (bool, error) { return tx.SomeDue(ctx) })
		if n != len(want) || some != (n > 0) {
			t.Errorf("%d are due, some are: %v, want %d", n, some, len(want))
		}
	}
	add := func(list ...uuid.UUID) {
		write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.AddDue(ctx, list) })
	}
	expect()
	add(id(3), id(1))
	add(id(2), id(1))
	expect(id(1), id(2), id(3))
	if got := due(2); !slices.Equal(got, []uuid.UUID{id(1), id(2)}) {
		t.Errorf("two that are due are %v", got)
	}
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		return tx.DropDue(ctx, []uuid.UUID{id(1), id(3), id(9)})
	})
	expect(id(2))
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.PutRecords(ctx, []store.Record{household(2, id(90), 1), household(5, id(90), 2), belonging(6, 5, 3)}); err != nil {
			return err
		}
		return tx.AddAllDue(ctx)
	})
	expect(id(2), id(5))
}
