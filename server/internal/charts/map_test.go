package charts_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"satchel/server/internal/charts"
)

func place(name string, v, lon, lat float64) charts.Place {
	return charts.Place{Number: number(v), Name: name, At: charts.Point{Lon: lon, Lat: lat}}
}

// square is an outline around a point.
func square(lon, lat, half float64) charts.Outline {
	return charts.Outline{Rings: [][]charts.Point{{{lon - half, lat - half}, {lon + half, lat - half}, {lon + half, lat + half}, {lon - half, lat + half}, {lon - half, lat - half}}}}
}

func TestTheMapHasNorthAboveAndEastToTheRight(t *testing.T) {
	m := charts.Map{ID: "m", Places: []charts.Place{place("Niš", 4, 21.9, 43.3), place("Peć", 16, 20.3, 42.7)}}
	svg, err := m.Draw()
	out := drawing(t, svg, err)
	x, y, r := measures(out, "series-1", "cx"), measures(out, "series-1", "cy"), measures(out, "series-1", "r")
	if len(x) != 2 || x[0] >= x[1] || y[0] <= y[1] {
		t.Errorf("Peć is at %v, Niš at %v: %v %v", x[0], x[1], y[0], y[1])
	}
	if math.Abs(r[0]/r[1]-2) > 0.01 {
		t.Errorf("a number that is four times as large has an area that is %v times as large", r[0]*r[0]/(r[1]*r[1]))
	}
	if across := (x[1] - x[0]) / (y[0] - y[1]); math.Abs(across-1.6*math.Cos(43*math.Pi/180)/0.6) > 0.02 {
		t.Errorf("a step to the east is %v of one to the north", across)
	}
}

func TestAnyPlacesAreOnTheMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := charts.Map{}
		for i := range rapid.IntRange(1, 60).Draw(t, "places") {
			p := place(fmt.Sprint("Place ", i), rapid.Float64Range(0, 1e6).Draw(t, "value"), rapid.Float64Range(-180, 180).Draw(t, "lon"), rapid.Float64Range(-90, 90).Draw(t, "lat"))
			if rapid.Bool().Draw(t, "outlined") {
				p.Outline = square(p.At.Lon, p.At.Lat, 0.01)
			}
			m.Places = append(m.Places, p)
		}
		svg, err := m.Draw()
		out := drawing(t, svg, err)
		var width, height float64
		if _, err := fmt.Sscanf(out[strings.Index(out, "viewBox"):], `viewBox="0 0 %g %g"`, &width, &height); err != nil || height > 800 {
			t.Fatal(width, height, err)
		}
		for i, x := range measures(out, "series-1", "cx") {
			if y := measures(out, "series-1", "cy")[i]; x < 0 || x > width || y < 0 || y > height {
				t.Fatalf("a place is at %v, %v of %v, %v", x, y, width, height)
			}
		}
	})
}

func TestOutlinesAreDarkerForMore(t *testing.T) {
	m := charts.Map{Around: []charts.Outline{square(3, 3, 1)}}
	for i, v := range []float64{0, 1, 11, 50} {
		p := place(fmt.Sprint("Area ", i), v, 0, 0)
		p.Outline = square(float64(i), 0, 0.5)
		m.Places = append(m.Places, p)
	}
	svg, err := m.Draw()
	out := drawing(t, svg, err)
	for _, want := range []string{`Area 0: 0</title><path class="step-0"`, `Area 1: 1</title><path class="step-1"`, `Area 2: 11</title><path class="step-2"`, `Area 3: 50</title><path class="step-5"`, `class="around"`} {
		if !strings.Contains(out, want) {
			t.Errorf("%s is not in %s", want, out)
		}
	}
	steps := m.Steps()
	if len(steps) != 5 || steps[0] != (charts.Step{Step: 1, From: 1, Until: 10}) || steps[4].Until != 50 {
		t.Errorf("the steps are %+v", steps)
	}
	if few := (charts.Map{Places: []charts.Place{{Number: number(2), Outline: square(0, 0, 1)}}}).Steps(); len(few) != 2 {
		t.Errorf("of numbers up to 2 the steps are %+v", few)
	}
	if none, err := (charts.Map{}).Draw(); none != "" || err != nil {
		t.Errorf("a map of nothing is %q, %v", none, err)
	}
}

// file writes a GeoJSON file with one feature.
func file(properties, geometry string) string {
	return `{"type":"FeatureCollection","features":[{"type":"Feature","properties":` + properties + `,"geometry":` + geometry + `}]}`
}

func TestOutlinesAreReadAndMadeSimple(t *testing.T) {
	var ring []string
	for i := range 1001 { // a circle, of which much can be left out
		angle := 2 * math.Pi * float64(i%1000) / 1000
		ring = append(ring, fmt.Sprintf("[%v,%v,12]", 20+math.Cos(angle), 44+math.Sin(angle)))
	}
	circle := "[" + strings.Join(ring, ",") + "]"
	got, err := charts.ReadOutlines(strings.NewReader(file(`{"CODE":70432,"Name":" Kraljevo ","area":null}`, `{"type":"MultiPolygon","coordinates":[[`+circle+`]]}`)))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].Code != "70432" || got[0].Name != "Kraljevo" || len(got[0].Rings) != 1 {
		t.Fatalf("it is %+v", got)
	}
	kept := got[0].Rings[0]
	if len(kept) < 40 || len(kept) > 400 || kept[0] != kept[len(kept)-1] {
		t.Errorf("of 1001 points %d are left, from %v to %v", len(kept), kept[0], kept[len(kept)-1])
	}
	for _, p := range kept {
		if off := math.Abs(math.Hypot(p.Lon-20, p.Lat-44) - 1); off > 1e-9 {
			t.Fatalf("%v is no point of the border", p)
		}
	}
}

func TestAFileThatIsNoMapIsRefused(t *testing.T) {
	triangle := `[[[20,44],[21,44],[21,45],[20,44]]]`
	for want, text := range map[string]string{
		"it is no GeoJSON":               "name,code",
		"it has to be a FeatureCollecti": `{"type":"Feature"}`,
		"of 1 to 20000 features":         `{"type":"FeatureCollection","features":[]}`,
		`its geometry is a "Point"`:      file(`{}`, `{"type":"Point","coordinates":[20,44]}`),
		`its geometry is a ""`:           file(`{}`, `null`),
		"a point is not on the earth":    file(`{}`, `{"type":"Polygon","coordinates":`+strings.Replace(triangle, "21,45", "7412345,4823456", 1)+`}`),
		"less than four points":          file(`{}`, `{"type":"Polygon","coordinates":[[[20,44],[21,45]]]}`),
		"it has no borders":              file(`{}`, `{"type":"MultiPolygon","coordinates":[]}`),
		"feature 1: ":                    file(`{}`, `{"type":"Polygon","coordinates":{"a":1}}`),
		"it is longer than":              strings.Repeat(" ", charts.MostBytes+1),
	} {
		if _, err := charts.ReadOutlines(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s is answered %v, want %q", text, err, want)
		}
	}
}
