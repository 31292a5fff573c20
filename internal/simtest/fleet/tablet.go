package fleet

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/internal/simtest/disk"
	"satchel/internal/simtest/link"
	"satchel/syncproto"
)

// A tablet is a real device store on a machine of its own, and whoever carries it.
type tablet struct {
	w       *world
	name    string
	machine *machine
	store   shelf
	// app is set where the field app keeps the store, and clientlib does not.
	app  *app
	wire *wire
	// step is how much it sends and fetches at once: see [clientlib.Options].
	step int
	// astray is how far its clock is off, in nanoseconds; turns counts how often it was set.
	astray, turns atomic.Int64
	// told is how far the clocks were off when the office told it the time, nil if one may have been set
	// in the middle of that.
	told *clocks
	// device is its identity, as it was when somebody last looked, and met when that was.
	device uuid.UUID
	met    time.Time
	// unclear is set when an enrolment ended without anybody knowing how.
	unclear bool
	// saves are the changes that were saved here, or came with a copy, in order; the last of them may
	// wait to be sent. dropped are those that went when an older copy took their place.
	saves, dropped []*saving
	// invited are the areas for which it is enrolled, and enrolled again.
	invited []uuid.UUID
	// opened is a record that somebody has on the screen.
	opened *clientlib.Record
	// album are photos of a form that is not saved yet, nil if there is none.
	album *album
	// locked is set when the office does not take its credentials: it has to be enrolled again.
	locked bool
	// syncing is set while a sync is under way: the store is not opened anew then.
	syncing bool
	// spoilt is set once somebody took a record out of its file, which may have to be fetched anew.
	spoilt bool
	// gone is set once it has wiped itself, or does not start any more.
	gone bool
	// copied is set once the tablet has a twin, or is one; putBack once an older copy took its place.
	copied, putBack bool
	// author is who is logged in, if it is not the holder.
	author uuid.UUID
	kept   *copyOf
}

// A copyOf is what was kept of a tablet.
type copyOf struct {
	path   string
	saves  []*saving
	device uuid.UUID
}

// clocks are how far those of a tablet and of the office are off, and how often the tablet's was set.
type clocks struct{ own, office, turns int64 }

func (t *tablet) clocks() clocks {
	return clocks{t.astray.Load(), t.w.office.astray.Load(), t.turns.Load()}
}

// turn sets the tablet's clock.
func (t *tablet) turn(astray int64) {
	t.turns.Add(1)
	t.astray.Store(astray)
}

const pin = "4711-4711"

// cheap makes a PIN cost nothing: there is nothing to steal, and thousands of stores to open.
var cheap = clientlib.PINCost{Memory: 8, Passes: 1, Threads: 1}

func (t *tablet) path() string { return filepath.Join(t.machine.dir(), "store.db") }

func (t *tablet) options() clientlib.Options {
	return clientlib.Options{
		Clock:   func() time.Time { return time.Now().Add(time.Duration(t.astray.Load())) },
		Program: "fleet", HTTP: t.wire.client(), PlainHTTP: true, PINCost: cheap, Step: t.step,
	}
}

func (t *tablet) say(format string, args ...any) { t.w.say(t.name, format, args...) }

// do does one step.
func (t *tablet) do(ctx context.Context, s Step) {
	if t.gone {
		return
	}
	r := rand.New(rand.NewPCG(s.Roll, 3)) //nolint:gosec // it makes up a story
	t.arm(r, s.Roll)
	switch s.Kind {
	case registers:
		t.register(ctx, r)
	case edits:
		t.edit(ctx, r, t.any(ctx, r, "households", "people", "visits"), t.another(ctx, r))
	case lends:
		if author := t.w.office.anyWorker(r); t.app == nil { // the app knows its workers, and lets nobody else in
			t.author = author
		}
		t.edit(ctx, r, t.any(ctx, r, "households", "people"), nil)
		t.author = uuid.Nil
	case opens:
		if t.opened == nil {
			t.opened = t.any(ctx, r, "households", "people")
		}
	case fills:
		t.edit(ctx, r, t.opened, nil)
		t.opened = nil
	case deletes:
		t.delete(ctx, t.any(ctx, r, "households", "people", "visits"))
	case takesBack:
		t.takeBack(ctx, r)
	case delivers:
		t.deliver(ctx, r)
	case proves:
		t.photographs(ctx, r)
	case moves:
		t.move(ctx, r)
	case syncs:
		t.sync(ctx, r)
	case restarts:
		t.say("restarts")
		t.restart(ctx)
	case setsClock:
		t.setClock(r)
	case isCopied:
		t.isCopied(ctx)
	case isTripled:
		t.isCopied(ctx)
		t.isCopied(ctx)
	case keepsCopy:
		t.keepCopy(ctx)
	case goesBack:
		t.goBack(ctx)
	case isSpoilt:
		t.isSpoilt(ctx, r)
	case fillsUp:
		t.w.fault("full disk of a tablet")
		t.machine.fillUp(r)
		t.say("has a full disk")
	case freesUp:
		t.machine.calm()
		t.say("has room on its disk")
	case rescues:
		t.rescue(ctx, r)
	}
	if t.machine.dead.Load() {
		t.say("lost power")
		t.restart(ctx)
	}
}

