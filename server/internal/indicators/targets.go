package indicators

import (
	"bytes"
	"cmp"
	"context"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// A target is what a project, or with [uuid.Nil] the programme, is to reach.
type target struct {
	id, indicator, project uuid.UUID
	due                    string
	value                  syncproto.Value
}

// targets adds what is to be reached. Of several targets of a project for an indicator it is the one that is due last, as
// each includes those before. Of all projects together it is the programme's own or, if it has none, the sum of theirs, without
// those of deleted ones. A query that counts only a part of that has no target to compare with.
func (w *world) targets(ctx context.Context, q Query, figures []Figure) error {
	if q.Own != "" || q.Area != uuid.Nil || q.Within != nil || len(q.Only) > 0 || q.Institution != "" || q.From != "" {
		return nil
	}
	codes, err := w.projectCodes(ctx)
	if err != nil {
		return err
	}
	last, err := w.lastTargets(ctx)
	if err != nil {
		return err
	}
	for i := range figures {
		var all, own sum
		some, ours := false, false
		for _, t := range last {
			code, exists := codes[t.project]
			switch {
			case t.indicator != figures[i].id:
			case t.project == uuid.Nil && q.Project == "":
				own.add(t.value)
				ours = true
			case exists && (q.Project == "" || code == q.Project):
				all.add(t.value)
				some = true
			}
		}
		if ours {
			all = own
		}
		if some || ours {
			value := all.value()
			figures[i].Target = &value
		}
	}
	return nil
}

// lastTargets gives, for each indicator and project, the target that is due last; one without a day is due after all others.
func (w *world) lastTargets(ctx context.Context) (map[[2]uuid.UUID]target, error) {
	const collection = "targets"
	indicator, project := w.needs.at(collection, "indicator"), w.needs.at(collection, "project")
	value, due := w.needs.at(collection, "value"), w.needs.at(collection, "due_on")
	out := map[[2]uuid.UUID]target{}
	err := w.each(ctx, collection, func(r record) error {
		t := target{r.id, r.values[indicator].ID(), r.values[project].ID(), cmp.Or(r.values[due].Text(), "9999"), r.values[value]}
		key := [2]uuid.UUID{t.indicator, t.project}
		if before, known := out[key]; !r.deleted && (!known || before.compare(t) < 0) {
			out[key] = t
		}
		return nil
	})
	return out, err
}

func (t target) compare(other target) int {
	return cmp.Or(cmp.Compare(t.due, other.due), bytes.Compare(t.id[:], other.id[:]))
}

// projectCodes gives the codes of the projects.
func (w *world) projectCodes(ctx context.Context) (map[uuid.UUID]string, error) {
	code := w.needs.at("projects", "code")
	out := map[uuid.UUID]string{}
	err := w.each(ctx, "projects", func(r record) error {
		if !r.deleted {
			out[r.id] = r.values[code].Text()
		}
		return nil
	})
	return out, err
}

// hasProject reports whether there is a project of that code.
func (w *world) hasProject(ctx context.Context, code string) (bool, error) {
	codes, err := w.projectCodes(ctx)
	for _, c := range codes {
		if c == code {
			return true, err
		}
	}
	return false, err
}
