package fleet

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/internal/simtest/oracle"
)

// meanwhile has the worker save something while an exchange is under way, in one of a few syncs.
func (t *tablet) meanwhile(ctx context.Context, r *rand.Rand) func(clientlib.Progress) {
	if r.IntN(4) > 0 {
		return nil
	}
	own := rand.New(rand.NewPCG(r.Uint64(), 5)) //nolint:gosec // it makes up a story
	at := 1 + own.IntN(3)
	return func(p clientlib.Progress) {
		if p.Exchanges != at {
			return
		}
		at = 0
		if record := t.any(ctx, own, "households", "people"); record != nil && own.IntN(2) == 0 {
			t.edit(ctx, own, record, nil)
			return
		}
		t.register(ctx, own)
	}
}

// A sitting is how things stood when a sync began.
type sitting struct {
	// from is where in the saves the outbox began.
	from   int
	clocks clocks
	// acts is how much had been done at the office.
	acts int64
	// recorded are the households that are handed in for the first time, and to which nobody wrote since.
	recorded []*saving
}

func (t *tablet) sits(ctx context.Context) sitting {
	s := sitting{from: len(t.saves), clocks: t.clocks(), acts: t.w.office.acts.Load()}
	if unsent, known := t.unsent(ctx); known {
		s.from -= unsent
	}
	for _, one := range t.saves[s.from:] {
		first := one.certain && !one.tried && !one.atOffice
		if first && one.Collection == "households" && one.Saw == nil && t.isAsRecorded(ctx, one) {
			s.recorded = append(s.recorded, one)
		}
	}
	t.tries()
	return s
}

// has reports whether the tablet has an area, given as JSON, for certain. What it was as another one it may have
// recorded elsewhere.
func (t *tablet) has(area string) bool {
	t.w.mu.Lock()
	defer t.w.mu.Unlock()
	return t.w.office.orders.Of(t.device.String(), since(t.met)).Sure(func(s oracle.Standing) bool { return s.Areas[strings.Trim(area, `"`)] })
}

// isAsRecorded reports whether the tablet shows a household as it was recorded, or somebody wrote to it
// since.
func (t *tablet) isAsRecorded(ctx context.Context, s *saving) bool {
	if t.w.ledger.writes(s.Record) > 1 {
		return true
	}
	record, err := t.store.Get(ctx, uuid.MustParse(s.Record))
	for field, value := range s.Writes {
		if err != nil || string(record.Value(field)) != value {
			return false
		}
	}
	return true
}

// tries notes that the office may have all that was saved so far.
func (t *tablet) tries() {
	t.w.mu.Lock()
	defer t.w.mu.Unlock()
	for _, one := range t.saves {
		one.tried = true
	}
}

// rises looks how things stand once a sync has ended, and notes what came of it.
func (t *tablet) rises(ctx context.Context, s sitting, result clientlib.SyncResult, err error) {
	t.tries() // what was saved meanwhile may have been sent too
	if t.told = nil; err == nil && s.clocks == t.clocks() {
		t.told = &s.clocks
	}
	if slices.ContainsFunc(t.saves, func(one *saving) bool { return one.By == t.name && !one.certain }) {
		t.restart(ctx)
	}
	if t.machine.dead.Load() || t.machine.ill.Load() || t.gone {
		return
	}
	unsent, known := t.unsent(ctx)
	if sent := len(t.saves) - s.from - unsent; known && sent > result.Changes {
		t.w.broke("what counts as sent was sent", "on %s %d changes do, and %d were", t.name, sent, result.Changes)
	}
	t.keepsShowing(ctx, s)
}

// isEmptied reports whether the tablet has nothing to show any more. The field app tells of its progress beside its work: it may
// be wiped by the time that it is looked at.
func (t *tablet) isEmptied(ctx context.Context) bool {
	status, err := t.store.Status(ctx)
	return err == nil && !status.Enrolled
}

// keepsShowing looks whether what is being handed in is on the screen.
func (t *tablet) keepsShowing(ctx context.Context, s sitting) {
	for _, one := range s.recorded {
		missing := t.has(one.Writes["area"]) && !t.isAsRecorded(ctx, one) // the power may be cut while somebody looks
		if missing && s.acts == t.w.office.acts.Load() && !t.machine.dead.Load() && !t.machine.ill.Load() && !t.isEmptied(ctx) {
			t.w.broke("what was recorded stays on the screen", "%s does not show %s as it sent it", t.name, t.w.ledger.name(one.Collection, uuid.MustParse(one.Record)))
		}
	}
}

// clockTolerance is how far a time may be off that a tablet was told over a slow link.
const clockTolerance = 5 * time.Minute

// claims looks at the time that stands beside a change: it is later than all that the author saw, and right, if
// neither clock was touched since the office told the tablet what time it is. It may be later only where the latest
// time that the author was looking at is.
func (t *tablet) claims(s *saving, latest int64) {
	for _, field := range slices.Sorted(maps.Keys(s.Saw)) {
		if saw := s.Saw[field][0].Time; saw >= s.Claimed {
			t.w.broke("who saw a value comes after it", "change %d of %s claims %d, and its author saw %s of %d", s.ID, t.name, s.Claimed, field, saw)
		}
	}
	if t.told == nil || *t.told != t.clocks() {
		return
	}
	off := time.UnixMilli(s.Claimed).Sub(t.w.office.now())
	if off < -clockTolerance || off > clockTolerance && s.Claimed > latest+1 {
		t.w.broke("a clock that was told the time is right", "change %d of %s claims a time that is off by %v", s.ID, t.name, off)
	}
}
