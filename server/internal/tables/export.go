package tables

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"satchel/server/internal/store"
)

// A Style is how an exported file is written. The zero Style is CSV as RFC 4180 has it, in UTF-8.
type Style struct {
	// BOM puts the mark in front by which Excel knows UTF-8.
	BOM bool
	// Semicolon separates cells as Excel does where the comma is the decimal sign.
	Semicolon bool
}

// byteOrderMark is that of UTF-8.
const byteOrderMark = "\ufeff"

// Export writes the records of a collection that are not deleted, a row each under a header, in order
// of id and as they are at one moment. It gives the number of records. Times are in UTC.
func Export(ctx context.Context, s *store.Store, collection string, w io.Writer, style Style) (records int, err error) {
	if style.BOM {
		if _, err := io.WriteString(w, byteOrderMark); err != nil {
			return 0, fmt.Errorf("write the table: %w", err)
		}
	}
	out := csv.NewWriter(w)
	if style.Semicolon {
		out.Comma = ';'
	}
	var cells []string
	row := func(values []any) error {
		records++
		cells = cells[:0]
		for _, v := range values {
			cells = append(cells, Cell(v))
		}
		return out.Write(cells)
	}
	err = s.Read(ctx, func(tx *store.Tx) error { return tx.Export(ctx, collection, out.Write, row) })
	if err != nil {
		return records, fmt.Errorf("export %s: %w", collection, err)
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return records, fmt.Errorf("write the table: %w", err)
	}
	return records, nil
}

// Cell writes a value as a cell of CSV. What is a number stays one, whatever its sign; text never becomes a formula.
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
	if startsFormula(strings.TrimLeft(text, "'")) {
		return "'" + text
	}
	return text
}

// fused is the inverse of defused.
func fused(text string) string {
	if strings.HasPrefix(text, "'") && startsFormula(strings.TrimLeft(text, "'")) {
		return text[1:]
	}
	return text
}

func startsFormula(text string) bool {
	first, size := utf8.DecodeRuneInString(text)
	return size > 0 && strings.ContainsRune(formulaStarts, first)
}
