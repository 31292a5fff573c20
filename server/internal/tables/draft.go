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
	columns    []*column // as the cells of a row; nil where a cell stands for nothing
	lines      []line
	names      names
	ids        []uuid.UUID // as the lines
	edits      []engine.OfficeEdit
	faults     []Fault
}

func (d *draft) fault(row int, column, found, problem string) {
	d.faults = append(d.faults, Fault{Row: row, Column: column, Problem: problem, Found: found})
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
func (d *draft) cell(l line, name string) string {
	if i := d.under(name); i >= 0 {
		return l.cells[i]
	}
	return ""
}

// under says which cell of a line is under a column, -1 without such a column.
func (d *draft) under(name string) int {
	return slices.IndexFunc(d.columns, func(c *column) bool { return c != nil && c.name == name })
}

// giveIDs decides the id of every row and makes the rows known by their names, so that one may refer
// to another, wherever in the file that is.
func (d *draft) giveIDs(ctx context.Context, tx *store.Tx) error {
	for _, l := range d.lines {
		id, err := d.idOf(l)
		if err != nil {
			return err
		}
		d.ids = append(d.ids, id)
	}
	taken := map[uuid.UUID]store.Record{}
	if d.under(idColumn) >= 0 {
		var err error
		if taken, err = tx.Records(ctx, d.ids); err != nil {
			return err
		}
	}
	rowOf := map[uuid.UUID]int{}
	for i, l := range d.lines {
		if _, exists := taken[d.ids[i]]; exists {
			d.fault(l.row, idColumn, d.ids[i].String(), "expected an id that no record has or ever had")
			continue
		}
		d.announce(l, d.ids[i], rowOf)
		rowOf[d.ids[i]] = l.row
	}
	return nil
}

// idOf gives the id that a row brings along, or a new one.
func (d *draft) idOf(l line) (uuid.UUID, error) {
	text := d.cell(l, idColumn)
	if key(text) == "" {
		return uuid.NewV7()
	}
	id, err := syncproto.ParseID(key(text))
	if err != nil || id.Version() != 7 {
		d.fault(l.row, idColumn, text, "expected a UUID of version 7 in lower case, as an exported file has it, or nothing")
		return uuid.NewV7()
	}
	return id, nil
}

// announce makes a row known by its names. A code or number that has to be its own and is another's is
// a fault; so is a name that another has, without an id or code by which to tell the two apart.
func (d *draft) announce(l line, id uuid.UUID, rowOf map[uuid.UUID]int) {
	own, columns := d.names[d.collection.Name], namesOf(d.collection.Name)
	nameless := key(d.cell(l, columns[0])) == "" && key(d.cell(l, columns[1])) == ""
	for i, column := range columns {
		text := d.cell(l, column)
		same := own.holders(column, text)
		switch {
		case key(text) == "":
			continue
		case len(same) > 0 && i < 2:
			d.fault(l.row, column, text, "expected one that no other record has; "+holder(rowOf, same[0])+" has it")
			continue
		case len(same) > 0 && nameless:
			d.fault(l.row, column, text, fmt.Sprintf("expected the %s too: %s has this %s", columns[1], holder(rowOf, same[0]), column))
		}
		own.add(column, text, id)
	}
}

// holder says which record has what another wants.
func holder(rowOf map[uuid.UUID]int, id uuid.UUID) string {
	if row, here := rowOf[id]; here {
		return fmt.Sprintf("row %d", row)
	}
	return "a record that exists"
}

// read makes an edit of every row.
func (d *draft) read() {
	for i, l := range d.lines {
		fields := map[string]syncproto.Value{}
		places := map[string][]string{}
		for at, c := range d.columns {
			if c == nil || c.isID() {
				continue
			}
			if c.part >= 0 {
				if places[c.field.Name] == nil {
					places[c.field.Name] = make([]string, len(positionParts(c.field)))
				}
				places[c.field.Name][c.part] = key(l.cells[at])
				continue
			}
			d.readCell(l, c, l.cells[at], fields)
		}
		for name, parts := range places {
			d.readPlace(l, name, parts, fields)
		}
		d.edits = append(d.edits, engine.OfficeEdit{Collection: d.collection.Name, Record: d.ids[i], Fields: fields})
	}
}

// readCell reads a cell into its field; an empty one leaves the field as it is: unset.
func (d *draft) readCell(l line, c *column, text string, fields map[string]syncproto.Value) {
	value, err := d.names.value(c.field, text)
	switch {
	case err != nil && key(text) == "":
		d.fault(l.row, c.name, "", "expected something: every record of "+d.collection.Name+" needs it")
	case err != nil:
		d.fault(l.row, c.name, text, err.Error())
	case !value.IsNull():
		fields[c.field.Name] = value
	}
}

// readPlace reads the cells of a position into its field.
func (d *draft) readPlace(l line, name string, parts []string, fields map[string]syncproto.Value) {
	if !slices.ContainsFunc(parts, func(s string) bool { return s != "" }) {
		return
	}
	field, _ := d.collection.Field(name)
	value, err := place(parts)
	if err == nil {
		err = field.Check(value)
	}
	if err != nil {
		d.fault(l.row, positionParts(field)[0], parts[0], err.Error())
		return
	}
	fields[name] = value
}