// arm lets something happen to a machine in one of many steps.
func (t *tablet) arm(r *rand.Rand, seed uint64) {
	switch r.IntN(25) {
	case 0, 1:
		t.cutAt(r.IntN(30), seed)
	case 2:
		t.w.fault("operation of a tablet's disk set to fail")
		t.machine.failAt(r.IntN(30), []disk.Failure{disk.EIO, disk.Full}[r.IntN(2)])
	case 3:
		t.w.office.machine.cutAt(r.IntN(60), seed)
	case 4:
		t.w.fault("operation of the office's disk set to fail")
		t.w.office.machine.failAt(r.IntN(60), []disk.Failure{disk.EIO, disk.Full}[r.IntN(2)])
	}
}

// restart opens the store anew, on what is left of it.
func (t *tablet) restart(ctx context.Context) {
	_ = t.store.Close() // on a machine without power this fails
	if t.machine.dead.Load() {
		if err := t.machine.boot(); err != nil {
			panic(err)
		}
	}
	t.open(ctx)
}

// open starts the program on the tablet's file, which may be another one than before. No form is on the screen then.
func (t *tablet) open(ctx context.Context) {
	t.opened = nil
	store, err := t.openStore(ctx)
	if err != nil && t.machine.ill.Load() {
		t.machine.calm()
		store, err = t.openStore(ctx)
	}
	if t.machine.dead.Load() {
		if err == nil {
			_ = store.Close()
		}
		t.restart(ctx)
		return
	}
	if err != nil {
		t.gone = true
		t.w.broke("what was saved stays", "%s does not open: %v", t.name, err)
		return
	}
	t.store = store
	t.resolve(ctx)
}

// openStore starts the tablet's program.
func (t *tablet) openStore(ctx context.Context) (shelf, error) {
	if t.app != nil {
		return t.app, t.app.open(ctx)
	}
	store, err := clientlib.Open(ctx, t.path(), pin, t.options())
	return library{store}, err
}

// createStore makes the tablet's store.
func (t *tablet) createStore(ctx context.Context) (shelf, error) {
	if t.app != nil {
		return t.app, t.app.open(ctx)
	}
	store, err := clientlib.Create(ctx, t.path(), pin, t.options())
	return library{store}, err
}

// cutAt cuts the tablet's power after so many more operations of its disk or, of the field app, messages.
func (t *tablet) cutAt(after int, seed uint64) {
	if t.app != nil {
		t.app.cutAt(after, rand.New(rand.NewPCG(seed, 5))) //nolint:gosec // it makes up a story
		return
	}
	t.machine.cutAt(after, seed)
}

// off does something to the tablet's file while the tablet is switched off.
func (t *tablet) off(ctx context.Context, do func() error) {
	if t.machine.ill.Load() || t.store.Close() != nil || t.machine.dead.Load() {
		t.restart(ctx)
		return
	}
	if err := t.machine.off(func(string) error { return do() }); err != nil {
		panic(err)
	}
	t.open(ctx)
}

func (t *tablet) setClock(r *rand.Rand) {
	now := time.Now()
	to := []time.Time{
		time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC), time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC),
		now.Add(time.Hour), now.Add(-time.Hour), now, now.Add(-time.Minute),
	}[r.IntN(7)]
	t.turn(int64(to.Sub(now)))
	t.w.fault("a clock set wrong")
	t.say("has its clock set to %v", to.Format(time.DateTime))
}

