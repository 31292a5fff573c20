package demo

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"

	"satchel/server"
)

// Options say how to run the demo. The zero Options, with an Out, are good.
type Options struct {
	// Dir is the server's data directory; it has to be empty or not there. If it is "", there is one
	// for the time of the demo.
	Dir string
	// Listen is the address to listen on; any free port of this machine if it is "".
	Listen string
	// Once ends the demo once everything is printed; otherwise it goes on serving.
	Once bool
	// Seed decides which people are made up.
	Seed uint64
	// Out takes what is printed.
	Out io.Writer
}

// ErrDiffers means that a figure is not the published one.
var ErrDiffers = errors.New("a figure differs from the published one")

// ErrNotEmpty means that the data directory holds something already.
var ErrNotEmpty = errors.New("the demo needs a data directory of its own; name one that is empty, or none")

// Run runs the demo and prints it. It ends when ctx does or, with Once, by itself; then it fails with
// [ErrDiffers] if a figure differs.
func Run(ctx context.Context, o Options) error {
	d, err := start(ctx, o)
	if err != nil {
		return err
	}
	err = d.play(ctx)
	if err == nil {
		err = d.report(ctx)
	}
	if !o.Once && (err == nil || errors.Is(err, ErrDiffers)) {
		d.say("Serving until Ctrl-C.")
		err = errors.Join(err, d.wait(ctx))
	}
	return errors.Join(err, d.close())
}

// A demo is one run.
type demo struct {
	out     io.Writer
	began   time.Time
	clock   *clock
	server  *server.Server
	url     string
	stopped chan error
	stop    context.CancelFunc
	// data is the server's data directory; scratch, which is removed at the end, has the tablets' files.
	data, scratch string

	admin     uuid.UUID
	password  string
	catalogue *catalogue
	tablets   []*tablet
	incidents []incident
	// again are the households that were registered a second time, and wait for a decision.
	again []uuid.UUID
}

// start prepares everything up to a server that listens.
func start(ctx context.Context, o Options) (*demo, error) {
	d := &demo{out: o.Out, began: time.Now(), clock: newClock(15 * time.Minute), password: rand.Text()}
	if err := needEmpty(o.Dir); err != nil {
		return nil, err
	}
	var err error
	if d.scratch, err = os.MkdirTemp("", "satchel-demo-"); err != nil {
		return nil, fmt.Errorf("make a directory for the tablets: %w", err)
	}
	if err := d.prepareTablets(o.Seed); err != nil {
		return nil, errors.Join(err, os.RemoveAll(d.scratch))
	}
	if err := d.serve(ctx, o); err != nil {
		return nil, errors.Join(err, os.RemoveAll(d.scratch))
	}
	return d, nil
}

// needEmpty fails if there is anything in a directory.
func needEmpty(dir string) error {
	if dir == "" {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look into the data directory: %w", err)
	}
	if len(entries) > 0 {
		return ErrNotEmpty
	}
	return nil
}

func (d *demo) prepareTablets(seed uint64) error {
	shares, err := plan()
	if err != nil {
		return err
	}
	d.catalogue = newCatalogue(shares)
	for _, name := range tabletNames(shares) {
		d.tablets = append(d.tablets, newTablet(name, filepath.Join(d.scratch, name+tabletFile), shares, seed, d.clock))
	}
	return nil
}

// serve runs the server until [demo.close].
func (d *demo) serve(ctx context.Context, o Options) (err error) {
	d.data = cmp.Or(o.Dir, filepath.Join(d.scratch, "server"))
	config := server.Config{Dir: d.data, Listen: cmp.Or(o.Listen, "127.0.0.1:0"), Now: d.clock.now}
	if d.server, err = server.Open(ctx, config); err != nil {
		return err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ready := make(chan net.Addr, 1)
	d.stop, d.stopped = stop, make(chan error, 1)
	go func() { d.stopped <- d.server.Run(running, func(at net.Addr) { ready <- at }) }()
	select {
	case at := <-ready:
		d.url = "http://" + at.String()
		d.say("The server listens on %s, on a data directory of its own.", d.url)
		return nil
	case err := <-d.stopped:
		stop()
		return errors.Join(err, d.server.Close())
	}
}

// wait waits for the end of ctx, or for the server's.
func (d *demo) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-d.stopped:
		d.stopped <- nil
		return err
	}
}

// tabletFile is how the name of a tablet's file ends.
const tabletFile = ".satchel"

// close ends the server and removes what the demo made for itself.
func (d *demo) close() error {
	var err error
	for _, t := range d.tablets {
		if t.store != nil {
			err = errors.Join(err, t.store.Close())
		}
	}
	d.stop()
	return errors.Join(err, <-d.stopped, d.server.Close(), os.RemoveAll(d.scratch))
}

// say prints a line of what is happening, with the seconds since the beginning.
func (d *demo) say(format string, args ...any) {
	fmt.Fprintf(d.out, "%5.1f s  %s\n", time.Since(d.began).Seconds(), fmt.Sprintf(format, args...))
}

// tablet gives a tablet by name.
func (d *demo) tablet(name string) *tablet {
	for _, t := range d.tablets {
		if t.name == name {
			return t
		}
	}
	panic("the plan has no tablet " + name)
}

// each does something with every tablet, with so many at the same time.
func (d *demo) each(atOnce int, do func(*tablet) error) error {
	var group sync.WaitGroup
	room, errs := make(chan struct{}, atOnce), make([]error, len(d.tablets))
	for i, t := range d.tablets {
		group.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			errs[i] = do(t)
		})
	}
	group.Wait()
	return errors.Join(errs...)
}
