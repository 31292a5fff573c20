package syncproto

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// The laws of the merge, over histories as devices and an office make them. What they are checked
// against, fold, looks at the whole set of edits at once and shares nothing with [Merge].

// fieldsOfLaws are those of the histories, one of them unknown to the registry.
var fieldsOfLaws = []string{"phone", "address", "field_of_2031"}

// An actor is a device, or the office, with what it has seen and what it has not sent.
type actor struct {
	id     uuid.UUID
	n      int64
	view   map[string][]Version // what it was last shown, for each field
	local  map[string][]Version // its own edits since
	unsent []Edit
}

// looks gives the versions that the actor is looking at.
func (a *actor) looks(field string) []Version {
	if own := a.local[field]; own != nil {
		return own
	}
	return a.view[field]
}

// A history is what happened to one record: all edits, in the order in which they were made.
type history struct {
	t      *rapid.T
	actors []*actor
	office *actor
	server *arrivals
	times  map[Version]int64
	edits  []Edit
}

// anyHistory draws what three devices and an office do to one record: edits of stale views, some
// with equal values, deletions and their taking back, settlements, and exchanges in between.
func anyHistory() *rapid.Generator[[]Edit] {
	return rapid.Custom(func(t *rapid.T) []Edit {
		h := history{t: t, server: newArrivals(), times: map[Version]int64{}, office: newActor(9)}
		for i := range 3 {
			h.actors = append(h.actors, newActor(byte(i+1)))
		}
		for range rapid.IntRange(2, 14).Draw(t, "steps") {
			h.step(h.actors[rapid.IntRange(0, 2).Draw(t, "device")])
		}
		return h.edits
	})
}

func newActor(id byte) *actor {
	return &actor{id: uuid.UUID{15: id}, view: map[string][]Version{}, local: map[string][]Version{}}
}

