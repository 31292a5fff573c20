package review

import (
	"context"

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
