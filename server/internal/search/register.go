package search

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// collections are those that a register is made from.
func collections() []string { return []string{"areas", "households", "people"} }

// mostMembers is by how many members a household is found: hostile ones must not make each other slow.
const mostMembers = 500

// A household is one, with its members. It stays when it is deleted, for it may come back, and its members do not come
// with it then.
type household struct {
	id    uuid.UUID
	area  int32
	shown bool
	// name is how much of the text, at its beginning, is the name of its head.
	name uint16
	// text is what it is found by, and then what each of its members is found by; see householdText.
	text string
	// pairs and firsts are those of the text.
	pairs  pairs
	firsts firsts
	// members are not deleted, and in order of their ids.
	members []uuid.UUID
}

// An area is where households are, with its folded name.
type area struct {
	id   uuid.UUID
	name string
}

// A register is all households and people, as far as they are searched.
type register struct {
	households []household
	areas      []area
	// at and areaAt say where in these each is; home says of each member in which household it is.
	at, areaAt, home map[uuid.UUID]int32
	// order are the households that are shown, by name and then id; moved are those that have yet to be put in order.
	order []int32
	moved map[int32]bool
}

func newRegister() *register {
	return &register{at: map[uuid.UUID]int32{}, areaAt: map[uuid.UUID]int32{}, home: map[uuid.UUID]int32{}, moved: map[int32]bool{}}
}

// put takes in a record as it is now. Taking one in twice is the same as once.
func (r *register) put(s store.Shown) error {
	fields, err := syncproto.ReadValues(string(s.Doc))
	if err != nil {
		return err
	}
	value := func(field string) syncproto.Value { return fields[field] }
	switch s.Collection {
	case "areas":
		r.areas[r.area(s.ID)].name = part(value("name"))
	case "households":
		r.putHousehold(s, value)
	case "people":
		r.putPerson(s, value)
	}
	return nil
}

// area gives the place of an area, which need not have come yet.
func (r *register) area(id uuid.UUID) int32 {
	at, known := r.areaAt[id]
	if !known {
		at = int32(len(r.areas)) //nolint:gosec // memory ends before these numbers do
		r.areaAt[id], r.areas = at, append(r.areas, area{id: id})
	}
	return at
}

// household gives the place of a household, which need not have come yet.
func (r *register) household(id uuid.UUID) int32 {
	at, known := r.at[id]
	if !known {
		at = int32(len(r.households)) //nolint:gosec // as of areas
		r.at[id], r.households = at, append(r.households, household{id: id})
	}
	return at
}

func (r *register) putHousehold(s store.Shown, value values) {
	at := r.household(s.ID)
	h := &r.households[at]
	own, name := householdText(value)
	begin, _ := h.section(0)
	h.set(own + h.text[begin:])
	h.area, h.shown, h.name = r.area(s.Area), !s.Deleted, uint16(name) //nolint:gosec // see longestPart
	r.moved[at] = true
}

func (r *register) putPerson(s store.Shown, value values) {
	former, had := r.home[s.ID]
	at := r.household(s.Parent)
	if had && (s.Deleted || former != at) {
		r.households[former].drop(s.ID)
		delete(r.home, s.ID)
	}
	if !s.Deleted && r.households[at].add(s.ID, personText(value)) {
		r.home[s.ID] = at
	}
}

// add adds a member, or changes what it is found by; false if there are too many already.
func (h *household) add(id uuid.UUID, text string) bool {
	at, found := h.find(id)
	if !found && len(h.members) >= mostMembers {
		return false
	}
	begin, end := h.section(at)
	if found {
		h.set(h.text[:begin] + memberMark + text + h.text[end:])
		return true
	}
	h.set(h.text[:begin] + memberMark + text + h.text[begin:])
	h.members = slices.Insert(h.members, at, id)
	return true
}

func (h *household) drop(id uuid.UUID) {
	if at, found := h.find(id); found {
		begin, end := h.section(at)
		h.set(h.text[:begin] + h.text[end:])
		h.members = slices.Delete(h.members, at, at+1)
	}
}

func (h *household) find(id uuid.UUID) (int, bool) {
	return slices.BinarySearchFunc(h.members, id, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
}

// section says where the mark before a member stands, and where its text ends. Behind the last member both are the end.
func (h *household) section(member int) (begin, end int) {
	for ; ; member-- {
		next := strings.Index(h.text[end:], memberMark)
		if next < 0 {
			return len(h.text), len(h.text)
		}
		begin = end + next
		end = begin + len(memberMark)
		if member == 0 {
			break
		}
	}
	if next := strings.Index(h.text[end:], memberMark); next >= 0 {
		return begin, end + next
	}
	return begin, len(h.text)
}

func (h *household) set(text string) { h.text, h.pairs, h.firsts = text, pairsOf(text), firstsOf(text) }

// arrange puts in order what was taken in.
func (r *register) arrange() {
	switch {
	case len(r.moved) == 0:
		return
	case len(r.order) == 0:
		r.lay()
		return
	}
	var fresh []int32
	for at := range r.moved {
		if r.households[at].shown {
			fresh = append(fresh, at)
		}
	}
	slices.SortFunc(fresh, r.compare)
	out := make([]int32, 0, len(r.order)+len(fresh))
	for _, at := range r.order {
		if r.moved[at] {
			continue
		}
		for len(fresh) > 0 && r.compare(fresh[0], at) < 0 {
			out, fresh = append(out, fresh[0]), fresh[1:]
		}
		out = append(out, at)
	}
	r.order = append(out, fresh...)
	r.moved = map[int32]bool{} // and not with the room for everything
}

// lay puts all households side by side in their order, in which queries go through them, and in no more memory than they
// need.
func (r *register) lay() {
	order := make([]int32, 0, len(r.households))
	for _, at := range r.at {
		order = append(order, at)
	}
	slices.SortFunc(order, r.compare)
	laid := make([]household, len(order))
	r.order, r.moved = make([]int32, 0, len(order)), map[int32]bool{}
	for i, from := range order {
		at, h := int32(i), r.households[from]
		h.text = strings.Clone(h.text)
		laid[at], r.at[h.id] = h, at
		for _, member := range h.members {
			r.home[member] = at
		}
		if h.shown {
			r.order = append(r.order, at)
		}
	}
	r.households = laid
}

func (r *register) compare(a, b int32) int {
	x, y := &r.households[a], &r.households[b]
	return cmp.Or(strings.Compare(x.text[:x.name], y.text[:y.name]), bytes.Compare(x.id[:], y.id[:]))
}
