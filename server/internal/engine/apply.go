package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// apply merges one change into its record, or fails with a [refusal] and changes nothing.
func (w *work) apply(ctx context.Context, c *store.Change, may rights) error {
	collection, err := w.check(c, may)
	if err != nil {
		return err
	}
	before, exists, err := w.record(ctx, c.Record)
	if err != nil {
		return err
	}
	switch {
	case !exists && !c.Creates():
		return waitFor(syncproto.WaitsForRecord, c.Record, "the record that it edits has not arrived yet")
	case exists && before.Collection != c.Collection:
		return hold(syncproto.HeldInvalid, "the record belongs to %s, not to %s", before.Collection, c.Collection)
	}
	after, err := w.merge(ctx, before, c, may)
	if err != nil {
		return err
	}
	after.ID, after.Collection = c.Record, c.Collection
	if err := checkRecord(collection, after, exists); err != nil {
		return err
	}
	if err := w.place(ctx, collection, &after); err != nil {
		return err
	}
	if exists && !may.area(before.Area) || !may.area(after.Area) {
		return hold(syncproto.HeldOutOfScope, "the record is, or would come, outside the areas of the device")
	}
	return w.settleRecord(ctx, c, before, after, exists)
}

// check looks at a change by itself and at who made it.
func (w *work) check(c *store.Change, may rights) (syncproto.Collection, error) {
	collection, known := syncproto.CollectionOf(c.Collection)
	flaw, looked := w.flaws[c.Version()]
	if !looked {
		flaw = c.Check()
	}
	switch {
	case may.revoked:
		return collection, hold(syncproto.HeldRevoked, "the device was revoked before it sent the change")
	case !known:
		return collection, hold(syncproto.HeldUnknown, "this server does not know the collection %q yet", c.Collection)
	case flaw != nil:
		return collection, hold(syncproto.HeldInvalid, "%v", flaw)
	case !may.author(c.Author):
		return collection, hold(syncproto.HeldUnknownAuthor, "its author is nobody who may work on the device")
	}
	return collection, nil
}

// merge gives the record with the change merged in, and notes the time that was decided.
func (w *work) merge(ctx context.Context, before store.Record, c *store.Change, may rights) (store.Record, error) {
	times, arrived, err := w.bases(ctx, before, c, may)
	if err != nil {
		return before, err
	}
	after := before
	c.Time = syncproto.TimeOf(c.Claimed, c.Received, times...)
	after.State = syncproto.Merge(before.State, c.Edit(c.Version(), c.Time), func(v syncproto.Version) bool { return arrived[v] })
	after.Deleted, _ = after.State.Deletion()
	return after, nil
}

// bases gives the times of the versions that a change's author was looking at, as far as they have
// arrived, and which have.
func (w *work) bases(ctx context.Context, r store.Record, c *store.Change, may rights) ([]int64, map[syncproto.Version]bool, error) {
	heads := map[syncproto.Version]int64{}
	for _, register := range r.State {
		for _, h := range register.Heads {
			heads[h.Version] = h.Time
		}
	}
	var times []int64
	arrived := map[syncproto.Version]bool{}
	for v := range named(c) {
		t, ok := heads[v]
		var lost bool
		var err error
		if !ok {
			t, ok, err = w.arrivedTime(ctx, c.Record, v)
		}
		if err == nil && !ok {
			lost, err = w.mayBeLost(ctx, v, c, may)
		}
		switch {
		case err != nil:
			return nil, nil, err
		case ok:
			times = append(times, t)
		case !lost:
			return nil, nil, hold(syncproto.HeldInvalid, "it says that its author had seen change %s of the record, which there is not", v)
		}
		arrived[v] = ok
	}
	return times, arrived, nil
}

// named gives every version that a change's author was looking at, once.
func named(c *store.Change) map[syncproto.Version]bool {
	out := map[syncproto.Version]bool{}
	for _, by := range []map[string][]syncproto.Version{c.Base, c.Seen} {
		for _, versions := range by {
			for _, v := range versions {
				out[v] = true
			}
		}
	}
	return out
}

// mayBeLost reports whether an author can have seen a version that has not arrived: an own one that
// is held, also of a former identity of the device, or one that the database has lost. Otherwise a device
// could name changes that another is going to make, and they would vanish as they come.
func (w *work) mayBeLost(ctx context.Context, v syncproto.Version, c *store.Change, may rights) (bool, error) {
	if may.any || w.lostTail || v.Device == c.Device {
		return true, nil
	}
	own, err := w.tx.Device(ctx, c.Device)
	if err != nil {
		return false, err
	}
	other, err := w.tx.Device(ctx, v.Device)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && other.Holder == own.Holder, err
}

