package console

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/indicators"
	"satchel/server/internal/reports"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// usuallySmall is below what number figures are withheld unless the address says otherwise.
const usuallySmall = 5

// A programmeFilter is what the pages of the programme are about, as the address says it: codes and days, and nothing personal.
type programmeFilter struct {
	Project, Institution, Area string
	From, Until, Known         string
	// Level is that of the areas by which figures are shown, and Map the code of the figure on the map, "" for deliveries.
	Level, Map string
	// Since is the day with which figures are compared.
	Since string
	// Small is below what number figures are withheld.
	Small int

	area   uuid.UUID
	within []uuid.UUID
	lists  programmeLists
}

// values gives what the address says.
func (f programmeFilter) values() url.Values {
	out := url.Values{}
	for name, text := range map[string]string{
		"project": f.Project, "institution": f.Institution, "area": f.Area, "from": f.From, "until": f.Until, "known": f.Known,
		"level": f.Level, "map": f.Map, "since": f.Since,
	} {
		if text != "" {
			out.Set(name, text)
		}
	}
	if f.Small != usuallySmall {
		out.Set("small", strconv.Itoa(f.Small))
	}
	return out
}

// At gives the address of another page about the same.
func (f programmeFilter) At(path string) template.URL {
	if query := f.values().Encode(); query != "" {
		path += "?" + query
	}
	return template.URL(path) //nolint:gosec // the path is ours, and the rest is encoded
}

// Figure gives the address of the page of a figure, about the same.
func (f programmeFilter) Figure(code string) template.URL {
	return f.At(figurePath(code))
}

func figurePath(code string) string { return "/programme/indicators/" + url.PathEscape(code) }

// With gives the address of a page about the same but for one thing.
func (f programmeFilter) With(path, name, value string) template.URL {
	values := f.values()
	values.Set(name, value)
	return template.URL(path + "?" + values.Encode()) //nolint:gosec // as above
}

// Narrowed reports whether only a part is counted.
func (f programmeFilter) Narrowed() bool {
	return cmp.Or(f.Project, f.Institution, f.Area, f.From, f.Until, f.Known) != ""
}

// Asked reports whether anything but the usual is asked for.
func (f programmeFilter) Asked() bool { return len(f.values()) > 0 }

// query gives what is to be counted.
func (f programmeFilter) query(zone *time.Location) indicators.Query {
	return indicators.Query{From: f.From, Until: f.Until, KnownBy: f.Known, Zone: zone, Project: f.Project, Institution: f.Institution, Area: f.area, Within: f.within}
}

// figures gives the query for the indicators themselves: of those that are defined for an institution it counts all, so that they
// have their targets.
func (f programmeFilter) figures(zone *time.Location) indicators.Query {
	q := f.query(zone)
	q.Institution = ""
	return q
}

// options says how figures are laid out, of which so much was counted at a time.
func (f programmeFilter) options(zone *time.Location, counted time.Time) reports.Options {
	return reports.Options{Suppress: float64(f.Small), Notes: []string{reports.NoteOf(f.query(zone), counted)}}
}

// readFilter reads what the address asks for, and refuses what somebody may not see. What was asked is given in any case, so that
// the page can show it again.
func (v *Visit) readFilter() (programmeFilter, error) {
	f := programmeFilter{
		Project: v.query("project"), Institution: v.query("institution"), Area: v.query("area"),
		From: v.query("from"), Until: v.query("until"), Known: v.query("known"),
		Level: v.query("level"), Map: v.query("map"), Since: v.query("since"), Small: usuallySmall,
	}
	var err error
	if f.lists, err = v.console.programmeLists(v.ctx()); err != nil {
		return f, err
	}
	if !v.IsAdministrator() {
		f.within = append([]uuid.UUID{}, v.User().Areas...) // which is not nil: who has no area sees nothing
	}
	if text := v.query("small"); text != "" {
		if f.Small, err = strconv.Atoi(text); err != nil || f.Small < 0 || f.Small > 1000 {
			f.Small = usuallySmall
			return f, syncproto.Refuse(syncproto.CodeInvalid, "%q is no number up to 1000 below which figures are withheld.", text)
		}
	}
	if f.Level != "" && !slices.Contains(f.Levels(), f.Level) {
		return f, syncproto.Refuse(syncproto.CodeInvalid, "There are no areas of the level %q.", f.Level)
	}
	if f.Area == "" {
		return f, nil
	}
	area, known := f.lists.find(f.Area)
	if !known {
		return f, syncproto.Refuse(syncproto.CodeNotFound, "There is no area with the official code or id %q.", f.Area)
	}
	f.area = area.ID
	if v.IsAdministrator() {
		return f, nil
	}
	return f, v.console.Accounts.MayRead(v.ctx(), v.User().ID, []uuid.UUID{area.ID})
}

