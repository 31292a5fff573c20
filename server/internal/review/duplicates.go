package review

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"satchel/internal/duplicates"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// possibleDuplicates finds what may be one family with a household concerned.
func possibleDuplicates(ctx context.Context, tx *store.Tx, c concern) (finding, error) {
	found := finding{kind: Duplicate, about: c.alike}
	if len(c.alike) == 0 {
		return found, nil
	}
	rules, err := RulesIn(ctx, tx)
	if err != nil {
		return found, err
	}
	if err := c.known.read(ctx, tx, c.alike); err != nil {
		return found, err
	}
	having, err := c.known.keepKeys(ctx, tx, c.alike)
	if err != nil {
		return found, err
	}
	others := set{}
	for id := range c.alike {
		maps.Copy(others, having.sharing(c.known[id]))
	}
	if err := c.known.read(ctx, tx, others); err != nil {
		return found, err
	}
	pairs, err := c.apart(ctx, tx, c.known.compare(rules, c.alike, having))
	for _, p := range pairs {
		found.matters = append(found.matters, matter{
			kind: Duplicate, record: p.A, subject: p.B, area: c.known[p.A].area, severity: rules.severity(p.Score), facts: likeness(p),
		})
	}
	return found, err
}

// likeness gives the facts of a pair.
func likeness(p duplicates.Pair) Facts {
	return Facts{
		Records: []Ground{{Record: p.A, Collection: "households"}, {Record: p.B, Collection: "households"}},
		Score:   p.Score, Reasons: p.Reasons,
	}
}

// profiles are households that are shown, ready to be compared.
type profiles map[uuid.UUID]profile

type profile struct {
	*duplicates.Profile
	area uuid.UUID
	keys []int64
}

// read adds those of some households that are shown and not known yet.
func (known profiles) read(ctx context.Context, tx *store.Tx, some set) error {
	households := slices.DeleteFunc(some.list(), func(id uuid.UUID) bool { return known[id].Profile != nil })
	people, err := tx.ShownPeople(ctx, households)
	if err != nil {
		return err
	}
	// The members have one order: of more than count, the same ones count each time.
	slices.SortFunc(people, func(a, b store.Shown) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	members := map[uuid.UUID][]duplicates.Member{}
	for _, p := range people {
		value, err := valuesOf(p)
		if err != nil {
			return err
		}
		members[p.Parent] = append(members[p.Parent], duplicates.MemberOf(value))
	}
	shown, err := tx.Shown(ctx, households)
	if err != nil {
		return err
	}
	for _, s := range shown {
		if s.Deleted {
			continue
		}
		value, err := valuesOf(s)
		if err != nil {
			return err
		}
		h := duplicates.HouseholdOf(s.ID, value)
		h.Members = members[s.ID]
		ready := duplicates.ProfileOf(h)
		known[s.ID] = profile{ready, s.Area, ready.Keys()}
	}
	return nil
}

// valuesOf gives the values of a record by field.
func valuesOf(s store.Shown) (func(field string) syncproto.Value, error) {
	var fields map[string]syncproto.Value
	if err := json.Unmarshal(s.Doc, &fields); err != nil {
		return nil, fmt.Errorf("read record %s: %w", s.ID, err)
	}
	return func(field string) syncproto.Value { return fields[field] }, nil
}

// compare gives the pairs of households with each other, and with others, that may be one family.
func (known profiles) compare(rules Rules, households set, h holders) (pairs []duplicates.Pair) {
	for _, id := range households.list() {
		for _, other := range h.sharing(known[id]).list() {
			there, shown := known[other]
			if !shown || households[other] && bytes.Compare(other[:], id[:]) <= 0 {
				continue // it is itself, or is compared from the other side
			}
			if pair := rules.Weights.Compare(known[id].Profile, there.Profile); pair.Score >= rules.Threshold {
				pairs = append(pairs, pair)
			}
		}
	}
	return pairs
}

// apart leaves out the pairs that are of one family already.
func (c concern) apart(ctx context.Context, tx *store.Tx, pairs []duplicates.Pair) ([]duplicates.Pair, error) {
	households := set{}
	for _, p := range pairs {
		households.add(p.A, p.B)
	}
	families, err := c.families(ctx, tx, households)
	family := numbers(families)
	return slices.DeleteFunc(pairs, func(p duplicates.Pair) bool { return family[p.A] == family[p.B] }), err
}
