package fleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"satchel/internal/simtest/oracle"
	"satchel/server"
	"satchel/syncproto"
)

// An office is a real server on a machine of its own, and the people who sit there.
type office struct {
	w       *world
	machine *machine
	db      database
	// turn is held by whoever uses the server in process, or puts another one in its place.
	turn chan struct{}
	srv  *server.Server
	// leave ends the server that runs, and waits for it.
	leave func()
	// backups counts those that were ever made.
	backups int
	// down is set once the server does not start any more: the history ends.
	down bool
	// astray is how far its clock is off, in nanoseconds; clocks is how far it was off since when.
	astray atomic.Int64
	clocks []clock
	// acts counts what was done at the office.
	acts  atomic.Int64
	log   *bytes.Buffer
	admin uuid.UUID
	// country is the whole; areas are its parts.
	country uuid.UUID
	areas   []uuid.UUID
	workers map[uuid.UUID]uuid.UUID
	project uuid.UUID
	kind    uuid.UUID
	// looked are the conflicts that were open when somebody last looked.
	looked []server.Conflict
	// settled are the settlements that were made.
	settled []settlement
	// merged are the mergers that were made, reported what was reported of the days, as it was known by their end.
	merged   []string
	reported map[string]string
	// orders are what it was told of the tablets, decided what people decided about held changes.
	orders  *oracle.Orders
	decided map[oracle.Version]oracle.Decision
	// decayed are the photos that its disk spoilt, as far as nobody has found that yet.
	decayed map[string]bool
	// missed are those that were found: a database from before that has them again, unless a restore looks.
	missed map[string]bool
	// backup is the last one that was made, first the one before all of the tablets were enrolled.
	backup, first *backup
}

// A settlement is one that can be undone.
type settlement struct {
	saving  *saving
	version syncproto.Version
	time    int64
	// contested is set if it was in conflict, too, that the record is deleted.
	contested bool
	// sides are what it settled, in the order in which they were settled.
	sides []server.Side
}

// A backup is a copy of the database, and what the office had acknowledged when it was made.
type backup struct {
	name    string
	when    oracle.Span
	had     map[int]bool
	decided map[oracle.Version]oracle.Decision
	// used is set once the office went back to it: a new epoch has begun since it was made.
	used    bool
	witness *witness
}

// now is the office's clock.
func (o *office) now() time.Time { return time.Now().Add(time.Duration(o.astray.Load())) }

