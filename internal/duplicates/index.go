package duplicates

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
)

// An Index finds the households that have something in common with one, without looking at the others. It is not safe
// for use by several goroutines.
type Index struct {
	profiles map[uuid.UUID]*Profile
	byKey    map[int64][]uuid.UUID
}

// NewIndex makes an empty index.
func NewIndex() *Index {
	return &Index{profiles: map[uuid.UUID]*Profile{}, byKey: map[int64][]uuid.UUID{}}
}

// Put adds a household, or what is known of it by now.
func (x *Index) Put(p *Profile) {
	x.Remove(p.ID)
	x.profiles[p.ID] = p
	for _, key := range p.Keys() {
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
	for _, key := range before.Keys() {
		left := slices.DeleteFunc(x.byKey[key], func(other uuid.UUID) bool { return other == id })
		if x.byKey[key] = left; len(left) == 0 {
			delete(x.byKey, key)
		}
	}
}

// Commonest is how many households may have one key for it to be looked at: that of a common name is no hint, and
// whoever has nothing else in common is not found by it.
const Commonest = 30

// Candidates gives the households that share a key with one, itself left out, in order of id.
func (x *Index) Candidates(p *Profile) []*Profile {
	found := map[uuid.UUID]bool{}
	for _, key := range p.Keys() {
		if sharing := x.byKey[key]; len(sharing) <= Commonest {
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

// maxKeys is how many keys of a household count.
const maxKeys = 50

// Keys gives what a household can have in common with another one of the same family: numbers that only one family
// has; the name of its head with the place of origin, or one of the names within a village; a birth together with the
// initials. They come in ascending order.
func (p *Profile) Keys() []int64 {
	var keys []int64
	add := func(kind, first string, more ...string) {
		if first != "" && !slices.Contains(more, "") {
			keys = append(keys, keyOf(kind, first, more...))
		}
	}
	add("card", p.card)
	add("phone", p.phone)
	add("head", strings.Join(p.head, " "), p.origin)
	village := string(p.area[:])
	for _, name := range p.head {
		add("name in village", village, name)
	}
	for _, m := range p.members {
		add("document", m.document)
		add("birth", m.bornOn, initials(m.name))
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	return keys[:min(len(keys), maxKeys)]
}

// keyOf makes a key: half of it of the first part, so that a table in which they are ordered has those of a village side
// by side, and half of all. It is a digest: it cannot be read, and only who has a guess can tell whether it was made of
// that.
func keyOf(kind, first string, more ...string) int64 {
	half := func(text string) uint64 {
		sum := sha256.Sum256([]byte(text))
		return uint64(binary.BigEndian.Uint32(sum[:]))
	}
	first = kind + "\x00" + first
	return int64(half(first)<<32 | half(first+"\x00"+strings.Join(more, "\x00"))) //nolint:gosec // the same bits
}

// initials gives those of names: few slips are in the first letter.
func initials(names []string) string {
	var out strings.Builder
	for _, name := range names {
		first, _ := utf8.DecodeRuneInString(name)
		out.WriteRune(first)
	}
	return out.String()
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
		for _, other := range x.Candidates(p) {
			if compareIDs(p.ID, other.ID) > 0 {
				continue // it is compared from the other side
			}
			if pair := w.Compare(p, other); pair.Score >= threshold {
				out = append(out, pair)
			}
		}
		progress(i + 1)
	}
	slices.SortStableFunc(out, func(a, b Pair) int { return cmp.Compare(b.Score, a.Score) })
	return out, nil
}
