// Package reports lays figures out as tables, and writes them: for a terminal, as CSV, JSON, and as a workbook that can be
// sent to a donor.
//
// It promises that a table says of which period and of whose knowledge its figures are, that a figure which could not be
// counted says so in its place, and that with suppression no cell of it shows a small number, nor lets one be worked out
// from the rest of its row. It never counts anything itself.
package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"satchel/server/internal/indicators"
	"satchel/syncproto"
)

// A Table is a table ready to be written.
type Table struct {
	// Name is that of the sheet in a workbook.
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
	// Rows have a value for each column: nil, a string or a float64.
	Rows [][]any `json:"rows"`
	// Notes say what the figures are of.
	Notes []string `json:"notes"`
}

// A Column is a column of a table.
type Column struct {
	Title string `json:"title"`
	// Tag is its hashtag of the Humanitarian Exchange Language, "" for none; see hxlstandard.org.
	Tag string `json:"tag,omitempty"`
	// Width is how wide it is in a workbook, in characters.
	Width float64 `json:"-"`
}

// Options say how figures are laid out.
type Options struct {
	// Suppress withholds numbers that are less than it and not 0, as from few people of a village it can be told who they are.
	Suppress float64
	// Notes stand below the table.
	Notes []string
}

// Withheld stands in the place of a number that is suppressed.
const Withheld = "x"

// The columns that say which figure a row is of.
func heads() []Column {
	return []Column{
		{"with", "#org+prog+name", 40}, {"code", "#indicator+code", 10}, {"indicator", "#indicator+name", 52},
	}
}

func head(f indicators.Figure) []any { return []any{f.Institution, f.Code, f.Title} }

// Programme lays out figures with their targets, a row each.
func Programme(figures []indicators.Figure, o Options) Table {
	t := Table{Name: "Programme", Columns: append(heads(), Column{"achieved", "#indicator+value+num", 14}, Column{"unit", "#indicator+unit", 12})}
	targeted := slices.ContainsFunc(figures, func(f indicators.Figure) bool { return f.Target != nil })
	if targeted {
		t.Columns = append(t.Columns, Column{"target", "#targeted+num", 14}, Column{"%", "#indicator+value+pct", 8})
	}
	for _, f := range figures {
		achieved := AchievedOf(f, o)
		row := append(head(f), achieved.Value, blank(f.Unit))
		if targeted {
			row = append(row, achieved.Target, achieved.Percent)
		}
		t.Rows = append(t.Rows, row)
	}
	t.Notes = o.notes()
	return t
}

// Shared lays out figures that were shared out: a row for each figure and each label of all dimensions but the last, a
// column for each label of the last. Targets stand beside them where there is one dimension.
func Shared(figures []indicators.Figure, by []string, o Options) Table {
	last := by[len(by)-1]
	labels := labelsOf(figures, len(by)-1)
	t := Table{Name: "By " + strings.Join(by, ", "), Columns: heads()}
	for _, dimension := range by[:len(by)-1] {
		t.Columns = append(t.Columns, Column{dimension, tagOf(dimension), 16})
	}
	targeted := len(by) == 1 && slices.ContainsFunc(figures, func(f indicators.Figure) bool { return f.Target != nil })
	if targeted {
		t.Columns = append(t.Columns, Column{"target", "#targeted+num", 12}, Column{"achieved", "#indicator+value+num", 12}, Column{"%", "#indicator+value+pct", 8})
	}
	for _, label := range labels {
		t.Columns = append(t.Columns, Column{label, "#indicator+value+num+" + attribute(last) + "_" + attribute(label), 12})
	}
	if !targeted {
		t.Columns = append(t.Columns, Column{"total", "#indicator+value+num+total", 12})
	}
	for _, f := range figures {
		for _, group := range groupsOf(f, len(by)-1) {
			t.Rows = append(t.Rows, group.row(f, labels, targeted, o))
		}
	}
	t.Notes = o.notes()
	return t
}

