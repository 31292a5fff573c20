package tables

import (
	"cmp"
	"slices"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/syncproto"
)

// maxDepth is how far down a record may be below another of its own collection.
const maxDepth = 64

// parentsFirst orders the records of a file so that none is saved before one of the file that it
// refers to. Records that refer to one another in a circle, or too deep, are faults. edits are as the
// lines.
func parentsFirst(c syncproto.Collection, lines []line, edits []engine.OfficeEdit) ([]engine.OfficeEdit, []Fault) {
	at := slices.IndexFunc(c.Fields, func(f syncproto.Field) bool { return f.Refers == c.Name })
	if at < 0 {
		return edits, nil
	}
	field := c.Fields[at].Name
	parent := map[uuid.UUID]uuid.UUID{}
	for _, edit := range edits {
		if id, err := syncproto.ParseID(edit.Fields[field].Text()); err == nil {
			parent[edit.Record] = id
		}
	}
	depth := map[uuid.UUID]int{}
	var faults []Fault
	for i, edit := range edits {
		above := 0
		for id, more := parent[edit.Record]; more && above <= maxDepth; id, more = parent[id] {
			above++
		}
		if depth[edit.Record] = above; above > maxDepth {
			faults = append(faults, Fault{Row: lines[i].row, Column: field, Problem: "expected a record that does not itself come below this one, and no more than 64 levels"})
		}
	}
	ordered := slices.SortedStableFunc(slices.Values(edits), func(a, b engine.OfficeEdit) int {
		return cmp.Compare(depth[a.Record], depth[b.Record])
	})
	return ordered, faults
}
