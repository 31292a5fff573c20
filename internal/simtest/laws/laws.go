// Package laws holds the merge to its laws over random histories of one record.
//
// A history is what three tablets and the office do: edits from stale views, equal values, deletions
// and their taking back, settlements. It is merged in several orders that respect each tablet's own
// numbers, with repetitions, also such in which a change arrives before what it replaces; each has to
// come to what the oracle finds when it looks at the whole set at once. Equal seeds give equal
// histories, everywhere and for ever.
package laws

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/google/uuid"

	"satchel/internal/simtest/oracle"
	"satchel/syncproto"
)

// fields are those that are edited; the last one is in no registry.
var fields = []string{"phone", "address", "field_of_2031"}

// orders is in how many orders each history is merged.
const orders = 3

// A Report counts what was checked.
type Report struct {
	Histories, Conflicts, Contested int
}

// Check checks n histories of a seed. It fails at the first that breaks a law, and tells it; [Replay]
// does it again.
func Check(ctx context.Context, seed uint64, n int) (Report, error) {
	var report Report
	for i := range n {
		if i%1000 == 0 && ctx.Err() != nil {
			return report, ctx.Err()
		}
		if err := report.replay(seed, i); err != nil {
			return report, err
		}
	}
	return report, nil
}

// Replay checks one history of a seed.
func Replay(seed uint64, index int) error { return new(Report).replay(seed, index) }

func (r *Report) replay(seed uint64, index int) error {
	random := rand.New(rand.NewPCG(seed, uint64(index))) //nolint:gosec // it makes up histories
	h := newHistory(random)
	for range 3 + random.IntN(12) {
		h.step()
	}
	writes := h.writes(h.edits)
	if w, seen, found := oracle.Backwards(writes); found {
		return fmt.Errorf("history %d of seed %d: a write of %s has time %d, though its author saw one of %d", index, seed, w.Field, w.Time, seen.Time)
	}
	want := oracle.FoldOf(writes, oracle.Most)
	r.Histories++
	if slices.ContainsFunc(fields, want.Open) {
		r.Conflicts++
	}
	if len(want.Contested) > 0 {
		r.Contested++
	}
	for range orders {
		order := h.order()
		if what := compare(merge(order), want); what != "" {
			return fmt.Errorf("history %d of seed %d: %s\nmerged in the order %v", index, seed, what, order)
		}
	}
	return nil
}

// merge takes edits in one after the other, as the server does; repetitions are known by their name.
func merge(edits []syncproto.Edit) syncproto.State {
	var state syncproto.State
	have := map[syncproto.Version]bool{}
	for _, e := range edits {
		if !have[e.Version] {
			state = syncproto.Merge(state, e, func(v syncproto.Version) bool { return have[v] })
			have[e.Version] = true
		}
	}
	return state
}

// compare says where a state is not what it should be, "" if nowhere.
func compare(got syncproto.State, want oracle.Fold) string {
	for _, field := range append([]string{oracle.Deleted}, fields...) {
		var heads []string
		for _, h := range want.Heads[field] {
			heads = append(heads, name(h.Device, h.N))
		}
		var merged []string
		for _, h := range got[field].Heads {
			merged = append(merged, name(h.Version.Device.String(), h.Version.N))
		}
		if !slices.Equal(heads, merged) {
			return fmt.Sprintf("the heads of %s are %v, should be %v", field, merged, heads)
		}
		if open := slices.Contains(got.Conflicts(), field); open != want.Open(field) {
			return fmt.Sprintf("%s is in conflict: %v, should be %v", field, open, want.Open(field))
		}
		if what := compareShown(got[field], want.Heads[field]); what != "" {
			return field + " " + what
		}
	}
	deleted, unseen := got.Deletion()
	if deleted != want.Deleted || len(unseen) != len(want.Contested) {
		return fmt.Sprintf("the record shows as deleted: %v, contested by %d; should be %v, by %d", deleted, len(unseen), want.Deleted, len(want.Contested))
	}
	return ""
}

