package registry

import (
	"bytes"
	"context"
	"slices"

	"github.com/google/uuid"

	"satchel/internal/aid"
	"satchel/server/internal/review"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A File is all that is known of a household and of those that were merged into one another with it.
type File struct {
	// Household is the one that was asked for; its area says who may see the file.
	Household Record `json:"household"`
	// Kept is the household that was kept of the family: the one that was asked for, unless it was merged.
	Kept uuid.UUID `json:"kept"`
	// Family are the others of the family, deleted ones among them. Elsewhere counts those outside the areas: nothing of
	// them is in the file.
	Family    []Record `json:"family"`
	Elsewhere int      `json:"elsewhere,omitempty"`
	// What belongs to all these households and to their people, deleted or not, what was recorded last first. LeftOff
	// counts what is beyond 2000 records or 8 MiB.
	People       []Record `json:"people"`
	Visits       []Record `json:"visits"`
	Deliveries   []Record `json:"deliveries"`
	Entitlements []Record `json:"entitlements"`
	Livelihoods  []Record `json:"livelihoods"`
	LeftOff      int      `json:"left_off,omitempty"`
	// Participations are those of the people, without deleted ones, the last hundred; Activities those that they are of.
	Participations []Record `json:"participations"`
	Activities     []Record `json:"activities"`
	// Pictures are the photos and signatures that visits and deliveries name as they are shown, by their ids.
	Pictures map[uuid.UUID][]Picture `json:"pictures"`
	// Reviews are the open ones about any of the households and what belongs to them, those that opened last first.
	Reviews []review.Item `json:"reviews"`
	// Timeline is what happened, the newest first; EventsLeftOff counts what is beyond 500.
	Timeline      []Event `json:"timeline"`
	EventsLeftOff int     `json:"events_left_off,omitempty"`
	Names         Names   `json:"names"`
}

// fileBound is how much of what belongs to a family a file holds.
func fileBound() *store.Bound { return &store.Bound{Records: 2000, Bytes: 8 << 20} }

// Household gives the file of a household; not_found if there is none in the areas.
func (r *Registry) Household(ctx context.Context, id uuid.UUID, within Areas) (out File, err error) {
	err = r.store.Read(ctx, func(tx *store.Tx) error {
		g := &gathering{tx: tx, within: within, file: &out, of: map[uuid.UUID]uuid.UUID{}}
		for _, gather := range []func(context.Context, uuid.UUID) error{g.family, g.belongings, g.participations, g.reviews} {
			if err := gather(ctx, id); err != nil {
				return err
			}
		}
		households := append([]Record{out.Household}, out.Family...)
		lists := [][]Record{households, out.People, out.Visits, out.Deliveries, out.Entitlements, out.Livelihoods, out.Participations}
		m := makersOf(tx)
		if err := m.record(ctx, lists...); err != nil {
			return err
		}
		out.Household, out.Family = households[0], households[1:]
		if err := g.timeline(ctx, m, lists); err != nil {
			return err
		}
		if err := g.pictures(ctx, out.Visits, out.Deliveries); err != nil {
			return err
		}
		out.Names, err = namesOf(ctx, tx, slices.Concat(append(lists, out.Activities)...), within)
		return err
	})
	return out, err
}

// A gathering puts a file together.
type gathering struct {
	tx     *store.Tx
	within Areas
	file   *File
	// of says to which household of the family each household and person belongs.
	of map[uuid.UUID]uuid.UUID
}

// family finds the household and the others of its family.
func (g *gathering) family(ctx context.Context, id uuid.UUID) error {
	families, err := aid.Families([]uuid.UUID{id}, func(some []uuid.UUID) (map[uuid.UUID]uuid.UUID, error) {
		mergers, err := g.tx.Mergers(ctx, some)
		into := make(map[uuid.UUID]uuid.UUID, len(mergers))
		for _, m := range mergers {
			into[m.Record] = m.Kept
		}
		return into, err
	})
	if err != nil {
		return err
	}
	shown, err := g.tx.Shown(ctx, families[0].Members)
	if err != nil {
		return err
	}
	g.file.Kept, g.file.Family = families[0].Root, []Record{}
	for _, s := range shown {
		r, err := recordOf(s)
		switch {
		case err != nil:
			return err
		case r.Collection != "households":
		case !g.within.has(r.Area):
			g.file.Elsewhere++
		default:
			g.household(r, id)
		}
	}
	if _, there := g.of[id]; !there {
		return syncproto.Refuse(syncproto.CodeNotFound, "There is no household of that id.")
	}
	slices.SortFunc(g.file.Family, byID)
	return nil
}

// household adds a household of the family.
func (g *gathering) household(r Record, asked uuid.UUID) {
	r.Household, g.of[r.ID] = r.ID, r.ID
	if r.ID == asked {
		g.file.Household = r
	} else {
		g.file.Family = append(g.file.Family, r)
	}
}

// belongings finds what belongs to the households, and what belongs to their people.
func (g *gathering) belongings(ctx context.Context, _ uuid.UUID) error {
	f, bound := g.file, fileBound()
	f.People, f.Visits, f.Deliveries, f.Entitlements, f.Livelihoods = []Record{}, []Record{}, []Record{}, []Record{}, []Record{}
	if err := g.children(ctx, keys(g.of), bound); err != nil {
		return err
	}
	return g.children(ctx, idsOf(f.People), bound)
}

// children adds what belongs to some households or people.
func (g *gathering) children(ctx context.Context, parents []uuid.UUID, bound *store.Bound) error {
	shown, leftOff, err := g.tx.Belonging(ctx, parents, bound)
	if err != nil {
		return err
	}
	g.file.LeftOff += leftOff
	lists := map[string]*[]Record{
		"people": &g.file.People, "visits": &g.file.Visits, "deliveries": &g.file.Deliveries,
		"entitlements": &g.file.Entitlements, "livelihoods": &g.file.Livelihoods,
	}
	for _, s := range shown {
		r, err := recordOf(s)
		if err != nil {
			return err
		}
		r.Household = g.of[s.Parent]
		if r.Collection == "people" {
			g.of[r.ID] = r.Household
		}
		if list := lists[r.Collection]; list != nil {
			*list = append(*list, r)
		}
	}
	return nil
}

// participations finds in what the people took part. It is known in the area of the activity.
func (g *gathering) participations(ctx context.Context, _ uuid.UUID) error {
	g.file.Participations, g.file.Activities = []Record{}, []Record{}
	shown, err := g.tx.Participations(ctx, idsOf(g.file.People))
	if err != nil {
		return err
	}
	var activities []uuid.UUID
	for _, s := range shown {
		r, err := recordOf(s)
		if err != nil {
			return err
		}
		if g.within.has(r.Area) {
			r.Household = g.of[r.Value("person").ID()]
			g.file.Participations = append(g.file.Participations, r)
			activities = append(activities, s.Parent)
		}
	}
	shown, err = g.tx.Shown(ctx, distinct(activities))
	for _, s := range shown {
		r, err := recordOf(s)
		if err != nil {
			return err
		}
		g.file.Activities = append(g.file.Activities, r)
	}
	slices.SortFunc(g.file.Activities, byID)
	return err
}

// reviews finds what wants a decision about any of that.
func (g *gathering) reviews(ctx context.Context, _ uuid.UUID) error {
	f := g.file
	about := keys(g.of)
	for _, list := range [][]Record{f.Visits, f.Deliveries, f.Entitlements, f.Livelihoods} {
		about = append(about, idsOf(list)...)
	}
	items, err := review.OpenAbout(ctx, g.tx, about)
	f.Reviews = slices.DeleteFunc(items, func(i review.Item) bool { return !g.within.has(i.Area) })
	return err
}

func byID(a, b Record) int { return bytes.Compare(a.ID[:], b.ID[:]) }

func idsOf(records []Record) []uuid.UUID {
	out := make([]uuid.UUID, len(records))
	for i, r := range records {
		out[i] = r.ID
	}
	return out
}

// keys gives the records of a map in order of their ids.
func keys(of map[uuid.UUID]uuid.UUID) []uuid.UUID {
	out := make([]uuid.UUID, 0, len(of))
	for id := range of {
		out = append(out, id)
	}
	return distinct(out)
}
