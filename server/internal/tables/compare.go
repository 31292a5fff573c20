package tables

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// settledAtOnce is how many records are read at once to be compared with what lines say.
const settledAtOnce = 1000

// settle decides what becomes of each line, and makes the edit that makes it so.
func (d *draft) settle(ctx context.Context, tx *store.Tx) error {
	for entries := range slices.Chunk(d.entries, settledAtOnce) {
		var ids []uuid.UUID
		for _, e := range entries {
			if e.known {
				ids = append(ids, e.id)
			}
		}
		records, err := tx.Records(ctx, ids)
		if err != nil {
			return err
		}
		for _, e := range entries {
			d.settleLine(e, records[e.id])
		}
	}
	return nil
}

// settleLine decides what becomes of one line, which is about r if it is about a record that exists.
func (d *draft) settleLine(e *entry, r store.Record) {
	switch {
	case e.known:
		d.compare(e, r)
	case !e.unclear:
		d.checkWhole(e)
		e.outcome.Fate = New
		e.edit = engine.OfficeEdit{Collection: d.collection.Name, Record: e.id, Fields: e.fields, Base: map[string][]syncproto.Version{}}
	}
}

// compare finds the fields in which a record differs from what a line says. The base of the edit that changes them are
// the versions that are shown now: whoever changes one of these fields before it is saved is not overwritten, but in
// conflict with it.
func (d *draft) compare(e *entry, r store.Record) {
	e.outcome.Fate, e.outcome.Record = Unchanged, e.id
	edit := engine.OfficeEdit{
		Collection: d.collection.Name, Record: e.id,
		Fields: map[string]syncproto.Value{}, Base: map[string][]syncproto.Version{},
	}
	for _, f := range d.inFile() {
		to, parts := e.fields[f.Name], e.parts[f.Name]
		if d.how.ClearEmpty {
			parts = d.partsInFile(f)
		} else if to.IsNull() {
			continue
		}
		from := r.Value(f.Name)
		if d.counted(f, from, parts) == d.counted(f, to, parts) {
			continue
		}
		if to.IsNull() {
			to = syncproto.Null
		}
		d.checkEdit(e, f, to)
		e.outcome.Fate, e.edit = Updates, edit
		e.outcome.Edits = append(e.outcome.Edits, FieldEdit{f.Name, from, to})
		edit.Fields[f.Name] = to
		if known := r.State[f.Name].Known(); len(known) > 0 {
			edit.Base[f.Name] = known
		}
	}
}

// checkEdit says what a line may not change of a record.
func (d *draft) checkEdit(e *entry, f syncproto.Field, to syncproto.Value) {
	switch {
	case f.Name == fieldMergedInto:
		d.fault(e, f.Name, "", "expected what the record says already: mergers of records that exist are made and undone by themselves, with their people")
	case f.Required && to.IsNull():
		d.fault(e, f.Name, "", "expected something: every record of "+d.collection.Name+" needs it")
	}
}

const fieldMergedInto = "merged_into"

// checkWhole says what a line lacks to make a record.
func (d *draft) checkWhole(e *entry) {
	for _, f := range d.collection.Fields {
		_, said := e.fields[f.Name]
		switch column := d.under(f.Name); {
		case !f.Required || said:
		case column < 0:
			d.lack(e, f.Name)
		case key(e.cells[column]) == "":
			d.fault(e, f.Name, "", "expected something: every record of "+d.collection.Name+" needs it")
		}
	}
	via := d.collection.AreaVia
	placed := slices.ContainsFunc(via, func(name string) bool { return !e.fields[name].IsNull() })
	if len(via) > 1 && !placed && !e.wrong {
		d.fault(e, "", "", "expected a "+strings.Join(via, " or a "))
	}
}

// lack tells once that the file has not a column that new records need.
func (d *draft) lack(e *entry, column string) {
	e.wrong = true
	told := slices.ContainsFunc(d.faults, func(f Fault) bool { return f.Row == d.top && f.Column == column })
	if !told {
		d.faults = append(d.faults, Fault{Row: d.top, Column: column, Problem: fmt.Sprintf("expected this column: every record of %s needs it, and that of row %d is new", d.collection.Name, e.row)})
	}
}
