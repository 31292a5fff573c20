package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/internal/names"
	"satchel/syncproto"
)

// A recorder fills in the forms of one share on one tablet, as its worker does in the villages.
type recorder struct {
	share
	store  *clientlib.Store
	worker uuid.UUID
	rng    *rand.Rand
	names  names.Namer
	known  reference
	// card begins the numbers of the cards that the share hands out.
	card string

	families []family
}

// A family is one that the recorder has registered.
type family struct {
	household *clientlib.Household
	adults    []*clientlib.Person
}

// perForm is how many families a worker writes down before saving: those of a morning in one place.
const perForm = 8

// record saves everything that the share is about into the tablet's outbox.
func (r *recorder) record(ctx context.Context) error {
	gifts := r.gifts()
	for from := 0; from < len(gifts); from += perForm {
		var form clientlib.Form
		for i := range gifts[from:min(from+perForm, len(gifts))] {
			r.families = append(r.families, r.register(&form, from+i))
		}
		if err := r.store.Save(ctx, &form); err != nil {
			return fmt.Errorf("register families: %w", err)
		}
	}
	for from := 0; from < len(gifts); from += perForm {
		var form clientlib.Form
		for i, codes := range gifts[from:min(from+perForm, len(gifts))] {
			r.deliver(&form, from+i, codes)
		}
		if err := r.store.Save(ctx, &form); err != nil {
			return fmt.Errorf("record deliveries: %w", err)
		}
	}
	return r.recordActivities(ctx)
}

// register writes down a household, its members, and the visit at which they were registered.
func (r *recorder) register(form *clientlib.Form, i int) family {
	day := r.day(0.3 * float64(i) / float64(r.share.families()))
	kin, woman := r.names.Kin(), i%3 == 0
	home := r.known.municipalities[r.municipality]
	household := &clientlib.Household{
		CardNumber: fmt.Sprintf("%s-%04d", r.card, i+1), HeadName: r.names.Name(kin, woman), Status: "idp",
		Area: pick(r.rng, home.areas), Address: fmt.Sprintf("%s %d", pick(r.rng, streets()), 1+r.rng.IntN(90)),
		PlaceOfOrigin: pick(r.rng, origins()), Phone: r.names.Phone(), Position: r.near(home.at),
		DisplacedOn: time.Date(1999, 6, 10+r.rng.IntN(20), 0, 0, 0, 0, time.UTC).Format(time.DateOnly),
		ConsentOn:   day.Format(time.DateOnly),
	}
	form.Put(household)
	member := func(name string, woman bool, relation string, from, to int) *clientlib.Person {
		p := &clientlib.Person{
			Household: household.ID, Name: name, Sex: map[bool]string{true: "female", false: "male"}[woman],
			Relation: relation, BirthYear: int64(from + r.rng.IntN(to-from)),
		}
		form.Put(p)
		return p
	}
	adults := []*clientlib.Person{
		member(household.HeadName, woman, "head", 1955, 1990),
		member(r.names.Name(kin, !woman), !woman, "spouse", 1958, 1994),
	}
	for range r.rng.IntN(4) {
		girl := r.rng.IntN(2) == 0
		member(r.names.Name(kin, girl), girl, "child", 2003, 2018)
	}
	form.Put(&clientlib.Visit{
		Household: household.ID, Project: r.known.projects[r.project], Purpose: "registration", VisitedAt: day, Worker: r.worker,
		Position: household.Position, Questionnaire: r.known.registration,
		Answers: map[string]any{"living_in": pick(r.rng, dwellings()), "rooms": 1 + r.rng.IntN(4)},
	})
	return family{household, adults}
}

// near gives a reading of a position within about two kilometres.
func (r *recorder) near(at syncproto.Place) *syncproto.Place {
	off := func() float64 { return float64(r.rng.IntN(400)-200) / 10_000 }
	return &syncproto.Place{Lat: at.Lat + off(), Lon: at.Lon + off(), Accuracy: float64(4 + r.rng.IntN(20)), Source: "gps"}
}

