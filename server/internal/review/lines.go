package review

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A Line is an item as a list shows it.
type Line struct {
	Item
	// Group is which of the list's groups it is in: by kind any, by area one that ends with the area's id, by device its id or "".
	Group string
	// Collection and Fields are those of the record, as it is shown. Missing says that there is none, or not yet: then they are
	// those of the first of the changes that are held, if the item is about such.
	Collection string
	Fields     map[string]syncproto.Value
	Missing    bool
	// Concerned are those who wrote what clashes, or what is held, each once.
	Concerned []Concerned
}

// Lines gives a part of a list of items, in its order; see [store.ReviewList]. behind is as in [Queue.List].
func (q *Queue) Lines(ctx context.Context, list store.ReviewList) (out []Line, behind bool, err error) {
	err = q.store.Read(ctx, func(tx *store.Tx) error {
		if behind, err = q.Behind(ctx, tx); err != nil {
			return err
		}
		reviews, err := tx.ListReviews(ctx, list)
		if err != nil {
			return err
		}
		if list.Back {
			slices.Reverse(reviews)
		}
		for _, r := range reviews {
			item, err := itemOf(r.Review)
			if err != nil {
				return err
			}
			out = append(out, Line{Item: item, Group: r.Group})
		}
		return complete(ctx, tx, out)
	})
	return out, behind, err
}

// Line gives one item as a list shows it, in no group; not_found if there is none.
func (q *Queue) Line(ctx context.Context, id uuid.UUID) (Line, error) {
	lines := make([]Line, 1)
	err := q.store.Read(ctx, func(tx *store.Tx) error {
		r, err := find(ctx, tx, id)
		if err != nil {
			return err
		}
		if lines[0].Item, err = itemOf(r); err != nil {
			return err
		}
		return complete(ctx, tx, lines)
	})
	return lines[0], err
}

// Tally counts the items in a state by "kind", "area" or "assignee".
func (q *Queue) Tally(ctx context.Context, state, by string, filter Filter) (out map[string]int, err error) {
	err = q.store.Read(ctx, func(tx *store.Tx) error {
		list, err := tx.TallyReviews(ctx, state, by, filter)
		out = make(map[string]int, len(list))
		for _, t := range list {
			out[t.Of] = t.Count
		}
		return err
	})
	return out, err
}

// complete adds to lines what they are about and who is concerned, with as many statements as one line takes.
func complete(ctx context.Context, tx *store.Tx, lines []Line) error {
	var records []uuid.UUID
	for _, l := range lines {
		records = append(records, l.Record)
	}
	shown, err := tx.Shown(ctx, records)
	if err != nil {
		return err
	}
	about := map[uuid.UUID]store.Shown{}
	for _, s := range shown {
		about[s.ID] = s
	}
	for i := range lines {
		l := &lines[i]
		s, known := about[l.Record]
		if l.Missing = !known; l.Missing {
			continue
		}
		l.Collection = s.Collection
		if err := json.Unmarshal(s.Doc, &l.Fields); err != nil {
			return fmt.Errorf("read record %s: %w", s.ID, err)
		}
	}
	return addWriters(ctx, tx, lines)
}

// addWriters adds to lines who wrote what they are about, and of what is not there what was written.
func addWriters(ctx context.Context, tx *store.Tx, lines []Line) error {
	versions, err := versionsOf(ctx, tx, lines)
	if err != nil {
		return err
	}
	var all []syncproto.Version
	for _, list := range versions {
		all = append(all, list...)
	}
	changes, err := tx.ChangesNamed(ctx, all)
	if err != nil {
		return err
	}
	name, err := namesOf(ctx, tx)
	if err != nil {
		return err
	}
	for i := range lines {
		l, d := &lines[i], Detail{}
		for at, v := range versions[l.ID] {
			d.concern(name(changes[v].Author, v.Device))
			if at == 0 && l.Missing {
				l.Collection, l.Fields = changes[v].Collection, changes[v].Fields
			}
		}
		l.Concerned = d.Concerned
	}
	return nil
}

// versionsOf names the changes that lines are about.
func versionsOf(ctx context.Context, tx *store.Tx, lines []Line) (map[uuid.UUID][]syncproto.Version, error) {
	var contested []uuid.UUID
	for _, l := range lines {
		if l.Kind == Conflict {
			contested = append(contested, l.Record)
		}
	}
	records, err := tx.Records(ctx, contested)
	if err != nil {
		return nil, err
	}
	out := map[uuid.UUID][]syncproto.Version{}
	for _, l := range lines {
		for _, c := range l.Facts.Changes {
			out[l.ID] = append(out[l.ID], c.Version)
		}
		state := records[l.Record].State
		for _, field := range state.Conflicts() {
			if l.Kind == Conflict {
				for _, side := range engine.Clashing(state, field) {
					out[l.ID] = append(out[l.ID], side.Version)
				}
			}
		}
	}
	return out, nil
}

// namesOf gives a function that names people and devices.
func namesOf(ctx context.Context, tx *store.Tx) (func(author, device uuid.UUID) engine.Maker, error) {
	users, err := tx.Users(ctx)
	if err != nil {
		return nil, err
	}
	devices, err := tx.Devices(ctx)
	if err != nil {
		return nil, err
	}
	people, tablets := map[uuid.UUID]string{}, map[uuid.UUID]string{}
	for _, u := range users {
		people[u.ID] = u.Name
	}
	for _, d := range devices {
		tablets[d.ID] = d.Name
	}
	return func(author, device uuid.UUID) engine.Maker {
		out := engine.Maker{Author: author, AuthorName: people[author], Device: device, DeviceName: engine.OfficeName}
		if tablet, known := tablets[device]; known {
			out.DeviceName = tablet
		}
		return out
	}, nil
}
