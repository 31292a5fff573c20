package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// A Review is something that wants, or wanted, a person's decision.
type Review struct {
	ID   uuid.UUID
	Kind string
	// Record is what it is about; Subject what of that, [uuid.Nil] where the kind says all.
	Record, Subject, Area uuid.UUID
	Severity, State       string
	// Seq counts the openings of all reviews; Opened and Updated are in milliseconds.
	Seq, Opened, Updated int64
	// Facts is a JSON object; Digest tells whether all facts are the same, also those that Facts leaves out.
	Facts, Digest string
	// Decision is the last one, "" if there is none, and DecidedOn the digest of the facts that it was made on.
	Decision, Reason string
	DecidedBy        uuid.UUID
	DecidedAt        int64
	DecidedOn        string
	// Assignee is the user who sees to it, [uuid.Nil] if nobody does.
	Assignee uuid.UUID
}

const reviewColumns = `id, kind, record, subject, area, severity, state, seq, opened, updated, facts, digest,
decision, reason, decided_by, decided_at, decided_on, assignee`

func scanReview(r row) (v Review, err error) {
	err = r.Scan(&v.ID, &v.Kind, &v.Record, &v.Subject, &v.Area, &v.Severity, &v.State, &v.Seq, &v.Opened, &v.Updated, &v.Facts, &v.Digest,
		&v.Decision, &v.Reason, &v.DecidedBy, &v.DecidedAt, &v.DecidedOn, &v.Assignee)
	return v, err
}

// columns appends the values of [reviewColumns].
func (v Review) columns(out []any) ([]any, error) {
	return append(out, v.ID, v.Kind, v.Record, orBlank(v.Subject), v.Area, v.Severity, v.State, v.Seq, v.Opened, v.Updated, v.Facts, v.Digest,
		v.Decision, v.Reason, orBlank(v.DecidedBy), v.DecidedAt, v.DecidedOn, orBlank(v.Assignee)), nil
}

// PutReviews writes reviews, new ones and such that exist; [ErrExists] if the Seq of one is another's.
func (t *Tx) PutReviews(ctx context.Context, reviews []Review) error {
	err := insert(ctx, t, reviews, "INSERT INTO reviews ("+reviewColumns+") VALUES ", 18, `
ON CONFLICT (id) DO UPDATE SET area = excluded.area, severity = excluded.severity, state = excluded.state, seq = excluded.seq,
    opened = excluded.opened, updated = excluded.updated, facts = excluded.facts, digest = excluded.digest,
    decision = excluded.decision, reason = excluded.reason, decided_by = excluded.decided_by, decided_at = excluded.decided_at,
    decided_on = excluded.decided_on, assignee = excluded.assignee`, Review.columns)
	if err != nil {
		return fmt.Errorf("write reviews: %w", err)
	}
	return nil
}

// Review gives one review; [ErrNotFound] if there is none of that id.
func (t *Tx) Review(ctx context.Context, id uuid.UUID) (Review, error) {
	return one(ctx, t, scanReview, "SELECT "+reviewColumns+" FROM reviews WHERE id = ?", id)
}

// A ReviewFilter says which reviews are meant; what it leaves out says nothing.
type ReviewFilter struct {
	Kind, Severity string
	// Area is one that they lie in or below; Assignee who sees to them, [uuid.Nil] for nobody.
	Area, Assignee *uuid.UUID
}

// inArea is the condition that an area is one, or lies below it, which is given twice.
const inArea = `(area = ? OR area IN (WITH RECURSIVE below (id) AS (
    SELECT id FROM areas WHERE id = ? UNION SELECT areas.id FROM below JOIN areas ON areas.parent = below.id
) SELECT id FROM below))`

// where gives the condition, which goes on behind others, and its arguments.
func (f ReviewFilter) where() (query string, args []any) {
	if f.Kind != "" {
		query, args = query+" AND kind = ?", append(args, f.Kind)
	}
	if f.Severity != "" {
		query, args = query+" AND severity = ?", append(args, f.Severity)
	}
	if f.Area != nil {
		query, args = query+" AND "+inArea, append(args, *f.Area, *f.Area)
	}
	if f.Assignee != nil {
		query, args = query+" AND assignee = ?", append(args, orBlank(*f.Assignee))
	}
	return query, args
}

