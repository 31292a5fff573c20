package syncproto

import (
	"cmp"
	"fmt"

	"github.com/google/uuid"
)

// changeBlock is a block of changes of one collection, in order of n.
type changeBlock struct {
	Collection string      `json:"collection"`
	Rows       int         `json:"rows"`
	Devices    deviceTexts `json:"devices,omitempty"`
	N          column      `json:"n"`
	// After is n − form, for rows that are not the first of their form.
	After column `json:"after,omitempty"`
	// The times are those that were claimed.
	timeColumn
	Author column                `json:"author"`
	Record column                `json:"record"`
	Fields named[column]         `json:"fields,omitempty"`
	Base   named[versionsColumn] `json:"base,omitempty"`
	Seen   named[versionsColumn] `json:"seen,omitempty"`
}

// changeBlocks sorts a batch into blocks.
func changeBlocks(batch []Change) ([]changeBlock, error) {
	var out []changeBlock
	for _, group := range grouped(batch, func(c Change) string { return c.Collection }) {
		for _, rows := range cut(group, Change.weigh) {
			block, err := changeBlockOf(rows)
			if err != nil {
				return nil, err
			}
			out = append(out, block)
		}
	}
	return out, nil
}

// weigh gives roughly how many bytes the change adds to a block, and which columns.
func (c Change) weigh() (size int, names []string) {
	size = 100
	for name, v := range c.Fields {
		size += len(v) + 4
		names = append(names, name)
	}
	for _, versions := range []map[string][]Version{c.Base, c.Seen} {
		for name, list := range versions {
			size += 4 + 16*len(list)
			names = append(names, name)
		}
	}
	return size, names
}

func changeBlockOf(rows []Change) (changeBlock, error) {
	var n, after, author, record []Value
	var times []int64
	var records []uuid.UUID
	fields, base, seen := map[string][]Value{}, map[string][][]Version{}, map[string][][]Version{}
	for i, c := range rows {
		if err := cmp.Or(c.checkNumbers(), c.checkNames()); err != nil {
			return changeBlock{}, err
		}
		n = append(n, numberValue(c.N))
		after = append(after, "")
		if c.Form < c.N {
			after[i] = numberValue(c.N - c.Form)
		}
		times, records = append(times, c.Claimed), append(records, c.Record)
		author = append(author, idValue(c.Author))
		record = append(record, idValue(c.Record))
		for field, v := range c.Fields {
			put(fields, field, len(rows), i, orNull(v))
		}
		for field, versions := range c.Base {
			put(base, field, len(rows), i, versions)
		}
		for field, versions := range c.Seen {
			put(seen, field, len(rows), i, versions)
		}
	}
	columns, err := fieldColumns(fields)
	if err != nil {
		return changeBlock{}, err
	}
	var devices deviceList
	out := changeBlock{
		Collection: rows[0].Collection, Rows: len(rows),
		N: columnOf(n), After: columnOf(after), timeColumn: timesOf(times, records),
		Author: columnOf(author), Record: columnOf(record),
		Fields: columns, Base: devices.columns(base), Seen: devices.columns(seen),
	}
	out.Devices = devices.texts
	return out, devices.err
}

// checkNumbers says whether the numbers of the change are such as a device gives.
func (c Change) checkNumbers() error {
	if c.N < 1 || c.Form < 1 || c.Form > c.N {
		return fmt.Errorf("change %d of form %d: changes count from 1, and a form has the number of its first change", c.N, c.Form)
	}
	return nil
}

// checkNames says what is wrong with a name that the change holds.
func (c Change) checkNames() error {
	return cmp.Or(checkName(c.Collection), checkNames(c.Fields), checkNames(c.Base), checkNames(c.Seen))
}

// changes gives the rows of a block.
func (e *expander) changes(in *changeBlock) ([]Change, error) {
	if err := checkName(in.Collection); err != nil {
		return nil, err
	}
	b := e.block(in.Rows, in.Devices)
	n := b.numbers("n", in.N)
	after := read(b, "after", in.After, b.rows, asNumberOrNone)
	author, record := b.ids("author", in.Author), b.ids("record", in.Record)
	claimed := b.times(in.timeColumn, record)
	fields, base, seen := b.fields(in.Fields), b.versions(in.Base), b.versions(in.Seen)
	if b.err != nil {
		return nil, b.err
	}
	out := make([]Change, b.rows)
	for i := range out {
		out[i] = Change{
			N: n[i], Form: n[i] - after[i], Collection: in.Collection, Record: record[i], Author: author[i],
			Claimed: claimed[i], Fields: fields[i], Base: base[i], Seen: seen[i],
		}
		if err := out[i].checkNumbers(); err != nil {
			return nil, err
		}
	}
	return out, nil
}
