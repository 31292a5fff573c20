package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/internal/simtest/link"
	"satchel/internal/village"
	"satchel/server"
	"satchel/syncproto"
)

// The link of a village with 2G: how long a byte is on its way, and how many go in a second.
const (
	villageLatency = 300 * time.Millisecond
	villageRate    = 30_000
)

// firstHouseholds is how many households a new tablet fetches.
const firstHouseholds = 10_000

// tokenLife is longer than an access token lives: a tablet that was in a village for a day has to get a new one first.
const tokenLife = time.Hour

// daily measures a real device: its whole first sync without a link between, and its daily sync over a village's.
func (c *cli) daily(ctx context.Context, _ string) (err error) {
	dir, err := os.MkdirTemp(c.Scratch, "satchel-bench-")
	if err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	d := &day{}
	if err := d.open(ctx, dir); err != nil {
		return err
	}
	defer func() { stop(); err = errors.Join(err, <-d.served, d.office.Close()) }()
	fmt.Fprintln(os.Stderr, "a device: its first sync")
	other, err := d.tablet(ctx, dir, "other")
	if err != nil {
		return err
	}
	defer other.close()
	if err := other.record(ctx, d.village.Households(firstHouseholds)); err != nil {
		return err
	}
	one, err := d.tablet(ctx, dir, "one")
	if err != nil {
		return err
	}
	defer one.close()
	began := time.Now()
	first, err := one.store.Sync(ctx, nil)
	if err != nil {
		return err
	}
	took := time.Since(began)
	fmt.Printf("The first sync of a device, %d households, without a link between: %.1f s, %.1f thousand records a second, %d bytes a record.\n\n",
		first.Records, took.Seconds(), float64(first.Records)/took.Seconds()/1000, first.BytesDown/int64(first.Records))
	return d.villageSync(ctx, one, other)
}

// villageSync measures the daily sync of one tablet.
func (d *day) villageSync(ctx context.Context, one, other *tablet) error {
	if err := other.record(ctx, d.village.Households(dailyDown)); err != nil {
		return err
	}
	if err := one.save(ctx, d.village.Households(dailyUp)); err != nil {
		return err
	}
	d.ahead.Add(int64(tokenLife))
	one.http.CloseIdleConnections()
	one.luck.Store(&link.Luck{Latency: villageLatency, Rate: villageRate, Up: -1, Down: -1})
	fmt.Fprintln(os.Stderr, "a device: its daily sync over a slow link")
	one.requests.Store(0)
	began := time.Now()
	result, err := one.store.Sync(ctx, nil)
	if err != nil {
		return err
	}
	took := time.Since(began)
	own := time.Duration(float64(result.BytesUp+result.BytesDown) / villageRate * float64(time.Second))
	trips := time.Duration(one.requests.Load()) * 2 * villageLatency
	fmt.Printf("A daily sync, %d up and %d down, over a link of %v and %d kB/s:\n\n", result.Changes, result.Records, 2*villageLatency, villageRate/1000)
	fmt.Println("| took | round trips | of these to get a new token | bytes up | bytes down | the link's own time for bytes and round trips |\n|---|---|---|---|---|---|")
	fmt.Printf("| %.1f s | %d | %d | %d | %d | %.1f s |\n\n", took.Seconds(), one.requests.Load(), int(one.requests.Load())-result.Exchanges, result.BytesUp, result.BytesDown, (own + trips).Seconds())
	return nil
}

// A day is an office with a village, on a network in memory.
type day struct {
	office  *office
	village *village.Village
	worker  uuid.UUID
	network link.Network
	served  chan error
	// ahead is how far the clocks of everybody are ahead.
	ahead atomic.Int64
}

func (d *day) now() time.Time { return time.Now().Add(time.Duration(d.ahead.Load())) }

func (d *day) open(ctx context.Context, dir string) (err error) {
	if d.office, err = openOffice(ctx, server.Config{Dir: filepath.Join(dir, "office"), Now: d.now}); err != nil {
		return err
	}
	d.village = village.New(1)
	if err := d.office.settle(ctx, d.village.Area, "Village"); err != nil {
		return err
	}
	if d.worker, err = d.office.employ(ctx, "worker", d.village.Area); err != nil {
		return err
	}
	d.served = make(chan error, 1)
	listener := d.network.Listen()
	go func() { d.served <- d.office.Serve(ctx, listener) }()
	return nil
}

// A tablet is a real device.
type tablet struct {
	store *clientlib.Store
	http  *http.Transport
	// luck is that of the next connection; requests counts.
	luck     atomic.Pointer[link.Luck]
	requests atomic.Int64
}

// RoundTrip counts a request.
func (t *tablet) RoundTrip(req *http.Request) (*http.Response, error) {
	t.requests.Add(1)
	return t.http.RoundTrip(req)
}

// tablet enrols a device.
func (d *day) tablet(ctx context.Context, dir, name string) (*tablet, error) {
	t := &tablet{}
	good := link.Good(0)
	t.luck.Store(&good)
	t.http = &http.Transport{DisableCompression: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return d.network.Dial(ctx, *t.luck.Load())
	}}
	var err error
	t.store, err = clientlib.Create(ctx, filepath.Join(dir, name+".db"), "4711-4711", clientlib.Options{
		HTTP: &http.Client{Transport: t}, Clock: d.now, PlainHTTP: true,
	})
	if err != nil {
		return nil, err
	}
	code, err := d.office.invite(ctx, d.worker, d.village.Area)
	if err != nil {
		return t, err
	}
	return t, t.store.Enrol(ctx, "http://office.example", code, "")
}

func (t *tablet) close() { t.store.Close() } //nolint:errcheck // it is thrown away

// save saves entries, a form for each hundred.
func (t *tablet) save(ctx context.Context, entries []village.Entry) error {
	var form clientlib.Form
	for i, e := range entries {
		known := map[string]any{}
		for name, x := range e.Fields {
			if collection, _ := syncproto.CollectionOf(e.Collection); has(collection, name) {
				known[name] = x
			}
		}
		form.Create(e.Collection, known)
		if i%100 == 99 || i+1 == len(entries) {
			if err := t.store.Save(ctx, &form); err != nil {
				return err
			}
			form = clientlib.Form{}
		}
	}
	return nil
}

func has(c syncproto.Collection, field string) bool {
	_, ok := c.Field(field)
	return ok
}

// record saves entries and syncs.
func (t *tablet) record(ctx context.Context, entries []village.Entry) error {
	if err := t.save(ctx, entries); err != nil {
		return err
	}
	_, err := t.store.Sync(ctx, nil)
	return err
}
