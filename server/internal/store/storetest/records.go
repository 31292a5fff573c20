package storetest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// id makes a UUID whose last byte is n: a larger n sorts behind.
func id(n byte) uuid.UUID {
	return uuid.UUID{0x01, 0x9a, 6: 0x70, 8: 0x80, 15: n}
}

func version(device byte, n int64) syncproto.Version {
	return syncproto.Version{Device: id(device), N: n}
}

// write runs fn in a transaction that has to succeed.
func write(t *testing.T, s *store.Store, fn func(context.Context, *store.Tx) error) {
	t.Helper()
	if err := s.Write(t.Context(), func(tx *store.Tx) error { return fn(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

// read gives what fn reads, which has to succeed.
func read[T any](t *testing.T, s *store.Store, fn func(context.Context, *store.Tx) (T, error)) (out T) {
	t.Helper()
	err := s.Read(t.Context(), func(tx *store.Tx) (err error) {
		out, err = fn(t.Context(), tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// household is a record as many are, with one plain write, changed since by another.
func household(n byte, area uuid.UUID, seq int64) store.Record {
	first := syncproto.Head{Version: version(200, int64(n)), Time: 1_700_000_000_000}
	second := syncproto.Head{Version: version(201, 3), Time: 1_700_000_000_500, Value: `"+381 <60> 000 & 1"`}
	head := func(h syncproto.Head, v syncproto.Value) syncproto.Register {
		h.Value = v
		return syncproto.Register{Heads: []syncproto.Head{h}}
	}
	return store.Record{
		ID: id(n), Collection: "households", Area: area, Seq: seq, Entered: seq - 1,
		State: syncproto.State{
			"head_name": head(first, `"Милица Đorđević"`),
			"status":    head(first, `"idp"`),
			"area":      head(first, syncproto.Value(`"`+area.String()+`"`)),
			"phone":     {Heads: []syncproto.Head{second}},
		},
		Touched: map[string]int64{"phone": seq},
	}
}

func recordComesBack(t *testing.T, s *store.Store) {
	plain := household(1, id(90), 5)
	odd := household(2, id(90), 6)
	odd.Parent, odd.Deleted = id(1), true
	odd.State["deleted"] = syncproto.Register{Heads: []syncproto.Head{{
		Version: version(200, 9), Time: 7, Value: syncproto.True,
		Seen: map[string][]syncproto.Version{"phone": {version(200, 2)}},
	}}}
	odd.State["phone"] = syncproto.Register{
		Heads: []syncproto.Head{
			{Version: version(201, 4), Time: 9, Value: `"2"`, Saw: []syncproto.Version{version(200, 9)}},
			{Version: version(202, 1), Time: 8, Value: `"1"`},
		},
		Gone: []syncproto.Version{version(203, 7)},
	}
	odd.State["from_the_future"] = syncproto.Register{Heads: []syncproto.Head{{Version: version(200, 2), Time: 7, Value: `{"a":[1,null]}`}}}
	odd.Entered, odd.Touched = 3, map[string]int64{"deleted": 6, "from_the_future": 4}
	want := map[uuid.UUID]store.Record{id(1): plain, id(2): odd}
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.PutRecords(ctx, []store.Record{plain, odd}) })
	got := read(t, s, func(ctx context.Context, tx *store.Tx) (map[uuid.UUID]store.Record, error) {
		return tx.Records(ctx, []uuid.UUID{id(1), id(2), id(3)})
	})
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read back\n%+v\nwant\n%+v", got, want)
	}
}

func recordsComeInOrder(t *testing.T, s *store.Store) {
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		var list []store.Record
		for n := byte(1); n <= 150; n++ {
			list = append(list, household(n, id(90), 200-int64(n)))
		}
		list = append(list, household(151, id(91), 300))
		if err := tx.PutRecords(ctx, list); err != nil {
			return err
		}
		return tx.PutRecords(ctx, []store.Record{household(7, id(90), 400)})
	})
	var seqs []int64
	for cursor := int64(0); ; cursor = seqs[len(seqs)-1] {
		page := read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.Record, error) {
			return tx.RecordsSince(ctx, id(90), cursor, 40)
		})
		if len(page) == 0 {
			break
		}
		for _, r := range page {
			seqs = append(seqs, r.Seq)
		}
	}
	if len(seqs) != 150 || !slices.IsSorted(seqs) || seqs[149] != 400 {
		t.Errorf("sequences %v: want 150, sorted, the rewritten record last", seqs)
	}
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		return tx.Move(ctx, store.Departure{Area: id(90), Record: id(152), Seq: 198}, id(91))
	})
	for seq, want := range map[int64]int{0: 151, 197: 4, 198: 2, 400: 0} {
		got := read(t, s, func(ctx context.Context, tx *store.Tx) (int, error) { return tx.CountSince(ctx, id(90), seq) })
		if got != want {
			t.Errorf("%d came or went behind %d, want %d", got, seq, want)
		}
	}
}

