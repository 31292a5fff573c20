package demo

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// planText says who records what. A line is the share of one tablet in one project, in one
// municipality, between two days. The columns in capitals count families to which that type of
// assistance is delivered (RETURN: return transport, and furniture with it); "trained" and "visited"
// count people; "event" and "outreach" estimate them; "plan" counts local action plans.
//
// The lines that begin after April 2020 are not in the published results, and must not be counted.
//
//go:embed plan.csv
var planText string

// A share is one line of the plan.
type share struct {
	tablet, project, municipality string
	from, until                   time.Time
	counts                        map[string]int
}

// plan reads all shares.
func plan() ([]share, error) {
	lines, err := csv.NewReader(strings.NewReader(planText)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read the plan: %w", err)
	}
	var out []share
	for _, line := range lines[1:] {
		s := share{tablet: line[0], project: line[1], municipality: line[2], counts: map[string]int{}}
		if s.from, err = time.Parse(time.DateOnly, line[3]); err != nil {
			return nil, fmt.Errorf("read the plan: %w", err)
		}
		if s.until, err = time.Parse(time.DateOnly, line[4]); err != nil {
			return nil, fmt.Errorf("read the plan: %w", err)
		}
		for i, name := range lines[0][5:] {
			if s.counts[name], err = strconv.Atoi(line[5+i]); err != nil {
				return nil, fmt.Errorf("read the plan: %w", err)
			}
		}
		out = append(out, s)
	}
	return out, nil
}

// families is how many families the share is about: those that it helps, and a few that it only
// registers. Each has two adults.
func (s share) families() int {
	c := s.counts
	return 2 + max(c["PREFAB"]+c["MATERIAL"]+c["VILLAGE"], c["RETURN"], c["INCOME"], c["BUSINESS"], c["MACHINERY"], c["visited"], (c["trained"]+1)/2)
}

// gifts says, family by family, which types of assistance it is given. No family gets two homes, nor
// anything twice.
func (s share) gifts() [][]string {
	out := make([][]string, s.families())
	at := 0
	for _, home := range []string{"PREFAB", "MATERIAL", "VILLAGE"} {
		for range s.counts[home] {
			out[at] = append(out[at], home)
			at++
		}
	}
	for i := range s.counts["RETURN"] {
		out[i] = append(out[i], "TRANSPORT", "FURNITURE")
	}
	for _, grant := range []string{"INCOME", "BUSINESS", "MACHINERY"} {
		for i := range s.counts[grant] {
			at := len(out) - 1 - i
			out[at] = append(out[at], grant)
		}
	}
	return out
}

// day gives a working hour that lies a fraction, from 0 to 1, into the share's time.
func (s share) day(fraction float64) time.Time {
	days := s.until.Sub(s.from).Hours() / 24
	return s.from.AddDate(0, 0, int(days*fraction)).Add(10 * time.Hour)
}

// tabletNames gives the tablets of a plan in the order of their first share.
func tabletNames(shares []share) []string {
	var out []string
	for _, s := range shares {
		if !slices.Contains(out, s.tablet) {
			out = append(out, s.tablet)
		}
	}
	return out
}
