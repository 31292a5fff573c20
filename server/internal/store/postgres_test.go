package store_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"satchel/internal/pgtest"
	"satchel/server/internal/store"
	"satchel/server/internal/store/storetest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// postgres opens a database; each call is what another process would have.
func postgres(t *testing.T, url string) *store.Store {
	t.Helper()
	return opened(t, func() (*store.Store, error) { return store.OpenPostgres(t.Context(), url, nil) })
}

func TestPostgres(t *testing.T) {
	storetest.Run(t, func(t *testing.T) *store.Store { return postgres(t, pgtest.URL(t)) })
}

// Writers of several processes give out sequences; whoever reads meanwhile, with a cursor, meets each of them once,
// in order: none is committed behind the cursor.
func TestNoCursorPassesASequenceThatIsNotCommitted(t *testing.T) {
	const processes, writers, writes = 3, 4, 25
	url := pgtest.URL(t)
	area := uuid.MustParse("019ab000-0000-7000-8000-000000000001")
	ctx := t.Context()
	var stores []*store.Store
	for range processes {
		stores = append(stores, postgres(t, url))
	}
	var work sync.WaitGroup
	for _, s := range stores {
		for range writers {
			work.Go(func() {
				for range writes {
					if err := s.Write(ctx, func(tx *store.Tx) error { return append1(ctx, tx, area) }); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		work.Go(func() { follow(ctx, t, s, area, processes*writers*writes) })
	}
	work.Wait()
}

func TestADatabaseThatGoesAwayLosesNothingAndComesBack(t *testing.T) {
	url := pgtest.URL(t)
	s := postgres(t, url)
	ctx := t.Context()
	area := uuid.MustParse("019ab000-0000-7000-8000-000000000001")
	write := func(do func()) error {
		return s.Write(ctx, func(tx *store.Tx) error {
			do()
			return append1(ctx, tx, area)
		})
	}
	if err := write(func() {}); err != nil {
		t.Fatal(err)
	}
	if err := write(func() { breakAll(ctx, t, url) }); !errors.Is(err, store.ErrAway) {
		t.Errorf("a write whose connection breaks: %v, want ErrAway", err)
	}
	err := s.Write(ctx, func(tx *store.Tx) error {
		breakAll(ctx, t, url)
		for range 2 { // who goes on after an error meets a connection that is known to be closed
			if err := append1(ctx, tx, area); !errors.Is(err, store.ErrAway) {
				t.Errorf("a statement on a broken connection: %v, want ErrAway", err)
			}
		}
		return nil
	})
	if !errors.Is(err, store.ErrAway) {
		t.Errorf("the commit on a broken connection: %v, want ErrAway", err)
	}
	if err := write(func() {}); err != nil {
		t.Errorf("the next write: %v", err)
	}
	follow(ctx, t, s, area, 2)
}

// breakAll breaks all connections to a database but its own.
func breakAll(ctx context.Context, t *testing.T, url string) {
	t.Helper()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	_, err = conn.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	if err := errors.Join(err, conn.Close(ctx)); err != nil {
		t.Fatal(err)
	}
}

// append1 writes a record at the next sequence.
func append1(ctx context.Context, tx *store.Tx, area uuid.UUID) error {
	var seq int64
	if text, err := tx.Property(ctx, "seq"); err == nil {
		if seq, err = strconv.ParseInt(text, 10, 64); err != nil {
			return err
		}
	}
	seq++
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	if err := tx.PutRecords(ctx, []store.Record{{ID: id, Collection: "households", Area: area, Seq: seq, Entered: seq}}); err != nil {
		return err
	}
	return tx.SetProperty(ctx, "seq", strconv.FormatInt(seq, 10))
}

// follow reads behind a cursor until it has met so many records.
func follow(ctx context.Context, t *testing.T, s *store.Store, area uuid.UUID, until int64) {
	for cursor := int64(0); cursor < until && !t.Failed(); {
		var page []store.Record
		err := s.Read(ctx, func(tx *store.Tx) (err error) {
			page, err = tx.RecordsSince(ctx, area, cursor, 10)
			return err
		})
		if err != nil {
			t.Error(err)
			return
		}
		for _, r := range page {
			if r.Seq != cursor+1 {
				t.Errorf("behind %d came %d", cursor, r.Seq)
				return
			}
			cursor = r.Seq
		}
	}
}
