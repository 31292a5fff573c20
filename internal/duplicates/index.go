package duplicates

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// An Index finds the households that have something in common with one, without looking at the others. It is not safe
// for use by several goroutines.
type Index struct {
	profiles map[uuid.UUID]*Profile
	byKey    map[string][]uuid.UUID
}

// NewIndex makes an empty index.
func NewIndex() *Index {
	return &Index{profiles: map[uuid.UUID]*Profile{}, byKey: map[string][]uuid.UUID{}}
}

// Put adds a household, or what is known of it by now.
func (x *Index) Put(p *Profile) {
	x.Remove(p.ID)
	x.profiles[p.ID] = p
	for _, key := range p.keys() {
		x.byKey[key] = append(x.byKey[key], p.ID)
	}
}

// Remove takes a household out.
func (x *Index) Remove(id uuid.UUID) {
	before, ok := x.profiles[id]
	if !ok {
		return
	}
	delete(x.profiles, id)
	for _, key := range before.keys() {
		left := slices.DeleteFunc(x.byKey[key], func(other uuid.UUID) bool { return other == id })
		if x.byKey[key] = left; len(left) == 0 {
			delete(x.byKey, key)
		}
	}
}

// commonest is how many households may have one key for it to be looked at: that of a common name is no hint, and
// whoever has nothing else in common is not found by it.
const commonest = 100

// Candidates gives the households that share a key with one, itself left out, in order of id.
func (x *Index) Candidates(p *Profile) []*Profile {
	found := map[uuid.UUID]bool{}
	for _, key := range p.keys() {
		if sharing := x.byKey[key]; len(sharing) <= commonest {
			for _, id := range sharing {
				found[id] = id != p.ID
			}
		}
	}
	var out []*Profile
	for id, other := range found {
		if other {
			out = append(out, x.profiles[id])
		}
	}
	slices.SortFunc(out, func(a, b *Profile) int { return compareIDs(a.ID, b.ID) })
	return out
}

func compareIDs(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }

// Similar gives the pairs of a household with others that score at least so much, the highest first.
func (x *Index) Similar(w Weights, p *Profile, threshold float64) []Pair {
	var out []Pair
	for _, other := range x.Candidates(p) {
		if pair := w.Compare(p, other); pair.Score >= threshold {
			out = append(out, pair)
		}
	}
	slices.SortStableFunc(out, func(a, b Pair) int { return cmp.Compare(b.Score, a.Score) })
	return out
}

// keys gives what a household can have in common with another one of the same family: numbers that only one family
// has; a name, alone or within a village, where one of the names is enough; a birth together with a name.
func (p *Profile) keys() []string {
	keys := map[string]bool{}
	add := func(kind string, parts ...string) {
		if !slices.Contains(parts, "") {
			keys[kind+"\x00"+strings.Join(parts, "\x00")] = true
		}
	}
	add("card", p.card)
	add("phone", p.phone)
	add("head", strings.Join(p.head, " "))
	village := string(p.area[:])
	for _, name := range p.head {
		add("name in village", name, village)
	}
	for _, m := range p.members {
		add("document", m.document)
		for _, name := range m.name {
			add("birth", m.bornOn, name)
		}
	}
	out := make([]string, 0, len(keys))
	for key := range keys {
		out = append(out, key)
	}
	return out
}

// Scan compares all households of a list that have something in common, and gives each pair that scores at least so
// much once, the highest first. progress is told how many households have been looked at. It fails only if ctx ends.
func Scan(ctx context.Context, w Weights, list []Household, threshold float64, progress func(done int)) ([]Pair, error) {
	x := NewIndex()
	profiles := make([]*Profile, len(list))
	for i, h := range list {
		profiles[i] = ProfileOf(h)
		x.Put(profiles[i])
	}
	var out []Pair
	for i, p := range profiles {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("search for duplicates: %w", ctx.Err())
		}
		for _, pair := range x.Similar(w, p, threshold) {
			if pair.A == p.ID { // and not once more from the other side
				out = append(out, pair)
			}
		}
		progress(i + 1)
	}
	slices.SortStableFunc(out, func(a, b Pair) int { return cmp.Compare(b.Score, a.Score) })
	return out, nil
}
