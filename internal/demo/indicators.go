package demo

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// until is the day for which the programme's results were published.
const until = "2020-04-30"

// indicatorsText has the programme's indicators, each with the figure that was published. "Delivered" means deliveries
// that were not cancelled; families and people count once, however often they were recorded, as soon as the duplicates
// are merged.
//
//go:embed indicators.json
var indicatorsText []byte

// An indicator is one of the programme's figures.
type indicator struct {
	Code, Title string
	// Published is the value as the programme's report has it: "184", "12,000+".
	Published  string
	Definition map[string]any
}

// indicators gives the programme's indicators in the order of its report.
func indicators() []indicator {
	var out []indicator
	if err := json.Unmarshal(indicatorsText, &out); err != nil {
		panic(fmt.Sprintf("the programme's indicators: %v", err)) // they are part of the program
	}
	return out
}

// measured names the columns of the plan that say what a project is to reach of an indicator; the others have no target.
func measured() map[string][]string {
	return map[string][]string{
		"CRM-01": {"PREFAB"}, "CRM-02": {"MATERIAL"}, "CRM-03": {"VILLAGE"}, "CRM-04": {"PREFAB", "MATERIAL", "VILLAGE"},
		"CRM-05": {"INCOME"}, "CRM-06": {"INCOME"}, "CRM-07": {"trained"}, "CRM-08": {"outreach"}, "CRM-09": {"plan"},
		"OKM-01": {"RETURN"}, "OKM-02": {"BUSINESS"}, "OKM-03": {"visited"}, "OKM-04": {"RETURN"}, "OKM-05": {"RETURN"},
		"OKM-06": {"event"}, "OKM-07": {"outreach"}, "OKM-08": {"trained"}, "OKM-09": {"MACHINERY"},
	}
}

// addIndicators records the indicators, and as the target of each project what the whole plan has for it.
func (c *catalogue) addIndicators(shares []share, ids map[string]uuid.UUID) {
	for _, i := range indicators() {
		id := c.add("indicators", map[string]any{"code": i.Code, "title": i.Title, "definition": i.Definition})
		for _, p := range projects() {
			if p.institution != i.Definition["institution"] {
				continue
			}
			if value := planned(shares, p.code, measured()[i.Code]); value > 0 {
				c.add("targets", map[string]any{"indicator": id, "project": ids[p.code], "value": value, "due_on": p.ends})
			}
		}
	}
}

// planned sums columns of the plan over the shares of a project.
func planned(shares []share, project string, columns []string) (sum int) {
	for _, s := range shares {
		for name, count := range s.counts {
			if s.project == project && slices.Contains(columns, name) {
				sum += count
			}
		}
	}
	return sum
}
