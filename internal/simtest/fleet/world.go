// Package fleet plays an aid programme in simulated time: a real server, five to ten tablets with real
// stores, and everything that goes wrong, for some weeks in a second.
//
// One seed decides who does what when, and what becomes of links, clocks, disks and machines. People
// look at what is on the screen and act on it, and a ledger outside of the system notes what they saved
// and saw. In the end all faults stop, every tablet syncs, and the oracle compares what there is with
// what the ledger says there must be.
//
// It promises that a seed plays the same history in every fresh process, with SQLite at the office. With PostgreSQL
// there a seed decides the same, and what comes of it may differ in each process: the database answers over real
// sockets, while simulated time stands still, and what it was doing when the power was cut is for itself to finish.
// There is one server at a time; several over one database are for the tests of the programs.
//
// It never looks at how the product does something: it uses what any program could use, reads the office's database for
// what it shows, and listens to the bytes that reach a tablet.
package fleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"satchel/internal/simtest/disk"
	"satchel/internal/simtest/link"
	"satchel/internal/simtest/oracle"
	"satchel/server"
	"satchel/syncproto"
)

// An Outcome is what came of a history.
type Outcome struct {
	Seed uint64
	// Story tells what happened, a line each.
	Story []string
	// Broken are the promises that were broken.
	Broken []oracle.Violation
	// Faults counts what went wrong, by kind.
	Faults map[string]int
	// Simulated is how long it took in simulated time.
	Simulated time.Duration
	// Changes, Conflicts, Records and Photos count what there was in the end.
	Changes, Conflicts, Records, Photos int
}

// A world is one history under way.
type world struct {
	root    string
	app     string
	begin   time.Time
	span    time.Duration
	narrow  bool
	net     link.Network
	office  *office
	tablets []*tablet
	// copies is how many of the last of them came to be, by copying.
	copies int
	// mu guards what actors do to the ledger and to one another's notes.
	mu     sync.Mutex
	ledger *ledger

	telling sync.Mutex
	out     Outcome
}

// A Setting says where a plan is played.
type Setting struct {
	// Root is where the files are.
	Root string
	// Postgres is the URL of the PostgreSQL cluster of the office's database; "" is SQLite.
	Postgres string
	// App is where the program of the field app was built, which keeps the store of every other tablet; "" is clientlib
	// for all.
	App string
}

// Play plays a plan and judges it. A process plays one.
func Play(t *testing.T, p Plan, at Setting) Outcome {
	if err := disk.Install(); err != nil {
		t.Fatal(err)
	}
	db, err := newDatabase(t.Context(), at.Root, at.Postgres)
	if err != nil {
		t.Fatal(err)
	}
	cryptotest.SetGlobalRandom(t, p.Seed)
	w := &world{root: at.Root, app: at.App, ledger: newLedger(), out: Outcome{Seed: p.Seed, Faults: map[string]int{}}}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		w.play(ctx, t, p, db)
	})
	return w.out
}

func (w *world) play(ctx context.Context, t *testing.T, p Plan, db database) {
	w.begin, w.span, w.narrow = time.Now(), p.Span, p.Narrow
	if err := w.setUp(ctx, p, db); err != nil {
		t.Fatal(err)
	}
	cuts := make(chan *rand.Rand, 16)
	w.office.machine.cuts = func(r *rand.Rand) {
		w.net.Break() // nothing that the office says from now on reaches anybody
		w.say("office", "loses power")
		w.fault("power cut at the office")
		cuts <- r
	}
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		w.office.watch(ctx, cuts)
	}()
	var actors sync.WaitGroup
	actors.Go(func() { w.act(ctx, p.of(0), w.office.do) })
	for i, tablet := range w.tablets {
		actors.Go(func() { w.act(ctx, p.of(i+1), tablet.do) })
	}
	actors.Wait()
	close(cuts)
	<-watched
	w.office.machine.cuts = func(*rand.Rand) {}
	w.calm(ctx)
	w.judge(ctx)
	if err := w.tearDown(ctx); err != nil {
		t.Error(err)
	}
	w.out.Simulated = time.Since(w.begin)
}

// act does the steps of one actor when their time comes, or as soon as the one before is done.
func (w *world) act(ctx context.Context, steps []Step, do func(context.Context, Step)) {
	for _, s := range steps {
		if wait := time.Until(w.begin.Add(s.At)); wait > 0 {
			time.Sleep(wait) //nolint:forbidigo // it is the life between two steps, in simulated time
		}
		do(ctx, s)
	}
}

// rest waits for the next full minute: how long a server takes to stop is not the seed's to say.
func (w *world) rest() {
	time.Sleep(time.Minute - time.Since(w.begin)%time.Minute) //nolint:forbidigo // in simulated time
}

// say adds a line to the story.
func (w *world) say(who, format string, args ...any) {
	w.telling.Lock()
	defer w.telling.Unlock()
	at := time.Since(w.begin).Truncate(time.Millisecond)
	days := at / (24 * time.Hour)
	line := fmt.Sprintf("day %2d %13v  %-9s ", days, at-days*24*time.Hour, who) + fmt.Sprintf(format, args...)
	w.out.Story = append(w.out.Story, line)
}

// fault counts something that goes wrong.
func (w *world) fault(kind string) {
	w.telling.Lock()
	defer w.telling.Unlock()
	w.out.Faults[kind]++
}

// broke notes that a promise was broken.
func (w *world) broke(promise, format string, args ...any) {
	w.telling.Lock()
	defer w.telling.Unlock()
	w.out.Broken = append(w.out.Broken, oracle.Violation{Promise: promise, What: fmt.Sprintf(format, args...)})
}

