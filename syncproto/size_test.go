package syncproto

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"
)

// A village makes records as a worker's device does: names from a list, numbers at random, one
// author, one area, a few projects and types.
type village struct {
	*rand.Rand
	clock                 time.Time
	area, worker, project uuid.UUID
	kinds                 [2]uuid.UUID
	// family is the household that the last delivery went to, served whether it got the first of two.
	family uuid.UUID
	served bool
}

func newVillage(seed uint64) *village {
	v := &village{Rand: rand.New(rand.NewPCG(seed, seed)), clock: time.Date(2020, 4, 1, 8, 0, 0, 0, time.UTC)}
	v.area, v.worker, v.project, v.kinds[0], v.kinds[1] = v.id(), v.id(), v.id(), v.id(), v.id()
	return v
}

// id makes a UUIDv7 at the village's time.
func (v *village) id() uuid.UUID {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[8:], v.Uint64())
	binary.BigEndian.PutUint64(id[:8], uint64(v.clock.UnixMilli())<<16|v.Uint64N(1<<12))
	id[6], id[8] = id[6]&0x0f|0x70, id[8]&0x3f|0x80
	return id
}

func (v *village) of(list ...string) string { return list[v.IntN(len(list))] }

func (v *village) name() string {
	return v.of("Petrović", "Jovanović", "Nikolić", "Marković", "Đorđević", "Stojanović", "Ilić", "Stanković", "Pavlović", "Milošević",
		"Krasnići", "Gaši", "Beriša", "Šalja", "Hasani", "Stojković", "Ristić", "Savić", "Mladenović", "Živković") + " " +
		v.of("Dragan", "Milan", "Zoran", "Slobodan", "Goran", "Nenad", "Dejan", "Jelena", "Marija", "Ljiljana", "Snežana", "Gordana",
			"Vesna", "Svetlana", "Agim", "Besnik", "Fatmir", "Drita", "Ivana", "Radmila")
}

func (v *village) position() Place {
	return Place{
		Lat: float64(4290000+v.IntN(5000)) / 1e5, Lon: float64(2190000+v.IntN(5000)) / 1e5,
		Accuracy: float64(3 + v.IntN(12)), Source: "gps",
	}
}

func (v *village) day(from string, days int) string {
	day, _ := time.Parse(time.DateOnly, from)
	return day.AddDate(0, 0, v.IntN(days)).Format(time.DateOnly)
}

func (v *village) household() map[string]any {
	out := map[string]any{
		"card_number": fmt.Sprintf("RL-%06d", v.IntN(1e6)), "head_name": v.name(), "status": v.of("idp", "idp", "idp", "returnee", "refugee", "host"),
		"area":            v.area,
		"address":         v.of("Nemanjina", "Karađorđeva", "Svetosavska", "Cara Lazara", "Kosovska", "28. novembra", "Partizanska", "Vojvode Putnika") + fmt.Sprintf(" %d", 1+v.IntN(120)),
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
		out["notes"] = v.of("kuća oštećena u poplavi", "tri deteta idu u školu", "treba hitna pomoć za krov", "stariji par, bez prevoza", "ponovo posetiti u maju")
	}
	return out
}

// delivery hands furniture and white goods to one household after the other, a household at a time.
func (v *village) delivery() map[string]any {
	kind := v.kinds[1]
	if v.served = !v.served; v.served {
		kind = v.kinds[0]
		earlier := *v
		earlier.clock = v.clock.Add(-time.Duration(v.IntN(90*24*3600)) * time.Second)
		v.family = earlier.id()
	}
	out := map[string]any{
		"household": v.family, "project": v.project, "assistance_type": kind, "quantity": 1 + v.IntN(3),
		"delivered_at": v.clock.Add(-time.Duration(v.IntN(5)) * time.Minute).Truncate(time.Minute).UnixMilli(), "recipient": v.name(), "position": v.position(),
		"unit": "paket", "condition": v.of("new", "new", "used"), "vehicle": v.of("NI-123-AB", "NI-456-CD"), "batch": v.of("A17", "A18", "B02"),
		"signed": true, "witness": v.of("Ana Simić", "Petar Lazić", "Mira Kostić"), "language": v.of("sr", "sr", "sq"),
	}
	v.leaveOut(out, "position")
	if v.IntN(5) == 0 {
		out["note"] = v.of("primio sin", "bez primedbi", "jedan paket oštećen")
	}
	return out
}

