// Package indicators produces the programme's table of results from what was synced.
//
// It promises that all figures of a table are of one moment and that each is counted from records, by
// the definition that stands beside it. It never stores a figure and never takes one from anywhere
// else: the published values are there to be compared with.
package indicators

import (
	"context"
	"fmt"
	"strconv"

	"satchel/server/internal/store"
)

// Until is the day for which the programme's results were published.
const Until = "2020-04-30"

// A Figure is one line of the table.
type Figure struct {
	// Institution is that which the projects are monitored for.
	Institution string
	Title       string
	// Definition says what is counted.
	Definition string
	// Published is the value as the programme's report has it: "184", "12,000+".
	Published string
	// Value is what was counted.
	Value float64
	// Estimate marks what is reported in full thousands.
	Estimate bool
}

// Reported gives the value as a report writes it: an estimate is cut to full thousands, with a plus.
func (f Figure) Reported() string {
	if f.Estimate {
		return thousands(int64(f.Value)/1000*1000) + "+"
	}
	if whole := int64(f.Value); f.Value == float64(whole) {
		return thousands(whole)
	}
	return strconv.FormatFloat(f.Value, 'f', -1, 64)
}

// Same says whether the value, as reported, is the published one.
func (f Figure) Same() bool { return f.Reported() == f.Published }

// thousands writes a number that is not negative with a comma between groups of three digits.
func thousands(n int64) string {
	if n < 1000 {
		return strconv.FormatInt(n, 10)
	}
	return thousands(n/1000) + "," + strconv.FormatInt(1000+n%1000, 10)[1:]
}

// Table counts all figures of the programme, as of a day such as [Until]: what happened later does
// not count.
func Table(ctx context.Context, s *store.Store, until string) ([]Figure, error) {
	var out []Figure
	err := s.Read(ctx, func(tx *store.Tx) error {
		for _, i := range programme() {
			value, err := i.count(ctx, tx, store.Frame{Institution: i.institution, Until: until})
			if err != nil {
				return fmt.Errorf("count %s: %w", i.title, err)
			}
			out = append(out, Figure{
				Institution: i.institution, Title: i.title, Definition: i.definition,
				Published: i.published, Value: value, Estimate: i.estimate,
			})
		}
		return nil
	})
	return out, err
}
