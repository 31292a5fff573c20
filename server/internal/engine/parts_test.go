package engine_test

import (
	"slices"
	"strings"
	"testing"

	"satchel/server/internal/engine"
	"satchel/syncproto"
)

// noArea makes households that are held, one a change: nobody says where they are.
func (d *tablet) noArea(count int, notes string) {
	for range count {
		d.edit("households", newID(d.o.t), map[string]syncproto.Value{"head_name": text("Nowhere"), "notes": text(notes)})
	}
	d.sync()
}

// parts follows a list, and gives the versions of each of its parts.
func parts[T any](t *testing.T, version func(T) syncproto.Version, part func(after syncproto.Version) (engine.Part[T], error)) (all [][]syncproto.Version) {
	t.Helper()
	for after := (syncproto.Version{}); ; {
		some, err := part(after)
		if err != nil {
			t.Fatal(err)
		}
		var versions []syncproto.Version
		for _, c := range some.Changes {
			versions = append(versions, version(c))
		}
		if all = append(all, versions); !some.More {
			return all
		}
		after = versions[len(versions)-1]
	}
}

func TestHeldChangesComeInParts(t *testing.T) {
	o := newOffice(t)
	o.tablet("one", o.a).noArea(150, "")
	o.tablet("other", o.a).noArea(150, "")
	got := parts(t, func(h engine.HeldChange) syncproto.Version { return h.Version }, func(after syncproto.Version) (engine.Part[engine.HeldChange], error) {
		return o.engine.HeldAfter(t.Context(), after)
	})
	if len(got) != 2 || len(got[0]) != 200 || len(got[1]) != 100 {
		t.Errorf("300 changes come in %d parts, the first of %d", len(got), len(got[0]))
	}
	var whole []syncproto.Version
	for _, h := range o.held() {
		whole = append(whole, h.Version)
	}
	if !slices.Equal(slices.Concat(got...), whole) {
		t.Error("the parts are not the whole list")
	}
	slices.SortFunc(whole, syncproto.Version.Compare)
	if len(slices.Compact(whole)) != 300 {
		t.Errorf("the list names %d changes, want 300", len(whole))
	}
}

// TestLargeChangesComeFewAtATime lists changes that come to 30 kB each.
func TestLargeChangesComeFewAtATime(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("large", o.a)
	d.noArea(70, strings.Repeat("x", 30_000))
	got := parts(t, func(h engine.HeldChange) syncproto.Version { return h.Version }, func(after syncproto.Version) (engine.Part[engine.HeldChange], error) {
		return o.engine.HeldAfter(t.Context(), after)
	})
	if len(got) != 2 || len(got[0]) != 35 {
		t.Errorf("2 MB of changes come in %d parts, the first of %d changes, want 2 and 35", len(got), len(got[0]))
	}
}

// TestAHistoryComesInParts has held changes behind those that were applied.
func TestAHistoryComesInParts(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("one", o.a)
	household := d.household(o.a, "Many edits")
	for range 250 {
		d.edit("households", household, map[string]syncproto.Value{"phone": text(newID(t).String())})
	}
	for range 250 {
		d.edit("households", household, map[string]syncproto.Value{"status": text("unheard of")})
	}
	d.sync()
	got := parts(t, func(e engine.Entry) syncproto.Version { return e.Version }, func(after syncproto.Version) (engine.Part[engine.Entry], error) {
		return o.engine.HistoryAfter(t.Context(), household, after)
	})
	var want []syncproto.Version
	for n := range 501 {
		want = append(want, d.version(int64(n+1)))
	}
	if len(got) != 3 || !slices.Equal(slices.Concat(got...), want) {
		t.Errorf("a history of 501 changes comes in %d parts, of which the first has %d, or in another order", len(got), len(got[0]))
	}
}

func TestAListGoesOnBehindChangesThatThereAre(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("one", o.a)
	d.noArea(3, "")
	first := o.held()[0].Version
	if err := o.engine.DiscardHeld(t.Context(), o.admin, first, "entered twice"); err != nil {
		t.Fatal(err)
	}
	if part, err := o.engine.HeldAfter(t.Context(), first); err != nil || len(part.Changes) != 2 {
		t.Errorf("behind a change that was decided meanwhile come %d, %v; want 2", len(part.Changes), err)
	}
	nowhere := syncproto.Version{Device: d.id, N: 99}
	if _, err := o.engine.HeldAfter(t.Context(), nowhere); code(err) != syncproto.CodeNotFound {
		t.Errorf("behind a change that there is not: %v", err)
	}
	if _, err := o.engine.HistoryAfter(t.Context(), newID(t), nowhere); code(err) != syncproto.CodeNotFound {
		t.Errorf("behind a change that there is not: %v", err)
	}
}
