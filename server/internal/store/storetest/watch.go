package storetest

import (
	"context"
	"strconv"
	"testing"
	"time"

	"satchel/server/internal/store"
)

func watchChecks() []check {
	return []check{
		{"who watches is told of each commit, and of nothing else", watcherIsTold},
		{"a watch ends with its context", watchEnds},
	}
}

// watch begins to watch a store, and gives what it tells and what ends it.
func watch(t *testing.T, s *store.Store) (told <-chan struct{}, end func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	changed, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- s.Watch(ctx, func() {
			select {
			case changed <- struct{}{}:
			case <-ctx.Done():
			}
		})
	}()
	return changed, func() error { cancel(); return <-ended }
}

func watcherIsTold(t *testing.T, s *store.Store) {
	told, end := watch(t, s)
	await(t, told, "that it is watched")
	for i := range 3 {
		if err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.SetProperty(t.Context(), "epoch", strconv.Itoa(i)) }); err != nil {
			t.Fatal(err)
		}
		await(t, told, "a commit")
	}
	if err := s.Read(t.Context(), func(tx *store.Tx) error { return tx.Ping(t.Context()) }); err != nil {
		t.Fatal(err)
	}
	select {
	case <-told:
		t.Error("a read is told as a commit")
	case <-time.After(time.Second):
	}
	_ = end()
}

func await(t *testing.T, told <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-told:
	case <-time.After(30 * time.Second):
		t.Fatalf("%s is not told", what)
	}
}

func watchEnds(t *testing.T, s *store.Store) {
	told, end := watch(t, s)
	await(t, told, "that it is watched")
	if err := end(); err == nil {
		t.Error("it ends without saying why")
	}
}
