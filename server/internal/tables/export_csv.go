package tables

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"satchel/server/internal/workbook"
)

// byteOrderMark is that of UTF-8.
const byteOrderMark = "\ufeff"

// A csvEncoder writes CSV.
type csvEncoder struct {
	to    io.Writer
	bom   bool
	out   *csv.Writer
	cells []string
}

func newCSV(style Style, w io.Writer) *csvEncoder {
	e := &csvEncoder{to: w, bom: style.BOM, out: csv.NewWriter(w)}
	if style.Semicolon {
		e.out.Comma = ';'
	}
	return e
}

func (e *csvEncoder) header(columns []string) error {
	if e.bom {
		if _, err := io.WriteString(e.to, byteOrderMark); err != nil {
			return err
		}
	}
	return e.out.Write(columns)
}

func (e *csvEncoder) row(values []any) error {
	e.cells = e.cells[:0]
	for _, v := range values {
		e.cells = append(e.cells, Cell(v))
	}
	return e.out.Write(e.cells)
}

func (e *csvEncoder) finish() error {
	e.out.Flush()
	return e.out.Error()
}

func (e *csvEncoder) close() error { return nil }

// Cell writes a value as a cell of CSV. What is a number stays one, whatever its sign; text never becomes a formula where
// the file is opened with the separator that it was written with.
func Cell(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		return defused(v)
	}
	return defused(fmt.Sprint(value))
}

// defused puts an apostrophe before text that a spreadsheet would run, and before text that looks as
// if that had been done, so that [fused] can take it away again.
func defused(text string) string {
	if workbook.StartsFormula(strings.TrimLeft(text, "'")) {
		return "'" + text
	}
	return text
}

// fused is the inverse of defused.
func fused(text string) string {
	if strings.HasPrefix(text, "'") && workbook.StartsFormula(strings.TrimLeft(text, "'")) {
		return text[1:]
	}
	return text
}
