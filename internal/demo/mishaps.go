package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/server"
	"satchel/syncproto"
)

// An incident is something that went wrong on the way, and what Satchel made of it.
type incident struct{ what, made string }

// lateTablet is the one whose clock says 2038.
const lateTablet = "prokuplje"

// tell notes an incident. What is told of it was asked of the server and the tablets, after it.
func (d *demo) tell(what, made string, args ...any) {
	d.incidents = append(d.incidents, incident{what, fmt.Sprintf(made, args...)})
}

// mishaps lets happen what does, one after another.
func (d *demo) mishaps(ctx context.Context) error {
	for _, happen := range []func(context.Context) error{
		d.differentFields, d.sameField, d.deletedAndEdited, d.wrongClock,
		d.moved, d.oldCopy, d.registeredTwice, d.deliveredTwice,
	} {
		if err := happen(ctx); err != nil {
			return err
		}
		d.clock.pass()
	}
	return nil
}

// loseReply cuts the link of one tablet when the server has taken its changes.
func (d *demo) loseReply(ctx context.Context) error {
	t := d.tablet("nis")
	t.link.cutReply.Store(true)
	if _, err := t.store.Sync(ctx, nil); !errors.Is(err, clientlib.ErrLink) {
		return fmt.Errorf("the link of %s was to break: %w", t.name, err)
	}
	taken, err := d.taken(ctx, t.name)
	if err != nil {
		return err
	}
	status, err := t.store.Status(ctx)
	if err != nil {
		return err
	}
	if err := t.sync(ctx); err != nil {
		return err
	}
	again, err := d.taken(ctx, t.name)
	if err != nil {
		return err
	}
	d.tell("An acknowledgement was lost.",
		"The server had taken %d changes of %s when the reply was cut off; the tablet kept %d and sent them again; the server still has %d.",
		taken[0], t.name, status.Unsent, again[0])
	return nil
}

// taken gives how many changes the server has of the tablet of that name, for each identity of which it has
// any, the most first.
func (d *demo) taken(ctx context.Context, name string) ([]int64, error) {
	devices, err := d.server.Accounts.Devices(ctx, d.admin)
	var out []int64
	for _, device := range devices {
		if device.Name == name && device.N > 0 {
			out = append(out, device.N)
		}
	}
	slices.SortFunc(out, func(a, b int64) int { return cmp.Compare(b, a) })
	return out, err
}

// differentFields has two workers edit one household, each another field.
func (d *demo) differentFields(ctx context.Context) error {
	one, two := d.tablet("kraljevo-1"), d.tablet("kraljevo-2")
	id := one.families[2].household.ID
	if err := d.both(ctx, id,
		one, func(h *clientlib.Household) { h.Phone = "+381 60 000 1111" },
		two, func(h *clientlib.Household) { h.Address = "Ustanička 14" }); err != nil {
		return err
	}
	h, open, err := d.look(ctx, one, id)
	if err != nil {
		return err
	}
	d.tell("Two tablets edited different fields of one household.",
		"Both edits show: the phone %s of %s, the address %s of %s. Open conflicts: %d.", h.Phone, one.name, h.Address, two.name, open)
	return nil
}

// sameField has two workers edit the same field of one household.
func (d *demo) sameField(ctx context.Context) error {
	one, two := d.tablet("kraljevo-1"), d.tablet("kraljevo-2")
	id := one.families[3].household.ID
	if err := d.both(ctx, id,
		one, func(h *clientlib.Household) { h.Phone = "+381 60 000 2222" },
		two, func(h *clientlib.Household) { h.Phone = "+381 60 000 3333" }); err != nil {
		return err
	}
	h, open, err := d.look(ctx, one, id)
	if err != nil {
		return err
	}
	attention, err := one.store.Attention(ctx)
	if err != nil {
		return err
	}
	d.tell("Two tablets edited the same field of one household.",
		"The later phone, %s, shows on both; the other one is kept. Open conflicts: %d. Values that %s is told were overtaken: %d.",
		h.Phone, open, one.name, len(attention))
	return nil
}

