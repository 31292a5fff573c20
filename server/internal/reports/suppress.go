package reports

import (
	"fmt"
	"time"

	"satchel/server/internal/indicators"
)

// A shown is a row of numbers, of which some are withheld.
type shown struct {
	sum     float64
	noSum   bool
	without []bool
}

// row decides which numbers of a row, whose sum is shown too, are withheld: those that are small, and of the others the
// smallest ones until those withheld are two at least, each of which might not be small were the others 1.
func (o Options) row(sum float64, values []float64) shown {
	out := shown{sum: sum, noSum: o.small(sum), without: make([]bool, len(values))}
	withheld, together := 0, 0.0
	for i, v := range values {
		if o.small(v) || out.noSum && v != 0 {
			out.without[i] = true
			withheld, together = withheld+1, together+v
		}
	}
	for withheld > 0 && !out.noSum && (withheld == 1 || together-float64(withheld-1) < o.Suppress) {
		least := -1
		for i, v := range values {
			if v != 0 && !out.without[i] && (least < 0 || v < values[least]) {
				least = i
			}
		}
		if least < 0 {
			out.noSum = true // there is nothing left to hide it behind
			break
		}
		out.without[least] = true
		withheld, together = withheld+1, together+values[least]
	}
	return out
}

func (o Options) small(v float64) bool { return v > 0 && v < o.Suppress }

// uncounted stands in the place of a figure that could not be counted.
func uncounted(fault string) string { return "not counted: " + fault }

// total gives what stands for the sum.
func (s shown) total(f indicators.Figure) any {
	switch {
	case f.Fault != "":
		return uncounted(f.Fault)
	case s.noSum:
		return Withheld
	case f.Estimate:
		return indicators.Reported(s.sum, true)
	}
	return s.sum
}

// cell gives what stands for one of the numbers.
func (s shown) cell(f indicators.Figure, i int, v float64) any {
	switch {
	case f.Fault != "":
		return nil
	case s.without[i]:
		return Withheld
	case f.Estimate:
		return indicators.Reported(v, true)
	}
	return v
}

// target gives the target of a figure and how much of it is achieved, in percent.
func (s shown) target(f indicators.Figure) []any {
	switch {
	case f.Target == nil:
		return []any{nil, nil}
	case s.noSum || f.Fault != "" || *f.Target == 0:
		return []any{*f.Target, nil}
	}
	return []any{*f.Target, percent(s.sum, *f.Target)}
}

// notes gives the notes of a table, and what is withheld from it.
func (o Options) notes() []string {
	out := o.Notes
	if o.Suppress > 0 {
		out = append(out[:len(out):len(out)], fmt.Sprintf("%s: a number below %v, or one from which such a number could be worked out.", Withheld, o.Suppress))
	}
	return out
}

func moment(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04 UTC") }
