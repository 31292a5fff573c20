package console

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"satchel/server/internal/accounts"
	"satchel/server/internal/scope"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// An areaChoice is an area that can be chosen, below those that it is part of.
type areaChoice struct {
	ID     uuid.UUID
	Name   string
	Depth  int
	Chosen bool
}

// Indented gives its name so that it stands below what it is part of in a list.
func (a areaChoice) Indented() string { return strings.Repeat("\u2003", a.Depth) + a.Name }

// tree gives the tree of areas.
func (c *Console) tree(v *Visit) (tree scope.Tree, err error) {
	err = c.Store.Read(v.ctx(), func(tx *store.Tx) error {
		tree, err = tx.AreaTree(v.ctx())
		return err
	})
	return tree, err
}

// areaChoices gives the areas that somebody can decide about, each below what it is part of, by name.
func (c *Console) areaChoices(ctx context.Context, who store.User, chosen []uuid.UUID) ([]areaChoice, error) {
	var names map[uuid.UUID]string
	var tree scope.Tree
	err := c.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if names, err = tx.AreaNames(ctx); err != nil {
			return err
		}
		tree, err = tx.AreaTree(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	if who.Role != accounts.RoleAdministrator {
		within := tree.Expand(who.Areas)
		for area := range tree {
			if !within[area] {
				delete(tree, area)
			}
		}
	}
	return chooseFrom(tree, names, chosen), nil
}

// chooseFrom walks a tree. What is part of something that is not in it, or of itself, is a root.
func chooseFrom(tree scope.Tree, names map[uuid.UUID]string, chosen []uuid.UUID) (out []areaChoice) {
	below := map[uuid.UUID][]uuid.UUID{}
	for area, parent := range tree {
		if _, known := tree[parent]; !known {
			parent = uuid.Nil
		}
		below[parent] = append(below[parent], area)
	}
	seen := map[uuid.UUID]bool{}
	var walk func(areas []uuid.UUID, depth int)
	walk = func(areas []uuid.UUID, depth int) {
		slices.SortFunc(areas, func(a, b uuid.UUID) int {
			return cmp.Or(strings.Compare(syncproto.Fold(names[a]), syncproto.Fold(names[b])), slices.Compare(a[:], b[:]))
		})
		for _, area := range areas {
			if seen[area] {
				continue
			}
			seen[area] = true
			out = append(out, areaChoice{area, names[area], depth, slices.Contains(chosen, area)})
			walk(below[area], depth+1)
		}
	}
	walk(below[uuid.Nil], 0)
	for area := range tree {
		walk([]uuid.UUID{area}, 0) // a circle, which two people made at once
	}
	return out
}
