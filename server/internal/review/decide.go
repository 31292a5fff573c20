package review

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/google/uuid"

	"satchel/server/internal/audit"
	"satchel/server/internal/engine"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// The decisions.
const (
	// Accepted says that the matter was meant so: of conflicts, that what is shown stays shown; of a clock, that it is known.
	Accepted = "accepted"
	// NotDuplicate says that two households are two families. That they are one is said by merging them.
	NotDuplicate = "not_duplicate"
)

// Decisions gives what can be decided about items of a kind: nothing about changes that are held, which are applied or
// discarded.
func Decisions(kind string) []string {
	return map[string][]string{
		OverDelivery: {Accepted}, Orphan: {Accepted}, Duplicate: {NotDuplicate}, Conflict: {Accepted}, Clock: {Accepted}, ProofMissing: {Accepted},
	}[kind]
}

// Decide decides an open item. digest is that of the item that the author saw; if its facts are others by now, it
// fails as stale and changes nothing.
func (q *Queue) Decide(ctx context.Context, author, id uuid.UUID, decision, reason, digest string) error {
	reason, err := engine.PlainReason(reason)
	if err != nil {
		return err
	}
	return q.change(ctx, id, func(r *store.Review) (audit.Entry, error) {
		switch {
		case r.Kind == Held:
			return audit.Entry{}, syncproto.Refuse(syncproto.CodeInvalid, "Changes that are held are applied or discarded, and the review closes by itself. Nothing was changed.")
		case !slices.Contains(Decisions(r.Kind), decision):
			return audit.Entry{}, syncproto.Refuse(syncproto.CodeInvalid, "What can be decided about %s is: %s. Nothing was changed.", r.Kind, strings.Join(Decisions(r.Kind), ", "))
		case r.State != Open || r.Digest != digest:
			return audit.Entry{}, syncproto.Refuse(syncproto.CodeStale, "The item is not as you saw it: it was decided meanwhile, or what it rests on has changed. Nothing was changed; look at it again.")
		}
		r.State, r.Decision, r.Reason, r.DecidedBy, r.DecidedAt, r.DecidedOn = Decided, decision, reason, author, q.now().UnixMilli(), digest
		return audit.Entry{Actor: author.String(), Action: audit.ReviewDecided, Details: map[string]any{
			"kind": r.Kind, "record": r.Record, "decision": decision, "reason": reason, "digest": digest,
		}}, nil
	})
}

// Reopen takes the decision on an item back; stale if none holds.
func (q *Queue) Reopen(ctx context.Context, author, id uuid.UUID, reason string) error {
	reason, err := engine.PlainReason(reason)
	if err != nil {
		return err
	}
	return q.change(ctx, id, func(r *store.Review) (audit.Entry, error) {
		if r.State != Decided {
			return audit.Entry{}, syncproto.Refuse(syncproto.CodeStale, "No decision holds on that item: it is %s. Nothing was changed.", r.State)
		}
		former := r.Decision
		r.State, r.Decision, r.Reason, r.DecidedBy, r.DecidedAt, r.DecidedOn = Open, "", "", uuid.Nil, 0, ""
		return audit.Entry{Actor: author.String(), Action: audit.ReviewReopened, Details: map[string]any{
			"kind": r.Kind, "record": r.Record, "decision": former, "reason": reason,
		}}, nil
	})
}

// Assign says who sees to an open item, nobody if assignee is [uuid.Nil].
func (q *Queue) Assign(ctx context.Context, author, id, assignee uuid.UUID) error {
	return q.store.Write(ctx, func(tx *store.Tx) error {
		if assignee != uuid.Nil {
			u, err := tx.User(ctx, assignee)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			if err != nil || !u.Active {
				return syncproto.Refuse(syncproto.CodeInvalid, "Nobody of that id has an active account. Nothing was changed.")
			}
		}
		return q.changeIn(ctx, tx, id, func(r *store.Review) (audit.Entry, error) {
			if r.State != Open {
				return audit.Entry{}, syncproto.Refuse(syncproto.CodeStale, "There is nothing to see to: the item is %s. Nothing was changed.", r.State)
			}
			r.Assignee = assignee
			return audit.Entry{Actor: author.String(), Action: audit.ReviewAssigned, Details: map[string]any{
				"kind": r.Kind, "record": r.Record, "assignee": orNil(assignee),
			}}, nil
		})
	})
}

// change changes one review, and notes it in the audit log.
func (q *Queue) change(ctx context.Context, id uuid.UUID, do func(*store.Review) (audit.Entry, error)) error {
	return q.store.Write(ctx, func(tx *store.Tx) error { return q.changeIn(ctx, tx, id, do) })
}

func (q *Queue) changeIn(ctx context.Context, tx *store.Tx, id uuid.UUID, do func(*store.Review) (audit.Entry, error)) error {
	r, err := find(ctx, tx, id)
	if err != nil {
		return err
	}
	was := r.State
	entry, err := do(&r)
	if err != nil {
		return err
	}
	if r.State == Open && was != Open {
		last, err := tx.LastReview(ctx)
		if err != nil {
			return err
		}
		r.Seq, r.Opened = last+1, q.now().UnixMilli()
	}
	entry.At, entry.Subject = q.now().UnixMilli(), id.String()
	if err := tx.PutReviews(ctx, []store.Review{r}); err != nil {
		return err
	}
	return audit.Append(ctx, tx, entry)
}
