package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/internal/pgtest"
	"satchel/server"
	"satchel/syncproto"
)

// A farm is servers over one database, of which each connection reaches another one.
type farm struct {
	mu      sync.Mutex
	servers []*serving
	next    int
}

// put has a server be at a place.
func (f *farm) put(at int, s *serving) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.servers[at] = s
}

func (f *farm) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	f.mu.Lock()
	f.next++
	address := f.servers[f.next%len(f.servers)].address
	f.mu.Unlock()
	return (&net.Dialer{}).DialContext(ctx, "tcp", address)
}

// kill ends a server as a power cut does, and gives a new one.
func (d *desk) kill(s *serving) *serving {
	d.t.Helper()
	if err := s.process.Process.Kill(); err != nil {
		d.t.Fatal(err)
	}
	_ = s.process.Wait() // it says that it was killed
	return d.serve()
}

// work records one household after the other, and syncs after each, until the link holds.
func work(ctx context.Context, s *clientlib.Store, area uuid.UUID, households int, synced func()) error {
	for n := range households {
		var form clientlib.Form
		form.Create("households", map[string]any{"head_name": fmt.Sprint("Household ", n), "status": "idp", "area": area})
		if err := s.Save(ctx, &form); err != nil {
			return err
		}
		if err := syncThrough(ctx, s); err != nil {
			return err
		}
		synced()
	}
	return nil
}

// syncThrough syncs until a sync gets through. No area may ever have to be fetched anew: a cursor would have skipped
// something.
func syncThrough(ctx context.Context, s *clientlib.Store) error {
	for {
		result, err := s.Sync(ctx, nil)
		switch {
		case errors.Is(err, clientlib.ErrLink), errors.Is(err, &syncproto.Problem{Code: syncproto.CodeBusy}):
			continue
		case err != nil:
			return err
		case result.Repaired > 0 || result.ServerRestored || !result.Safe:
			return fmt.Errorf("a sync ends with %+v", result)
		}
		return nil
	}
}

// carrier gives the store of a new device that reaches a farm.
func (d *desk) carrier(f *farm, name string) *clientlib.Store {
	d.t.Helper()
	s, err := clientlib.Create(d.t.Context(), filepath.Join(d.dir, name+".db"), "4711-4711", clientlib.Options{
		PINCost: clientlib.PINCost{Memory: 64, Passes: 1, Threads: 1},
		HTTP:    &http.Client{Transport: &http.Transport{DialContext: f.dial, DisableKeepAlives: true}},
	})
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			d.t.Error(err)
		}
	})
	code := decode[struct{ Code string }](d, "device", "invite", name, "--holder", "ana", "--area", "Kraljevo", "--url", "http://127.0.0.1").Code
	if err := s.Enrol(d.t.Context(), "http://127.0.0.1", code, ""); err != nil {
		d.t.Fatal(err)
	}
	return s
}

// push has tablets record and sync, all at once, while something strikes at every tenth sync. In the end each of them has
// to show everything, and everything has to be in a history once.
func (d *desk) push(f *farm, strike func(n int)) {
	const tablets, households = 6, 12
	t := d.t
	area := uuid.MustParse(d.ids("areas", "name")["Kraljevo"])
	var stores []*clientlib.Store
	for n := range tablets {
		stores = append(stores, d.carrier(f, fmt.Sprint("Tablet ", n)))
	}
	var syncs atomic.Int64
	another, done := make(chan int64, tablets*households), make(chan error, tablets)
	for _, s := range stores {
		go func() {
			done <- work(t.Context(), s, area, households, func() { another <- syncs.Add(1) })
		}()
	}
	for ended := 0; ended < tablets; {
		select {
		case n := <-another:
			if n%10 == 0 {
				strike(int(n / 10))
			}
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			ended++
		}
	}
	for n, s := range stores {
		if err := syncThrough(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		all, err := s.List(t.Context(), "households", uuid.Nil)
		if err != nil || len(all) != tablets*households {
			t.Errorf("tablet %d shows %d households, %v; want %d", n, len(all), err, tablets*households)
		}
	}
	d.open(func(srv *server.Server) {
		for _, id := range d.ids("households", "head_name") {
			if history, err := srv.Engine.History(t.Context(), uuid.MustParse(id)); err != nil || len(history) != 1 {
				t.Errorf("a household that was recorded once has %d changes, %v", len(history), err)
			}
		}
	})
	for _, s := range f.servers {
		s.stop()
	}
}

// Three servers over one database are as one, and any of them may be killed at any time.
func TestServersOverOneDatabaseSkipNothing(t *testing.T) {
	d := newDeskOn(t, pgtest.URL(t))
	f := &farm{servers: []*serving{d.serve(), d.serve(), d.serve()}}
	d.push(f, func(n int) {
		at := n % len(f.servers)
		f.put(at, d.kill(f.servers[at]))
	})
}

// What was acknowledged is on PostgreSQL's disk, and servers go on by themselves once it is up again.
func TestAPostgresThatCrashesLosesNothing(t *testing.T) {
	cluster := pgtest.Durable(t)
	d := newDeskOn(t, cluster.URL)
	d.push(&farm{servers: []*serving{d.serve(), d.serve()}}, func(n int) {
		if n%2 > 0 {
			return
		}
		if err := cluster.Crash(context.WithoutCancel(t.Context())); err != nil {
			t.Fatal(err)
		}
	})
}
