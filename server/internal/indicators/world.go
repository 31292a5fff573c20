package indicators

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// latest is the sequence at which everything is known that the database holds.
const latest = math.MaxInt64

// A world is the records as they were shown at one sequence, as far as somebody needs them.
type world struct {
	tx    *store.Tx
	at    int64
	zone  *time.Location
	needs needs
	// records are those that paths lead through, by id.
	records map[uuid.UUID]*record
	// late are the records, with their collections, of which somebody asks where a figure rests on them, nil if nobody
	// does: those to which something happened behind the sequence since. passed are those that were come by.
	late   map[uuid.UUID]string
	since  int64
	passed []uuid.UUID
	// former says that what a query names need not have been there yet.
	former bool
}

// A record is a record with the values that are needed of it.
type record struct {
	id         uuid.UUID
	collection string
	// seq is the sequence of the last thing that happened to it.
	seq     int64
	deleted bool
	values  []syncproto.Value
	// kept is the record as which it counts, nil if nobody looked; alive says of that one whether any of those that
	// count as it is not deleted.
	kept  *record
	alive bool
}

// load reads the records of everything that paths lead through.
func (w *world) load(ctx context.Context, through []string) error {
	w.records = map[uuid.UUID]*record{}
	for _, collection := range through {
		w.needMergers(collection)
		err := w.each(ctx, collection, func(r record) error {
			w.records[r.id] = &r
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, r := range w.records {
		if kept := w.root(r); !r.deleted {
			kept.alive = true
		}
	}
	return nil
}

// lookUp gives a record of a collection, nil if that has none with the id: a reference may hold that of any record.
func (w *world) lookUp(collection string, id uuid.UUID) *record {
	if r := w.records[id]; r != nil && r.collection == collection {
		return r
	}
	return nil
}

const mergedInto = "merged_into"

// needMergers needs to know which records of a collection are duplicates, if they can be.
func (w *world) needMergers(collection string) {
	if c, _ := syncproto.CollectionOf(collection); merges(c) {
		w.needs.at(collection, mergedInto)
	}
}

func merges(c syncproto.Collection) bool {
	_, does := c.Field(mergedInto)
	return does
}

// root gives the record as which another counts: where its chain of mergers ends or, if that is a ring, the one with
// the smallest id. Of one that has not arrived nothing is known; a record of another collection ends the chain.
func (w *world) root(r *record) *record {
	if r.kept != nil && w.late == nil { // who asks what is late is told of the whole chain
		return r.kept
	}
	c, _ := syncproto.CollectionOf(r.collection)
	if !merges(c) {
		r.kept = r
		return r
	}
	at := w.needs.at(r.collection, mergedInto)
	seen := map[*record]bool{}
	for end := r; ; {
		into := end.values[at].ID()
		next := w.records[into]
		w.pass(end)
		if into == uuid.Nil || next != nil && next.collection != r.collection {
			r.kept = end
			return end
		}
		if seen[end] {
			r.kept = w.leastOfRing(end, at)
			return r.kept
		}
		seen[end] = true
		if next == nil {
			next = &record{id: into, collection: r.collection, deleted: true, values: make([]syncproto.Value, len(w.needs[r.collection]))}
			w.records[into] = next
		}
		end = next
	}
}

func (w *world) leastOfRing(on *record, at int) *record {
	least := on
	for r := w.records[on.values[at].ID()]; r != on; r = w.records[r.values[at].ID()] {
		if bytes.Compare(r.id[:], least.id[:]) < 0 {
			least = r
		}
	}
	return least
}

// pass notes a record that was come by, if it is late.
func (w *world) pass(r *record) {
	if _, late := w.late[r.id]; late {
		w.passed = append(w.passed, r.id)
	}
}

// rebuiltAtOnce is how many records are rebuilt from their changes at once.
const rebuiltAtOnce = 500

// each gives all records of a collection, deleted ones among them.
func (w *world) each(ctx context.Context, collection string, give func(record) error) error {
	fields := w.needs[collection]
	do := func(r record) error {
		if w.late != nil && r.seq > w.since {
			w.late[r.id] = collection
		}
		return give(r)
	}
	var changed []uuid.UUID
	err := w.tx.EachShown(ctx, collection, func(s store.Listed) error {
		if s.Seq > w.at {
			changed = append(changed, s.ID)
			return nil
		}
		shown, err := syncproto.ReadValues(s.Doc)
		if err != nil {
			return fmt.Errorf("read record %s: %w", s.ID, err)
		}
		r := record{id: s.ID, collection: collection, seq: s.Seq, deleted: s.Deleted, values: make([]syncproto.Value, len(fields))}
		for i, field := range fields {
			r.values[i] = syncproto.Value(strings.Clone(string(shown[field]))) // and not the whole document with it
		}
		return do(r)
	})
	for err == nil && len(changed) > 0 {
		part := changed[:min(rebuiltAtOnce, len(changed))]
		changed = changed[len(part):]
		err = w.rebuild(ctx, collection, part, do)
	}
	return err
}

// rebuild gives records as they were, by merging again what had been merged by then. One that was not there is left out.
func (w *world) rebuild(ctx context.Context, collection string, ids []uuid.UUID, do func(record) error) error {
	changes, err := w.tx.AppliedTo(ctx, ids, w.at)
	if err != nil {
		return err
	}
	type past struct {
		seq    int64
		state  syncproto.State
		merged map[syncproto.Version]bool
	}
	pasts := map[uuid.UUID]*past{}
	for _, c := range changes {
		p := pasts[c.Record]
		if p == nil {
			p = &past{state: syncproto.State{}, merged: map[syncproto.Version]bool{}}
			pasts[c.Record] = p
		}
		p.state = syncproto.Merge(p.state, c.Edit(c.Version(), c.Time), func(v syncproto.Version) bool { return p.merged[v] })
		p.seq, p.merged[c.Version()] = c.Seq, true
	}
	for _, id := range ids {
		p := pasts[id]
		if p == nil {
			continue
		}
		r := record{id: id, collection: collection, seq: p.seq}
		r.deleted, _ = p.state.Deletion()
		for _, field := range w.needs[collection] {
			shown, _ := p.state[field].Shown()
			r.values = append(r.values, shown.Value)
		}
		if err := do(r); err != nil {
			return err
		}
	}
	return nil
}
