package review

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"satchel/server/internal/store"
)

// orphans finds which of the parents concerned are deleted and have others that belong to them and are not.
func orphans(ctx context.Context, tx *store.Tx, c concern) (finding, error) {
	found := finding{kind: Orphan, about: c.parents}
	deleted := slices.DeleteFunc(c.parents.list(), func(id uuid.UUID) bool { return !c.standings[id].Deleted })
	shown, err := tx.Shown(ctx, deleted)
	if err != nil {
		return found, err
	}
	area := map[uuid.UUID]uuid.UUID{}
	for _, p := range shown {
		area[p.ID] = p.Area
	}
	children, err := tx.ChildrenLeft(ctx, deleted)
	if err != nil {
		return found, err
	}
	left := map[uuid.UUID][]Ground{}
	for _, c := range children {
		left[c.Parent] = append(left[c.Parent], Ground{Record: c.ID, Collection: c.Collection})
	}
	for parent, records := range left {
		sortGrounds(records)
		found.matters = append(found.matters, matter{
			kind: Orphan, record: parent, area: area[parent], severity: medium, facts: Facts{Records: records},
		})
	}
	return found, nil
}