// orError tells how something ended that did not end well: with the sentence that people are told, and
// without what may differ from one process to the next.
func orError(err error) string {
	var problem *syncproto.Problem
	switch {
	case err == nil:
		return ""
	case errors.As(err, &problem):
		return fmt.Sprintf(" (%s)", problem.Code)
	}
	sentence, _, _ := strings.Cut(err.Error(), ";")
	sentence, _, _ = strings.Cut(sentence, ": Post")
	return fmt.Sprintf(" (%s)", sentence)
}

func (w *world) setUp(ctx context.Context, p Plan, db database) error {
	machine, err := newMachine(filepath.Join(w.root, "office"), db.mount)
	if err != nil {
		return err
	}
	machine.pace = db.pace()
	o := &office{w: w, machine: machine, db: db, turn: make(chan struct{}, 1), log: &bytes.Buffer{}, workers: map[uuid.UUID]uuid.UUID{}}
	o.reported, o.orders, o.decided = map[string]string{}, oracle.NewOrders(), map[oracle.Version]oracle.Decision{}
	o.decayed, o.missed = map[string]bool{}, map[string]bool{}
	o.setClock(0)
	w.office = o
	o.turn <- struct{}{}
	if err := errors.Join(o.start(ctx), o.furnish(ctx)); err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(p.Seed, 4)) //nolint:gosec // it makes up a story
	for i := range p.Tablets + maxCopies {
		t := &tablet{w: w, name: fmt.Sprint("tablet ", i+1), gone: true, locked: true, step: []int{0, 2, 0, 5}[i%4]}
		t.wire = &wire{net: &w.net, heard: t.heard}
		t.wire.use(link.Good(100 * time.Millisecond))
		if t.machine, err = newMachine(filepath.Join(w.root, fmt.Sprint("tablet-", i+1)), file{}.mount); err != nil {
			return err
		}
		t.machine.cuts = func(*rand.Rand) { w.fault("power cut of a tablet") }
		w.tablets = append(w.tablets, t)
		if i >= p.Tablets {
			continue
		}
		t.invited = o.someAreas(r)
		if w.app != "" && i%2 == 1 {
			if err := t.useApp(ctx, p.Seed); err != nil {
				return err
			}
		}
		if t.store, err = t.createStore(ctx); err != nil {
			return err
		}
		t.gone = false
		if _, err := t.syncOnce(ctx, nil); err != nil {
			return err
		}
		t.wire.hangUp()
		if i == p.Tablets/2 {
			o.back(ctx)
			o.first = o.backup
		}
	}
	return nil
}

// furnish makes the people, areas and first households of a programme.
func (o *office) furnish(ctx context.Context) error {
	admin, err := o.srv.Accounts.AddUser(ctx, uuid.Nil, server.NewUser{Login: "ana", Name: "Administrator", Role: "administrator"})
	if err != nil {
		return err
	}
	o.admin = admin.ID
	ids := make([]uuid.UUID, 6)
	for i := range ids {
		if ids[i], err = uuid.NewV7(); err != nil {
			return err
		}
	}
	o.country, o.areas, o.project, o.kind = ids[0], ids[1:4], ids[4], ids[5]
	edits := []server.OfficeEdit{
		of("areas", o.country, map[string]any{"name": "Country", "level": "country"}),
		of("projects", o.project, map[string]any{"code": "P1", "title": "Houses"}),
		of("assistance_types", o.kind, map[string]any{"code": "T1", "name": "Package", "category": "housing", "limit_per_household": limit}),
	}
	for i, area := range o.areas {
		edits = append(edits, of("areas", area, map[string]any{"name": fmt.Sprint("Area ", i), "level": "municipality", "parent": o.country}))
	}
	if _, err := o.save(ctx, edits...); err != nil {
		return err
	}
	for _, area := range append([]uuid.UUID{o.country}, o.areas...) {
		worker, err := o.srv.Accounts.AddUser(ctx, o.admin, server.NewUser{
			Login: "w" + area.String(), Name: "Worker " + area.String()[:8], Role: "worker", Areas: []uuid.UUID{area},
		})
		if err != nil {
			return err
		}
		o.workers[area] = worker.ID
	}
	if err := o.define(ctx); err != nil {
		return err
	}
	return o.firstHouseholds(ctx)
}

func (o *office) firstHouseholds(ctx context.Context) error {
	var edits []server.OfficeEdit
	for _, area := range o.areas {
		for range 2 {
			id, err := uuid.NewV7()
			if err != nil {
				return err
			}
			name := o.w.ledger.text(o.w.ledger.name("households", id))
			edits = append(edits, of("households", id, map[string]any{"head_name": name, "status": "idp", "area": area}))
		}
	}
	_, err := o.save(ctx, edits...)
	return err
}

// of makes an edit of plain values.
func of(collection string, id uuid.UUID, fields map[string]any) server.OfficeEdit {
	e := server.OfficeEdit{Collection: collection, Record: id, Fields: map[string]syncproto.Value{}}
	for name, text := range valuesOf(fields) {
		e.Fields[name] = syncproto.Value(text)
	}
	return e
}

// anyTablet draws one of those that are there from the beginning.
func (w *world) anyTablet(r *rand.Rand) *tablet { return w.tablets[r.IntN(len(w.tablets)-maxCopies)] }

// nextCopy gives a tablet that is not there yet, nil if all are.
func (w *world) nextCopy() *tablet {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.copies == maxCopies {
		return nil
	}
	w.copies++
	return w.tablets[len(w.tablets)-maxCopies+w.copies-1]
}

func (w *world) areaNames(areas []uuid.UUID) string {
	var out []string
	for _, area := range areas {
		out = append(out, w.ledger.name("areas", area))
	}
	return strings.Join(out, " and ")
}