// Reviews gives reviews in a state, those that every filter means, in the order in which they opened, behind a Seq.
func (t *Tx) Reviews(ctx context.Context, state string, after int64, limit int, filters ...ReviewFilter) ([]Review, error) {
	query, args := "SELECT "+reviewColumns+" FROM reviews WHERE state = ? AND seq > ?", []any{state, after}
	for _, f := range filters {
		where, more := f.where()
		query, args = query+where, append(args, more...)
	}
	return all(ctx, t, scanReview, query+" ORDER BY seq LIMIT ?", append(args, limit)...)
}

// ReviewsOf gives all reviews about any of the records, of two that may be one about either; one may come twice.
func (t *Tx) ReviewsOf(ctx context.Context, records []uuid.UUID) ([]Review, error) {
	about, err := in(ctx, t, scanReview, records, "SELECT "+reviewColumns+" FROM reviews WHERE record IN ")
	if err != nil {
		return nil, err
	}
	other, err := in(ctx, t, scanReview, records, "SELECT "+reviewColumns+" FROM reviews WHERE kind = 'duplicate' AND subject IN ")
	return append(about, other...), err
}

// LastReview gives the Seq of the review that opened last, 0 if none ever did.
func (t *Tx) LastReview(ctx context.Context) (int64, error) {
	return one(ctx, t, scalar[int64], "SELECT coalesce(max(seq), 0) FROM reviews")
}

// Reviewable gives what a review may be about, in order of the ids and behind one of them: records that others have
// their area from, that have conflicts, or of which changes are held or wait, devices whose clock is off, and what a
// review is about.
func (t *Tx) Reviewable(ctx context.Context, after uuid.UUID, limit int) ([]uuid.UUID, error) {
	return all(ctx, t, scalar[uuid.UUID], `
SELECT id FROM (SELECT DISTINCT parent AS id FROM records WHERE parent > ? AND parent <> '' ORDER BY parent LIMIT ?) AS parents
UNION
SELECT id FROM (SELECT DISTINCT record AS id FROM conflicts WHERE record > ? ORDER BY record LIMIT ?) AS contested
UNION
SELECT id FROM (SELECT DISTINCT record AS id FROM changes WHERE status IN ('held', 'waiting') AND record > ? ORDER BY record LIMIT ?) AS held
UNION
SELECT id FROM (SELECT id FROM devices WHERE clock_offset NOT BETWEEN ? AND ? AND id > ? ORDER BY id LIMIT ?) AS off
UNION
SELECT id FROM (SELECT DISTINCT record AS id FROM reviews WHERE record > ? ORDER BY record LIMIT ?) AS reviewed
ORDER BY id LIMIT ?`, after, limit, after, limit, after, limit, -syncproto.ClockWarning, syncproto.ClockWarning, after, limit, after, limit, limit)
}

// A Shown is a record as it is shown.
type Shown struct {
	ID         uuid.UUID
	Collection string
	// Parent is the record that it has its area from, [uuid.Nil] if it has its own.
	Area, Parent uuid.UUID
	Deleted      bool
	// Doc is the JSON object of its shown values.
	Doc []byte
}

const shownColumns = "id, collection, area, parent, deleted, doc"

func scanShown(r row) (s Shown, err error) {
	err = r.Scan(&s.ID, &s.Collection, &s.Area, &s.Parent, &s.Deleted, &s.Doc)
	return s, err
}

// Shown gives those of the records that exist.
func (t *Tx) Shown(ctx context.Context, ids []uuid.UUID) ([]Shown, error) {
	return in(ctx, t, scanShown, ids, "SELECT "+shownColumns+" FROM records WHERE id IN ")
}

// ShownAid gives what a family's aid is counted from: the people, entitlements and deliveries, deleted ones among them,
// that have their area from any of the given records. The documents of what else belongs to these may be large.
func (t *Tx) ShownAid(ctx context.Context, owners []uuid.UUID) ([]Shown, error) {
	// Of the collection as in [Tx.ShownPeople].
	return in(ctx, t, scanShown, owners, "SELECT "+shownColumns+` FROM records
WHERE parent <> '' AND collection || '' IN ('people', 'entitlements', 'deliveries') AND parent IN `)
}

// A Child is a record that has its area from another one.
type Child struct {
	ID, Parent uuid.UUID
	Collection string
}

// ChildrenLeft gives the records that are not deleted and have their area from any of the given ones, but for questions: these are
// about what became of them.
func (t *Tx) ChildrenLeft(ctx context.Context, parents []uuid.UUID) ([]Child, error) {
	return in(ctx, t, func(r row) (c Child, err error) {
		err = r.Scan(&c.ID, &c.Parent, &c.Collection)
		return c, err
	}, parents, "SELECT id, parent, collection FROM records WHERE parent <> '' AND deleted = 0 AND collection <> 'questions' AND parent IN ")
}