// compareShown says what is wrong with what a register shows.
func compareShown(got syncproto.Register, heads []oracle.Write) string {
	if len(heads) == 0 {
		return ""
	}
	shown, _ := got.Shown()
	same := slices.DeleteFunc(slices.Clone(heads), func(w oracle.Write) bool { return w.Value != heads[0].Value })
	if string(shown.Value) != heads[0].Value || len(got.Known()) != len(same) || len(got.Open()) != len(heads)-len(same) {
		return fmt.Sprintf("shows %s, of %d heads that say so and %d that do not; should be %s, %d and %d",
			shown.Value, len(got.Known()), len(got.Open()), heads[0].Value, len(same), len(heads)-len(same))
	}
	return ""
}

func name(device string, n int64) string { return fmt.Sprint(device[len(device)-1:], ".", n) }

// An actor is a tablet, or the office, with what it was last shown and what it has not sent.
type actor struct {
	id     uuid.UUID
	n      int64
	view   map[string][]syncproto.Version
	own    map[string][]syncproto.Version
	unsent []syncproto.Edit
}

func newActor(id byte) *actor {
	return &actor{id: uuid.UUID{15: id}, view: map[string][]syncproto.Version{}, own: map[string][]syncproto.Version{}}
}

// looks gives the versions that the actor is looking at.
func (a *actor) looks(field string) []syncproto.Version {
	if own := a.own[field]; own != nil {
		return own
	}
	return a.view[field]
}

// A history is what happened to a record: all edits, in the order in which they were made.
type history struct {
	*rand.Rand
	tablets []*actor
	office  *actor
	// arrived are the edits that the server has, in the order in which they came.
	arrived []syncproto.Edit
	edits   []syncproto.Edit
	times   map[syncproto.Version]int64
}

func newHistory(r *rand.Rand) *history {
	h := &history{Rand: r, office: newActor(9), times: map[syncproto.Version]int64{}}
	for i := range 3 {
		h.tablets = append(h.tablets, newActor(byte(i+1)))
	}
	return h
}

func (h *history) step() {
	a := h.tablets[h.IntN(len(h.tablets))]
	switch what := h.IntN(10); {
	case what < 5:
		h.edit(a)
	case what < 6:
		h.delete(a)
	case what < 7:
		h.settle()
	default:
		h.exchange(a)
	}
}

// value draws one of few, so that two often write the same.
func (h *history) value() syncproto.Value {
	return [...]syncproto.Value{`"1"`, `"2"`, `"3"`}[h.IntN(3)]
}

// edit writes some fields, from whatever the tablet was looking at.
func (h *history) edit(a *actor) {
	e := syncproto.Edit{Fields: map[string]syncproto.Value{}, Base: map[string][]syncproto.Version{}}
	for _, at := range h.Perm(len(fields))[:1+h.IntN(len(fields))] {
		e.Fields[fields[at]], e.Base[fields[at]] = h.value(), a.looks(fields[at])
	}
	if h.IntN(2) == 0 {
		e.Base[oracle.Deleted] = a.looks(oracle.Deleted)
	}
	h.make(a, e)
}

// delete deletes the record, or takes a deletion back.
func (h *history) delete(a *actor) {
	e := syncproto.Edit{
		Fields: map[string]syncproto.Value{oracle.Deleted: syncproto.True},
		Base:   map[string][]syncproto.Version{oracle.Deleted: a.looks(oracle.Deleted)},
		Seen:   map[string][]syncproto.Version{},
	}
	if h.IntN(5) == 0 {
		e.Fields[oracle.Deleted] = syncproto.False
	}
	for _, field := range fields {
		e.Seen[field] = a.looks(field)
	}
	h.make(a, e)
}

// settle has the office write a field over every head that the server has.
func (h *history) settle() {
	now := oracle.FoldOf(h.writes(h.arrived), oracle.Most)
	field := append([]string{oracle.Deleted}, fields...)[h.IntN(len(fields)+1)]
	if len(now.Heads[field]) == 0 {
		return
	}
	e := syncproto.Edit{Fields: map[string]syncproto.Value{field: h.value()}, Base: map[string][]syncproto.Version{}, Seen: map[string][]syncproto.Version{}}
	if field == oracle.Deleted {
		e.Fields[field] = syncproto.True
	}
	for name, heads := range now.Heads {
		e.Seen[name] = versions(heads)
		if name == field || name == oracle.Deleted {
			e.Base[name] = versions(heads)
		}
	}
	h.make(h.office, e)
	h.arrived = append(h.arrived, h.office.unsent...)
	h.office.unsent = nil
}

