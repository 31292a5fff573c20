package console

import (
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"satchel/server/internal/charts"
	"satchel/server/internal/indicators"
	"satchel/server/internal/reports"
)

// numberOf gives what stands in a report's table as a page shows it.
func (v *Visit) numberOf(x any) charts.Number {
	switch x := x.(type) {
	case float64:
		return charts.Number{Text: v.Words.Exactly(x), Value: x}
	case string:
		if x == reports.Withheld {
			return charts.Number{Text: x, Withheld: true}
		}
		digits, more := strings.CutSuffix(strings.ReplaceAll(x, ",", ""), "+") // an estimate
		n, err := strconv.ParseFloat(digits, 64)
		if err != nil {
			return charts.Number{Text: x}
		}
		text := v.Words.Exactly(n)
		if more {
			text += "+"
		}
		return charts.Number{Text: text, Value: n}
	}
	return charts.Number{}
}

// A sharedOut is a figure that is shared out by one dimension: a table with a bar in each row, or for months a chart with its table.
type sharedOut struct {
	// By names the dimension, in the words of reports.
	By    string
	Rows  []shareRow
	Total charts.Number
	// Chart draws months.
	Chart template.HTML
	Fault string
	Unit  string
}

// A shareRow is one part of a figure.
type shareRow struct {
	Label string
	charts.Number
	Bar template.HTML
	// Missing says that the chart has a month here that the table has not: nothing happened in it.
	Missing bool
}

// Some reports whether there is anything to show.
func (s sharedOut) Some() bool { return len(s.Rows) > 0 }

// Known reports whether anything is known of what a figure is shared out by.
func (s sharedOut) Known(unknown string) bool {
	return slices.ContainsFunc(s.Rows, func(r shareRow) bool { return r.Label != unknown })
}

// sharedOut gives what a table of a figure that is shared out by one dimension says.
func (v *Visit) sharedOut(f indicators.Figure, by string, o reports.Options) (sharedOut, error) {
	out := sharedOut{By: by, Fault: f.Fault, Unit: f.Unit}
	if f.Fault != "" {
		return out, nil
	}
	labels, lines := reports.Lines(f, 1, o)
	out.Total = v.numberOf(lines[0].Total)
	numbers := v.numbersOf(lines[0].Values)
	scale := charts.ScaleOf(numbers...)
	for i, label := range labels {
		bar, err := scale.Bar(numbers[i], 1)
		if err != nil {
			return out, err
		}
		out.Rows = append(out.Rows, shareRow{Label: v.labelOf(by, label), Number: numbers[i], Bar: bar})
	}
	if by != "month" {
		sortBySize(by, labels, out.Rows)
		return out, nil
	}
	var err error
	out.Chart, err = v.months(by+"-chart", labels, numbers).Draw()
	return out, err
}

// sortBySize puts what has no order of its own in that of size, what is not known last.
func sortBySize(by string, labels []string, rows []shareRow) {
	if by == "age" || by == "sex" || by == "project" {
		return
	}
	last := len(rows)
	if last > 0 && labels[last-1] == indicators.Unknown {
		last--
	}
	slices.SortStableFunc(rows[:last], func(a, b shareRow) int {
		return int(min(1, max(-1, (b.Value-a.Value)*1e9)))
	})
}

func (v *Visit) numbersOf(values []any) []charts.Number {
	out := make([]charts.Number, len(values))
	for i, x := range values {
		out[i] = v.numberOf(x)
	}
	return out
}

// labelOf says a label of a dimension in words.
func (v *Visit) labelOf(by, label string) string {
	if label == indicators.Unknown {
		return v.say("programme.unknown")
	}
	switch by {
	case "month":
		return v.monthName(label)
	case "age":
		return strings.Replace(label, "-", "–", 1)
	case "sex", "status":
		return choiceName(v.Words, label)
	}
	return label
}

// say gives a text that is there: a test looks at all of them.
func (v *Visit) say(key string, values ...any) string {
	text, err := v.Words.Text(key, values...)
	if err != nil {
		return key
	}
	return text
}

// monthName says "2019-04" in words.
func (v *Visit) monthName(month string) string {
	at, err := time.Parse("2006-01", month)
	if err != nil {
		return month
	}
	return v.say("programme.month", "month", v.say("language.month_"+strconv.Itoa(int(at.Month()))), "year", strconv.Itoa(at.Year()))
}

// mostMonths is how many months are drawn with those between them in which nothing happened: a clock that was off may have been by
// a century.
const mostMonths = 240

