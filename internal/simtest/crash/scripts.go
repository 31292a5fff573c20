package crash

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/syncproto"
)

// A step is a part of a script. One that failed can be done again.
type step struct {
	what string
	do   func(ctx context.Context) error
}

// A script is what happens in a village.
type script struct {
	name string
	// empty is set if the script begins with nothing; others begin with a village that works.
	empty bool
	steps func(v *village) []step
}

// scripts are all that is played.
func scripts() []script {
	return []script{
		{"beginning", true, beginning},
		{"households", false, households},
		{"edits", false, edits},
		{"deliveries", false, deliveries},
		{"deletion", false, deletion},
		{"conflict", false, conflict},
		{"move", false, move},
		{"scope", false, scope},
		{"held", false, held},
		{"enrolment", false, enrolment},
		{"batches", false, batches},
		{"revocation", false, revocation},
		{"restart", false, restart},
	}
}

// Scripts gives the names of the scripts, by their numbers.
func Scripts() (names []string) {
	for _, s := range scripts() {
		names = append(names, s.name)
	}
	return names
}

func beginning(v *village) []step {
	one, other := v.tablets[0], v.tablets[1]
	return []step{
		{"found the office", v.found},
		{"make a tablet", one.make},
		{"enrol it", one.enrol},
		{"make another", other.make},
		{"enrol it", other.enrol},
		{"sync both", v.syncs(one, other)},
		{"register a household", v.register(one, v.here, &v.home)},
		{"sync both", v.syncs(one, other)},
	}
}

func households(v *village) []step {
	one, other := v.tablets[0], v.tablets[1]
	var id uuid.UUID
	return []step{
		{"register a household", v.register(one, v.here, &id)},
		{"register another", v.register(one, v.here, &id)},
		{"sync", v.syncs(one)},
		{"flush the office's log", v.flushLog(&v.office.site)},
		{"register a third", v.register(other, v.there, &id)},
		{"register a fourth", v.register(one, v.here, &id)},
		{"sync both", v.syncs(other, one)},
		{"flush the tablet's log", v.flushLog(&one.site)},
		{"edit it", v.edit(one, &id, "notes")},
		{"sync both", v.syncs(one, other)},
	}
}

func edits(v *village) []step {
	one, other := v.tablets[0], v.tablets[1]
	return []step{
		{"edit the address", v.edit(one, &v.home, "address")},
		{"edit the phone", v.edit(other, &v.home, "phone")},
		{"sync both", v.syncs(one, other)},
		{"edit the address again", v.edit(one, &v.home, "address")},
		{"and again", v.edit(one, &v.home, "address")},
		{"edit the notes", v.edit(other, &v.home, "notes")},
		{"flush the tablet's log", v.flushLog(&one.site)},
		{"an hour passes", v.hour},
		{"sync both", v.syncs(other, one, other)},
	}
}

func deliveries(v *village) []step {
	one, other := v.tablets[0], v.tablets[1]
	var project, kind uuid.UUID
	return []step{
		{"begin a project", v.reference("projects", &project, "title", map[string]any{"code": "P1"})},
		{"plan what is given", v.reference("assistance_types", &kind, "name", map[string]any{"code": "HOUSE", "category": "housing", "unit": "piece"})},
		{"sync both", v.syncs(one, other)},
		{"deliver", v.deliver(one, &project, &kind)},
		{"deliver again", v.deliver(one, &project, &kind)},
		{"sync", v.syncs(one)},
		{"deliver elsewhere", v.deliver(other, &project, &kind)},
		{"sync both", v.syncs(other, one)},
	}
}

func deletion(v *village) []step {
	one, other := v.tablets[0], v.tablets[1]
	var first, second uuid.UUID
	return []step{
		{"register a household", v.register(one, v.here, &first)},
		{"register another", v.register(one, v.here, &second)},
		{"sync both", v.syncs(one, other)},
		{"delete one", v.erase(one, &first)},
		{"edit it elsewhere", v.edit(other, &first, "notes")},
		{"delete the other", v.erase(other, &second)},
		{"sync both", v.syncs(one, other, one)},
		{"flush the office's log", v.flushLog(&v.office.site)},
		{"sync both", v.syncs(other, one)},
	}
}

func conflict(v *village) []step {
	one, other := v.tablets[0], v.tablets[1]
	return []step{
		{"edit the phone", v.edit(one, &v.home, "phone")},
		{"edit the phone elsewhere", v.edit(other, &v.home, "phone")},
		{"sync both", v.syncs(one, other)},
		{"settle it", v.settle},
		{"sync both", v.syncs(one, other)},
		{"edit the phone", v.edit(one, &v.home, "phone")},
		{"sync both", v.syncs(one, other)},
	}
}

func move(v *village) []step {
	one, other := v.tablets[0], v.tablets[1]
	var id uuid.UUID
	return []step{
		{"register a household", v.register(one, v.here, &id)},
		{"sync both", v.syncs(one, other)},
		{"move it away", v.relocate(other, &id, v.there)},
		{"edit it elsewhere", v.edit(one, &id, "notes")},
		{"sync both", v.syncs(other, one)},
		{"flush the office's log", v.flushLog(&v.office.site)},
		{"move it back", v.relocate(other, &id, v.here)},
		{"sync both", v.syncs(other, one)},
		{"edit it", v.edit(one, &id, "address")},
		{"sync both", v.syncs(one, other)},
	}
}

func scope(v *village) []step {
	one, other := v.tablets[0], v.tablets[1]
	var id uuid.UUID
	return []step{
		{"register a household there", v.register(other, v.there, &id)},
		{"sync", v.syncs(other)},
		{"widen a tablet's scope", v.assign(one, v.here, v.there)},
		{"sync", v.syncs(one)},
		{"edit it", v.edit(one, &id, "notes")},
		{"edit the home", v.edit(one, &v.home, "notes")},
		{"narrow the scope", v.assign(one, v.here)},
		{"sync both", v.syncs(one, other)},
	}
}

func held(v *village) []step {
	one, other := v.tablets[0], v.tablets[1]
	var applied, discarded uuid.UUID
	return []step{
		{"register a household outside the scope", v.register(one, v.there, &applied)},
		{"edit the home", v.edit(one, &v.home, "notes")},
		{"sync", v.syncs(one)},
		{"apply what is held", v.decide(v.apply)},
		{"register another outside", v.register(one, v.there, &discarded)},
		{"sync both", v.syncs(one, other)},
		{"turn it down", v.decide(v.turnDown)},
		{"sync both", v.syncs(one, other)},
	}
}

func enrolment(v *village) []step {
	one, other := v.tablets[0], v.tablets[1]
	var id uuid.UUID
	return []step{
		{"register a household", v.register(one, v.here, &id)},
		{"sync", v.syncs(one)},
		{"edit it", v.edit(one, &id, "notes")},
		{"register another", v.register(one, v.here, &id)},
		{"enrol again", one.enrol},
		{"edit the home", v.edit(one, &v.home, "notes")},
		{"sync both", v.syncs(one, other)},
	}
}

func batches(v *village) []step {
	one, other := v.tablets[0], v.tablets[1]
	steps := []step{}
	for range 4 {
		steps = append(steps, step{"register many at once", v.registerMany(one, 30)}, step{"flush the tablet's log", v.flushLog(&one.site)})
	}
	return append(steps,
		step{"sync", v.syncs(one)},
		step{"flush the office's log", v.flushLog(&v.office.site)},
		step{"register many elsewhere", v.registerMany(other, 20)},
		step{"sync both", v.syncs(other, one)},
	)
}

func revocation(v *village) []step {
	one, other := v.tablets[0], v.tablets[1]
	var id uuid.UUID
	return []step{
		{"register a household", v.register(other, v.there, &id)},
		{"sync", v.syncs(other)},
		{"register another", v.register(other, v.here, &id)},
		{"revoke the tablet", v.revoke(other)},
		{"sync both", v.syncs(other, one)},
		{"apply what is held", v.decide(v.apply)},
		{"sync", v.syncs(one)},
	}
}

func restart(v *village) []step {
	one, other := v.tablets[0], v.tablets[1]
	var id uuid.UUID
	again := func(ctx context.Context) error { return errors.Join(v.close(), v.open(ctx)) }
	return []step{
		{"register a household", v.register(one, v.here, &id)},
		{"restart everything", again},
		{"sync", v.syncs(one)},
		{"restart everything", again},
		{"edit it", v.edit(one, &id, "notes")},
		{"sync both", v.syncs(one, other)},
		{"restart everything", again},
		{"sync both", v.syncs(one, other)},
	}
}

// syncs syncs tablets, one after the other.
func (v *village) syncs(tablets ...*tablet) func(context.Context) error {
	return func(ctx context.Context) error {
		for _, t := range tablets {
			if t.store == nil {
				continue // it was wiped
			}
			if err := t.sync(ctx); err != nil {
				return err
			}
		}
		return nil
	}
}

// register saves a household with a person in it, as one form.
func (v *village) register(t *tablet, area uuid.UUID, id *uuid.UUID) func(context.Context) error {
	return func(ctx context.Context) error {
		var f clientlib.Form
		facts, first := v.family(&f, area)
		if err := t.save(ctx, &f, facts); err != nil {
			return err
		}
		*id = first
		return nil
	}
}

// registerMany saves many households as one form.
func (v *village) registerMany(t *tablet, n int) func(context.Context) error {
	return func(ctx context.Context) error {
		var f clientlib.Form
		var facts form
		for range n {
			more, _ := v.family(&f, v.here)
			facts = append(facts, more...)
		}
		return t.save(ctx, &f, facts)
	}
}

// family writes a household with a person in it into a form.
func (v *village) family(f *clientlib.Form, area uuid.UUID) (form, uuid.UUID) {
	head, name := v.word("Head"), v.word("Name")
	h := f.Create("households", map[string]any{"head_name": head, "status": "idp", "area": area, "notes": strings.Repeat("notes ", 40)})
	p := f.Create("people", map[string]any{"household": h.ID, "name": name})
	return form{{h.ID, "head_name", text(head)}, {p.ID, "name", text(name)}}, h.ID
}

// text gives a word as a value; every word can be one.
func text(word string) syncproto.Value { return syncproto.Value(`"` + word + `"`) }

// edit writes a new value into a field of a household, as it is shown on the tablet.
func (v *village) edit(t *tablet, id *uuid.UUID, field string) func(context.Context) error {
	return func(ctx context.Context) error {
		word := v.word(field)
		return t.change(ctx, *id, fact{*id, field, text(word)}, map[string]any{field: word})
	}
}

func (v *village) relocate(t *tablet, id *uuid.UUID, area uuid.UUID) func(context.Context) error {
	return func(ctx context.Context) error {
		word := v.word("moved")
		return t.change(ctx, *id, fact{*id, "address", text(word)}, map[string]any{"address": word, "area": area})
	}
}

func (v *village) erase(t *tablet, id *uuid.UUID) func(context.Context) error {
	return func(ctx context.Context) error {
		return t.change(ctx, *id, fact{*id, syncproto.FieldDeleted, syncproto.True}, map[string]any{syncproto.FieldDeleted: true})
	}
}

func (t *tablet) change(ctx context.Context, id uuid.UUID, written fact, fields map[string]any) error {
	r, err := t.store.Get(ctx, id)
	if err != nil {
		return err
	}
	var f clientlib.Form
	f.Edit(r, fields)
	return t.save(ctx, &f, form{written})
}

// deliver saves a delivery and a visit to the home, as one form.
func (v *village) deliver(t *tablet, project, kind *uuid.UUID) func(context.Context) error {
	return func(ctx context.Context) error {
		var f clientlib.Form
		note, found := v.word("note"), v.word("found")
		visit := f.Create("visits", map[string]any{"household": v.home, "visited_at": v.now().UnixMilli(), "findings": found})
		given := f.Create("deliveries", map[string]any{
			"household": v.home, "project": *project, "assistance_type": *kind, "quantity": 1,
			"delivered_at": v.now().UnixMilli(), "note": note,
		})
		return t.save(ctx, &f, form{{visit.ID, "findings", text(found)}, {given.ID, "note", text(note)}})
	}
}

// reference has the office make a record.
func (v *village) reference(collection string, id *uuid.UUID, field string, others map[string]any) func(context.Context) error {
	return func(ctx context.Context) (err error) {
		if *id, err = uuid.NewV7(); err != nil {
			return err
		}
		return v.write(ctx, collection, *id, field, v.word(field), others)
	}
}

// settle settles the open conflicts.
func (v *village) settle(ctx context.Context) error {
	open, err := v.office.srv.Engine.Conflicts(ctx, 0, 10)
	if err != nil {
		return err
	}
	for _, c := range open {
		var heads []syncproto.Version
		for _, side := range c.Sides {
			heads = append(heads, side.Version)
		}
		word := text(v.word("settled"))
		v.note(func() { v.office.saving = form{{c.Record, c.Field, word}} })
		_, err := v.office.srv.Engine.Settle(ctx, v.office.admin, c.Record, c.Field, word, heads, "asked")
		v.note(func() {
			if v.office.saved(err) {
				v.office.acked = v.office.changes()
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// decide has the office decide each form that is held.
func (v *village) decide(how func(context.Context, syncproto.Version) error) func(context.Context) error {
	return func(ctx context.Context) error {
		for {
			open, err := v.office.srv.Engine.Held(ctx)
			if err != nil || len(open) == 0 {
				return err
			}
			if err := how(ctx, open[0].Version); err != nil {
				return err
			}
		}
	}
}

func (v *village) apply(ctx context.Context, held syncproto.Version) error {
	return v.office.srv.Engine.ApplyHeld(ctx, v.office.admin, held, nil)
}

func (v *village) turnDown(ctx context.Context, held syncproto.Version) error {
	return v.office.srv.Engine.DiscardHeld(ctx, v.office.admin, held, "not ours")
}

func (v *village) assign(t *tablet, areas ...uuid.UUID) func(context.Context) error {
	return func(ctx context.Context) error {
		status, err := t.store.Status(ctx)
		if err != nil {
			return err
		}
		return v.office.srv.Accounts.SetDeviceAreas(ctx, v.office.admin, status.Device, areas)
	}
}

func (v *village) revoke(t *tablet) func(context.Context) error {
	return func(ctx context.Context) error {
		status, err := t.store.Status(ctx)
		if err != nil {
			return err
		}
		v.note(func() { t.revoked = true })
		return v.office.srv.Accounts.RevokeDevice(ctx, v.office.admin, status.Device)
	}
}

// hour lets an hour pass: every access token expires.
func (v *village) hour(context.Context) error {
	v.late.Add(int64(time.Hour))
	return nil
}

// flushLog moves a database's write-ahead log into the database, and has it begin anew.
func (v *village) flushLog(s *site) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := s.flushLog(ctx); err != nil {
			return fmt.Errorf("flush the log: %w; what was saved is safe", err)
		}
		return nil
	}
}
