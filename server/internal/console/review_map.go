package console

import (
	"math"
	"slices"
	"strconv"

	"satchel/server/internal/engine"
	"satchel/syncproto"
)

// A placeMap is a small map of the positions that clash: points in a box of mapWidth by mapHeight.
type placeMap struct {
	Points []mapPoint
	// Distance is between the two points that are the farthest from each other, in metres.
	Distance float64
	// Scale is the length of a bar in the map, in metres, and Bar the same in the map's units.
	Scale, Bar float64

	// field is the one that it shows, numbers what of it is where, by version.
	field   string
	numbers map[string]int
}

// A mapPoint is a position on the map, or several that are too near to each other to be told apart there. Numbers are those of
// the values, which are shown beside them.
type mapPoint struct {
	X, Y    float64
	Numbers string
	Shown   bool
}

// pinSize is how high and wide the mark of a point is, with one number.
const pinSize = 22.0

// Left is where the mark of the point begins.
func (p mapPoint) Left() float64 { return p.X - p.Width()/2 }

// Top is where the mark begins, from above.
func (p mapPoint) Top() float64 { return p.Y - pinSize/2 }

// Width is that of the mark, so that its numbers fit in.
func (p mapPoint) Width() float64 { return pinSize + 7*float64(len(p.Numbers)-1) }

// The size of a map, and how much of it stays free around the points.
const (
	mapWidth, mapHeight, mapMargin = 320.0, 200.0, 36.0
)

// metresPerDegree is the length of a degree of latitude.
const metresPerDegree = 111_195.0

// mapOf draws the positions of a field in conflict, nil if fewer than two clash.
func mapOf(conflicts []engine.Conflict) *placeMap {
	for _, conflict := range conflicts {
		c, _ := syncproto.CollectionOf(conflict.Collection)
		f, _ := c.Field(conflict.Field)
		if f.Type != syncproto.Position {
			continue
		}
		out := &placeMap{field: conflict.Field, numbers: map[string]int{}}
		var places []syncproto.Place
		for i, side := range conflict.Sides {
			if !side.Value.IsNull() && f.Check(side.Value) == nil {
				places = append(places, placeOf(side.Value))
				out.Points = append(out.Points, mapPoint{Numbers: strconv.Itoa(len(places)), Shown: i == 0})
				out.numbers[side.Version.String()] = len(places)
			}
		}
		if len(places) > 1 {
			out.draw(places)
			return out
		}
	}
	return nil
}

// draw puts places on the map, on a plane that touches the earth at the first.
func (m *placeMap) draw(places []syncproto.Place) {
	var xs, ys []float64
	for _, p := range places {
		xs = append(xs, (p.Lon-places[0].Lon)*metresPerDegree*math.Cos(places[0].Lat*math.Pi/180))
		ys = append(ys, (places[0].Lat-p.Lat)*metresPerDegree)
	}
	for i := range xs {
		for j := range i {
			m.Distance = max(m.Distance, math.Hypot(xs[i]-xs[j], ys[i]-ys[j]))
		}
	}
	m.Distance = math.Round(m.Distance)
	left, right, top, bottom := xs[0], xs[0], ys[0], ys[0]
	for i := range xs {
		left, right, top, bottom = min(left, xs[i]), max(right, xs[i]), min(top, ys[i]), max(bottom, ys[i])
	}
	unit := max((right-left)/(mapWidth-2*mapMargin), (bottom-top)/(mapHeight-2*mapMargin), 0.01) // metres in one unit of the map
	for i := range xs {
		m.Points[i].X = math.Round(mapWidth/2 + (xs[i]-(left+right)/2)/unit)
		m.Points[i].Y = math.Round(mapHeight/2 + (ys[i]-(top+bottom)/2)/unit)
	}
	m.join()
	m.Scale = roundLength(unit * mapWidth / 3)
	m.Bar = math.Round(m.Scale / unit)
}

// join puts points whose marks would cover each other at the place of the first of them.
func (m *placeMap) join() {
	var apart []mapPoint
	for _, p := range m.Points {
		at := slices.IndexFunc(apart, func(other mapPoint) bool { return math.Hypot(other.X-p.X, other.Y-p.Y) < pinSize })
		if at < 0 {
			apart = append(apart, p)
			continue
		}
		apart[at].Numbers += ", " + p.Numbers
	}
	m.Points = apart
}

// roundLength gives the longest length of 1, 2 or 5 with zeros that is not above most.
func roundLength(most float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(most)))
	for _, n := range []float64{5, 2} {
		if n*power <= most {
			return n * power
		}
	}
	return power
}
