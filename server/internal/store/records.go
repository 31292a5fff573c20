package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// A Record is a record as the server knows it.
type Record struct {
	ID         uuid.UUID
	Collection string
	// Area is where it belongs; Parent the record that it has its area from, [uuid.Nil] if it has
	// its own.
	Area, Parent uuid.UUID
	// Seq is the sequence of the last thing that happened to it, Entered that at which it came to
	// its area.
	Seq, Entered int64
	Deleted      bool
	State        syncproto.State
	// Touched holds, for each field to which something happened since then, the sequence of the last.
	Touched map[string]int64
}

// Value gives the shown value of a field, "" if it has none.
func (r Record) Value(field string) syncproto.Value {
	shown, _ := r.State[field].Shown()
	return shown.Value
}

const recordColumns = "id, collection, area, parent, seq, entered, deleted, doc, state"

func scanRecord(r row) (out Record, err error) {
	var parent, doc, state string
	if err = r.Scan(&out.ID, &out.Collection, &out.Area, &parent, &out.Seq, &out.Entered, &out.Deleted, &doc, &state); err != nil {
		return out, err
	}
	if parent != "" {
		if out.Parent, err = uuid.Parse(parent); err != nil {
			return out, fmt.Errorf("read record %s: %w", out.ID, err)
		}
	}
	out.State, out.Touched, err = decodeState(doc, state, out.Entered)
	return out, err
}

// batch is how many rows a statement reads or writes at the most: about 100 is the fastest.
const batch = 100

// inList gives "(?, ?, …)" for n values.
func inList(n int) string {
	return "(" + strings.Repeat("?, ", n-1) + "?)"
}

// Records gives those of the records that exist, by id.
func (t *Tx) Records(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]Record, error) {
	out := make(map[uuid.UUID]Record, len(ids))
	for part := range chunks(ids) {
		found, err := all(ctx, t, scanRecord, "SELECT "+recordColumns+" FROM records WHERE id IN "+inList(len(part)), anys(part)...)
		if err != nil {
			return nil, fmt.Errorf("read records: %w", err)
		}
		for _, r := range found {
			out[r.ID] = r
		}
	}
	return out, nil
}

// chunks cuts a list into parts of at most [batch].
func chunks[T any](list []T) func(yield func([]T) bool) {
	return func(yield func([]T) bool) {
		for start := 0; start < len(list); start += batch {
			if !yield(list[start:min(start+batch, len(list))]) {
				return
			}
		}
	}
}

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i, x := range list {
		out[i] = x
	}
	return out
}

// Record gives one record; [ErrNotFound] if it does not exist.
func (t *Tx) Record(ctx context.Context, id uuid.UUID) (Record, error) {
	return one(ctx, t, scanRecord, "SELECT "+recordColumns+" FROM records WHERE id = ?", id)
}

// PutRecords writes records, new ones and such that exist.
func (t *Tx) PutRecords(ctx context.Context, records []Record) error {
	err := insert(ctx, t, records, "INSERT INTO records ("+recordColumns+") VALUES ", 9, `
ON CONFLICT (id) DO UPDATE SET area = excluded.area, parent = excluded.parent, seq = excluded.seq,
    entered = excluded.entered, deleted = excluded.deleted, doc = excluded.doc, state = excluded.state`, Record.columns)
	if err != nil {
		return fmt.Errorf("write records: %w", err)
	}
	return nil
}

// columns appends the values of [recordColumns].
func (r Record) columns(out []any) ([]any, error) {
	doc, state, err := encodeState(r.State, r.Touched)
	return append(out, r.ID, r.Collection, r.Area, orBlank(r.Parent), r.Seq, r.Entered, r.Deleted, doc, state), err
}

// batchBytes is how much text a statement writes at the most, but for what its last row adds: a database's protocol may
// hold a statement in memory several times.
const batchBytes = 1 << 20

// insert writes rows by statements that begin and end with the given texts.
func insert[T any](ctx context.Context, t *Tx, list []T, begin string, columns int, end string, values func(T, []any) ([]any, error)) (err error) {
	args := make([]any, 0, columns*min(batch, len(list)))
	bytes := 0
	for i, x := range list {
		before := len(args)
		if args, err = values(x, args); err != nil {
			return err
		}
		for _, value := range args[before:] {
			if text, ok := value.(string); ok {
				bytes += len(text)
			}
		}
		count := len(args) / columns
		if count < batch && bytes < batchBytes && i+1 < len(list) {
			continue
		}
		if err := t.exec(ctx, begin+rows(count, columns)+end, args...); err != nil {
			return err
		}
		args, bytes = args[:0], 0
	}
	return nil
}

// rows gives the placeholders of n rows.
func rows(n, columns int) string {
	return strings.Repeat(inList(columns)+", ", n-1) + inList(columns)
}

// orBlank writes [uuid.Nil] as ”.
func orBlank(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}

// Children gives the records that have their area from the given one.
func (t *Tx) Children(ctx context.Context, parent uuid.UUID) ([]Record, error) {
	return all(ctx, t, scanRecord, "SELECT "+recordColumns+" FROM records WHERE parent = ? AND parent <> '' ORDER BY id", parent)
}

// RecordsSince gives the records of an area behind a sequence, in order of their sequence.
func (t *Tx) RecordsSince(ctx context.Context, area uuid.UUID, seq int64, limit int) ([]Record, error) {
	return all(ctx, t, scanRecord, "SELECT "+recordColumns+" FROM records WHERE area = ? AND seq > ? ORDER BY seq LIMIT ?", area, seq, limit)
}