// QuestionsAbout gives the first questions about a record that are not deleted, in the order in which they were asked.
func (t *Tx) QuestionsAbout(ctx context.Context, record uuid.UUID, limit int) ([]Record, error) {
	// Wherever the record, or what it belonged to then, is by now. Text has quotes only with a backslash.
	return all(ctx, t, scanRecord, "SELECT "+recordColumns+` FROM records
WHERE collection = 'questions' AND deleted = 0 AND doc LIKE ? ORDER BY id LIMIT ?`, `%"about":"`+record.String()+`"%`, limit)
}

// A Standing is what there is about a record.
type Standing struct {
	Deleted bool
	// Children counts the records, deleted ones among them, that have their area from it.
	Children int
	// Merged says that it was merged into another or another into it, Reviewed that there is a review about it.
	Merged, Reviewed bool
}

// Standings gives those of the records that exist.
func (t *Tx) Standings(ctx context.Context, records []uuid.UUID) (map[uuid.UUID]Standing, error) {
	out := make(map[uuid.UUID]Standing, len(records))
	_, err := in(ctx, t, func(r row) (_ struct{}, err error) {
		var id uuid.UUID
		var s Standing
		err = r.Scan(&id, &s.Deleted, &s.Children, &s.Merged, &s.Reviewed)
		out[id] = s
		return struct{}{}, err
	}, records, `SELECT id, deleted,
    (SELECT count(*) FROM records AS child WHERE child.parent = records.id AND child.parent <> ''),
    EXISTS (SELECT 1 FROM mergers WHERE mergers.record = records.id) OR EXISTS (SELECT 1 FROM mergers WHERE mergers.kept = records.id),
    EXISTS (SELECT 1 FROM reviews WHERE reviews.record = records.id)
        OR EXISTS (SELECT 1 FROM reviews WHERE kind = 'duplicate' AND reviews.subject = records.id)
FROM records WHERE id IN `)
	return out, err
}

// SomeOf reports whether there ever was a record of a collection.
func (t *Tx) SomeOf(ctx context.Context, collection string) (bool, error) {
	return one(ctx, t, scalar[bool], "SELECT EXISTS (SELECT 1 FROM records WHERE collection = ?)", collection)
}

// SomeMerged reports whether any record was merged into another.
func (t *Tx) SomeMerged(ctx context.Context) (bool, error) {
	return one(ctx, t, scalar[bool], "SELECT EXISTS (SELECT 1 FROM mergers)")
}

// in reads every row of a query that ends before a list of ids or keys.
func in[T, K any](ctx context.Context, t *Tx, scan func(row) (T, error), ids []K, query string) ([]T, error) {
	var out []T
	for part := range chunks(ids) {
		found, err := all(ctx, t, scan, query+inList(len(part)), anys(part)...)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// A Merger is a duplicate and the record that it was merged into.
type Merger struct{ Record, Kept uuid.UUID }

// SetMerger notes which record another was merged into, [uuid.Nil] if into none any more.
func (t *Tx) SetMerger(ctx context.Context, m Merger) error {
	if m.Kept == uuid.Nil {
		return t.exec(ctx, "DELETE FROM mergers WHERE record = ?", m.Record)
	}
	return t.exec(ctx, "INSERT INTO mergers (record, kept) VALUES (?, ?) ON CONFLICT (record) DO UPDATE SET kept = excluded.kept", m.Record, m.Kept)
}

func scanMerger(r row) (m Merger, err error) {
	err = r.Scan(&m.Record, &m.Kept)
	return m, err
}

// Mergers gives those of which any of the records is a part; one may come twice.
func (t *Tx) Mergers(ctx context.Context, records []uuid.UUID) ([]Merger, error) {
	duplicates, err := in(ctx, t, scanMerger, records, "SELECT record, kept FROM mergers WHERE record IN ")
	if err != nil {
		return nil, err
	}
	kept, err := in(ctx, t, scanMerger, records, "SELECT record, kept FROM mergers WHERE kept IN ")
	return append(duplicates, kept...), err
}

// Merged gives into which record each duplicate was merged.
func (t *Tx) Merged(ctx context.Context) (map[uuid.UUID]uuid.UUID, error) {
	list, err := all(ctx, t, scanMerger, "SELECT record, kept FROM mergers")
	out := make(map[uuid.UUID]uuid.UUID, len(list))
	for _, m := range list {
		out[m.Record] = m.Kept
	}
	return out, err
}
