package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/scope"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A work is one unit of work on the writer: it reads records once, changes them in memory, and
// writes what came of it at the end.
type work struct {
	tx  *store.Tx
	now int64
	seq int64
	// stored are the records as the store has them, records as they are now, nil where there is none. What they point to
	// never changes.
	stored, records map[uuid.UUID]*store.Record
	// trail holds what records were before the form under way touched them.
	trail map[uuid.UUID]*store.Record
	moves []move
	// forms are those that came or that were tried again; changes are theirs; kept are those that the
	// store has already.
	forms   map[formKey]*form
	changes map[syncproto.Version]*store.Change
	kept    map[syncproto.Version]bool
	// flaws say what is wrong with changes by themselves, of those that somebody has looked at.
	flaws map[syncproto.Version]error
	// waiting are the forms that wait for a record.
	waiting map[uuid.UUID][]*form
	rights  map[uuid.UUID]rights
	tree    scope.Tree
	// lostTail says whether devices may still name changes that the database has lost.
	lostTail bool
	// someOpen says whether any change in the store is held or waits, someWait whether any waits for a record.
	someOpen, someWait bool
	// held, clocks and proven are those of the [Deed].
	held, clocks, proven []uuid.UUID
}

// A move is a record that leaves an area for another.
type move struct {
	store.Departure
	to uuid.UUID
}

func newWork(ctx context.Context, tx *store.Tx, now int64) (*work, error) {
	seq, err := numberProperty(ctx, tx, propertySeq)
	if err != nil {
		return nil, err
	}
	parents, err := tx.AreaTree(ctx)
	if err != nil {
		return nil, err
	}
	lost, err := numberProperty(ctx, tx, propertyTailLost)
	if err != nil {
		return nil, err
	}
	someOpen, someWait, err := tx.SomeOpen(ctx)
	if err != nil {
		return nil, err
	}
	return &work{
		tx: tx, now: now, seq: seq, tree: scope.Tree(parents), someOpen: someOpen, someWait: someWait,
		lostTail: lost > 0 && now-lost < syncproto.KeptDays*24*time.Hour.Milliseconds(),
		stored:   map[uuid.UUID]*store.Record{}, records: map[uuid.UUID]*store.Record{},
		trail: map[uuid.UUID]*store.Record{}, forms: map[formKey]*form{},
		changes: map[syncproto.Version]*store.Change{}, kept: map[syncproto.Version]bool{}, waiting: map[uuid.UUID][]*form{}, rights: map[uuid.UUID]rights{},
	}, nil
}

func numberProperty(ctx context.Context, tx *store.Tx, name string) (int64, error) {
	text, err := tx.Property(ctx, name)
	if err != nil {
		return 0, fmt.Errorf("read property %s: %w", name, err)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read property %s: %w", name, err)
	}
	return n, nil
}

// load reads records that are about to be needed, in few statements.
func (w *work) load(ctx context.Context, ids []uuid.UUID) error {
	var missing []uuid.UUID
	for _, id := range ids {
		if _, ok := w.stored[id]; !ok {
			w.stored[id] = nil
			missing = append(missing, id)
		}
	}
	found, err := w.tx.Records(ctx, missing)
	if err != nil {
		return err
	}
	for id, r := range found {
		w.stored[id], w.records[id] = &r, &r
	}
	return nil
}

// record gives a record as it is now.
func (w *work) record(ctx context.Context, id uuid.UUID) (r store.Record, exists bool, err error) {
	if err := w.load(ctx, []uuid.UUID{id}); err != nil {
		return store.Record{}, false, err
	}
	if now := w.records[id]; now != nil {
		return *now, true, nil
	}
	return store.Record{}, false, nil
}

// put sets what a record is now.
func (w *work) put(r store.Record) {
	if _, done := w.trail[r.ID]; !done {
		w.trail[r.ID] = w.records[r.ID]
	}
	w.records[r.ID] = &r
}

// together runs do so that, if it fails, everything is as it was before.
func (w *work) together(do func() error) error {
	clear(w.trail)
	seq, moves := w.seq, len(w.moves)
	err := do()
	if err != nil {
		maps.Copy(w.records, w.trail)
		w.seq, w.moves = seq, w.moves[:moves]
	}
	return err
}

// next gives the next sequence.
func (w *work) next() int64 {
	w.seq++
	return w.seq
}

