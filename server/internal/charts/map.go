package charts

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
)

// A Point is a place on the earth, in degrees.
type Point struct{ Lon, Lat float64 }

// A Map shows numbers where they belong: in the outlines of areas as far as these are known, otherwise as circles. It lays
// degrees out as a rectangle that is true to scale in the middle, which is good for a country.
type Map struct {
	// ID is unique on the page; what the drawing says in words has ids made from it.
	ID string
	// Title and Description say what it shows.
	Title, Description string
	Places             []Place
	// Around are outlines that say where the places are, and have no number.
	Around []Outline
	// Ground lies under all of it, if there is any.
	Ground *Ground
}

// A Place is an area with its number.
type Place struct {
	Number
	Name string
	// Outline is where it is, or if that has no rings, At.
	Outline Outline
	At      Point
}

// The measures of a map, in its own units: text has 1/40 of the width, and more on a small screen.
const (
	mapWidth   = 640.0
	mapLeast   = 280.0 // height
	mapMost    = 640.0
	mapMargin  = 36.0
	mapRadius  = 34.0 // of the largest circle
	leastSpan  = 0.25 // degrees, so that one village is not all there is
	mapSteps   = 5
	mapLabels  = 14
	letterSize = 15.0
)

// view fits places into the map.
type view struct {
	left, top, scale, narrow float64
	height                   float64
}

// viewOf gives the view in which all points are seen.
func viewOf(points []Point) view {
	low, high := points[0], points[0]
	for _, p := range points {
		low, high = Point{min(low.Lon, p.Lon), min(low.Lat, p.Lat)}, Point{max(high.Lon, p.Lon), max(high.Lat, p.Lat)}
	}
	grow := func(low, high *float64) {
		if missing := leastSpan - (*high - *low); missing > 0 {
			*low, *high = *low-missing/2, *high+missing/2
		}
	}
	grow(&low.Lon, &high.Lon)
	grow(&low.Lat, &high.Lat)
	v := view{narrow: max(0.05, math.Cos((low.Lat+high.Lat)/2*math.Pi/180))}
	wide, tall := (high.Lon-low.Lon)*v.narrow, high.Lat-low.Lat
	v.scale = min((mapWidth-2*mapMargin)/wide, (mapMost-2*mapMargin)/tall)
	v.height = max(mapLeast, tall*v.scale+2*mapMargin)
	v.left = low.Lon*v.narrow*v.scale - (mapWidth-wide*v.scale)/2
	v.top = high.Lat*v.scale + (v.height-tall*v.scale)/2
	return v
}

// place gives where a point is on the map.
func (v view) place(p Point) (x, y float64) {
	return p.Lon*v.narrow*v.scale - v.left, v.top - p.Lat*v.scale
}

// path writes an outline as SVG has it.
func (v view) path(o Outline) string {
	var out strings.Builder
	for _, ring := range o.Rings {
		for i, p := range ring {
			x, y := v.place(p)
			fmt.Fprintf(&out, "%c%.1f %.1f", "ML"[min(i, 1)], x, y)
		}
		out.WriteByte('Z')
	}
	return out.String()
}

// A placeShape is a place as it is drawn.
type placeShape struct {
	Place
	Step   int
	Path   string
	X, Y   float64
	Radius float64
	// LabelX and LabelY are where its name stands, if Labelled.
	Labelled       bool
	LabelX, LabelY float64
}

// A Step is a range of numbers that have one colour, from the palest on. The first is of nothing at all.
type Step struct {
	Step        int
	From, Until float64
}

// Steps gives the ranges of the outlines' colours: equally wide, so that twice the colour is about twice the number.
func (m Map) Steps() []Step {
	high, whole, outlined := 0.0, true, false
	for _, p := range m.Places {
		high, whole = max(high, p.Value), whole && p.Value == math.Trunc(p.Value)
		outlined = outlined || len(p.Outline.Rings) > 0
	}
	if !outlined || high <= 0 {
		return nil
	}
	width := high / mapSteps
	if whole {
		width = math.Ceil(width)
	}
	var out []Step
	for i := range mapSteps {
		s := Step{Step: i + 1, From: float64(i) * width, Until: float64(i+1) * width}
		if whole {
			s.From++
		}
		if s.From <= high {
			out = append(out, s)
		}
	}
	return out
}