// both has two workers edit a household without knowledge of each other, a minute apart, and sync.
func (d *demo) both(ctx context.Context, id uuid.UUID, one *tablet, first func(*clientlib.Household), two *tablet, second func(*clientlib.Household)) error {
	if err := one.edit(ctx, id, first); err != nil {
		return err
	}
	d.clock.pass()
	if err := two.edit(ctx, id, second); err != nil {
		return err
	}
	return syncInTurn(ctx, two, one, two)
}

func syncInTurn(ctx context.Context, tablets ...*tablet) error {
	for _, t := range tablets {
		if err := t.sync(ctx); err != nil {
			return err
		}
	}
	return nil
}

// look gives a household as a tablet shows it, and how many open conflicts the server has of it.
func (d *demo) look(ctx context.Context, t *tablet, id uuid.UUID) (h *clientlib.Household, open int, err error) {
	if h, err = clientlib.Get[clientlib.Household](ctx, t.store, id); err != nil {
		return nil, 0, err
	}
	conflicts, err := d.server.Engine.Conflicts(ctx, 0, 100)
	for _, c := range conflicts {
		if c.Record == id {
			open++
		}
	}
	return h, open, err
}

// deletedAndEdited has one worker delete a household while another edits it.
func (d *demo) deletedAndEdited(ctx context.Context) error {
	one, two := d.tablet("outreach"), d.tablet("kragujevac")
	id := two.families[1].household.ID
	record, err := one.store.Get(ctx, id)
	if err != nil {
		return err
	}
	var form clientlib.Form
	form.Delete(record)
	if err := one.store.Save(ctx, &form); err != nil {
		return err
	}
	d.clock.pass()
	err = two.edit(ctx, id, func(h *clientlib.Household) { h.Notes = "Moved in, the roof is finished." })
	if err != nil {
		return err
	}
	if err := syncInTurn(ctx, one, two, one); err != nil {
		return err
	}
	h, open, err := d.look(ctx, one, id)
	if err != nil {
		return err
	}
	d.tell("A household was deleted on one tablet and edited on another.",
		"%s did not know of the deletion and came later, so the household shows, with the note %q; deleted: %t. Open conflicts: %d.",
		two.name, h.Notes, h.Record().Deleted, open)
	return nil
}

// wrongClock has a worker edit what was recorded on the tablet whose clock says 2038.
func (d *demo) wrongClock(ctx context.Context) error {
	late, other := d.tablet(lateTablet), d.tablet("raska")
	id := late.families[len(late.families)-1].household.ID
	status, err := late.store.Status(ctx)
	if err != nil {
		return err
	}
	if err := other.edit(ctx, id, func(h *clientlib.Household) { h.Address = "Toplička 3" }); err != nil {
		return err
	}
	if err := other.sync(ctx); err != nil {
		return err
	}
	late.astray.Store(0)
	if err := syncInTurn(ctx, late, late); err != nil {
		return err
	}
	h, open, err := d.look(ctx, late, id)
	if err != nil {
		return err
	}
	history, err := d.server.Engine.History(ctx, id)
	if err != nil {
		return err
	}
	first := history[0]
	d.tell("The clock of a tablet said 2038.",
		"What %s recorded claims the year %d. Satchel set it to %.0f minutes after it came, and the tablet tells its worker to set the clock: %t. So the address that %s wrote afterwards, %s, shows. Open conflicts: %d.",
		late.name, time.UnixMilli(first.Claimed).Year(), float64(first.Time-first.Received)/60_000, status.ClockOff, other.name, h.Address, open)
	return nil
}

