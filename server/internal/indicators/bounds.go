package indicators

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// Unknown is the label of what nothing is known of.
const Unknown = "not known"

// A Share is a part of what is counted, by a dimension: {"sex", "female"}.
type Share struct{ By, Label string }

// Dimensions gives those that every indicator can be shared out by, as far as its records say. A further one is any path
// of its definition.
func Dimensions() []string {
	return append([]string{"institution", "project", "area", "sex", "age", "status", "year", "quarter", "month"}, levels()...)
}

func levels() []string {
	areas, _ := syncproto.CollectionOf("areas")
	level, _ := areas.Field("level")
	return level.Choices
}

// A dimension gives the label of a record, which happened on a day.
type dimension func(w *world, r *record, on string) string

// A bounds is what of a plan's records is counted, and how it is shared out.
type bounds struct {
	from, until string
	// areas are those whose records count, nil for all.
	areas map[uuid.UUID]bool
	only  []labelled
	by    []dimension
}

type labelled struct {
	dimension
	label string
}

// bounds prepares what a query asks of a plan. It fails if the records do not say what part of them is meant.
func (p *plan) bounds(q Query, areas map[uuid.UUID]bool) (bounds, error) {
	out := bounds{from: q.From, until: q.Until, areas: areas}
	if areas != nil && len(p.collection.AreaVia) == 0 {
		return out, fmt.Errorf("records of %s belong to no area", p.Of)
	}
	p.needArea(p.collection)
	only := slices.Clone(q.Only)
	for by, label := range map[string]string{"institution": q.Institution, "project": q.Project} {
		if label != "" {
			only = append(only, Share{by, label})
		}
	}
	for _, share := range only {
		d, err := p.dimension(share.By)
		if err != nil {
			return out, err
		}
		out.only = append(out.only, labelled{d, share.Label})
	}
	for _, name := range q.By {
		d, err := p.dimension(name)
		if err != nil {
			d = func(*world, *record, string) string { return Unknown }
		}
		out.by = append(out.by, d)
	}
	return out, nil
}

// holds reports whether a record that happened on a day is within the scope.
func (s bounds) holds(w *world, r *record, on string) bool {
	if on < s.from || s.until != "" && on > s.until || s.areas != nil && !s.within(w, r) {
		return false
	}
	for _, o := range s.only {
		if o.dimension(w, r, on) != o.label {
			return false
		}
	}
	return true
}

// within reports whether a record belongs to an area that counts. Where it does, that rests on all between the two.
func (s bounds) within(w *world, r *record) bool {
	id := w.areaOf(r)
	if w.late == nil || !s.areas[id] {
		return s.areas[id]
	}
	for at := range w.upwards(id, w.needs.at("areas", "parent")) {
		if !s.areas[at.id] {
			break
		}
		w.pass(at)
	}
	return true
}

// upwards gives an area and those that it is part of, one after the other; parent is where an area says that of which.
func (w *world) upwards(area uuid.UUID, parent int) iter.Seq[*record] {
	return func(yield func(*record) bool) {
		at := w.lookUp("areas", area)
		for steps := 0; at != nil && steps < len(w.records) && yield(at); steps++ { // two may have made them part of one another
			at = w.lookUp("areas", at.values[parent].ID())
		}
	}
}

// dimension finds a dimension by name.
func (p *plan) dimension(name string) (dimension, error) {
	switch name {
	case "year":
		return func(_ *world, _ *record, on string) string { return on[:4] }, nil
	case "month":
		return func(_ *world, _ *record, on string) string { return on[:7] }, nil
	case "quarter":
		return func(_ *world, _ *record, on string) string { return quarter(on) }, nil
	case "project":
		return p.property(p.projectPath, "code")
	case "institution":
		return p.property(p.projectPath, "institution")
	case "status":
		return p.property(p.householdPath, "status")
	case "sex":
		return p.property(p.personPath, "sex")
	case "age":
		return p.age()
	case "area":
		return p.areaAt("")
	}
	if slices.Contains(levels(), name) {
		return p.areaAt(name)
	}
	return p.property(func() (string, error) { return ownID, nil }, name)
}

