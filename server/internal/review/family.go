package review

import (
	"bytes"
	"context"
	"slices"

	"github.com/google/uuid"

	"satchel/internal/aid"
	"satchel/server/internal/store"
)

// families gives those of some households.
func (c concern) families(ctx context.Context, tx *store.Tx, households set) ([]aid.Family, error) {
	return aid.Families(households.list(), func(some []uuid.UUID) (map[uuid.UUID]uuid.UUID, error) {
		some = slices.DeleteFunc(some, func(id uuid.UUID) bool {
			about, known := c.standings[id]
			return known && !about.Merged
		})
		mergers, err := tx.Mergers(ctx, some)
		into := make(map[uuid.UUID]uuid.UUID, len(mergers))
		for _, m := range mergers {
			into[m.Record] = m.Kept
		}
		return into, err
	})
}

// numbers says of each household which of the families it is of.
func numbers(families []aid.Family) map[uuid.UUID]int {
	out := map[uuid.UUID]int{}
	for i, f := range families {
		for _, member := range f.Members {
			out[member] = i
		}
	}
	return out
}

// keptOf gives the root of the family of each of some households.
func keptOf(ctx context.Context, tx *store.Tx, households ...uuid.UUID) ([]uuid.UUID, error) {
	some := set{}
	some.add(households...)
	families, err := newConcern().families(ctx, tx, some)
	if err != nil {
		return nil, err
	}
	family := numbers(families)
	out := make([]uuid.UUID, len(households))
	for i, id := range households {
		out[i] = families[family[id]].Root
	}
	return out, nil
}

// placeOf gives the area of a family: that of its root or, where that has not arrived, of the first member that has.
// It lives if a household of it is not deleted.
func placeOf(ctx context.Context, tx *store.Tx, f aid.Family) (area uuid.UUID, lives bool, err error) {
	households, err := tx.Shown(ctx, f.Members)
	if err != nil {
		return area, false, err
	}
	slices.SortFunc(households, func(a, b store.Shown) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	for i, h := range households {
		if i == 0 || h.ID == f.Root {
			area = h.Area
		}
		lives = lives || !h.Deleted
	}
	return area, lives, nil
}
