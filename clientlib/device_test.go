package clientlib_test

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/syncproto"
)

const pin = "246810"

// A device is a store under test, with its clock and its link.
type device struct {
	t     testing.TB
	path  string
	store *clientlib.Store
	link  *badLink
	// clock is the device's own clock, in ms.
	clock *atomic.Int64
}

// newDevice makes a store that is not enrolled. Its clock agrees with the office's.
func newDevice(t testing.TB) *device {
	d := &device{t: t, path: filepath.Join(t.TempDir(), "store.db"), link: goodLink(), clock: &atomic.Int64{}}
	d.clock.Store(april.UnixMilli())
	store, err := clientlib.Create(t.Context(), d.path, pin, d.options())
	if err != nil {
		t.Fatal(err)
	}
	d.store = store
	t.Cleanup(func() { d.store.Close() })
	return d
}

func goodLink() *badLink { return &badLink{path: "/sync", up: -1, down: -1} }

func (d *device) options() clientlib.Options {
	return clientlib.Options{
		Clock:     func() time.Time { return time.UnixMilli(d.clock.Load()) },
		Program:   "test 1",
		HTTP:      &http.Client{Transport: d.link},
		PINCost:   clientlib.PINCost{Memory: 8, Passes: 1, Threads: 1},
		FreeBytes: func() int64 { return 5 << 30 },
	}
}

// enrolled makes a device that has those areas of an office, and has synced once.
func enrolled(t testing.TB, o *office, areas ...uuid.UUID) *device {
	d := newDevice(t)
	d.enrol(o, areas...)
	d.sync()
	return d
}

func (d *device) enrol(o *office, areas ...uuid.UUID) {
	d.t.Helper()
	if err := d.store.Enrol(d.t.Context(), o.url, o.invite(areas...), ""); err != nil {
		d.t.Fatal(err)
	}
}

// reopen closes the store, if it is still open, and opens it again.
func (d *device) reopen() {
	d.t.Helper()
	d.store.Close()
	store, err := clientlib.Open(d.t.Context(), d.path, pin, d.options())
	if err != nil {
		d.t.Fatal(err)
	}
	d.store = store
}

// sync syncs, and expects it to be complete and safe without a repair.
func (d *device) sync() clientlib.SyncResult {
	d.t.Helper()
	result, err := d.store.Sync(d.t.Context(), nil)
	if err != nil || !result.Complete || !result.Safe || result.Repaired > 0 {
		d.t.Fatalf("sync: %+v, %v", result, err)
	}
	return result
}

// cut syncs over a link that breaks, and expects it to fail for that.
func (d *device) cut(up, down int) {
	d.t.Helper()
	if err := d.try(up, down); !errors.Is(err, clientlib.ErrLink) {
		d.t.Fatalf("sync over a broken link: %v", err)
	}
}

// try syncs over a link that may break.
func (d *device) try(up, down int) error {
	d.link.up, d.link.down = up, down
	_, err := d.store.Sync(d.t.Context(), nil)
	d.link.up, d.link.down = -1, -1
	return err
}

func (d *device) save(f *clientlib.Form) {
	d.t.Helper()
	if err := d.store.Save(d.t.Context(), f); err != nil {
		d.t.Fatal(err)
	}
}

// household records a household in an area.
func (d *device) household(area uuid.UUID, name string) *clientlib.Household {
	d.t.Helper()
	h := &clientlib.Household{HeadName: name, Status: "idp", Area: area}
	d.put(h)
	return h
}

func (d *device) put(xs ...clientlib.Typed) {
	d.t.Helper()
	var f clientlib.Form
	for _, x := range xs {
		f.Put(x)
	}
	d.save(&f)
}

// get reads a household.
func (d *device) get(id uuid.UUID) *clientlib.Household {
	d.t.Helper()
	h, err := clientlib.Get[clientlib.Household](d.t.Context(), d.store, id)
	if err != nil {
		d.t.Fatal(err)
	}
	return h
}

// setPhone reads a household and gives it another phone number.
func (d *device) setPhone(id uuid.UUID, phone string) {
	d.t.Helper()
	h := d.get(id)
	h.Phone = phone
	d.put(h)
}

// gone expects that the device does not hold a record.
func (d *device) setDeleted(id uuid.UUID, deleted bool) {
	d.t.Helper()
	var f clientlib.Form
	f.Set(id, map[string]any{syncproto.FieldDeleted: deleted})
	d.save(&f)
}

func (d *device) gone(id uuid.UUID) {
	d.t.Helper()
	if r, err := d.store.Get(d.t.Context(), id); !errors.Is(err, clientlib.ErrNotFound) {
		d.t.Errorf("the device still shows %+v, %v", r, err)
	}
}

func (d *device) status() clientlib.Status {
	d.t.Helper()
	s, err := d.store.Status(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	return s
}

func (d *device) attention() []clientlib.Attention {
	d.t.Helper()
	all, err := d.store.Attention(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	return all
}

// kinds gives the kinds of what needs attention, in order.
func (d *device) kinds() (out []clientlib.Kind) {
	d.t.Helper()
	for _, a := range d.attention() {
		out = append(out, a.Kind)
	}
	return out
}

// outbox gives the changes that a device would send, as a rescue file shows them.
func (d *device) outbox(history bool) (out []syncproto.Change) {
	d.t.Helper()
	for _, r := range d.rescue(history) {
		out = append(out, r.Changes...)
	}
	return out
}

// version names the n-th of what a device would send.
func (d *device) version(n int64) syncproto.Version {
	d.t.Helper()
	for _, r := range d.rescue(true) {
		tip := r.Known
		for _, c := range r.Changes {
			if tip = (syncproto.Tip{N: c.N, Hash: c.Chain(tip.Hash)}); c.N == n {
				return tip.Version(r.Device)
			}
		}
	}
	d.t.Fatalf("the device has no change %d", n)
	return syncproto.Version{}
}

// sql runs a statement on the store's file, behind the library's back.
func (d *device) sql(query string, args ...any) {
	d.t.Helper()
	db, err := sql.Open("sqlite", "file:"+d.path)
	if err != nil {
		d.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(context.Background(), query, args...); err != nil {
		d.t.Fatal(err)
	}
}

// same expects two lists to be equal.
func same[T comparable](t testing.TB, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// is expects two things to be equal.
func is[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
