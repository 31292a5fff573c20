package storetest

import (
	"context"
	"slices"
	"testing"

	"satchel/server/internal/store"
)

// momentChecks are those about which sequence was given out when.
func momentChecks() []check {
	return []check{
		{"what was known at a time is what most quarters of an hour say", momentIsFound},
		{"a quarter of an hour that comes again keeps what it has", momentIsKept},
	}
}

// A moment is a quarter of an hour, and the last sequence in it.
type moment struct{ quarter, seq int64 }

const quarter = 15 * 60 * 1000

func note(t *testing.T, s *store.Store, moments ...moment) {
	t.Helper()
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		for _, m := range moments {
			if err := tx.NoteMoment(ctx, m.quarter*quarter+7, m.seq); err != nil {
				return err
			}
		}
		return nil
	})
}

func knownBefore(t *testing.T, s *store.Store, quarters int64) int64 {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx *store.Tx) (int64, error) { return tx.SeqBefore(ctx, quarters*quarter) })
}

func momentIsFound(t *testing.T, s *store.Store) {
	if got := knownBefore(t, s, 100); got != 0 {
		t.Errorf("of nothing, %d is known", got)
	}
	// The office gives out ten sequences in each quarter from 100 to 139. In the middle its clock says 3 and 4 for a while,
	// and 900 and 901 for another.
	for q := int64(100); q < 140; q++ {
		switch q {
		case 110:
			note(t, s, moment{3, 103}, moment{4, 106})
		case 125:
			note(t, s, moment{900, 253}, moment{901, 256})
		}
		note(t, s, moment{q, (q - 99) * 10})
	}
	for q := int64(90); q < 150; q++ {
		near := q >= 108 && q <= 110 || q >= 125 && q <= 127 // there it can be either
		if got, want := knownBefore(t, s, q), max(0, min(q-100, 40))*10; got != want && !near {
			t.Errorf("before %d, %d is known, want %d", q, got, want)
		}
	}
}

func momentIsKept(t *testing.T, s *store.Store) {
	note(t, s, moment{100, 10}, moment{100, 15}, moment{101, 20}, moment{100, 25}, moment{101, 30})
	if got := []int64{knownBefore(t, s, 101), knownBefore(t, s, 102)}; !slices.Equal(got, []int64{15, 30}) {
		t.Errorf("before 101 and 102 are known %v, want 15 and 30", got)
	}
}
