package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// Export reads a collection's typed view, in order of id: first header takes the names of its columns,
// then row the values of each record, which are nil, int64, float64 or string. Deleted records are not
// in the view. The values are good until row returns.
func (t *Tx) Export(ctx context.Context, collection string, header func(columns []string) error, row func(values []any) error) error {
	if _, known := syncproto.CollectionOf(collection); !known {
		return fmt.Errorf("there is no collection %q", collection)
	}
	rows, err := t.tx.QueryContext(ctx, "SELECT * FROM "+collection+" ORDER BY id") //nolint:gosec // the registry has just confirmed the name
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

// Keys gives the records of a collection by what one of their fields, or "id", holds. Deleted ones
// are left out, and so are those that were merged into another: they share its card or document.
func (t *Tx) Keys(ctx context.Context, collection, field string) (map[string][]uuid.UUID, error) {
	c, known := syncproto.CollectionOf(collection)
	if _, has := c.Field(field); !known || !has && field != "id" {
		return nil, fmt.Errorf("there is no field %q in a collection %q", field, collection)
	}
	query := "SELECT id, " + field + " FROM " + collection + " WHERE " + field + " IS NOT NULL"
	if _, merges := c.Field("merged_into"); merges {
		query += " AND merged_into IS NULL"
	}
	type key struct {
		id   uuid.UUID
		text string
	}
	keys, err := all(ctx, t, func(r row) (k key, err error) {
		err = r.Scan(&k.id, &k.text)
		return k, err
	}, query)
	out := make(map[string][]uuid.UUID, len(keys))
	for _, k := range keys {
		out[k.text] = append(out[k.text], k.id)
	}
	return out, err
}
