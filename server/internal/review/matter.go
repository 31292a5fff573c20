package review

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"satchel/internal/duplicates"
	"satchel/server/internal/store"
)

// A matter is what wants a decision as the records are now.
type matter struct {
	kind                  string
	record, subject, area uuid.UUID
	severity              string
	facts                 Facts
}

// A finding is all there is of one kind about some records: an item about one of them, as its record or its subject, that
// is no matter is closed.
type finding struct {
	kind    string
	about   set
	matters []matter
}

// id is the same for the same matter, for ever.
func (m matter) id() uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("satchel/review/"+m.kind+"/"+m.record.String()+"/"+m.subject.String()))
}

// factsKept is how many of each an item lists at the most; its digest covers all.
const factsKept = 100

func first[T any](list []T) []T { return list[:min(len(list), factsKept)] }

// sortGrounds puts records in order of their ids.
func sortGrounds(list []Ground) {
	slices.SortFunc(list, func(a, b Ground) int { return bytes.Compare(a.Record[:], b.Record[:]) })
}

// decisive gives what of the facts a decision rests on: how two households compare, whatever that weighs, which values
// clash, whoever wrote them, and how a clock that is off matters.
func (f Facts) decisive() Facts {
	outcomes := make([]duplicates.Reason, len(f.Reasons))
	for i, r := range f.Reasons {
		outcomes[i].Outcome = r.Outcome
	}
	slices.SortFunc(outcomes, func(a, b duplicates.Reason) int { return strings.Compare(a.Outcome, b.Outcome) })
	f.Fields = slices.Clone(f.Fields)
	for i := range f.Fields {
		f.Fields[i].Sides = 0
	}
	f.Score, f.Reasons, f.ClockOff = 0, outcomes, mattering(f.ClockOff)
	return f
}

// encode gives the facts as they are kept, and the digest of all that are decisive.
func (f Facts) encode() (text, digest string, err error) {
	whole, err := json.Marshal(f.decisive())
	if err != nil {
		return "", "", fmt.Errorf("encode the facts of a review: %w", err)
	}
	f.LeftOff = max(0, max(len(f.Records), len(f.Fields), len(f.Changes))-factsKept)
	f.Records, f.Fields, f.Changes = first(f.Records), first(f.Fields), first(f.Changes)
	kept, err := json.Marshal(f)
	sum := sha256.Sum256(whole)
	return string(kept), hex.EncodeToString(sum[:]), err
}

// reconcile makes the items what was found.
func (c concern) reconcile(ctx context.Context, tx *store.Tx, now int64, found []finding) error {
	about := set{}
	for _, f := range found {
		for id := range f.about {
			if s, known := c.standings[id]; !known || s.Reviewed {
				about.add(id)
			}
		}
	}
	reviews, err := tx.ReviewsOf(ctx, about.list())
	if err != nil {
		return err
	}
	kept := map[uuid.UUID]store.Review{}
	for _, r := range reviews {
		kept[r.ID] = r
	}
	var changed []store.Review
	for _, f := range found {
		matters := map[uuid.UUID]bool{}
		for _, m := range f.matters {
			id := m.id()
			matters[id] = true
			r, err := m.onto(kept[id])
			if err != nil {
				return err
			}
			if r != kept[id] {
				changed = append(changed, r)
			}
		}
		for _, r := range kept {
			if r.Kind == f.kind && (f.about[r.Record] || f.about[r.Subject]) && !matters[r.ID] && r.State != Closed {
				r.State = Closed
				changed = append(changed, r)
			}
		}
	}
	return put(ctx, tx, now, kept, changed)
}

// onto gives the review of a matter, given that of before: it stands as decided as long as the facts are those that
// were decided on.
func (m matter) onto(r store.Review) (store.Review, error) {
	text, digest, err := m.facts.encode()
	r.ID, r.Kind, r.Record, r.Subject, r.Area, r.Severity = m.id(), m.kind, m.record, m.subject, m.area, m.severity
	r.Facts, r.Digest, r.State = text, digest, Open
	if r.Decision != "" && r.DecidedOn == digest {
		r.State = Decided
	}
	return r, err
}

// put writes reviews that have changed, and numbers those that open.
func put(ctx context.Context, tx *store.Tx, now int64, before map[uuid.UUID]store.Review, changed []store.Review) error {
	if len(changed) == 0 {
		return nil
	}
	seq, err := tx.LastReview(ctx)
	if err != nil {
		return err
	}
	slices.SortFunc(changed, func(a, b store.Review) int { return slices.Compare(a.ID[:], b.ID[:]) })
	for i := range changed {
		r := &changed[i]
		r.Updated = now
		if r.State == Open && before[r.ID].State != Open {
			seq++
			r.Seq, r.Opened = seq, now
		}
	}
	return tx.PutReviews(ctx, changed)
}
