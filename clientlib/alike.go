package clientlib

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"satchel/internal/duplicates"
	"satchel/syncproto"
)

// A Likeness is a household on this device that may be the same family as one that is being registered.
type Likeness struct {
	// Registered is the household that is being registered, Household the one that is there.
	Registered uuid.UUID `json:"registered"`
	Household  *Record   `json:"household"`
	// Score is how much speaks for it, in bits; Reasons say what, the weightiest first.
	Score   float64             `json:"score"`
	Reasons []duplicates.Reason `json:"reasons"`
}

// Similar gives the households on this device that may be the same family as one that a form registers, the likeliest
// first: for a worker to look at before the form is saved. It knows what was recorded here and fetched so far; the
// server looks at all households.
func (s *Store) Similar(ctx context.Context, f *Form) ([]Likeness, error) {
	var out []Likeness
	err := s.read(ctx, func(t *tx) error {
		for _, p := range f.registers() {
			pairs, err := s.index.similar(ctx, t, p)
			if err != nil {
				return err
			}
			for _, pair := range pairs {
				there, err := t.record(ctx, pair.Other(p.ID))
				if err != nil {
					return err
				}
				out = append(out, Likeness{p.ID, there, pair.Score, pair.Reasons})
			}
		}
		return nil
	})
	slices.SortStableFunc(out, func(a, b Likeness) int { return cmp.Compare(b.Score, a.Score) })
	return out, err
}

// registers gives the households that a form makes, with the people that it puts into them.
func (f *Form) registers() (out []*duplicates.Profile) {
	for _, e := range f.edits {
		if !e.creates || e.record.Collection != "households" {
			continue
		}
		h := duplicates.HouseholdOf(e.record.ID, e.value)
		for _, other := range f.edits {
			if other.creates && other.record.Collection == "people" && other.value("household").Text() == h.ID.String() {
				h.Members = append(h.Members, duplicates.MemberOf(other.value))
			}
		}
		out = append(out, duplicates.ProfileOf(h))
	}
	return out
}

// value gives what the form writes to a field of a record that it makes.
func (e *edit) value(field string) syncproto.Value { return e.values[field] }

// similar gives the pairs of a household that is not there yet with such as are.
func (x *index) similar(ctx context.Context, t *tx, p *duplicates.Profile) ([]duplicates.Pair, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := x.build(ctx, t); err != nil {
		return nil, err
	}
	return x.families.like.Similar(duplicates.DefaultWeights(), p, duplicates.Threshold), nil
}

// families are the households on the device with their members, ready to be compared.
type families struct {
	households map[uuid.UUID]duplicates.Household
	people     map[uuid.UUID]person
	// members are the ids of a household's people.
	members map[uuid.UUID]map[uuid.UUID]bool
	like    *duplicates.Index
}

type person struct {
	household uuid.UUID
	duplicates.Member
}

func newFamilies() *families {
	return &families{
		households: map[uuid.UUID]duplicates.Household{}, people: map[uuid.UUID]person{},
		members: map[uuid.UUID]map[uuid.UUID]bool{}, like: duplicates.NewIndex(),
	}
}

// put takes in what a household or person is now. A household that was merged into another one is no further family.
func (f *families) put(r *Record) {
	f.drop(r.ID)
	switch {
	case r.Collection == "people":
		p := person{r.Reference("household"), duplicates.MemberOf(r.Value)}
		f.people[r.ID] = p
		if f.members[p.household] == nil {
			f.members[p.household] = map[uuid.UUID]bool{}
		}
		f.members[p.household][r.ID] = true
		f.compare(p.household)
	case r.Reference("merged_into") == uuid.Nil:
		f.households[r.ID] = duplicates.HouseholdOf(r.ID, r.Value)
		f.compare(r.ID)
	}
}

// drop forgets a household or person.
func (f *families) drop(id uuid.UUID) {
	if p, ok := f.people[id]; ok {
		delete(f.people, id)
		delete(f.members[p.household], id)
		f.compare(p.household)
	}
	delete(f.households, id)
	f.like.Remove(id)
}

// compare makes a household ready with the members that it has now.
func (f *families) compare(id uuid.UUID) {
	h, ok := f.households[id]
	if !ok {
		return
	}
	for _, member := range slices.SortedFunc(maps.Keys(f.members[id]), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }) {
		h.Members = append(h.Members, f.people[member].Member)
	}
	f.like.Put(duplicates.ProfileOf(h))
}
