package search_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/internal/names"
	"satchel/server/internal/search"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A registry makes records of households and writes them past the engine, which would take minutes.
type registry struct {
	*office
	seq   int64
	rng   *rand.Rand
	areas []uuid.UUID
	batch []store.Record
}

func (r *registry) put(collection string, area, parent uuid.UUID, pairs ...any) uuid.UUID {
	r.seq++
	id := uuid.UUID{6: 0x70, 8: 0x80}
	binary.BigEndian.PutUint32(id[:], uint32(r.seq))
	out := store.Record{ID: id, Collection: collection, Area: area, Parent: parent, Seq: r.seq, Entered: r.seq, State: syncproto.State{}}
	for field, value := range r.edit(collection, "", pairs...).Fields {
		out.State[field] = syncproto.Register{Heads: []syncproto.Head{{Version: syncproto.Version{N: r.seq}, Time: 1, Value: value}}}
	}
	if r.batch = append(r.batch, out); len(r.batch) == 5000 {
		r.flush()
	}
	return id
}

func (r *registry) flush() {
	r.t.Helper()
	areas := map[uuid.UUID]bool{}
	for _, record := range r.batch {
		areas[record.Area] = true
	}
	err := r.store.Write(r.t.Context(), func(tx *store.Tx) error {
		for area := range areas {
			if err := tx.PutSummary(r.t.Context(), store.Summary{Area: area, Seq: r.seq}); err != nil {
				return err
			}
		}
		if err := tx.SetProperty(r.t.Context(), store.PropertySeq, fmt.Sprint(r.seq)); err != nil {
			return err
		}
		return tx.PutRecords(r.t.Context(), r.batch)
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.batch = r.batch[:0]
}

// settle puts so many households with four people each into 300 villages.
func (r *registry) settle(households int) {
	namer := names.NewWide(r.rng)
	for i := range 300 {
		r.areas = append(r.areas, r.put("areas", syncproto.Everyone, uuid.Nil, "name", fmt.Sprintf("Selo %s %d", namer.Name(namer.Kin(), true), i)))
	}
	for i := range households {
		kin, area := namer.Kin(), r.areas[r.rng.IntN(len(r.areas))]
		head := namer.Name(kin, i%3 == 0)
		home := r.put("households", area, uuid.Nil, "head_name", head, "card_number", fmt.Sprintf("RL-%06d", i), "phone", namer.Phone(),
			"address", fmt.Sprintf("Ulica %s %d", namer.Name(namer.Kin(), false), r.rng.IntN(200)), "area", area, "status", "idp", "notes", "Came with little.")
		for j := range 4 {
			name := head
			if j > 0 {
				name = namer.Name(kin, j%2 == 0)
			}
			r.put("people", area, home, "name", name, "household", home, "document_number", fmt.Sprintf("%09d", 4*i+j), "birth_year", 1980, "phone", namer.Phone())
		}
	}
	r.flush()
}

// heap gives how many bytes are in use.
func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// BenchmarkFind looks for the first page in as many households as SATCHEL_BENCH_HOUSEHOLDS says, 10,000 if it does not. It
// reports how long the first load takes, and how much memory it needs.
func BenchmarkFind(b *testing.B) {
	households := 10_000
	if n, err := strconv.Atoi(os.Getenv("SATCHEL_BENCH_HOUSEHOLDS")); err == nil {
		households = n
	}
	r := &registry{office: newOffice(b), rng: rand.New(rand.NewPCG(1, 1))}
	r.settle(households)
	before, began := heap(), time.Now()
	if err := r.index.Refresh(b.Context()); err != nil {
		b.Fatal(err)
	}
	load := time.Since(began)
	memory := heap() - before
	half := map[uuid.UUID]bool{}
	for _, area := range r.areas[:len(r.areas)/2] {
		half[area] = true
	}
	for _, q := range []struct{ name, text string }{
		{"everything", ""},
		{"letter", "a"},
		{"name", "petrović"},
		{"cyrillic", "Драган Петр"},
		{"words", "jovan selo 7 milica"},
		{"inside", "ovanov"},
		{"card", fmt.Sprintf("RL-%06d", households/2)},
		{"document", fmt.Sprintf("%09d", households)},
		{"phone", "060 000 1234"},
		{"nothing", "qqqq"},
	} {
		find := func(b *testing.B, query search.Query) {
			for b.Loop() {
				r.find(query)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "ms/query")
			b.ReportMetric(0, "ns/op")
		}
		b.Run(q.name, func(b *testing.B) { find(b, search.Query{Text: q.text, Limit: 50}) })
		b.Run(q.name+"-half", func(b *testing.B) { find(b, search.Query{Text: q.text, Limit: 50, Areas: half}) })
		b.Run(q.name+"-people", func(b *testing.B) { find(b, search.Query{Text: q.text, Limit: 50, Collection: "people"}) })
	}
	b.Run("after a push", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			r.put("households", r.areas[0], uuid.Nil, "head_name", "Nova Novaković")
			r.flush()
			b.StartTimer()
			r.find(search.Query{Text: "novakovic", Limit: 50})
		}
		b.ReportMetric(load.Seconds(), "load-s")
		b.ReportMetric(memory/1e6, "MB")
	})
}