// start opens the server on its machine and has it listen.
func (o *office) start(ctx context.Context) error {
	config := o.db.config(o.machine.dir())
	config.Now, config.Log = o.now, slog.New(slog.NewJSONHandler(o.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	srv, err := server.Open(ctx, config)
	if err != nil {
		return err
	}
	serving, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	listener := o.w.net.Listen()
	go func() {
		defer close(ended)
		_ = srv.Serve(serving, listener) // it ends when it is told to, with whatever was broken off
	}()
	o.srv = srv
	o.leave = sync.OnceFunc(func() {
		o.w.net.Break()
		stop()
		<-ended
		_ = srv.Close() // on a machine without power this fails
		o.w.rest()
	})
	return nil
}

// watch puts the server up again each time that the power of its machine was cut.
func (o *office) watch(ctx context.Context, cuts <-chan *rand.Rand) {
	for r := range cuts {
		<-o.turn
		o.w.net.Break()
		down := time.Duration(r.Int64N(int64(o.w.span / 50)))
		time.Sleep(down) //nolint:forbidigo // it is the outage, in simulated time
		o.restartFromImage(ctx)
		o.w.say("office", "is up again after %v", down)
		o.turn <- struct{}{}
	}
}

func (o *office) restartFromImage(ctx context.Context) {
	o.leave()
	if err := errors.Join(o.machine.boot(), o.start(ctx)); err != nil {
		o.down = true
		o.w.broke("a crash loses nothing", "the office does not start again: %v", err)
	}
}

// do does one step.
func (o *office) do(ctx context.Context, s Step) {
	<-o.turn
	defer func() { o.turn <- struct{}{} }()
	if o.down || o.machine.dead.Load() { // it went down in this very moment, and comes up by itself
		return
	}
	o.acts.Add(1)
	r := rand.New(rand.NewPCG(s.Roll, 2)) //nolint:gosec // it makes up a story
	if r.IntN(12) == 0 {
		o.machine.cutAt(r.IntN(40), s.Roll)
	}
	o.report(ctx)
	switch s.Kind {
	case settles:
		o.settle(ctx, r)
	case undoes:
		o.undo(ctx, r)
	case corrects:
		o.correct(ctx, r)
	case strikesOff:
		o.strikeOff(ctx, r)
	case decides:
		o.decide(ctx, r)
	case rescopes:
		o.rescope(ctx, r)
	case revokes:
		o.revoke(ctx, r)
	case backsUp:
		o.back(ctx)
	case restores:
		o.restore(ctx, o.backup)
	case forgets:
		o.restore(ctx, o.first)
	case losesDisk:
		o.loseDisk(ctx, r)
	case findsDecay:
		o.decay(r)
		o.findDecay(ctx)
	case losesTail:
		o.loseTail(ctx)
	case restarts:
		o.w.say("office", "restarts")
		o.leave()
		o.mustStart(ctx)
	case setsClock:
		o.setClock(time.Duration(r.Int64N(int64(20*time.Minute))) - 10*time.Minute)
		o.w.fault("the office's clock is off")
		o.w.say("office", "sets its clock off by %v", time.Duration(o.astray.Load()))
	case fillsUp:
		if !o.db.onDisk() {
			return
		}
		o.w.fault("full disk at the office")
		o.machine.fillUp(r)
		o.w.say("office", "has a full disk")
	case freesUp:
		o.machine.calm()
		o.w.say("office", "has room on its disk")
	}
}

func (o *office) mustStart(ctx context.Context) {
	if o.machine.dead.Load() {
		return // it is put up again by itself
	}
	err := o.start(ctx)
	if err != nil && o.machine.ill.Load() && !o.machine.dead.Load() {
		o.machine.calm()
		err = o.start(ctx)
	}
	if err != nil && !o.machine.dead.Load() {
		o.down = true
		o.w.broke("what was acknowledged stays", "the office does not start: %v", err)
	}
}

// expect says that an error is one that the office may be told.
func (o *office) expect(what string, err error) {
	var problem *syncproto.Problem
	if err == nil || o.machine.dead.Load() || errors.As(err, &problem) || o.machine.ill.Load() || errors.Is(err, context.DeadlineExceeded) {
		return
	}
	o.w.broke("errors are clear", "%s: %v", what, err)
}

// save saves edits at the office as one form, and notes them in the ledger.
func (o *office) save(ctx context.Context, edits ...server.OfficeEdit) ([]*saving, error) {
	var noted []*saving
	for _, e := range edits {
		writes := map[string]string{}
		for field, v := range e.Fields {
			writes[field] = string(v)
		}
		s := o.w.ledger.note(oracle.Office, e.Collection, e.Record, writes, o.sees(ctx, e))
		s.Form = s.ID - len(noted)
		noted = append(noted, s)
	}
	saved, err := o.srv.Engine.Save(ctx, o.admin, edits)
	o.expect("save at the office", err)
	for i, s := range noted {
		o.noted(s, err)
		if err == nil {
			s.Claimed = saved[i].Claimed
		}
	}
	return noted, err
}

// noted says what became of a change of the office.
func (o *office) noted(s *saving, err error) {
	s.certain, s.atOffice = err == nil, err == nil
	var problem *syncproto.Problem
	s.Void = errors.As(err, &problem)
}

// sees gives what somebody at the office has on the screen.
func (o *office) sees(ctx context.Context, e server.OfficeEdit) map[string][]oracle.Sight {
	out := map[string][]oracle.Sight{}
	shown := o.w.look(ctx).shownOf(e.Record)
	every := e.Fields[oracle.Deleted] == syncproto.True
	for field, value := range shown.Values {
		if _, written := e.Fields[field]; written || every || field == oracle.Deleted && shown.Deleted {
			out[field] = []oracle.Sight{{Value: value}}
		}
	}
	if !every {
		return out
	}
	for _, c := range o.conflicts(ctx) {
		if c.Record == e.Record && c.Field != oracle.Deleted {
			out[c.Field] = o.sightsOfSides(ctx, c)
		}
	}
	return out
}

// sightsOfSides gives what somebody saw who looked at a conflict. The time of a side is that of the write, where the
// office may tell that of the one that it brings back.
func (o *office) sightsOfSides(ctx context.Context, c server.Conflict) []oracle.Sight {
	times := map[syncproto.Version]int64{}
	history, err := o.srv.Engine.History(ctx, c.Record)
	o.expect("read the history of a record", err)
	for _, e := range history {
		times[e.Version] = e.Time
	}
	var out []oracle.Sight
	for _, side := range c.Sides {
		if side.Field == c.Field {
			out = append(out, oracle.Sight{Value: string(side.Value), Time: times[side.Version]})
		}
	}
	return out
}

func (o *office) conflicts(ctx context.Context) (all []server.Conflict) {
	for {
		after := int64(0)
		if len(all) > 0 {
			after = all[len(all)-1].Seq
		}
		some, err := o.srv.Engine.Conflicts(ctx, after, 1000)
		o.expect("list the conflicts", err)
		if all = append(all, some...); len(some) < 1000 {
			return all
		}
	}
}

// back makes a backup.
func (o *office) back(ctx context.Context) {
	o.backups++
	name := fmt.Sprint("backup-", o.backups)
	witness, err := o.newWitness(ctx, filepath.Join(o.w.root, name+".db-witness"))
	begun := time.Now()
	if err == nil {
		err = o.db.keep(ctx, o, name)
	}
	if err != nil {
		witness.close()
		o.w.say("office", "could not back up: %v", err)
		return
	}
	o.w.say("office", "backs up")
	if o.backup != o.first {
		o.forget(ctx, o.backup)
	}
	o.backup = &backup{name: name, when: since(begun), had: map[int]bool{}, decided: maps.Clone(o.decided), witness: witness}
	o.w.ledger.each(func(s *saving) { o.backup.had[s.ID] = s.atOffice })
}

// forget removes what belongs to a backup.
func (o *office) forget(ctx context.Context, b *backup) {
	b.witness.close()
	o.db.forget(ctx, b.name)
}

// restore goes back to a backup: what the office did since is lost, and what tablets did is theirs to
// bring again.
func (o *office) restore(ctx context.Context, b *backup) {
	o.w.fault("restored from a backup")
	o.w.say("office", "goes back to a backup of %v", b.when.From.Sub(o.w.begin).Truncate(time.Millisecond))
	if !o.db.onDisk() { // the database alone is copied
		maps.Copy(o.decayed, o.missed)
	}
	o.goBack(ctx, b, func(dir string) error { return o.db.restore(ctx, dir, b.name) })
}

// goBack puts the database of a backup into the place of the one that is there.
func (o *office) goBack(ctx context.Context, b *backup, put func(dir string) error) {
	begun := time.Now()
	o.machine.calm()
	o.name(ctx)
	o.leave()
	if o.machine.dead.Load() { // it went down while it stopped, and comes up as it was
		o.w.say("office", "could not")
		return
	}
	b.used, o.backup.used = true, true
	if err := o.machine.off(put); err != nil {
		o.w.broke("a backup can be restored", "%v", err)
		o.down = true
		return
	}
	o.w.ledger.each(func(s *saving) { s.atOffice = b.had[s.ID] })
	o.decided = maps.Clone(b.decided)
	o.reported = map[string]string{} // what it has lost is not known any more
	o.mustStart(ctx)
	o.w.mu.Lock()
	defer o.w.mu.Unlock()
	o.orders.Restore(b.when, since(begun))
}

// name notes the names that changes have at the office, now that it goes back: of copies of one tablet, the first that
// comes again has the names, whoever had them before.
func (o *office) name(ctx context.Context) {
	entries := o.w.entries(ctx, o.w.look(ctx).changed)
	matches, _ := oracle.MatchAll(o.w.ledger.changes(func(*saving) bool { return false }), entries)
	names := map[int]string{}
	for _, m := range matches {
		names[m.ID] = m.Name
	}
	o.w.ledger.each(func(s *saving) {
		if v, is := names[s.ID]; is && !slices.Contains(s.Names, v) {
			s.Names = append(s.Names, v)
		}
	})
}
