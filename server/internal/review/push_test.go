package review_test

import (
	"encoding/binary"
	"os"
	"strconv"
	"testing"

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
		binary.BigEndian.PutUint32(id[:], uint32(i+1)) //nolint:gosec // there are not so many
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

// BenchmarkPush pushes twenty new households at a time, each with its people and a delivery, to an office that has
// others already, as many as SATCHEL_BENCH_HOUSEHOLDS says, 10,000 if it does not. What is pushed alone is not followed
// by the queue.
func BenchmarkPush(b *testing.B) {
	there := 10_000
	if n, err := strconv.Atoi(os.Getenv("SATCHEL_BENCH_HOUSEHOLDS")); err == nil {
		there = n
	}
	const pushed = 20
	made := inTurn(truth.MakeUp(1, there+40_000).Households)
	o := newOffice(b)
	o.settleIn(made[:there], 2000)
	o.settle()
	at := there
	push := func(b *testing.B) {
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
