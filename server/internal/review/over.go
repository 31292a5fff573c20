package review

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/google/uuid"

	"satchel/server/internal/store"
)

// overDeliveries finds what the families of the households concerned were given beyond what they may be.
func overDeliveries(ctx context.Context, tx *store.Tx, c concern) (finding, error) {
	found := finding{kind: OverDelivery, about: set{}}
	list, err := c.families(ctx, tx, c.households)
	if err != nil {
		return found, err
	}
	for _, f := range list {
		found.about.add(f.members...)
	}
	sums, err := sumUp(ctx, tx, c, found.about.list(), numbers(list))
	if err != nil {
		return found, err
	}
	kinds := set{}
	for key := range sums {
		kinds.add(key.kind)
	}
	limits, err := limitsOf(ctx, tx, kinds.list())
	if err != nil {
		return found, err
	}
	for _, key := range slices.SortedFunc(maps.Keys(sums), share.compare) {
		g, limit := sums[key], limits[key.kind]
		if !over(g.delivered, limit) && !over(g.delivered, g.entitled) {
			continue
		}
		area, lives, err := placeOf(ctx, tx, list[key.family])
		if err != nil {
			return found, err
		}
		if lives {
			found.matters = append(found.matters, matter{
				kind: OverDelivery, record: list[key.family].root, subject: key.kind, area: area, severity: high, facts: g.facts(limit),
			})
		}
	}
	return found, nil
}

// A share is an assistance type and a family, by its number.
type share struct {
	family int
	kind   uuid.UUID
}

func (s share) compare(other share) int {
	return cmp.Or(s.family-other.family, bytes.Compare(s.kind[:], other.kind[:]))
}

// A given is what a family was given of an assistance type, and what it is entitled to: nil if nothing was approved.
type given struct {
	deliveries          []Ground
	delivered, entitled *big.Rat
}

func (g *given) facts(limit *big.Rat) Facts {
	sortGrounds(g.deliveries)
	return Facts{Records: g.deliveries, Delivered: decimal(g.delivered), Entitled: decimal(g.entitled), Limit: decimal(limit)}
}

func over(delivered, allowed *big.Rat) bool {
	return delivered != nil && allowed != nil && delivered.Cmp(allowed) > 0
}

// sumUp sums what families were given and are entitled to. family says of each of the households which it is of.
func sumUp(ctx context.Context, tx *store.Tx, c concern, households []uuid.UUID, family map[uuid.UUID]int) (map[share]*given, error) {
	aid, err := c.belongings(ctx, tx, households)
	if err != nil {
		return nil, err
	}
	members := set{}
	for _, a := range aid {
		if _, counted := family[a.id]; a.collection == "people" && !counted {
			members.add(a.id)
			family[a.id] = family[a.parent]
		}
	}
	own, err := c.belongings(ctx, tx, members.list())
	if err != nil {
		return nil, err
	}
	sums := map[share]*given{}
	for _, a := range append(aid, own...) {
		if a.deleted || a.collection != "deliveries" && a.collection != "entitlements" {
			continue
		}
		key := share{family[a.parent], a.Kind}
		if sums[key] == nil {
			sums[key] = &given{}
		}
		sums[key].add(a)
	}
	return sums, nil
}

// add adds a delivery that is not cancelled, or an entitlement that was approved.
func (g *given) add(a aid) {
	switch {
	case a.collection == "deliveries" && a.Cancelled == "":
		g.deliveries = append(g.deliveries, Ground{Record: a.id, Collection: a.collection, Quantity: a.Quantity.String()})
		g.delivered = plus(g.delivered, a.Quantity)
	case a.collection == "entitlements" && a.Status == "approved":
		g.entitled = plus(g.entitled, a.Quantity)
	}
}

// plus adds a decimal to a sum, nil for none so far. Binary fractions would not do: 0.1 and 0.2 are not more than 0.3.
func plus(sum *big.Rat, quantity json.Number) *big.Rat {
	x, ok := new(big.Rat).SetString(quantity.String())
	switch {
	case !ok: // it says nothing
		return sum
	case sum == nil:
		return x
	}
	return sum.Add(sum, x)
}

// decimal writes a sum of decimals, "" for nil.
func decimal(sum *big.Rat) string {
	if sum == nil {
		return ""
	}
	const digits = 15 // a decimal has no more
	text := sum.FloatString(digits)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// limitsOf gives the limits of assistance types; a deleted type, and one that has not arrived, has none.
func limitsOf(ctx context.Context, tx *store.Tx, kinds []uuid.UUID) (map[uuid.UUID]*big.Rat, error) {
	types, err := tx.Shown(ctx, kinds)
	if err != nil {
		return nil, err
	}
	out := map[uuid.UUID]*big.Rat{}
	for _, t := range types {
		a, err := aidShown(t)
		if err != nil {
			return nil, err
		}
		if !t.Deleted {
			out[t.ID] = plus(nil, a.Limit)
		}
	}
	return out, nil
}
