package indicators

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"satchel/syncproto"
)

// A plan is a definition with its paths found.
type plan struct {
	Definition
	needs needs
	// through are the collections that the paths lead through.
	through map[string]bool

	collection    syncproto.Collection
	distinct, sum path
	where         []test
	on            []path
	cancelled     path
}

// A test is a condition on what a path leads to.
type test struct {
	path path
	Condition
}

// compile finds the paths of the definition.
func (p *plan) compile() error {
	var known bool
	if p.collection, known = syncproto.CollectionOf(p.Of); !known {
		return fmt.Errorf(`"of" has to be a collection; %q is none`, p.Of)
	}
	if p.Distinct != "" && p.Sum != "" {
		return fmt.Errorf(`it has either "distinct" or "sum"`)
	}
	for _, find := range []func() error{p.findCounted, p.findWhere, p.findOn, p.checkAges} {
		if err := find(); err != nil {
			return err
		}
	}
	return nil
}

// find finds a path from the records that are counted, and notes what it leads through.
func (p *plan) find(text string) (path, error) {
	out, err := p.needs.path(p.Of, text)
	for _, s := range out[:max(0, len(out)-1)] {
		p.through[s.field.Refers] = true
	}
	return out, err
}

func (p *plan) findCounted() (err error) {
	if p.collection.Fact {
		p.cancelled, err = p.find("cancelled_why")
	}
	if p.Distinct != "" && err == nil {
		p.distinct, err = p.find(p.Distinct)
		counted := cmp.Or(p.distinct.end().Refers, p.Of)
		if c, _ := syncproto.CollectionOf(counted); err == nil && !merges(c) {
			return fmt.Errorf(`"distinct" has to lead to a household or a person; %q does not`, p.Distinct)
		}
		p.through[counted] = true
	}
	if p.Sum != "" && err == nil {
		p.sum, err = p.find(p.Sum)
		if t := p.sum.end().Type; err == nil && t != syncproto.Decimal && t != syncproto.Integer && t != syncproto.Object {
			return fmt.Errorf(`"sum" has to lead to a number; %q is a %s`, p.Sum, t)
		}
	}
	return err
}

func (p *plan) findWhere() error {
	where := maps.Clone(p.Where)
	if p.Institution != "" {
		if where == nil {
			where = map[string]Condition{}
		}
		project, err := p.projectPath()
		if err != nil {
			return err
		}
		institution, err := syncproto.ValueOf(p.Institution)
		if err != nil {
			return err
		}
		where[join(project, "institution")] = Condition{Any: []syncproto.Value{institution}}
	}
	for _, text := range slices.Sorted(maps.Keys(where)) {
		found, err := p.find(text)
		if err != nil {
			return err
		}
		condition := where[text]
		if err := condition.suits(found.end()); err != nil {
			return fmt.Errorf("path %q: %w", text, err)
		}
		p.where = append(p.where, test{found, condition})
	}
	return nil
}

// suits says what no value of a field can be: a condition that can never hold is a slip of who wrote it.
func (c Condition) suits(f syncproto.Field) error {
	if f.Type == syncproto.Object {
		return nil
	}
	if f.Type == syncproto.Timestamp {
		f.Type = syncproto.Date
	}
	f.Required = false
	for _, v := range append(slices.Clone(c.Any), c.From, c.Until) {
		if v == "" {
			continue
		}
		if err := f.Check(v); err != nil {
			return err
		}
	}
	return nil
}

// findOn finds the dates, by default those that the collection has for when its records happened.
func (p *plan) findOn() error {
	names := p.On
	if len(names) == 0 {
		names = map[string][]string{
			"deliveries": {"delivered_at"}, "visits": {"visited_at"}, "activities": {"starts_on", "ends_on"},
			"participations": {"activity.starts_on", "activity.ends_on"}, "livelihoods": {"started_on"},
			"entitlements": {"approved_on"}, "households": {"consent_on"}, "people": {"household.consent_on"},
			"projects": {"starts_on"},
		}[p.Of]
	}
	if len(names) == 0 {
		return fmt.Errorf(`records of %s have no date of their own; name the fields with "on"`, p.Of)
	}
	for _, name := range names {
		found, err := p.find(name)
		if err != nil {
			return err
		}
		if t := found.end().Type; t != syncproto.Date && t != syncproto.Timestamp && t != syncproto.Object {
			return fmt.Errorf(`"on" has to lead to dates; %q is a %s`, name, t)
		}
		p.on = append(p.on, found)
	}
	return nil
}

func (p *plan) checkAges() error {
	if len(p.Ages) == 0 {
		p.Ages = DefaultAges()
	}
	if p.Ages[0] != 0 || !slices.IsSorted(p.Ages) || len(slices.Compact(slices.Clone(p.Ages))) != len(p.Ages) {
		return fmt.Errorf(`"ages" are the first years of age bands, rising from 0`)
	}
	return nil
}

// projectPath gives the path to the project of the records, personPath and householdPath those to the person and household.
func (p *plan) projectPath() (string, error) {
	return p.pathTo("projects", "project", "activity.project")
}
func (p *plan) personPath() (string, error) { return p.pathTo("people", "person") }
func (p *plan) householdPath() (string, error) {
	return p.pathTo("households", "household", "person.household")
}

// pathTo gives the first of these paths that the records have, unless they are themselves what is looked for.
func (p *plan) pathTo(what string, paths ...string) (string, error) {
	if p.Of == what {
		return ownID, nil
	}
	for _, text := range paths {
		first, _, _ := strings.Cut(text, ".")
		if _, has := p.collection.Field(first); has {
			return text, nil
		}
	}
	return "", fmt.Errorf("records of %s say nothing of %s", p.Of, what)
}

// join goes on from the end of a path.
func join(path, field string) string {
	if path == ownID {
		return field
	}
	return path + "." + field
}
