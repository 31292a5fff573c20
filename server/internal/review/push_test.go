//go:build unix

package review_test

import (
	"encoding/binary"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/internal/duplicates"
	"satchel/internal/duplicates/truth"
	"satchel/server/internal/engine"
)

// registered gives the edits that register a household with its people.
func registered(h duplicates.Household) []engine.OfficeEdit {
	var position, bornOn, birthYear any
	if h.Position != nil {
		position = map[string]any{"lat": h.Position.Latitude, "lon": h.Position.Longitude, "accuracy": 5, "source": "gps"}
	}
	edits := []engine.OfficeEdit{edit("households", h.ID, "card_number", h.Card, "head_name", h.Head, "status", "idp", "phone", h.Phone,
		"place_of_origin", h.Origin, "area", h.Area, "position", position)}
	for i, m := range h.Members {
		if bornOn, birthYear = nil, nil; m.BornOn != "" {
			bornOn = m.BornOn
		}
		if m.BirthYear != 0 {
			birthYear = m.BirthYear
		}
		edits = append(edits, edit("people", beside(h.ID, i+1), "household", h.ID, "name", m.Name, "document_number", m.Document,
			"born_on", bornOn, "birth_year", birthYear))
	}
	return edits
}

// beside gives the id of something that was recorded with a household.
func beside(household uuid.UUID, n int) uuid.UUID {
	household[15] = byte(n)
	return household
}

// inTurn gives made-up households the ids that such have which are recorded one after the other.
func inTurn(households []duplicates.Household) []duplicates.Household {
	for i := range households {
		id := uuid.UUID{6: 0x70, 8: 0x80}
		binary.BigEndian.PutUint32(id[:], uint32(i+1))
		households[i].ID = id
	}
	return households
}

// settleIn registers households, and the villages that they live in.
func (o *office) settleIn(households []duplicates.Household, together int) {
	o.t.Helper()
	villages := map[uuid.UUID]bool{}
	var edits []engine.OfficeEdit
	for i, h := range households {
		if !villages[h.Area] {
			villages[h.Area] = true
			edits = append(edits, edit("areas", h.Area, "name", "Village", "level", "settlement"))
		}
		if edits = append(edits, registered(h)...); (i+1)%together == 0 || i+1 == len(households) {
			o.save(edits...)
			edits = edits[:0]
		}
	}
}

// benchOffice gives an office with as many households as SATCHEL_BENCH_HOUSEHOLDS says, 10,000 if it does not, which were
// never compared, and so many more that are not there yet.
func benchOffice(b *testing.B, more int) (o *office, others []duplicates.Household) {
	b.Helper()
	there := 10_000
	if n, err := strconv.Atoi(os.Getenv("SATCHEL_BENCH_HOUSEHOLDS")); err == nil {
		there = n
	}
	made := inTurn(truth.MakeUp(1, there+more).Households)
	o = newOffice(b)
	o.engine.Close()
	o.start(nil)
	o.settleIn(made[:there], 2000)
	return o, made[there:]
}

// BenchmarkScan compares all households; those of the first time, whose keys are not kept yet, are told apart.
func BenchmarkScan(b *testing.B) {
	o, _ := benchOffice(b, 0)
	scan := func() time.Duration {
		began := time.Now()
		if _, err := o.queue.Scan(b.Context(), nil); err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	}
	first := scan()
	for b.Loop() {
		scan()
	}
	b.ReportMetric(first.Seconds(), "first-s")
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "again-s")
}

// processor gives how long the processors worked for this program, whoever else kept them busy.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkPush pushes twenty new households at a time, each with its people and a delivery, to an office that has
// others already. What is pushed alone is not followed by the queue.
func BenchmarkPush(b *testing.B) {
	const pushed = 20
	o, made := benchOffice(b, 40_000)
	o.settle()
	at := 0
	push := func(b *testing.B) {
		before := processor(b)
		for b.Loop() {
			if at+pushed > len(made) {
				b.Fatal("there are no more households")
			}
			var edits []engine.OfficeEdit
			for _, h := range made[at : at+pushed] {
				edits = append(edits, registered(h)...)
				edits = append(edits, edit("deliveries", beside(h.ID, 255), "household", h.ID, "project", o.project, "assistance_type", o.kind, "quantity", 1, "delivered_at", 5))
			}
			o.save(edits...)
			at += pushed
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*pushed), "µs/household")
		b.ReportMetric(float64((processor(b)-before).Microseconds())/float64(b.N*pushed), "processor-µs/household")
	}
	b.Run("alone", func(b *testing.B) {
		o.engine.Close()
		o.start(nil)
		push(b)
	})
	b.Run("followed", func(b *testing.B) {
		o.engine.Close()
		o.start(o.queue)
		o.settle()
		push(b)
	})
}
