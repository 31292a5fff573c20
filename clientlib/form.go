package clientlib

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// ErrInvalid means that a value does not fit its field, or that a required one is missing. Nothing of
// the form is saved.
var ErrInvalid = errors.New("the form was not saved")

// The most that one form may come to: it travels and is applied as a whole.
const (
	// MaxFormChanges is the most records that a form may create, edit and delete.
	MaxFormChanges = 500
	// MaxFormBytes is the most that its values may come to, in bytes of JSON.
	MaxFormBytes = 1 << 20
)

// A Form collects what a worker does on one screen, to be saved together with [Store.Save]. The zero
// Form is ready for use. An edit names what its author was looking at: the record as it was read, not
// as it may have come to be since. A form edits each record in one way: it does not edit a record that
// it deletes.
type Form struct {
	// Author is the worker who is logged in; [uuid.Nil] is the one to whom the device was handed out.
	Author uuid.UUID

	edits []*edit
	err   error
}

// An edit is what a form does to one record.
type edit struct {
	// record is what the author was looking at; it is brought up to date once the form is saved.
	record *Record
	values map[string]syncproto.Value
	// creates is set if the form makes the record; now, if what counts is the record as it is when
	// the form is saved.
	creates, now bool
	// typed are the structs that stand for the record.
	typed []Typed
}

// Create makes a record. It is empty until the form is saved, but its id can be referred to.
func (f *Form) Create(collection string, fields map[string]any) *Record {
	r := &Record{Collection: collection, ID: f.newID()}
	f.add(edit{record: r, creates: true}, fields)
	return r
}

// Edit sets fields of a record that was read before, and is brought up to date once the form is saved.
// A nil clears a field, and so does an empty text. What equals the record is not written.
func (f *Form) Edit(r *Record, fields map[string]any) {
	f.add(edit{record: r}, fields)
}

// Set sets fields of a record whatever it looks like when the form is saved: for programs, which look
// at nothing.
func (f *Form) Set(id uuid.UUID, fields map[string]any) {
	f.add(edit{record: &Record{ID: id}, now: true}, fields)
}

// Delete deletes a record that was read before.
func (f *Form) Delete(r *Record) {
	f.add(edit{record: r}, map[string]any{syncproto.FieldDeleted: true})
}

// Put makes the record that x stands for or, if x was read or saved before, writes those of its fields
// that were set to something else since. x is brought up to date once the form is saved.
func (f *Form) Put(x Typed) {
	values, err := edits(x)
	if err != nil {
		f.fail(err)
	}
	meta := x.meta()
	e := edit{record: meta.loaded, values: values, typed: []Typed{x}}
	if meta.loaded == nil {
		if meta.ID == uuid.Nil {
			meta.ID = f.newID()
		}
		e.creates, e.record = true, &Record{Collection: collectionOf(x), ID: meta.ID}
	}
	f.add(e, nil)
}

func (f *Form) newID() uuid.UUID {
	id, err := uuid.NewV7()
	f.fail(err)
	return id
}

// fail keeps the first thing that was wrong, for Save to tell.
func (f *Form) fail(err error) {
	if f.err == nil && err != nil {
		f.err = fmt.Errorf("%w: %w", ErrInvalid, err)
	}
}

// add takes an edit in, into an earlier one of the same record if there is one.
func (f *Form) add(e edit, fields map[string]any) {
	if e.values == nil {
		e.values = map[string]syncproto.Value{}
	}
	for name, content := range fields {
		value, err := valueOf(content)
		if err != nil {
			f.fail(fmt.Errorf("field %q: %w", name, err))
		}
		e.values[name] = value
	}
	at := slices.IndexFunc(f.edits, func(other *edit) bool { return other.record.ID == e.record.ID })
	if at < 0 {
		f.edits = append(f.edits, &e)
		return
	}
	other := f.edits[at]
	if other.deletes() != e.deletes() {
		f.fail(errors.New("a form does not edit a record that it deletes"))
	}
	for name, value := range e.values {
		other.values[name] = value
	}
	other.typed = append(other.typed, e.typed...)
}

func (e *edit) deletes() bool { return e.values[syncproto.FieldDeleted] == syncproto.True }

// Save writes the form into the outbox. When it returns nil, the form is on disk, and its records and
// structs are brought up to date. It fails with [ErrInvalid] or [ErrNotEnrolled], and then nothing of
// the form is saved. Only what differs from what the author was looking at is written; a form in which
// nothing differs saves nothing.
func (s *Store) Save(ctx context.Context, f *Form) error {
	if f.err != nil {
		return f.err
	}
	var saved touched
	err := s.write(ctx, func(t *tx) error {
		saved = t.touched
		return s.saveForm(ctx, t, f)
	})
	if err != nil {
		return err
	}
	for _, e := range f.edits {
		if shown := saved[e.record.ID]; shown != nil {
			e.update(shown)
		}
	}
	return nil
}

// update brings what the app holds of a record up to date.
func (e *edit) update(shown *Record) {
	*e.record = *shown.clone()
	for _, x := range e.typed {
		fill(x, e.record)
	}
}

// saveForm numbers the changes of a form behind the device's last one, and writes them.
func (s *Store) saveForm(ctx context.Context, t *tx, f *Form) error {
	me, err := t.identity(ctx)
	if err != nil {
		return err
	}
	x, _, err := property[exchange](ctx, t)
	if err != nil {
		return err
	}
	last, err := t.last(ctx, me, x)
	if err != nil {
		return err
	}
	form := last.N + 1
	for _, e := range f.edits {
		c, err := t.changeOf(ctx, e, s.now(x))
		if err != nil {
			return err
		}
		if len(c.Fields) == 0 {
			continue
		}
		c.device, c.N, c.Form, c.Author = me.Device, last.N+1, form, f.Author
		if f.Author == uuid.Nil {
			c.Author = me.Holder
		}
		c.follow(last.Hash)
		last = syncproto.Tip{N: c.N, Hash: c.hash}
		if err := errors.Join(t.addChange(ctx, c), t.nameBlobs(ctx, c.Collection, c.Record, c.Fields)); err != nil {
			return err
		}
		if err := t.refresh(ctx, c.Collection, c.Record); err != nil {
			return err
		}
	}
	return t.checkForm(ctx, me.Device, form)
}

