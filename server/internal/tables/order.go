package tables

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// maxDepth is how far down a record may be below another of its own collection.
const maxDepth = 64

// parentsFirst gives the edits of a file in such an order that none is saved before one of the file that it refers to.
// Records that would refer to one another in a circle, or too deep, are faults.
func (d *draft) parentsFirst(ctx context.Context, tx *store.Tx) ([]engine.OfficeEdit, error) {
	var edits []engine.OfficeEdit
	for _, e := range d.entries {
		if e.outcome.Fate == New || e.outcome.Fate == Updates {
			edits = append(edits, e.edit)
		}
	}
	at := slices.IndexFunc(d.collection.Fields, func(f syncproto.Field) bool { return f.Refers == d.collection.Name })
	if at < 0 {
		return edits, nil
	}
	field := d.collection.Fields[at].Name
	parent := map[uuid.UUID]uuid.UUID{}
	if d.collection.Name == "areas" {
		var err error
		if parent, err = tx.AreaTree(ctx); err != nil {
			return nil, err
		}
	}
	for _, edit := range edits {
		if to, said := edit.Fields[field]; said {
			parent[edit.Record] = to.ID()
		}
	}
	depth := map[uuid.UUID]int{}
	for _, edit := range edits {
		above := 0
		for id := parent[edit.Record]; id != uuid.Nil && above <= maxDepth; id = parent[id] {
			above++
		}
		if depth[edit.Record] = above; above > maxDepth {
			d.fault(d.about[edit.Record], field, "", "expected a record that does not itself come below this one, and no more than 64 levels")
		}
	}
	return slices.SortedStableFunc(slices.Values(edits), func(a, b engine.OfficeEdit) int {
		return cmp.Compare(depth[a.Record], depth[b.Record])
	}), nil
}
