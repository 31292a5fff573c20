package charts

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// TestTilesLieWhereTheyBelong has the corners of tiles, which everybody counts alike, under the places that are there.
func TestTilesLieWhereTheyBelong(t *testing.T) {
	for name, c := range map[string]struct {
		points []Point
		least  int
		most   int
		want   string // the tile below the first point, at the level that is chosen
	}{
		"a country":          {[]Point{{20.69, 43.72}, {18.8, 46.2}, {23, 41.8}}, 0, 14, "7/71/46"},
		"one village":        {[]Point{{20.69, 43.72}}, 0, 14, "11/1141/746"},
		"no more is there":   {[]Point{{20.69, 43.72}}, 0, 9, "9/285/186"},
		"over the date line": {[]Point{{179.9, -17}, {180.4, -16.8}}, 0, 8, "8/255/140"},
	} {
		t.Run(name, func(t *testing.T) {
			v := viewOf(c.points)
			g := Ground{Least: c.least, Most: c.most, Address: func(z, x, y int) string { return fmt.Sprintf("%d/%d/%d", z, x, y) }}
			x, y := v.place(c.points[0])
			var at []string
			area := 0.0
			for _, tile := range g.tiles(v) {
				if tile.X <= x && x < tile.X+tile.Width && tile.Y <= y && y < tile.Y+tile.Height {
					at = append(at, tile.Address)
				}
				area += max(0, min(tile.X+tile.Width, mapWidth)-max(tile.X, 0)) * max(0, min(tile.Y+tile.Height, v.height)-max(tile.Y, 0))
			}
			if !slices.Equal(at, []string{c.want}) {
				t.Errorf("under the place lie %v, want %s", at, c.want)
			}
			if whole := mapWidth * v.height; math.Abs(area-whole) > 1 {
				t.Errorf("the tiles cover %.0f of %.0f", area, whole)
			}
		})
	}
	if got := (Ground{Least: 14, Most: 14}).tiles(viewOf([]Point{{18, 46}, {23, 42}})); got != nil {
		t.Errorf("%d tiles lie under a country", len(got))
	}
}
