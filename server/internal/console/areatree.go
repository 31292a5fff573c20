package console

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"satchel/server/internal/scope"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// An areaNode is an area in the tree.
type areaNode struct {
	ID, Parent        uuid.UUID
	Name, Level, Code string
	// Depth is how many areas it is part of.
	Depth int
	// Below counts the areas that are part of it, at whatever depth.
	Below int
}

// Indented gives the name, indented by how deep it lies: spaces that stay, as it is shown in a list to choose from.
func (a areaNode) Indented() string { return strings.Repeat("\u2003", a.Depth) + a.Name }

// Ref names the area in an address: by its code, where it has one.
func (a areaNode) Ref() string { return cmp.Or(a.Code, a.ID.String()) }

// readAreas reads all areas.
func readAreas(ctx context.Context, tx *store.Tx) (map[uuid.UUID]areaNode, error) {
	known := map[uuid.UUID]areaNode{}
	err := tx.EachShown(ctx, "areas", func(l store.Listed) error {
		fields, err := syncproto.ReadValues(l.Doc)
		if err != nil {
			return fmt.Errorf("read area %s: %w", l.ID, err)
		}
		if !l.Deleted {
			known[l.ID] = areaNode{
				ID: l.ID, Parent: fields["parent"].ID(), Name: strings.Clone(fields["name"].Text()),
				Level: strings.Clone(fields["level"].Text()), Code: strings.Clone(fields["official_code"].Text()),
			}
		}
		return nil
	})
	return known, err
}

// areaTree gives the areas within the reach of who is logged in, each behind the one that it is part of.
func (v *Visit) areaTree() ([]areaNode, error) {
	var known map[uuid.UUID]areaNode
	err := v.console.Store.Read(v.ctx(), func(tx *store.Tx) (err error) {
		known, err = readAreas(v.ctx(), tx)
		return err
	})
	if !v.IsAdministrator() {
		keepWithin(known, v.User().Areas)
	}
	return asTree(known), err
}

// keepWithin leaves out the areas that are neither one of the given ones nor below one.
func keepWithin(known map[uuid.UUID]areaNode, areas []uuid.UUID) {
	within := treeOf(known).Expand(areas)
	maps.DeleteFunc(known, func(id uuid.UUID, _ areaNode) bool { return !within[id] })
}

// An areaChoice is an area that can be chosen.
type areaChoice struct {
	areaNode
	Chosen bool
}

// changed gives a list as it is now with what somebody added to it and without what they took from it, of which they were shown it as
// it was: what others changed meanwhile stays.
func changed(now, was, chosen []uuid.UUID) []uuid.UUID {
	next := slices.DeleteFunc(slices.Clone(now), func(id uuid.UUID) bool {
		return slices.Contains(was, id) && !slices.Contains(chosen, id)
	})
	for _, id := range chosen {
		if !slices.Contains(was, id) && !slices.Contains(next, id) {
			next = append(next, id)
		}
	}
	return next
}

// areaChoices gives the areas that who is logged in can decide about, each behind the one that it is part of.
func (v *Visit) areaChoices(chosen []uuid.UUID) ([]areaChoice, error) {
	tree, err := v.areaTree()
	out := make([]areaChoice, len(tree))
	for i, a := range tree {
		out[i] = areaChoice{a, slices.Contains(chosen, a.ID)}
	}
	return out, err
}

func treeOf(areas map[uuid.UUID]areaNode) scope.Tree {
	tree := scope.Tree{}
	for id, a := range areas {
		tree[id] = a.Parent
	}
	return tree
}

// asTree puts areas into the order of their tree, those of one parent by name. Where two people made areas a part of one
// another, the first by name is shown as if it were part of none.
func asTree(known map[uuid.UUID]areaNode) []areaNode {
	byName := slices.SortedFunc(maps.Values(known), func(a, b areaNode) int {
		return strings.Compare(syncproto.Fold(a.Name)+a.ID.String(), syncproto.Fold(b.Name)+b.ID.String())
	})
	parts := map[uuid.UUID][]areaNode{}
	for _, a := range byName {
		parts[a.Parent] = append(parts[a.Parent], a)
	}
	var out []areaNode
	placed := map[uuid.UUID]bool{}
	var put func(a areaNode, depth int)
	put = func(a areaNode, depth int) {
		if placed[a.ID] {
			return
		}
		placed[a.ID], a.Depth = true, depth
		at := len(out)
		out = append(out, a)
		for _, part := range parts[a.ID] {
			put(part, depth+1)
		}
		out[at].Below = len(out) - at - 1
	}
	for _, a := range byName {
		if _, there := known[a.Parent]; !there {
			put(a, 0)
		}
	}
	for _, a := range byName {
		put(a, 0)
	}
	return out
}
