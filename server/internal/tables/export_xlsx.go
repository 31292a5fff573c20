package tables

import (
	"io"
	"time"

	"satchel/server/internal/workbook"
	"satchel/syncproto"
)

// An xlsxEncoder writes a workbook. What it is made of lies on the disk until it is whole.
type xlsxEncoder struct {
	collection syncproto.Collection
	to         io.Writer
	book       *workbook.Writer
	types      []syncproto.Type
	cells      []any
}

func newXLSX(c syncproto.Collection, style Style, w io.Writer) (*xlsxEncoder, error) {
	book, err := workbook.New(style.TempDir)
	return &xlsxEncoder{collection: c, to: w, book: book}, err
}

func (e *xlsxEncoder) header(columns []string) error {
	e.types = typesOf(e.collection, columns)
	head := make([]workbook.Column, len(columns))
	for i, name := range columns {
		head[i] = workbook.Column{Name: name, Width: widthOf(e.types[i])}
	}
	return e.book.Sheet(e.collection.Name, head)
}

// widthOf gives the width of a column in which a usual value can be read, in characters; 0 for that of its name.
func widthOf(t syncproto.Type) float64 {
	switch t {
	case syncproto.UUID, syncproto.Reference:
		return 38
	case syncproto.Date:
		return 12
	case syncproto.Timestamp:
		return 20
	case syncproto.Text, syncproto.Object, syncproto.Choices:
		return 24
	}
	return 0
}

func (e *xlsxEncoder) row(values []any) error {
	e.cells = e.cells[:0]
	for i, v := range values {
		e.cells = append(e.cells, typed(e.types[i], v))
	}
	return e.book.Add(e.cells...)
}

// typed gives a value of a typed view the type that a spreadsheet has for it. What is no such value stays what it is.
func typed(t syncproto.Type, value any) any {
	switch v := value.(type) {
	case int64:
		if t == syncproto.Boolean {
			return v != 0
		}
	case string:
		switch t {
		case syncproto.Date:
			if day, err := time.Parse(time.DateOnly, v); err == nil {
				return workbook.Date(day)
			}
		case syncproto.Timestamp:
			if at, err := time.Parse(time.DateTime, v); err == nil {
				return at
			}
		}
	}
	return value
}

func (e *xlsxEncoder) finish() error { return e.book.Finish(e.to) }

func (e *xlsxEncoder) close() error { return e.book.Close() }
