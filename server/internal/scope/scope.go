// Package scope knows the tree of areas and answers what lies below what.
//
// It is pure, and it never loops: a tree that was edited into a circle by two people at once is
// walked once around.
package scope

import (
	"maps"
	"slices"

	"github.com/google/uuid"
)

// A Tree gives the parent of every area, [uuid.Nil] for a root.
type Tree map[uuid.UUID]uuid.UUID

// Expand gives the areas and everything below them. Areas that the tree does not have are left out.
func (t Tree) Expand(areas []uuid.UUID) map[uuid.UUID]bool {
	// An area is in it once it was looked at, and true if it is one of those or lies below: each is
	// looked at once, and a circle ends where it began.
	below := make(map[uuid.UUID]bool, len(t))
	for _, area := range areas {
		if _, known := t[area]; known {
			below[area] = true
		}
	}
	for area := range t {
		t.climb(area, below)
	}
	maps.DeleteFunc(below, func(_ uuid.UUID, is bool) bool { return !is })
	return below
}

// climb looks at an area and what it is part of, up to the first that was looked at before: all of
// them lie where that one does.
func (t Tree) climb(area uuid.UUID, below map[uuid.UUID]bool) {
	var path []uuid.UUID
	for {
		parent, known := t[area]
		if _, before := below[area]; before || !known {
			break
		}
		below[area] = false
		path = append(path, area)
		area = parent
	}
	for _, passed := range path {
		below[passed] = below[area]
	}
}

// Contains reports whether an area is one of the given, or lies below one.
func (t Tree) Contains(areas []uuid.UUID, area uuid.UUID) bool {
	for range t {
		parent, known := t[area]
		if !known {
			return false
		}
		if slices.Contains(areas, area) {
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
