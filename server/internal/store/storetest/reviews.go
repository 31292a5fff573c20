package storetest

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// reviewChecks are those about reviews, and what they are found by.
func reviewChecks() []check {
	return []check{
		{"a review comes back as it was written, and as it was changed", reviewComesBack},
		{"reviews of a state come in order of their opening, each once", reviewsComeInOrder},
		{"a filter lets through what it means, in areas below too", filterIsKept},
		{"what is held, in conflict or off is found", broughtIsFound},
		{"a merger is found from both ends, as it is now", mergerIsFound},
		{"the standing of a record is what there is about it", standingIsSo},
		{"what has children or reviews is found in order", reviewableIsFound},
		{"aid comes as it is shown, and nothing else", aidIsShown},
		{"children that are not deleted are left", childrenAreLeft},
	}
}

// review is an open one about a record.
func review(n byte, record uuid.UUID, seq int64) store.Review {
	return store.Review{
		ID: id(n), Kind: "over_delivery", Record: record, Subject: id(90), Area: id(91), Severity: "high", State: "open",
		Seq: seq, Opened: 5, Updated: 6, Facts: `{"delivered":"1.5"}`, Digest: "d1",
	}
}

func putReviews(t *testing.T, s *store.Store, list ...store.Review) {
	t.Helper()
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.PutReviews(ctx, list) })
}

func reviewComesBack(t *testing.T, s *store.Store) {
	bare, full := review(1, id(50), 1), review(2, id(51), 2)
	bare.Subject = uuid.Nil
	putReviews(t, s, bare, full)
	full.State, full.Decision, full.Reason, full.DecidedBy, full.DecidedAt, full.DecidedOn = "decided", "accepted", "<b>", id(60), 7, "d1"
	full.Assignee, full.Facts, full.Digest, full.Seq = id(60), `{}`, "d2", 3
	putReviews(t, s, full)
	for _, want := range []store.Review{bare, full} {
		got := read(t, s, func(ctx context.Context, tx *store.Tx) (store.Review, error) { return tx.Review(ctx, want.ID) })
		if got != want {
			t.Errorf("read back\n%+v\nwant\n%+v", got, want)
		}
	}
	err := s.Read(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Review(t.Context(), id(3))
		return err
	})
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a review that there is not: %v, want ErrNotFound", err)
	}
}

func reviewsComeInOrder(t *testing.T, s *store.Store) {
	closed := review(4, id(51), 4)
	closed.State = "closed"
	putReviews(t, s, review(1, id(50), 3), review(2, id(50), 1), review(3, id(51), 2), closed)
	seqs := func(list []store.Review) (out []int64) {
		for _, r := range list {
			out = append(out, r.Seq)
		}
		return out
	}
	for after, want := range map[int64][]int64{0: {1, 2}, 1: {2, 3}, 3: nil} {
		got := read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.Review, error) {
			return tx.Reviews(ctx, "open", after, 2)
		})
		if !slices.Equal(seqs(got), want) {
			t.Errorf("two behind %d: %v, want %v", after, seqs(got), want)
		}
	}
	about := read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.Review, error) {
		return tx.ReviewsOf(ctx, []uuid.UUID{id(51), id(52)})
	})
	if got := seqs(about); !slices.Contains(got, 2) || !slices.Contains(got, 4) || len(got) != 2 {
		t.Errorf("about a record: %v, want 2 and 4", got)
	}
	if last := read(t, s, func(ctx context.Context, tx *store.Tx) (int64, error) { return tx.LastReview(ctx) }); last != 4 {
		t.Errorf("the last opening is %d, want 4", last)
	}
	if err := s.Write(t.Context(), func(tx *store.Tx) error {
		return tx.PutReviews(t.Context(), []store.Review{review(5, id(50), 4)})
	}); !errors.Is(err, store.ErrExists) {
		t.Errorf("two openings of one number: %v, want ErrExists", err)
	}
}