// level gives that of the areas by which figures are shown: of municipalities, if there are any.
func (f programmeFilter) level() string {
	levels := f.Levels()
	usual := "area"
	if len(levels) > 0 {
		usual = levels[len(levels)-1]
	}
	if slices.Contains(levels, "municipality") {
		usual = "municipality"
	}
	return cmp.Or(f.Level, usual)
}

// LevelShown is what level chooses.
func (f programmeFilter) LevelShown() string { return f.level() }

// Levels gives the levels of which there are areas, from the top.
func (f programmeFilter) Levels() (out []string) {
	for _, level := range areaLevels() {
		if slices.ContainsFunc(f.lists.Areas, func(a areaNode) bool { return a.Level == level }) {
			out = append(out, level)
		}
	}
	return out
}

func areaLevels() []string {
	c, _ := syncproto.CollectionOf("areas")
	level, _ := c.Field("level")
	return level.Choices
}

// programmeLists are the records that figures are told apart by.
type programmeLists struct {
	Projects []project
	Areas    []areaNode
	// Centres are where households are.
	Centres []store.Centre
	// Indicators are all figures.
	Indicators []indicators.Indicator
}

type project struct{ Code, Title, Institution string }

func (l programmeLists) find(ref string) (areaNode, bool) {
	at := slices.IndexFunc(l.Areas, func(a areaNode) bool { return ref != "" && (a.Code == ref || a.ID.String() == ref) })
	if at < 0 {
		return areaNode{}, false
	}
	return l.Areas[at], true
}

// programmeLists reads them, unless nothing has changed.
func (c *Console) programmeLists(ctx context.Context) (programmeLists, error) {
	out, _, err := keep(ctx, c, "lists", func() (out programmeLists, err error) {
		if out.Indicators, err = indicators.List(ctx, c.Store); err != nil {
			return out, err
		}
		err = c.Store.Read(ctx, func(tx *store.Tx) error {
			err := eachOf(ctx, tx, "projects", []string{"code", "title", "institution"}, func(v []string) {
				out.Projects = append(out.Projects, project{v[0], v[1], v[2]})
			})
			if err != nil {
				return err
			}
			known, err := readAreas(ctx, tx)
			if err != nil {
				return err
			}
			out.Areas = asTree(known)
			out.Centres, err = tx.Centres(ctx)
			return err
		})
		slices.SortFunc(out.Projects, func(a, b project) int { return cmp.Compare(a.Code, b.Code) })
		return out, err
	})
	return out, err
}

// eachOf reads some columns of a collection's view, "" where there is nothing.
func eachOf(ctx context.Context, tx *store.Tx, collection string, columns []string, do func([]string)) error {
	at := make([]int, len(columns))
	header := func(all []string) error {
		for i, name := range columns {
			at[i] = slices.Index(all, name)
		}
		return nil
	}
	return tx.Export(ctx, collection, store.Filter{}, header, func(values []any) error {
		out := make([]string, len(columns))
		for i := range columns {
			if v := values[at[i]]; v != nil {
				out[i] = fmt.Sprint(v)
			}
		}
		do(out)
		return nil
	})
}

// mostChoices is how many areas a list offers: beyond, it leaves out the settlements.
const mostChoices = 400

// AreaChoices gives the areas that somebody may ask for, each behind the one that it is part of.
func (f programmeFilter) AreaChoices() []areaNode {
	known := map[uuid.UUID]areaNode{}
	for _, a := range f.lists.Areas {
		known[a.ID] = a
	}
	if f.within != nil {
		keepWithin(known, f.within)
	}
	if len(known) > mostChoices {
		maps.DeleteFunc(known, func(id uuid.UUID, a areaNode) bool { return a.Level == "settlement" && id != f.area })
	}
	return asTree(known)
}

// Projects gives the projects that can be asked for.
func (f programmeFilter) Projects() []project { return f.lists.Projects }

// Institutions gives the institutions for which projects are monitored, or indicators are counted.
func (f programmeFilter) Institutions() (out []string) {
	for _, p := range f.lists.Projects {
		out = append(out, p.Institution)
	}
	for _, i := range f.lists.Indicators {
		if d, err := indicators.Parse(i.Definition); err == nil {
			out = append(out, d.Institution)
		}
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(name string) bool { return name == "" })
}

// MapChoices gives the figures that can be shown on the map.
func (f programmeFilter) MapChoices() (out []indicators.Indicator) {
	for _, i := range f.lists.Indicators {
		if indicators.SharesBy(i.Definition, f.level()) {
			out = append(out, i)
		}
	}
	return out
}

// AreaName gives the name of the area that is asked for.
func (f programmeFilter) AreaName() string {
	a, _ := f.lists.find(f.Area)
	return a.Name
}

// ProjectName gives the code and title of the project that is asked for.
func (f programmeFilter) ProjectName() string {
	for _, p := range f.lists.Projects {
		if p.Code == f.Project {
			return p.Code + " " + p.Title
		}
	}
	return f.Project
}
