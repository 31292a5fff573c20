package server

import (
	"context"
	"fmt"
	"io"

	"github.com/google/uuid"

	"satchel/server/internal/tables"
	"satchel/syncproto"
)

// Names for what tables take and give.
type (
	// A TableReading says how a file is to be read.
	TableReading = tables.Reading
	// A Table is a file that was read and checked; see [tables.Check].
	Table = tables.Table
	// A TableRow says what becomes of one row of a table.
	TableRow = tables.Row
	// A Likely is a household that a row may be about, and why.
	Likely = tables.Likely
	// Saved counts what was saved of a table.
	Saved = tables.Saved
	// A Fault is one thing that is wrong in a table.
	Fault = tables.Fault
	// A Selection says what to export; see [tables.Selection].
	Selection = tables.Selection
	// A Condition is a field and what it holds, for a [Selection].
	Condition = tables.Condition
	// A TableStyle is how an exported table is written.
	TableStyle = tables.Style
	// A TableFormat is what kind of file a table is written to.
	TableFormat = tables.Format
	// Exported counts what an exported file holds.
	Exported = tables.Exported
)

// What becomes of a row of a table.
const (
	RowIsNew       = tables.New
	RowUpdates     = tables.Updates
	RowIsUnchanged = tables.Unchanged
	RowIsLeftOut   = tables.LeftOut
	RowIsWrong     = tables.Wrong
)

// The formats of exported tables.
const (
	CSV     = tables.CSV
	XLSX    = tables.XLSX
	GeoJSON = tables.GeoJSON
)

// ColumnKey gives the form in which the names of a table's columns are compared. See [tables.ColumnKey].
func ColumnKey(name string) string { return tables.ColumnKey(name) }

// CheckTable reads a file of a collection's records and checks every row; it saves nothing. See [tables.Check].
func (s *Server) CheckTable(ctx context.Context, collection string, r io.Reader, how TableReading) (*Table, error) {
	return tables.Check(ctx, s.Store, collection, r, how)
}

// SaveTable saves the records of a table that has no faults, in the name of author, and counts them. See
// [tables.Table.Save].
func (s *Server) SaveTable(ctx context.Context, author uuid.UUID, t *Table, progress func(saved int)) (Saved, error) {
	return t.Save(ctx, s.Engine, s.Store, author, s.config.Now().UnixMilli(), progress)
}

// ExportTable writes the records that a selection asks for, and counts them. See [tables.Export].
func (s *Server) ExportTable(ctx context.Context, what Selection, style TableStyle, w io.Writer) (Exported, error) {
	return tables.Export(ctx, s.Store, what, style, w)
}

// Text writes a value of a field as people read it; "" for nothing. See [tables.Text].
func (s *Server) Text(ctx context.Context, collection, field string, v syncproto.Value) (string, error) {
	c, _ := syncproto.CollectionOf(collection)
	f, _ := c.Field(field)
	return tables.Text(ctx, s.Store, f, v)
}

// Value reads a value of a field as people write it, an area by its name as well. The error says what
// is expected. See [tables.Resolve].
func (s *Server) Value(ctx context.Context, collection, field, text string) (syncproto.Value, error) {
	c, _ := syncproto.CollectionOf(collection)
	f, known := c.Field(field)
	if !known {
		return "", fmt.Errorf("%s has no field %q", collection, field)
	}
	value, err := tables.Resolve(ctx, s.Store, f, text)
	if err != nil {
		return "", fmt.Errorf("%s: %w", field, err)
	}
	return value, nil
}