func filterIsKept(t *testing.T, s *store.Store) {
	area := func(n byte, parent uuid.UUID) store.Record {
		r := household(n, syncproto.Everyone, int64(n))
		r.Collection = "areas"
		if parent != uuid.Nil {
			r.State["parent"] = syncproto.Register{Heads: []syncproto.Head{{Version: version(200, 1), Value: syncproto.Value(`"` + parent.String() + `"`)}}}
		}
		return r
	}
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		return tx.PutRecords(ctx, []store.Record{area(70, uuid.Nil), area(71, id(70)), area(72, id(71)), area(73, uuid.Nil)})
	})
	held, above, beside := review(1, id(50), 1), review(2, id(51), 2), review(3, id(52), 3)
	held.Kind, held.Area, held.Assignee = "held", id(72), id(60)
	above.Severity, above.Area = "low", id(70)
	beside.Area = syncproto.Everyone
	putReviews(t, s, held, above, beside)
	middle, top, nobody, everyone := id(71), id(70), uuid.Nil, syncproto.Everyone
	for _, c := range []struct {
		filters []store.ReviewFilter
		want    []int64
	}{
		{nil, []int64{1, 2, 3}},
		{[]store.ReviewFilter{{Kind: "held"}}, []int64{1}},
		{[]store.ReviewFilter{{Severity: "high"}}, []int64{1, 3}},
		{[]store.ReviewFilter{{Area: &middle}}, []int64{1}},
		{[]store.ReviewFilter{{Area: &top}}, []int64{1, 2}},
		{[]store.ReviewFilter{{Area: &everyone}}, []int64{3}},
		{[]store.ReviewFilter{{Assignee: &held.Assignee}}, []int64{1}},
		{[]store.ReviewFilter{{Assignee: &nobody}}, []int64{2, 3}},
		{[]store.ReviewFilter{{Area: &top}, {Severity: "low"}}, []int64{2}},
	} {
		var got []int64
		for _, r := range read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.Review, error) {
			return tx.Reviews(ctx, "open", 0, 9, c.filters...)
		}) {
			got = append(got, r.Seq)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v lets %v through, want %v", c.filters, got, c.want)
		}
	}
}

func broughtIsFound(t *testing.T, s *store.Store) {
	held := func(n int64, status syncproto.Status, needs uuid.UUID) store.Change {
		c := sampleChange(n)
		c.Device = id(20)
		c.Record, c.Status, c.Code, c.Reason, c.Needs, c.Seq = id(byte(n)), status, "code", "why", needs, 0
		return c
	}
	some := func() [2]bool {
		return read(t, s, func(ctx context.Context, tx *store.Tx) (out [2]bool, err error) {
			out[0], out[1], err = tx.SomeOpen(ctx)
			return out, err
		})
	}
	none := some()
	clock := func(n byte, off int64) store.Device {
		return store.Device{ID: id(n), Name: "T", Holder: id(60), Contact: store.Contact{ClockOffset: off}}
	}
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(
			tx.AddChanges(ctx, []store.Change{held(1, "held", uuid.Nil), held(2, "discarded", uuid.Nil)}),
			tx.SetConflicts(ctx, id(3), []store.Conflict{{Record: id(3), Field: "a", Collection: "households", Area: id(90)}, {Record: id(3), Field: "b", Collection: "households", Area: id(90)}}),
			tx.AddUser(ctx, store.User{ID: id(60), Login: "worker", Name: "W", Role: "worker"}),
			tx.AddDevice(ctx, clock(4, 121_000)), tx.AddDevice(ctx, clock(5, -7_201_000)), tx.AddDevice(ctx, clock(6, 120_000)),
		)
	})
	only := some()
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		return tx.AddChanges(ctx, []store.Change{held(7, "waiting", id(8))})
	})
	if none != [2]bool{} || only != [2]bool{true, false} || some() != [2]bool{true, true} {
		t.Errorf("some are open, and wait: %v, with a held one %v, and a waiting one %v", none, only, some())
	}
	var got []uuid.UUID
	for after := uuid.Nil; ; after = got[len(got)-1] {
		page := read(t, s, func(ctx context.Context, tx *store.Tx) ([]uuid.UUID, error) { return tx.Reviewable(ctx, after, 2) })
		if got = append(got, page...); len(page) == 0 {
			break
		}
	}
	if want := []uuid.UUID{id(1), id(3), id(4), id(5), id(7)}; !slices.Equal(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
	open := read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.Change, error) {
		return tx.OpenOf(ctx, []uuid.UUID{id(1), id(2), id(3)})
	})
	if len(open) != 1 || open[0].Version() != (syncproto.Version{Device: id(20), N: 1}) || open[0].Record != id(1) || open[0].Status != "held" || open[0].Code != "code" || open[0].Reason != "why" {
		t.Errorf("open are %+v", open)
	}
	clocks := read(t, s, func(ctx context.Context, tx *store.Tx) (map[uuid.UUID]int64, error) {
		return tx.ClocksOff(ctx, []uuid.UUID{id(4), id(5), id(6), id(7)})
	})
	if want := map[uuid.UUID]int64{id(4): 120_000, id(5): -7_200_000}; !reflect.DeepEqual(clocks, want) {
		t.Errorf("off are %v, want %v", clocks, want)
	}
	conflicts := read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.Conflict, error) {
		return tx.ConflictsOf(ctx, []uuid.UUID{id(1), id(3)})
	})
	if len(conflicts) != 2 || conflicts[0].Record != id(3) {
		t.Errorf("in conflict are %+v", conflicts)
	}
}