func changedIsGiven(t *testing.T, s *store.Store) {
	here, there := id(1), id(2)
	visit := household(13, here, 13)
	visit.Collection = "visits"
	deleted := household(14, there, 14)
	deleted.Deleted = true
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(
			tx.PutRecords(ctx, []store.Record{household(11, here, 11), household(12, there, 12), visit, deleted}),
			tx.PutSummary(ctx, store.Summary{Area: here, Seq: 13}), tx.PutSummary(ctx, store.Summary{Area: there, Seq: 14}),
			tx.SetProperty(ctx, store.PropertyEpoch, "first"), tx.SetProperty(ctx, store.PropertySeq, "14"),
		)
	})
	for since, want := range map[int64][]byte{0: {11, 12, 14}, 10: {11, 12, 14}, 11: {12, 14}, 12: {14}, 14: nil} {
		got := read(t, s, func(ctx context.Context, tx *store.Tx) (got []byte, err error) {
			err = tx.EachChanged(ctx, []string{"households", "people"}, since, func(r store.Shown) error {
				if r.Deleted != (r.ID == deleted.ID) || len(r.Doc) == 0 || r.Area == (uuid.UUID{}) {
					t.Errorf("behind %d comes %+v", since, r)
				}
				got = append(got, r.ID[15])
				return nil
			})
			slices.Sort(got)
			return got, err
		})
		same(t, "what changed", got, want)
	}
	read(t, s, func(ctx context.Context, tx *store.Tx) (struct{}, error) {
		epoch, seq, err := tx.State(ctx)
		if epoch != "first" || seq != 14 {
			t.Errorf("the database is at %d of %q", seq, epoch)
		}
		return struct{}{}, err
	})
}

func departureIsForgotten(t *testing.T, s *store.Store) {
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(
			tx.Move(ctx, store.Departure{Area: id(90), Record: id(1), Seq: 5}, id(91)),
			tx.Move(ctx, store.Departure{Area: id(91), Record: id(1), Seq: 6}, id(90)),
		)
	})
	left := func(area uuid.UUID) []store.Departure {
		return read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.Departure, error) {
			return tx.Departures(ctx, area, 0, 10)
		})
	}
	if got := left(id(90)); len(got) != 0 {
		t.Errorf("departures of the area it came back to: %v", got)
	}
	if got, want := left(id(91)), []store.Departure{{Area: id(91), Record: id(1), Seq: 6}}; !slices.Equal(got, want) {
		t.Errorf("departures of the area it left: %v, want %v", got, want)
	}
}

func failedWriteLeavesNothing(t *testing.T, s *store.Store) {
	failure := errors.New("on purpose")
	err := s.Write(t.Context(), func(tx *store.Tx) error {
		return errors.Join(tx.PutRecords(t.Context(), []store.Record{household(1, id(90), 1)}), failure)
	})
	if !errors.Is(err, failure) {
		t.Fatalf("Write: %v, want the error of its function", err)
	}
	err = s.Read(t.Context(), func(tx *store.Tx) error { _, err := tx.Record(t.Context(), id(1)); return err })
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the record of a failed write: %v, want ErrNotFound", err)
	}
}

func savepointUndoesItsPart(t *testing.T, s *store.Store) {
	failure := errors.New("on purpose")
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		part := func(n byte, result error) error {
			return tx.Savepoint(ctx, func() error {
				return errors.Join(tx.PutRecords(ctx, []store.Record{household(n, id(90), int64(n))}), result)
			})
		}
		if err := part(1, nil); err != nil {
			return err
		}
		if err := part(2, failure); !errors.Is(err, failure) {
			t.Errorf("Savepoint: %v, want the error of its function", err)
		}
		return part(3, nil)
	})
	got := read(t, s, func(ctx context.Context, tx *store.Tx) (map[uuid.UUID]store.Record, error) {
		return tx.Records(ctx, []uuid.UUID{id(1), id(2), id(3)})
	})
	if _, undone := got[id(2)]; len(got) != 2 || undone {
		t.Errorf("%d records are there, the undone one among them: %v", len(got), undone)
	}
}

func readCannotWrite(t *testing.T, s *store.Store) {
	err := s.Read(t.Context(), func(tx *store.Tx) error { return tx.SetProperty(t.Context(), "x", "y") })
	if err == nil {
		t.Error("a statement that writes succeeded in a Read")
	}
}

// sampleChange is one that was applied.
func sampleChange(n int64) store.Change {
	return store.Change{
		Device: id(200),
		Change: syncproto.Change{
			N: n, Form: n, Collection: "households", Record: id(1), Author: id(50), Claimed: 10,
			Fields: map[string]syncproto.Value{"notes": `"<b>"`, "phone": syncproto.Null},
			Base:   map[string][]syncproto.Version{"notes": {version(201, 1)}},
		},
		Received: 11, Time: 12, Seq: n, Status: syncproto.Applied, Conflicts: []string{"notes"},
		Hash: syncproto.Hash{1, 2, byte(n)}, Note: store.Note{Reason: "why"},
	}
}

