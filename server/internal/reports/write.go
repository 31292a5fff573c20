package reports

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"satchel/server/internal/indicators"
	"satchel/server/internal/tables"
	"satchel/server/internal/workbook"
)

// Formats are the names of the forms in which tables are written.
func Formats() []string { return []string{"text", "csv", "json", "xlsx"} }

// Write writes tables. With tags, the row below the headers has the hashtags of the columns, where the format has rows for that. All
// formats but a workbook and JSON have the tables one below the other.
func Write(w io.Writer, format string, tags bool, list ...Table) error {
	switch format {
	case "text":
		return each(list, func(t Table) error { return t.text(w, tags) })
	case "csv":
		return each(list, func(t Table) error { return t.csv(w, tags) })
	case "json":
		out := json.NewEncoder(w)
		out.SetIndent("", "  ")
		out.SetEscapeHTML(false)
		return out.Encode(list)
	case "xlsx":
		return book(w, tags, list)
	}
	return fmt.Errorf("there is no format %q; these there are: %s", format, strings.Join(Formats(), ", "))
}

func each(list []Table, do func(Table) error) error {
	for _, t := range list {
		if err := do(t); err != nil {
			return fmt.Errorf("write the table %s: %w", t.Name, err)
		}
	}
	return nil
}

// text writes a table in columns, with its notes below. What stands above a cell of the first column is not repeated.
func (t Table) text(w io.Writer, tags bool) error {
	var lines [][]string
	widths, above := make([]int, len(t.Columns)), ""
	for _, row := range t.lines(tags) {
		cells := make([]string, len(row))
		for i, v := range row {
			cells[i] = plain(v)
		}
		if cells[0] == above {
			cells[0] = ""
		} else {
			above = cells[0]
		}
		for i, c := range cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
		lines = append(lines, cells)
	}
	var out strings.Builder
	for _, cells := range lines {
		for i, c := range cells {
			gap := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c))
			if t.numeric(i) {
				c, gap = gap+c, ""
			}
			cells[i] = c + gap
		}
		out.WriteString(strings.TrimRight(strings.Join(cells, "  "), " ") + "\n")
	}
	for _, note := range t.Notes {
		out.WriteString("\n" + note + "\n")
	}
	_, err := io.WriteString(w, out.String()+"\n")
	return err
}

// numeric reports whether a column has numbers.
func (t Table) numeric(column int) bool {
	return slices.ContainsFunc(t.Rows, func(row []any) bool {
		_, is := row[column].(float64)
		return is
	})
}

// plain writes a value for people, on one line and without what a terminal would obey.
func plain(value any) string {
	switch v := value.(type) {
	case float64:
		return indicators.Reported(v, false)
	case string:
		return strings.Map(func(r rune) rune {
			if !unicode.IsGraphic(r) {
				return ' '
			}
			return r
		}, v)
	}
	return ""
}

// lines gives the rows under their header and, with tags, under those.
func (t Table) lines(tags bool) [][]any {
	titles, hashtags := make([]any, len(t.Columns)), make([]any, len(t.Columns))
	for i, c := range t.Columns {
		titles[i], hashtags[i] = c.Title, c.Tag
	}
	out := [][]any{titles}
	if tags {
		out = append(out, hashtags)
	}
	return append(out, t.Rows...)
}

func (t Table) csv(w io.Writer, tags bool) error {
	out := csv.NewWriter(w)
	for _, row := range t.lines(tags) {
		cells := make([]string, len(row))
		for i, v := range row {
			cells[i] = tables.Cell(v)
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// book writes a workbook: a sheet for each table and, at the end, one of what the figures are of.
func book(w io.Writer, tags bool, list []Table) (err error) {
	out, err := workbook.New("")
	if err != nil {
		return err
	}
	defer func() {
		if closed := out.Close(); err == nil {
			err = closed
		}
	}()
	about := Table{Name: "About", Columns: []Column{{Title: "about these figures", Width: 110}}}
	for _, t := range list {
		for _, note := range t.Notes {
			about.Rows = append(about.Rows, []any{note})
		}
	}
	if len(about.Rows) > 0 {
		list = append(list[:len(list):len(list)], about)
	}
	if err := each(list, func(t Table) error { return t.sheet(out, tags) }); err != nil {
		return err
	}
	return out.Finish(w)
}

// wide is how wide a column can be on a printed page that has others too, in characters.
const wide = 80

func (t Table) sheet(out *workbook.Writer, tags bool) error {
	columns := make([]workbook.Column, len(t.Columns))
	wraps := slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Width > wide })
	for i, c := range t.Columns {
		columns[i] = workbook.Column{Name: c.Title, Width: min(c.Width, wide), Right: t.numeric(i), Wrap: wraps}
	}
	if err := out.Sheet(t.sheetName(), columns); err != nil {
		return err
	}
	for _, row := range t.lines(tags)[1:] {
		if err := out.Add(row...); err != nil {
			return err
		}
	}
	return nil
}

// sheetName gives the name as Excel takes it: at most 31 characters, and none of those that it refuses.
func (t Table) sheetName() string {
	name := []rune(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]`, r) {
			return ' '
		}
		return r
	}, t.Name))
	return string(name[:min(31, len(name))])
}
