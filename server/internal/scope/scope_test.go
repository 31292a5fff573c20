package scope_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"satchel/server/internal/scope"
)

// id makes an area: 0 is none.
func id(n byte) uuid.UUID { return uuid.UUID{15: n} }

func ids(numbers ...byte) []uuid.UUID {
	var out []uuid.UUID
	for _, n := range numbers {
		out = append(out, id(n))
	}
	return out
}

// serbia is a country (1) of two municipalities (2, 3) with settlements (4, 5 and 6).
var serbia = scope.Tree{id(1): uuid.Nil, id(2): id(1), id(3): id(1), id(4): id(2), id(5): id(2), id(6): id(3)}

func TestAnAreaComesWithWhatLiesBelow(t *testing.T) {
	loop := scope.Tree{id(1): id(3), id(2): id(1), id(3): id(2), id(4): id(2), id(5): id(5), id(6): uuid.Nil}
	orphan := scope.Tree{id(2): id(1), id(3): id(2)}
	cases := []struct {
		name  string
		tree  scope.Tree
		areas []uuid.UUID
		want  []uuid.UUID
	}{
		{"the country", serbia, ids(1), ids(1, 2, 3, 4, 5, 6)},
		{"a municipality", serbia, ids(2), ids(2, 4, 5)},
		{"a settlement", serbia, ids(4), ids(4)},
		{"a municipality, and a settlement of another", serbia, ids(3, 4), ids(3, 4, 6)},
		{"a municipality, and a settlement of it", serbia, ids(2, 4), ids(2, 4, 5)},
		{"nothing", serbia, nil, nil},
		{"an area that is not there", serbia, ids(9), nil},
		{"no area at all", serbia, []uuid.UUID{uuid.Nil}, nil},
		{"one of a circle", loop, ids(2), ids(1, 2, 3, 4)},
		{"one that hangs on a circle", loop, ids(4), ids(4)},
		{"one that is its own parent", loop, ids(5), ids(5)},
		{"one beside a circle", loop, ids(6), ids(6)},
		{"one whose parent is not there", orphan, ids(2), ids(2, 3)},
		{"a parent that is not there", orphan, ids(1), nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := slices.SortedFunc(maps.Keys(c.tree.Expand(c.areas)), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
			if !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

func TestListsMeetWhereOneReachesIntoTheOther(t *testing.T) {
	cases := []struct {
		some, others []uuid.UUID
		want         bool
	}{
		{ids(2), ids(2), true},
		{ids(1), ids(6), true},
		{ids(6), ids(1), true},
		{ids(2), ids(3), false},
		{ids(4), ids(5), false},
		{ids(3, 4), ids(2), true},
		{ids(9), ids(9), false},
		{nil, ids(1), false},
		{nil, nil, false},
	}
	for _, c := range cases {
		if got := serbia.Meet(c.some, c.others); got != c.want {
			t.Errorf("%v and %v meet: %v, want %v", c.some, c.others, got, c.want)
		}
	}
}

// downward gives the areas and everything below them, by going down from each until nothing is new.
func downward(tree scope.Tree, areas []uuid.UUID) map[uuid.UUID]bool {
	out := map[uuid.UUID]bool{}
	var add func(uuid.UUID)
	add = func(area uuid.UUID) {
		if _, known := tree[area]; !known || out[area] {
			return
		}
		out[area] = true
		for child, parent := range tree {
			if parent == area {
				add(child)
			}
		}
	}
	for _, area := range areas {
		add(area)
	}
	return out
}

// Whatever people make of the tree, circles and missing parents among it, looking up and looking down
// agree.
func TestLookingUpAndLookingDownAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		area := rapid.Custom(func(t *rapid.T) uuid.UUID { return id(rapid.ByteRange(0, 9).Draw(t, "n")) })
		some := rapid.SliceOfN(area, 0, 3)
		tree := scope.Tree(rapid.MapOfN(area, area, 0, 9).Draw(t, "tree"))
		delete(tree, uuid.Nil)
		areas, others := some.Draw(t, "areas"), some.Draw(t, "others")
		want := downward(tree, areas)
		if got := tree.Expand(areas); !maps.Equal(got, want) {
			t.Fatalf("Expand(%v) = %v, want %v", areas, got, want)
		}
		for n := range byte(10) {
			if tree.Contains(areas, id(n)) != want[id(n)] {
				t.Fatalf("Contains(%v, %v) = %v", areas, id(n), !want[id(n)])
			}
		}
		shared := false
		for area := range downward(tree, others) {
			shared = shared || want[area]
		}
		if tree.Meet(areas, others) != shared {
			t.Fatalf("Meet(%v, %v) = %v, and they share an area: %v", areas, others, !shared, shared)
		}
	})
}

// wide is a national tree: a country, 30 districts, 200 municipalities and 6,000 settlements.
func wide() scope.Tree {
	number := func(level byte, n int) uuid.UUID { return uuid.UUID{0: level, 14: byte(n >> 8), 15: byte(n)} }
	tree := scope.Tree{number(1, 0): uuid.Nil}
	for n := range 30 {
		tree[number(2, n)] = number(1, 0)
	}
	for n := range 200 {
		tree[number(3, n)] = number(2, n%30)
	}
	for n := range 6000 {
		tree[number(4, n)] = number(3, n%200)
	}
	return tree
}

func BenchmarkExpand(b *testing.B) {
	tree := wide()
	var areas []uuid.UUID
	for area := range tree {
		if area[0] == 3 {
			areas = append(areas, area)
		}
	}
	for b.Loop() {
		tree.Expand(areas)
	}
}