// moved has a household move to a municipality that its worker's tablet does not have.
func (d *demo) moved(ctx context.Context) error {
	from, to := d.tablet("nis"), d.tablet("krusevac")
	id := from.families[0].household.ID
	err := from.edit(ctx, id, func(h *clientlib.Household) {
		h.Area, h.Address = from.known.municipalities["Kruševac"].areas[1], "Nova 1"
	})
	if err != nil {
		return err
	}
	if err := from.sync(ctx); err != nil {
		return err
	}
	held, err := d.server.Engine.Held(ctx)
	if err != nil {
		return err
	}
	if len(held) != 1 {
		return fmt.Errorf("%d changes are held, where the one that moves a household was due", len(held))
	}
	if err := d.server.Engine.ApplyHeld(ctx, d.admin, held[0].Version, nil); err != nil {
		return err
	}
	if err := syncInTurn(ctx, to, from); err != nil {
		return err
	}
	still, err := from.has(ctx, id)
	if err != nil {
		return err
	}
	members, deliveries, err := to.belongings(ctx, id)
	if err != nil {
		return err
	}
	d.tell("A household moved to a municipality that its worker's tablet does not have.",
		"The edit was held (%s) until the administrator applied it. Now %s has the household, with its people (%d) and deliveries (%d); %s has it: %t.",
		held[0].Code, to.name, members, deliveries, from.name, still)
	return nil
}

// belongings counts what a tablet has of a household.
func (t *tablet) belongings(ctx context.Context, household uuid.UUID) (members, deliveries int, err error) {
	people, err := t.store.List(ctx, "people", household)
	if err != nil {
		return 0, 0, err
	}
	given, err := t.store.List(ctx, "deliveries", household)
	return len(people), len(given), err
}

// oldCopy puts a copy in the place of a tablet's file, from before its last sync, and works on with it.
func (d *demo) oldCopy(ctx context.Context) error {
	t := d.tablet("smederevo")
	backup := filepath.Join(d.scratch, "old-copy")
	if err := t.copyTo(ctx, backup); err != nil {
		return err
	}
	if err := t.visit(ctx, 0, "The foundation is laid."); err != nil {
		return err
	}
	if err := t.sync(ctx); err != nil {
		return err
	}
	if err := t.restoreFrom(ctx, backup); err != nil {
		return err
	}
	if err := t.visit(ctx, 1, "The windows are in."); err != nil {
		return err
	}
	result, err := t.store.Sync(ctx, nil)
	if err != nil {
		return err
	}
	taken, err := d.taken(ctx, t.name)
	if err != nil {
		return err
	}
	if len(taken) != 2 {
		return fmt.Errorf("the server has the histories %v of %s, not two", taken, t.name)
	}
	var visits int
	for _, f := range t.families[:2] {
		list, err := t.store.List(ctx, "visits", f.household.ID)
		if err != nil {
			return err
		}
		visits += len(list)
	}
	d.tell("A tablet was restored from an old copy of its file.",
		"%s took a new identity: %t. The server has two histories of it, with %d and %d changes. The two families have the visits of their registration, the one recorded before the copy came back, and the one after: %d.",
		t.name, result.NewIdentity, taken[0], taken[1], visits)
	return nil
}

// visit records a visit to one of the tablet's families.
func (t *tablet) visit(ctx context.Context, family int, findings string) error {
	var form clientlib.Form
	form.Put(&clientlib.Visit{
		Household: t.families[family].household.ID, Purpose: "monitoring", VisitedAt: t.now(), Findings: findings,
	})
	return t.store.Save(ctx, &form)
}

