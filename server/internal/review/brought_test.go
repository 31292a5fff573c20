package review_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/review"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// brought reports whether items of a kind are about what devices bring: conflicts, held changes and clocks.
func brought(kind string) bool {
	return kind == review.Conflict || kind == review.Held || kind == review.Clock
}

// bare writes what an item of such a kind says, but for the texts of reasons.
func bare(i review.Item) string {
	out := []string{i.Severity, fmt.Sprint(i.Facts.ClockOff)}
	for _, f := range i.Facts.Fields {
		out = append(out, fmt.Sprint(f.Field, f.Sides))
	}
	for _, c := range i.Facts.Changes {
		out = append(out, fmt.Sprint(c.Version, c.Status, c.Code))
	}
	return strings.Join(out, " ")
}

// conflicts says which records have to be in the queue for their conflicts.
func (s shown) conflicts() map[string]string {
	out := map[string]string{}
	for id, r := range s {
		severity, fields := "medium", r.State.Conflicts()
		if slices.Contains(fields, "deleted") || r.Collection == "deliveries" && (slices.Contains(fields, "quantity") || slices.Contains(fields, "household")) {
			severity = "high"
		}
		said := []string{severity, "0"}
		for _, f := range fields {
			sides := len(r.State[f].Heads)
			if _, unseen := r.State.Deletion(); f == "deleted" {
				sides += len(unseen)
			}
			said = append(said, fmt.Sprint(f, sides))
		}
		if len(fields) > 0 {
			out[fmt.Sprint(review.Conflict, id, uuid.Nil, r.Area)] = strings.Join(said, " ")
		}
	}
	return out
}

// A tablet is a device of the office's area, with a worker, as far as the server sees it.
type tablet struct {
	o   *office
	id  uuid.UUID
	tip syncproto.Tip
	// first is the version of its first change.
	first syncproto.Version
	// off is by how much its clock is ahead.
	off time.Duration
}

