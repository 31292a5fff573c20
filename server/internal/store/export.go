package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// A Filter says which records of a collection are wanted. What is not set asks for nothing.
type Filter struct {
	// Within asks for what belongs to an area or to one below it; of areas, for those.
	Within uuid.UUID
	// Among asks for what belongs to any of some areas or to one below them, and nil for nothing; records of a collection
	// that belongs to everyone are everyone's.
	Among []uuid.UUID
	// Holds asks for what fields hold, as their typed view gives it; nil for nothing.
	Holds []Holding
	// From and Before ask for what happened from one day on and before another, such as "2020-04-30", by the field
	// Date.
	Date, From, Before string
}

// A Holding is a field and what it holds.
type Holding struct {
	Field string
	Value any
}

// within gives the ids of an area and of everything below it. A circle of areas is walked once around.
const within = `(WITH RECURSIVE below (id) AS (
    SELECT id FROM areas WHERE id = ? UNION SELECT a.id FROM areas AS a JOIN below ON a.parent = below.id
) SELECT id FROM below)`

// among gives the condition that a record belongs to any of some areas or to one below them.
func among(c syncproto.Collection, roots []uuid.UUID) (string, []any) {
	if len(roots) == 0 {
		return "1 = 0", nil
	}
	area := "area"
	if c.Name == "areas" {
		area = "id"
	}
	return area + " IN " + strings.Replace(within, "id = ?", "id IN "+inList(len(roots)), 1), anys(roots)
}

// where gives the condition that the filter is over the typed view of a collection.
func (f Filter) where(c syncproto.Collection) (string, []any, error) {
	clauses, args := []string{"1 = 1"}, []any(nil)
	add := func(clause string, arg any) { clauses, args = append(clauses, clause), append(args, arg) }
	switch {
	case f.Within == uuid.Nil:
	case c.Name == "areas":
		add("id IN "+within, f.Within)
	case len(c.AreaVia) > 0:
		add("area IN "+within, f.Within)
	default:
		return "", nil, fmt.Errorf("records of %s belong to no area", c.Name)
	}
	if f.Among != nil && (c.Name == "areas" || len(c.AreaVia) > 0) {
		clause, roots := among(c, f.Among)
		clauses, args = append(clauses, clause), append(args, roots...)
	}
	for _, h := range f.Holds {
		switch {
		case !hasColumn(c, h.Field):
			return "", nil, fmt.Errorf("%s has no field %q", c.Name, h.Field)
		case h.Value == nil:
			clauses = append(clauses, h.Field+" IS NULL")
		default:
			add(h.Field+" = ?", h.Value)
		}
	}
	if f.From+f.Before != "" && !hasColumn(c, f.Date) {
		return "", nil, fmt.Errorf("%s has no field %q", c.Name, f.Date)
	}
	if f.From != "" {
		add(f.Date+" >= ?", f.From)
	}
	if f.Before != "" {
		add(f.Date+" < ?", f.Before)
	}
	return strings.Join(clauses, " AND "), args, nil
}

// hasColumn reports whether the typed view of a collection has a column of this name.
func hasColumn(c syncproto.Collection, name string) bool {
	return name == "id" || slices.ContainsFunc(c.Fields, func(f syncproto.Field) bool { return f.Name == name && f.Type != syncproto.Position })
}

// Export reads a collection's typed view, as far as a filter asks for it, in order of id: first header takes the names
// of its columns, then row the values of each record, which are nil, int64, float64 or string. Deleted records are not
// in the view. The values are good until row returns.
func (t *Tx) Export(ctx context.Context, collection string, filter Filter, header func(columns []string) error, row func(values []any) error) error {
	c, known := syncproto.CollectionOf(collection)
	if !known {
		return fmt.Errorf("there is no collection %q", collection)
	}
	where, args, err := filter.where(c)
	if err != nil {
		return err
	}
	query, args := t.say("SELECT * FROM "+collection+" WHERE "+where+" ORDER BY id", args)
	rows, err := t.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return explain(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return explain(err)
	}
	if err := header(columns); err != nil {
		return err
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return explain(err)
		}
		if err := row(values); err != nil {
			return err
		}
	}
	return explain(rows.Err())
}

// Keys gives the records of a collection by what one of their fields, or "id", holds. Deleted ones are left out, and so
// are those that were merged into another, where another holds the same: they share its card or document.
func (t *Tx) Keys(ctx context.Context, collection, field string) (map[string][]uuid.UUID, error) {
	c, known := syncproto.CollectionOf(collection)
	if !known || !hasColumn(c, field) {
		return nil, fmt.Errorf("there is no field %q in a collection %q", field, collection)
	}
	merged := "''"
	if _, merges := c.Field("merged_into"); merges {
		merged = "coalesce(merged_into, '')"
	}
	type key struct {
		id           uuid.UUID
		text, merged string
	}
	keys, err := all(ctx, t, func(r row) (k key, err error) {
		err = r.Scan(&k.id, &k.text, &k.merged)
		return k, err
	}, "SELECT id, "+field+", "+merged+" AS merged FROM "+collection+" WHERE "+field+" IS NOT NULL")
	out, others := make(map[string][]uuid.UUID, len(keys)), map[string][]uuid.UUID{}
	for _, k := range keys {
		if k.merged == "" {
			out[k.text] = append(out[k.text], k.id)
		} else {
			others[k.text] = append(others[k.text], k.id)
		}
	}
	for text, ids := range others {
		if out[text] == nil {
			out[text] = ids
		}
	}
	return out, err
}
