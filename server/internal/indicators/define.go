package indicators

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// An Indicator is a figure that is reported.
type Indicator struct {
	ID         uuid.UUID       `json:"id"`
	Code       string          `json:"code"`
	Title      string          `json:"title"`
	Definition syncproto.Value `json:"definition"`
	// Counts says in words what it counts, or why that is not understood.
	Counts string `json:"counts"`
}

// A slip is wrong with what somebody wrote: it is an [ErrQuery] by its own words.
type slip struct{ error }

// Is makes it one.
func (slip) Is(target error) bool { return target == ErrQuery }

func slipf(format string, args ...any) error { return slip{fmt.Errorf(format, args...)} }

// List gives all indicators in order of code.
func List(ctx context.Context, s *store.Store) ([]Indicator, error) {
	var out []Indicator
	err := s.Read(ctx, func(tx *store.Tx) error {
		w := &world{tx: tx, at: latest, zone: time.UTC, needs: needs{}}
		figures, err := w.indicators(ctx, Query{})
		for _, f := range figures {
			i := Indicator{ID: f.id, Code: f.Code, Title: f.Title, Definition: f.Definition}
			if d, err := Parse(f.Definition); err == nil {
				i.Counts = d.String()
			} else {
				i.Counts = "not understood: " + err.Error()
			}
			out = append(out, i)
		}
		return err
	})
	return out, err
}

// Digest tells the title and the definition of an indicator from others.
func (i Indicator) Digest() string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(i.Title+"\x00"+string(i.Definition))))
}

// Set defines an indicator, or changes the title or definition of one, whichever is not "". It gives what the indicator
// counts, in words, and fails with [ErrQuery] on a definition that is not understood.
func Set(ctx context.Context, e *engine.Engine, author uuid.UUID, code, title, definition string) (string, error) {
	return set(ctx, e, author, code, title, definition, func(*Indicator) error { return nil })
}

// SetSeen is [Set] by somebody who was looking at the indicator of a [Indicator.Digest], "" if at none. It changes none that is
// another by now, which is the problem "stale", and none that was there unseen.
func SetSeen(ctx context.Context, e *engine.Engine, author uuid.UUID, seen, code, title, definition string) (string, error) {
	return set(ctx, e, author, code, title, definition, func(known *Indicator) error {
		switch {
		case seen == "" && known != nil:
			return syncproto.Refuse(syncproto.CodeInvalid, "There is an indicator with the code %q already. Nothing was changed; open that one to change it, or take another code.", code)
		case seen != "" && (known == nil || known.Digest() != seen):
			return syncproto.Refuse(syncproto.CodeStale, "The indicator %q was changed or removed since you opened it. Nothing was changed; open it again.", code)
		}
		return nil
	})
}

// set is [Set] if may lets it, which is asked in the same write about the indicator that is there, nil if there is none.
func set(ctx context.Context, e *engine.Engine, author uuid.UUID, code, title, definition string, may func(*Indicator) error) (string, error) {
	fields, counts := map[string]any{"code": code}, "what it did"
	if title != "" {
		fields["title"] = title
	}
	var value syncproto.Value
	if definition != "" {
		var err error
		if value, counts, err = understood(definition); err != nil {
			return "", err
		}
	}
	_, err := e.SaveMade(ctx, author, func(tx *store.Tx) ([]engine.OfficeEdit, error) {
		known, err := indicatorOf(ctx, tx, code)
		if err != nil {
			return nil, err
		}
		if err := may(known); err != nil {
			return nil, err
		}
		var id uuid.UUID
		if known != nil {
			id = known.ID
		} else if title == "" || definition == "" {
			return nil, slipf("there is no indicator %q yet: a new one needs a title and a definition", code)
		}
		edit, err := editOf("indicators", id, fields)
		if definition != "" && err == nil {
			edit.Fields["definition"] = value
		}
		return []engine.OfficeEdit{edit}, err
	})
	return counts, err
}

// understood reads a definition, and says in words what it counts.
func understood(definition string) (syncproto.Value, string, error) {
	value, err := syncproto.Canonical([]byte(definition))
	if err != nil {
		return "", "", slipf("the definition is no JSON: %w", err)
	}
	d, err := Parse(value)
	if err != nil {
		return "", "", slipf("the definition: %w", err)
	}
	return value, d.String(), nil
}