// checkRecord checks what the rules of a collection ask of a whole record.
func checkRecord(collection syncproto.Collection, r store.Record, existed bool) error {
	size := 0
	for _, field := range slices.Sorted(maps.Keys(r.State)) {
		register := r.State[field]
		if len(register.Heads) > syncproto.MaxHeads || len(register.Gone) > syncproto.MaxHeads {
			return hold(syncproto.HeldManyHeads, "field %q has %d open values already; settle them first", field, syncproto.MaxHeads)
		}
		for _, h := range register.Heads {
			size += len(field) + len(h.Value)
		}
	}
	if size > syncproto.MaxRecordBytes {
		return hold(syncproto.HeldInvalid, "the record would have %d bytes, %d is the most", size, syncproto.MaxRecordBytes)
	}
	if existed {
		return nil
	}
	if err := collection.CheckWhole(r.Value); err != nil {
		return hold(syncproto.HeldInvalid, "%v", err)
	}
	return nil
}

// place finds the area of a record, and the record that it has it from.
func (w *work) place(ctx context.Context, collection syncproto.Collection, r *store.Record) error {
	r.Area, r.Parent = syncproto.Everyone, uuid.Nil
	for _, name := range collection.AreaVia {
		field, _ := collection.Field(name)
		id, err := syncproto.ParseID(r.Value(name).Text())
		if err != nil {
			continue // not set: the next field may be
		}
		if field.Refers == "areas" {
			r.Area = id
			if _, known := w.tree[id]; !known {
				return w.waitForArea(ctx, id)
			}
			return nil
		}
		parent, exists, err := w.record(ctx, id)
		switch {
		case err != nil:
			return err
		case !exists:
			return waitFor(syncproto.WaitsForParent, id, "the record of %s that it belongs to has not arrived yet", field.Refers)
		case parent.Collection != field.Refers:
			return hold(syncproto.HeldInvalid, "field %q points to a record of %s", name, parent.Collection)
		}
		r.Area, r.Parent = parent.Area, id
		return nil
	}
	if len(collection.AreaVia) > 0 {
		return hold(syncproto.HeldInvalid, "nothing says which area the record belongs to: field %q is empty", collection.AreaVia[0])
	}
	return nil
}

// waitForArea looks whether an area came earlier in the same work: the tree is that of its beginning.
func (w *work) waitForArea(ctx context.Context, id uuid.UUID) error {
	area, exists, err := w.record(ctx, id)
	switch {
	case err != nil:
		return err
	case !exists:
		return waitFor(syncproto.WaitsForParent, id, "the area that it belongs to has not arrived yet")
	case area.Collection != "areas":
		return hold(syncproto.HeldInvalid, "field %q points to a record of %s", "area", area.Collection)
	}
	return nil
}

// settleRecord gives the record its sequence and, if its area changed, moves what belongs to it.
func (w *work) settleRecord(ctx context.Context, c *store.Change, before, after store.Record, existed bool) error {
	after.Seq = w.next()
	moved := existed && before.Area != after.Area
	if !existed || moved {
		after.Entered, after.Touched = after.Seq, nil
	} else {
		after.Touched = make(map[string]int64, len(before.Touched)+len(c.Fields))
		maps.Copy(after.Touched, before.Touched)
		for field := range c.Fields {
			after.Touched[field] = after.Seq
		}
	}
	w.put(after)
	c.Status, c.Code, c.Reason, c.Needs, c.Seq = syncproto.Applied, "", "", uuid.Nil, after.Seq
	c.Conflicts = conflictsOf(c, after.State)
	if !moved {
		return nil
	}
	w.moves = append(w.moves, move{store.Departure{Area: before.Area, Record: after.ID, Seq: after.Seq}, after.Area})
	return w.moveChildren(ctx, after)
}

// conflictsOf names the fields of a change that are in conflict, and whether the record's deletion is.
func conflictsOf(c *store.Change, state syncproto.State) []string {
	return slices.DeleteFunc(state.Conflicts(), func(field string) bool {
		_, written := c.Fields[field]
		return !written && field != syncproto.FieldDeleted
	})
}

// moveChildren takes the records along that have their area from one that moved.
func (w *work) moveChildren(ctx context.Context, parent store.Record) error {
	children, err := w.children(ctx, parent.ID)
	if err != nil {
		return fmt.Errorf("move the records of %s: %w", parent.ID, err)
	}
	for _, child := range children {
		from := child.Area
		child.Area, child.Seq = parent.Area, w.next()
		child.Entered, child.Touched = child.Seq, nil
		w.put(child)
		w.moves = append(w.moves, move{store.Departure{Area: from, Record: child.ID, Seq: child.Seq}, child.Area})
		if err := w.moveChildren(ctx, child); err != nil {
			return err
		}
	}
	return nil
}

// children gives the records, of the store and of this work, that have their area from a record.
func (w *work) children(ctx context.Context, parent uuid.UUID) ([]store.Record, error) {
	stored, err := w.tx.Children(ctx, parent)
	if err != nil {
		return nil, err
	}
	for _, r := range stored {
		if _, known := w.stored[r.ID]; !known {
			w.stored[r.ID], w.records[r.ID] = &r, &r
		}
	}
	var out []store.Record
	for _, r := range w.records {
		if r != nil && r.Parent == parent {
			out = append(out, *r)
		}
	}
	slices.SortFunc(out, func(a, b store.Record) int { return slices.Compare(a.ID[:], b.ID[:]) })
	return out, nil
}
