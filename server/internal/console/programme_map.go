package console

import (
	"errors"
	"fmt"
	"html"
	"html/template"
	"io/fs"
	"math"
	"net/http"
	"os"
	"regexp"
	"strconv"

	"github.com/google/uuid"

	"satchel/server/internal/charts"
	"satchel/server/internal/indicators"
	"satchel/server/internal/reports"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// placesShown is a figure by area: a table, and a map of as many of the areas as can be placed.
type placesShown struct {
	sharedOut
	// Title is what the figure counts.
	Title string
	Map   template.HTML
	Steps []stepShown
	// Circles says that some of the areas are circles.
	Circles bool
	// Unplaced counts the areas that are not on the map.
	Unplaced int
	// OutlinesFault says why the file with the outlines cannot be used, GroundFault why the archive of tiles cannot; they are for
	// who runs the server.
	OutlinesFault, GroundFault string
	// Attribution says whom the ground is from.
	Attribution string
}

// A stepShown is a colour of the map, and what it stands for.
type stepShown struct {
	Step int
	Text string
}

// leastHouseholds is of how many households the middle may be shown, so that nobody learns where one lives.
const leastHouseholds = 5

// readOutlines reads the outlines of areas; there need not be any.
func (c *Console) readOutlines() ([]charts.Outline, error) {
	file, err := os.Open(c.Outlines)
	if errors.Is(err, fs.ErrNotExist) || c.Outlines == "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	out, err := charts.ReadOutlines(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Outlines, err)
	}
	return out, nil
}

// places gives a figure by area.
func (v *Visit) places(f programmeFilter, figure indicators.Figure, o reports.Options) (out placesShown, err error) {
	if figure.Title == "" {
		figure.Title = v.say("programme.deliveries")
	}
	out.Title = figure.Title
	if out.sharedOut, err = v.sharedOut(figure, f.level(), o); err != nil || out.Fault != "" {
		return out, err
	}
	outlines, fault := v.console.outlines()
	if fault != nil {
		out.OutlinesFault = fault.Error()
	}
	drawing := charts.Map{ID: "map", Title: out.Title, Description: v.say("programme.map_of")}
	atlas := f.atlas(outlines)
	for _, row := range out.Rows {
		place, known := atlas.place(row.Label)
		if !known {
			out.Unplaced++
			continue
		}
		place.Number = row.Number
		out.Circles = out.Circles || len(place.Outline.Rings) == 0
		drawing.Places = append(drawing.Places, place)
	}
	drawing.Around = atlas.around()
	drawing.Ground = v.ground(&out)
	for _, s := range drawing.Steps() {
		out.Steps = append(out.Steps, stepShown{s.Step, v.Words.Number(s.From) + "–" + v.Words.Number(s.Until)})
	}
	if len(drawing.Places) > 1 || len(out.Steps) > 0 { // one circle says nothing
		out.Map, err = drawing.Draw()
	}
	return out, err
}

// ground gives what lies under a map, nil if nothing does. The archive is opened each time: it takes less than a millisecond, and
// whoever runs the server may exchange the file.
func (v *Visit) ground(shown *placesShown) *charts.Ground {
	out := &charts.Ground{Address: tileAddress}
	tiles, err := store.OpenTiles(v.ctx(), v.console.Ground)
	if tiles != nil {
		defer tiles.Close() //nolint:errcheck // it was only read
		out.Least, out.Most, err = tiles.Zooms(v.ctx())
	}
	if err != nil {
		shown.GroundFault = err.Error()
	}
	if err != nil || tiles == nil {
		return nil
	}
	shown.Attribution = plainAttribution(tiles.Attribution)
	return out
}

// tileAddress is where a tile of the ground is.
func tileAddress(zoom, column, row int) string {
	return fmt.Sprintf("/programme/ground/%d/%d/%d", zoom, column, row)
}

// markup finds what an attribution has of HTML, which files mostly have as links.
var markup = regexp.MustCompile(`<[^>]*>`)

// plainAttribution gives an attribution as text.
func plainAttribution(text string) string {
	return html.UnescapeString(markup.ReplaceAllString(text, ""))
}