// months draws numbers of months, with those between them.
func (v *Visit) months(id string, labels []string, numbers []charts.Number) charts.Columns {
	out := charts.Columns{ID: id, Title: v.say("programme.by_month"), Series: 1, Number: v.Words.Number}
	shown := map[string]charts.Number{}
	var months []string
	for i, label := range labels {
		shown[label] = numbers[i]
		if _, err := time.Parse("2006-01", label); err == nil {
			months = append(months, label)
		}
	}
	months = between(months)
	for i, month := range months {
		n, some := shown[month]
		if !some {
			n = charts.Number{Text: v.Words.Number(0)}
		}
		out.Columns = append(out.Columns, charts.Column{Number: n, Name: v.monthName(month), Label: v.axisLabel(months, i)})
	}
	if len(months) > 0 {
		out.Description = v.say("programme.from_until", "from", v.monthName(months[0]), "until", v.monthName(months[len(months)-1]))
	}
	return out
}

// between fills in the months between others.
func between(months []string) []string {
	if len(months) == 0 {
		return nil
	}
	slices.Sort(months)
	from, _ := time.Parse("2006-01", months[0])
	until, _ := time.Parse("2006-01", months[len(months)-1])
	count := (until.Year()-from.Year())*12 + int(until.Month()-from.Month()) + 1
	if count > mostMonths {
		return months
	}
	out := make([]string, count)
	for i := range out {
		out[i] = from.AddDate(0, i, 0).Format("2006-01")
	}
	return out
}

// axisLabel gives what stands below a month: of a few, each; of more, the first and each January, of many only some of these.
func (v *Visit) axisLabel(months []string, i int) string {
	month, n := months[i], len(months)
	if n <= 5 {
		return v.monthName(month)
	}
	year, of, _ := strings.Cut(month, "-")
	if n > 24 {
		number, _ := strconv.Atoi(year)
		every := 1 + n/84
		if of == "01" && number%every == 0 {
			return year
		}
		return ""
	}
	switch {
	case of == "01":
		return year
	case i%3 == 0 && !nearJanuary(months, i) || i == 0:
		number, _ := strconv.Atoi(of)
		return string([]rune(v.say("language.month_" + strconv.Itoa(number)))[:3])
	}
	return ""
}

// nearJanuary reports whether a year stands close behind a month, so that there is no room.
func nearJanuary(months []string, i int) bool {
	for _, month := range months[max(0, i-1):min(len(months), i+2)] {
		if strings.HasSuffix(month, "-01") {
			return true
		}
	}
	return false
}

// A strip is one row of a figure over months.
type strip struct {
	Label string
	Total charts.Number
	Spark template.HTML
	// Peak is the largest number of a month.
	Peak charts.Number
}

// strips gives a figure that is shared out by something and by month: a row of small bars each, on one scale, the largest first.
func (v *Visit) strips(f indicators.Figure, o reports.Options) (out []strip, span string, err error) {
	if f.Fault != "" {
		return nil, "", nil
	}
	labels, lines := reports.Lines(f, 2, o)
	var all []charts.Number
	rows := make([][]charts.Number, len(lines))
	for i, line := range lines {
		rows[i] = v.numbersOf(line.Values)
		all = append(all, rows[i]...)
	}
	scale := charts.ScaleOf(all...)
	for i, line := range lines {
		if line.Labels[0] == "" {
			continue // nothing was counted at all
		}
		months := v.months("", labels, rows[i])
		span = months.Description
		s := strip{Label: v.labelOf("", line.Labels[0]), Total: v.numberOf(line.Total)}
		for _, n := range rows[i] {
			if n.Value > s.Peak.Value {
				s.Peak = n
			}
		}
		if s.Spark, err = months.Spark(scale); err != nil {
			return nil, "", err
		}
		out = append(out, s)
	}
	slices.SortStableFunc(out, func(a, b strip) int { return int(min(1, max(-1, (b.Total.Value-a.Total.Value)*1e9))) })
	return out, span, nil
}

// A crosstab is a figure that is shared out by two dimensions: a bar in each cell, a colour for each column.
type crosstab struct {
	Columns []string
	Rows    []crossRow
	Fault   string
}

type crossRow struct {
	Label string
	Cells []shareRow
	Total charts.Number
}

func (v *Visit) crosstab(f indicators.Figure, rows, columns string, o reports.Options) (crosstab, error) {
	out := crosstab{Fault: f.Fault}
	if f.Fault != "" || len(f.Cells) == 0 {
		return out, nil
	}
	labels, lines := reports.Lines(f, 2, o)
	var all []charts.Number
	for _, line := range lines {
		all = append(all, v.numbersOf(line.Values)...)
	}
	scale := charts.ScaleOf(all...)
	for _, label := range labels {
		out.Columns = append(out.Columns, v.labelOf(columns, label))
	}
	for _, line := range lines {
		row := crossRow{Label: v.labelOf(rows, line.Labels[0]), Total: v.numberOf(line.Total)}
		for i, n := range v.numbersOf(line.Values) {
			bar, err := scale.Bar(n, min(i+1, 6))
			if err != nil {
				return out, err
			}
			row.Cells = append(row.Cells, shareRow{Label: out.Columns[i], Number: n, Bar: bar})
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}
