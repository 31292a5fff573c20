// Package village makes records such as a worker's tablet records in a village: the reference records of
// every figure about size and speed.
//
// It promises that one seed gives the same records for ever, in the shape of the programme's own: 15 fields,
// of which some are empty in some records, names from the region, ids and times that go forward as a worker's
// days do. Some fields are such as the registry does not know, as a newer tablet's would be. It makes
// nothing that a server would hold, if that knows the area and the worker.
package village

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
)

// An Entry is one thing that the worker recorded: a new record, or an edit of one.
type Entry struct {
	Collection string
	Record     uuid.UUID
	// At is when, in milliseconds.
	At int64
	// Fields are the values that were written, as they are before they are encoded.
	Fields map[string]any
}

// A Village makes records at random.
type Village struct {
	*rand.Rand
	// Area is where the households are, and Worker who records them.
	Area, Worker uuid.UUID

	clock   time.Time
	project uuid.UUID
	kinds   [2]uuid.UUID
	// families are the households so far; family is who got the last delivery, served whether it was the first of two.
	families []uuid.UUID
	family   uuid.UUID
	served   bool
}

// New gives the village of a seed, with an area and a worker of its own.
func New(seed uint64) *Village {
	v := &Village{Rand: rand.New(rand.NewPCG(seed, seed)), clock: time.Date(2020, 4, 1, 8, 0, 0, 0, time.UTC)}
	v.Area, v.Worker, v.project, v.kinds[0], v.kinds[1] = v.ID(), v.ID(), v.ID(), v.ID(), v.ID()
	return v
}

// ID makes a UUIDv7 at the village's time.
func (v *Village) ID() uuid.UUID {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[8:], v.Uint64())
	binary.BigEndian.PutUint64(id[:8], uint64(v.clock.UnixMilli())<<16|v.Uint64N(1<<12))
	id[6], id[8] = id[6]&0x0f|0x70, id[8]&0x3f|0x80
	return id
}

// Households makes so many.
func (v *Village) Households(count int) []Entry {
	out := v.entries("households", count, v.household)
	for _, e := range out {
		v.families = append(v.families, e.Record)
	}
	return out
}

// Deliveries makes so many, to the households so far or, if there is none yet, to such as were recorded
// elsewhere.
func (v *Village) Deliveries(count int) []Entry {
	return v.entries("deliveries", count, v.delivery)
}

// Edits makes one of each record that was made: of a field that it has, and of its notes.
func (v *Village) Edits(made []Entry) []Entry {
	out := make([]Entry, len(made))
	for i, e := range made {
		v.tick()
		fields := map[string]any{"address": v.address(), "notes": v.notes()}
		if e.Collection == "deliveries" {
			fields = map[string]any{"recipient": v.name(), "note": v.note()}
		}
		out[i] = v.entry(e.Collection, e.Record, fields)
	}
	return out
}

func (v *Village) entries(collection string, count int, fields func() map[string]any) []Entry {
	out := make([]Entry, count)
	for i := range out {
		v.tick()
		out[i] = v.entry(collection, v.ID(), fields())
	}
	return out
}

// tick lets the minutes go by that the worker needs for the next thing.
func (v *Village) tick() {
	v.clock = v.clock.Add(time.Duration(120+v.IntN(1200))*time.Second + time.Duration(v.IntN(1000))*time.Millisecond)
}

func (v *Village) entry(collection string, record uuid.UUID, fields map[string]any) Entry {
	return Entry{Collection: collection, Record: record, At: v.clock.UnixMilli() + v.Int64N(3), Fields: fields}
}

func (v *Village) household() map[string]any {
	out := map[string]any{
		"card_number": fmt.Sprintf("RL-%06d", v.IntN(1e6)), "head_name": v.name(), "status": v.of("idp", "idp", "idp", "returnee", "refugee", "host"),
		"area": v.Area, "address": v.address(),
		"place_of_origin": v.of("Priština", "Prizren", "Peć", "Uroševac", "Gnjilane", "Kosovska Mitrovica", "Đakovica", "Istok", "Klina", "Obilić"),
		"phone":           fmt.Sprintf("+38164%07d", v.IntN(1e7)), "position": v.position(),
		"displaced_on": v.day("1999-06-01", 300), "consent_on": v.clock.Format(time.DateOnly),
		"members": 1 + v.IntN(8), "vulnerable": v.IntN(4) == 0, "income": 5000 * v.IntN(12),
	}
	v.leaveOut(out, "card_number", "phone", "position")
	if v.IntN(4) == 0 {
		out["returned_on"] = v.day("2018-01-01", 700)
	}
	if v.IntN(4) == 0 {
		out["notes"] = v.notes()
	}
	return out
}