func changeComesBackOnce(t *testing.T, s *store.Store) {
	add := func(ctx context.Context, tx *store.Tx) error {
		return tx.AddChanges(ctx, []store.Change{sampleChange(1), sampleChange(2)})
	}
	write(t, s, add)
	got := read(t, s, func(ctx context.Context, tx *store.Tx) (store.Change, error) { return tx.Change(ctx, version(200, 2)) })
	if !reflect.DeepEqual(got, sampleChange(2)) {
		t.Errorf("read back\n%+v\nwant\n%+v", got, sampleChange(2))
	}
	if err := s.Write(t.Context(), func(tx *store.Tx) error { return add(t.Context(), tx) }); !errors.Is(err, store.ErrExists) {
		t.Errorf("adding again: %v, want ErrExists", err)
	}
}

func waitingIsFound(t *testing.T, s *store.Store) {
	waiting := sampleChange(1)
	waiting.Status, waiting.Needs, waiting.Seq = syncproto.Waiting, id(9), 0
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		return tx.AddChanges(ctx, []store.Change{waiting, sampleChange(2)})
	})
	needing := func() int {
		return len(read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.Change, error) { return tx.Needing(ctx, id(9)) }))
	}
	if needing() != 1 {
		t.Errorf("%d changes need the record, want 1", needing())
	}
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.SetFate(ctx, sampleChange(1)) })
	if needing() != 0 {
		t.Errorf("%d changes need the record after it came, want 0", needing())
	}
}

func conflictKeepsItsTime(t *testing.T, s *store.Store) {
	set := func(seq int64, fields ...string) {
		var open []store.Conflict
		for _, f := range fields {
			open = append(open, store.Conflict{Record: id(1), Field: f, Collection: "households", Area: id(90), Seq: seq, OpenedAt: seq})
		}
		write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.SetConflicts(ctx, id(1), open) })
	}
	set(1, "phone", "notes")
	set(2, "phone", "address")
	got := read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.Conflict, error) { return tx.Conflicts(ctx, 0, 10) })
	var fields []string
	for _, c := range got {
		fields = append(fields, c.Field)
	}
	if !slices.Equal(fields, []string{"phone", "address"}) || got[0].Seq != 1 || got[1].Seq != 2 {
		t.Errorf("open conflicts %+v: want phone since 1 and address since 2", got)
	}
}

func householdIsFound(t *testing.T, s *store.Store) {
	card := func(n byte, number string, kept byte) store.Record {
		r := household(n, id(90), int64(n))
		at := func(text string) syncproto.Register {
			return syncproto.Register{Heads: []syncproto.Head{{Version: version(200, 1), Time: 1, Value: syncproto.Value(`"` + text + `"`)}}}
		}
		r.State["card_number"] = at(number)
		if kept > 0 {
			r.State["merged_into"] = at(id(kept).String())
		}
		return r
	}
	gone := card(5, "7", 0)
	gone.Deleted = true
	records := []store.Record{card(1, "7", 0), card(2, "7", 1), card(3, "8", 1), card(4, "9", 0), gone, card(6, "9", 0), card(7, "4", 99)}
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.PutRecords(ctx, records) })
	for text, want := range map[string][]uuid.UUID{
		"7": {id(1)}, "8": {id(3)}, "9": {id(4), id(6)}, "4": {id(7)}, "": nil, id(2).String(): {id(2)}, id(5).String(): nil,
	} {
		got := read(t, s, func(ctx context.Context, tx *store.Tx) ([]uuid.UUID, error) { return tx.FindHouseholds(ctx, text) })
		if !slices.Equal(got, want) {
			t.Errorf("%q finds %v, want %v", text, got, want)
		}
	}
}

func centreIsOfFamilies(t *testing.T, s *store.Store) {
	at := func(n byte, area uuid.UUID, field, value string) store.Record {
		r := household(n, area, int64(n))
		if field != "" {
			r.State[field] = syncproto.Register{Heads: []syncproto.Head{{Version: version(200, 1), Time: 1, Value: syncproto.Value(value)}}}
		}
		return r
	}
	twin := at(3, id(90), "position", `{"lat":9,"lon":9}`)
	twin.State["merged_into"] = syncproto.Register{Heads: []syncproto.Head{{Version: version(200, 1), Time: 1, Value: syncproto.Value(`"` + id(1).String() + `"`)}}}
	gone := at(4, id(90), "position", `{"lat":9,"lon":9}`)
	gone.Deleted = true
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		return tx.PutRecords(ctx, []store.Record{
			at(1, id(90), "position", `{"lat":44.5,"lon":20}`), at(2, id(90), "position", `{"lat":43.5,"lon":21}`), twin, gone,
			at(5, id(91), "", ""), at(6, id(92), "position", `{"lat":-1,"lon":-2.5}`),
		})
	})
	got := read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.Centre, error) { return tx.Centres(ctx) })
	want := []store.Centre{{Area: id(90), Households: 2, Lat: 44, Lon: 20.5}, {Area: id(92), Households: 1, Lat: -1, Lon: -2.5}}
	if !slices.Equal(got, want) {
		t.Errorf("the centres are %v, want %v", got, want)
	}
}
