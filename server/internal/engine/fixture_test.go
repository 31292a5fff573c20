package engine_test

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/store"
	"satchel/server/internal/store/storetest"
	"satchel/syncproto"
)

// start is when every test begins.
var start = time.UnixMilli(1_700_000_000_000)

// An office is a server with an administrator, two municipalities and a clock that a test can set.
type office struct {
	t             *testing.T
	engine        *engine.Engine
	store         *store.Store
	now           time.Time
	admin         uuid.UUID
	country, a, b uuid.UUID
}

func newOffice(t *testing.T) *office {
	t.Helper()
	s := storetest.Open(t)
	var err error
	o := &office{t: t, store: s, now: start, country: newID(t), a: newID(t), b: newID(t), admin: newID(t)}
	if o.engine, err = engine.New(t.Context(), s, func() time.Time { return o.now }, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.engine.Close)
	o.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.AddUser(ctx, store.User{ID: o.admin, Login: "admin", Name: "Ana Admin", Role: "administrator", Active: true})
	})
	o.save(area(o.country, "Srbija", "country", uuid.Nil), area(o.a, "Kraljevo", "municipality", o.country), area(o.b, "Vranje", "municipality", o.country))
	return o
}

func newID(t *testing.T) uuid.UUID {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func text(s string) syncproto.Value {
	v, err := syncproto.ValueOf(s)
	if err != nil {
		panic(err) // a string can always be encoded
	}
	return v
}

func area(id uuid.UUID, name, level string, parent uuid.UUID) engine.OfficeEdit {
	fields := map[string]syncproto.Value{"name": text(name), "level": text(level)}
	if parent != uuid.Nil {
		fields["parent"] = text(parent.String())
	}
	return engine.OfficeEdit{Collection: "areas", Record: id, Fields: fields}
}

func (o *office) write(fn func(context.Context, *store.Tx) error) {
	o.t.Helper()
	if err := o.store.Write(o.t.Context(), func(tx *store.Tx) error { return fn(o.t.Context(), tx) }); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) save(edits ...engine.OfficeEdit) []store.Change {
	o.t.Helper()
	saved, err := o.engine.Save(o.t.Context(), o.admin, edits)
	if err != nil {
		o.t.Fatal(err)
	}
	return saved
}

func (o *office) conflicts() []engine.Conflict {
	o.t.Helper()
	list, err := o.engine.Conflicts(o.t.Context(), 0, 100)
	if err != nil {
		o.t.Fatal(err)
	}
	return list
}

func (o *office) held() []engine.HeldChange {
	o.t.Helper()
	list, err := o.engine.Held(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	return list
}

// A tablet is the least that a device has to be: a numbered history, an outbox, and the server's
// state as last pulled.
type tablet struct {
	o       *office
	id      uuid.UUID
	worker  uuid.UUID
	history []syncproto.Change
	tips    []syncproto.Tip // tips[n] is the tip at n
	known   int64
	epoch   string
	mark    string
	cursors map[uuid.UUID]int64
	records map[uuid.UUID]syncproto.Record
	page    int
}

// tablet enrols a device, and a worker of its own, for areas.
func (o *office) tablet(name string, areas ...uuid.UUID) *tablet {
	o.t.Helper()
	d := &tablet{
		o: o, id: newID(o.t), worker: newID(o.t), tips: make([]syncproto.Tip, 1),
		cursors: map[uuid.UUID]int64{}, records: map[uuid.UUID]syncproto.Record{},
	}
	o.write(func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(
			tx.AddUser(ctx, store.User{ID: d.worker, Login: name, Name: "Worker of " + name, Role: "worker", Active: true, Areas: areas}),
			tx.AddDevice(ctx, store.Device{ID: d.id, Name: name, Holder: d.worker, Areas: areas}),
		)
	})
	return d
}

// edit saves a change whose author looks at what the tablet shows, its own unsent changes among it.
func (d *tablet) edit(collection string, record uuid.UUID, fields map[string]syncproto.Value) syncproto.Change {
	return d.saveForm(d.change(collection, record, fields))[0]
}

// change makes a change that is not saved yet.
func (d *tablet) change(collection string, record uuid.UUID, fields map[string]syncproto.Value) syncproto.Change {
	c := syncproto.Change{
		Collection: collection, Record: record, Author: d.worker, Claimed: d.o.now.UnixMilli(),
		Fields: fields, Base: map[string][]syncproto.Version{},
	}
	for field := range fields {
		if known := d.looksAt(record, field); len(known) > 0 {
			c.Base[field] = known
		}
	}
	if fields[syncproto.FieldDeleted] == syncproto.True {
		c.Seen = map[string][]syncproto.Version{}
		for field := range d.records[record].Fields {
			c.Seen[field] = d.looksAt(record, field)
		}
	}
	return c
}

// looksAt gives what somebody who looks at the tablet sees of a field.
func (d *tablet) looksAt(record uuid.UUID, field string) []syncproto.Version {
	known := d.records[record].Fields[field].Known()
	for _, mine := range d.history[d.known:] {
		if _, ok := mine.Fields[field]; ok && mine.Record == record {
			known = []syncproto.Version{d.version(mine.N)}
		}
	}
	return known
}

// version names one of the tablet's changes.
func (d *tablet) version(n int64) syncproto.Version {
	return d.tips[n].Version(d.id)
}

// saveForm saves changes together.
func (d *tablet) saveForm(changes ...syncproto.Change) []syncproto.Change {
	d.o.t.Helper()
	form := int64(len(d.history)) + 1
	for i := range changes {
		changes[i].N, changes[i].Form = int64(len(d.history))+1, form
		hash := changes[i].Chain(d.tips[len(d.tips)-1].Hash)
		d.history = append(d.history, changes[i])
		d.tips = append(d.tips, syncproto.Tip{N: changes[i].N, Hash: hash})
	}
	return changes
}

func (d *tablet) request() syncproto.Request {
	return syncproto.Request{
		Protocol: syncproto.CurrentProtocol, Device: d.id, Epoch: d.epoch, Mark: d.mark, Known: d.tips[d.known],
		Clock: d.o.now.UnixMilli(), Cursors: d.cursors, Page: d.page, Changes: d.history[d.known:],
	}
}

// try is one exchange.
func (d *tablet) try() (syncproto.Reply, error) {
	reply, err := d.o.engine.Exchange(d.o.t.Context(), d.id, d.request())
	if err != nil {
		return reply, err
	}
	if reply.Epoch != d.epoch {
		d.records, d.epoch = map[uuid.UUID]syncproto.Record{}, reply.Epoch
	}
	d.known = reply.Tip.N
	d.mark, d.cursors = reply.Mark, reply.Cursors
	for _, left := range reply.Departures {
		if d.records[left.ID].Area == left.Area {
			delete(d.records, left.ID)
		}
	}
	for _, r := range reply.Records {
		if !r.Whole {
			fields := maps.Clone(d.records[r.ID].Fields)
			maps.Copy(fields, r.Fields)
			r.Fields, r.Whole = fields, true
		}
		d.records[r.ID] = r
	}
	return reply, nil
}

// sync exchanges until there is no more on either side, and checks the digests. It gives all receipts.
func (d *tablet) sync() []syncproto.Receipt {
	d.o.t.Helper()
	var receipts []syncproto.Receipt
	for {
		reply, err := d.try()
		if err != nil {
			d.o.t.Fatal(err)
		}
		receipts = append(receipts, reply.Receipts...)
		if !reply.More && int(d.known) == len(d.history) {
			d.checkDigests(reply)
			return receipts
		}
	}
}

func (d *tablet) checkDigests(reply syncproto.Reply) {
	d.o.t.Helper()
	sums := map[uuid.UUID]syncproto.Digest{}
	for _, r := range d.records {
		sums[r.Area] = sums[r.Area].Plus(r.Digest())
	}
	for _, area := range reply.Areas {
		if sums[area] != reply.Digests[area] {
			d.o.t.Errorf("area %s: the tablet's digest is not the server's", area)
		}
	}
}

// shows gives a field's text as the tablet shows it.
func (d *tablet) shows(record uuid.UUID, field string) string {
	return d.records[record].Fields[field].Value.Text()
}

// household registers one and gives its id.
func (d *tablet) household(area uuid.UUID, name string) uuid.UUID {
	id := newID(d.o.t)
	d.edit("households", id, map[string]syncproto.Value{
		"head_name": text(name), "status": text("idp"), "area": text(area.String()), "phone": text("060 111"), "address": text("Main 1"),
	})
	return id
}

// code gives the code of the problem that err is.
func code(err error) syncproto.Code {
	var p *syncproto.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}
