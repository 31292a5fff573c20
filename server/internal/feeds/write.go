package feeds

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"

	"satchel/server/internal/store"
	"satchel/server/internal/tables"
	"satchel/syncproto"
)

// byteOrderMark is that of UTF-8, by which Excel knows it.
const byteOrderMark = "\ufeff"

// WriteCSV writes a view as CSV, as RFC 4180 has it and in UTF-8: a header, and a row for each record in order of id. Cells are
// as [tables.Cell] makes them.
func WriteCSV(ctx context.Context, s *store.Store, v View, mark bool, w io.Writer) error {
	var head bytes.Buffer
	if mark {
		head.WriteString(byteOrderMark)
	}
	if err := writeLine(&head, names(v.Columns)); err != nil {
		return err
	}
	if _, err := w.Write(head.Bytes()); err != nil {
		return fmt.Errorf("write a feed: %w", err)
	}
	_, err := v.all().stream(ctx, s, math.MaxInt32, asCSV{}, w)
	return err
}

// all asks for every row and column.
func (v View) all() Query { return Query{View: v, Columns: v.Columns} }

type asCSV struct{}

func (asCSV) row(out *bytes.Buffer, values []any, _ bool) error {
	cells := make([]string, len(values))
	for i, value := range values {
		cells[i] = tables.Cell(value)
	}
	return writeLine(out, cells)
}

func writeLine(out *bytes.Buffer, cells []string) error {
	line := csv.NewWriter(out)
	if err := line.Write(cells); err != nil {
		return fmt.Errorf("write a line of CSV: %w", err)
	}
	line.Flush()
	return line.Error()
}

// WriteJSON writes a view as one JSON array of objects in order of id. A boolean is true or false, a time is written as
// RFC 3339 has it, what is an object or a list in its record is one here, and nothing is null.
func WriteJSON(ctx context.Context, s *store.Store, v View, w io.Writer) error {
	if _, err := io.WriteString(w, "["); err != nil {
		return fmt.Errorf("write a feed: %w", err)
	}
	if _, err := v.all().stream(ctx, s, math.MaxInt32, asJSON{columns: v.Columns, nested: true}, w); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n]\n")
	return err
}

// asJSON writes objects, one a line.
type asJSON struct {
	columns []Column
	// nested writes what is an object or a list as such, and not as its text.
	nested bool
}

func (e asJSON) row(out *bytes.Buffer, values []any, first bool) error {
	if !first {
		out.WriteByte(',')
	}
	out.WriteByte('\n')
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for i, c := range e.columns {
		out.WriteString(map[bool]string{true: "{", false: ","}[i == 0])
		fmt.Fprintf(out, "%q:", c.Name)
		if err := enc.Encode(c.typed(values[i], e.nested)); err != nil {
			return fmt.Errorf("write %s: %w", c.Name, err)
		}
		out.Truncate(out.Len() - 1) // the end of the line
	}
	out.WriteByte('}')
	return nil
}

// typed gives a value of the typed view as JSON has it. What is no such value is left out: who reads a feed by its types
// could read nothing more of it.
func (c Column) typed(value any, nested bool) any {
	text, isText := value.(string)
	switch c.Type {
	case syncproto.Boolean:
		if n, ok := value.(int64); ok {
			return n != 0
		}
	case syncproto.Integer, syncproto.Decimal:
		if !isText {
			return value
		}
	case syncproto.Date:
		if _, err := time.Parse(time.DateOnly, text); err == nil {
			return text
		}
	case syncproto.Timestamp:
		if at, err := time.Parse(time.DateTime, text); err == nil {
			return at
		}
	case syncproto.UUID, syncproto.Reference:
		if _, err := syncproto.ParseID(text); err == nil {
			return text
		}
	case syncproto.Object, syncproto.Choices:
		if nested && json.Valid([]byte(text)) {
			return json.RawMessage(text)
		}
		return value
	default:
		return value
	}
	return nil
}
