package charts

import (
	"html/template"
	"math"
)

// Columns are bars side by side, such as one for each month.
type Columns struct {
	// ID is unique on the page; what the drawing says in words has ids made from it.
	ID string
	// Title and Description say what it shows.
	Title, Description string
	Columns            []Column
	// Series is the colour, from 1 to 6.
	Series int
	// Number writes a number of the axis.
	Number func(float64) string
}

// A Column is one bar.
type Column struct {
	Number
	// Name is what it is of. Label stands below it, "" for nothing: there is room for about six.
	Name, Label string
}

// The measures of columns, in pixels.
const (
	columnsHeight = 240
	columnsTop    = 18 // above the highest line, for its number
	columnsBottom = 24 // below the lowest line, for the labels
	sparkHeight   = 32
)

// A columnShape is a bar as it is drawn: left, middle and width in percent, top and height in pixels.
type columnShape struct {
	Column
	Left, Middle, Width, SlotLeft, SlotWidth float64
	Top, Height                              float64
	// Anchor is where the label is held: at the start, or at the end if it would leave the drawing otherwise.
	Anchor string
	LabelX float64
}

type gridLine struct {
	Y    float64
	Text string
}

// Draw draws the columns with lines to measure them by.
func (c Columns) Draw() (template.HTML, error) {
	low, high, step := niceRange(c.scale())
	y := func(v float64) float64 {
		return columnsTop + (high-v)/(high-low)*(columnsHeight-columnsTop-columnsBottom)
	}
	var lines []gridLine
	for i := 0; low+float64(i)*step <= high+step/2; i++ {
		v := low + float64(i)*step
		line := gridLine{Y: y(v)}
		if v != 0 && c.scale() != (Scale{}) {
			line.Text = c.Number(v)
		}
		lines = append(lines, line)
	}
	return draw("columns.svg", map[string]any{
		"Columns": c, "Height": columnsHeight, "Lines": lines, "Zero": y(0), "Shapes": c.shapes(y), "Dense": len(c.Columns) > 40,
		"LabelY": columnsHeight - 6, "SlotHeight": columnsHeight - columnsBottom,
	})
}

// Spark draws the columns small and without measure, beside what they stand for. They share a scale with others.
func (c Columns) Spark(s Scale) (template.HTML, error) {
	if s.High == s.Low {
		s.High++
	}
	y := func(v float64) float64 { return 1 + (1-s.at(v))*(sparkHeight-2) }
	return draw("spark.svg", map[string]any{"Columns": c, "Height": sparkHeight, "Zero": y(0), "Shapes": c.shapes(y)})
}

func (c Columns) scale() Scale {
	numbers := make([]Number, len(c.Columns))
	for i, column := range c.Columns {
		numbers[i] = column.Number
	}
	return ScaleOf(numbers...)
}

// shapes places the bars.
func (c Columns) shapes(y func(float64) float64) []columnShape {
	slot := 100 / float64(max(1, len(c.Columns)))
	width := min(0.72*slot, 8)
	out := make([]columnShape, len(c.Columns))
	for i, column := range c.Columns {
		middle := (float64(i) + 0.5) * slot
		top, zero := y(max(0, column.Value)), y(min(0, column.Value))
		s := columnShape{Column: column, Left: middle - width/2, Middle: middle, Width: width, SlotLeft: middle - slot/2, SlotWidth: slot, Top: top, Height: zero - top, Anchor: "start"}
		if s.LabelX = s.Left; middle > 88 {
			s.Anchor, s.LabelX = "end", s.Left+width
		}
		if column.Value != 0 {
			s.Height = max(1, s.Height) // what is not 0 is to be seen
		}
		out[i] = s
	}
	return out
}

// niceRange gives a range around a scale, and the step of three or four lines in it, which are round numbers.
func niceRange(s Scale) (low, high, step float64) {
	span := s.High - s.Low
	if span == 0 {
		return 0, 1, 1
	}
	step = math.Pow(10, math.Floor(math.Log10(span/3)))
	for _, times := range []float64{5, 2} {
		if step*times <= span/2.5 {
			step *= times
			break
		}
	}
	if whole := s.High == math.Trunc(s.High) && s.Low == math.Trunc(s.Low); whole {
		step = max(1, step)
	}
	return math.Floor(s.Low/step) * step, math.Ceil(s.High/step) * step, step
}
