package demo

import (
	"context"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/syncproto"
)

// A reference is what a tablet finds in its own store of the programme, once it has synced: nothing
// else tells its forms what there is.
type reference struct {
	projects, types map[string]uuid.UUID
	institutions    map[string]string
	registration    uuid.UUID
	municipalities  map[string]homes
}

// homes are the areas where the households of a municipality live.
type homes struct {
	id    uuid.UUID
	at    syncproto.Place
	areas []uuid.UUID
}

// topic gives what the i-th activity of a kind is about.
func (r reference) topic(kind, project string, i int) string {
	list := subjects(kind, r.institutions[project])
	return list[i%len(list)]
}

func readReference(ctx context.Context, s *clientlib.Store) (reference, error) {
	out := reference{
		projects: map[string]uuid.UUID{}, types: map[string]uuid.UUID{},
		institutions: map[string]string{}, municipalities: map[string]homes{},
	}
	projects, err := clientlib.List[clientlib.Project](ctx, s, uuid.Nil)
	if err != nil {
		return out, err
	}
	for _, p := range projects {
		out.projects[p.Code], out.institutions[p.Code] = p.ID, p.Institution
	}
	types, err := clientlib.List[clientlib.AssistanceType](ctx, s, uuid.Nil)
	if err != nil {
		return out, err
	}
	for _, t := range types {
		out.types[t.Code] = t.ID
	}
	questionnaires, err := clientlib.List[clientlib.Questionnaire](ctx, s, uuid.Nil)
	if err != nil {
		return out, err
	}
	for _, q := range questionnaires {
		out.registration = q.ID
	}
	return out, out.readAreas(ctx, s)
}

// readAreas finds the municipalities, with the settlements in them.
func (r reference) readAreas(ctx context.Context, s *clientlib.Store) error {
	areas, err := clientlib.List[clientlib.Area](ctx, s, uuid.Nil)
	if err != nil {
		return err
	}
	towns := towns()
	for _, m := range areas {
		if m.Level != "municipality" {
			continue
		}
		h := homes{id: m.ID, at: towns[m.Name], areas: []uuid.UUID{m.ID}}
		for _, a := range areas {
			if a.Parent == m.ID {
				h.areas = append(h.areas, a.ID)
			}
		}
		r.municipalities[m.Name] = h
	}
	return nil
}