// isCopied has another tablet come to be, which believes to be this one.
func (t *tablet) isCopied(ctx context.Context) {
	if t.gone || t.device == uuid.Nil {
		return
	}
	other := t.w.nextCopy()
	if other == nil {
		return
	}
	if t.app != nil && other.app == nil {
		if err := other.useApp(ctx, 0); err != nil {
			panic(err)
		}
	}
	t.off(ctx, func() error { return copyFile(t.path(), other.path()) })
	if t.gone || !exists(other.path()) {
		return
	}
	t.w.fault("copied tablet")
	t.say("is copied to %s", other.name)
	t.w.mu.Lock()
	defer t.w.mu.Unlock()
	t.copied, other.copied = true, true
	other.saves, other.device, other.invited = slices.Clone(t.saves), t.device, t.invited
	other.met, other.unclear = time.Now(), t.unclear
	other.gone, other.locked, other.spoilt = false, t.locked, t.spoilt
	other.open(ctx)
}

func (t *tablet) keepCopy(ctx context.Context) {
	kept := &copyOf{path: filepath.Join(t.w.root, t.name+"-kept.db"), saves: slices.Clone(t.saves), device: t.device}
	done := false
	t.off(ctx, func() error {
		done = true
		return copyFile(t.path(), kept.path)
	})
	if done {
		t.kept = kept
		t.say("is kept a copy of")
	}
}

// goBack puts an older copy of the file into its place: what was saved since and not sent is lost, as
// its owner chose.
func (t *tablet) goBack(ctx context.Context) {
	if t.kept == nil {
		t.keepCopy(ctx)
		return
	}
	t.w.fault("tablet put back to an older copy")
	t.say("goes back to its copy")
	done := false
	t.off(ctx, func() error {
		done = true
		if err := removeLog(t.path()); err != nil {
			return err
		}
		t.dropped, t.album = append(t.dropped, t.saves...), nil
		t.saves, t.device, t.putBack, t.told = slices.Clone(t.kept.saves), t.kept.device, true, nil
		return copyFile(t.kept.path, t.path())
	})
	if !done {
		t.say("could not")
	}
}

// isSpoilt takes a record out of the tablet's file, behind its back.
func (t *tablet) isSpoilt(ctx context.Context, r *rand.Rand) {
	t.w.fault("record taken out of a tablet's file")
	t.say("has a record taken out of its file")
	t.off(ctx, func() error {
		t.spoilt = true
		db, err := sql.Open("sqlite", "file:"+t.path())
		if err == nil {
			_, err = db.ExecContext(ctx, `DELETE FROM records WHERE id = (SELECT id FROM records
WHERE area <> '' AND id NOT IN (SELECT record FROM changes WHERE laid = 1) ORDER BY id LIMIT 1 OFFSET ?)`, r.IntN(8))
			err = errors.Join(err, db.Close())
		}
		return err
	})
}

// removeLog removes what SQLite keeps beside a file.
func removeLog(path string) error {
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove a database's log: %w", err)
		}
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(filepath.Clean(from))
	if err == nil {
		err = os.WriteFile(to, text, 0o600) //nolint:gosec // both are in the history's own directory
	}
	if err != nil {
		return fmt.Errorf("copy a file: %w", err)
	}
	return nil
}

// fate draws what becomes of a connection.
func fate(r *rand.Rand) link.Luck {
	luck := link.Good(time.Duration(50+r.IntN(600)) * time.Millisecond)
	if r.IntN(3) == 0 {
		luck.Rate = 2000 + r.Int64N(30_000)
	}
	switch r.IntN(20) {
	case 0, 1:
		luck.Up = r.Int64N(4000)
	case 2, 3:
		luck.Down = r.Int64N(6000)
	case 4:
		luck.Down = r.Int64N(50)
	case 5:
		luck.Up, luck.Silent = r.Int64N(4000), true
	case 6:
		luck.Down, luck.Silent = r.Int64N(6000), true
	case 7:
		luck.Refused = true
	}
	return luck
}

func textValue(text string) syncproto.Value {
	v, err := syncproto.ValueOf(text)
	if err != nil {
		panic(err)
	}
	return v
}
