package review

import (
	"context"

	"github.com/google/uuid"

	"satchel/internal/aid"
	"satchel/server/internal/store"
)

// overDeliveries finds what the families of the households concerned were given beyond what they may be.
func overDeliveries(ctx context.Context, tx *store.Tx, c concern) (finding, error) {
	found := finding{kind: OverDelivery, about: set{}}
	families, err := c.families(ctx, tx, c.households)
	if err != nil {
		return found, err
	}
	for _, f := range families {
		found.about.add(f.Members...)
	}
	shares, err := c.shares(ctx, tx, families)
	if err != nil {
		return found, err
	}
	for i, f := range families {
		for _, s := range shares[i] {
			if !s.Over() {
				continue
			}
			area, lives, err := placeOf(ctx, tx, f)
			if err != nil {
				return found, err
			}
			if lives {
				found.matters = append(found.matters, matter{
					kind: OverDelivery, record: f.Root, subject: s.Kind, area: area, severity: high, facts: factsOf(s),
				})
			}
		}
	}
	return found, nil
}

// factsOf gives the deliveries that count, and what they come to.
func factsOf(s *aid.Share) Facts {
	out := Facts{Delivered: s.Delivered.String(), Entitled: s.Entitled.String(), Limit: s.Limit.String()}
	for _, d := range s.Deliveries {
		if d.Counts() {
			out.Records = append(out.Records, groundOf(d))
		}
	}
	return out
}

func groundOf(delivery aid.Record) Ground {
	return Ground{Record: delivery.ID, Collection: delivery.Collection, Quantity: delivery.Quantity.String()}
}

// shares gives the shares of each of some families.
func (c concern) shares(ctx context.Context, tx *store.Tx, families []aid.Family) ([][]*aid.Share, error) {
	records, err := c.records(ctx, tx, families)
	if err != nil {
		return nil, err
	}
	out, kinds := make([][]*aid.Share, len(families)), set{}
	for i := range families {
		out[i] = aid.Shares(records[i])
		for _, s := range out[i] {
			kinds.add(s.Kind)
		}
	}
	limits, err := limitsOf(ctx, tx, kinds.list())
	for _, family := range out {
		for _, s := range family {
			s.Bound(limits[s.Kind])
		}
	}
	return out, err
}

// records gives what belongs to each of some families: to their households, and to the people of these.
func (c concern) records(ctx context.Context, tx *store.Tx, families []aid.Family) ([][]aid.Record, error) {
	family, households := numbers(families), []uuid.UUID(nil)
	for _, f := range families {
		households = append(households, f.Members...)
	}
	aids, err := c.belongings(ctx, tx, households)
	if err != nil {
		return nil, err
	}
	people := set{}
	for _, r := range aids {
		if _, counted := family[r.ID]; r.Collection == "people" && !counted {
			people.add(r.ID)
			family[r.ID] = family[r.Parent]
		}
	}
	own, err := c.belongings(ctx, tx, people.list())
	out := make([][]aid.Record, len(families))
	for _, r := range append(aids, own...) {
		i := family[r.Parent]
		out[i] = append(out[i], r)
	}
	return out, err
}

// limitsOf gives the limits of those of the assistance types that have one.
func limitsOf(ctx context.Context, tx *store.Tx, kinds []uuid.UUID) (map[uuid.UUID]aid.Decimal, error) {
	types, err := tx.Shown(ctx, kinds)
	if err != nil {
		return nil, err
	}
	out := map[uuid.UUID]aid.Decimal{}
	for _, t := range types {
		r, err := aidShown(t)
		if err != nil {
			return nil, err
		}
		if limit := r.LimitPerHousehold(); limit != (aid.Decimal{}) {
			out[t.ID] = limit
		}
	}
	return out, nil
}
