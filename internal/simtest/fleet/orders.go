package fleet

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"satchel/internal/simtest/oracle"
	"satchel/syncproto"
)

// A clock is how far the office's clock was off from some moment on.
type clock struct {
	since  time.Time
	astray time.Duration
}

// since gives the span from a moment until now.
func since(begun time.Time) oracle.Span { return oracle.Span{From: begun, To: time.Now()} }

func (o *office) setClock(astray time.Duration) {
	o.astray.Store(int64(astray))
	o.clocks = append(o.clocks, clock{time.Now(), astray})
}

// when gives when it was that the office's clock showed a time.
func (o *office) when(millis int64) (out oracle.Span) {
	for i, c := range o.clocks {
		from := time.UnixMilli(millis).Add(-c.astray)
		to := from.Add(time.Millisecond - 1)
		if to.Before(c.since) || i+1 < len(o.clocks) && from.After(o.clocks[i+1].since) {
			continue
		}
		if out.From.IsZero() || from.Before(out.From) {
			out.From = from
		}
		if to.After(out.To) {
			out.To = to
		}
	}
	return out
}

// standing gives where a tablet stands that was given to somebody for some areas.
func (o *office) standing(areas []uuid.UUID, holder uuid.UUID) oracle.Standing {
	out := oracle.Standing{
		Areas:   map[string]bool{syncproto.Everyone.String(): true},
		Authors: map[string]bool{holder.String(): true},
	}
	for area := range o.below(areas) {
		out.Areas[area.String()] = true
	}
	for area, worker := range o.workers {
		if out.Areas[area.String()] || area == o.country {
			out.Authors[worker.String()] = true
		}
	}
	return out
}

// ordered notes what an order makes of where a tablet stands, unless it was refused.
func (o *office) ordered(device uuid.UUID, begun time.Time, err error, do func(oracle.Standing) oracle.Standing) {
	if refused(err) {
		return
	}
	o.w.mu.Lock()
	defer o.w.mu.Unlock()
	o.orders.Change(device.String(), since(begun), err == nil, do)
}

// refused reports whether the office said no, and nothing was changed.
func refused(err error) bool {
	var problem *syncproto.Problem
	return errors.As(err, &problem)
}

// anyWorker draws one of the people who work in the field.
func (o *office) anyWorker(r *rand.Rand) uuid.UUID {
	all := slices.SortedFunc(maps.Values(o.workers), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return all[r.IntN(len(all))]
}

// holder gives the worker to whom the tablet was handed out.
func (t *tablet) holder() uuid.UUID { return t.w.office.workers[t.invited[0]] }

// enrolled notes how an enrolment ended. A new code is refused where the request came twice, and the first
// was taken.
func (t *tablet) enrolled(ctx context.Context, when oracle.Span, err error) {
	if refused(err) && !errors.Is(err, &syncproto.Problem{Code: syncproto.CodeCodeInvalid}) {
		return
	}
	former, known := t.device, !t.unclear
	t.unclear = true // until it is known who the tablet is
	t.unsent(ctx)
	t.w.mu.Lock()
	defer t.w.mu.Unlock()
	o := t.w.office
	stood := o.orders.Of(former.String(), when)
	switch {
	case err == nil:
		t.unclear = false
		o.orders.Enrol(t.device.String(), when, o.standing(t.invited, t.holder()))
	case stood.Maybe(lost):
		o.orders.Set(former.String(), when)
	}
	if err == nil && t.device != former && stood.Sure(lost) && known && !t.copied && !t.putBack {
		t.w.broke("who was forgotten is who it was", "%s was given another identity", t.name)
	}
}

func lost(s oracle.Standing) bool { return s.Lost }

// is notes who the tablet is: if it is not who it was, it parted from a copy, unless it was enrolled.
func (t *tablet) is(device uuid.UUID) {
	t.w.mu.Lock()
	defer t.w.mu.Unlock()
	when, former := since(t.met), t.device
	t.met, t.device = when.To, device
	switch orders := t.w.office.orders; {
	case device == former:
	case former == uuid.Nil:
		orders.Set(device.String(), when)
	case t.unclear:
		orders.Follow(former.String(), device.String())
		orders.Set(device.String(), when)
	default:
		orders.Inherit(former.String(), device.String(), when)
	}
}

// mayBeLocked looks whether there is a reason why the office does not take a tablet's credentials. One
// that was ever forgotten began to count its tokens anew, which the office forgets too when it goes back.
func (t *tablet) mayBeLocked() {
	t.w.mu.Lock()
	defer t.w.mu.Unlock()
	stands := t.w.office.orders.Of(t.device.String(), since(time.Time{}))
	if !t.copied && !t.putBack && !stands.Maybe(lost) {
		t.w.broke("who is known is let in", "%s has to be enrolled again", t.name)
	}
}

// mayBeWiped looks whether the tablet was ever revoked.
func (t *tablet) mayBeWiped() {
	t.w.mu.Lock()
	defer t.w.mu.Unlock()
	stands := t.w.office.orders.Of(t.device.String(), since(time.Time{}))
	if !stands.Maybe(func(s oracle.Standing) bool { return s.Revoked }) {
		t.w.broke("nobody is revoked by mistake", "%s wiped itself", t.name)
	}
}

// mustBeWiped looks whether a tablet is still there that was revoked.
func (t *tablet) mustBeWiped() {
	stands := t.w.office.orders.Of(t.device.String(), oracle.At(time.Now()))
	if !t.gone && stands.Sure(func(s oracle.Standing) bool { return s.Revoked }) {
		t.w.broke("who is revoked is wiped", "%s is still there", t.name)
	}
}