func mergerIsFound(t *testing.T, s *store.Store) {
	set := func(record, kept uuid.UUID) {
		write(t, s, func(ctx context.Context, tx *store.Tx) error {
			return tx.SetMerger(ctx, store.Merger{Record: record, Kept: kept})
		})
	}
	some := func() bool {
		return read(t, s, func(ctx context.Context, tx *store.Tx) (bool, error) { return tx.SomeMerged(ctx) })
	}
	if some() {
		t.Error("something was merged in an empty store")
	}
	set(id(1), id(2))
	set(id(1), id(3))
	set(id(4), id(3))
	set(id(4), uuid.Nil)
	want := []store.Merger{{Record: id(1), Kept: id(3)}}
	for _, end := range []uuid.UUID{id(1), id(2), id(3), id(4)} {
		got := read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.Merger, error) {
			return tx.Mergers(ctx, []uuid.UUID{end})
		})
		if is := end == id(1) || end == id(3); is != slices.Equal(got, want) || !is && len(got) > 0 {
			t.Errorf("the mergers of %v are %v", end, got)
		}
	}
	if !some() {
		t.Error("nothing is merged, where something was")
	}
	merged := read(t, s, func(ctx context.Context, tx *store.Tx) (map[uuid.UUID]uuid.UUID, error) { return tx.Merged(ctx) })
	if !maps.Equal(merged, map[uuid.UUID]uuid.UUID{id(1): id(3)}) {
		t.Errorf("merged are %v", merged)
	}
}

// belonging is a visit to a household.
func belonging(n, parent byte, seq int64) store.Record {
	r := household(n, id(90), seq)
	r.Collection, r.Parent = "visits", id(parent)
	return r
}

