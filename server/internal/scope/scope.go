// Package scope knows the tree of areas and answers what lies below what.
//
// It is pure, and it never loops: a tree that was edited into a circle by two people at once is
// walked once around.
package scope

import "github.com/google/uuid"

// A Tree gives the parent of every area, [uuid.Nil] for a root.
type Tree map[uuid.UUID]uuid.UUID

// Expand gives the areas and everything below them. Areas that the tree does not have are left out.
func (t Tree) Expand(areas []uuid.UUID) map[uuid.UUID]bool {
	out := map[uuid.UUID]bool{}
	for id := range t {
		if t.Contains(areas, id) {
			out[id] = true
		}
	}
	return out
}

// Contains reports whether an area is one of the given, or lies below one.
func (t Tree) Contains(areas []uuid.UUID, area uuid.UUID) bool {
	top := make(map[uuid.UUID]bool, len(areas))
	for _, a := range areas {
		top[a] = true
	}
	for range len(t) + 1 {
		parent, known := t[area]
		if !known {
			return false
		}
		if top[area] {
			return true
		}
		area = parent
	}
	return false
}

// Meet reports whether any of the areas of one list is, or lies above or below, one of the other.
func (t Tree) Meet(some, others []uuid.UUID) bool {
	for _, a := range some {
		if t.Contains(others, a) {
			return true
		}
	}
	for _, a := range others {
		if t.Contains(some, a) {
			return true
		}
	}
	return false
}