// stepOf gives the step of a number, 0 if it has none.
func stepOf(steps []Step, n Number) int {
	for _, s := range steps {
		if !n.Withheld && n.Value > 0 && n.Value <= s.Until {
			return s.Step
		}
	}
	return 0
}

// Draw draws the map; "" if there is no place on it.
func (m Map) Draw() (template.HTML, error) {
	if len(m.Places) == 0 {
		return "", nil
	}
	v := viewOf(m.points())
	var around []string
	for _, o := range m.Around {
		around = append(around, v.path(o))
	}
	var ground []tile
	if m.Ground != nil {
		ground = m.Ground.tiles(v)
	}
	km, bar := v.measure()
	shapes := m.shapes(v)
	return draw("map.svg", map[string]any{
		"Map": m, "Width": mapWidth, "Height": math.Round(v.height), "Ground": ground, "Around": around, "Shapes": shapes,
		"Kilometres": km, "BarWidth": bar, "BarY": v.height - 12, "BarX": mapWidth - bar - 14,
	})
}

// points are those that have to be seen.
func (m Map) points() (out []Point) {
	for _, p := range m.Places {
		if len(p.Outline.Rings) == 0 {
			out = append(out, p.At)
		}
		for _, ring := range p.Outline.Rings {
			out = append(out, ring...)
		}
	}
	return out
}

// shapes places outlines, and over them circles, the smallest last, so that none lies hidden.
func (m Map) shapes(v view) []placeShape {
	high, steps := 0.0, m.Steps()
	for _, p := range m.Places {
		high = max(high, p.Value)
	}
	out := make([]placeShape, len(m.Places))
	for i, p := range m.Places {
		s := placeShape{Place: p, Path: v.path(p.Outline), Radius: 4}
		if s.Path != "" {
			s.Step = stepOf(steps, p.Number)
			s.At, s.Radius = p.Outline.middle(), 0
		} else if high > 0 && p.Value > 0 {
			s.Radius = max(4, mapRadius*math.Sqrt(p.Value/high))
		}
		s.X, s.Y = v.place(s.At)
		out[i] = s
	}
	slices.SortStableFunc(out, func(a, b placeShape) int {
		outlined := func(s placeShape) int { return map[bool]int{true: 1}[s.Path == ""] }
		return cmp.Or(outlined(a)-outlined(b), cmp.Compare(b.Value, a.Value))
	})
	label(out, v.height)
	return out
}

// label names the places with the largest numbers, where there is room.
func label(shapes []placeShape, height float64) {
	type box struct{ left, right, top, bottom float64 }
	var taken []box
	order := make([]*placeShape, len(shapes))
	for i := range shapes {
		order[i] = &shapes[i]
	}
	slices.SortStableFunc(order, func(a, b *placeShape) int { return cmp.Compare(b.Value, a.Value) })
	for _, s := range order[:min(mapLabels, len(order))] {
		half := float64(len([]rune(s.Name)))*letterSize*0.3 + 2
		for _, y := range []float64{s.Y + letterSize/3, s.Y - s.Radius - 4, s.Y + s.Radius + letterSize} {
			inside := half <= s.Radius
			if y == s.Y+letterSize/3 && s.Path == "" && !inside {
				continue // it would lie over the edge of its circle
			}
			b := box{s.X - half, s.X + half, y - letterSize, y + letterSize/3}
			meets := slices.ContainsFunc(taken, func(o box) bool {
				return b.left < o.right && o.left < b.right && b.top < o.bottom && o.top < b.bottom
			})
			if !meets && b.left > 0 && b.right < mapWidth && b.top > 0 && b.bottom < height {
				s.Labelled, s.LabelX, s.LabelY = true, s.X, y
				taken = append(taken, b)
				break
			}
		}
	}
}

// kilometre is one in degrees of latitude.
const kilometre = 1 / 111.2

// measure gives a round number of kilometres, and how wide they are on the map.
func (v view) measure() (km, width float64) {
	per := kilometre * v.scale
	for _, km := range []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000} {
		if km*per > mapWidth/9 {
			return km, km * per
		}
	}
	return 10_000, 10_000 * per
}
