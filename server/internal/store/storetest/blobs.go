package storetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

func blobChecks() []check {
	return []check{
		{"a blob that has arrived comes back as it was written, once", blobComesBack},
		{"a blob is missing from when a record names it until it arrives", blobIsMissing},
		{"a blob that no record names any more is found", unnamedIsFound},
		{"a change is found by a blob that it names, and by no other", changeIsFoundByBlob},
		{"the identities of a device are found, and no other's", identitiesAreFound},
	}
}

// blob gives the blob of which the SHA-256 is that digit 64 times.
func blob(digit string) store.Blob {
	return store.Blob{Blob: syncproto.Blob{SHA256: strings.Repeat(digit, 64), Type: "image/png", Bytes: 1 << 20}, At: 1_700_000_000_000}
}

func putBlobs(t *testing.T, s *store.Store, blobs ...store.Blob) {
	t.Helper()
	for _, b := range blobs {
		write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.PutBlob(ctx, b) })
	}
}

func blobComesBack(t *testing.T, s *store.Store) {
	a, b := blob("a"), blob("b")
	again := a
	again.At++
	putBlobs(t, s, b, a, again)
	names := []string{a.SHA256, blob("c").SHA256}
	same(t, "those asked for", read(t, s, func(ctx context.Context, tx *store.Tx) (map[string]store.Blob, error) { return tx.Blobs(ctx, names) }),
		map[string]store.Blob{a.SHA256: a})
	after := func(name string, limit int) []store.Blob {
		return read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.Blob, error) { return tx.BlobsAfter(ctx, name, limit) })
	}
	same(t, "all", after("", 10), []store.Blob{a, b})
	same(t, "the first", after("", 1), []store.Blob{a})
	same(t, "the next", after(a.SHA256, 1), []store.Blob{b})
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.DropBlobs(ctx, names) })
	same(t, "what is left", after("", 10), []store.Blob{b})
}

// nameBlobs has a record name blobs.
func nameBlobs(t *testing.T, s *store.Store, record byte, now int64, blobs ...store.Blob) {
	t.Helper()
	var names []string
	for _, b := range blobs {
		names = append(names, b.SHA256)
	}
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.SetBlobNames(ctx, id(record), names, now) })
}

func blobIsMissing(t *testing.T, s *store.Store) {
	a, b := blob("a"), blob("b")
	nameBlobs(t, s, 1, 100, a, b)
	nameBlobs(t, s, 1, 200, b, blob("c")) // b since before
	nameBlobs(t, s, 2, 300, b)
	putBlobs(t, s, blob("c"))
	missing := func(records ...uuid.UUID) []store.NamedBlob {
		out := read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.NamedBlob, error) {
			return tx.MissingBlobs(ctx, records)
		})
		slices.SortFunc(out, func(x, y store.NamedBlob) int { return int(x.Since - y.Since) })
		return out
	}
	one := store.NamedBlob{BlobOf: syncproto.BlobOf{Record: id(1), SHA256: b.SHA256}, Since: 100}
	other := store.NamedBlob{BlobOf: syncproto.BlobOf{Record: id(2), SHA256: b.SHA256}, Since: 300}
	same(t, "what is missing", missing(id(1), id(2), id(3)), []store.NamedBlob{one, other})
	for _, span := range []struct {
		after, until int64
		want         []uuid.UUID
	}{{0, 99, nil}, {99, 100, []uuid.UUID{id(1)}}, {100, 199, nil}, {199, 300, []uuid.UUID{id(1), id(2)}}, {300, 400, nil}} {
		found := read(t, s, func(ctx context.Context, tx *store.Tx) ([]uuid.UUID, error) {
			return tx.NamedBetween(ctx, span.after, span.until)
		})
		some := read(t, s, func(ctx context.Context, tx *store.Tx) (bool, error) {
			return tx.SomeNamedBetween(ctx, span.after, span.until)
		})
		if !slices.Equal(found, span.want) || some != (len(span.want) > 0) {
			t.Errorf("named between %d and %d: %v, %v; want %v", span.after, span.until, found, some, span.want)
		}
	}
	same(t, "who names it", read(t, s, func(ctx context.Context, tx *store.Tx) ([]uuid.UUID, error) { return tx.NamersOf(ctx, b.SHA256) }), []uuid.UUID{id(1), id(2)})
	putBlobs(t, s, b)
	same(t, "what is missing once it is there", missing(id(1), id(2)), nil)
}

func unnamedIsFound(t *testing.T, s *store.Store) {
	a, b := blob("a"), blob("b")
	putBlobs(t, s, a, b)
	nameBlobs(t, s, 1, 100, a, b)
	nameBlobs(t, s, 2, 100, a)
	unnamed := func() []string {
		return read(t, s, func(ctx context.Context, tx *store.Tx) ([]string, error) {
			return tx.UnnamedBlobs(ctx, []string{a.SHA256, b.SHA256, blob("c").SHA256})
		})
	}
	same(t, "at first", unnamed(), nil)
	nameBlobs(t, s, 1, 200)
	same(t, "afterwards", unnamed(), []string{b.SHA256})
}

func changeIsFoundByBlob(t *testing.T, s *store.Store) {
	a := blob("a")
	naming := store.Change{Device: id(7), Status: syncproto.Held, Change: syncproto.Change{
		N: 1, Form: 1, Collection: "deliveries", Record: id(1), Author: id(50),
		Fields: map[string]syncproto.Value{"proofs": syncproto.Value(`{"signature":{"bytes":1,"sha256":"` + a.SHA256 + `","type":"image/png"}}`)},
	}}
	other := naming
	other.N, other.Fields = 2, map[string]syncproto.Value{"note": `"x"`}
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		return tx.AddChanges(ctx, []store.Change{naming, other})
	})
	for of, want := range map[syncproto.BlobOf]int{
		{Record: id(1), SHA256: a.SHA256}: 1, {Record: id(2), SHA256: a.SHA256}: 0, {Record: id(1), SHA256: blob("b").SHA256}: 0,
		{Record: id(1), SHA256: "%"}: 0, {Record: id(1), SHA256: ""}: 0,
	} {
		found := read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.Change, error) { return tx.ChangesNaming(ctx, of) })
		if len(found) != want || want == 1 && found[0].Fields["proofs"] != naming.Fields["proofs"] {
			t.Errorf("%v finds %v, want %d", of, found, want)
		}
	}
}

func identitiesAreFound(t *testing.T, s *store.Store) {
	present, branch, before, oldest, others, proved := tablet(7), tablet(8), tablet(9), tablet(10), tablet(11), tablet(12)
	others.Name, before.Name, oldest.Name, proved.Name = "Tablet 8", "Tablet 3", "Tablet 1", "Tablet 2"
	present.Former, branch.Former, before.Former, oldest.Former, others.Former = before.ID, uuid.Nil, oldest.ID, before.ID, present.ID // those of before are in a circle
	withTablet(t, s, present)
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.AddDevice(ctx, branch), tx.AddDevice(ctx, before), tx.AddDevice(ctx, oldest), tx.AddDevice(ctx, others), tx.AddDevice(ctx, proved))
	})
	for range 2 {
		write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.AddDeviceFormer(ctx, before.ID, proved.ID) })
	}
	found := read(t, s, func(ctx context.Context, tx *store.Tx) ([]uuid.UUID, error) { return tx.Identities(ctx, present) })
	slices.SortFunc(found, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	same(t, "the identities", found, []uuid.UUID{present.ID, branch.ID, before.ID, oldest.ID, proved.ID})
}
