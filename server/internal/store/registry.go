package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// A Bound is how much somebody can take: so many records and so many bytes of their documents.
type Bound struct{ Records, Bytes int }

// take reports whether there is room for one more record, and takes it.
func (b *Bound) take(s Shown) bool {
	b.Records, b.Bytes = b.Records-1, b.Bytes-len(s.Doc)
	return b.Records >= 0 && b.Bytes >= 0
}

// Belonging gives what has its area from any of the given records, deleted or not: people first, and then what was
// recorded last. leftOff counts what was beyond the bound.
func (t *Tx) Belonging(ctx context.Context, parents []uuid.UUID, bound *Bound) (out []Shown, leftOff int, err error) {
	for part := range chunks(parents) {
		query := "SELECT " + shownColumns + " FROM records WHERE parent <> '' AND parent IN " + inList(len(part)) +
			" ORDER BY CASE collection WHEN 'people' THEN 0 ELSE 1 END, id DESC"
		err := t.each(ctx, query, anys(part), func(r row) error {
			s, err := scanShown(r)
			if err == nil && bound.take(s) {
				out = append(out, s)
			} else {
				leftOff++
			}
			return err
		})
		if err != nil {
			return nil, 0, fmt.Errorf("read what belongs to records: %w", err)
		}
	}
	return out, leftOff, nil
}

// each does something with every row of a query, without keeping them. do must not ask the database.
func (t *Tx) each(ctx context.Context, query string, args []any, do func(row) error) error {
	query, args = t.say(query, args)
	rows, err := t.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return explain(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows); err != nil {
			return explain(err)
		}
	}
	return explain(rows.Err())
}

// Participations gives those of people, without deleted ones: a hundred, those that were recorded last.
func (t *Tx) Participations(ctx context.Context, people []uuid.UUID) ([]Shown, error) {
	var out []Shown
	for part := range chunks(people) {
		ids, err := all(ctx, t, scalar[uuid.UUID], "SELECT id FROM participations WHERE person IN "+inList(len(part))+" ORDER BY id DESC LIMIT 100", anys(part)...)
		if err != nil {
			return nil, fmt.Errorf("read in what people took part: %w", err)
		}
		found, err := t.Shown(ctx, ids)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// FirstChanges gives the change by which each of the records came, without what it holds.
func (t *Tx) FirstChanges(ctx context.Context, records []uuid.UUID) (map[uuid.UUID]Change, error) {
	out := make(map[uuid.UUID]Change, len(records))
	for part := range chunks(records) {
		list, err := all(ctx, t, func(r row) (c Change, err error) {
			err = r.Scan(&c.Record, &c.Device, &c.N, &c.Author, &c.Claimed, &c.Received, &c.Time)
			return c, err
		}, `SELECT c.record, c.device, c.n, c.author, c.claimed, c.received, c.time FROM changes AS c
JOIN (SELECT record, min(seq) AS seq FROM changes WHERE seq > 0 AND record IN `+inList(len(part))+` GROUP BY record) AS first
ON c.record = first.record AND c.seq = first.seq`, anys(part)...)
		if err != nil {
			return nil, fmt.Errorf("read how records came: %w", err)
		}
		for _, c := range list {
			out[c.Record] = c
		}
	}
	return out, nil
}

// DateOf gives the field by which a record of a collection has its day, "" if it has none.
func DateOf(collection string) string {
	switch collection {
	case "visits":
		return "visited_at"
	case "deliveries":
		return "delivered_at"
	case "entitlements":
		return "approved_on"
	case "targets":
		return "due_on"
	case "projects", "activities":
		return "starts_on"
	case "livelihoods":
		return "started_on"
	}
	return ""
}

// Page gives the ids of the records of a collection that a filter asks for, of those behind so many as many as there is
// room for, and how many there are: the newest first by [DateOf], those without a date behind; of what has no such date by
// name; and of the same the last recorded first. Deleted records are left out.
func (t *Tx) Page(ctx context.Context, collection string, filter Filter, offset, limit int) (ids []uuid.UUID, total int, err error) {
	c, known := syncproto.CollectionOf(collection)
	if !known {
		return nil, 0, fmt.Errorf("there is no collection %q", collection)
	}
	where, args, err := filter.where(c)
	if err != nil {
		return nil, 0, err
	}
	if total, err = one(ctx, t, scalar[int], "SELECT count(*) FROM "+collection+" WHERE "+where, args...); err != nil {
		return nil, 0, fmt.Errorf("count the records of %s: %w", collection, err)
	}
	ids, err = all(ctx, t, scalar[uuid.UUID], "SELECT id FROM "+collection+" WHERE "+where+" ORDER BY "+orderOf(c)+" LIMIT ? OFFSET ?", append(args, limit, offset)...)
	return ids, total, err
}

// orderOf gives the order in which a collection is listed.
func orderOf(c syncproto.Collection) string {
	var by []string
	if date := DateOf(c.Name); date != "" {
		by = append(by, date+" IS NULL", date+" DESC")
	} else {
		for _, name := range []string{"head_name", "name", "code"} {
			if hasColumn(c, name) {
				by = append(by, name)
				break
			}
		}
	}
	return strings.Join(append(by, "id DESC"), ", ")
}
