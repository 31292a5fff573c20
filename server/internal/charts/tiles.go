package charts

import "math"

// A Ground is the pictures that lie under a map, in the tiles that web maps have: squares of the Mercator projection, at zoom
// level z 2^z of them around the earth.
type Ground struct {
	// Least and Most are the zoom levels that there are.
	Least, Most int
	// Address gives that of a tile, by zoom level, column from the west and row from the north.
	Address func(zoom, column, row int) string
}

// tileWidth is how wide a tile is at the least, in units of the map, and mostTiles how many lie under one.
const (
	tileWidth = 160.0
	mostTiles = 64
)

// mercatorEnd is the latitude at which the tiles end.
const mercatorEnd = 85.0511

// A tile is a picture under a map, and where it lies.
type tile struct {
	Address             string
	X, Y, Width, Height float64
}

// tiles gives those that lie under a view. Each is stretched to where its corners are on the map: within a tile, the two
// projections differ by less than people see.
func (g Ground) tiles(v view) []tile {
	degree := v.narrow * v.scale // the width of one of longitude
	zoom := min(max(int(math.Log2(360*degree/tileWidth)), g.Least), g.Most)
	count := 1 << zoom // around the earth
	around := float64(count)
	column := func(x float64) int { return int(math.Floor(((x+v.left)/degree + 180) / 360 * around)) }
	row := func(y float64) int { return int(math.Floor(mercator((v.top-y)/v.scale) * around)) }
	left, right, top, bottom := column(0), column(mapWidth), max(0, row(0)), min(count-1, row(v.height))
	if (right-left+1)*(bottom-top+1) > mostTiles {
		return nil // the archive has none that are large enough
	}
	var out []tile
	for c := left; c <= right; c++ {
		for r := top; r <= bottom; r++ {
			x, y := v.place(Point{float64(c)/around*360 - 180, latitude(float64(r) / around)})
			right, bottom := v.place(Point{float64(c+1)/around*360 - 180, latitude(float64(r+1) / around)})
			out = append(out, tile{g.Address(zoom, (c%count+count)%count, r), x, y, right - x, bottom - y})
		}
	}
	return out
}

// mercator gives how far a latitude lies from the northern end of the tiles, of their whole height.
func mercator(lat float64) float64 {
	lat = min(max(lat, -mercatorEnd), mercatorEnd) * math.Pi / 180
	return (1 - math.Asinh(math.Tan(lat))/math.Pi) / 2
}

// latitude is the inverse of mercator, in degrees.
func latitude(part float64) float64 {
	return math.Atan(math.Sinh(math.Pi*(1-2*part))) * 180 / math.Pi
}
