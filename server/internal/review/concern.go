package review

import (
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"satchel/internal/duplicates"
	"satchel/server/internal/engine"
	"satchel/server/internal/store"
)

// A set is a set of records.
type set map[uuid.UUID]bool

func (s set) add(ids ...uuid.UUID) {
	for _, id := range ids {
		if id != uuid.Nil {
			s[id] = true
		}
	}
}

// list gives the records in order, so that what is asked of the database is the same each time.
func (s set) list() []uuid.UUID {
	return slices.SortedFunc(maps.Keys(s), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
}

// A concern is what the items may have to change of.
type concern struct {
	// households are those whose family may be another, or may have got more than it should.
	households set
	// people are those whose household is one of these, arrived the households that are new, and served those to which
	// something was delivered, or was and no more, by the assistance type.
	people, arrived set
	served          map[uuid.UUID]set
	// alike are the households that may be like others otherwise than before, joined those that may be of other families.
	alike, joined set
	// known are households that were read already.
	known profiles
	// parents are those that were deleted, reinstated or moved, or got or lost something that belongs to them.
	parents set
	// contested are those that may have other conflicts than before, held those of which other changes may be held or wait,
	// and clocks the devices whose clock may be off otherwise.
	contested, held, clocks set
	// proofs are the records whose photos and signatures may be missing, unproven the deliveries that are new and name none;
	// now is the time, in milliseconds, by which these are late.
	proofs, unproven set
	now              int64
	// all says that any household may be concerned.
	all bool
	// touched are the records in hand, as they are now, by the one that they belong to.
	touched map[uuid.UUID]map[uuid.UUID]*store.Record
	// standings are those of the households and parents, as far as they exist.
	standings map[uuid.UUID]store.Standing
}

func newConcern() concern {
	return concern{
		households: set{}, people: set{}, arrived: set{}, served: map[uuid.UUID]set{}, alike: set{}, joined: set{}, known: profiles{}, parents: set{},
		contested: set{}, held: set{}, clocks: set{}, proofs: set{}, unproven: set{},
		touched: map[uuid.UUID]map[uuid.UUID]*store.Record{},
	}
}

// keep keeps a record in hand.
func (c *concern) keep(t engine.Touched) {
	if t.Before != nil {
		delete(c.touched[t.Before.Parent], t.After.ID)
	}
	if t.After.Parent == uuid.Nil {
		return
	}
	if c.touched[t.After.Parent] == nil {
		c.touched[t.After.Parent] = map[uuid.UUID]*store.Record{}
	}
	c.touched[t.After.Parent][t.After.ID] = t.After
}

// add adds what is concerned by a record that was touched.
func (c *concern) add(t engine.Touched) {
	c.keep(t)
	if t.Contested {
		c.contested.add(t.After.ID)
	}
	c.addProofs(t)
	created, before, after := t.Before == nil, t.Before, t.After
	if created {
		before = &store.Record{}
	}
	moved, turned := before.Parent != after.Parent, before.Deleted != after.Deleted
	if turned || !created && before.Area != after.Area {
		c.parents.add(after.ID)
	}
	if alone := t.Parent == nil || t.Parent.Deleted; turned || moved && (!created || alone) {
		c.parents.add(before.Parent, after.Parent)
	}
	differs := func(fields ...string) bool { return created || turned || slices.ContainsFunc(fields, t.Differs) }
	switch after.Collection {
	case "households":
		if created {
			c.arrived.add(after.ID)
		} else if differs("area") {
			c.households.add(after.ID)
		}
		if t.Differs("merged_into") {
			family := []uuid.UUID{after.ID, before.Value("merged_into").ID(), after.Value("merged_into").ID()}
			c.households.add(family...)
			c.joined.add(family...)
		}
		if differs(duplicates.HouseholdFields()...) {
			c.alike.add(after.ID)
		}
	case "people":
		if moved && !created {
			c.households.add(before.Parent, after.Parent)
		}
		if moved || differs(duplicates.MemberFields()...) {
			c.alike.add(before.Parent, after.Parent)
		}
	case "entitlements":
		if differs("household", "person", "assistance_type", "quantity", "status") {
			c.entitled(before)
			c.entitled(after)
		}
	case "deliveries":
		if differs("household", "assistance_type", "quantity", "cancelled_why") {
			c.serve(before)
			c.serve(after)
		}
	case "assistance_types":
		c.all = c.all || t.Differs("limit_per_household") || turned
	}
}

// addProofs adds a record whose proofs may be other ones than before, or whose lack of them may matter otherwise.
func (c *concern) addProofs(t engine.Touched) {
	r := t.After
	switch {
	case t.Before == nil && r.Collection == "deliveries" && len(r.State.Blobs(r.Collection)) == 0:
		c.unproven.add(r.ID)
	case t.Before == nil: // what it names is on its way
	case t.Contested, t.Before.Deleted != r.Deleted, slices.ContainsFunc([]string{"proofs", "answers", "assistance_type", "cancelled_why"}, t.Differs):
		if r.Collection == "deliveries" || r.Collection == "visits" {
			c.proofs.add(r.ID)
		}
	}
}

// entitled adds the household that an entitlement is, or was, of.
func (c *concern) entitled(entitlement *store.Record) {
	if entitlement.Value("household").IsNull() {
		c.people.add(entitlement.Parent)
	} else {
		c.households.add(entitlement.Parent)
	}
}

// serve adds the household to which something is, or was, delivered.
func (c *concern) serve(delivery *store.Record) {
	kind := delivery.Value("assistance_type").ID()
	if c.served[kind] == nil {
		c.served[kind] = set{}
	}
	c.served[kind].add(delivery.Parent)
}

// choose adds the households that have to be looked at after all.
func (c *concern) choose(ctx context.Context, tx *store.Tx) error {
	people, err := tx.Shown(ctx, c.people.list())
	if err != nil {
		return err
	}
	for _, p := range people {
		c.households.add(p.Parent)
	}
	if len(c.arrived) > 0 { // others may have been merged into one before it came
		merged, err := tx.SomeMerged(ctx)
		if err != nil {
			return err
		}
		if merged {
			maps.Copy(c.households, c.arrived)
		}
	}
	if len(c.joined) > 0 {
		families, err := c.families(ctx, tx, c.joined)
		if err != nil {
			return err
		}
		for _, f := range families {
			c.alike.add(f.Members...)
		}
	}
	if len(c.unproven) > 0 {
		required, err := tx.SomeProofRequired(ctx)
		if err != nil {
			return err
		}
		if required {
			maps.Copy(c.proofs, c.unproven)
		}
	}
	return c.chooseServed(ctx, tx)
}

// chooseServed adds the households served that may have got too much: where nobody is entitled to anything, deliveries
// of a type without a limit are never that.
func (c *concern) chooseServed(ctx context.Context, tx *store.Tx) error {
	if len(c.served) == 0 {
		return nil
	}
	kinds := set{}
	kinds.add(slices.Collect(maps.Keys(c.served))...)
	limits, err := limitsOf(ctx, tx, kinds.list())
	if err != nil {
		return err
	}
	entitled, err := tx.SomeOf(ctx, "entitlements")
	for kind, households := range c.served {
		if _, limited := limits[kind]; entitled || limited {
			maps.Copy(c.households, households)
		}
	}
	return err
}
