package fleet

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/internal/simtest/link"
	"satchel/internal/simtest/oracle"
	"satchel/server"
	"satchel/syncproto"
)

// maxRounds is in how many rounds of syncs everything has to be everywhere once the faults stop: in the
// first it comes to the office, in the second to the tablets, and a third is for those that had to be
// enrolled again.
const maxRounds = 3

// calm ends all faults and has every tablet sync until it is done.
func (w *world) calm(ctx context.Context) {
	w.say("", "all faults stop")
	o := w.office
	o.machine.calm()
	o.setClock(0)
	if o.down {
		return
	}
	o.leave()
	if o.mustStart(ctx); o.down {
		return
	}
	if len(o.decayed) > 0 {
		o.findDecay(ctx)
	}
	for _, t := range w.tablets {
		if t.gone {
			continue
		}
		t.machine.calm()
		t.turn(0)
		t.restart(ctx)
		t.wire.use(link.Good(100 * time.Millisecond))
	}
	for round := 1; ; round++ {
		if w.finish(ctx, round) {
			break
		}
	}
	for range 2 { // what began anew in the one would come in the other
		for _, t := range w.tablets {
			w.idle(ctx, t)
		}
	}
	for _, t := range w.tablets {
		t.mustBeWiped()
	}
}

// finish syncs every tablet, and reports whether everything has come through. In the last round nothing
// may be left.
func (w *world) finish(ctx context.Context, round int) (done bool) {
	done = round > 1 // before that, nobody had what those sent who came later
	for _, t := range w.tablets {
		if t.gone {
			continue
		}
		result, err := t.syncOnce(ctx, nil)
		if round == maxRounds && t.locked { // its credentials ended in this very round
			result, err = t.syncOnce(ctx, nil)
		}
		t.wire.hangUp()
		through := t.gone || err == nil && result.Complete && result.Safe
		if round == maxRounds && !through {
			w.broke("everything comes through", "after %d rounds of syncs %s ends with %+v, %v", maxRounds, t.name, result, err)
		}
		done = done && through && result.Changes == 0
	}
	return done || round == maxRounds
}

// idle syncs a tablet when there is nothing new anywhere. Its credentials may end even now, if it has a twin.
func (w *world) idle(ctx context.Context, t *tablet) {
	if t.gone {
		return
	}
	result, err := t.syncOnce(ctx, nil)
	if t.locked {
		result, err = t.syncOnce(ctx, nil)
	}
	t.wire.hangUp()
	t.mustBeShownSafe(ctx, result)
	if err != nil || result.Changes > 0 || result.Records > 0 {
		w.broke("who has all is sent nothing and sends nothing", "%s ends with %+v, %v", t.name, result, err)
	}
}

// judge collects the evidence and asks the oracle.
func (w *world) judge(ctx context.Context) {
	if w.office.down {
		return
	}
	held := map[int]bool{}
	for _, t := range w.tablets {
		for _, s := range t.saves {
			held[s.ID] = true
		}
	}
	view := w.look(ctx)
	e := oracle.Evidence{
		Changes: w.ledger.changes(func(s *saving) bool { return s.atOffice || held[s.ID] }),
		Entries: w.entries(ctx, view.changed), Records: view.records, Slack: syncproto.ClockSlack,
		Homes: w.ledger.homes(), Orders: w.office.orders, Decided: w.office.decided, Now: time.Now(),
	}
	e.Conflicts = w.conflicts(ctx, e.Records)
	e.Aid = w.aid(ctx)
	for _, t := range w.tablets {
		if !t.gone {
			e.Replicas = append(e.Replicas, w.replica(ctx, t))
		}
	}
	w.out.Broken = append(w.out.Broken, oracle.Judge(e)...)
	w.out.Changes, w.out.Conflicts, w.out.Records = len(e.Entries), len(e.Conflicts), len(e.Records)
	w.judgePhotos(ctx, e)
	w.judgeOffice(ctx)
	w.judgeReports(ctx)
}

// judgeOffice looks at the office's own logs.
func (w *world) judgeOffice(ctx context.Context) {
	report, err := w.office.srv.VerifyAudit(ctx, "")
	if err != nil || report.Broken != 0 {
		w.broke("the audit chain holds", "%+v, %v", report, err)
	}
	if found := canary.Find(w.office.log.Bytes()); found != nil {
		w.broke("nothing leaks", "the office's log holds %s", found)
	}
}

func (w *world) entries(ctx context.Context, records []uuid.UUID) []oracle.Entry {
	var out []oracle.Entry
	for _, record := range records {
		history, err := w.office.srv.Engine.History(ctx, record)
		w.office.expect("read the history of a record", err)
		for _, e := range history {
			writes := map[string]string{}
			for field, v := range e.Fields {
				writes[field] = string(v)
			}
			entry := oracle.Entry{
				Record: record.String(), Device: e.Device.String(), N: e.Version.N, Name: e.Version.String(), Office: e.DeviceName == "office", Writes: writes,
				Status: string(e.Status), Claimed: e.Claimed, Received: e.Received, Time: e.Time, When: w.office.when(e.Received),
			}
			if !entry.Office {
				entry.Author = e.Author.String()
			}
			out = append(out, entry)
		}
	}
	return out
}

