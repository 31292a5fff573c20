package storetest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// listChecks are those about lists of reviews.
func listChecks() []check {
	return []check{
		{"a list of reviews goes on in its order, either way, from wherever", listGoesOn},
		{"reviews that are not open come the latest first", latestFirst},
		{"what is about no device counts to the one that last sent something", lastSender},
		{"reviews and conflicts are counted", tallied},
	}
}

// listed puts reviews of three kinds and severities into two areas of one name, and a third.
func listed(t *testing.T, s *store.Store) {
	t.Helper()
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		var areas []store.Record
		for n, name := range map[byte]string{70: "Vranje", 71: "Kraljevo", 72: "Kraljevo"} {
			r := household(n, syncproto.Everyone, int64(n))
			r.Collection = "areas"
			r.State["name"] = syncproto.Register{Heads: []syncproto.Head{{Version: version(200, 1), Value: syncproto.Value(`"` + name + `"`)}}}
			areas = append(areas, r)
		}
		return tx.PutRecords(ctx, areas)
	})
	var list []store.Review
	for n, of := range []struct {
		kind, severity string
		area           byte
	}{
		{"duplicate", "low", 70}, {"conflict", "medium", 71}, {"conflict", "high", 72}, {"conflict", "medium", 70}, {"held", "medium", 71}, {"duplicate", "high", 72},
	} {
		r := review(byte(n+1), id(byte(50+n)), int64(n+1))
		r.Kind, r.Severity, r.Area = of.kind, of.severity, id(of.area)
		list = append(list, r)
	}
	putReviews(t, s, list...)
}

func listGoesOn(t *testing.T, s *store.Store) {
	listed(t, s)
	for group, want := range map[string][]int64{
		"": {3, 6, 2, 4, 5, 1}, "kind": {3, 2, 4, 5, 6, 1}, "area": {2, 5, 3, 6, 4, 1},
	} {
		list := func(from uuid.UUID, back bool, limit int) (seqs []int64) {
			for _, r := range read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.ListedReview, error) {
				return tx.ListReviews(ctx, store.ReviewList{State: "open", Group: group, From: from, Back: back, Limit: limit})
			}) {
				seqs = append(seqs, r.Seq)
			}
			return seqs
		}
		if got := list(uuid.Nil, false, 9); !slices.Equal(got, want) {
			t.Errorf("by %q they come as %v, want %v", group, got, want)
		}
		for at := range want {
			from := id(byte(want[at]))
			if got := list(from, false, 2); !slices.Equal(got, want[at+1:min(at+3, len(want))]) {
				t.Errorf("by %q, behind %d come %v", group, want[at], got)
			}
			before := slices.Clone(want[max(0, at-2):at])
			slices.Reverse(before)
			if got := list(from, true, 2); !slices.Equal(got, before) {
				t.Errorf("by %q, before %d come %v, want %v", group, want[at], got, before)
			}
		}
	}
	low := read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.ListedReview, error) {
		return tx.ListReviews(ctx, store.ReviewList{State: "open", Filter: store.ReviewFilter{Severity: "low"}, From: id(3), Limit: 9})
	})
	if len(low) != 1 || low[0].Review != mustReview(t, s, 1) {
		t.Errorf("of low severity behind one of high: %+v", low)
	}
}

func mustReview(t *testing.T, s *store.Store, n byte) store.Review {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx *store.Tx) (store.Review, error) { return tx.Review(ctx, id(n)) })
}

func latestFirst(t *testing.T, s *store.Store) {
	early, late, decided := review(1, id(50), 1), review(2, id(51), 2), review(3, id(52), 3)
	early.State, late.State, decided.State = "decided", "decided", "decided"
	early.Updated, late.Updated, decided.Updated, decided.DecidedAt = 10, 30, 5, 20
	putReviews(t, s, early, late, decided)
	got := read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.ListedReview, error) {
		return tx.ListReviews(ctx, store.ReviewList{State: "decided", Limit: 9})
	})
	if len(got) != 3 || got[0].Seq != 2 || got[1].Seq != 3 || got[2].Seq != 1 {
		t.Errorf("they come as %+v", got)
	}
}

func lastSender(t *testing.T, s *store.Store) {
	withTablet(t, s, tablet(40))
	sent := func(n int64, device, record uuid.UUID, received int64) store.Change {
		c := store.Change{Device: device, Received: received, Status: syncproto.Applied}
		c.N, c.Form, c.Collection, c.Record = n, n, "households", record
		c.Fields = map[string]syncproto.Value{"phone": `"1"`}
		return c
	}
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		return tx.AddChanges(ctx, []store.Change{sent(1, id(40), id(50), 5), sent(1, id(44), id(50), 9)})
	})
	conflict, held, none := review(1, id(50), 1), review(2, id(51), 2), review(3, id(52), 3)
	conflict.Kind, held.Kind, held.Subject = "conflict", "held", id(41)
	putReviews(t, s, conflict, held, none)
	got := map[int64]string{}
	for _, r := range read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.ListedReview, error) {
		return tx.ListReviews(ctx, store.ReviewList{State: "open", Group: "device", Limit: 9})
	}) {
		got[r.Seq] = r.Group
	}
	if want := map[int64]string{1: id(40).String(), 2: id(41).String(), 3: ""}; !reflect.DeepEqual(got, want) {
		t.Errorf("they count to %v, want %v: the office is no device", got, want)
	}
}

func tallied(t *testing.T, s *store.Store) {
	listed(t, s)
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		for n, field := range []string{"phone", "notes", "phone"} {
			c := store.Conflict{Record: id(byte(50 + n)), Field: field, Collection: "households", Seq: int64(n + 1)}
			if err := tx.SetConflicts(ctx, c.Record, []store.Conflict{c}); err != nil {
				return err
			}
		}
		return nil
	})
	for by, want := range map[string]string{
		"kind": "[{conflict 2} {held 1}]", "assignee": "[{ 3}]", "area": fmt.Sprintf("[{%s 1} {%s 2}]", id(70), id(71)),
	} {
		got := read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.Tally, error) {
			return tx.TallyReviews(ctx, "open", by, store.ReviewFilter{Severity: "medium"})
		})
		if fmt.Sprint(got) != want {
			t.Errorf("by %s there are %v, want %s", by, got, want)
		}
	}
	conflicts := read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.ConflictTally, error) { return tx.TallyConflicts(ctx) })
	if fmt.Sprint(conflicts) != "[{households phone 2} {households notes 1}]" {
		t.Errorf("the conflicts are %v", conflicts)
	}
}
