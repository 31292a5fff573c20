package tables

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A Selection says what to export: the records of a collection, those to which all of the rest applies.
type Selection struct {
	Collection string
	// Area asks for what belongs to an area or to one below it. It is named as in a file: by official code, name or id.
	Area string
	// Project asks for what belongs to a project, named by its code or id; of projects, for that one.
	Project string
	// Where asks for what fields hold.
	Where []Condition
	// Since and Until are the first and the last day, as people write dates, on which it may have happened: visits and
	// deliveries by when they were made, in UTC, and other records by the day on which they begin, are due or were
	// decided. What has no such date is left out then.
	Since, Until string
}

// A Condition is a field and what it holds, as people write it; "" for nothing.
type Condition struct{ Field, Text string }

// filter gives what the store is asked for.
func (s Selection) filter(ctx context.Context, tx *store.Tx) (f store.Filter, err error) {
	c, known := syncproto.CollectionOf(s.Collection)
	if !known {
		return f, fmt.Errorf("there is no collection %q", s.Collection)
	}
	if s.Area != "" {
		areas, err := readNames(ctx, tx, []string{"areas"})
		if err != nil {
			return f, err
		}
		if f.Within, err = areas["areas"].find(s.Area); err != nil {
			return f, fmt.Errorf("the area: %w", err)
		}
	}
	for _, condition := range s.conditions() {
		holding, err := condition.holding(ctx, tx, c)
		if err != nil {
			return f, err
		}
		f.Holds = append(f.Holds, holding)
	}
	if s.Since+s.Until == "" {
		return f, nil
	}
	if f.Date = store.DateOf(c.Name); f.Date == "" {
		return f, fmt.Errorf("records of %s have no day of their own to ask for", c.Name)
	}
	if f.From, err = dayBehind(s.Since, 0); err == nil {
		f.Before, err = dayBehind(s.Until, 1)
	}
	if len(f.Before) > len(firstDay) { // days are compared as text, and no day of five digits is behind any
		f.From, f.Before = cmp.Or(f.From, firstDay), ""
	}
	return f, err
}

// firstDay is before all days that a record may have.
const firstDay = "0000-01-01"

// conditions gives those on fields, that on the project among them.
func (s Selection) conditions() []Condition {
	switch {
	case s.Project == "":
		return s.Where
	case s.Collection == "projects":
		return append([]Condition{{idColumn, s.Project}}, s.Where...)
	}
	return append([]Condition{{"project", s.Project}}, s.Where...)
}

// holding reads a condition as a cell of the field is read.
func (c Condition) holding(ctx context.Context, tx *store.Tx, of syncproto.Collection) (store.Holding, error) {
	field, known := of.Field(c.Field)
	if c.Field == idColumn {
		field, known = syncproto.Field{Name: idColumn, Type: syncproto.Reference, Refers: of.Name}, true
	}
	if !known {
		return store.Holding{}, fmt.Errorf("%s has no field %q; it has %s", of.Name, c.Field, strings.Join(fieldNames(of), ", "))
	}
	out := store.Holding{Field: field.Name}
	if strings.TrimSpace(c.Text) == "" {
		return out, nil
	}
	value, err := resolve(ctx, tx, field, c.Text)
	if err == nil {
		out.Value, err = viewed(field, value)
	}
	if err != nil {
		return out, fmt.Errorf("%s: %w", field.Name, err)
	}
	return out, nil
}

func fieldNames(c syncproto.Collection) []string {
	var out []string
	for _, f := range c.Fields {
		out = append(out, f.Name)
	}
	return out
}

// viewed gives a value as the typed view of its collection does, if that is something to compare with.
func viewed(f syncproto.Field, v syncproto.Value) (any, error) {
	switch f.Type {
	case syncproto.Text, syncproto.Date, syncproto.Choice, syncproto.UUID, syncproto.Reference:
		return v.Text(), nil
	case syncproto.Integer:
		return strconv.ParseInt(string(v), 10, 64)
	case syncproto.Decimal:
		return strconv.ParseFloat(string(v), 64)
	case syncproto.Boolean:
		return v == syncproto.True, nil
	}
	return nil, fmt.Errorf("what is of the type %s cannot be asked for", f.Type)
}

// dayBehind gives the day that lies so many days behind the one that somebody wrote, "" for "".
func dayBehind(text string, days int) (string, error) {
	if text == "" {
		return "", nil
	}
	v, err := date(text)
	if err != nil {
		return "", err
	}
	day, err := time.Parse(time.DateOnly, v.Text())
	return day.AddDate(0, 0, days).Format(time.DateOnly), err
}
