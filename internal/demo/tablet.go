package demo

import (
	"context"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"satchel/clientlib"
	"satchel/internal/names"
)

// A tablet is a device's store on disk, with the shares of the plan that its worker records on it.
type tablet struct {
	name   string
	shares []share
	path   string
	store  *clientlib.Store
	link   *link
	rng    *rand.Rand
	// astray is how far its clock is off, in nanoseconds.
	astray atomic.Int64
	clock  *clock

	known    reference
	families []family
}

// pin locks every tablet of the demo.
const pin = "246810"

// newTablet prepares a tablet; what it records depends on its name and the seed only.
func newTablet(name, path string, shares []share, seed uint64, clock *clock) *tablet {
	t := &tablet{name: name, path: path, clock: clock, link: &link{RoundTripper: http.DefaultTransport}}
	for _, s := range shares {
		if s.tablet == name {
			t.shares = append(t.shares, s)
		}
	}
	t.rng = rand.New(rand.NewPCG(seed, uint64(crc32.ChecksumIEEE([]byte(name))))) //nolint:gosec // G404: it makes up people, and no secret
	return t
}

// worker gives the name of whoever carries the tablet.
func (t *tablet) worker() string { return "Worker of " + t.name }

// now is the tablet's own clock.
func (t *tablet) now() time.Time { return t.clock.now().Add(time.Duration(t.astray.Load())) }

func (t *tablet) options() clientlib.Options {
	return clientlib.Options{Clock: t.now, Program: "satchel demo", HTTP: &http.Client{Transport: t.link}}
}

// enrol makes the store, makes it one of the server's, and fetches what everybody has.
func (t *tablet) enrol(ctx context.Context, server, code string) (err error) {
	if t.store, err = clientlib.Create(ctx, t.path, pin, t.options()); err != nil {
		return err
	}
	if err := t.store.Enrol(ctx, server, code, ""); err != nil {
		return err
	}
	if err := t.sync(ctx); err != nil {
		return err
	}
	t.known, err = readReference(ctx, t.store)
	return err
}

// sync brings both sides up to date, and fails unless the tablet could be lost afterwards.
func (t *tablet) sync(ctx context.Context) error {
	result, err := t.store.Sync(ctx, nil)
	if err == nil && !result.Safe {
		err = fmt.Errorf("the tablet and the server do not hold the same after a sync")
	}
	if err != nil {
		return fmt.Errorf("sync %s: %w", t.name, err)
	}
	return nil
}

// recordShares fills in the forms of all its shares.
func (t *tablet) recordShares(ctx context.Context) error {
	status, err := t.store.Status(ctx)
	if err != nil {
		return err
	}
	for i, s := range t.shares {
		r := &recorder{
			share: s, store: t.store, worker: status.Holder, rng: t.rng, names: names.New(t.rng), known: t.known,
			card: fmt.Sprintf("IDP-%s-%d", strings.ToUpper(t.name), i+1),
		}
		if err := r.record(ctx); err != nil {
			return fmt.Errorf("record on %s: %w", t.name, err)
		}
		t.families = append(t.families, r.families...)
	}
	return nil
}

// copyTo writes the tablet's file to another path, as it is at this moment. The tablet is switched off
// meanwhile.
func (t *tablet) copyTo(ctx context.Context, path string) error {
	return t.off(ctx, func() error { return copyFile(t.path, path) })
}

// restoreFrom puts a copy in the place of the tablet's file.
func (t *tablet) restoreFrom(ctx context.Context, path string) error {
	return t.off(ctx, func() error { return copyFile(path, t.path) })
}

// off does something while the tablet is switched off.
func (t *tablet) off(ctx context.Context, do func() error) error {
	if err := t.store.Close(); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	var err error
	t.store, err = clientlib.Open(ctx, t.path, pin, t.options())
	return err
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, text, 0o600) //nolint:gosec // G703: both are in the demo's own directory
	}
	if err != nil {
		return fmt.Errorf("copy a tablet's file: %w", err)
	}
	return nil
}
