package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// A ReviewList says which reviews a list shows, and in which order.
type ReviewList struct {
	State  string
	Filter ReviewFilter
	// Group says what is kept together: "kind", "area", "device", or "" for nothing. Within a group, open reviews come by their
	// severity and then the oldest first, others the latest first.
	Group string
	// From is the review behind which the list goes on, [uuid.Nil] for its beginning; Back that it goes on backwards.
	From  uuid.UUID
	Back  bool
	Limit int
}

// A ListedReview is a review, and the group that it is in.
type ListedReview struct {
	Review
	Group string
}

// reviewGroups are the expressions of groups. What is about no device counts to the one that last sent something of the record.
var reviewGroups = map[string]string{
	"":     `state`,
	"kind": `CASE kind WHEN 'conflict' THEN 1 WHEN 'held' THEN 2 WHEN 'over_delivery' THEN 3 WHEN 'duplicate' THEN 4 WHEN 'orphan' THEN 5 WHEN 'proof_missing' THEN 6 ELSE 7 END`,
	"area": `coalesce((SELECT name FROM areas WHERE areas.id = reviews.area), '') || ' ' || reviews.area`,
	"device": `CASE kind WHEN 'held' THEN subject WHEN 'clock' THEN record ELSE coalesce((SELECT changes.device FROM changes
    JOIN devices ON devices.id = changes.device WHERE changes.record = reviews.record ORDER BY changes.received DESC, changes.n DESC LIMIT 1), '') END`,
}

// rank is the order within a group, before that of the Seq.
func (l ReviewList) rank() string {
	if l.State == "open" {
		return `CASE severity WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END`
	}
	return `-CASE WHEN decided_at > updated THEN decided_at ELSE updated END`
}

// ListReviews gives a part of a list of reviews; backwards, the nearest first. It goes on behind a review whatever that is in
// by now, and gives nothing behind one that there is not.
func (t *Tx) ListReviews(ctx context.Context, l ReviewList) ([]ListedReview, error) {
	group, known := reviewGroups[l.Group]
	if !known {
		return nil, fmt.Errorf("list reviews: there are no groups by %q", l.Group)
	}
	than, order := ">", "ASC"
	if l.Back {
		than, order = "<", "DESC"
	}
	query, args := fmt.Sprintf("SELECT %s, %s FROM reviews WHERE state = ?", reviewColumns, group), []any{l.State}
	if where, more := l.Filter.where(); where != "" {
		query, args = query+where, append(args, more...)
	}
	if l.From != uuid.Nil {
		query += fmt.Sprintf(" AND (%[1]s, %[2]s, seq) %[3]s (SELECT %[1]s, %[2]s, seq FROM reviews WHERE id = ?)", group, l.rank(), than)
		args = append(args, l.From)
	}
	query += fmt.Sprintf(" ORDER BY %[1]s %[3]s, %[2]s %[3]s, seq %[3]s LIMIT ?", group, l.rank(), order)
	return all(ctx, t, scanListedReview, query, append(args, l.Limit)...)
}

func scanListedReview(r row) (l ListedReview, err error) {
	v := &l.Review
	err = r.Scan(&v.ID, &v.Kind, &v.Record, &v.Subject, &v.Area, &v.Severity, &v.State, &v.Seq, &v.Opened, &v.Updated, &v.Facts, &v.Digest,
		&v.Decision, &v.Reason, &v.DecidedBy, &v.DecidedAt, &v.DecidedOn, &v.Assignee, &l.Group)
	return l, err
}

// A Tally is how many there are of something.
type Tally struct {
	Of    string
	Count int
}

func scanTally(r row) (out Tally, err error) {
	err = r.Scan(&out.Of, &out.Count)
	return out, err
}

// TallyReviews counts the reviews in a state by "kind", "area" or "assignee".
func (t *Tx) TallyReviews(ctx context.Context, state, by string, filter ReviewFilter) ([]Tally, error) {
	column, known := map[string]string{"kind": "kind", "area": "area", "assignee": "assignee"}[by]
	if !known {
		return nil, fmt.Errorf("count reviews: there are none by %q", by)
	}
	where, args := filter.where()
	return all(ctx, t, scanTally, "SELECT "+column+", count(*) FROM reviews WHERE state = ?"+where+" GROUP BY "+column+" ORDER BY "+column,
		append([]any{state}, args...)...)
}

// A ConflictTally is how many open conflicts there are about one field of a collection.
type ConflictTally struct {
	Collection, Field string
	Count             int
}

// TallyConflicts counts the open conflicts by field, the most first.
func (t *Tx) TallyConflicts(ctx context.Context) ([]ConflictTally, error) {
	return all(ctx, t, func(r row) (out ConflictTally, err error) {
		err = r.Scan(&out.Collection, &out.Field, &out.Count)
		return out, err
	}, "SELECT collection, field, count(*) FROM conflicts GROUP BY collection, field ORDER BY count(*) DESC, collection, field")
}