// indicatorOf gives the one indicator of a code, nil if there is none.
func indicatorOf(ctx context.Context, tx *store.Tx, code string) (*Indicator, error) {
	id, err := findIn(ctx, tx, "indicators", "code", code)
	if err != nil || id == uuid.Nil {
		return nil, err
	}
	r, err := tx.Record(ctx, id)
	if err != nil {
		return nil, err
	}
	return &Indicator{ID: id, Code: code, Title: r.Value("title").Text(), Definition: r.Value("definition")}, nil
}

// Remove deletes an indicator. Its targets stay, and mean nothing without it.
func Remove(ctx context.Context, s *store.Store, e *engine.Engine, author uuid.UUID, code string) error {
	id, err := existing(ctx, s, "indicators", code)
	if err != nil {
		return err
	}
	edit, err := editOf("indicators", id, map[string]any{syncproto.FieldDeleted: true})
	if err != nil {
		return err
	}
	_, err = e.Save(ctx, author, []engine.OfficeEdit{edit})
	return err
}

// SetTarget sets what a project, by its code, or the programme if that is "", is to reach of an indicator by a day, which
// may be "". A target for the same three is corrected.
func SetTarget(ctx context.Context, s *store.Store, e *engine.Engine, author uuid.UUID, code, project, due, value string) error {
	indicator, err := existing(ctx, s, "indicators", code)
	if err != nil {
		return err
	}
	fields := map[string]any{"indicator": indicator}
	t := target{indicator: indicator, due: due}
	if project != "" {
		if t.project, err = existing(ctx, s, "projects", project); err != nil {
			return err
		}
		fields["project"] = t.project
	}
	if due != "" {
		fields["due_on"] = due
	}
	known, err := t.find(ctx, s)
	if err != nil {
		return err
	}
	edit, err := editOf("targets", known, fields)
	if err != nil {
		return err
	}
	if edit.Fields["value"], err = syncproto.Canonical([]byte(value)); err != nil {
		return slipf("the target %q is no number", value)
	}
	_, err = e.Save(ctx, author, []engine.OfficeEdit{edit})
	return err
}

// find gives the target that is for the same, [uuid.Nil] if there is none.
func (t target) find(ctx context.Context, s *store.Store) (id uuid.UUID, err error) {
	err = s.Read(ctx, func(tx *store.Tx) error {
		w := &world{tx: tx, at: latest, zone: time.UTC, needs: needs{}}
		indicator, project, due := w.needs.at("targets", "indicator"), w.needs.at("targets", "project"), w.needs.at("targets", "due_on")
		return w.each(ctx, "targets", func(r record) error {
			if !r.deleted && r.values[indicator].ID() == t.indicator && r.values[project].ID() == t.project && r.values[due].Text() == t.due {
				id = r.id
			}
			return nil
		})
	})
	return id, err
}

// editOf makes an edit of a record, of a new one if that is [uuid.Nil].
func editOf(collection string, id uuid.UUID, fields map[string]any) (engine.OfficeEdit, error) {
	edit := engine.OfficeEdit{Collection: collection, Record: id, Fields: map[string]syncproto.Value{}}
	var err error
	if id == uuid.Nil {
		if edit.Record, err = uuid.NewV7(); err != nil {
			return edit, err
		}
	}
	for name, x := range fields {
		if edit.Fields[name], err = syncproto.ValueOf(x); err != nil {
			return edit, slipf("%s: %w", name, err)
		}
	}
	return edit, nil
}

// existing gives the record of a code, which has to be there.
func existing(ctx context.Context, s *store.Store, collection, code string) (uuid.UUID, error) {
	id, err := find(ctx, s, collection, "code", code)
	if err == nil && id == uuid.Nil {
		err = slipf("there is no record of %s with the code %q", collection, code)
	}
	return id, err
}

// find gives the one record that has a value in a field, [uuid.Nil] if there is none.
func find(ctx context.Context, s *store.Store, collection, field, value string) (id uuid.UUID, err error) {
	err = s.Read(ctx, func(tx *store.Tx) error {
		id, err = findIn(ctx, tx, collection, field, value)
		return err
	})
	return id, err
}

func findIn(ctx context.Context, tx *store.Tx, collection, field, value string) (uuid.UUID, error) {
	keys, err := tx.Keys(ctx, collection, field)
	ids := keys[value]
	switch {
	case err != nil || len(ids) == 0:
		return uuid.Nil, err
	case len(ids) > 1:
		return uuid.Nil, slipf("several records of %s have the code %s; correct that first", collection, value)
	}
	return ids[0], nil
}