func (o *office) tablet(name string) *tablet {
	o.t.Helper()
	d := &tablet{o: o, id: named(name), first: syncproto.Version{Device: named(name), N: 1}}
	err := o.store.Write(o.t.Context(), func(tx *store.Tx) error {
		return errors.Join(
			tx.AddUser(o.t.Context(), store.User{ID: d.worker(), Login: name, Name: "Worker of " + name, Role: "worker", Active: true, Areas: []uuid.UUID{o.area}}),
			tx.AddDevice(o.t.Context(), store.Device{ID: d.id, Name: name, Holder: d.worker(), Areas: []uuid.UUID{o.area}}),
		)
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return d
}

func (d *tablet) worker() uuid.UUID { return named("worker of " + d.id.String()) }

// sync sends edits as one form. Where they have no base, their author had seen nothing of the record.
func (d *tablet) sync(edits ...engine.OfficeEdit) []syncproto.Receipt {
	d.o.t.Helper()
	now := d.o.now.UnixMilli()
	req := syncproto.Request{Protocol: syncproto.CurrentProtocol, Device: d.id, Known: d.tip, Clock: now + d.off.Milliseconds()}
	tip := d.tip
	for _, e := range edits {
		c := syncproto.Change{
			N: tip.N + 1, Form: d.tip.N + 1, Collection: e.Collection, Record: e.Record, Author: d.worker(), Claimed: now, Fields: e.Fields, Base: e.Base, Seen: e.Seen,
		}
		if c.Base == nil {
			c.Base = map[string][]syncproto.Version{}
		}
		tip = syncproto.Tip{N: c.N, Hash: c.Chain(tip.Hash)}
		if c.N == 1 {
			d.first = tip.Version(d.id)
		}
		req.Changes = append(req.Changes, c)
	}
	reply, err := d.o.engine.Exchange(d.o.t.Context(), d.id, req)
	if err != nil {
		d.o.t.Fatal(err)
	}
	d.tip = tip
	return reply.Receipts
}

// looking gives an edit whose author looks at what is shown.
func (o *office) looking(e engine.OfficeEdit) engine.OfficeEdit {
	e.Base = map[string][]syncproto.Version{}
	state := o.shown()[e.Record].State
	for field := range e.Fields {
		if known := state[field].Known(); len(known) > 0 {
			e.Base[field] = known
		}
	}
	return e
}

func (o *office) held() []engine.HeldChange {
	o.t.Helper()
	list, err := o.engine.Held(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	return list
}

func (o *office) conflicts() []engine.Conflict {
	o.t.Helper()
	list, err := o.engine.Conflicts(o.t.Context(), 0, 1000)
	if err != nil {
		o.t.Fatal(err)
	}
	return list
}

func (o *office) settleConflict(c engine.Conflict, value syncproto.Value) store.Change {
	o.t.Helper()
	var heads []syncproto.Version
	for _, s := range c.Sides {
		heads = append(heads, s.Version)
	}
	settled, err := o.engine.Settle(o.t.Context(), o.admin, c.Record, c.Field, value, heads, "")
	if err != nil {
		o.t.Fatal(err)
	}
	return settled
}

// broughtMatters says what has to be in the queue of what devices brought.
func (o *office) broughtMatters(tablets []*tablet) map[string]string {
	shown := o.shown()
	out := shown.conflicts()
	said := map[string][]string{}
	for _, h := range o.held() {
		area := o.area
		if r, exists := shown[h.Record]; exists {
			area = r.Area
		}
		key := fmt.Sprint(review.Held, h.Record, h.Device, area)
		said[key] = append(said[key], fmt.Sprint(h.Version, h.Status, h.Code))
	}
	for key, changes := range said {
		severity := "low"
		if slices.ContainsFunc(changes, func(c string) bool { return strings.Contains(c, "held") }) {
			severity = "medium"
		}
		out[key] = severity + " 0 " + strings.Join(changes, " ")
	}
	for _, d := range tablets {
		if severity := map[time.Duration]string{3: "low", -6: "medium", 1500: "high"}[d.off/time.Minute]; severity != "" {
			off := max(d.off, -d.off).Truncate(time.Minute)
			if off > 24*time.Hour {
				off = off.Truncate(24 * time.Hour)
			}
			if d.off < 0 {
				off = -off
			}
			out[fmt.Sprint(review.Clock, d.id, uuid.Nil, o.area)] = fmt.Sprintf("%s %d", severity, off.Milliseconds())
		}
	}
	return out
}

// send has a tablet send something at random: new records and edits, of what it has seen or not, wrong ones, such that
// belong to what has not arrived or to another area; and with a clock that is right or not.
func (c chance) send(d *tablet) {
	d.off = c.some(time.Duration(0), time.Duration(0), time.Minute, 3*time.Minute, 3*time.Minute+time.Second, -6*time.Minute, 1500*time.Minute).(time.Duration)
	var edits []engine.OfficeEdit
	for range c.IntN(4) {
		household := c.one("household", 6)
		e := c.o.household(household)
		e.Fields["head_name"] = syncproto.Value(`"` + unlike(household) + `"`) // so that none is like another
		switch c.IntN(8) {
		case 0:
			e.Fields["status"] = `"rich"`
		case 1:
			e.Fields["area"] = text(c.some(c.o.area, named("other area"), named("area that comes late")))
		case 2:
			e = edit("visits", named(c.one("visit", 6)), "household", named(household), "visited_at", c.IntN(3))
		case 3:
			e = edit("deliveries", named(c.one("delivery", 6)), "household", named(household), "project", c.o.project, "assistance_type", c.o.kind, "quantity", c.some(0.1, 0.2), "delivered_at", 5)
		case 4:
			e = edit("households", named(household), "phone", c.some("1", "2", "3"))
			e.Base = map[string][]syncproto.Version{"phone": {d.first}} // it may not have been of that record
		case 5:
			e = edit("households", named(household), "deleted", c.some(true, false))
		case 6:
			e = edit("households", named(household), "phone", c.some("1", "2", "3"), "notes", c.some("1", "2", "3"))
			e.Base = map[string][]syncproto.Version{"area": c.o.looking(c.o.household(household)).Base["area"]}
		}
		if c.IntN(2) == 0 {
			e = c.o.looking(e)
		}
		edits = append(edits, e)
	}
	d.sync(edits...)
}

// decideSomething settles, undoes, applies, corrects, discards or moves something. What is refused changes nothing.
func (c chance) decideSomething(settled *[]store.Change) {
	ctx, o := c.o.t.Context(), c.o
	open, held := o.conflicts(), o.held()
	var err error
	switch n := c.IntN(7); {
	case n < 2 && len(open) > 0:
		k := open[c.IntN(len(open))]
		value := k.Sides[0].Value
		if k.Field == "deleted" {
			value = c.some(syncproto.True, syncproto.False).(syncproto.Value)
		}
		*settled = append(*settled, o.settleConflict(k, value))
	case n == 2 && len(*settled) > 0:
		_, err = o.engine.Undo(ctx, o.admin, (*settled)[c.IntN(len(*settled))].Version(), "")
	case n == 3 && len(held) > 0:
		err = o.engine.ApplyHeld(ctx, o.admin, held[c.IntN(len(held))].Version, nil)
	case n == 4 && len(held) > 0:
		if h := held[c.IntN(len(held))]; h.Collection == "households" {
			err = o.engine.ApplyHeld(ctx, o.admin, h.Version, map[string]syncproto.Value{"status": `"idp"`, "head_name": syncproto.Value(`"` + unlike(h.Record.String()) + `"`), "area": text(o.area)})
		}
	case n == 5 && len(held) > 0:
		err = o.engine.DiscardHeld(ctx, o.admin, held[c.IntN(len(held))].Version, "wrong")
	case n == 6:
		_, err = o.engine.Save(ctx, o.admin, []engine.OfficeEdit{edit("households", named(c.one("household", 6)), "head_name", unlike(fmt.Sprint(c.IntN(1000))), "status", "idp", "area", c.some(o.area, named("other area")))})
	}
	if err != nil && codeOf(err) != syncproto.CodeInvalid && codeOf(err) != syncproto.CodeStale {
		o.t.Fatal(err)
	}
}

// TestTheQueueIsWhatTabletsBrought plays random histories of tablets and an office, and compares the queue with what is
// there after each step. Now and then nobody follows for a while, and the queue has to find out by itself.
func TestTheQueueIsWhatTabletsBrought(t *testing.T) {
	histories, steps := 10, 80
	if testing.Short() {
		histories = 1
	}
	seen := map[string]int{}
	for seed := range uint64(histories) {
		t.Run(fmt.Sprint("history ", seed), func(t *testing.T) {
			o := newOffice(t)
			o.save(edit("areas", named("other area"), "name", "Vranje", "level", "municipality"))
			tablets := []*tablet{o.tablet("one"), o.tablet("two"), o.tablet("three")}
			c, followed := chance{rand.New(rand.NewPCG(seed, 2)), o}, true
			var settled []store.Change
			for step := range steps {
				o.now = o.now.Add(time.Second)
				if c.IntN(12) == 0 || step == steps-1 {
					o.engine.Close()
					if followed = !followed || step == steps-1; followed {
						o.start(o.queue)
						o.settle()
					} else {
						o.start(nil)
					}
				}
				if c.IntN(2) == 0 {
					c.send(tablets[c.IntN(len(tablets))])
				} else {
					c.decideSomething(&settled)
				}
				if !followed {
					continue
				}
				want, got := o.broughtMatters(tablets), o.queued()
				maps.DeleteFunc(got, func(key, _ string) bool { return strings.HasPrefix(key, review.Orphan) })
				if !maps.Equal(got, want) {
					t.Fatalf("after step %d the queue has\n%v\nwant\n%v", step, got, want)
				}
				for key := range want {
					seen[key[:4]]++
				}
				o.decideAny(c)
			}
		})
	}
	for _, kind := range []string{review.Conflict, review.Held, review.Clock} {
		if seen[kind[:4]] < histories*steps/6 {
			t.Errorf("in %d histories of %d steps there were %v items: that shows little", histories, steps, seen)
		}
	}
}

// decideAny decides one item now and then, if there is something to decide.
func (o *office) decideAny(c chance) {
	open := o.list(review.Open)
	if len(open) == 0 || c.IntN(4) > 0 {
		return
	}
	item := open[c.IntN(len(open))]
	for _, decision := range review.Decisions(item.Kind) {
		if err := o.queue.Decide(context.Background(), o.admin, item.ID, decision, "", item.Digest); err != nil {
			o.t.Fatal(err)
		}
	}
}