// A group is the cells of a figure that differ in their last label only.
type group struct {
	labels []string
	cells  map[string]float64
	sum    float64
}

// groupsOf gives the groups of a figure, which have so many labels, in order of these; one without any has one without cells.
func groupsOf(f indicators.Figure, labels int) []group {
	var out []group
	for _, c := range f.Cells {
		before := c.Labels[:labels]
		if len(out) == 0 || !slices.Equal(out[len(out)-1].labels, before) {
			out = append(out, group{labels: before, cells: map[string]float64{}})
		}
		g := &out[len(out)-1]
		g.cells[c.Labels[labels]] = c.Value
		g.sum = plus(g.sum, c.Value)
	}
	slices.SortStableFunc(out, func(a, b group) int { return slices.CompareFunc(a.labels, b.labels, compareLabels) })
	if len(out) == 0 {
		out = []group{{labels: make([]string, labels)}}
	}
	return out
}

func (g group) row(f indicators.Figure, labels []string, targeted bool, o Options) []any {
	row := head(f)
	for _, l := range g.labels {
		row = append(row, l)
	}
	line, shown := g.line(f, labels, o)
	if targeted {
		target := shown.target(f)
		row = append(row, target[0], line.Total, target[1])
	}
	row = append(row, line.Values...)
	if !targeted {
		row = append(row, line.Total)
	}
	return row
}

// A Line is a row of the table of a figure that is shared out.
type Line struct {
	// Labels are those of all dimensions but the last.
	Labels []string
	// Values has what stands for each label of the last dimension, and Total what stands for their sum: a float64, a text such as
	// [Withheld] or "12,000+", or nil.
	Values []any
	Total  any
}

// Lines gives the labels of the last dimension, and the rows, in which [Shared] lays out one figure that is shared out by so many
// dimensions.
func Lines(f indicators.Figure, dimensions int, o Options) (labels []string, lines []Line) {
	labels = labelsOf([]indicators.Figure{f}, dimensions-1)
	for _, g := range groupsOf(f, dimensions-1) {
		line, _ := g.line(f, labels, o)
		lines = append(lines, line)
	}
	return labels, lines
}

func (g group) line(f indicators.Figure, labels []string, o Options) (Line, shown) {
	values := make([]float64, len(labels))
	for i, l := range labels {
		values[i] = g.cells[l]
	}
	shown := o.row(g.sum, values)
	out := Line{Labels: g.labels, Total: shown.total(f)}
	for i, v := range values {
		out.Values = append(out.Values, shown.cell(f, i, v))
	}
	return out, shown
}

// An Achieved is what a table of the programme says of a figure.
type Achieved struct {
	// Value is a float64 or a text such as [Withheld], "12,000+" or why it is not counted; Target is nil or a float64, and so is
	// Percent, which is how much of the target is reached.
	Value, Target, Percent any
}

// AchievedOf gives what [Programme] says of a figure.
func AchievedOf(f indicators.Figure, o Options) Achieved {
	shown := o.row(f.Value, nil)
	target := shown.target(f)
	return Achieved{shown.total(f), target[0], target[1]}
}

// NoteOf says of which period and of whose knowledge figures are that were counted at a time.
func NoteOf(q indicators.Query, counted time.Time) string {
	zone := q.Zone
	if zone == nil {
		zone = time.UTC
	}
	note := "Counted by Satchel on " + counted.In(zone).Format("2006-01-02 15:04 MST") + " of what happened"
	if q.From != "" {
		note += " from " + q.From
	}
	if q.Until != "" {
		note += " until " + q.Until
	}
	if note += ", as known"; q.KnownBy != "" {
		note += " by the end of " + q.KnownBy
	} else {
		note += " then"
	}
	return note + "; days in " + zone.String() + "."
}

// labelsOf gives the labels that the figures' cells have in a dimension, in order.
func labelsOf(figures []indicators.Figure, dimension int) []string {
	var out []string
	for _, f := range figures {
		for _, c := range f.Cells {
			out = append(out, c.Labels[dimension])
		}
	}
	slices.SortFunc(out, compareLabels)
	return slices.Compact(out)
}

