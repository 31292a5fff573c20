package engine_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// person registers a member and gives its id.
func (d *tablet) person(household uuid.UUID, name, born string) uuid.UUID {
	id := newID(d.o.t)
	d.edit("people", id, map[string]syncproto.Value{"household": text(household.String()), "name": text(name), "born_on": text(born)})
	return id
}

// values gives the shown values of all records, without those that were never more than cleared.
func (o *office) values() map[string]syncproto.Value {
	o.t.Helper()
	out := map[string]syncproto.Value{}
	err := o.store.Read(o.t.Context(), func(tx *store.Tx) error {
		for _, area := range []uuid.UUID{o.a, o.b} {
			records, err := tx.RecordsSince(o.t.Context(), area, 0, 1000)
			if err != nil {
				return err
			}
			for _, r := range records {
				for field := range r.State {
					if v := r.Value(field); !v.IsNull() {
						out[fmt.Sprint(r.ID, " ", field)] = v
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return out
}

func (o *office) points(record uuid.UUID) string {
	o.t.Helper()
	return o.values()[fmt.Sprint(record, " merged_into")].Text()
}

func (o *office) merge(household, into uuid.UUID) error {
	_, err := o.engine.Merge(o.t.Context(), o.admin, household, into, "one family")
	return err
}

func (o *office) unmerge(household uuid.UUID) error {
	_, err := o.engine.Unmerge(o.t.Context(), o.admin, household, "two families")
	return err
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestMergingPointsAndUnmergingRestores(t *testing.T) {
	o := newOffice(t)
	one, other := o.tablet("one", o.a), o.tablet("other", o.a)
	kept, again := one.household(o.a, "Ђорђе Петровић"), other.household(o.a, "Djordje Petrovic")
	vera, petar := one.person(kept, "Vera Petrović", "1980-05-02"), one.person(kept, "Петар Петровић", "2005-01-31")
	veraAgain, ana := other.person(again, "Petrovic Vera", "1980-05-02"), other.person(again, "Ana Petrović", "2010-03-03")
	unknown, slip := other.person(again, "Petar Petrović", "1950-01-01"), other.person(again, "Petra Petrović", "2005-01-31")
	one.sync()
	other.sync()
	before := o.values()

	must(t, o.merge(again, kept))
	if got := o.points(again); got != kept.String() {
		t.Errorf("the household points to %q, want the one that is kept", got)
	}
	for person, want := range map[uuid.UUID]string{veraAgain: vera.String(), ana: "", unknown: "", slip: "", vera: "", petar: ""} {
		if got := o.points(person); got != want {
			t.Errorf("%s points to %q, want %q", person, got, want)
		}
	}
	other.edit("households", again, phone("060 999")) // by somebody who knows of no merger
	other.sync()
	one.sync()
	if got := one.shows(again, "merged_into"); got != kept.String() || one.shows(again, "phone") != "060 999" {
		t.Errorf("a tablet shows that it points to %q, phone %q", got, one.shows(again, "phone"))
	}
	if open := o.conflicts(); len(open) != 0 {
		t.Errorf("an edit of a duplicate is in conflict: %+v", open)
	}

	must(t, o.unmerge(again))
	before[fmt.Sprint(again, " phone")] = text("060 999")
	if got := o.values(); !maps.Equal(got, before) {
		t.Errorf("after unmerging there is\n%v\nwant\n%v", got, before)
	}
}

// A duplicate that somebody deleted since is still a duplicate, and can be parted; it stays deleted.
func TestADeletedDuplicateIsUnmerged(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("one", o.a)
	kept, again := d.household(o.a, "Ana"), d.household(o.a, "Ana")
	vera, veraAgain := d.person(kept, "Vera Ilić", "1980-05-02"), d.person(again, "Vera Ilić", "1980-05-02")
	d.sync()
	must(t, o.merge(again, kept))
	if got := o.points(veraAgain); got != vera.String() {
		t.Fatalf("Vera points to %q", got)
	}
	d.sync()
	d.edit("households", again, map[string]syncproto.Value{syncproto.FieldDeleted: syncproto.True})
	d.sync()
	must(t, o.unmerge(again))
	for _, id := range []uuid.UUID{again, veraAgain} {
		if got := o.points(id); got != "" {
			t.Errorf("%s points to %q", id, got)
		}
	}
	if got := o.values()[fmt.Sprint(again, " deleted")]; got != syncproto.True {
		t.Errorf("deleted is %q", got)
	}
	if open := o.conflicts(); len(open) != 0 {
		t.Errorf("in conflict are %+v", open)
	}
	if err := o.merge(again, kept); code(err) != syncproto.CodeNotFound {
		t.Errorf("merging one that is deleted: %v, want not_found", err)
	}
}

func TestWhoWasMergedOtherwiseSinceStaysSo(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("one", o.a)
	kept, again := d.household(o.a, "Ana"), d.household(o.a, "Ana")
	vera, veraAgain := d.person(kept, "Vera Ilić", "1980-05-02"), d.person(again, "Vera Ilić", "1980-05-02")
	petar := d.person(kept, "Petar Ilić", "1990-05-02")
	d.sync()
	must(t, o.merge(again, kept))
	if got := o.points(veraAgain); got != vera.String() {
		t.Fatalf("Vera points to %q", got)
	}
	o.save(engine.OfficeEdit{Collection: "people", Record: veraAgain, Fields: map[string]syncproto.Value{"merged_into": text(petar.String())}})
	must(t, o.unmerge(again))
	if got := o.points(veraAgain); got != petar.String() {
		t.Errorf("Vera points to %q, want whom she was merged into since", got)
	}
}

func TestMergersThatAreNoneAreRefused(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("one", o.a)
	a, b, c, gone := d.household(o.a, "A"), d.household(o.a, "B"), d.household(o.a, "C"), d.household(o.a, "D")
	person := d.person(a, "Vera Ilić", "1980-05-02")
	d.edit("households", gone, map[string]syncproto.Value{syncproto.FieldDeleted: syncproto.True})
	d.sync()
	must(t, o.merge(a, b))
	must(t, o.merge(b, c))
	before := o.values()
	for name, refused := range map[string]struct {
		err  error
		want syncproto.Code
	}{
		"into itself":                     {o.merge(c, c), syncproto.CodeInvalid},
		"into a duplicate of a duplicate": {o.merge(c, a), syncproto.CodeInvalid},
		"twice":                           {o.merge(a, c), syncproto.CodeInvalid},
		"into one that is deleted":        {o.merge(c, gone), syncproto.CodeNotFound},
		"of one that is deleted":          {o.merge(gone, c), syncproto.CodeNotFound},
		"into a person":                   {o.merge(c, person), syncproto.CodeNotFound},
		"into nothing":                    {o.merge(c, newID(t)), syncproto.CodeNotFound},
		"unmerging what is no duplicate":  {o.unmerge(c), syncproto.CodeInvalid},
		"unmerging what there is not":     {o.unmerge(newID(t)), syncproto.CodeNotFound},
	} {
		if code(refused.err) != refused.want {
			t.Errorf("%s: %v, want %s", name, refused.err, refused.want)
		}
	}
	if !maps.Equal(o.values(), before) {
		t.Error("something was changed")
	}
}

// TestMergersAndSyncsInAnyOrderLoseNothing merges and unmerges at random while two tablets, who sync now and then, edit
// both sides. In the end everything is unmerged, and what is shown is what was typed.
func TestMergersAndSyncsInAnyOrderLoseNothing(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 1))
		o := newOffice(t)
		tablets := []*tablet{o.tablet("one", o.a), o.tablet("other", o.a)}
		var households []uuid.UUID
		typed := map[string]syncproto.Value{}
		for i := range 6 {
			d := tablets[i%2]
			id := d.household(o.a, "Ilić")
			d.person(id, "Vera Ilić", "1980-05-02")
			households = append(households, id)
		}
		for _, d := range tablets {
			d.sync()
			d.sync()
		}
		mergers := 0
		for step := range 60 {
			anyOf := func() uuid.UUID { return households[r.IntN(len(households))] }
			switch d := tablets[r.IntN(2)]; r.IntN(5) {
			case 0, 1:
				if o.merge(anyOf(), anyOf()) == nil {
					mergers++
				}
			case 2:
				_ = o.unmerge(anyOf()) // refused where it is no duplicate
			case 3:
				// each tablet writes fields of its own, so that nothing clashes
				field := map[bool]string{true: "phone", false: "notes"}[d == tablets[0]]
				id, value := anyOf(), text(fmt.Sprint("typed at ", step))
				d.edit("households", id, map[string]syncproto.Value{field: value})
				typed[fmt.Sprint(id, " ", field)] = value
			case 4:
				d.sync()
			}
		}
		for _, d := range tablets {
			d.sync()
		}
		for _, id := range households {
			if o.points(id) != "" {
				must(t, o.unmerge(id))
			}
		}
		for name, value := range o.values() {
			if len(name) > 36 && name[37:] == "merged_into" {
				t.Errorf("seed %d: %s still points to %s", seed, name, value)
			}
		}
		values := o.values()
		for name, want := range typed {
			if values[name] != want {
				t.Errorf("seed %d: %s is %s, want %s", seed, name, values[name], want)
			}
		}
		if open := o.conflicts(); len(open) != 0 || mergers == 0 || len(typed) == 0 {
			t.Errorf("seed %d: %d mergers, %d values, and in conflict: %+v", seed, mergers, len(typed), open)
		}
	}
}
