package tables

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A draft is a file on its way to records.
type draft struct {
	collection syncproto.Collection
	columns    []*column // as the cells of a line; nil where a cell stands for nothing
	top        int       // the row of the header
	how        Reading
	names      names
	entries    []*entry
	faults     []Fault
	// long has the values of long texts: a workbook may name one in every cell.
	long map[said]syncproto.Value
	// roots has the record as which one counts that was merged with others.
	roots map[uuid.UUID]uuid.UUID
	// about has the line that is about a record.
	about map[uuid.UUID]*entry
}

// An entry is a line on its way to a record.
type entry struct {
	line
	id uuid.UUID
	// given says that the line names its id, known that there is such a record, and keeps that this has the code or number
	// that the line gives already, as others may that were recorded without knowledge of it.
	given, known, keeps bool
	// loose says that nothing in the line is the record's alone, and alike who else has its name, if anybody has.
	loose bool
	alike string
	// wrong says that there is a fault in it, unclear that it is one in which record it is about.
	wrong, unclear bool
	// fields are what it says, without empty cells; parts say which parts of a position it fills.
	fields map[string]syncproto.Value
	parts  map[string][]bool
	// outcome is what becomes of it, and edit what makes it so.
	outcome Row
	edit    engine.OfficeEdit
}

func newDraft(c syncproto.Collection, columns []*column, s sheet, how Reading) *draft {
	d := &draft{collection: c, columns: columns, top: s.top, how: how, about: map[uuid.UUID]*entry{}, long: map[said]syncproto.Value{}}
	for _, l := range s.lines {
		d.entries = append(d.entries, &entry{line: l, fields: map[string]syncproto.Value{}})
	}
	return d
}

func (d *draft) fault(e *entry, column, found, problem string) {
	e.wrong = true
	d.faults = append(d.faults, Fault{Row: e.row, Column: column, Problem: problem, Found: found})
}

// unclear tells why it is not clear which record a line is about.
func (d *draft) unclear(e *entry, column, found, problem string) {
	e.unclear = true
	d.fault(e, column, found, problem)
}

// collections names those whose records the file may name: its own, and those it refers to.
func (d *draft) collections() []string {
	out := []string{d.collection.Name}
	for _, c := range d.columns {
		if c != nil && c.field.Type == syncproto.Reference {
			out = append(out, c.field.Refers)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// cell gives what a line holds under a column; "" without such a column.
func (d *draft) cell(e *entry, name string) string {
	if i := d.under(name); i >= 0 {
		return e.cells[i]
	}
	return ""
}

// under says which cell of a line is under a column, -1 without such a column.
func (d *draft) under(name string) int {
	return slices.IndexFunc(d.columns, func(c *column) bool { return c != nil && c.name == name })
}

// identify finds out which record each line is about, as far as it says so by an id or a number of its own, and makes
// the records of the file known by their names, so that one line may refer to another, wherever in the file that is.
func (d *draft) identify(ctx context.Context, tx *store.Tx) error {
	ids, err := d.readIDs()
	if err != nil {
		return err
	}
	taken, err := tx.Records(ctx, ids)
	if err != nil {
		return err
	}
	for _, e := range d.entries {
		if r, exists := taken[e.id]; exists {
			d.takeID(e, r)
		}
		d.takeNumber(e)
		if other, twice := d.about[e.id]; twice {
			d.unclear(e, "", "", fmt.Sprintf("expected one row for each record; row %d is about this one too", other.row))
			continue
		}
		d.announce(e)
		d.about[e.id] = e
	}
	return nil
}

// readIDs gives each line the id that it brings along, or a new one, and lists the former.
func (d *draft) readIDs() (given []uuid.UUID, err error) {
	for _, e := range d.entries {
		if e.id, err = uuid.NewV7(); err != nil {
			return nil, fmt.Errorf("make an id: %w", err)
		}
		text := d.cell(e, idColumn)
		if key(text) == "" {
			continue
		}
		e.given = true
		id, err := syncproto.ParseID(key(text))
		if err != nil || id.Version() != 7 {
			d.unclear(e, idColumn, text, "expected a UUID of version 7 in lower case, as an exported file has it, or nothing")
			continue
		}
		e.id = id
		given = append(given, id)
	}
	return given, nil
}

// takeID takes a line to be about the record that exists under its id.
func (d *draft) takeID(e *entry, r store.Record) {
	switch {
	case r.Collection != d.collection.Name:
		d.unclear(e, idColumn, e.id.String(), "expected the id of a record of "+d.collection.Name+"; this one is of "+r.Collection)
	case r.Deleted:
		d.unclear(e, idColumn, e.id.String(), "expected a record that is not deleted")
	default:
		number := numberOf(d.collection.Name)
		e.known, e.keeps = true, number != "" && key(r.Value(number).Text()) == key(d.cell(e, number))
	}
}

// takeNumber takes a line to be about the record that has its code or number, if it names no other one.
func (d *draft) takeNumber(e *entry) {
	column := numberOf(d.collection.Name)
	text := d.cell(e, column)
	if column == "" || key(text) == "" {
		e.loose = !e.given
		return
	}
	if e.keeps {
		return
	}
	others := slices.DeleteFunc(slices.Clone(d.names[d.collection.Name].holders(column, text)), func(id uuid.UUID) bool { return id == e.id })
	switch row, here := d.rowAmong(others); {
	case here:
		d.unclear(e, column, text, fmt.Sprintf("expected one that no other record has; row %d has it", row))
	case len(others) > 0 && e.given:
		d.unclear(e, column, text, "expected one that no other record has; a record that exists has it")
	case len(others) == 1 && !e.given:
		e.id, e.known = others[0], true
	case len(others) > 1 && !e.given:
		d.unclear(e, column, text, fmt.Sprintf("expected one record; %d that exist have this %s: name the one you mean by its id", len(others), column))
	}
}

// rowAmong gives the first row that is about one of some records.
func (d *draft) rowAmong(records []uuid.UUID) (row int, here bool) {
	for _, id := range records {
		if e, here := d.about[id]; here {
			return e.row, true
		}
	}
	return 0, false
}

// announce makes the record of a line known by its names. One that another record has is no name for a record that has
// neither an id nor a code by which to tell the two apart: that line has to be about one that exists.
func (d *draft) announce(e *entry) {
	own, number := d.names[d.collection.Name], numberOf(d.collection.Name)
	own.add(idColumn, e.id.String(), e.id)
	for _, column := range namesOf(d.collection.Name)[1:] {
		text := d.cell(e, column)
		if key(text) == "" {
			continue
		}
		others := own.holders(column, text)
		switch {
		case len(others) == 0 || column != number && !e.loose:
			own.add(column, text, e.id)
		case column != number:
			e.alike = "a record that exists"
			if row, here := d.rowAmong(others); here {
				e.alike = fmt.Sprintf("row %d", row)
			}
		}
	}
}
