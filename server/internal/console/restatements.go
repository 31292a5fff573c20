package console

import (
	"encoding/json"
	"html/template"
	"slices"
	"strings"
	"time"

	"satchel/server/internal/charts"
	"satchel/server/internal/indicators"
	"satchel/server/internal/reports"
)

// restatedShown is how many differences of a figure the page lists; the file has all.
const restatedShown = 20

// A restatedPage is which figures changed since a day, and why.
type restatedPage struct {
	programmePage
	Rows []restatedRow
}

// A restatedRow is a figure that changed.
type restatedRow struct {
	Code, Title          string
	Link                 template.URL
	Before, After        charts.Number
	Change               string
	Fault, FaultBefore   string
	Redefined            bool
	Differences          []differenceRow
	Summary              []causeCount
	DifferencesLeft, All int
}

// A differenceRow is a record that makes a difference, and why.
type differenceRow struct {
	On, Adds string
	Causes   []causeRow
}

// A causeRow is a record that changed.
type causeRow struct {
	// Kind is its collection.
	Kind, Author, Device string
	Received             int64
}

// A causeCount says how many differences come from one device.
type causeCount struct {
	Device string
	Count  int
}

// restated gives what changed, unless it is known and nothing has changed since.
func (v *Visit) restated(f programmeFilter) ([]indicators.Restatement, time.Time, error) {
	q := f.query(v.console.Zone)
	key, err := json.Marshal(q)
	if err != nil {
		return nil, time.Time{}, err
	}
	list, when, err := keep(v.ctx(), v.console, "restated "+f.Since+" "+string(key), func() ([]indicators.Restatement, error) {
		return indicators.Restatements(v.ctx(), v.console.Store, q, f.Since)
	})
	return list, when, asked(err)
}

// monthAgo is the day that figures are compared with if none is named.
func (v *Visit) monthAgo() string {
	return v.console.Now().In(v.console.Zone).AddDate(0, -1, 0).Format(time.DateOnly)
}

func (c *Console) restatements(v *Visit) error {
	page := restatedPage{programmePage: programmePage{Path: "/programme/restatements"}}
	fill := func() (err error) {
		page.Filter, err = v.readFilter()
		if page.Filter.Since == "" {
			page.Filter.Since = v.monthAgo()
		}
		if err != nil {
			return err
		}
		list, when, err := v.restated(page.Filter)
		if err != nil {
			return err
		}
		page.Counted = when.UnixMilli()
		for _, r := range list {
			page.Rows = append(page.Rows, v.restatedRow(page.Filter, r))
		}
		return nil
	}
	if err := fill(); err != nil {
		return v.again(err, "programme/restatements", page)
	}
	return v.page("programme/restatements", page)
}

func (v *Visit) restatedRow(f programmeFilter, r indicators.Restatement) restatedRow {
	out := restatedRow{
		Code: r.Code, Title: r.Title, Link: f.Figure(r.Code), Before: v.numberOf(r.Before), After: v.numberOf(r.After), Change: v.signed(r.After - r.Before),
		Fault: r.Fault, FaultBefore: r.FaultBefore, Redefined: r.Redefined, All: len(r.Differences) + r.LeftOff,
	}
	by := map[string]int{}
	for _, d := range r.Differences {
		for _, device := range devicesOf(d) {
			by[device]++
		}
	}
	for device, count := range by {
		out.Summary = append(out.Summary, causeCount{device, count})
	}
	slices.SortFunc(out.Summary, func(a, b causeCount) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return strings.Compare(a.Device, b.Device)
	})
	for _, d := range r.Differences[:min(restatedShown, len(r.Differences))] {
		row := differenceRow{On: d.On, Adds: v.signed(d.After - d.Before)}
		for _, cause := range d.Causes {
			row.Causes = append(row.Causes, causeRow{cause.Collection, cause.AuthorName, cause.DeviceName, cause.Received})
		}
		out.Differences = append(out.Differences, row)
	}
	out.DifferencesLeft = out.All - len(out.Differences)
	return out
}

// devicesOf gives the devices from which the causes of a difference came, each once.
func devicesOf(d indicators.Difference) []string {
	var out []string
	for _, c := range d.Causes {
		out = append(out, c.DeviceName)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// signed writes a difference with its sign.
func (v *Visit) signed(x float64) string {
	if x > 0 {
		return "+" + v.Words.Number(x)
	}
	return strings.Replace(v.Words.Number(x), "-", "−", 1)
}

// sendRestated sends all that changed, record by record.
func (v *Visit) sendRestated(f programmeFilter, format string) error {
	if f.Since == "" {
		f.Since = v.monthAgo()
	}
	list, when, err := v.restated(f)
	if err != nil {
		return err
	}
	notes := []string{reports.NoteOf(f.query(v.console.Zone), when), "Compared with what was known by the end of " + f.Since + "."}
	return v.sendTables("restated", format, []reports.Table{reports.Restated(list, reports.Options{Notes: notes})})
}
