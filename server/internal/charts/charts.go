// Package charts draws figures as SVG: bars over time, bars beside one another, and maps.
//
// It promises that a drawing says in words what it shows, that it takes its colours from the style sheet and so suits both
// themes, that its text is as large on a small screen as on a large one, and that a number which is withheld is not drawn. It
// is pure: the same numbers give the same drawing. It never counts, and never decides what is withheld.
package charts

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"math"
)

//go:embed shapes/*.svg
var shapes embed.FS

// drawn are the templates of all drawings.
var drawn = template.Must(template.New("").Funcs(template.FuncMap{"n": short}).ParseFS(shapes, "shapes/*.svg"))

// draw fills a template.
func draw(name string, data any) (template.HTML, error) {
	var out bytes.Buffer
	if err := drawn.ExecuteTemplate(&out, name, data); err != nil {
		return "", fmt.Errorf("draw: %w", err)
	}
	return template.HTML(out.String()), nil //nolint:gosec // html/template made it, with everything escaped where it stands
}

// short writes a measure to a hundredth.
func short(x float64) string {
	x = math.Round(x*100) / 100
	if x == 0 {
		return "0" // and not -0
	}
	return fmt.Sprintf("%g", x)
}

// A Number is what stands for a value.
type Number struct {
	// Text is what people read, and Value what is drawn. Of one that is withheld, Value is 0.
	Text     string
	Value    float64
	Withheld bool
}

// A Scale is from the least to the largest of some numbers, and has 0 in it.
type Scale struct{ Low, High float64 }

// ScaleOf gives the scale of numbers.
func ScaleOf(numbers ...Number) Scale {
	var out Scale
	for _, n := range numbers {
		out.Low, out.High = min(out.Low, n.Value), max(out.High, n.Value)
	}
	return out
}

// at gives where a value lies, from 0 to 1.
func (s Scale) at(v float64) float64 {
	if s.High == s.Low {
		return 0
	}
	return min(1, max(0, (v-s.Low)/(s.High-s.Low)))
}

// Bar draws one bar of many that share a scale and lie one below another, beside what it stands for: that is not said again.
func (s Scale) Bar(n Number, series int) (template.HTML, error) {
	zero, end := 100*s.at(0), 100*s.at(n.Value)
	return draw("bar.svg", map[string]any{"X": min(zero, end), "Width": math.Abs(end - zero), "Series": series, "Withheld": n.Withheld})
}

// Progress draws how many percent of a target are reached, beside what it stands for. Of more than all, the target is marked.
func Progress(percent float64) (template.HTML, error) {
	mark := 0.0
	if percent > 100 {
		mark = 100 * 100 / percent
	}
	return draw("progress.svg", map[string]any{"Width": min(100, max(0, percent)), "Mark": mark, "Done": percent >= 100})
}
