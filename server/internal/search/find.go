package search

import (
	"fmt"
	"strings"

	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A place is where something stands in a register: a household, and a member or -1.
type place struct {
	household int32
	member    int32
}

// ranked are the hits of each rank, as far as a page can need them, and how many there are.
type ranked struct {
	most   int
	places [ranks][]place
	counts [ranks]int
}

func (r *ranked) add(rank int, p place) {
	if r.counts[rank]++; r.counts[rank] <= r.most {
		r.places[rank] = append(r.places[rank], p)
	}
}

// page gives the hits behind some others.
func (r *ranked) page(offset, limit int) (out []place, total int) {
	for rank, count := range r.counts {
		from := min(max(0, offset-total), len(r.places[rank]))
		out = append(out, r.places[rank][from:]...)
		total += count
	}
	return out[:min(len(out), limit)], total
}

// find gives a page of what is found, and how many there are.
func (r *register) find(text query, q Query) ([]found, int) {
	f, hits := newFinder(text, r.areas), &ranked{most: max(0, q.Offset) + q.Limit}
	within := r.within(q.Areas)
	for _, at := range r.order {
		h := &r.households[at]
		if !within[h.area] {
			continue
		}
		rank := ownBeginnings
		if len(text.readings) > 0 {
			rank = f.household(h)
		}
		switch {
		case rank == noHit:
		case q.Collection == "people":
			f.people(h, at, hits)
		default:
			hits.add(rank, place{at, -1})
		}
	}
	page, total := hits.page(max(0, q.Offset), q.Limit)
	out := make([]found, len(page))
	for i, p := range page {
		out[i] = r.found(f, p)
	}
	return out, total
}

// within says of each area whether it is asked for.
func (r *register) within(areas map[uuid.UUID]bool) []bool {
	out := make([]bool, len(r.areas))
	for i, a := range r.areas {
		out[i] = areas == nil || areas[a.id]
	}
	return out
}

// people adds those members of a household that are found: by what they have and what their household has beside its
// head's name, which is another's.
func (f *finder) people(h *household, at int32, hits *ranked) {
	own, rest, _ := strings.Cut(h.text, memberMark)
	for member := range h.members {
		rank := ownBeginnings
		if len(f.readings) > 0 {
			var section string
			section, rest, _ = strings.Cut(rest, memberMark)
			rank = f.section(section, own[h.name:], f.villages[h.area])
		}
		if rank < noHit {
			hits.add(rank, place{at, int32(member)})
		}
	}
}

// A found is a household or, if it is one, a person, and by whom a household was found, [uuid.Nil] for itself.
type found struct {
	person            bool
	household, member uuid.UUID
	members           int
}

func (r *register) found(f *finder, p place) found {
	h := &r.households[p.household]
	out := found{person: p.member >= 0, household: h.id, members: len(h.members)}
	member := int(p.member)
	if !out.person && len(f.readings) > 0 {
		member = f.member(h)
	}
	if member >= 0 {
		out.member = h.members[member]
	}
	return out
}

// needed gives the records that a page shows.
func needed(page []found) (out []uuid.UUID) {
	seen := map[uuid.UUID]bool{uuid.Nil: true}
	for _, f := range page {
		for _, id := range []uuid.UUID{f.household, f.member} {
			if !seen[id] {
				seen[id], out = true, append(out, id)
			}
		}
	}
	return out
}

// hit says what the records are now; false if what was found is not there any more.
func (f found) hit(shown map[uuid.UUID]store.Shown) (out Hit, there bool, err error) {
	household, of, err := read(shown, f.household)
	if err != nil || of == nil {
		return out, false, err
	}
	out = Hit{
		ID: household.ID, Collection: household.Collection, Area: household.Area, Household: household.ID,
		HeadName: of("head_name").Text(), CardNumber: of("card_number").Text(), MergedInto: orNil(of("merged_into").ID()), Members: f.members,
	}
	member, about, err := read(shown, f.member)
	if err != nil || about == nil || member.Parent != household.ID {
		return out, !f.person, err
	}
	out.Member, out.MemberName = &member.ID, about("name").Text()
	if f.person {
		out.ID, out.Collection, out.MergedInto = member.ID, member.Collection, orNil(about("merged_into").ID())
	}
	return out, true, nil
}

// read gives a record with its values, which are nil if it is not there or deleted.
func read(shown map[uuid.UUID]store.Shown, id uuid.UUID) (store.Shown, values, error) {
	s, there := shown[id]
	if !there || s.Deleted {
		return s, nil, nil
	}
	fields, err := syncproto.ReadValues(string(s.Doc))
	if err != nil {
		return s, nil, fmt.Errorf("read record %s: %w", id, err)
	}
	return s, func(field string) syncproto.Value { return fields[field] }, nil
}

func orNil(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}
