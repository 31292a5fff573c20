package tables

import (
	"fmt"
	"slices"
	"strings"

	"satchel/syncproto"
)

// A column is what the cells of one column are read as.
type column struct {
	name  string
	field syncproto.Field
	// part is which of [positionParts] the column is, -1 if it is a whole field.
	part int
}

// isID reports whether the column holds the record's own id.
func (c column) isID() bool { return c.name == idColumn }

// columnsOf gives the columns that a file of a collection may have.
func columnsOf(c syncproto.Collection) []column {
	all := []column{{idColumn, syncproto.Field{Name: idColumn, Type: syncproto.UUID, Doc: "the record's own id"}, -1}}
	for _, f := range c.Fields {
		if f.Type != syncproto.Position {
			all = append(all, column{f.Name, f, -1})
			continue
		}
		for part, name := range positionParts(f) {
			all = append(all, column{name, f, part})
		}
	}
	return all
}

// derived reports whether a column is one that an exported file has although it follows from others:
// the area of what belongs to a household.
func derived(c syncproto.Collection, name string) bool {
	_, own := c.Field("area")
	return name == "area" && len(c.AreaVia) > 0 && !own
}

// readHeader says what each cell of a header stands for; a column that follows from others, and what
// is wrong, stands for nothing.
func readHeader(c syncproto.Collection, header []string) ([]*column, []Fault) {
	known := columnsOf(c)
	out, faults := make([]*column, len(header)), []Fault(nil)
	seen := map[string]bool{}
	for i, cell := range header {
		name := strings.ToLower(strings.TrimSpace(cell))
		at := slices.IndexFunc(known, func(k column) bool { return k.name == name })
		switch {
		case seen[name]:
			faults = append(faults, Fault{Row: 1, Column: name, Problem: "expected each column once"})
		case at >= 0:
			out[i] = &known[at]
		case !derived(c, name):
			faults = append(faults, Fault{Row: 1, Column: name, Problem: "expected one of the columns " + strings.Join(columnNames(known), ", ")})
		}
		seen[name] = true
	}
	for _, k := range known {
		if k.field.Required && !seen[k.name] && k.part < 1 {
			faults = append(faults, Fault{Row: 1, Column: k.name, Problem: fmt.Sprintf("expected this column: every record of %s needs it", c.Name)})
		}
	}
	return out, faults
}

func columnNames(columns []column) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = c.name
	}
	return out
}