func (h *history) step(a *actor) {
	switch what := rapid.IntRange(0, 9).Draw(h.t, "what"); {
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

// edit writes some fields, from whatever the device was looking at. A device that shows a deleted
// record says so in its base.
func (h *history) edit(a *actor) {
	e := Edit{Fields: map[string]Value{}, Base: map[string][]Version{}}
	for _, field := range rapid.SliceOfNDistinct(rapid.SampledFrom(fieldsOfLaws), 1, 3, rapid.ID).Draw(h.t, "fields") {
		e.Fields[field] = h.value()
		e.Base[field] = a.looks(field)
	}
	if rapid.Bool().Draw(h.t, "saw whether it is deleted") {
		e.Base[FieldDeleted] = a.looks(FieldDeleted)
	}
	h.make(a, e)
}

func (h *history) value() Value {
	return rapid.SampledFrom([]Value{`"1"`, `"2"`, `"3"`}).Draw(h.t, "value")
}

// delete deletes the record, or takes a deletion back.
func (h *history) delete(a *actor) {
	e := Edit{
		Fields: map[string]Value{FieldDeleted: True},
		Base:   map[string][]Version{FieldDeleted: a.looks(FieldDeleted)},
		Seen:   map[string][]Version{},
	}
	if rapid.IntRange(0, 4).Draw(h.t, "take back") == 0 {
		e.Fields[FieldDeleted] = False
	}
	for _, field := range fieldsOfLaws {
		e.Seen[field] = a.looks(field)
	}
	h.make(a, e)
}

// settle has the office write a field over every head that the server has.
func (h *history) settle() {
	if len(h.server.state) == 0 {
		return
	}
	field := rapid.SampledFrom(sortedKeys(h.server.state)).Draw(h.t, "settled")
	e := Edit{Fields: map[string]Value{field: h.value()}, Base: map[string][]Version{}, Seen: map[string][]Version{}}
	if field == FieldDeleted {
		e.Fields[field] = True
	}
	for name, register := range h.server.state {
		all := append(register.Known(), register.Open()...)
		e.Seen[name] = all
		if name == field || name == FieldDeleted {
			e.Base[name] = all
		}
	}
	h.make(h.office, e)
	h.server.take(h.office.unsent...)
	h.office.unsent = nil
}

// make gives the edit its name and time and puts it on the actor's device.
func (h *history) make(a *actor, e Edit) {
	a.n++
	e.Version = Version{Device: a.id, N: a.n}
	var bases []int64
	for _, versions := range [...]map[string][]Version{e.Base, e.Seen} {
		for _, list := range versions {
			for _, v := range list {
				bases = append(bases, h.times[v])
			}
		}
	}
	e.Time = TimeOf(rapid.Int64Range(0, 20).Draw(h.t, "clock"), 20, bases...)
	h.times[e.Version] = e.Time
	for field := range e.Fields {
		a.local[field] = []Version{e.Version}
	}
	a.unsent = append(a.unsent, e)
	h.edits = append(h.edits, e)
}

// exchange sends what the device has and shows it what the server has.
func (h *history) exchange(a *actor) {
	h.server.take(a.unsent...)
	a.unsent, a.local = nil, map[string][]Version{}
	for field, register := range h.server.state {
		a.view[field] = register.Known()
	}
}

// arrivals merges edits as they come, as the server does: repetitions are known by their version.
type arrivals struct {
	state State
	have  map[Version]bool
}

func newArrivals() *arrivals { return &arrivals{have: map[Version]bool{}} }

func (a *arrivals) take(edits ...Edit) {
	for _, e := range edits {
		if !a.have[e.Version] {
			a.state = Merge(a.state, e, func(v Version) bool { return a.have[v] })
			a.have[e.Version] = true
		}
	}
}

// anyOrder draws an order that respects each device's own numbering, with repetitions.
func anyOrder(t *rapid.T, edits []Edit) []Edit {
	var queues [][]Edit
	for _, e := range edits {
		at := slices.IndexFunc(queues, func(q []Edit) bool { return q[0].Version.Device == e.Version.Device })
		if at < 0 {
			queues, at = append(queues, nil), len(queues)
		}
		queues[at] = append(queues[at], e)
	}
	var out []Edit
	for len(queues) > 0 {
		at := rapid.IntRange(0, len(queues)-1).Draw(t, "next")
		out = append(out, queues[at][0])
		if rapid.IntRange(0, 4).Draw(t, "repeated") == 0 {
			out = append(out, rapid.SampledFrom(out).Draw(t, "repetition"))
		}
		if queues[at] = queues[at][1:]; len(queues[at]) == 0 {
			queues = slices.Delete(queues, at, at+1)
		}
	}
	return out
}

// An outcome is everything that the merge says of a record.
type outcome struct {
	Shown   map[string]Value
	Version map[string]Version
	Heads   map[string][]Version // in order of version
	Open    map[string][]Version // in order of version
	Deleted bool
	Unseen  []FieldVersion
}

func newOutcome() outcome {
	return outcome{
		Shown: map[string]Value{}, Version: map[string]Version{},
		Heads: map[string][]Version{}, Open: map[string][]Version{},
	}
}

func outcomeOf(s State) outcome {
	out := newOutcome()
	for field, register := range s {
		head, ok := register.Shown()
		if !ok {
			continue
		}
		out.Shown[field], out.Version[field] = head.Value, head.Version
		out.Heads[field] = sortedVersions(append(register.Known(), register.Open()...))
		if open := register.Open(); len(open) > 0 {
			out.Open[field] = sortedVersions(open)
		}
	}
	out.Deleted, out.Unseen = s.Deletion()
	sortUnseen(out.Unseen)
	return out
}

func sortedVersions(list []Version) []Version {
	return slices.SortedFunc(slices.Values(list), Version.Compare)
}

func sortUnseen(list []FieldVersion) {
	slices.SortFunc(list, func(a, b FieldVersion) int {
		if a.Field != b.Field {
			return slices.Compare([]byte(a.Field), []byte(b.Field))
		}
		return a.Version.Compare(b.Version)
	})
}

// fold says what a set of edits comes to: a write is a head if no other write of its field names it.
func fold(edits []Edit) outcome {
	out := newOutcome()
	log := map[Version]Edit{}
	for _, e := range edits {
		log[e.Version] = e
	}
	for _, e := range edits {
		for field := range e.Fields {
			if !replaced(e.Version, field, edits) {
				out.Heads[field] = append(out.Heads[field], e.Version)
			}
		}
	}
	for field, heads := range out.Heads {
		out.Heads[field] = sortedVersions(heads)
		shown := latest(log, heads)
		out.Version[field], out.Shown[field] = shown.Version, shown.Fields[field]
		for _, v := range out.Heads[field] {
			if log[v].Fields[field] != out.Shown[field] {
				out.Open[field] = append(out.Open[field], v)
			}
		}
	}
	foldDeletion(&out, log)
	return out
}

func replaced(v Version, field string, edits []Edit) bool {
	return slices.ContainsFunc(edits, func(e Edit) bool {
		_, writes := e.Fields[field]
		return writes && slices.Contains(e.Base[field], v)
	})
}

// latest gives the edit with the largest time, and of several the one with the largest version.
func latest(log map[Version]Edit, versions []Version) Edit {
	best := log[versions[0]]
	for _, v := range versions {
		if e := log[v]; e.Time > best.Time || e.Time == best.Time && v.Compare(best.Version) > 0 {
			best = e
		}
	}
	return best
}

func foldDeletion(out *outcome, log map[Version]Edit) {
	if out.Shown[FieldDeleted] != True {
		return
	}
	deletion := log[out.Version[FieldDeleted]]
	out.Deleted = true
	for field, heads := range out.Heads {
		for _, v := range heads {
			head := log[v]
			if field == FieldDeleted || slices.Contains(deletion.Seen[field], v) || slices.Contains(head.Base[FieldDeleted], deletion.Version) {
				continue
			}
			out.Unseen = append(out.Unseen, FieldVersion{field, v})
			if head.Time > deletion.Time {
				out.Deleted = false
			}
		}
	}
	sortUnseen(out.Unseen)
}

// Law 1: any order that respects each device's own numbering, and any repetition, gives the same
// values, heads and open conflicts; and law 3: a repeat is a no-op.
func TestLawOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		edits := anyHistory().Draw(t, "history")
		want := fold(edits)
		for range 4 {
			order := anyOrder(t, edits)
			server := newArrivals()
			server.take(order...)
			if got := outcomeOf(server.state); !reflect.DeepEqual(got, want) {
				t.Fatalf("got  %+v\nwant %+v\norder %s", got, want, describe(order))
			}
			for field, register := range server.state {
				if len(register.Gone) > 0 {
					t.Fatalf("field %s still waits for %v, and everything has arrived", field, register.Gone)
				}
			}
		}
	})
}