// compareLabels orders labels that begin with a number by it, others by their text; what is not known comes last.
func compareLabels(a, b string) int {
	unknown := func(s string) int { return map[bool]int{true: 1}[s == indicators.Unknown] }
	return cmp.Or(unknown(a)-unknown(b), cmp.Compare(leading(a), leading(b)), cmp.Compare(a, b))
}

// leading gives the number that a text begins with, the least there is if it begins with none.
func leading(text string) int {
	digits := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	if digits < 0 {
		digits = len(text)
	}
	n, err := strconv.Atoi(text[:digits])
	if err != nil {
		return math.MinInt
	}
	return n
}

// tagOf gives the hashtag of a dimension.
func tagOf(dimension string) string {
	tags := map[string]string{
		"institution": "#org+prog+name", "project": "#activity+code", "area": "#loc+name", "sex": "#meta+sex", "age": "#meta+age",
		"status": "#meta+status", "year": "#date+year", "quarter": "#date+quarter", "month": "#date+month", "country": "#country+name",
		"region": "#adm1+name", "district": "#adm2+name", "municipality": "#adm3+name", "settlement": "#loc+settlement+name",
	}
	return cmp.Or(tags[dimension], "#meta+"+attribute(dimension))
}

// attribute writes text as an attribute of a hashtag may be: letters, digits and underscores.
func attribute(text string) string { return strings.ReplaceAll(syncproto.Fold(text), " ", "_") }

// Restated lays out what figures were known to be, what they are, and the records that make the difference.
func Restated(list []indicators.Restatement, o Options) Table {
	t := Table{Name: "Restated", Columns: []Column{
		{"code", "#indicator+code", 10},
		{"indicator", "#indicator+name", 52},
		{"before", "#indicator+value+before+num", 10},
		{"after", "#indicator+value+num", 10},
		{"record", "#meta+record", 38},
		{"on", "#date+event", 12},
		{"adds", "#meta+difference+num", 8},
		{"because of", "#meta+cause", 90},
	}}
	for _, r := range list {
		first := []any{r.Code, r.Title, value(r.Before, r.FaultBefore), value(r.After, r.Fault)}
		for _, d := range r.Differences {
			t.Rows = append(t.Rows, append(first, d.Record.String(), d.On, plus(d.After, -d.Before), causes(d)))
			first = []any{nil, nil, nil, nil}
		}
		if r.Redefined || len(r.Differences) == 0 {
			var why any
			if r.Redefined {
				why = "its definition changed"
			}
			t.Rows = append(t.Rows, append(first, nil, nil, nil, why))
			first = []any{nil, nil, nil, nil}
		}
		if r.LeftOff > 0 {
			t.Rows = append(t.Rows, append(first, nil, nil, nil, fmt.Sprintf("and %d more", r.LeftOff)))
		}
	}
	t.Notes = o.Notes
	return t
}

// value gives a number, or why it could not be counted.
func value(v float64, fault string) any {
	if fault != "" {
		return uncounted(fault)
	}
	return v
}

func causes(d indicators.Difference) string {
	var out []string
	for _, c := range d.Causes {
		out = append(out, fmt.Sprintf("%s %s, changed by %s on %s, received %s", c.Collection, c.Record, c.AuthorName, c.DeviceName, moment(c.Received)))
	}
	return strings.Join(out, "; ")
}

// Definitions lays out what each figure counts.
func Definitions(figures []indicators.Figure) Table {
	t := Table{Name: "Definitions", Columns: append(heads(), Column{"counts", "#indicator+definition", 110})}
	for _, f := range figures {
		text := f.Fault
		if d, err := indicators.Parse(f.Definition); err == nil {
			text = d.String()
		}
		t.Rows = append(t.Rows, append(head(f), text))
	}
	return t
}

// blank leaves a cell empty where there is nothing to say.
func blank(text string) any {
	if text == "" {
		return nil
	}
	return text
}