// registeredTwice has a second worker register a family that the first one has registered already, and
// the office merge the two.
func (d *demo) registeredTwice(ctx context.Context) error {
	const indicator = "people trained (VET, agriculture, safety at work)"
	two := d.tablet("kraljevo-2")
	family := d.tablet("kraljevo-1").families[0]
	again := &clientlib.Household{HeadName: family.household.HeadName, Status: "idp", Area: family.household.Area}
	person := &clientlib.Person{Name: family.adults[0].Name, Sex: family.adults[0].Sex, Relation: "head"}
	training, err := two.training(ctx)
	if err != nil {
		return err
	}
	var form clientlib.Form
	form.Put(again)
	person.Household = again.ID
	form.Put(person)
	yes := true
	form.Put(&clientlib.Participation{Activity: training, Person: person.ID, Attended: &yes, Completed: &yes})
	if err := two.store.Save(ctx, &form); err != nil {
		return err
	}
	if err := two.sync(ctx); err != nil {
		return err
	}
	before, err := d.figure(ctx, indicator)
	if err != nil {
		return err
	}
	_, err = d.server.Engine.Save(ctx, d.admin, []server.OfficeEdit{
		mergeInto("households", again.ID, family.household.ID), mergeInto("people", person.ID, family.adults[0].ID),
	})
	if err != nil {
		return err
	}
	after, err := d.figure(ctx, indicator)
	if err != nil {
		return err
	}
	d.tell("A family was registered by two workers.",
		"People trained: %s, and once the administrator had merged the two: %s. Nothing was moved, so the merger can be undone.", before, after)
	return nil
}

func mergeInto(collection string, duplicate, kept uuid.UUID) server.OfficeEdit {
	return server.OfficeEdit{Collection: collection, Record: duplicate, Fields: map[string]syncproto.Value{
		"merged_into": syncproto.Value(`"` + kept.String() + `"`),
	}}
}

// training gives the first training that the tablet has.
func (t *tablet) training(ctx context.Context) (uuid.UUID, error) {
	activities, err := clientlib.List[clientlib.Activity](ctx, t.store, uuid.Nil)
	if err != nil {
		return uuid.Nil, err
	}
	for _, a := range activities {
		if a.Kind == "training" {
			return a.ID, nil
		}
	}
	return uuid.Nil, clientlib.ErrNotFound
}

// deliveredTwice has a worker record one delivery a second time, and cancel it.
func (d *demo) deliveredTwice(ctx context.Context) error {
	t := d.tablet("vranje")
	first, err := t.firstDelivery(ctx, t.families[0].household.ID)
	if err != nil {
		return err
	}
	second := *first
	second.Meta = clientlib.Meta{}
	var form clientlib.Form
	form.Put(&second)
	if err := t.store.Save(ctx, &form); err != nil {
		return err
	}
	if err := t.sync(ctx); err != nil {
		return err
	}
	before, review, err := d.overDelivered(ctx)
	if err != nil {
		return err
	}
	if len(review) != 1 {
		return fmt.Errorf("%d reviews are open, where that of the family that was given two houses was due", len(review))
	}
	if err := t.cancel(ctx, &second, "entered twice"); err != nil {
		return err
	}
	after, open, err := d.overDelivered(ctx)
	if err != nil {
		return err
	}
	facts := review[0].Facts
	d.tell("A delivery was entered twice.",
		"Prefabricated houses: %s, and the server put the family into review: %s delivered, entitled to %s, limit %s. Once the worker had cancelled the second entry, with the reason: %s; open reviews: %d.",
		before, facts.Delivered, facts.Entitled, facts.Limit, after, len(open))
	return nil
}

// overDelivered gives how many prefabricated houses count, and which families are in review that were given too much.
func (d *demo) overDelivered(ctx context.Context) (houses string, open []server.Review, err error) {
	if houses, err = d.figure(ctx, "prefabricated houses delivered"); err != nil {
		return "", nil, err
	}
	open, _, err = d.server.Reviews.List(ctx, "open", 0, 100, server.ReviewFilter{Kind: "over_delivery"})
	return houses, open, err
}

func (t *tablet) firstDelivery(ctx context.Context, household uuid.UUID) (*clientlib.Delivery, error) {
	list, err := clientlib.List[clientlib.Delivery](ctx, t.store, household)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, clientlib.ErrNotFound
	}
	return list[0], nil
}

// cancel takes a delivery out of what counts, and syncs.
func (t *tablet) cancel(ctx context.Context, x *clientlib.Delivery, why string) error {
	x.CancelledWhy = why
	var form clientlib.Form
	form.Put(x)
	if err := t.store.Save(ctx, &form); err != nil {
		return err
	}
	return t.sync(ctx)
}
