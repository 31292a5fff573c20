package engine

import (
	"context"

	"github.com/google/uuid"

	"satchel/server/internal/audit"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// ApplyRule makes the settlements of a preview, which digest is that of, as one form: exactly those, or none, and
// then it fails as stale. It wants a reason. The version of the first settlement names them all, for [Engine.Bulk] and
// [Engine.UndoBulk]; each can be undone by itself too.
func (e *Engine) ApplyRule(ctx context.Context, author uuid.UUID, rule Rule, digest, reason string) ([]store.Change, error) {
	reason, err := givenReason(reason)
	if err != nil {
		return nil, err
	}
	p, err := e.planAsSeen(ctx, rule, digest)
	if err != nil {
		return nil, explain(err)
	}
	var settled []store.Change
	err = e.commit(ctx, func(ctx context.Context, w *work) error {
		var bulk syncproto.Version // the name of the first, which it gets when it is saved
		edits, err := w.bulk(ctx, p, reason, &bulk)
		if err != nil {
			return err
		}
		if settled, err = w.save(ctx, author, edits); err != nil {
			return err
		}
		bulk = settled[0].Version()
		return audit.Append(ctx, w.tx, audit.Entry{
			At: w.now, Actor: author.String(), Action: audit.RuleApplied, Subject: settled[0].Version().String(),
			Details: map[string]any{"rule": rule, "settled": len(settled), "left": p.left, "reason": reason},
		})
	})
	return settled, explain(err)
}

// givenReason gives the reason as [PlainReason] does, and refuses none.
func givenReason(text string) (string, error) {
	reason, err := PlainReason(text)
	if err == nil && reason == "" {
		err = syncproto.Refuse(syncproto.CodeInvalid, "A reason has to be given. Nothing was changed.")
	}
	return reason, err
}

// stalePreview says that a rule would not do what somebody saw.
func stalePreview() error {
	return syncproto.Refuse(syncproto.CodeStale, "The rule would do something else by now than what you saw. Nothing was changed; look at what it would do again.")
}

// planAsSeen gives what a rule comes to, if that is what somebody saw. It is found without the writer, for whom others
// wait, and who checks it then.
func (e *Engine) planAsSeen(ctx context.Context, rule Rule, digest string) (p plan, err error) {
	err = e.store.Read(ctx, func(tx *store.Tx) (err error) {
		p, err = planOf(ctx, tx, rule)
		return err
	})
	switch {
	case err != nil:
		return p, err
	case p.digest() != digest:
		return p, stalePreview()
	case len(p.settled) == 0:
		return p, syncproto.Refuse(syncproto.CodeInvalid, "The rule decides no conflict. Nothing was changed.")
	}
	return p, nil
}

// bulk gives the edits that carry a plan out under a name, if nothing happened meanwhile to what it is about.
func (w *work) bulk(ctx context.Context, p plan, reason string, name *syncproto.Version) ([]OfficeEdit, error) {
	records := make([]uuid.UUID, len(p.settled))
	for i, s := range p.settled {
		records[i] = s.Record
	}
	if err := w.load(ctx, records); err != nil {
		return nil, err
	}
	edits := make([]OfficeEdit, len(p.settled))
	for i, s := range p.settled {
		r, _, err := w.record(ctx, s.Record)
		if err != nil {
			return nil, err
		}
		_, unseen := r.State.Deletion()
		if r.Area != s.Area || len(unseen) > 0 || checkSeen(r.State, []Settlement{s.Settlement}) != nil {
			return nil, stalePreview()
		}
		edits[i] = settlement(r, s.Settlement.Field, s.Value, reason)
		edits[i].Note.Bulk = name
	}
	return edits, nil
}

// UndoBulk takes back what one application of a rule settled, but for what was changed since: skipped is how many that
// is. If it is all, it fails as stale; if no application has that name, as not_found.
func (e *Engine) UndoBulk(ctx context.Context, author uuid.UUID, bulk syncproto.Version, reason string) (undone []store.Change, skipped int, err error) {
	reason, err = PlainReason(reason)
	if err != nil {
		return nil, 0, err
	}
	err = e.commit(ctx, func(ctx context.Context, w *work) error {
		settled, err := bulkAt(ctx, w.tx, bulk)
		if err != nil {
			return err
		}
		edits, taken, err := w.bulkRestatements(ctx, settled, reason)
		if err != nil {
			return err
		}
		if skipped = len(settled) - taken; taken == 0 {
			return syncproto.Refuse(syncproto.CodeStale, "All that the rule settled was changed since. Nothing was undone.")
		}
		if undone, err = w.save(ctx, author, edits); err != nil {
			return err
		}
		return audit.Append(ctx, w.tx, audit.Entry{
			At: w.now, Actor: author.String(), Action: audit.RuleUndone, Subject: bulk.String(),
			Details: map[string]any{"undone": taken, "skipped": skipped, "reason": reason},
		})
	})
	return undone, skipped, explain(err)
}

// bulkAt gives what one application of a rule settled.
func bulkAt(ctx context.Context, tx *store.Tx, bulk syncproto.Version) ([]store.Change, error) {
	c, err := settlementAt(ctx, tx, bulk)
	if err == nil && (c.Note.Bulk == nil || *c.Note.Bulk != bulk) {
		err = syncproto.Refuse(syncproto.CodeNotFound, "No application of a rule has that name. Nothing was changed.")
	}
	if err != nil {
		return nil, err
	}
	return settledWith(ctx, tx, c)
}

// bulkRestatements gives the edits that take settlements back, and how many of these still stand and so can be.
func (w *work) bulkRestatements(ctx context.Context, settled []store.Change, reason string) (edits []OfficeEdit, taken int, err error) {
	for _, c := range settled {
		stands, err := w.stands(ctx, c)
		if err != nil {
			return nil, 0, err
		}
		if !stands {
			continue
		}
		part, err := w.restatements(ctx, c, reason)
		if err != nil {
			return nil, 0, err
		}
		for i := range part {
			part[i].Note.Bulk = c.Note.Bulk
		}
		edits, taken = append(edits, part...), taken+1
	}
	return edits, taken, nil
}

// Bulk gives what one application of a rule settled, as far as it stands; not_found if none has that name.
func (e *Engine) Bulk(ctx context.Context, bulk syncproto.Version) (out []Decision, err error) {
	err = e.store.Read(ctx, func(tx *store.Tx) error {
		settled, err := bulkAt(ctx, tx, bulk)
		if err != nil {
			return err
		}
		out, err = decisions(ctx, tx, settled)
		return err
	})
	return out, explain(err)
}