// conflicts lists those that are open, and marks the fields in the records.
func (w *world) conflicts(ctx context.Context, records map[string]oracle.Shown) []oracle.Conflict {
	var out []oracle.Conflict
	for _, c := range w.office.conflicts(ctx) {
		one := oracle.Conflict{Record: c.Record.String(), Field: c.Field}
		own := 0
		for _, side := range c.Sides {
			one.Sides = append(one.Sides, oracle.Side{Field: side.Field, Value: string(side.Value), Device: side.Version.Device.String(), N: side.Version.N})
			if side.Field == c.Field {
				own++
			}
		}
		out = append(out, one)
		if shown := records[one.Record]; c.Field != oracle.Deleted || own > 1 && differ(c) {
			shown.Conflicts = append(shown.Conflicts, c.Field)
			slices.Sort(shown.Conflicts)
			records[one.Record] = shown
		}
	}
	return out
}

func differ(c server.Conflict) bool {
	values := map[syncproto.Value]bool{}
	for _, side := range c.Sides {
		if side.Field == c.Field {
			values[side.Value] = true
		}
	}
	return len(values) > 1
}

// replica gives what a tablet shows.
func (w *world) replica(ctx context.Context, t *tablet) oracle.Replica {
	out := oracle.Replica{Name: t.name, Device: t.device.String(), Records: map[string]oracle.Shown{}}
	status, err := t.store.Status(ctx)
	t.expect("tell how it is", err)
	for _, id := range w.ledger.all() {
		record, err := t.store.Get(ctx, id)
		if errors.Is(err, clientlib.ErrNotFound) {
			continue
		}
		t.expect("show a record", err)
		shown := shownBy(record)
		out.Records[id.String()] = shown
		if len(shown.Own) > 0 && status.Held == 0 {
			w.broke("what is applied is confirmed", "%s shows %v of %s as not confirmed, and nothing is held", t.name, shown.Own, id)
		}
	}
	return out
}

func shownBy(r *clientlib.Record) oracle.Shown {
	out := oracle.Shown{Collection: r.Collection, Area: r.Area.String(), Deleted: r.Deleted, Values: map[string]string{}}
	for name, f := range r.Fields {
		out.Values[name] = string(f.Value)
		if f.Conflict {
			out.Conflicts = append(out.Conflicts, name)
		}
		if f.Pending {
			out.Own = append(out.Own, name)
		}
	}
	slices.Sort(out.Conflicts)
	return out
}

// tearDown closes everything.
func (w *world) tearDown(ctx context.Context) error {
	for _, t := range w.tablets {
		t.wire.hangUp()
		if t.store != nil {
			_ = t.store.Close() // it may have wiped itself
		}
		if t.app != nil {
			_ = t.app.process.Close() // what it held is not needed any more
		}
		t.machine.disk.Close()
	}
	w.office.leave()
	for _, b := range []*backup{w.office.first, w.office.backup} {
		w.office.forget(ctx, b)
	}
	w.office.machine.disk.Close()
	return w.office.db.close(ctx)
}

// A view is what the office shows.
type view struct {
	records map[string]oracle.Shown
	// changed are the records that any change is of.
	changed []uuid.UUID
}

// look reads the office's database.
func (w *world) look(ctx context.Context) view {
	out := view{records: map[string]oracle.Shown{}}
	db, err := w.office.db.open(w.office.machine.dir())
	if err == nil {
		err = errors.Join(out.read(ctx, db), db.Close())
	}
	if err != nil && !w.office.machine.dead.Load() && !w.office.machine.ill.Load() {
		w.broke("the office can be read", "%v", err)
	}
	return out
}

func (v *view) read(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, "SELECT id, collection, area, deleted, doc FROM records ORDER BY id")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id, doc string
		var s oracle.Shown
		if err := rows.Scan(&id, &s.Collection, &s.Area, &s.Deleted, &doc); err != nil {
			return err
		}
		var values map[string]json.RawMessage
		if err := json.Unmarshal([]byte(doc), &values); err != nil {
			return err
		}
		s.Values = map[string]string{}
		for name, text := range values {
			s.Values[name] = string(text)
		}
		v.records[id] = s
	}
	if err := rows.Err(); err != nil {
		return err
	}
	changed, err := db.QueryContext(ctx, "SELECT DISTINCT record FROM changes ORDER BY record")
	if err != nil {
		return err
	}
	defer changed.Close()
	for changed.Next() {
		var id uuid.UUID
		if err := changed.Scan(&id); err != nil {
			return err
		}
		v.changed = append(v.changed, id)
	}
	return changed.Err()
}

func (v view) shownOf(id uuid.UUID) oracle.Shown { return v.records[id.String()] }

// any draws a record of some collections that the office shows.
func (o *office) any(ctx context.Context, r *rand.Rand, collections ...string) (uuid.UUID, oracle.Shown, bool) {
	collections = shared(o.w, collections)
	records := o.w.look(ctx).records
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(records)) {
		if s := records[id]; !s.Deleted && slices.Contains(collections, s.Collection) {
			ids = append(ids, id)
		}
	}
	if ids = shared(o.w, ids); len(ids) == 0 {
		return uuid.Nil, oracle.Shown{}, false
	}
	id := ids[r.IntN(len(ids))]
	return uuid.MustParse(id), records[id], true
}
