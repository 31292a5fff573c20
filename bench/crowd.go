package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"satchel/internal/village"
	"satchel/server"
)

// A daily sync: what a tablet brings back to the office, and what others recorded of its area meanwhile.
const (
	dailyUp   = 50
	dailyDown = 300
)

// perArea is how many tablets share an area.
const perArea = 10

// crowd measures how long each of many devices waits that all come back to the office at once.
func (c *cli) crowd(ctx context.Context, bin string) (err error) {
	if err := buildSatchel(ctx, bin); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(c.Scratch, "satchel-bench-")
	if err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	fmt.Fprintf(os.Stderr, "%d devices at once: enrolling\n", c.Crowd)
	groups, err := enrolCrowd(ctx, dir, c.Crowd)
	if err != nil {
		return err
	}
	s := &satchel{program: bin + "/satchel"}
	if s.process, err = start(ctx, s.program, "serve", "--data", dir, "--listen", "127.0.0.1:0"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.end()) }()
	fmt.Fprintf(os.Stderr, "%d devices at once: what is there already\n", c.Crowd)
	var bodies [][]byte
	var pens []*pen
	for _, g := range groups {
		more, err := g.prepare(ctx, s.address)
		if err != nil {
			return err
		}
		bodies, pens = append(bodies, more...), append(pens, g.pens...)
	}
	fmt.Fprintf(os.Stderr, "%d devices at once: now\n", c.Crowd)
	took, again, err := syncAtOnce(ctx, pens, bodies)
	if err != nil {
		return err
	}
	used, err := s.spent()
	if err != nil {
		return err
	}
	slices.Sort(took)
	at := func(percent int) time.Duration {
		return took[min(len(took)-1, len(took)*percent/100)].Round(time.Millisecond)
	}
	fmt.Printf("%d devices come back at once, each with %d changes, for %d records:\n\n", c.Crowd, dailyUp, dailyDown)
	fmt.Println("| failed | told to come again | half of them within | p90 | p99 | the last | memory of the server |\n|---|---|---|---|---|---|---|")
	fmt.Printf("| none | %d times | %v | %v | %v | %v | %d MiB |\n\n", again, at(50), at(90), at(99), at(100), used.Memory>>20)
	return nil
}

// A group is the tablets of an area.
type group struct {
	village *village.Village
	pens    []*pen
}

// enrolCrowd enrols so many devices.
func enrolCrowd(ctx context.Context, dir string, devices int) (groups []group, err error) {
	o, err := openOffice(ctx, server.Config{Dir: dir})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	transport := &http.Transport{DisableKeepAlives: true, DisableCompression: true} // a device's link ends with its sync
	for n := 0; n < devices; n += perArea {
		g := group{village: village.New(uint64(n))}
		area := g.village.Area
		if err := o.settle(ctx, area, fmt.Sprint("Village ", n)); err != nil {
			return nil, err
		}
		worker, err := o.employ(ctx, fmt.Sprint("worker", n), area)
		if err != nil {
			return nil, err
		}
		for range min(perArea, devices-n) {
			p, err := o.pen(ctx, worker, area, transport)
			if err != nil {
				return nil, err
			}
			g.pens = append(g.pens, p)
		}
		groups = append(groups, g)
	}
	return groups, nil
}

// prepare has the first tablet of the area bring in what the others are going to fetch, and gives each one's request.
func (g group) prepare(ctx context.Context, address string) (bodies [][]byte, err error) {
	for i, p := range g.pens {
		p.address = address
		if i == 0 {
			there, err := p.encode([][]village.Entry{g.village.Households(dailyDown)})
			if err != nil {
				return nil, err
			}
			if err := p.send(ctx, there); err != nil {
				return nil, err
			}
		}
		p.page = dailyDown
		own, err := p.encode([][]village.Entry{g.village.Households(dailyUp)})
		if err != nil {
			return nil, err
		}
		bodies = append(bodies, own...)
	}
	return bodies, nil
}

// syncAtOnce gives how long each device took, from the moment at which all of them begin, and how often one was told
// to come again.
func syncAtOnce(ctx context.Context, pens []*pen, bodies [][]byte) (took []time.Duration, again int64, err error) {
	took = make([]time.Duration, len(pens))
	errs := make([]error, len(pens))
	var all sync.WaitGroup
	var told atomic.Int64
	began := time.Now()
	for i, p := range pens {
		all.Go(func() {
			var busy *busyError
			for errs[i] = p.send(ctx, bodies[i:i+1]); errors.As(errs[i], &busy); errs[i] = p.send(ctx, bodies[i:i+1]) {
				told.Add(1)
				select {
				case <-time.After(busy.after + rand.N(busy.after/4)):
				case <-ctx.Done():
				}
			}
			took[i] = time.Since(began)
		})
	}
	all.Wait()
	return took, told.Load(), errors.Join(errs...)
}

// A busyError tells a device to come again.
type busyError struct{ after time.Duration }

func (e *busyError) Error() string { return fmt.Sprintf("the server is busy for another %v", e.after) }

// busy gives when an answer tells to come again, nil if it does not.
func busy(res *http.Response) error {
	seconds, _ := strconv.Atoi(res.Header.Get("Retry-After"))
	if res.StatusCode != http.StatusServiceUnavailable || seconds < 1 {
		return nil
	}
	return &busyError{time.Duration(seconds) * time.Second}
}