// flush writes what came of the work, and gives the records that it touched in order of their sequence.
func (w *work) flush(ctx context.Context) ([]Touched, error) {
	var changed []Touched
	for id, r := range w.records {
		if before := w.stored[id]; r != before {
			changed = append(changed, Touched{Before: before, After: r, Parent: w.records[r.Parent]})
		}
	}
	slices.SortFunc(changed, func(a, b Touched) int { return int(a.After.Seq - b.After.Seq) })
	records := make([]store.Record, len(changed))
	for i, c := range changed {
		records[i] = *c.After
	}
	if err := w.tx.PutRecords(ctx, records); err != nil {
		return nil, err
	}
	for _, m := range w.moves {
		if err := w.tx.Move(ctx, m.Departure, m.to); err != nil {
			return nil, err
		}
	}
	for _, derive := range []func(context.Context, []Touched) error{w.flushSummaries, w.flushConflicts, w.flushMergers, w.flushPlaces, w.flushBlobs} {
		if err := derive(ctx, changed); err != nil {
			return nil, err
		}
	}
	if err := w.flushForms(ctx); err != nil {
		return nil, err
	}
	if len(w.held)+len(w.clocks)+len(w.proven) > 0 {
		w.next() // nothing else may have taken one
	}
	if err := w.tx.NoteMoment(ctx, w.now, w.seq); err != nil {
		return nil, err
	}
	return changed, w.tx.SetProperty(ctx, propertySeq, strconv.FormatInt(w.seq, 10))
}

// flushSummaries brings the digests of the areas in which something happened up to date.
func (w *work) flushSummaries(ctx context.Context, changed []Touched) error {
	areas := map[uuid.UUID]bool{}
	for _, c := range changed {
		areas[c.After.Area] = true
		if c.Before != nil {
			areas[c.Before.Area] = true
		}
	}
	summaries, err := w.tx.Summaries(ctx, slices.Collect(maps.Keys(areas)))
	if err != nil {
		return err
	}
	for _, c := range changed {
		count(summaries, c.Before, c.After.Seq, -1)
		count(summaries, c.After, c.After.Seq, +1)
	}
	for _, s := range summaries {
		if err := w.tx.PutSummary(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// count adds a record to its area's summary, or takes it away.
func count(summaries map[uuid.UUID]store.Summary, r *store.Record, seq int64, sign int) {
	if r == nil {
		return
	}
	digest := syncproto.DigestOf(r.Collection, r.ID, r.State)
	s := summaries[r.Area]
	s.Area, s.Seq, s.Records = r.Area, max(s.Seq, seq), s.Records+sign
	if sign > 0 {
		s.Digest = s.Digest.Plus(digest)
	} else {
		s.Digest = s.Digest.Minus(digest)
	}
	summaries[r.Area] = s
}

func (w *work) flushConflicts(ctx context.Context, changed []Touched) error {
	for i, c := range changed {
		r, fields := c.After, c.After.State.Conflicts()
		if len(fields) == 0 && (c.Before == nil || len(c.Before.State.Conflicts()) == 0) {
			continue
		}
		changed[i].Contested = true
		var open []store.Conflict
		for _, field := range fields {
			open = append(open, store.Conflict{
				Record: r.ID, Field: field, Collection: r.Collection, Area: r.Area, Seq: r.Seq, OpenedAt: w.now,
			})
		}
		if err := w.tx.SetConflicts(ctx, r.ID, open); err != nil {
			return err
		}
	}
	return nil
}

// flushMergers notes which records were merged into others by now.
func (w *work) flushMergers(ctx context.Context, changed []Touched) error {
	for _, c := range changed {
		if !c.Differs(fieldMergedInto) {
			continue
		}
		if err := w.tx.SetMerger(ctx, store.Merger{Record: c.After.ID, Kept: mergedInto(*c.After)}); err != nil {
			return err
		}
	}
	return nil
}

// flushPlaces notes which records came or went elsewhere while changes of them are held or wait.
func (w *work) flushPlaces(ctx context.Context, changed []Touched) error {
	if !w.someOpen {
		return nil
	}
	var placed []uuid.UUID
	for _, c := range changed {
		if c.Before == nil || c.Before.Area != c.After.Area {
			placed = append(placed, c.After.ID)
		}
	}
	open, err := w.tx.OpenOf(ctx, placed)
	for _, c := range open {
		w.held = append(w.held, c.Record)
	}
	return err
}

// flushForms writes the changes that came, and the fate of those that had come before.
func (w *work) flushForms(ctx context.Context) error {
	added := make([]store.Change, 0, len(w.changes))
	for _, f := range w.forms {
		for _, c := range f.changes {
			if w.kept[c.Version()] || c.Status != syncproto.Applied {
				w.held = append(w.held, c.Record)
			}
			if !w.kept[c.Version()] {
				added = append(added, *c)
			} else if err := w.tx.SetFate(ctx, *c); err != nil {
				return err
			}
		}
	}
	slices.SortFunc(added, func(a, b store.Change) int { return a.Version().Compare(b.Version()) })
	return w.tx.AddChanges(ctx, added)
}

// arrivedTime gives the time of a version that was merged into a record, and whether it was.
func (w *work) arrivedTime(ctx context.Context, record uuid.UUID, v syncproto.Version) (int64, bool, error) {
	c, ok := w.changes[v]
	if !ok {
		stored, err := w.tx.Change(ctx, v)
		if errors.Is(err, store.ErrNotFound) {
			return 0, false, nil
		}
		if err != nil {
			return 0, false, err
		}
		c = &stored
	}
	return c.Time, c.Status == syncproto.Applied && c.Record == record, nil
}
