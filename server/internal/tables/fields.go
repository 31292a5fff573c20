package tables

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"satchel/server/internal/indicators"
	"satchel/syncproto"
)

// read reads the cells of every line.
func (d *draft) read() {
	for _, e := range d.entries {
		places := map[string][]string{}
		for at, c := range d.columns {
			switch {
			case c == nil || c.isID():
			case c.part < 0:
				d.readCell(e, c, e.cells[at])
			default:
				if places[c.field.Name] == nil {
					places[c.field.Name] = make([]string, len(positionParts(c.field)))
				}
				places[c.field.Name][c.part] = key(e.cells[at])
			}
		}
		for name, parts := range places {
			d.readPlace(e, name, parts)
		}
	}
}

// readCell reads a cell into its field.
func (d *draft) readCell(e *entry, c *column, text string) {
	if key(text) == "" {
		return
	}
	value, err := d.value(c, text)
	if err != nil {
		d.fault(e, c.name, text, err.Error())
		return
	}
	e.fields[c.field.Name] = value
}

// A said is what some cells of a column hold.
type said struct {
	column *column
	text   string
}

// longText is how many bytes a text has to have for its value to be held once for all cells: of shorter ones there may
// be so many that it would cost more.
const longText = 1000

// value gives what a cell holds as a value of its field.
func (d *draft) value(c *column, text string) (syncproto.Value, error) {
	if value, known := d.long[said{c, text}]; known {
		return value, nil
	}
	value, err := d.names.value(c.field, text)
	if err == nil {
		err = CheckMeaning(d.collection.Name, c.field.Name, value)
	}
	if err == nil && len(text) >= longText {
		d.long[said{c, text}] = value
	}
	return value, err
}

// readPlace reads the cells of a position into its field.
func (d *draft) readPlace(e *entry, name string, parts []string) {
	filled := make([]bool, len(parts))
	for i, text := range parts {
		filled[i] = text != ""
	}
	if !slices.Contains(filled, true) {
		return
	}
	field, _ := d.collection.Field(name)
	value, err := place(parts)
	if err == nil {
		err = field.Check(value)
	}
	if err != nil {
		d.fault(e, positionParts(field)[0], parts[0], err.Error())
		return
	}
	e.fields[name], e.parts = value, map[string][]bool{name: filled}
}

// CheckMeaning says what is wrong with a value that the type of its field allows, nil for nothing. What a room knows of the meaning of a
// field is checked here.
func CheckMeaning(collection, field string, value syncproto.Value) error {
	if collection != "indicators" || field != "definition" {
		return nil
	}
	if _, err := indicators.Parse(value); err != nil {
		return fmt.Errorf("expected what to count; %w", err)
	}
	return nil
}

// inFile gives the fields that the file has columns of, in the order of the collection.
func (d *draft) inFile() []syncproto.Field {
	return slices.DeleteFunc(slices.Clone(d.collection.Fields), func(f syncproto.Field) bool {
		return !slices.ContainsFunc(d.columns, func(c *column) bool { return c != nil && !c.isID() && c.field.Name == f.Name })
	})
}

// partsInFile says which parts of a position the file has columns of.
func (d *draft) partsInFile(f syncproto.Field) []bool {
	var out []bool
	for _, name := range positionParts(f) {
		out = append(out, d.under(name) >= 0)
	}
	return out
}

// counted gives a value in the form in which it counts: that of a record that was merged is the one as which it counts.
// Who was merged into whom counts as it is.
func (d *draft) counted(f syncproto.Field, v syncproto.Value, parts []bool) string {
	if root, merged := d.roots[v.ID()]; merged && f.Type == syncproto.Reference && f.Name != fieldMergedInto {
		return strconv.Quote(root.String())
	}
	return form(f, v, parts)
}

// form gives a value in the form in which values are compared: text without what a cell loses of it, and of a position the
// parts that count.
func form(f syncproto.Field, v syncproto.Value, parts []bool) string {
	switch {
	case v.IsNull():
		return ""
	case f.Type == syncproto.Text:
		return key(strings.ReplaceAll(v.Text(), "\r\n", "\n"))
	case f.Type == syncproto.Position:
		return placeForm(v, parts)
	}
	return string(v)
}

// placeForm gives the parts of a position that count, to a ten thousandth of a metre: spreadsheets keep no more digits.
func placeForm(v syncproto.Value, parts []bool) string {
	var at syncproto.Place
	if json.Unmarshal([]byte(v), &at) != nil {
		return string(v) // a newer program wrote something else
	}
	number := func(x float64) string { return strconv.FormatFloat(x, 'f', 9, 64) }
	var out []string
	for i, part := range []string{number(at.Lat), number(at.Lon), number(at.Accuracy), at.Source} {
		if i < len(parts) && parts[i] {
			out = append(out, part)
		}
	}
	return strings.Join(out, " ")
}
