package truth

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"satchel/internal/duplicates"
	"satchel/internal/names"
)

// A Set is households, and for each, in the same order, the family that it is.
type Set struct {
	Households []duplicates.Household
	Families   []string
}

// perVillage is how many households live in a village on the average.
const perVillage = 150

// secondTime is the share of families that are registered again.
const secondTime = 0.05

// MakeUp makes up so many households. Some are of a family that is there already, as another worker registers it:
// in the other script, with slips of the pen, with what was not known the first time, and without what was.
func MakeUp(seed uint64, count int) Set {
	rng := rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // it makes up a story
	m := &maker{Rand: rng, names: names.NewWide(rng)}
	for range count/perVillage + 1 {
		m.villages = append(m.villages, village{m.id(), duplicates.Point{Latitude: 42.3 + 3*rng.Float64(), Longitude: 20 + 2*rng.Float64()}})
	}
	var out Set
	for len(out.Households) < count {
		h := m.household()
		family := fmt.Sprint("family ", len(out.Households)+1)
		out.add(m.asRecorded(h), family)
		if rng.Float64() < secondTime && len(out.Households) < count {
			again := m.asRecorded(m.retyped(h))
			again.ID = m.id()
			out.add(again, family)
		}
	}
	return out
}

func (s *Set) add(h duplicates.Household, family string) {
	s.Households, s.Families = append(s.Households, h), append(s.Families, family)
}

type village struct {
	id uuid.UUID
	at duplicates.Point
}

type maker struct {
	*rand.Rand
	names    names.Namer
	villages []village
}

// happens draws something of that probability.
func (m *maker) happens(p float64) bool { return m.Float64() < p }

func (m *maker) id() (id uuid.UUID) {
	binary.BigEndian.PutUint64(id[:8], m.Uint64())
	binary.BigEndian.PutUint64(id[8:], m.Uint64())
	id[6], id[8] = id[6]&0x0f|0x70, id[8]&0x3f|0x80
	return id
}

// household makes up a family with all there is to know of it.
func (m *maker) household() duplicates.Household {
	kin, home := m.names.Kin(), m.villages[m.IntN(len(m.villages))]
	at := m.near(home.at, 0.01)
	h := duplicates.Household{
		ID: m.id(), Card: fmt.Sprintf("RL-%07d", m.IntN(1e7)), Phone: m.phone(), Origin: origins()[m.IntN(len(origins()))],
		Area: home.id, Position: &at,
	}
	for i := range 1 + m.IntN(6) {
		oldest, youngest := 1940, 1990
		if i > 1 {
			oldest, youngest = 1991, 2019
		}
		born := time.Date(oldest+m.IntN(youngest-oldest), 1, 1+m.IntN(365), 0, 0, 0, 0, time.UTC)
		h.Members = append(h.Members, duplicates.Member{
			Name: m.names.Name(kin, m.IntN(2) == 0), Document: fmt.Sprintf("%09d", m.IntN(1e9)),
			BornOn: born.Format(time.DateOnly), BirthYear: born.Year(),
		})
	}
	h.Head = h.Members[0].Name
	return h
}

// near is a place nearby, by up to so many degrees.
func (m *maker) near(at duplicates.Point, degrees float64) duplicates.Point {
	return duplicates.Point{Latitude: at.Latitude + degrees*(2*m.Float64()-1), Longitude: at.Longitude + degrees*(2*m.Float64()-1)}
}

// phone makes up a number that nobody can have: no subscriber's begins with 0.
func (m *maker) phone() string { return fmt.Sprintf("+381 6%d 0%06d", m.IntN(7), m.IntN(1e6)) }

func origins() []string {
	return []string{
		"Priština", "Prizren", "Peć", "Uroševac", "Gnjilane", "Kosovska Mitrovica", "Đakovica", "Istok", "Klina", "Obilić",
		"Kosovo Polje", "Lipljan", "Suva Reka", "Orahovac", "Vitina", "Vučitrn", "Dečani", "Podujevo", "Štimlje", "Srbica",
	}
}

// asRecorded leaves out what is not written down of every family.
func (m *maker) asRecorded(h duplicates.Household) duplicates.Household {
	h.Members = append([]duplicates.Member(nil), h.Members...)
	if m.happens(0.25) {
		h.Card = ""
	}
	if m.happens(0.3) {
		h.Phone = ""
	}
	if m.happens(0.4) {
		h.Position = nil
	}
	if m.happens(0.15) {
		h.Origin = ""
	}
	if m.happens(0.25) {
		h.Members = nil
	}
	for i := range h.Members {
		if m.happens(0.5) {
			h.Members[i].Document = ""
		}
		if m.happens(0.25) {
			h.Members[i].BornOn = ""
		}
		if m.happens(0.1) {
			h.Members[i].BirthYear, h.Members[i].BornOn = 0, ""
		}
	}
	return h
}
