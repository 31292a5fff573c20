package store

import (
	"context"
	"database/sql"
)

// A Frame bounds what a figure is counted over.
type Frame struct {
	// Institution is that of the projects whose records count.
	Institution string
	// Until is the last day whose events count, "2020-04-30".
	Until string
}

// Assistance narrows which types of assistance count; what is zero does not narrow.
type Assistance struct {
	// Code is the only type, Category the only category that counts.
	Code, Category string
	// Durable counts only what is a durable housing solution.
	Durable bool
}

// The parts that the statements below share. Each is a set that is made once and looked up by key, so
// that no statement gets slower than what it reads, however many records there are.
const (
	// framed are the projects of the frame.
	framed = `(SELECT id FROM projects WHERE institution = @institution)`

	// deliveriesCounted are the deliveries that count: by a project of the frame, up to its last day,
	// of the assistance asked for, and not cancelled.
	deliveriesCounted = `d.project IN ` + framed + `
    AND substr(d.delivered_at, 1, 10) <= @until
    AND coalesce(d.cancelled_why, '') = ''
    AND d.assistance_type IN (
        SELECT id FROM assistance_types
        WHERE @code IN ('', code) AND @category IN ('', category) AND (durable_housing = 1 OR @durable = 0))`

	// activitiesCounted are the activities that count: of one kind, by a project of the frame, and
	// over by its last day. One without any date does not count.
	activitiesCounted = `SELECT id, estimated_reach FROM activities
    WHERE kind = @kind AND coalesce(ends_on, starts_on) <= @until AND project IN ` + framed
)

// duplicates gives a set, named "duplicates", that says which record of a collection each merged one
// counts as: where its chain of mergers ends or, if they were merged into one another, the one with
// the smallest id.
func duplicates(collection string) string {
	return `WITH RECURSIVE
chain (id, onto) AS (
    SELECT id, merged_into FROM ` + collection + ` WHERE merged_into IS NOT NULL
    UNION
    SELECT chain.id, next.merged_into FROM chain JOIN ` + collection + ` AS next ON next.id = chain.onto
    WHERE next.merged_into IS NOT NULL
),
duplicates (id, counts_as) AS (
    SELECT chain.id, coalesce(max(CASE WHEN last.merged_into IS NULL THEN chain.onto END), min(chain.onto))
    FROM chain LEFT JOIN ` + collection + ` AS last ON last.id = chain.onto
    GROUP BY chain.id
)
`
}

func (f Frame) args(more ...any) []any {
	return append([]any{sql.Named("institution", f.Institution), sql.Named("until", f.Until)}, more...)
}

func (a Assistance) args() []any {
	return []any{sql.Named("code", a.Code), sql.Named("category", a.Category), sql.Named("durable", a.Durable)}
}

// QuantityDelivered counts things: the sum of the quantities of all deliveries that count, in the
// unit of their type. A thing was handed over whatever became of the household's record, so those of
// merged and deleted households count too.
func (t *Tx) QuantityDelivered(ctx context.Context, f Frame, a Assistance) (float64, error) {
	return one(ctx, t, scalar[float64], `SELECT coalesce(sum(d.quantity), 0) FROM deliveries AS d WHERE `+deliveriesCounted,
		f.args(a.args()...)...)
}

// FamiliesReached counts families: the households with at least one delivery that counts. Duplicates
// that were merged are one family, and a deleted household is none.
func (t *Tx) FamiliesReached(ctx context.Context, f Frame, a Assistance) (float64, error) {
	return one(ctx, t, scalar[float64], duplicates("households")+`
SELECT count(DISTINCT coalesce(duplicates.counts_as, d.household))
FROM deliveries AS d LEFT JOIN duplicates ON duplicates.id = d.household
WHERE d.household IN (SELECT id FROM households) AND `+deliveriesCounted,
		f.args(a.args()...)...)
}

// FamiliesReturned counts families that live where they came from again: the households that are
// returnees since a day of the frame and have at least one delivery that counts. Duplicates that were
// merged are one family, of which the record that was kept says whether it returned.
func (t *Tx) FamiliesReturned(ctx context.Context, f Frame, a Assistance) (float64, error) {
	return one(ctx, t, scalar[float64], duplicates("households")+`
SELECT count(*) FROM households
WHERE status = 'returnee' AND returned_on <= @until AND id IN (
    SELECT coalesce(duplicates.counts_as, d.household)
    FROM deliveries AS d LEFT JOIN duplicates ON duplicates.id = d.household
    WHERE `+deliveriesCounted+`)`,
		f.args(a.args()...)...)
}

// PeopleCompleted counts people who completed at least one activity of the kind that counts, each
// once. Duplicates that were merged are one person, and a deleted one is none.
func (t *Tx) PeopleCompleted(ctx context.Context, f Frame, kind string) (float64, error) {
	return t.participants(ctx, f, kind, "completed")
}

// PeopleAttended counts people who came to at least one activity of the kind that counts, each once,
// whether or not they completed it; otherwise as [Tx.PeopleCompleted].
func (t *Tx) PeopleAttended(ctx context.Context, f Frame, kind string) (float64, error) {
	return t.participants(ctx, f, kind, "attended")
}

func (t *Tx) participants(ctx context.Context, f Frame, kind, took string) (float64, error) {
	return one(ctx, t, scalar[float64], duplicates("people")+`
SELECT count(DISTINCT coalesce(duplicates.counts_as, p.person))
FROM participations AS p LEFT JOIN duplicates ON duplicates.id = p.person
WHERE p.`+took+` = 1 AND p.activity IN (SELECT id FROM (`+activitiesCounted+`) AS counted) AND p.person IN (SELECT id FROM people)`,
		f.args(sql.Named("kind", kind))...)
}

// BusinessStarters counts people who started a business with a project of the frame, up to its last
// day, each once. Duplicates that were merged are one person, and a deleted one is none.
func (t *Tx) BusinessStarters(ctx context.Context, f Frame) (float64, error) {
	return one(ctx, t, scalar[float64], duplicates("people")+`
SELECT count(DISTINCT coalesce(duplicates.counts_as, l.person))
FROM livelihoods AS l LEFT JOIN duplicates ON duplicates.id = l.person
WHERE l.started_on <= @until AND l.project IN `+framed+` AND l.person IN (SELECT id FROM people)`,
		f.args()...)
}

// EstimatedReach sums what was estimated for the activities of the kind that count. People reached by
// two of them are in it twice: nobody knows who they are.
func (t *Tx) EstimatedReach(ctx context.Context, f Frame, kind string) (float64, error) {
	return one(ctx, t, scalar[float64], `SELECT coalesce(sum(estimated_reach), 0) FROM (`+activitiesCounted+`) AS counted`,
		f.args(sql.Named("kind", kind))...)
}

// ActivityCount counts the activities of the kind that count.
func (t *Tx) ActivityCount(ctx context.Context, f Frame, kind string) (float64, error) {
	return one(ctx, t, scalar[float64], `SELECT count(*) FROM (`+activitiesCounted+`) AS counted`, f.args(sql.Named("kind", kind))...)
}