// Law 2: every value is shown, or was replaced by an edit that names it, or is a head of an open
// conflict, at every moment, whatever has arrived so far.
func TestLawNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order := anyOrder(t, anyHistory().Draw(t, "history"))
		server := newArrivals()
		for i, e := range order {
			server.take(e)
			arrived := order[:i+1]
			for _, old := range arrived {
				for field, value := range old.Fields {
					register := server.state[field]
					shown, _ := register.Shown()
					kept := shown.Value == value && slices.Contains(register.Known(), old.Version) || slices.Contains(register.Open(), old.Version)
					if !kept && !replaced(old.Version, field, arrived) {
						t.Fatalf("%s of %v is lost after %s", field, old.Version, describe(arrived))
					}
				}
			}
		}
	})
}

// Law 4: two different values that were written without knowledge of each other are a conflict,
// whatever the clocks say, until somebody who saw both writes another.
func TestLawNoClockDecidesInSilence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clock := rapid.OneOf(rapid.Int64(), rapid.Int64Range(-2, 2))
		base := Edit{Version: Version{Device: uuid.UUID{1}, N: 1}, Fields: map[string]Value{"phone": `"0"`}}
		saw := map[string][]Version{"phone": {base.Version}}
		a := Edit{Version: Version{Device: uuid.UUID{1}, N: 2}, Time: clock.Draw(t, "a"), Fields: map[string]Value{"phone": `"1"`}, Base: saw}
		b := Edit{Version: Version{Device: uuid.UUID{2}, N: 1}, Time: clock.Draw(t, "b"), Fields: map[string]Value{"phone": `"2"`}, Base: saw}
		if rapid.Bool().Draw(t, "b knows of nothing") {
			b.Base = nil
		}
		server := newArrivals()
		server.take(anyOrder(t, []Edit{base, a, b})...)
		if got := server.state.Conflicts(); !slices.Equal(got, []string{"phone"}) {
			t.Fatalf("times %d and %d: conflicts %v", a.Time, b.Time, got)
		}
		settled := Edit{
			Version: Version{Device: uuid.UUID{3}, N: 1}, Time: clock.Draw(t, "settled"), Fields: map[string]Value{"phone": `"3"`},
			Base: map[string][]Version{"phone": append(server.state["phone"].Known(), server.state["phone"].Open()...)},
		}
		server.take(settled)
		if got := outcomeOf(server.state); got.Shown["phone"] != `"3"` || len(got.Open) > 0 {
			t.Fatalf("after settling: %+v", got)
		}
	})
}

