package clientlib

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// A row is a record as the store keeps it: what was last pulled, and what finds it.
type row struct {
	id         uuid.UUID
	collection string
	area       string
	generation int64
	// state is nil if the record was never pulled.
	state *pulled
}

// pulled is the server's state of a record.
type pulled struct {
	digest  syncproto.Digest
	Deleted bool            `json:"deleted,omitempty"`
	Fields  map[string]cell `json:"fields"`
}

// cell is a [syncproto.Cell] with short names, for the store's file.
type cell struct {
	Value   syncproto.Value     `json:"v"`
	Version syncproto.Version   `json:"by"`
	Time    int64               `json:"t"`
	Same    []syncproto.Version `json:"same,omitempty"`
	Open    []syncproto.Version `json:"open,omitempty"`
}

const rowColumns = "id, collection, area, generation, sealed"

// scanRow reads the columns of rowColumns.
func (t *tx) scanRow(scan func(...any) error) (r row, err error) {
	var sealed []byte
	if err := scan(&r.id, &r.collection, &r.area, &r.generation, &sealed); err != nil {
		return r, fmt.Errorf("read a record: %w", err)
	}
	if len(sealed) == 0 {
		return r, nil
	}
	text, err := t.openRow(r.collection, r.id.String(), sealed)
	if err != nil {
		return r, err
	}
	r.state = &pulled{digest: syncproto.Digest(text)}
	return r, decode(text[len(r.state.digest):], r.state)
}

// openRow gives the sealed part of a row: its digest, and JSON behind it.
func (t *tx) openRow(collection, id string, sealed []byte) ([]byte, error) {
	text, err := t.box.open(collection, id, sealed)
	if err == nil && len(text) < len(syncproto.Digest{}) {
		return nil, ErrDamaged
	}
	return text, err
}

// row reads one row; ok is false if there is none.
func (t *tx) row(ctx context.Context, id uuid.UUID) (r row, ok bool, err error) {
	r.id = id
	err = t.each(ctx, "SELECT "+rowColumns+" FROM records WHERE id = ?", []any{id}, func(scan func(...any) error) (err error) {
		r, err = t.scanRow(scan)
		ok = true
		return err
	})
	return r, ok && err == nil, err
}

// shown gives the record with the device's own changes laid over it.
func (r row) shown(laid []change) *Record {
	out := &Record{Collection: r.collection, ID: r.id, Fields: map[string]Field{}}
	if r.state != nil {
		out.Area = uuid.MustParse(r.area)
		out.Deleted = r.state.Deleted
		for name, c := range r.state.Fields {
			out.Fields[name] = Field{Value: c.Value, Time: c.Time, Conflict: len(c.Open) > 0, known: syncproto.Cell(c).Known()}
		}
	}
	for _, c := range laid {
		out.layOver(c)
	}
	return out
}

// setRow writes a row, finds it a place in the tree as it is shown, and drops it if there is nothing
// to show.
func (t *tx) setRow(ctx context.Context, r row, laid []change) error {
	shown := r.shown(laid)
	t.touched[r.id] = shown
	if len(shown.Fields) == 0 {
		t.touched[r.id] = nil
		return t.exec(ctx, "DELETE FROM records WHERE id = ?", r.id)
	}
	sealed, err := t.sealRow(r)
	if err != nil {
		return err
	}
	overtaken, err := t.overtakenFields(ctx, r)
	if err != nil {
		return err
	}
	return t.exec(ctx, `INSERT INTO records (id, collection, area, parent, kept, generation, overtaken, sealed)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET collection = excluded.collection, area = excluded.area, parent = excluded.parent,
    kept = excluded.kept, generation = excluded.generation, overtaken = excluded.overtaken, sealed = excluded.sealed`,
		r.id, r.collection, r.area, orBlank(shown.parent()), orBlank(shown.Reference("merged_into")), r.generation, len(overtaken) > 0, sealed)
}

func (t *tx) sealRow(r row) ([]byte, error) {
	if r.state == nil {
		return []byte{}, nil
	}
	text, err := encode(r.state)
	if err != nil {
		return nil, err
	}
	return t.box.seal(r.collection, r.id.String(), append(r.state.digest[:], text...)), nil
}

// refresh has a record shown with the changes that are laid over it now.
func (t *tx) refresh(ctx context.Context, collection string, id uuid.UUID) error {
	r, ok, err := t.row(ctx, id)
	if err != nil {
		return err
	}
	if !ok {
		r.collection = collection
	}
	laid, err := t.laidOver(ctx, r.collection, id)
	if err != nil {
		return err
	}
	return t.setRow(ctx, r, laid)
}

// forget drops what was pulled of a record. What the device itself has to say of it stays.
func (t *tx) forget(ctx context.Context, collection string, id uuid.UUID) error {
	laid, err := t.laidOver(ctx, collection, id)
	if err != nil {
		return err
	}
	return t.setRow(ctx, row{id: id, collection: collection}, laid)
}

// forgetWhere drops what was pulled of the records that a query, of id and collection, finds.
func (t *tx) forgetWhere(ctx context.Context, query string, args ...any) error {
	return t.forEach(ctx, t.forget, query, args...)
}

// refreshWhere does with them what [tx.refresh] does.
func (t *tx) refreshWhere(ctx context.Context, query string, args ...any) error {
	return t.forEach(ctx, t.refresh, query, args...)
}

// forEach calls do for each record that a query, of id and collection, finds.
func (t *tx) forEach(ctx context.Context, do func(context.Context, string, uuid.UUID) error, query string, args ...any) error {
	var found []row
	err := t.each(ctx, query, args, func(scan func(...any) error) error {
		var r row
		err := scan(&r.id, &r.collection)
		found = append(found, r)
		return err
	})
	if err != nil {
		return err
	}
	for _, r := range found {
		if err := do(ctx, r.collection, r.id); err != nil {
			return err
		}
	}
	return nil
}

// own gives the identities that this device has and had.
func (t *tx) own(ctx context.Context) ([]uuid.UUID, error) {
	if t.mine != nil {
		return t.mine, nil
	}
	all, _, err := property[formers](ctx, t)
	if err != nil {
		return nil, err
	}
	me, _, err := property[identity](ctx, t)
	t.mine = append(t.mine, me.Device)
	for _, f := range all {
		t.mine = append(t.mine, f.Device)
	}
	return t.mine, err
}

// overtakenFields names the fields of a record that were written here and do not show, because of
// what somebody else wrote: [syncproto.FieldDeleted] if that was a deletion, or an edit of a record
// that was deleted here.
func (t *tx) overtakenFields(ctx context.Context, r row) ([]string, error) {
	if r.state == nil {
		return nil, nil
	}
	own, err := t.own(ctx)
	if err != nil {
		return nil, err
	}
	mine := func(v syncproto.Version) bool { return slices.Contains(own, v.Device) }
	var out []string
	for name, c := range r.state.Fields {
		if !mine(c.Version) && slices.ContainsFunc(c.Open, mine) {
			out = append(out, name)
		}
	}
	deletion := r.state.Fields[syncproto.FieldDeleted]
	if deletion.Value == syncproto.True && !slices.Contains(out, syncproto.FieldDeleted) {
		lost := mine(deletion.Version) && !r.state.Deleted
		if !mine(deletion.Version) && r.state.Deleted {
			lost, err = t.contested(ctx, r.id)
		}
		if lost {
			out = append(out, syncproto.FieldDeleted)
		}
	}
	slices.Sort(out)
	return out, err
}

// orBlank gives the text of an id, "" for none.
func orBlank(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}
