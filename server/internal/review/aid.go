package review

import (
	"context"

	"github.com/google/uuid"

	"satchel/internal/aid"
	"satchel/server/internal/store"
)

// aidShown reads what counts of a record from the database's document.
func aidShown(s store.Shown) (aid.Record, error) {
	value, err := valuesOf(s)
	if err != nil {
		return aid.Record{}, err
	}
	out := aid.RecordOf(s.ID, s.Collection, value)
	out.Parent, out.Deleted = s.Parent, s.Deleted
	return out, nil
}

// aidOf reads it from a record in hand.
func aidOf(r *store.Record) aid.Record {
	out := aid.RecordOf(r.ID, r.Collection, r.Value)
	out.Parent, out.Deleted = r.Parent, r.Deleted
	return out
}

// belongings gives what belongs to some households or people. What a worker records of a new household comes as a
// whole, so most of it is in hand, and is not read again.
func (c concern) belongings(ctx context.Context, tx *store.Tx, owners []uuid.UUID) ([]aid.Record, error) {
	var out []aid.Record
	var unread []uuid.UUID
	for _, owner := range owners {
		if about, known := c.standings[owner]; !known || about.Children != len(c.touched[owner]) {
			unread = append(unread, owner)
			continue
		}
		for _, r := range c.touched[owner] {
			out = append(out, aidOf(r))
		}
	}
	shown, err := tx.ShownAid(ctx, unread)
	if err != nil {
		return nil, err
	}
	for _, s := range shown {
		r, err := aidShown(s)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
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
	var households []uuid.UUID
	for _, f := range families {
		households = append(households, f.Members...)
	}
	family := numbers(families)
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
