// Package aid says what a family is entitled to, what was delivered to it and what remains, for each assistance type.
//
// A family is a household, or several that were merged into one another: [Families] finds them, and [Shares] adds up
// what belongs to one. Device and server count with this one copy, so that a worker reads before a delivery what the
// office would find after the sync, as far as both know the same. It promises exact sums, the same whatever the order
// of the records. It reads and writes nothing, and never decides: what is too much is for a person to look at.
package aid

import (
	"bytes"
	"maps"
	"slices"

	"github.com/google/uuid"
)

// A Family is a household, or several that were merged into one another, deleted ones among them.
type Family struct {
	// Root is where the chain of mergers ends or, if it is a ring, the one of that with the smallest id. Whoever asks may
	// not have it.
	Root uuid.UUID
	// Members are all households of the family, Root among them, in order of their ids.
	Members []uuid.UUID
}

// Families gives the families of households, in order of their first members. mergers gives the mergers of which any
// of some households is a part: which household each duplicate was merged into.
func Families(households []uuid.UUID, mergers func([]uuid.UUID) (map[uuid.UUID]uuid.UUID, error)) ([]Family, error) {
	into, all := map[uuid.UUID]uuid.UUID{}, map[uuid.UUID]bool{}
	for next := households; len(next) > 0; {
		for _, id := range next {
			all[id] = true
		}
		found, err := mergers(next)
		if err != nil {
			return nil, err
		}
		next = nil
		for duplicate, kept := range found {
			into[duplicate] = kept
			for _, id := range []uuid.UUID{duplicate, kept} {
				if !all[id] {
					all[id] = true
					next = append(next, id)
				}
			}
		}
		slices.SortFunc(next, compare)
	}
	var out []Family
	at := map[uuid.UUID]int{}
	for _, id := range slices.SortedFunc(maps.Keys(all), compare) {
		root := rootOf(into, id)
		i, begun := at[root]
		if !begun {
			i = len(out)
			at[root], out = i, append(out, Family{Root: root})
		}
		out[i].Members = append(out[i].Members, id)
	}
	return out, nil
}

// rootOf follows a chain of mergers to its end. All households that mergers tie together have one: each was merged into
// one other at the most.
func rootOf(into map[uuid.UUID]uuid.UUID, id uuid.UUID) uuid.UUID {
	for seen := map[uuid.UUID]bool{}; !seen[id]; {
		next, merged := into[id]
		if !merged {
			return id
		}
		seen[id] = true
		id = next
	}
	least := id // it is on a ring
	for at := into[id]; at != id; at = into[at] {
		if compare(at, least) < 0 {
			least = at
		}
	}
	return least
}

func compare(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }
