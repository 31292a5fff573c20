package tables

import (
	"context"
	"errors"
	"fmt"
	"io"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A Style is how an exported file is written. The zero Style is CSV as RFC 4180 has it, in UTF-8.
type Style struct {
	// Format is one of the constants; CSV if it is "".
	Format Format
	// BOM puts the mark in front by which Excel knows UTF-8. It is for CSV alone.
	BOM bool
	// Semicolon separates cells as Excel does where the comma is the decimal sign. It is for CSV alone.
	Semicolon bool
	// TempDir is where a large workbook is kept while it is made; the system's place for such files if it is "".
	TempDir string
}

// A Format is what kind of file a table is written to.
type Format string

// The formats.
const (
	CSV     Format = "csv"
	XLSX    Format = "xlsx"
	GeoJSON Format = "geojson"
)

// Exported counts what a file holds.
type Exported struct {
	// Records counts all of them.
	Records int
	// Unlocated counts those without a position, where the format is GeoJSON.
	Unlocated int
}

// An encoder writes rows in some format, one by one. What it holds of them does not grow with their number.
type encoder interface {
	header(columns []string) error
	// row takes nil, int64, float64 or string, as the typed views give them.
	row(values []any) error
	finish() error
	// close gives up what finish has not.
	close() error
}

// Export writes the records that a selection asks for and that are not deleted, a row or a feature each, in order of
// id and as they are at one moment. Times are in UTC. What it holds in memory does not grow with their number.
func Export(ctx context.Context, s *store.Store, what Selection, style Style, w io.Writer) (count Exported, err error) {
	c, _ := syncproto.CollectionOf(what.Collection)
	out, err := newEncoder(c, style, w, &count)
	if err != nil {
		return count, fmt.Errorf("export %s: %w", what.Collection, err)
	}
	row := func(values []any) error {
		count.Records++
		return out.row(values)
	}
	err = s.Read(ctx, func(tx *store.Tx) error {
		filter, err := what.filter(ctx, tx)
		if err != nil {
			return err
		}
		return tx.Export(ctx, what.Collection, filter, out.header, row)
	})
	if err == nil {
		err = out.finish()
	}
	if err = errors.Join(err, out.close()); err != nil {
		return count, fmt.Errorf("export %s: %w", what.Collection, err)
	}
	return count, nil
}

func newEncoder(c syncproto.Collection, style Style, w io.Writer, count *Exported) (encoder, error) {
	if style.Format != "" && style.Format != CSV && (style.BOM || style.Semicolon) {
		return nil, errors.New("a mark and semicolons are for CSV alone")
	}
	switch style.Format {
	case "", CSV:
		return newCSV(style, w), nil
	case XLSX:
		return newXLSX(c, style, w)
	case GeoJSON:
		return newGeoJSON(c, w, &count.Unlocated)
	}
	return nil, fmt.Errorf("there is no format %q; there are %s, %s and %s", style.Format, CSV, XLSX, GeoJSON)
}

// typesOf gives the type of each column of a typed view; the parts of a position are as they come.
func typesOf(c syncproto.Collection, columns []string) []syncproto.Type {
	out := make([]syncproto.Type, len(columns))
	for i, name := range columns {
		field, _ := c.Field(name)
		out[i] = field.Type
		if name == idColumn || derived(c, name) {
			out[i] = syncproto.UUID
		}
	}
	return out
}
