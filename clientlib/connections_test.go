package clientlib_test

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"testing"

	"satchel/clientlib"
)

// A counted connection counts among those that are open.
type counted struct {
	net.Conn
	open   *atomic.Int64
	closed atomic.Bool
}

func (c *counted) Close() error {
	if c.closed.CompareAndSwap(false, true) {
		c.open.Add(-1)
	}
	return c.Conn.Close()
}

// A connection that is kept is dead by the next sync, and the sync would be told so, or wait for an answer.
func TestNoConnectionIsKeptBetweenSyncs(t *testing.T) {
	o := newOffice(t)
	var open, dialed atomic.Int64
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		open.Add(1)
		dialed.Add(1)
		return &counted{Conn: conn, open: &open}, nil
	}}
	options := newDevice(t).options()
	options.HTTP = &http.Client{Transport: transport}
	d := &device{t: t, path: filepath.Join(t.TempDir(), "store.db")}
	var err error
	if d.store, err = clientlib.Create(t.Context(), d.path, pin, options); err != nil {
		t.Fatal(err)
	}
	defer d.store.Close()
	d.enrol(o, vranje)
	if n := open.Load(); n != 0 {
		t.Errorf("%d connections are open after the enrolment", n)
	}
	for range 250 { // more than go with one exchange
		d.household(vranje, "Marko")
	}
	before := dialed.Load()
	d.sync()
	if n := open.Load(); n != 0 {
		t.Errorf("%d connections are open after a sync", n)
	}
	if n := dialed.Load() - before; n != 1 {
		t.Errorf("a sync of several exchanges took %d connections, want one", n)
	}
}
