package engine

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"satchel/internal/duplicates"
	"satchel/server/internal/audit"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A merger is what is about to be pointed elsewhere.
type merger struct {
	// into is where the household points then, [uuid.Nil] for nowhere; other is the household that it is merged with, or
	// was.
	into, other uuid.UUID
	people      []OfficeEdit
}

// Merge makes a household a duplicate of another one, and its people duplicates of those of the other one that
// have the same name and birth, as one form. Nothing moves: what belongs to the household stays with it, counts for both together,
// and goes on being edited; [Engine.Unmerge] restores what was. It fails as invalid if the household is merged
// already, or if the other one is, by whatever way, a duplicate of it.
func (e *Engine) Merge(ctx context.Context, author, household, into uuid.UUID, reason string) ([]store.Change, error) {
	return e.point(ctx, author, household, reason, audit.HouseholdMerged, func(ctx context.Context, w *work, r store.Record) (merger, error) {
		if err := w.mayMerge(ctx, r, into); err != nil {
			return merger{}, err
		}
		people, err := w.mergePeople(ctx, household, into)
		return merger{into: into, other: into, people: people}, err
	})
}

// Unmerge makes a household, which may have been deleted since, one of its own again, and those of its people that became
// duplicates with it. Who was made a duplicate of somebody else since stays one. It fails as invalid if the household is
// no duplicate.
func (e *Engine) Unmerge(ctx context.Context, author, household uuid.UUID, reason string) ([]store.Change, error) {
	return e.point(ctx, author, household, reason, audit.HouseholdUnmerged, func(ctx context.Context, w *work, r store.Record) (merger, error) {
		other := mergedInto(r)
		if other == uuid.Nil {
			return merger{}, syncproto.Refuse(syncproto.CodeInvalid, "The household is no duplicate of another one. Nothing was changed.")
		}
		people, err := w.partPeople(ctx, r)
		return merger{other: other, people: people}, err
	})
}

// point has a household and its people point elsewhere, as one form, and notes it in the audit log.
func (e *Engine) point(ctx context.Context, author, household uuid.UUID, reason, action string, plan func(context.Context, *work, store.Record) (merger, error)) ([]store.Change, error) {
	var saved []store.Change
	reason, err := PlainReason(reason)
	if err != nil {
		return nil, err
	}
	err = e.commit(ctx, func(ctx context.Context, w *work) error {
		r, err := w.household(ctx, household)
		if err != nil {
			return err
		}
		m, err := plan(ctx, w, r)
		if err != nil {
			return err
		}
		edits := append([]OfficeEdit{pointing("households", household, m.into)}, m.people...)
		for i := range edits {
			edits[i].Note.Reason = reason
		}
		if saved, err = w.save(ctx, author, edits); err != nil {
			return err
		}
		return audit.Append(ctx, w.tx, audit.Entry{
			At: w.now, Actor: author.String(), Action: action, Subject: household.String(),
			Details: map[string]any{"other": m.other.String(), "people": len(m.people), "reason": reason},
		})
	})
	return saved, explain(err)
}

// pointing gives the edit that makes a record a duplicate of another one, of none if that is [uuid.Nil].
func pointing(collection string, record, into uuid.UUID) OfficeEdit {
	value := syncproto.Null
	if into != uuid.Nil {
		value = syncproto.Value(`"` + into.String() + `"`)
	}
	return OfficeEdit{Collection: collection, Record: record, Fields: map[string]syncproto.Value{fieldMergedInto: value}}
}

// mayMerge refuses what would be no merger of two families that are there.
func (w *work) mayMerge(ctx context.Context, r store.Record, into uuid.UUID) error {
	if r.Deleted {
		return noHousehold(r.ID)
	}
	if mergedInto(r) != uuid.Nil {
		return syncproto.Refuse(syncproto.CodeInvalid, "The household is a duplicate of another one already. Nothing was changed; unmerge it first.")
	}
	other, err := w.household(ctx, into)
	if err == nil && other.Deleted {
		return noHousehold(into)
	}
	seen := map[uuid.UUID]bool{}
	for err == nil && other.ID != uuid.Nil && !seen[other.ID] { // two may be merged into one another
		if other.ID == r.ID {
			return syncproto.Refuse(syncproto.CodeInvalid, "The other household is this one, or a duplicate of it. Nothing was changed.")
		}
		seen[other.ID] = true
		other, _, err = w.record(ctx, mergedInto(other))
	}
	return err
}

// household gives a household, which may be deleted.
func (w *work) household(ctx context.Context, id uuid.UUID) (store.Record, error) {
	r, exists, err := w.record(ctx, id)
	if err == nil && (!exists || r.Collection != "households") {
		err = noHousehold(id)
	}
	return r, err
}

func noHousehold(id uuid.UUID) error {
	return syncproto.Refuse(syncproto.CodeNotFound, "There is no household %s. Nothing was changed.", id)
}

// mergedInto gives what a record is a duplicate of, [uuid.Nil] if it is none.
func mergedInto(r store.Record) uuid.UUID { return r.Value(fieldMergedInto).ID() }

// mergePeople makes people of one household duplicates of those of another one; see [duplicates.SamePeople].
func (w *work) mergePeople(ctx context.Context, household, into uuid.UUID) ([]OfficeEdit, error) {
	from, err := w.people(ctx, household)
	if err != nil {
		return nil, err
	}
	to, err := w.people(ctx, into)
	if err != nil {
		return nil, err
	}
	var edits []OfficeEdit
	for _, pair := range duplicates.SamePeople(membersOf(from), membersOf(to)) {
		edits = append(edits, pointing("people", from[pair[0]].ID, to[pair[1]].ID))
	}
	return edits, nil
}

// people gives the people of a household that are shown and no duplicates.
func (w *work) people(ctx context.Context, household uuid.UUID) ([]store.Record, error) {
	all, err := w.children(ctx, household)
	return slices.DeleteFunc(all, func(r store.Record) bool {
		return r.Collection != "people" || r.Deleted || mergedInto(r) != uuid.Nil
	}), err
}

func membersOf(people []store.Record) []duplicates.Member {
	out := make([]duplicates.Member, len(people))
	for i, r := range people {
		out[i] = duplicates.MemberOf(r.Value)
	}
	return out
}

// partPeople makes people one of their own again who became duplicates in the form that made the household one.
func (w *work) partPeople(ctx context.Context, household store.Record) ([]OfficeEdit, error) {
	head, _ := household.State[fieldMergedInto].Shown()
	merged, err := w.tx.Change(ctx, head.Version)
	if err != nil {
		return nil, err
	}
	form, err := w.tx.FormOf(ctx, merged.Device, merged.Form)
	if err != nil {
		return nil, err
	}
	var edits []OfficeEdit
	for _, c := range form {
		if _, writes := c.Fields[fieldMergedInto]; !writes || c.Collection != "people" {
			continue
		}
		person, exists, err := w.record(ctx, c.Record)
		if err != nil {
			return nil, err
		}
		if shown, ok := person.State[fieldMergedInto].Shown(); exists && ok && shown.Version == c.Version() {
			edits = append(edits, pointing("people", c.Record, uuid.Nil))
		}
	}
	return edits, nil
}
