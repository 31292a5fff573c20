package feeds_test

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/feeds"
	"satchel/server/internal/store"
	"satchel/server/internal/store/storetest"
	"satchel/syncproto"
)

// filled gives a store with so many areas, each with a name of so many bytes, and the view of them.
func filled(t testing.TB, rows, bytes int) (*store.Store, feeds.View) {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(storetest.Dir(t), "satchel.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	name, err := syncproto.ValueOf(strings.Repeat("x", bytes))
	if err != nil {
		t.Fatal(err)
	}
	list := make([]store.Record, rows)
	for i := range list {
		id, err := uuid.NewV7()
		if err != nil {
			t.Fatal(err)
		}
		list[i] = store.Record{
			ID: id, Collection: "areas", Seq: int64(i + 1),
			State: syncproto.State{"name": {Heads: []syncproto.Head{{Value: name, Version: syncproto.Version{Device: id, N: 1}}}}},
		}
	}
	if err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.PutRecords(t.Context(), list) }); err != nil {
		t.Fatal(err)
	}
	v, _ := feeds.Find(store.FeedToken{Collections: []string{"areas"}}, "areas")
	return s, v
}

// A writer does something at every write.
type writer func(p []byte) error

// Write takes all of it.
func (w writer) Write(p []byte) (int, error) { return len(p), w(p) }

// However many read slowly, none of them keeps the database from others.
func TestASlowReaderHoldsNoTransaction(t *testing.T) {
	s, v := filled(t, 3000, 10)
	release := make(chan struct{})
	var waiting, ended sync.WaitGroup
	for range 20 { // more than may read at once
		waiting.Add(1)
		ended.Go(func() {
			once := sync.OnceFunc(waiting.Done)
			lines := 0
			err := feeds.WriteCSV(t.Context(), s, v, false, writer(func(p []byte) error {
				if lines += strings.Count(string(p), "\n"); lines > 1 {
					once()
					<-release
				}
				return nil
			}))
			if err != nil || lines != 3001 {
				t.Errorf("%d lines, %v", lines, err)
			}
		})
	}
	waiting.Wait()
	err := s.Read(t.Context(), func(tx *store.Tx) error {
		_, err := tx.AreaTree(t.Context())
		return err
	})
	if err != nil {
		t.Error(err)
	}
	close(release)
	ended.Wait()
}

// What is written at once does not grow with the rows, whether these are many or large.
func TestNoMoreThanAPartIsInMemory(t *testing.T) {
	for _, c := range []struct{ rows, bytes int }{{20_000, 10}, {400, 30_000}} {
		s, v := filled(t, c.rows, c.bytes)
		runtime.GC()
		var start, now runtime.MemStats
		runtime.ReadMemStats(&start)
		most, peak, all := 0, uint64(0), 0
		err := feeds.WriteJSON(t.Context(), s, v, writer(func(p []byte) error {
			runtime.GC()
			runtime.ReadMemStats(&now)
			most, all = max(most, len(p)), all+len(p)
			peak = max(peak, now.HeapAlloc-min(now.HeapAlloc, start.HeapAlloc))
			return nil
		}))
		if err != nil || all < c.rows*c.bytes || most > 1<<20+64<<10 || peak > 8<<20 {
			t.Errorf("%d rows of %d bytes: %d at once, %d more in the heap, %d in all; %v", c.rows, c.bytes, most, peak, all, err)
		}
	}
}

func TestAFeedThatBreaksOffSaysSo(t *testing.T) {
	s, v := filled(t, 3000, 10)
	broken := errors.New("the link broke")
	if err := feeds.WriteCSV(t.Context(), s, v, false, writer(func([]byte) error { return broken })); !errors.Is(err, broken) {
		t.Errorf("a link that breaks: %v", err)
	}
	err := feeds.WriteJSON(t.Context(), s, v, writer(func([]byte) error { return s.Close() }))
	if err == nil {
		t.Error("a database that is gone in the middle is not noticed")
	}
	if err := feeds.WriteCSV(t.Context(), s, v, false, io.Discard); err == nil {
		t.Error("a database that is gone is not noticed")
	}
}

// However many feeds are read, most of those that the database lets read at once are left to the tablets.
func TestFeedsReadInTurn(t *testing.T) {
	s, v := filled(t, 1, 10)
	release, inside := make(chan struct{}), make(chan struct{}, 8)
	var ended sync.WaitGroup
	for range 8 {
		ended.Go(func() {
			err := s.ReadInTurn(t.Context(), func(*store.Tx) error {
				inside <- struct{}{}
				<-release
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	<-inside
	<-inside
	soon, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := feeds.WriteCSV(soon, s, v, false, io.Discard); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a feed that is not its turn is read: %v", err)
	}
	if n, err := (feeds.Query{View: v}).Count(soon, s); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a feed that is not its turn counts %d, %v", n, err)
	}
	err := s.Read(t.Context(), func(tx *store.Tx) error {
		_, err := tx.AreaTree(t.Context())
		return err
	})
	if err != nil || len(inside) != 0 {
		t.Errorf("%d more than two are inside, and who reads otherwise gets %v", len(inside), err)
	}
	close(release)
	ended.Wait()
	if err := feeds.WriteCSV(t.Context(), s, v, false, io.Discard); err != nil {
		t.Error(err)
	}
}
