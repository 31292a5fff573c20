package tables

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hbollon/go-edlib"

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

// header is what the columns of a file stand for.
type header struct {
	columns []*column // as the cells of a row; nil where a cell stands for nothing
	row     int
	faults  []Fault
	told    bool // which columns there are
}

// readHeader says what each cell of a header stands for. A column that is to be left out, that follows from others or
// that is empty stands for nothing, and so does one with which something is wrong.
func readHeader(c syncproto.Collection, s sheet, called map[string]string) (header, error) {
	known, out := columnsOf(c), header{columns: make([]*column, len(s.header)), row: s.top}
	if err := checkCalled(known, s.header, called); err != nil {
		return out, err
	}
	seen := map[string]bool{}
	for i, cell := range s.header {
		name, mapped := called[ColumnKey(cell)]
		if !mapped {
			name = ColumnKey(cell)
		}
		at := slices.IndexFunc(known, func(k column) bool { return k.name == name })
		switch {
		case mapped && name == "", !mapped && derived(c, name):
		case name == "":
			if s.holds(i) {
				out.fault(fmt.Sprintf("column %d", i+1), "expected a name above what is in this column")
			}
		case seen[name]:
			out.fault(name, "expected each column once")
		case at < 0:
			out.unknown(cell, known, perhaps(known, name))
		default:
			out.columns[i] = &known[at]
		}
		seen[name] = true
	}
	return out, nil
}

func (h *header) fault(column, problem string) {
	h.faults = append(h.faults, Fault{Row: h.row, Column: strings.TrimSpace(column), Problem: problem})
}

// unknown tells that there is no such column; which there are is told once.
func (h *header) unknown(cell string, known []column, perhaps string) {
	expected := "expected one of the columns " + strings.Join(columnNames(known), ", ")
	if h.told {
		expected = "expected one of these columns too"
	}
	h.told = true
	h.fault(cell, expected+"; say which it is"+perhaps+", or leave it out")
}

var gaps = regexp.MustCompile(`[\pZ\s_]+`)

// ColumnKey gives the form in which the names of columns are compared: in lower case, with one underscore for all that
// lies between two words.
func ColumnKey(name string) string { return gaps.ReplaceAllString(strings.ToLower(key(name)), "_") }

// checkCalled fails if something is said of a column that the file has not, or a column is said to be one that the
// collection has not.
func checkCalled(known []column, header []string, called map[string]string) error {
	for _, said := range slices.Sorted(maps.Keys(called)) {
		to := called[said]
		if to != "" && !slices.Contains(columnNames(known), to) {
			return fmt.Errorf("the column %q cannot be %q; expected one of %s", said, to, strings.Join(columnNames(known), ", "))
		}
	}
	missing := maps.Clone(called)
	for _, cell := range header {
		delete(missing, ColumnKey(cell))
	}
	if len(missing) > 0 {
		return fmt.Errorf("the file has no column %s", quoted(slices.Sorted(maps.Keys(missing))))
	}
	return nil
}

// quoted lists texts in quotes.
func quoted(list []string) string {
	out := make([]string, len(list))
	for i, text := range list {
		out[i] = strconv.Quote(text)
	}
	return strings.Join(out, ", ")
}

// alikeEnough is the similarity, by Jaro and Winkler, from which on one name may be meant by another.
const alikeEnough = 0.8

// perhaps names the column that is most like a name, if one is like it.
func perhaps(known []column, name string) string {
	best, most := "", float32(alikeEnough)
	for _, k := range known {
		if likeness := edlib.JaroWinklerSimilarity(syncproto.Fold(name), syncproto.Fold(k.name)); likeness >= most {
			best, most = " (perhaps "+k.name+")", likeness
		}
	}
	return best
}

// holds reports whether any row has something in a column.
func (s sheet) holds(column int) bool {
	return slices.ContainsFunc(s.lines, func(l line) bool { return key(l.cells[column]) != "" })
}

func columnNames(columns []column) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = c.name
	}
	return out
}
