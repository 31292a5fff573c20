package syncproto

import (
	"cmp"
	"errors"

	"github.com/google/uuid"
)

// recordBlock is a block of records of one collection.
type recordBlock struct {
	Collection string        `json:"collection"`
	Rows       int           `json:"rows"`
	Devices    deviceTexts   `json:"devices,omitempty"`
	Area       column        `json:"area"`
	Whole      column        `json:"whole,omitempty"`
	Deleted    column        `json:"deleted,omitempty"`
	ID         column        `json:"id"`
	Fields     named[column] `json:"fields,omitempty"`
	// Main is, for each row that has fields, the stamp of most of its cells; Over has those of the
	// other cells.
	Main versionsColumn        `json:"main"`
	Over named[versionsColumn] `json:"over,omitempty"`
	Same named[versionsColumn] `json:"same,omitempty"`
	Open named[versionsColumn] `json:"open,omitempty"`
}

// recordBlocks sorts a page into blocks.
func recordBlocks(page []Record) ([]recordBlock, error) {
	var out []recordBlock
	for _, group := range grouped(page, func(r Record) string { return r.Collection }) {
		for _, rows := range cut(group, Record.weigh) {
			block, err := recordBlockOf(rows)
			if err != nil {
				return nil, err
			}
			out = append(out, block)
		}
	}
	return out, nil
}

func (c Cell) weight() int { return 20 + len(c.Value) + 16*(len(c.Same)+len(c.Open)) }

// weigh gives roughly how many bytes the record adds to a block, and which columns.
func (r Record) weigh() (size int, names []string) {
	size = 100
	for name, c := range r.Fields {
		size += c.weight()
		names = append(names, name)
	}
	return size, names
}

func recordBlockOf(rows []Record) (recordBlock, error) {
	var area, whole, deleted, id []Value
	var records []uuid.UUID
	values := map[string][]Value{}
	main, over := make([]*stamp, len(rows)), map[string][]*stamp{}
	same, open := map[string][][]Version{}, map[string][][]Version{}
	for i, r := range rows {
		if err := cmp.Or(checkName(r.Collection), checkNames(r.Fields)); err != nil {
			return recordBlock{}, err
		}
		area = append(area, idValue(r.Area))
		whole = append(whole, trueOrNone(r.Whole))
		deleted = append(deleted, trueOrNone(r.Deleted))
		id = append(id, idValue(r.ID))
		records = append(records, r.ID)
		main[i] = r.mainStamp()
		for field, c := range r.Fields {
			put(values, field, len(rows), i, orNull(c.Value))
			put(same, field, len(rows), i, c.Same)
			put(open, field, len(rows), i, c.Open)
			if s := c.stamp(); s != *main[i] {
				put(over, field, len(rows), i, &s)
			}
		}
	}
	columns, err := fieldColumns(values)
	if err != nil {
		return recordBlock{}, err
	}
	var devices deviceList
	out := recordBlock{
		Collection: rows[0].Collection, Rows: len(rows),
		Area: columnOf(area), Whole: columnOf(whole), Deleted: columnOf(deleted), ID: columnOf(id),
		Main: devices.stamps(main, records), Over: named[versionsColumn]{}, Fields: columns,
		Same: devices.columns(same), Open: devices.columns(open),
	}
	for field, stamps := range over {
		out.Over[field] = devices.stamps(stamps, records)
	}
	out.Devices = devices.texts
	return out, devices.err
}

func (c Cell) stamp() stamp { return stamp{c.Version, c.Time} }

// mainStamp gives the stamp that most cells of the record have, or nil if it has no cell.
func (r Record) mainStamp() *stamp {
	var main *stamp
	counts := map[stamp]int{}
	for _, name := range sortedKeys(r.Fields) {
		s := r.Fields[name].stamp()
		counts[s]++
		if main == nil || counts[s] > counts[*main] {
			main = &s
		}
	}
	return main
}

// records gives the rows of a block.
func (e *expander) records(in *recordBlock) ([]Record, error) {
	if err := checkName(in.Collection); err != nil {
		return nil, err
	}
	b := e.block(in.Rows, in.Devices)
	area, id := b.ids("area", in.Area), b.ids("id", in.ID)
	whole, deleted := read(b, "whole", in.Whole, b.rows, asFlag), read(b, "deleted", in.Deleted, b.rows, asFlag)
	cells := b.cells(in, id)
	if b.err != nil {
		return nil, b.err
	}
	out := make([]Record, b.rows)
	for i := range out {
		out[i] = Record{
			Collection: in.Collection, ID: id[i], Area: area[i], Deleted: deleted[i], Whole: whole[i], Fields: cells[i],
		}
	}
	return out, nil
}

// cells gives the fields of each row.
func (b *blockReader) cells(in *recordBlock, records []uuid.UUID) []map[string]Cell {
	fields, same, open := b.fields(in.Fields), b.versions(in.Same), b.versions(in.Open)
	main, over := b.stamps(in.Main, records), map[string][]*stamp{}
	for _, field := range sortedKeys(in.Over) {
		over[field] = b.stamps(in.Over[field], records)
	}
	out := make([]map[string]Cell, b.rows)
	for i := range out {
		out[i] = map[string]Cell{}
		for field, v := range fields[i] {
			s := main[i]
			if own := over[field]; own != nil && own[i] != nil {
				s = own[i]
			}
			if s == nil {
				b.fail(field, errors.New("a value has no version"))
				return nil
			}
			out[i][field] = Cell{Value: v, Version: s.Version, Time: s.Time, Same: same[i][field], Open: open[i][field]}
		}
	}
	return out
}