// tile gives a picture that lies under maps.
func (c *Console) tile(v *Visit) error {
	var at [3]int
	for i, name := range []string{"zoom", "column", "row"} {
		n, err := strconv.ParseUint(v.Request.PathValue(name), 10, 31)
		if err != nil {
			return noTile()
		}
		at[i] = int(n)
	}
	tiles, err := store.OpenTiles(v.ctx(), c.Ground)
	if err != nil || tiles == nil {
		return noTile()
	}
	defer tiles.Close() //nolint:errcheck // it was only read
	picture, err := tiles.Tile(v.ctx(), at[0], at[1], at[2])
	if errors.Is(err, store.ErrNotFound) {
		return noTile()
	}
	if err != nil {
		return err
	}
	h := v.Response.Header()
	h.Set("Content-Type", tiles.Kind)
	h.Set("Cache-Control", "private, max-age=86400")
	v.Response.WriteHeader(http.StatusOK)
	_, err = v.Response.Write(picture)
	return err
}

func noTile() error {
	return syncproto.Refuse(syncproto.CodeNotFound, "The map has no such tile.")
}

// An atlas knows where the areas of one level are, by name.
type atlas struct {
	areas    map[string][]areaNode
	outlines map[uuid.UUID]int
	centres  map[uuid.UUID]charts.Point
	all      []charts.Outline
	used     map[int]bool
}

// atlas finds where the areas of the level are: within an outline of their official code or name, or else in the middle of their
// households.
func (f programmeFilter) atlas(outlines []charts.Outline) atlas {
	level := f.level()
	out := atlas{areas: map[string][]areaNode{}, outlines: map[uuid.UUID]int{}, all: outlines, used: map[int]bool{}}
	byCode, byName := map[string]int{}, map[string][]int{}
	for i, o := range outlines {
		if o.Code != "" {
			byCode[o.Code] = i
		}
		byName[syncproto.Fold(o.Name)] = append(byName[syncproto.Fold(o.Name)], i)
	}
	for _, a := range f.lists.Areas {
		if a.Level != level && level != "area" {
			continue
		}
		out.areas[a.Name] = append(out.areas[a.Name], a)
		named := byName[syncproto.Fold(a.Name)]
		if i, known := byCode[a.Code]; known && a.Code != "" {
			out.outlines[a.ID] = i
		} else if len(named) == 1 {
			out.outlines[a.ID] = named[0]
		}
	}
	out.centres = f.centres()
	return out
}

// place gives where the one area of a name is.
func (a atlas) place(name string) (charts.Place, bool) {
	out := charts.Place{Name: name}
	if len(a.areas[name]) != 1 {
		return out, false
	}
	id := a.areas[name][0].ID
	if i, known := a.outlines[id]; known && len(a.all[i].Rings) > 0 {
		out.Outline, a.used[i] = a.all[i], true
		return out, true
	}
	var known bool
	out.At, known = a.centres[id]
	return out, known
}

// around gives the outlines that no place has.
func (a atlas) around() (out []charts.Outline) {
	for i, o := range a.all {
		if !a.used[i] {
			out = append(out, o)
		}
	}
	return out
}

// centres gives the middle of the households of each area of the level, those below it among them, to about a kilometre, as far as
// they are in areas that who asks may see; of fewer than [leastHouseholds] there is none.
func (f programmeFilter) centres() map[uuid.UUID]charts.Point {
	level, nodes, within := f.level(), map[uuid.UUID]areaNode{}, map[uuid.UUID]areaNode{}
	for _, a := range f.lists.Areas {
		nodes[a.ID], within[a.ID] = a, a
	}
	if f.within != nil {
		keepWithin(within, f.within)
	}
	type sum struct{ households, lat, lon float64 }
	sums := map[uuid.UUID]sum{}
	for _, c := range f.lists.Centres {
		at, known := within[c.Area]
		for steps := 0; known && level != "area" && at.Level != level && steps < len(nodes); steps++ {
			at, known = nodes[at.Parent]
		}
		if n := float64(c.Households); known {
			s := sums[at.ID]
			sums[at.ID] = sum{s.households + n, s.lat + n*c.Lat, s.lon + n*c.Lon}
		}
	}
	out := map[uuid.UUID]charts.Point{}
	for id, s := range sums {
		if s.households >= leastHouseholds {
			out[id] = charts.Point{Lon: math.Round(s.lon/s.households*100) / 100, Lat: math.Round(s.lat/s.households*100) / 100}
		}
	}
	return out
}