// deliver writes down what a family is given, the decisions behind it, and what follows from it.
func (r *recorder) deliver(form *clientlib.Form, i int, codes []string) {
	f, project := r.families[i], r.known.projects[r.project]
	day := r.day(0.4 + 0.5*float64(i)/float64(len(r.families)))
	for _, code := range codes {
		decision := &clientlib.Entitlement{
			Household: f.household.ID, Project: project, AssistanceType: r.known.types[code], Quantity: 1,
			ApprovedOn: day.AddDate(0, 0, -21).Format(time.DateOnly), Status: "approved",
		}
		form.Put(decision)
		form.Put(&clientlib.Delivery{
			Household: f.household.ID, Project: project, AssistanceType: r.known.types[code], Entitlement: decision.ID,
			Quantity: 1, DeliveredAt: day, Recipient: f.household.HeadName, Position: f.household.Position,
		})
		if business, ok := pursuits()[code]; ok {
			form.Put(&clientlib.Livelihood{
				Person: f.adults[0].ID, Household: f.household.ID, Project: project,
				StartedOn: day.AddDate(0, 0, 10).Format(time.DateOnly), Business: pick(r.rng, business),
			})
		}
	}
	if slices.Contains(codes, "TRANSPORT") {
		f.household.Status, f.household.ReturnedOn = "returnee", day.Format(time.DateOnly)
		form.Put(f.household)
	}
}

// A part is somebody's part in an activity.
type part struct {
	person              *clientlib.Person
	attended, completed bool
}

// recordActivities saves the activities of the share. Whoever leaves a training early, stays away from a visit, or
// comes to two of them must not change how many people are counted, so there is one of each.
func (r *recorder) recordActivities(ctx context.Context) error {
	var adults []*clientlib.Person
	for _, f := range r.families {
		adults = append(adults, f.adults...)
	}
	trained, visited := adults[:r.counts["trained"]], adults[len(adults)-r.counts["visited"]:]
	leaves := part{person: adults[len(trained)], attended: true}
	err := r.recordGroups(ctx, "training", trained, part{attended: true, completed: true}, leaves)
	if err != nil {
		return err
	}
	if err := r.recordGroups(ctx, "go_and_see_visit", visited, part{attended: true}, part{person: adults[0]}); err != nil {
		return err
	}
	for _, kind := range []string{"event", "outreach", "plan"} {
		if err := r.recordPublic(ctx, kind, r.counts[kind]); err != nil {
			return err
		}
	}
	return nil
}

// groupSize is how many people a training or a visit has room for.
const groupSize = 15

// recordGroups saves an activity for each group of people, who all do the same part in it; the first
// of each group comes to the one before as well, and odd, who does another part, to all.
func (r *recorder) recordGroups(ctx context.Context, kind string, people []*clientlib.Person, same, odd part) error {
	for from := 0; from < len(people); from += groupSize {
		parts := []part{odd}
		for _, person := range people[from:min(from+groupSize+1, len(people))] {
			parts = append(parts, part{person, same.attended, same.completed})
		}
		if err := r.recordActivity(ctx, kind, from/groupSize, 0, parts); err != nil {
			return err
		}
	}
	return nil
}

// recordPublic saves activities to which people come whom nobody writes down: two that share what was
// estimated, or as many local action plans.
func (r *recorder) recordPublic(ctx context.Context, name string, count int) error {
	kinds := map[string]string{"event": "public_event", "outreach": "outreach_campaign", "plan": "local_action_plan"}
	reach := []int{count / 2, count - count/2}
	if name == "plan" {
		reach = make([]int, count)
	}
	if count == 0 {
		return nil
	}
	for i, people := range reach {
		if err := r.recordActivity(ctx, kinds[name], i, people, nil); err != nil {
			return err
		}
	}
	return nil
}

// recordActivity saves one form: an activity, and who took part in it.
func (r *recorder) recordActivity(ctx context.Context, kind string, i, reach int, parts []part) error {
	var form clientlib.Form
	topic := r.known.topic(kind, r.project, i)
	first := r.day(0.35 + 0.1*float64(i%6))
	activity := &clientlib.Activity{
		Project: r.known.projects[r.project], Area: r.known.municipalities[r.municipality].id, Kind: kind, Topic: topic,
		Title:    fmt.Sprintf("%s, %s, %s", topic, r.municipality, first.Format("January 2006")),
		StartsOn: first.Format(time.DateOnly), EndsOn: first.AddDate(0, 0, 3).Format(time.DateOnly), EstimatedReach: int64(reach),
	}
	form.Put(activity)
	for _, p := range parts {
		form.Put(&clientlib.Participation{Activity: activity.ID, Person: p.person.ID, Attended: &p.attended, Completed: &p.completed})
	}
	return r.store.Save(ctx, &form)
}

func pick[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }
