package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A contest is an office at which phones clash in every way that rules tell apart.
type contest struct {
	*office
	one, other *tablet
	// names gives what each household is called, in order of their registration.
	names []string
	ids   map[string]uuid.UUID
}

// newContest has one tablet, then another, then the office write phones of households, none knowing of the others.
func newContest(t *testing.T) *contest {
	o := newOffice(t)
	c := &contest{office: o, one: o.tablet("one", o.a), other: o.tablet("other", o.a, o.b), ids: map[string]uuid.UUID{}}
	for _, name := range []string{"plain", "far clock", "same clock", "office", "office twice", "three", "deleted", "far away"} {
		area := o.a
		if name == "far away" {
			area = o.b
		}
		c.names, c.ids[name] = append(c.names, name), c.other.household(area, name)
	}
	c.other.sync()
	c.one.sync()
	third := o.tablet("third", o.a, o.b)
	third.sync()
	registered := map[uuid.UUID][]syncproto.Version{}
	for id, r := range c.one.records {
		registered[id] = r.Fields["phone"].Known()
	}
	registered[c.ids["far away"]] = c.other.looksAt(c.ids["far away"], "phone")
	c.write(c.one, 1, "plain", "060 1", "far clock", "060 1", "same clock", "060 1", "office", "060 1", "three", "060 1", "deleted", "060 1")
	c.one.history[len(c.one.history)-5].Claimed = 4_070_908_800_000 // the far clock's
	c.write(c.other, 2, "plain", "060 2", "three", "060 2", "deleted", "060 2", "far away", "060 2")
	c.write(c.other, 1, "same clock", "060 2")
	c.write(third, 3, "three", "060 3", "far away", "060 3")
	c.one.edit("households", c.ids["deleted"], map[string]syncproto.Value{syncproto.FieldDeleted: syncproto.True})
	c.one.sync()
	c.write(c.other, 9, "far clock", "060 2")
	o.now = start.Add(10 * time.Minute)
	c.other.sync()
	third.sync()
	for i, name := range []string{"office", "office twice", "office twice"} {
		o.save(engine.OfficeEdit{
			Collection: "households", Record: c.ids[name], Fields: phone(fmt.Sprintf("office %d", i)),
			Base: map[string][]syncproto.Version{"phone": registered[c.ids[name]]},
		})
	}
	return c
}

// write has a tablet's worker write phones of households, so many minutes after the start.
func (c *contest) write(d *tablet, minutes int, pairs ...string) {
	c.now = start.Add(time.Duration(minutes) * time.Minute)
	for i := 0; i < len(pairs); i += 2 {
		d.edit("households", c.ids[pairs[i]], phone(pairs[i+1]))
	}
}

func (c *contest) preview(rule engine.Rule) engine.Preview {
	c.t.Helper()
	p, err := c.engine.PreviewRule(c.t.Context(), rule)
	if err != nil {
		c.t.Fatal(err)
	}
	return p
}

// says puts what a rule would do in words.
func (c *contest) says(p engine.Preview) string {
	var out []string
	for _, name := range c.names {
		for _, s := range p.Proposals {
			if s.Record == c.ids[name] {
				out = append(out, name+"="+s.Value.Text())
			}
		}
	}
	return fmt.Sprintf("%s; %d left", strings.Join(out, ", "), p.Left)
}

func TestARuleSettlesWhatItDecides(t *testing.T) {
	c := newContest(t)
	phones := engine.Rule{Collection: "households", Field: "phone"}
	for _, want := range []struct {
		keep, says   string
		area, device *uuid.UUID
	}{
		{keep: engine.KeepLater, says: "plain=060 2, far clock=060 1, office=office 0, three=060 3, far away=060 3; 3 left"},
		{keep: engine.KeepEarlier, says: "plain=060 1, far clock=060 2, office=060 1, three=060 1, far away=060 2; 3 left"},
		{keep: engine.KeepShown, says: "plain=060 2, far clock=060 2, same clock=060 2, office=office 0, office twice=office 2, three=060 3, far away=060 3; 1 left"},
		{keep: engine.KeepOffice, says: "office=office 0; 7 left"},
		{keep: engine.KeepField, says: "office=060 1; 7 left"},
		{keep: engine.KeepLater, area: &c.b, says: "far away=060 3; 0 left"},
		{keep: engine.KeepLater, area: &c.country, device: &c.one.id, says: "plain=060 2, far clock=060 1, office=office 0, three=060 3; 2 left"},
	} {
		rule := phones
		rule.Keep, rule.Area, rule.Device = want.keep, want.area, want.device
		if got := c.says(c.preview(rule)); got != want.says {
			t.Errorf("%s, area %v, device %v:\ngot  %s\nwant %s", want.keep, want.area, want.device, got, want.says)
		}
	}
}

func TestARuleIsAppliedListedAndUndone(t *testing.T) {
	c := newContest(t)
	rule := engine.Rule{Collection: "households", Field: "phone", Keep: engine.KeepEarlier}
	p := c.preview(rule)
	if len(p.Proposals) != 5 || len(p.Proposals[0].Sides) != 2 || p.Proposals[0].Sides[0].AuthorName == "" || p.More {
		t.Fatalf("the preview is %+v, want five conflicts with their sides and makers", p)
	}
	before := c.clashes(c.ids["three"])
	settled, err := c.engine.ApplyRule(t.Context(), c.admin, rule, p.Digest, " first come ")
	if err != nil {
		t.Fatal(err)
	}
	c.other.sync()
	for name, want := range map[string]string{"plain": "060 1", "far clock": "060 2", "three": "060 1", "same clock": "060 2", "office twice": "office 2"} {
		if got := c.other.shows(c.ids[name], "phone"); got != want {
			t.Errorf("%s: phone %q is shown, want %q", name, got, want)
		}
	}
	if got := c.says(c.preview(rule)); got != "; 3 left" {
		t.Errorf("applied, the rule would do %q, want nothing", got)
	}
	bulk := settled[0].Version()
	c.write(c.other, 11, "plain", "060 9")
	c.other.sync()
	list, err := c.engine.Bulk(t.Context(), bulk)
	if err != nil || len(list) != 5 {
		t.Fatalf("the list is %+v, %v; want five", list, err)
	}
	for _, d := range list {
		if d.Standing != (d.Record != c.ids["plain"]) || d.Field != "phone" || d.Reason != "first come" || d.AuthorName != "Ana Admin" || *d.Bulk != bulk {
			t.Errorf("listed is %+v; want it by Ana Admin, standing if it is not the plain one", d)
		}
	}
	undone, skipped, err := c.engine.UndoBulk(t.Context(), c.admin, bulk, "wrong")
	if err != nil || skipped != 1 || len(undone) != 9 || *undone[0].Note.Bulk != bulk {
		t.Errorf("undone %d changes, skipped %d, %v; want 9 and 1", len(undone), skipped, err)
	}
	if got := c.clashes(c.ids["three"]); got != before || c.clashes(c.ids["plain"]) != "" {
		t.Errorf("undone, %s clash, and %s in what was changed since; want %s and nothing", got, c.clashes(c.ids["plain"]), before)
	}
	if got := c.says(c.preview(rule)); got != "far clock=060 2, office=060 1, three=060 1, far away=060 2; 3 left" {
		t.Errorf("undone, the rule would do %q, want what it did before", got)
	}
	if _, _, err := c.engine.UndoBulk(t.Context(), c.admin, bulk, ""); code(err) != syncproto.CodeStale {
		t.Errorf("undoing twice: %v, want stale", err)
	}
	if _, _, err := c.engine.UndoBulk(t.Context(), c.admin, settled[1].Version(), ""); code(err) != syncproto.CodeNotFound {
		t.Errorf("undoing by another name: %v, want not_found", err)
	}
	if got := strings.Join(c.logged(), ", "); got != "rule.applied, rule.undone" {
		t.Errorf("the audit log has %s, want the application and its undoing", got)
	}
}

// logged gives the actions in the audit log.
func (o *office) logged() (actions []string) {
	o.t.Helper()
	o.write(func(ctx context.Context, tx *store.Tx) error {
		rows, err := tx.AuditSince(ctx, 0, 100)
		for _, r := range rows {
			actions = append(actions, r.Action)
		}
		return err
	})
	return actions
}

func TestARuleDoesWhatWasSeenOrNothing(t *testing.T) {
	c := newContest(t)
	rule := engine.Rule{Collection: "households", Field: "phone", Keep: engine.KeepShown}
	p := c.preview(rule)
	refused := func(what string, want syncproto.Code, rule engine.Rule, digest, reason string) {
		t.Helper()
		open := len(c.conflicts())
		if _, err := c.engine.ApplyRule(t.Context(), c.admin, rule, digest, reason); code(err) != want {
			t.Errorf("%s: %v, want %s", what, err, want)
		}
		if got := len(c.conflicts()); got != open || len(c.logged()) != 0 {
			t.Errorf("%s: %d conflicts are open, and before %d; logged %v", what, got, open, c.logged())
		}
	}
	with := func(collection, field, keep string) engine.Rule {
		return engine.Rule{Collection: collection, Field: field, Keep: keep}
	}
	refused("without a reason", syncproto.CodeInvalid, rule, p.Digest, " ")
	refused("deliveries", syncproto.CodeInvalid, with("deliveries", "note", engine.KeepShown), p.Digest, "why")
	refused("deletions", syncproto.CodeInvalid, with("households", syncproto.FieldDeleted, engine.KeepShown), p.Digest, "why")
	refused("what there is not", syncproto.CodeInvalid, with("castles", "phone", engine.KeepShown), p.Digest, "why")
	refused("to keep what there is not", syncproto.CodeInvalid, with("households", "phone", "mine"), p.Digest, "why")
	refused("nothing", syncproto.CodeInvalid, with("households", "notes", engine.KeepShown), c.preview(with("households", "notes", engine.KeepShown)).Digest, "why")
	refused("another rule", syncproto.CodeStale, with("households", "phone", engine.KeepLater), p.Digest, "why")
	late := c.tablet("late", c.a)
	late.sync()
	change := late.change("households", c.ids["plain"], phone("060 4"))
	change.Base["phone"] = []syncproto.Version{c.other.version(1)} // has seen what was registered
	change.Claimed = start.UnixMilli()
	late.saveForm(change)
	late.sync()
	refused("another side came", syncproto.CodeStale, rule, p.Digest, "why")
	again := c.preview(rule)
	if c.says(again) != c.says(p) || again.Digest == p.Digest {
		t.Errorf("with another side the rule does %s, digest %s; want another digest for the same values", c.says(again), again.Digest)
	}
	if _, err := c.engine.ApplyRule(t.Context(), c.admin, rule, again.Digest, "why"); err != nil {
		t.Error(err)
	}
}

// TestARuleGoesOnWhereItStopped settles more than one commit holds.
func TestARuleGoesOnWhereItStopped(t *testing.T) {
	const most, more = 500, 3
	o := newOffice(t)
	one, other := o.tablet("one", o.a), o.tablet("other", o.a)
	ids := make([]uuid.UUID, most+more)
	for i := range ids {
		ids[i] = one.household(o.a, "Family")
	}
	one.sync()
	other.sync()
	for _, id := range ids {
		one.edit("households", id, phone("060 1"))
		other.edit("households", id, phone("060 2"))
	}
	one.sync()
	other.sync()
	rule := engine.Rule{Collection: "households", Field: "phone", Keep: engine.KeepShown}
	for i, want := range []int{most, more} {
		p, err := o.engine.PreviewRule(t.Context(), rule)
		if err != nil || len(p.Proposals) != want || p.More != (i == 0) {
			t.Fatalf("go %d: %d would be settled, more %v, %v; want %d, %v", i+1, len(p.Proposals), p.More, err, want, i == 0)
		}
		settled, err := o.engine.ApplyRule(t.Context(), o.admin, rule, p.Digest, "why")
		if err != nil || len(settled) != want {
			t.Fatalf("go %d: %d are settled, %v; want %d", i+1, len(settled), err, want)
		}
		list, err := o.engine.Bulk(t.Context(), settled[0].Version())
		if err != nil || len(list) != want {
			t.Errorf("go %d: %d are listed, %v; want %d", i+1, len(list), err, want)
		}
	}
	if open := o.conflicts(); len(open) != 0 {
		t.Errorf("%d conflicts are open, want none", len(open))
	}
}

// TestARuleThatManyApplyAtOnceIsAppliedOnce has some of them find it as they saw it before the first is done.
func TestARuleThatManyApplyAtOnceIsAppliedOnce(t *testing.T) {
	c := newContest(t)
	rule := engine.Rule{Collection: "households", Field: "phone", Keep: engine.KeepShown}
	p := c.preview(rule)
	const many = 8
	results := make(chan error, many)
	for range many {
		go func() {
			_, err := c.engine.ApplyRule(t.Context(), c.admin, rule, p.Digest, "why")
			results <- err
		}()
	}
	done, stale := 0, 0
	for range many {
		switch err := <-results; {
		case err == nil:
			done++
		case code(err) == syncproto.CodeStale:
			stale++
		default:
			t.Error(err)
		}
	}
	if done != 1 || stale != many-1 {
		t.Errorf("%d applied it and %d found it stale, want 1 and %d", done, stale, many-1)
	}
}