// quarter gives the quarter of a day: "2020-Q2".
func quarter(on string) string {
	month, _ := strconv.Atoi(on[5:7])
	return fmt.Sprintf("%s-Q%d", on[:4], (month+2)/3)
}

// property gives the dimension that is the value of a field at the end of a path.
func (p *plan) property(to func() (string, error), field string) (dimension, error) {
	base, err := to()
	if err != nil {
		return nil, err
	}
	found, err := p.find(join(base, field))
	if err != nil {
		return nil, err
	}
	return func(w *world, r *record, _ string) string { return label(w.value(found, r)) }, nil
}

// label writes a value as a label.
func label(v syncproto.Value) string {
	switch {
	case v.IsNull():
		return Unknown
	case v[0] == '"':
		return v.Text()
	}
	return string(v)
}

// age gives the dimension that is the band of somebody's age on the day. Of a year of birth alone, it is the age on the
// birthday in that year.
func (p *plan) age() (dimension, error) {
	person, err := p.personPath()
	if err != nil {
		return nil, err
	}
	born, err := p.find(join(person, "born_on"))
	if err != nil {
		return nil, err
	}
	year, err := p.find(join(person, "birth_year"))
	return func(w *world, r *record, on string) string {
		from := w.value(born, r).Text()
		if from == "" {
			from = string(w.value(year, r))
		}
		return p.band(from, on)
	}, err
}

// band gives the age band, on a day, of somebody who was born on a day or in a year.
func (p *plan) band(born, on string) string {
	if len(born) < 4 {
		return Unknown
	}
	first, errFirst := strconv.Atoi(born[:4])
	last, errLast := strconv.Atoi(on[:4])
	age := last - first
	if len(born) == len(on) && born[4:] > on[4:] {
		age--
	}
	if errFirst != nil || errLast != nil || age < 0 {
		return Unknown
	}
	at, exact := slices.BinarySearch(p.Ages, age)
	if !exact {
		at--
	}
	if at == len(p.Ages)-1 {
		return strconv.Itoa(p.Ages[at]) + "+"
	}
	return fmt.Sprintf("%d-%d", p.Ages[at], p.Ages[at+1]-1)
}

// areaAt gives the dimension that is the name of the record's area or, with a level, of the area of that level that it
// is part of.
func (p *plan) areaAt(level string) (dimension, error) {
	if len(p.collection.AreaVia) == 0 {
		return nil, fmt.Errorf("records of %s belong to no area", p.Of)
	}
	p.needArea(p.collection)
	name, parent, rank := p.needs.at("areas", "name"), p.needs.at("areas", "parent"), p.needs.at("areas", "level")
	return func(w *world, r *record, _ string) string {
		for at := range w.upwards(w.areaOf(r), parent) {
			w.pass(at)
			if level == "" || at.values[rank].Text() == level {
				return label(at.values[name])
			}
		}
		return Unknown
	}, nil
}

// needArea needs what tells the area of a collection's records; see [syncproto.Collection.AreaVia].
func (p *plan) needArea(c syncproto.Collection) {
	for _, name := range c.AreaVia {
		field, _ := c.Field(name)
		p.needs.at(c.Name, name)
		p.through[field.Refers] = true
		next, _ := syncproto.CollectionOf(field.Refers)
		p.needArea(next)
	}
}

// areaOf gives the area of a record, as the server places it: where something is does not depend on whether the record of
// its household was deleted, or merged into another.
func (w *world) areaOf(r *record) uuid.UUID {
	c, _ := syncproto.CollectionOf(r.collection)
	for _, name := range c.AreaVia {
		id := r.values[w.needs.at(c.Name, name)].ID()
		if id == uuid.Nil {
			continue
		}
		field, _ := c.Field(name)
		if field.Refers == "areas" {
			return id
		}
		if next := w.lookUp(field.Refers, id); next != nil {
			w.pass(next)
			return w.areaOf(next)
		}
	}
	return uuid.Nil
}

// labelsOf gives the labels of a record.
func (s bounds) labelsOf(w *world, r *record, on string) []string {
	out := make([]string, len(s.by))
	for i, d := range s.by {
		out[i] = strings.TrimSpace(d(w, r, on))
	}
	return out
}
