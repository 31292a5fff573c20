package review

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"satchel/server/internal/store"
)

// A family is a household, or several that were merged into one another, deleted ones among them.
type family struct {
	// root is where the chain of mergers ends or, if it is a ring, the one of that with the smallest id. It may not have
	// arrived yet.
	root    uuid.UUID
	members []uuid.UUID
}

// families gives those of some households.
func (c concern) families(ctx context.Context, tx *store.Tx, households set) ([]family, error) {
	kept, beside := map[uuid.UUID]uuid.UUID{}, map[uuid.UUID][]uuid.UUID{}
	all := maps.Clone(households)
	frontier := slices.DeleteFunc(all.list(), func(id uuid.UUID) bool {
		about, known := c.standings[id]
		return known && !about.Merged
	})
	for len(frontier) > 0 {
		mergers, err := tx.Mergers(ctx, frontier)
		if err != nil {
			return nil, err
		}
		next := set{}
		for _, m := range mergers {
			kept[m.Record] = m.Kept
			for from, to := range map[uuid.UUID]uuid.UUID{m.Record: m.Kept, m.Kept: m.Record} {
				beside[from] = append(beside[from], to)
				if !all[to] {
					next.add(to)
				}
			}
		}
		frontier = next.list()
		all.add(frontier...)
	}
	var out []family
	placed := set{}
	for _, id := range all.list() {
		if placed[id] {
			continue
		}
		f := family{root: rootOf(kept, id)}
		placed.add(id)
		for reached := []uuid.UUID{id}; len(reached) > 0; {
			at := reached[len(reached)-1]
			reached, f.members = reached[:len(reached)-1], append(f.members, at)
			for _, to := range beside[at] {
				if !placed[to] {
					placed.add(to)
					reached = append(reached, to)
				}
			}
		}
		out = append(out, f)
	}
	return out, nil
}

// rootOf follows a chain of mergers to its end.
func rootOf(kept map[uuid.UUID]uuid.UUID, id uuid.UUID) uuid.UUID {
	for seen := (set{}); !seen[id]; {
		seen.add(id)
		next, merged := kept[id]
		if !merged {
			return id
		}
		id = next
	}
	least := id // it is on a ring
	for at := kept[id]; at != id; at = kept[at] {
		if bytes.Compare(at[:], least[:]) < 0 {
			least = at
		}
	}
	return least
}

// numbers says of each household which of the families it is of.
func numbers(families []family) map[uuid.UUID]int {
	out := map[uuid.UUID]int{}
	for i, f := range families {
		for _, member := range f.members {
			out[member] = i
		}
	}
	return out
}

// placeOf gives the area of a family: that of its root or, where that has not arrived, of the first member that has.
// It lives if a household of it is not deleted.
func placeOf(ctx context.Context, tx *store.Tx, f family) (area uuid.UUID, lives bool, err error) {
	households, err := tx.Shown(ctx, f.members)
	if err != nil {
		return area, false, err
	}
	slices.SortFunc(households, func(a, b store.Shown) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	for i, h := range households {
		if i == 0 || h.ID == f.root {
			area = h.Area
		}
		lives = lives || !h.Deleted
	}
	return area, lives, nil
}
