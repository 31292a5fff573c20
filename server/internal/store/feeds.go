package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// A Test is a condition that a record meets or does not; it is never undecided. The zero Test is met by every record.
type Test struct {
	// Op is one of eq, ne, gt, ge, lt and le, for a column of the typed view and a value that it is compared with;
	// or and, or and not, for others.
	Op     string
	Column string
	// Value is as the typed view has it; nil for nothing, which is equal to itself and to be compared with in no other way.
	Value any
	Of    []Test
}

var comparisons = map[string]string{"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}

// where gives the condition over the typed view of a collection.
func (f Test) where(c syncproto.Collection) (string, []any, error) {
	sign, compares := comparisons[f.Op]
	switch {
	case f.Op == "":
		return "1 = 1", nil, nil
	case !compares:
		return f.join(c)
	case !slices.Contains(viewColumns(c), f.Column):
		return "", nil, fmt.Errorf("%s has no column %q", c.Name, f.Column)
	case f.Value == nil && f.Op == "eq":
		return f.Column + " IS NULL", nil, nil
	case f.Value == nil && f.Op == "ne":
		return f.Column + " IS NOT NULL", nil, nil
	case f.Value == nil:
		return "1 = 0", nil, nil
	case f.Op == "ne":
		return "(" + f.Column + " IS NULL OR " + f.Column + " <> ?)", []any{f.Value}, nil
	}
	return "(" + f.Column + " IS NOT NULL AND " + f.Column + " " + sign + " ?)", []any{f.Value}, nil
}

// join puts conditions together.
func (f Test) join(c syncproto.Collection) (string, []any, error) {
	var parts []string
	var args []any
	for _, part := range f.Of {
		text, more, err := part.where(c)
		if err != nil {
			return "", nil, err
		}
		parts, args = append(parts, text), append(args, more...)
	}
	switch {
	case f.Op == "not" && len(parts) == 1:
		return "NOT (" + parts[0] + ")", args, nil
	case (f.Op == "and" || f.Op == "or") && len(parts) > 0:
		return "(" + strings.Join(parts, " "+strings.ToUpper(f.Op)+" ") + ")", args, nil
	}
	return "", nil, fmt.Errorf("there is no condition %q of %d", f.Op, len(f.Of))
}

// viewColumns gives the columns of the typed view of a collection.
func viewColumns(c syncproto.Collection) []string {
	out := []string{"id"}
	if _, own := c.Field("area"); !own && len(c.AreaVia) > 0 {
		out = append(out, "area")
	}
	for _, f := range c.Fields {
		if f.Type != syncproto.Position {
			out = append(out, f.Name)
			continue
		}
		for _, part := range []string{"_lat", "_lon", "_accuracy", "_source"} {
			out = append(out, f.Name+part)
		}
	}
	return out
}

// A Page says which part of a typed view is wanted.
type Page struct {
	Collection string
	// Columns are those to give, in this order.
	Columns []string
	// Within asks for what belongs to an area or to one below it; of areas, for those; [uuid.Nil] for everything.
	Within uuid.UUID
	Test   Test
	// After is the id behind which to begin, "" for the first; of what comes there Skip are left out, and at most
	// Limit given.
	After       string
	Skip, Limit int
}

// EachRow gives the rows of a page in order of id, each after its id: nil, int64, float64 or string as [Tx.Export] gives them. The
// values are good until row returns.
func (t *Tx) EachRow(ctx context.Context, p Page, row func(id string, values []any) error) error {
	c, where, args, err := p.where()
	if err != nil {
		return err
	}
	for _, name := range p.Columns {
		if !slices.Contains(viewColumns(c), name) {
			return fmt.Errorf("%s has no column %q", c.Name, name)
		}
	}
	query, args := t.sayOnce("SELECT "+strings.Join(append([]string{"id"}, p.Columns...), ", ")+" FROM "+c.Name+
		" WHERE id > ? AND "+where+" ORDER BY id LIMIT ? OFFSET ?", append(append([]any{p.After}, args...), p.Limit, p.Skip))
	rows, err := t.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return explain(err)
	}
	defer rows.Close()
	var id string
	values, into := make([]any, len(p.Columns)), []any{&id}
	for i := range values {
		into = append(into, &values[i])
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return explain(err)
		}
		if err := row(id, values); err != nil {
			return err
		}
	}
	return explain(rows.Err())
}

// CountRows counts what a page would give if it began at the first row and had no end.
func (t *Tx) CountRows(ctx context.Context, p Page) (int64, error) {
	c, where, args, err := p.where()
	if err != nil {
		return 0, err
	}
	query, args := t.sayOnce("SELECT count(*) FROM "+c.Name+" WHERE "+where, args)
	n, err := scalar[int64](t.tx.QueryRowContext(ctx, query, args...))
	return n, explain(err)
}

// where gives the condition of a page, but for where it begins.
func (p Page) where() (c syncproto.Collection, where string, args []any, err error) {
	c, known := syncproto.CollectionOf(p.Collection)
	if !known {
		return c, "", nil, fmt.Errorf("there is no collection %q", p.Collection)
	}
	inside := "1 = 1"
	if p.Within != uuid.Nil {
		if inside, err = insideOf(c); err != nil {
			return c, "", nil, err
		}
		args = append(args, p.Within)
	}
	test, more, err := p.Test.where(c)
	return c, inside + " AND " + test, append(args, more...), err
}

// insideOf gives the condition that a record belongs to an area or to one below it. It uses no index of areas: the rows are
// wanted in order of id, and to put them in order anew for each part of them takes longer than to look at others too.
func insideOf(c syncproto.Collection) (string, error) {
	switch {
	case c.Name == "areas":
		return "id IN " + within, nil
	case len(c.AreaVia) > 0:
		return "coalesce(area, '') IN " + within, nil
	}
	return "", fmt.Errorf("records of %s belong to no area", c.Name)
}