func versions(heads []oracle.Write) []syncproto.Version {
	var out []syncproto.Version
	for _, w := range heads {
		out = append(out, syncproto.Version{Device: uuid.MustParse(w.Device), N: w.N})
	}
	return out
}

// make gives an edit its name and time and puts it on the actor's tablet.
func (h *history) make(a *actor, e syncproto.Edit) {
	a.n++
	e.Version = syncproto.Version{Device: a.id, N: a.n}
	var bases []int64
	for _, by := range [...]map[string][]syncproto.Version{e.Base, e.Seen} {
		for _, list := range by {
			for _, v := range list {
				bases = append(bases, h.times[v])
			}
		}
	}
	e.Time = syncproto.TimeOf(h.Int64N(20), 20, bases...)
	h.times[e.Version] = e.Time
	for field := range e.Fields {
		a.own[field] = []syncproto.Version{e.Version}
	}
	a.unsent = append(a.unsent, e)
	h.edits = append(h.edits, e)
}

// exchange sends what the tablet has and shows it what the server has: of each field the heads that say
// what shows.
func (h *history) exchange(a *actor) {
	h.arrived = append(h.arrived, a.unsent...)
	a.unsent, a.own, a.view = nil, map[string][]syncproto.Version{}, map[string][]syncproto.Version{}
	for field, heads := range oracle.FoldOf(h.writes(h.arrived), oracle.Most).Heads {
		same := slices.DeleteFunc(slices.Clone(heads), func(w oracle.Write) bool { return w.Value != heads[0].Value })
		a.view[field] = versions(same)
	}
}

// writes gives edits as the oracle wants them.
func (h *history) writes(edits []syncproto.Edit) []oracle.Write {
	type key struct {
		version syncproto.Version
		field   string
	}
	ids := map[key]int{}
	for _, e := range edits {
		for _, field := range sorted(e.Fields) {
			ids[key{e.Version, field}] = len(ids)
		}
	}
	of := func(field string, list []syncproto.Version) []int {
		var out []int
		for _, v := range list {
			if id, known := ids[key{v, field}]; known {
				out = append(out, id)
			}
		}
		return out
	}
	var out []oracle.Write
	for _, e := range edits {
		for _, field := range sorted(e.Fields) {
			w := oracle.Write{
				ID: len(out), Field: field, Value: string(e.Fields[field]), Time: e.Time, Device: e.Version.Device.String(), N: e.Version.N,
				Saw: of(field, e.Base[field]), Knew: of(oracle.Deleted, e.Base[oracle.Deleted]),
			}
			for name, list := range e.Seen {
				w.Seen = append(w.Seen, of(name, list)...)
			}
			out = append(out, w)
		}
	}
	return out
}

func sorted(fields map[string]syncproto.Value) []string {
	out := make([]string, 0, len(fields))
	for field := range fields {
		out = append(out, field)
	}
	slices.Sort(out)
	return out
}

// order draws an order that respects each actor's own numbers, with repetitions.
func (h *history) order() []syncproto.Edit {
	var queues [][]syncproto.Edit
	for _, a := range append(slices.Clone(h.tablets), h.office) {
		if own := slices.DeleteFunc(slices.Clone(h.edits), func(e syncproto.Edit) bool { return e.Version.Device != a.id }); len(own) > 0 {
			queues = append(queues, own)
		}
	}
	var out []syncproto.Edit
	for len(queues) > 0 {
		at := h.IntN(len(queues))
		out = append(out, queues[at][0])
		if h.IntN(8) == 0 {
			out = append(out, out[h.IntN(len(out))])
		}
		if queues[at] = queues[at][1:]; len(queues[at]) == 0 {
			queues = slices.Delete(queues, at, at+1)
		}
	}
	return out
}
