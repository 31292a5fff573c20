package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/charts"
	"satchel/server/internal/indicators"
	"satchel/server/internal/reports"
	"satchel/syncproto"
)

// programmeRoutes are the pages about the programme's figures.
func (c *Console) programmeRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/programme", Access: Coordinator, Handle: c.programme},
		{Method: http.MethodGet, Path: "/programme/report", Access: Coordinator, Handle: c.programmeReport},
		{Method: http.MethodGet, Path: "/programme/restatements", Access: Coordinator, Handle: c.restatements},
		{Method: http.MethodGet, Path: "/programme/indicators/:code", Access: Coordinator, Handle: c.figure},
		{Method: http.MethodGet, Path: "/programme/ground/:zoom/:column/:row", Access: Coordinator, Handle: c.tile},
		{Method: http.MethodGet, Path: "/programme/tables/:file", Access: Coordinator, Handle: c.programmeTable},
		{Method: http.MethodGet, Path: "/programme/indicators/:code/:file", Access: Coordinator, Handle: c.figureTable},
	}
}

// What is counted beside the indicators.
const (
	countDeliveries syncproto.Value = `{"of":"deliveries","unit":"deliveries"}`
	countPeople     syncproto.Value = `{"of":"people","distinct":"id","unit":"people"}`
)

// A programmePage is what every page of the programme shows.
type programmePage struct {
	Filter programmeFilter
	// Counted is when, in milliseconds; 0 if nothing was.
	Counted int64
	// Path is the page's own, for its form.
	Path string
}

// An overview is the page on which the programme is looked at.
type overview struct {
	programmePage
	Groups []figureGroup
	// Months are the deliveries over time, Types the same by type of assistance.
	Months sharedOut
	Types  []strip
	// TypeMonths says of which months the strips are.
	TypeMonths string
	Places     placesShown
	People     crosstab
}

// overviewQueries are what the overview counts, all at once.
func overviewQueries(f programmeFilter, zone *time.Location) []indicators.Query {
	own := func(definition syncproto.Value, by ...string) indicators.Query {
		q := f.query(zone)
		q.Own, q.By = definition, by
		return q
	}
	places := own(countDeliveries, f.level())
	if f.Map != "" {
		places = f.query(zone)
		places.Codes, places.By = []string{f.Map}, []string{f.level()}
	}
	return []indicators.Query{
		f.figures(zone), own(countDeliveries, "month"), own(countDeliveries, "assistance_type.name", "month"), places, own(countPeople, "age", "sex"),
	}
}

// count answers queries, unless they were answered and nothing has changed since.
func (v *Visit) count(queries []indicators.Query) ([][]indicators.Figure, time.Time, error) {
	key, err := json.Marshal(queries) // which tells the areas of somebody who has none from all areas
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("name what to count: %w", err)
	}
	out, when, err := keep(v.ctx(), v.console, "figures "+string(key), func() ([][]indicators.Figure, error) {
		return indicators.CountEach(v.ctx(), v.console.Store, queries)
	})
	return out, when, asked(err)
}

// asked makes a problem of what cannot be counted as it was asked for.
func asked(err error) error {
	if errors.Is(err, indicators.ErrQuery) {
		return syncproto.Refuse(syncproto.CodeInvalid, "%s.", strings.ToUpper(err.Error()[:1])+err.Error()[1:])
	}
	return err
}

func (c *Console) programme(v *Visit) error {
	page := overview{}
	err := v.overview(&page)
	if err != nil {
		return v.again(err, "programme/overview", page)
	}
	return v.page("programme/overview", page)
}

func (v *Visit) overview(page *overview) error {
	var err error
	page.Path = "/programme"
	if page.Filter, err = v.readFilter(); err != nil {
		return err
	}
	f, zone := page.Filter, v.console.Zone
	counted, when, err := v.count(overviewQueries(f, zone))
	if err != nil {
		return err
	}
	page.Counted = when.UnixMilli()
	o := f.options(zone, when)
	if page.Groups, err = v.groups(f, counted[0], o, f.Project != "" || f.area != uuid.Nil); err != nil {
		return err
	}
	if page.Months, err = v.sharedOut(counted[1][0], "month", o); err != nil {
		return err
	}
	if page.Types, page.TypeMonths, err = v.strips(counted[2][0], o); err != nil {
		return err
	}
	if page.Places, err = v.places(f, counted[3][0], o); err != nil {
		return err
	}
	page.People, err = v.crosstab(counted[4][0], "age", "sex", o)
	return err
}

// A figureGroup is the figures of one institution.
type figureGroup struct {
	Institution string
	Rows        []figureRow
}

// A figureRow is a figure as a page shows it.
type figureRow struct {
	Code, Title, Unit string
	Link              template.URL
	Value             charts.Number
	// Fault says why it is not counted.
	Fault           string
	Target, Percent string
	Progress        template.HTML
}

