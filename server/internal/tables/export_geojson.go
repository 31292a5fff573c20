package tables

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"satchel/syncproto"
)

// A geoEncoder writes GeoJSON as RFC 7946 has it: a collection of features, one a record, with its id and its fields
// as properties. A record without a position is a feature without a geometry: it is on no map, and in every table.
type geoEncoder struct {
	collection syncproto.Collection
	out        *bufio.Writer
	unlocated  *int
	columns    []string
	types      []syncproto.Type
	lat, lon   int // the columns of the position
	rows       int
}

func newGeoJSON(c syncproto.Collection, w io.Writer, unlocated *int) (*geoEncoder, error) {
	if positionOf(c) == "" {
		return nil, fmt.Errorf("records of %s have no position; those of these have: %s", c.Name, strings.Join(located(), ", "))
	}
	return &geoEncoder{collection: c, out: bufio.NewWriter(w), unlocated: unlocated}, nil
}

// positionOf gives the field that says where a record is, "" if there is none.
func positionOf(c syncproto.Collection) string {
	at := slices.IndexFunc(c.Fields, func(f syncproto.Field) bool { return f.Type == syncproto.Position })
	if at < 0 {
		return ""
	}
	return c.Fields[at].Name
}

// located gives the collections whose records have a position.
func located() (out []string) {
	for _, c := range syncproto.Collections() {
		if positionOf(c) != "" {
			out = append(out, c.Name)
		}
	}
	return out
}

func (e *geoEncoder) header(columns []string) error {
	at, _ := e.collection.Field(positionOf(e.collection))
	parts := positionParts(at)
	e.columns, e.types = columns, typesOf(e.collection, columns)
	e.lat, e.lon = slices.Index(columns, parts[0]), slices.Index(columns, parts[1])
	_, err := e.out.WriteString(`{"type":"FeatureCollection","features":[`)
	return err
}

// A feature is one record.
type feature struct {
	Type       string          `json:"type"`
	ID         any             `json:"id"`
	Geometry   *point          `json:"geometry"`
	Properties json.RawMessage `json:"properties"`
}

// A point is a place by its longitude and latitude, in this order, in degrees.
type point struct {
	Type        string `json:"type"`
	Coordinates [2]any `json:"coordinates"`
}

func (e *geoEncoder) row(values []any) error {
	f := feature{Type: "Feature", ID: values[slices.Index(e.columns, idColumn)]}
	if values[e.lat] != nil && values[e.lon] != nil {
		f.Geometry = &point{"Point", [2]any{values[e.lon], values[e.lat]}}
	} else {
		*e.unlocated++
	}
	var err error
	if f.Properties, err = e.properties(values); err != nil {
		return err
	}
	text, err := plainJSON(f)
	if err != nil {
		return err
	}
	separator := ",\n"
	if e.rows++; e.rows == 1 {
		separator = "\n"
	}
	_, err = e.out.WriteString(separator + text)
	return err
}

// properties gives the fields of a record in the order of the columns.
func (e *geoEncoder) properties(values []any) (json.RawMessage, error) {
	var out bytes.Buffer
	for i, name := range e.columns {
		if i == e.lat || i == e.lon || name == idColumn {
			continue
		}
		text, err := plainJSON(property(e.types[i], values[i]))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&out, ",%q:%s", name, text)
	}
	out.WriteByte('}')
	text := out.Bytes()
	text[0] = '{'
	return text, nil
}

// property gives a value of a typed view as JSON has it: what is JSON in a cell is such here.
func property(t syncproto.Type, value any) any {
	text, _ := value.(string)
	switch t {
	case syncproto.Boolean:
		return typed(t, value)
	case syncproto.Timestamp:
		if at, err := time.Parse(time.DateTime, text); err == nil {
			return at
		}
	case syncproto.Object, syncproto.Choices:
		if json.Valid([]byte(text)) {
			return json.RawMessage(text)
		}
	}
	return value
}

// plainJSON writes a value as JSON on one line, without escapes that only web pages need.
func plainJSON(x any) (string, error) {
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(x)
	return strings.TrimSuffix(out.String(), "\n"), err
}

func (e *geoEncoder) finish() error {
	if _, err := e.out.WriteString("\n]}\n"); err != nil {
		return err
	}
	return e.out.Flush()
}

func (e *geoEncoder) close() error { return nil }