func standingIsSo(t *testing.T, s *store.Store) {
	gone := household(2, id(90), 2)
	gone.Deleted = true
	putReviews(t, s, review(1, id(2), 1))
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(
			tx.PutRecords(ctx, []store.Record{household(1, id(90), 1), gone, household(3, id(90), 3), belonging(4, 1, 4), belonging(5, 1, 5)}),
			tx.SetMerger(ctx, store.Merger{Record: id(2), Kept: id(3)}),
		)
	})
	got := read(t, s, func(ctx context.Context, tx *store.Tx) (map[uuid.UUID]store.Standing, error) {
		return tx.Standings(ctx, []uuid.UUID{id(1), id(2), id(3), id(9)})
	})
	want := map[uuid.UUID]store.Standing{
		id(1): {Children: 2}, id(2): {Deleted: true, Merged: true, Reviewed: true}, id(3): {Merged: true},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the standings are\n%+v\nwant\n%+v", got, want)
	}
	for collection, want := range map[string]bool{"visits": true, "entitlements": false} {
		if read(t, s, func(ctx context.Context, tx *store.Tx) (bool, error) { return tx.SomeOf(ctx, collection) }) != want {
			t.Errorf("there are %s: %v, want %v", collection, !want, want)
		}
	}
}

func reviewableIsFound(t *testing.T, s *store.Store) {
	putReviews(t, s, review(1, id(7), 1), review(2, id(3), 2))
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		return tx.PutRecords(ctx, []store.Record{belonging(20, 3, 1), belonging(21, 3, 2), belonging(22, 9, 3), belonging(23, 1, 4), household(5, id(90), 5)})
	})
	var got []uuid.UUID
	for after := uuid.Nil; ; after = got[len(got)-1] {
		page := read(t, s, func(ctx context.Context, tx *store.Tx) ([]uuid.UUID, error) { return tx.Reviewable(ctx, after, 2) })
		if got = append(got, page...); len(page) == 0 {
			break
		}
	}
	if want := []uuid.UUID{id(1), id(3), id(7), id(9)}; !slices.Equal(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
}

func aidIsShown(t *testing.T, s *store.Store) {
	of := func(collection string, n, parent byte) store.Record {
		r := belonging(n, parent, int64(n))
		r.Collection = collection
		return r
	}
	gone := of("deliveries", 4, 1)
	gone.Deleted = true
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		return tx.PutRecords(ctx, []store.Record{
			household(1, id(90), 1), gone, of("deliveries", 5, 2), of("people", 6, 1), of("entitlements", 7, 6), of("visits", 8, 1), of("livelihoods", 10, 6),
		})
	})
	shown := read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.Shown, error) {
		return tx.ShownAid(ctx, []uuid.UUID{id(1), id(3), id(6)})
	})
	same := read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.Shown, error) {
		return tx.Shown(ctx, []uuid.UUID{id(4), id(6), id(7), id(9)})
	})
	for _, list := range [][]store.Shown{shown, same} {
		slices.SortFunc(list, func(a, b store.Shown) int { return slices.Compare(a.ID[:], b.ID[:]) })
	}
	if !reflect.DeepEqual(shown, same) || len(same) != 3 {
		t.Fatalf("the aid is counted from\n%+v\nand the records are\n%+v", shown, same)
	}
	doc := string(same[0].Doc)
	same[0].Doc = nil
	if want := (store.Shown{ID: id(4), Collection: "deliveries", Area: id(90), Parent: id(1), Deleted: true}); !reflect.DeepEqual(same[0], want) {
		t.Errorf("read back\n%+v\nwant\n%+v", same[0], want)
	}
	if want := `"phone":"+381 <60> 000 & 1"`; !strings.Contains(doc, want) {
		t.Errorf("the document %s lacks %s", doc, want)
	}
}

func childrenAreLeft(t *testing.T, s *store.Store) {
	gone := belonging(4, 1, 2)
	gone.Deleted = true
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		asked := belonging(7, 1, 5)
		asked.Collection = "questions"
		return tx.PutRecords(ctx, []store.Record{household(1, id(90), 1), gone, belonging(5, 1, 3), belonging(6, 2, 4), asked})
	})
	left := read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.Child, error) {
		return tx.ChildrenLeft(ctx, []uuid.UUID{id(1), id(3)})
	})
	if want := []store.Child{{ID: id(5), Parent: id(1), Collection: "visits"}}; !slices.Equal(left, want) {
		t.Errorf("left are %+v, want %+v", left, want)
	}
}