// delivery hands furniture and white goods to one household after the other, a household at a time.
func (v *Village) delivery() map[string]any {
	kind := v.kinds[1]
	if v.served = !v.served; v.served {
		kind, v.family = v.kinds[0], v.somebody()
	}
	out := map[string]any{
		"household": v.family, "project": v.project, "assistance_type": kind, "quantity": 1 + v.IntN(3),
		"delivered_at": v.clock.Add(-time.Duration(v.IntN(5)) * time.Minute).Truncate(time.Minute).UnixMilli(), "recipient": v.name(), "position": v.position(),
		"unit": "paket", "condition": v.of("new", "new", "used"), "vehicle": v.of("NI-123-AB", "NI-456-CD"), "batch": v.of("A17", "A18", "B02"),
		"signed": true, "witness": v.of("Ana Simić", "Petar Lazić", "Mira Kostić"), "language": v.of("sr", "sr", "sq"),
	}
	v.leaveOut(out, "position")
	if v.IntN(5) == 0 {
		out["note"] = v.note()
	}
	return out
}

// somebody gives one of the households so far or, if there is none, one that was recorded elsewhere of late.
func (v *Village) somebody() uuid.UUID {
	if len(v.families) > 0 {
		return v.families[v.IntN(len(v.families))]
	}
	earlier := *v
	earlier.clock = v.clock.Add(-time.Duration(v.IntN(90*24*3600)) * time.Second)
	return earlier.ID()
}

// leaveOut leaves each of the fields empty in one record of four.
func (v *Village) leaveOut(fields map[string]any, names ...string) {
	for _, name := range names {
		if v.IntN(4) == 0 {
			delete(fields, name)
		}
	}
}

func (v *Village) of(list ...string) string { return list[v.IntN(len(list))] }

func (v *Village) name() string {
	return v.of("Petrović", "Jovanović", "Nikolić", "Marković", "Đorđević", "Stojanović", "Ilić", "Stanković", "Pavlović", "Milošević",
		"Krasnići", "Gaši", "Beriša", "Šalja", "Hasani", "Stojković", "Ristić", "Savić", "Mladenović", "Živković") + " " +
		v.of("Dragan", "Milan", "Zoran", "Slobodan", "Goran", "Nenad", "Dejan", "Jelena", "Marija", "Ljiljana", "Snežana", "Gordana",
			"Vesna", "Svetlana", "Agim", "Besnik", "Fatmir", "Drita", "Ivana", "Radmila")
}

func (v *Village) address() string {
	return v.of("Nemanjina", "Karađorđeva", "Svetosavska", "Cara Lazara", "Kosovska", "28. novembra", "Partizanska", "Vojvode Putnika") +
		fmt.Sprintf(" %d", 1+v.IntN(120))
}

func (v *Village) notes() string {
	return v.of("kuća oštećena u poplavi", "tri deteta idu u školu", "treba hitna pomoć za krov", "stariji par, bez prevoza", "ponovo posetiti u maju")
}

func (v *Village) note() string {
	return v.of("primio sin", "bez primedbi", "jedan paket oštećen")
}

// A place is where something was recorded, as the field "position" holds it.
type place struct {
	Lat      float64 `json:"lat"`
	Lon      float64 `json:"lon"`
	Accuracy float64 `json:"accuracy"`
	Source   string  `json:"source"`
}

func (v *Village) position() place {
	return place{
		Lat: float64(4290000+v.IntN(5000)) / 1e5, Lon: float64(2190000+v.IntN(5000)) / 1e5,
		Accuracy: float64(3 + v.IntN(12)), Source: "gps",
	}
}

func (v *Village) day(from string, days int) string {
	day, _ := time.Parse(time.DateOnly, from)
	return day.AddDate(0, 0, v.IntN(days)).Format(time.DateOnly)
}