// The time of a change is behind everything that its author saw, and otherwise what was claimed, but
// never more than the slack beyond the server's clock.
func TestTimeOf(t *testing.T) {
	const received = 1_600_000_000_000
	for _, c := range []struct {
		name    string
		claimed int64
		bases   []int64
		want    int64
	}{
		{"as claimed", received - 1000, nil, received - 1000},
		{"a little ahead", received + ClockSlack, nil, received + ClockSlack},
		{"2099", 4_070_908_800_000, nil, received + ClockSlack},
		{"1970", 0, []int64{received - 5}, received - 4},
		{"behind one base of several", received, []int64{received - 9, received + 7, 0}, received + 8},
		{"2099 after an edit of the clamped time", 4_070_908_800_000, []int64{received + ClockSlack}, received + ClockSlack + 1},
	} {
		if got := TimeOf(c.claimed, received, c.bases...); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		claimed, bases := rapid.Int64().Draw(t, "claimed"), rapid.SliceOf(rapid.Int64Range(0, 1<<53)).Draw(t, "bases")
		got := TimeOf(claimed, received, bases...)
		for _, b := range bases {
			if got <= b {
				t.Fatalf("time %d, and the author saw %d", got, b)
			}
		}
		if len(bases) == 0 && (got > received+ClockSlack || got > claimed) {
			t.Fatalf("time %d of a claim of %d", got, claimed)
		}
	})
}

// Law 5: a field that is not in the registry is merged like any other, and its value comes out as it
// went in.
func TestLawUnknownIsKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := anyValue().Draw(t, "value")
		c := Change{N: 1, Form: 1, Collection: "not_known_yet", Record: uuid.UUID{7}, Fields: map[string]Value{"field_of_2031": value}}
		device, area := uuid.UUID{5}, uuid.UUID{6}
		r, err := ReadRequest(bytes.NewReader(requestBytes(t, Request{Changes: []Change{c}})))
		if err != nil {
			t.Fatal(err)
		}
		state := Merge(nil, r.Changes[0].Edit(Version{Device: device, N: 1}, 5), nil)
		record := RecordOf(c.Collection, c.Record, area, state)
		back, err := ReadReply(bytes.NewReader(replyBytes(t, Reply{Records: []Record{record}})), nil)
		if err != nil {
			t.Fatal(err)
		}
		want := Cell{Value: value, Version: Version{Device: device, N: 1}, Time: 5}
		if got := back.Records[0].Fields["field_of_2031"]; !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	})
}

// The state that is given to Merge stays as it was: the server compares before and after.
func TestMergeLeavesItsInput(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		server := newArrivals()
		for _, e := range anyOrder(t, anyHistory().Draw(t, "history")) {
			before := copyOf(server.state)
			given := server.state
			server.take(e)
			if !reflect.DeepEqual(given, before) {
				t.Fatalf("Merge changed %+v into %+v", before, given)
			}
		}
	})
}

func copyOf(s State) State {
	out := maps.Clone(s)
	for field, r := range out {
		out[field] = Register{Heads: slices.Clone(r.Heads), Gone: slices.Clone(r.Gone)}
	}
	return out
}

// An edit that names itself, or what its device did later, has not seen it, and is not swallowed.
func TestNobodySeesTheFuture(t *testing.T) {
	a1, a2 := Version{Device: uuid.UUID{1}, N: 1}, Version{Device: uuid.UUID{1}, N: 2}
	server := newArrivals()
	server.take(
		Edit{Version: a1, Time: 1, Fields: map[string]Value{"phone": `"1"`}, Base: map[string][]Version{"phone": {a1, a2}}},
		Edit{Version: a2, Time: 2, Fields: map[string]Value{"phone": `"2"`}},
	)
	if got := outcomeOf(server.state).Heads["phone"]; !slices.Equal(got, []Version{a1, a2}) {
		t.Errorf("heads %v, want both", got)
	}
}

func describe(edits []Edit) string {
	out := ""
	for _, e := range edits {
		out += fmt.Sprintf("\n  %+v", e)
	}
	return out
}
