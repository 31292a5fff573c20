package charts_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"html/template"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"satchel/server/internal/charts"
)

func number(v float64) charts.Number { return charts.Number{Text: plain(v), Value: v} }

func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// drawing fails if something cannot be drawn, or is not well-formed, or has a style or script of its own.
func drawing(t interface {
	Helper()
	Fatal(...any)
}, svg template.HTML, err error,
) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for in := xml.NewDecoder(strings.NewReader(string(svg))); ; {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			return string(svg)
		}
		if err != nil {
			t.Fatal(err, string(svg))
		}
		element, is := token.(xml.StartElement)
		if !is {
			continue
		}
		for _, a := range element.Attr {
			if a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") || strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
				t.Fatal(fmt.Sprintf("<%s %s=%q>", element.Name.Local, a.Name.Local, a.Value))
			}
		}
		if element.Name.Local == "script" || element.Name.Local == "style" {
			t.Fatal("there is a ", element.Name.Local)
		}
	}
}

// measures gives what an attribute of the elements of a class says.
func measures(svg, class, attribute string) (out []float64) {
	for _, element := range regexp.MustCompile(`<\w+ class="`+class+`"[^>]*>`).FindAllString(svg, -1) {
		if match := regexp.MustCompile(` ` + attribute + `="(-?[0-9.]+)%?"`).FindStringSubmatch(element); match != nil {
			x, err := strconv.ParseFloat(match[1], 64)
			if err != nil {
				panic(err)
			}
			out = append(out, x)
		}
	}
	return out
}

func columns(values ...float64) charts.Columns {
	out := charts.Columns{ID: "c", Title: "Deliveries", Description: "by month", Series: 1, Number: plain}
	for i, v := range values {
		out.Columns = append(out.Columns, charts.Column{Number: number(v), Name: fmt.Sprint("month ", i), Label: fmt.Sprint(i)})
	}
	return out
}

func TestColumnsAreAsHighAsTheirNumbers(t *testing.T) {
	svg, err := columns(10, 20, 0, 40).Draw()
	out := drawing(t, svg, err)
	heights := measures(out, "series-1", "height")
	if len(heights) != 3 || math.Abs(heights[1]/heights[0]-2) > 0.01 || math.Abs(heights[2]/heights[0]-4) > 0.01 {
		t.Errorf("the heights are %v in %s", heights, out)
	}
	for _, part := range []string{`aria-labelledby="c-title c-desc"`, `<title id="c-title">Deliveries</title>`, `<desc id="c-desc">by month</desc>`, "<title>month 3: 40</title>"} {
		if !strings.Contains(out, part) {
			t.Errorf("%q is not in %s", part, out)
		}
	}
}

func TestColumnsBelowZeroHangFromIt(t *testing.T) {
	svg, err := columns(-10, 10).Draw()
	out := drawing(t, svg, err)
	tops, zero := measures(out, "series-1", "y"), measures(out, "axis", "y1")
	if len(tops) != 2 || tops[0] != zero[0] || tops[1] >= zero[0] {
		t.Errorf("the tops are %v and zero is at %v", tops, zero)
	}
}

func TestAnyColumnsAreDrawnWithinTheDrawing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(-1e12, 1e12), rapid.Float64Range(-1, 1)), 0, 300).Draw(t, "values")
		c := columns(values...)
		svg, err := c.Draw()
		out := drawing(t, svg, err)
		for i, y := range measures(out, "series-1", "y") {
			if height := measures(out, "series-1", "height")[i]; y < 0 || y+height > 240 || height <= 0 {
				t.Fatalf("a column is from %v, %v high", y, height)
			}
		}
		if lines := len(measures(out, "grid", "y1")); lines < 2 || lines > 9 {
			t.Fatalf("there are %d lines for %v", lines, values)
		}
		svg, err = c.Spark(charts.ScaleOf(number(5)))
		drawing(t, svg, err)
	})
}

// What is drawn later lies above: the first column hid the numbers beside it.
func TestNoColumnHidesTheNumbersOfTheAxis(t *testing.T) {
	svg, err := columns(700, 2000).Draw()
	out := drawing(t, svg, err)
	if first, last := strings.Index(out, `class="measure"`), strings.LastIndex(out, "<rect"); first < last {
		t.Errorf("a column is drawn over a number: %s", out)
	}
}

// A number that is withheld is not to be found in a drawing, nor can it be measured there.
func TestWhatIsWithheldIsNotDrawn(t *testing.T) {
	c := columns(10, 20)
	c.Columns[0].Number = charts.Number{Text: "x", Withheld: true}
	svg, err := c.Draw()
	if out := drawing(t, svg, err); len(measures(out, "series-1", "height")) != 1 || !strings.Contains(out, "month 0: x") {
		t.Errorf("it is drawn: %s", out)
	}
	svg, err = c.Spark(charts.ScaleOf(number(20)))
	if out := drawing(t, svg, err); len(measures(out, "series-1", "height")) != 1 {
		t.Errorf("it is drawn small: %s", out)
	}
	svg, err = charts.ScaleOf(number(9)).Bar(c.Columns[0].Number, 1)
	if out := drawing(t, svg, err); strings.Contains(out, "series-1") || !strings.Contains(out, "withheld") {
		t.Errorf("it is drawn as a bar: %s", out)
	}
	m := charts.Map{Places: []charts.Place{{Number: number(100), Name: "A"}, {Number: c.Columns[0].Number, Name: "B", At: charts.Point{Lon: 1}}}}
	svg, err = m.Draw()
	if out := drawing(t, svg, err); len(measures(out, "withheld", "r")) != 1 || measures(out, "withheld", "r")[0] != 4 {
		t.Errorf("it is measured on the map: %s", out)
	}
}

func TestBarsShareAScale(t *testing.T) {
	scale := charts.ScaleOf(number(-50), number(150))
	for v, want := range map[float64]string{150: `x="25%" width="75%"`, -50: `x="0%" width="25%"`, 50: `x="25%" width="25%"`} {
		svg, err := scale.Bar(number(v), 2)
		if out := drawing(t, svg, err); !strings.Contains(out, `series-2`) || !strings.Contains(out, want) {
			t.Errorf("%v is %s, want %s", v, out, want)
		}
	}
	svg, err := charts.ScaleOf(number(0)).Bar(number(0), 1)
	if out := drawing(t, svg, err); strings.Contains(out, "series") {
		t.Errorf("nothing is drawn as %s", out)
	}
}

func TestProgressIsMarkedWhereTheTargetIs(t *testing.T) {
	for percent, want := range map[float64]string{0: "", 40: `series-1" width="40%"`, 100: `done" width="100%"`, 200: `mark" x="50%"`, -5: ""} {
		svg, err := charts.Progress(percent)
		if out := drawing(t, svg, err); !strings.Contains(out, want) || want == "" && strings.Contains(out, "series") {
			t.Errorf("%v %% is %s, want %s", percent, out, want)
		}
	}
}

func TestWhatPeopleWroteIsShownAsTheyWroteIt(t *testing.T) {
	c := columns(1)
	c.Title, c.Columns[0].Name, c.Columns[0].Label = `<script>a</script>`, `"><b>`, `</svg>`
	svg, err := c.Draw()
	drawing(t, svg, err)
	m := charts.Map{Title: "</title><script>", Places: []charts.Place{{Number: number(1), Name: `<img onerror="x">`}}}
	svg, err = m.Draw()
	drawing(t, svg, err)
}
