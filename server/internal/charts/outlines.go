package charts

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

// An Outline is where an area is.
type Outline struct {
	// Code and Name say which one it is, as far as the file does.
	Code, Name string
	// Rings are its borders, and those of what is cut out of it.
	Rings [][]Point
}

// The bounds of a file with outlines.
const (
	// MostBytes is how long it may be, in bytes.
	MostBytes = 32 << 20
	// mostFeatures is how many outlines it may have, and mostPoints of how many points all that is kept of them is.
	mostFeatures = 20_000
	mostPoints   = 24_000
)

// ReadOutlines reads a GeoJSON file (RFC 7946): a collection of features, each a Polygon or MultiPolygon, with the properties
// official_code or code, and name. What differs from the borders by less than can be seen is left out of them. The error says
// what is wrong with the file, for whoever put it there.
func ReadOutlines(r io.Reader) ([]Outline, error) {
	body, err := io.ReadAll(io.LimitReader(r, MostBytes+1))
	if err != nil {
		return nil, err
	}
	if len(body) > MostBytes {
		return nil, fmt.Errorf("it is longer than %d bytes; simplify it before", MostBytes)
	}
	var file struct {
		Type     string    `json:"type"`
		Features []feature `json:"features"`
	}
	if err := json.Unmarshal(body, &file); err != nil {
		return nil, fmt.Errorf("it is no GeoJSON: %w", err)
	}
	if file.Type != "FeatureCollection" || len(file.Features) == 0 || len(file.Features) > mostFeatures {
		return nil, fmt.Errorf("it has to be a FeatureCollection of 1 to %d features", mostFeatures)
	}
	out := make([]Outline, len(file.Features))
	for i, f := range file.Features {
		if out[i], err = f.outline(); err != nil {
			return nil, fmt.Errorf("feature %d: %w", i+1, err)
		}
	}
	return simplified(out)
}

// A feature is an area as the file has it.
type feature struct {
	Properties map[string]any `json:"properties"`
	Geometry   struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	} `json:"geometry"`
}

func (f feature) outline() (Outline, error) {
	var out Outline
	for key, value := range f.Properties {
		text := strings.TrimSpace(fmt.Sprint(value))
		switch name := strings.ToLower(key); {
		case value == nil:
		case name == "official_code", name == "code" && out.Code == "":
			out.Code = text
		case name == "name":
			out.Name = text
		}
	}
	var polygons [][][][]float64
	var err error
	switch f.Geometry.Type {
	case "Polygon":
		polygons = make([][][][]float64, 1)
		err = json.Unmarshal(f.Geometry.Coordinates, &polygons[0])
	case "MultiPolygon":
		err = json.Unmarshal(f.Geometry.Coordinates, &polygons)
	default:
		err = fmt.Errorf("its geometry is a %q, and has to be a Polygon or a MultiPolygon", f.Geometry.Type)
	}
	for _, polygon := range polygons {
		for _, ring := range polygon {
			points, bad := readRing(ring)
			err = errors.Join(err, bad)
			out.Rings = append(out.Rings, points)
		}
	}
	return out, err
}

// readRing reads a border: longitude and latitude of each point, and perhaps a height.
func readRing(ring [][]float64) ([]Point, error) {
	if len(ring) < 4 {
		return nil, errors.New("a border has less than four points")
	}
	out := make([]Point, len(ring))
	for i, at := range ring {
		if len(at) < 2 || math.Abs(at[0]) > 180 || math.Abs(at[1]) > 90 {
			return nil, errors.New("a point is not on the earth; coordinates are longitude and latitude in degrees (WGS 84)")
		}
		out[i] = Point{at[0], at[1]}
	}
	return out, nil
}

// middle gives the middle of the largest border, where a name stands best.
func (o Outline) middle() Point {
	var best, low, high Point
	size := -1.0
	for _, ring := range o.Rings {
		low, high = ring[0], ring[0]
		for _, p := range ring {
			low, high = Point{min(low.Lon, p.Lon), min(low.Lat, p.Lat)}, Point{max(high.Lon, p.Lon), max(high.Lat, p.Lat)}
		}
		if s := (high.Lon - low.Lon) * (high.Lat - low.Lat); s > size {
			size, best = s, Point{(low.Lon + high.Lon) / 2, (low.Lat + high.Lat) / 2}
		}
	}
	return best
}

// simplified leaves out what cannot be seen where all of the outlines are shown at once.
func simplified(outlines []Outline) ([]Outline, error) {
	var points []Point
	for _, o := range outlines {
		for _, ring := range o.Rings {
			points = append(points, ring...)
		}
	}
	if len(points) == 0 {
		return nil, errors.New("it has no borders")
	}
	v := viewOf(points)
	for within := 0.4 / v.scale; ; within *= 2 { // begins at less than half a unit of the map
		count := 0
		out := make([]Outline, len(outlines))
		for i, o := range outlines {
			out[i] = Outline{Code: o.Code, Name: o.Name}
			for _, ring := range o.Rings {
				if kept := simplify(ring, within, v.narrow); len(kept) > 3 {
					out[i].Rings = append(out[i].Rings, kept)
					count += len(kept)
				}
			}
		}
		if count <= mostPoints {
			return out, nil
		}
	}
}

// simplify leaves out the points of a border that lie within some degrees of the line without them, as Douglas and Peucker do. A
// border that is smaller than that all in all is left with less than four points.
func simplify(ring []Point, within, narrow float64) []Point {
	keep := make([]bool, len(ring))
	keep[0], keep[len(ring)-1] = true, true
	parts := [][2]int{{0, len(ring) - 1}}
	for len(parts) > 0 {
		from, to := parts[len(parts)-1][0], parts[len(parts)-1][1]
		parts = parts[:len(parts)-1]
		far, at := within, -1
		for i := from + 1; i < to; i++ {
			if d := distance(ring[i], ring[from], ring[to], narrow); d > far {
				far, at = d, i
			}
		}
		if at > 0 {
			keep[at] = true
			parts = append(parts, [2]int{from, at}, [2]int{at, to})
		}
	}
	var out []Point
	for i, p := range ring {
		if keep[i] {
			out = append(out, p)
		}
	}
	return out
}

// distance gives how far a point is from the line between two others, in degrees of latitude.
func distance(p, a, b Point, narrow float64) float64 {
	x, y := (p.Lon-a.Lon)*narrow, p.Lat-a.Lat
	dx, dy := (b.Lon-a.Lon)*narrow, b.Lat-a.Lat
	if long := dx*dx + dy*dy; long > 0 {
		t := min(1, max(0, (x*dx+y*dy)/long))
		x, y = x-t*dx, y-t*dy
	}
	return math.Hypot(x, y)
}
