package indicators

import (
	"context"
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

// Set defines an indicator, or changes the title or definition of one, whichever is not "". It gives what the indicator
// counts, in words, and fails with [ErrQuery] on a definition that is not understood.
func Set(ctx context.Context, s *store.Store, e *engine.Engine, author uuid.UUID, code, title, definition string) (string, error) {
	known, err := find(ctx, s, "indicators", "code", code)
	if err != nil {
		return "", err
	}
	if known == uuid.Nil && (title == "" || definition == "") {
		return "", slipf("there is no indicator %q yet: a new one needs a title and a definition", code)
	}
	fields := map[string]any{"code": code}
	counts := "what it did"
	if title != "" {
		fields["title"] = title
	}
	edit, err := editOf("indicators", known, fields)
	if err != nil {
		return "", err
	}
	if definition != "" {
		value, err := syncproto.Canonical([]byte(definition))
		if err != nil {
			return "", slipf("the definition is no JSON: %w", err)
		}
		d, err := Parse(value)
		if err != nil {
			return "", slipf("the definition: %w", err)
		}
		edit.Fields["definition"], counts = value, d.String()
	}
	_, err = e.Save(ctx, author, []engine.OfficeEdit{edit})
	return counts, err
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
func find(ctx context.Context, s *store.Store, collection, field, value string) (uuid.UUID, error) {
	var ids []uuid.UUID
	err := s.Read(ctx, func(tx *store.Tx) error {
		keys, err := tx.Keys(ctx, collection, field)
		ids = keys[value]
		return err
	})
	switch {
	case err != nil || len(ids) == 0:
		return uuid.Nil, err
	case len(ids) > 1:
		return uuid.Nil, slipf("several records of %s have the code %s; correct that first", collection, value)
	}
	return ids[0], nil
}
