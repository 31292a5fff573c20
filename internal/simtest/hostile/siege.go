package hostile

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"runtime/metrics"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
)

// A Siege is what a rogue device came to, and what the honest ones noticed of it.
type Siege struct {
	Seed            uint64
	Devices, Rounds int
	// Calm and Under are the honest devices' syncs without and with the rogue.
	Calm, Under Pace
	// Requests is how many the rogue made.
	Requests int64
	// PeakHeap is what the heap of the process came to under the rogue, in bytes: the server's, and the
	// devices'.
	PeakHeap uint64
	// Households is how many were recorded; every one of them is on the server in the end.
	Households int
}

// A Pace is how long syncs took.
type Pace struct{ Median, P99 time.Duration }

// Slower is how many times longer the median is than without the rogue.
func (s Siege) Slower() float64 { return float64(s.Under.Median) / float64(max(s.Calm.Median, 1)) }

// atOnce is how many honest devices sync at the same time, as in an office to which everybody comes back.
const atOnce = 4

// Rogue has honest devices record and sync over real HTTP, for some rounds in peace and as many beside one
// enrolled device that attacks without end. It fails if any honest device does not end safe, or anything that
// it recorded is not on the server; how much slower they got is for the caller to judge.
func Rogue(ctx context.Context, seed uint64, devices, rounds int) (Siege, error) {
	s := Siege{Seed: seed, Devices: devices, Rounds: rounds}
	o, err := openOffice(ctx)
	if err != nil {
		return s, err
	}
	serving, stop := context.WithCancel(ctx)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		stop()
		return s, errors.Join(err, o.close())
	}
	ended := make(chan error, 1)
	go func() { ended <- o.srv.Serve(serving, listener) }()
	o.address = listener.Addr().String()
	if err = o.furnish(ctx); err == nil {
		err = s.play(ctx, o)
	}
	stop()
	if err = errors.Join(err, <-ended, o.close()); err != nil {
		return s, fmt.Errorf("seed %d: %w", seed, err)
	}
	return s, nil
}

// play is the peace and then the siege.
func (s *Siege) play(ctx context.Context, o *office) (err error) {
	crowd, err := gatherCrowd(ctx, o, s.Devices)
	defer func() { err = errors.Join(err, crowd.close()) }()
	if err != nil {
		return err
	}
	if s.Calm, err = crowd.rounds(ctx, s.Rounds); err != nil {
		return fmt.Errorf("in peace: %w", err)
	}
	device, err := o.enrol(ctx, "Rogue", o.callers[0].device.worker)
	if err != nil {
		return err
	}
	g := newRogue(o.address, device, s.Seed, o.now().UnixMilli())
	attacking, enough := context.WithCancel(ctx)
	var attack sync.WaitGroup
	attack.Go(func() { g.attack(attacking) })
	attack.Go(func() { s.PeakHeap = watchHeap(attacking) })
	s.Under, err = crowd.rounds(ctx, s.Rounds)
	enough()
	attack.Wait()
	s.Requests, s.Households = g.requests.Load(), 2*s.Devices*s.Rounds
	if err != nil {
		return fmt.Errorf("beside the rogue: %w", err)
	}
	return crowd.judge(ctx, o, s.Households)
}

// watchHeap gives the largest size of the heap until ctx ends.
func watchHeap(ctx context.Context) (peak uint64) {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		metrics.Read(sample)
		peak = max(peak, sample[0].Value.Uint64())
		select {
		case <-tick.C:
		case <-ctx.Done():
			return peak
		}
	}
}

// A crowd are honest devices.
type crowd struct {
	area   uuid.UUID
	stores []*clientlib.Store
}

func (c *crowd) close() (err error) {
	for _, s := range c.stores {
		err = errors.Join(err, s.Close())
	}
	return err
}

// gatherCrowd enrols honest devices in an area of their own.
func gatherCrowd(ctx context.Context, o *office, devices int) (*crowd, error) {
	c := &crowd{}
	var err error
	if c.area, err = o.area(ctx, "Niš"); err != nil {
		return c, err
	}
	worker, err := o.person(ctx, "worker.of.nis", "worker", "", c.area)
	if err != nil {
		return c, err
	}
	for i := range devices {
		store, err := clientlib.Create(ctx, filepath.Join(o.dir, fmt.Sprintf("honest-%d.db", i)), pin, clientlib.Options{
			PINCost: cheap, HTTP: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}},
		})
		if err != nil {
			return c, err
		}
		c.stores = append(c.stores, store)
		made, err := o.srv.Accounts.Invite(ctx, o.admin, worker, fmt.Sprint("Honest ", i), []uuid.UUID{c.area})
		if err != nil {
			return c, err
		}
		if err := store.Enrol(ctx, "http://"+o.address, made.Code, ""); err != nil {
			return c, err
		}
		if _, err := store.Sync(ctx, nil); err != nil {
			return c, err
		}
	}
	return c, nil
}

// rounds has every device record a household and sync, so many times, and gives how long the syncs took.
func (c *crowd) rounds(ctx context.Context, rounds int) (Pace, error) {
	var mu sync.Mutex
	var took []time.Duration
	var failed error
	turns := make(chan *clientlib.Store)
	var all, round sync.WaitGroup
	for range atOnce {
		all.Go(func() {
			for store := range turns {
				d, err := c.visit(ctx, store)
				mu.Lock()
				took, failed = append(took, d), errors.Join(failed, err)
				mu.Unlock()
				round.Done()
			}
		})
	}
	for range rounds {
		for _, store := range c.stores {
			round.Add(1)
			turns <- store
		}
		round.Wait() // nobody syncs twice at once
	}
	close(turns)
	all.Wait()
	slices.Sort(took)
	return Pace{Median: took[len(took)/2], P99: took[len(took)*99/100]}, failed
}

// visit records a household and syncs.
func (c *crowd) visit(ctx context.Context, store *clientlib.Store) (time.Duration, error) {
	var form clientlib.Form
	form.Create("households", map[string]any{"head_name": fmt.Sprint("Family ", rand.IntN(1000)), "status": "idp", "area": c.area}) //nolint:gosec // any name will do
	if err := store.Save(ctx, &form); err != nil {
		return 0, err
	}
	begun := time.Now()
	_, err := store.Sync(ctx, nil)
	return time.Since(begun), err
}

// judge checks that every honest device is safe and has everything that any of them recorded.
func (c *crowd) judge(ctx context.Context, o *office, households int) error {
	for i, store := range c.stores {
		result, err := store.Sync(ctx, nil)
		if err != nil || !result.Safe {
			return fmt.Errorf("honest device %d ends with %+v: %w", i, result, orNotSafe(err))
		}
		list, err := store.List(ctx, "households", uuid.Nil)
		if err != nil || len(list) != households {
			return fmt.Errorf("honest device %d has %d households of %d: %w", i, len(list), households, orNotSafe(err))
		}
	}
	return o.look(ctx)
}
