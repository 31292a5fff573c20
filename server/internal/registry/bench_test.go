package registry_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/google/uuid"

	"satchel/server/internal/registry"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// fill writes records past the engine, which would take minutes: households, each with a person, a visit and a part in the
// course. It gives a household in the middle.
func (o *office) fill(households int) (middle uuid.UUID) {
	o.t.Helper()
	n, batch := uint32(0), []store.Record(nil)
	put := func(collection string, parent uuid.UUID, pairs ...any) uuid.UUID {
		n++
		id := uuid.UUID{6: 0x70, 8: 0x80}
		binary.BigEndian.PutUint32(id[:], n)
		r := store.Record{ID: id, Collection: collection, Area: o.named("ribnica"), Parent: parent, Seq: int64(n), Entered: int64(n), State: syncproto.State{}}
		for field, value := range o.edit(collection, "", pairs...).Fields {
			r.State[field] = syncproto.Register{Heads: []syncproto.Head{{Version: syncproto.Version{N: int64(n)}, Time: 1, Value: value}}}
		}
		batch = append(batch, r)
		return id
	}
	for i := range households {
		h := put("households", uuid.Nil, "head_name", fmt.Sprint("Head ", i), "status", "idp", "area", o.named("ribnica"))
		p := put("people", h, "household", h, "name", fmt.Sprint("Name ", i))
		put("visits", h, "household", h, "visited_at", 1_600_000_000_000+i*7919%1_000_003*100_000, "worker", o.admin, "findings", "The roof lets the rain in.")
		put("participations", o.named("course"), "activity", o.named("course"), "person", p, "attended", true)
		if i == households/2 {
			middle = h
		}
		if len(batch) > 5000 || i == households-1 {
			err := o.store.Write(o.t.Context(), func(tx *store.Tx) error { return tx.PutRecords(o.t.Context(), batch) })
			if err != nil {
				o.t.Fatal(err)
			}
			batch = batch[:0]
		}
	}
	return middle
}

// BenchmarkPages reads a household's file, and pages of visits, among as many households as SATCHEL_BENCH_HOUSEHOLDS says,
// 10,000 if it does not.
func BenchmarkPages(b *testing.B) {
	households := 10_000
	if n, err := strconv.Atoi(os.Getenv("SATCHEL_BENCH_HOUSEHOLDS")); err == nil {
		households = n
	}
	o := newOffice(b)
	middle := o.fill(households)
	run := func(name string, read func() error) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := read(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	run("file", func() error {
		f, err := o.registry.Household(b.Context(), middle, nil)
		if err == nil && len(f.Participations) != 1 {
			return fmt.Errorf("there are %d participations", len(f.Participations))
		}
		return err
	})
	list := func(l registry.Listing) func() error {
		l.Collection, l.Limit = "visits", 50
		return func() error {
			_, err := o.registry.List(b.Context(), l)
			return err
		}
	}
	run("first page", list(registry.Listing{}))
	run("last page", list(registry.Listing{Offset: households - 50}))
	run("first page of an area", list(registry.Listing{Among: []uuid.UUID{o.named("kraljevo")}}))
}