// groups gives figures by institution, in the order in which they first come: without those that are nothing, if that is wished.
func (v *Visit) groups(f programmeFilter, figures []indicators.Figure, o reports.Options, something bool) (out []figureGroup, err error) {
	for _, figure := range f.shown(figures) {
		if something && figure.Value == 0 && figure.Target == nil && figure.Fault == "" {
			continue
		}
		row, err := v.figureRow(f, figure, o)
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(out, func(g figureGroup) bool { return g.Institution == figure.Institution })
		if at < 0 {
			at, out = len(out), append(out, figureGroup{Institution: figure.Institution})
		}
		out[at].Rows = append(out[at].Rows, row)
	}
	return out, nil
}

// shown gives the figures of the institution that is asked for.
func (f programmeFilter) shown(figures []indicators.Figure) []indicators.Figure {
	return slices.DeleteFunc(slices.Clone(figures), func(x indicators.Figure) bool { return f.Institution != "" && x.Institution != f.Institution })
}

func (v *Visit) figureRow(f programmeFilter, figure indicators.Figure, o reports.Options) (figureRow, error) {
	achieved := reports.AchievedOf(figure, o)
	row := figureRow{
		Code: figure.Code, Title: figure.Title, Unit: figure.Unit, Link: f.Figure(figure.Code), Fault: figure.Fault, Value: v.numberOf(achieved.Value),
		Target: v.numberOf(achieved.Target).Text,
	}
	percent, some := achieved.Percent.(float64)
	if !some {
		return row, nil
	}
	row.Percent = v.Words.Number(percent)
	var err error
	row.Progress, err = charts.Progress(percent)
	return row, err
}

// A report is the donor's table as a page.
type report struct {
	programmePage
	Groups []figureGroup
}

func (c *Console) programmeReport(v *Visit) error {
	page := report{programmePage: programmePage{Path: "/programme/report"}}
	fill := func() (err error) {
		if page.Filter, err = v.readFilter(); err != nil {
			return err
		}
		counted, when, err := v.count([]indicators.Query{page.Filter.figures(c.Zone)})
		if err != nil {
			return err
		}
		page.Counted = when.UnixMilli()
		page.Groups, err = v.groups(page.Filter, counted[0], page.Filter.options(c.Zone, when), false)
		return err
	}
	if err := fill(); err != nil {
		return v.again(err, "programme/report", page)
	}
	return v.page("programme/report", page)
}

// A figurePage is one figure, shared out.
type figurePage struct {
	programmePage
	Row    figureRow
	Counts string
	Shares []sharedOut
}

// figureDimensions are those by which a figure is shared out on its page, as far as its definition allows.
func (f programmeFilter) figureDimensions(definition syncproto.Value) []string {
	all := []string{"month", f.level(), "sex", "age", "status", "project"}
	return slices.DeleteFunc(all, func(by string) bool {
		return by == "project" && f.Project != "" || !indicators.SharesBy(definition, by)
	})
}

// figureNamed gives the indicator that the path names.
func (v *Visit) figureNamed(f programmeFilter) (indicators.Indicator, error) {
	code := v.Request.PathValue("code")
	at := slices.IndexFunc(f.lists.Indicators, func(i indicators.Indicator) bool { return i.Code == code })
	if at < 0 {
		return indicators.Indicator{}, syncproto.Refuse(syncproto.CodeNotFound, "There is no indicator with the code %q.", code)
	}
	return f.lists.Indicators[at], nil
}

func (c *Console) figure(v *Visit) error {
	page := figurePage{}
	f, err := v.readFilter()
	if err != nil && len(f.lists.Indicators) == 0 {
		return err
	}
	page.Filter = f
	i, missing := v.figureNamed(f)
	if missing != nil {
		return missing
	}
	page.Path, page.Counts, page.Row = figurePath(i.Code), i.Counts, figureRow{Code: i.Code, Title: i.Title}
	if err == nil {
		err = v.figurePage(&page, i)
	}
	if err != nil {
		return v.again(err, "programme/figure", page)
	}
	return v.page("programme/figure", page)
}

func (v *Visit) figurePage(page *figurePage, i indicators.Indicator) error {
	f, zone := page.Filter, v.console.Zone
	by := f.figureDimensions(i.Definition)
	total := f.figures(zone)
	total.Codes = []string{i.Code}
	queries := []indicators.Query{total}
	for _, name := range by {
		q := f.query(zone)
		q.Codes, q.By = []string{i.Code}, []string{name}
		queries = append(queries, q)
	}
	counted, when, err := v.count(queries)
	if err != nil {
		return err
	}
	page.Counted = when.UnixMilli()
	o := f.options(zone, when)
	if page.Row, err = v.figureRow(f, counted[0][0], o); err != nil || page.Row.Fault != "" {
		return err
	}
	for n, name := range by {
		share, err := v.sharedOut(counted[n+1][0], name, o)
		if err != nil {
			return err
		}
		if name == "project" {
			f.nameProjects(share.Rows)
		}
		page.Shares = append(page.Shares, share)
	}
	return nil
}

// nameProjects puts the title of each project behind its code.
func (f programmeFilter) nameProjects(rows []shareRow) {
	for i := range rows {
		for _, p := range f.lists.Projects {
			if p.Code == rows[i].Label {
				rows[i].Label += " " + p.Title
			}
		}
	}
}