// now gives the device's clock in ms, corrected to the server's.
func (s *Store) now(x exchange) int64 { return s.options.Clock().UnixMilli() + x.Offset }

// changeOf gives the change that an edit comes to, with everything but its name and author. It has no
// fields if nothing differs from what the author was looking at.
func (t *tx) changeOf(ctx context.Context, e *edit, now int64) (c change, err error) {
	current, err := t.record(ctx, e.record.ID)
	switch {
	case e.creates && err == nil:
		return c, fmt.Errorf("%w: there is a record of %s with that id already; read it before editing it", ErrInvalid, current.Collection)
	case e.creates && errors.Is(err, ErrNotFound):
		err = nil
	case e.now && err == nil:
		e.record = current
	}
	if err != nil {
		return c, err
	}
	c.Collection, c.Record = e.record.Collection, e.record.ID
	c.Fields = e.differing()
	if len(c.Fields) == 0 {
		return c, nil
	}
	if err := checkEdit(c, e.creates); err != nil {
		return c, fmt.Errorf("%w: %s: %w", ErrInvalid, c.Collection, err)
	}
	c.Base = e.base(c.Fields)
	if e.deletes() {
		c.Seen = e.record.seen()
	}
	c.Claimed = now
	for _, looked := range []map[string][]syncproto.Version{c.Base, c.Seen} {
		for name := range looked {
			c.Claimed = max(c.Claimed, e.record.Fields[name].Time+1)
			if looked[name], err = t.calledNow(ctx, e.record, name, current); err != nil {
				return c, err
			}
		}
	}
	return c, nil
}

// calledNow gives the versions of a field that an author was looking at the names that they have by now: a sync
// that found out, while the form was open, that another tablet goes by the same name has given own changes others.
func (t *tx) calledNow(ctx context.Context, looked *Record, name string, current *Record) ([]syncproto.Version, error) {
	shown := looked.Fields[name]
	if slices.Equal(shown.known, current.Fields[name].known) {
		return shown.known, nil
	}
	own, err := t.changes(ctx, selectChanges+"WHERE record = ? AND ? IN (claimed, time)", looked.ID, shown.Time)
	at := slices.IndexFunc(own, func(c change) bool { return c.Fields[name] == shown.Value })
	if err != nil || at < 0 {
		return shown.known, err
	}
	return []syncproto.Version{own[at].version()}, nil
}

// differing gives the values that are not those that the author was looking at. Who deletes a record
// that shows in spite of an earlier deletion, because of an edit that contests it, writes a deletion.
func (e *edit) differing() map[string]syncproto.Value {
	out := map[string]syncproto.Value{}
	for name, value := range e.values {
		was := e.record.Value(name)
		again := name == syncproto.FieldDeleted && value == syncproto.True && !e.record.Deleted
		same := value == was || value.IsNull() && was.IsNull()
		if again || !same {
			out[name] = value
		}
	}
	return out
}

// checkEdit says what is wrong with what a form writes, also with names that nobody knows: what this
// program writes, it has to know.
func checkEdit(c change, creates bool) error {
	collection, ok := syncproto.CollectionOf(c.Collection)
	if !ok {
		return fmt.Errorf("there is no collection %q", c.Collection)
	}
	for name := range c.Fields {
		if _, ok := collection.Field(name); !ok {
			return fmt.Errorf("there is no field %q", name)
		}
	}
	if creates {
		if err := collection.CheckWhole(func(field string) syncproto.Value { return c.Fields[field] }); err != nil {
			return err
		}
	}
	return c.Check()
}

// base gives what the author of an edit was looking at: of the fields that it writes; of the record's
// deletion, if it shows as deleted; and of one more where all of these were empty, so that nobody takes the
// edit for one that makes the record. That is the deletion only if there is nothing else: the change that
// made the record was turned down, and an own later one still waits for it.
func (e *edit) base(writes map[string]syncproto.Value) map[string][]syncproto.Version {
	seen, out := e.record.seen(), map[string][]syncproto.Version{}
	for name, versions := range seen {
		if _, ok := writes[name]; ok || name == syncproto.FieldDeleted && e.record.Deleted {
			out[name] = versions
		}
	}
	if len(seen) > 1 {
		delete(seen, syncproto.FieldDeleted)
	}
	if len(out) == 0 && len(seen) > 0 {
		witness := slices.Sorted(maps.Keys(seen))[0]
		out[witness] = seen[witness]
	}
	return out
}

// checkForm refuses a form that is too large to travel as a whole.
func (t *tx) checkForm(ctx context.Context, device uuid.UUID, form int64) error {
	changes, err := t.count(ctx, "SELECT count(*) FROM changes WHERE device = ? AND n >= ?", device, form)
	if err != nil {
		return err
	}
	bytes, err := t.count(ctx, "SELECT coalesce(sum(length(sealed)), 0) FROM changes WHERE device = ? AND n >= ?", device, form)
	if err == nil && (changes > MaxFormChanges || bytes > MaxFormBytes) {
		return fmt.Errorf("%w: it has %d changes of %d bytes; %d changes of %d bytes is the most, so save it in parts",
			ErrInvalid, changes, bytes, MaxFormChanges, MaxFormBytes)
	}
	return err
}