// leaveOut leaves each of the fields empty in one record of four.
func (v *village) leaveOut(fields map[string]any, names ...string) {
	for _, name := range names {
		if v.IntN(4) == 0 {
			delete(fields, name)
		}
	}
}

func (v *village) changes(t testing.TB, collection string, count int, fields func() map[string]any) []Change {
	var out []Change
	for i := range count {
		v.clock = v.clock.Add(time.Duration(120+v.IntN(1200))*time.Second + time.Duration(v.IntN(1000))*time.Millisecond)
		c := Change{N: int64(i + 101), Form: int64(i + 101), Collection: collection, Record: v.id(), Author: v.worker, Fields: map[string]Value{}}
		c.Claimed = v.clock.UnixMilli() + v.Int64N(3)
		for name, x := range fields() {
			value, err := ValueOf(x)
			if err != nil {
				t.Fatal(err)
			}
			c.Fields[name] = value
		}
		out = append(out, c)
	}
	return out
}

// gzipped counts the bytes that write writes, compressed.
func gzipped(t testing.TB, write func(io.Writer) error) int {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if err := write(z); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}

// The bytes that a record takes on the way up, compressed, with all that goes with it but the header;
// and for comparison what one JSON object on a line takes. The records are such that the latter is
// about what it was on the records of the design: 85, 66 and 63 bytes.
func TestFrameSize(t *testing.T) {
	for _, size := range []struct{ rows, most int }{{20, 85}, {200, 48}, {2000, 38}} {
		v := newVillage(7)
		households := v.changes(t, "households", size.rows, v.household)
		deliveries := v.changes(t, "deliveries", size.rows, v.delivery)
		up := func(batch []Change) float64 {
			with := gzipped(t, func(w io.Writer) error { return WriteRequest(w, Request{Changes: batch}) })
			without := gzipped(t, func(w io.Writer) error { return WriteRequest(w, Request{}) })
			return float64(with-without) / float64(size.rows)
		}
		down := func(batch []Change) float64 {
			page := v.records(batch)
			with := gzipped(t, func(w io.Writer) error { return WriteReply(w, Reply{Records: page}) })
			without := gzipped(t, func(w io.Writer) error { return WriteReply(w, Reply{}) })
			return float64(with-without) / float64(size.rows)
		}
		mean := (up(households) + up(deliveries)) / 2
		t.Logf("%4d rows: %.1f bytes a record up (household %.1f, delivery %.1f), down %.1f and %.1f; one object a line: %.1f and %.1f",
			size.rows, mean, up(households), up(deliveries), down(households), down(deliveries), aLineEach(t, households), aLineEach(t, deliveries))
		if mean > float64(size.most) {
			t.Errorf("%d rows: %.1f bytes a record, want at most %d", size.rows, mean, size.most)
		}
	}
}

// aLineEach gives the bytes of a change when each is one JSON object on a line.
func aLineEach(t *testing.T, batch []Change) float64 {
	size := gzipped(t, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		for _, c := range batch {
			line := map[string]any{"n": c.N, "id": c.Record, "time": c.Claimed}
			for field, v := range c.Fields {
				line[field] = v
			}
			if err := enc.Encode(line); err != nil {
				return err
			}
		}
		return nil
	})
	return float64(size) / float64(len(batch))
}

// records gives what a server tells of the changes, each of a new record.
func (v *village) records(changes []Change) []Record {
	var out []Record
	devices := []uuid.UUID{v.id(), v.id(), v.id()}
	for _, c := range changes {
		s := Merge(nil, c.Edit(devices[v.IntN(len(devices))], c.Claimed), nil)
		out = append(out, RecordOf(c.Collection, c.Record, v.area, s))
	}
	return out
}

func BenchmarkWriteRequest(b *testing.B) {
	v := newVillage(7)
	r := Request{Changes: v.changes(b, "households", 2000, v.household)}
	for b.Loop() {
		if err := WriteRequest(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadRequest(b *testing.B) {
	v := newVillage(7)
	stream := requestBytes(b, Request{Changes: v.changes(b, "households", 2000, v.household)})
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadRequest(bytes.NewReader(stream)); err != nil {
			b.Fatal(err)
		}
	}
}