// AreaTree gives the parent of every area, [uuid.Nil] for a root.
func (t *Tx) AreaTree(ctx context.Context) (map[uuid.UUID]uuid.UUID, error) {
	type edge struct{ id, parent uuid.UUID }
	edges, err := all(ctx, t, func(r row) (e edge, err error) {
		var parent *string
		if err = r.Scan(&e.id, &parent); err == nil && parent != nil {
			e.parent, err = uuid.Parse(*parent)
		}
		return e, err
	}, "SELECT id, parent FROM areas")
	if err != nil {
		return nil, fmt.Errorf("read the tree of areas: %w", err)
	}
	out := make(map[uuid.UUID]uuid.UUID, len(edges))
	for _, e := range edges {
		out[e.id] = e.parent
	}
	return out, nil
}

// FindAreas gives the areas that have a text as their id, official code or name.
func (t *Tx) FindAreas(ctx context.Context, text string) ([]uuid.UUID, error) {
	return all(ctx, t, scalar[uuid.UUID], "SELECT id FROM areas WHERE id = ? OR official_code = ? OR name = ? ORDER BY id", text, text, text)
}

// FindHouseholds gives the households that have a text as their id or card number, without the duplicates of one that
// has the same number.
func (t *Tx) FindHouseholds(ctx context.Context, text string) ([]uuid.UUID, error) {
	return all(ctx, t, scalar[uuid.UUID], `SELECT id FROM households AS h WHERE id = ? OR card_number = ?
    AND NOT EXISTS (SELECT 1 FROM households AS kept WHERE kept.id = h.merged_into AND kept.card_number = h.card_number)
ORDER BY id`, text, text)
}

// AreaNames gives the names of all areas.
func (t *Tx) AreaNames(ctx context.Context) (map[uuid.UUID]string, error) {
	type named struct {
		id   uuid.UUID
		name string
	}
	list, err := all(ctx, t, func(r row) (n named, err error) {
		err = r.Scan(&n.id, &n.name)
		return n, err
	}, "SELECT id, name FROM areas")
	out := make(map[uuid.UUID]string, len(list))
	for _, n := range list {
		out[n.id] = n.name
	}
	return out, err
}

// A Departure is a record that left an area.
type Departure struct {
	Area, Record uuid.UUID
	Seq          int64
}

// Departures gives what left an area behind a sequence, in order of sequence.
func (t *Tx) Departures(ctx context.Context, area uuid.UUID, seq int64, limit int) ([]Departure, error) {
	return all(ctx, t, func(r row) (d Departure, err error) {
		err = r.Scan(&d.Area, &d.Record, &d.Seq)
		return d, err
	}, "SELECT area, record, seq FROM departures WHERE area = ? AND seq > ? ORDER BY seq LIMIT ?", area, seq, limit)
}

// CountSince counts the records and the departures of an area behind a sequence.
func (t *Tx) CountSince(ctx context.Context, area uuid.UUID, seq int64) (int, error) {
	return one(ctx, t, scalar[int], `SELECT (SELECT count(*) FROM records WHERE area = ? AND seq > ?)
    + (SELECT count(*) FROM departures WHERE area = ? AND seq > ?)`, area, seq, area, seq)
}

// Move notes that a record left one area and came to another.
func (t *Tx) Move(ctx context.Context, d Departure, to uuid.UUID) error {
	if err := t.exec(ctx, "DELETE FROM departures WHERE area = ? AND record = ?", to, d.Record); err != nil {
		return fmt.Errorf("move record %s: %w", d.Record, err)
	}
	err := t.exec(ctx, `INSERT INTO departures (area, record, seq) VALUES (?, ?, ?)
ON CONFLICT (area, record) DO UPDATE SET seq = excluded.seq`, d.Area, d.Record, d.Seq)
	if err != nil {
		return fmt.Errorf("move record %s: %w", d.Record, err)
	}
	return nil
}

// A Summary is what an area comes to.
type Summary struct {
	Area uuid.UUID
	// Seq is the sequence of the last thing that happened in the area.
	Seq int64
	// Records counts them, deleted ones among them; Digest is that over them.
	Records int
	Digest  syncproto.Digest
}

// Summaries gives those of the areas in which something happened ever.
func (t *Tx) Summaries(ctx context.Context, areas []uuid.UUID) (map[uuid.UUID]Summary, error) {
	out := make(map[uuid.UUID]Summary, len(areas))
	for part := range chunks(areas) {
		found, err := all(ctx, t, func(r row) (s Summary, err error) {
			var digest []byte
			err = r.Scan(&s.Area, &s.Seq, &s.Records, &digest)
			copy(s.Digest[:], digest)
			return s, err
		}, "SELECT area, seq, records, digest FROM area_digests WHERE area IN "+inList(len(part)), anys(part)...)
		if err != nil {
			return nil, fmt.Errorf("read the digests of areas: %w", err)
		}
		for _, s := range found {
			out[s.Area] = s
		}
	}
	return out, nil
}

// PutSummary writes what an area comes to.
func (t *Tx) PutSummary(ctx context.Context, s Summary) error {
	return t.exec(ctx, `INSERT INTO area_digests (area, seq, records, digest) VALUES (?, ?, ?, ?)
ON CONFLICT (area) DO UPDATE SET seq = excluded.seq, records = excluded.records, digest = excluded.digest`,
		s.Area, s.Seq, s.Records, s.Digest[:])
}
