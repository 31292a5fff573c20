package registry

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// The kinds of events.
const (
	EventRecorded    = "recorded" // a household or person, or what says no other day
	EventVisit       = "visit"
	EventDelivery    = "delivery"
	EventEntitlement = "entitlement"
	EventLivelihood  = "livelihood"
	EventTookPart    = "participation"
	EventDisplaced   = "displaced"
	EventReturned    = "returned"
	EventConsent     = "consent"
	EventMerged      = "merged"
)

// An Event is something that happened to a family on a day.
type Event struct {
	Kind string `json:"kind"`
	// At is when, in milliseconds. Day is the day where only that is known, and At then its beginning in UTC.
	At  int64  `json:"at"`
	Day string `json:"day,omitempty"`
	// Record is what says so; of a merger it is the duplicate, and Into what it was merged into.
	Record     uuid.UUID  `json:"record"`
	Collection string     `json:"collection"`
	Household  uuid.UUID  `json:"household"`
	Into       *uuid.UUID `json:"into,omitempty"`
	Deleted    bool       `json:"deleted,omitempty"`
	// By is who recorded it, or merged.
	By *engine.Maker `json:"by,omitempty"`
}

// mostEvents is how many events a timeline has at the most.
const mostEvents = 500

// timeline lays out what records say happened.
func (g *gathering) timeline(ctx context.Context, m makers, lists [][]Record) error {
	starts := map[uuid.UUID]syncproto.Value{}
	for _, a := range g.file.Activities {
		starts[a.ID] = a.Value("starts_on")
	}
	events, err := g.mergers(ctx, m, slices.Concat(lists[0], lists[1]))
	if err != nil {
		return err
	}
	for _, r := range slices.Concat(lists...) {
		events = append(events, eventsOf(r, starts)...)
	}
	slices.SortStableFunc(events, func(a, b Event) int {
		return cmp.Or(cmp.Compare(b.At, a.At), slices.Compare(b.Record[:], a.Record[:]))
	})
	kept := min(len(events), mostEvents)
	g.file.Timeline, g.file.EventsLeftOff = slices.Clip(events[:kept]), len(events)-kept
	return nil
}

// eventsOf gives what a record says happened. starts say on which day activities began.
func eventsOf(r Record, starts map[uuid.UUID]syncproto.Value) (out []Event) {
	event := func(kind string, when syncproto.Value) {
		if e, dated := dated(when); dated {
			e.Kind, e.Record, e.Collection, e.Household, e.Deleted, e.By = kind, r.ID, r.Collection, r.Household, r.Deleted, r.Recorded
			out = append(out, e)
		}
	}
	switch r.Collection {
	case "households":
		event(EventDisplaced, r.Value("displaced_on"))
		event(EventReturned, r.Value("returned_on"))
		event(EventConsent, r.Value("consent_on"))
	case "visits":
		event(EventVisit, r.Value("visited_at"))
	case "deliveries":
		event(EventDelivery, r.Value("delivered_at"))
	case "entitlements":
		event(EventEntitlement, r.Value("approved_on"))
	case "livelihoods":
		event(EventLivelihood, r.Value("started_on"))
	case "participations":
		event(EventTookPart, starts[r.Value("activity").ID()])
	}
	if r.Recorded != nil && (r.Collection == "households" || len(out) == 0) {
		event(EventRecorded, syncproto.Value(strconv.FormatInt(r.Recorded.Time, 10)))
	}
	return out
}

// dated reads a date or a time in milliseconds; false if it is neither.
func dated(when syncproto.Value) (Event, bool) {
	if ms, err := strconv.ParseInt(string(when), 10, 64); err == nil {
		return Event{At: ms}, true
	}
	day, err := time.Parse(time.DateOnly, when.Text())
	return Event{At: day.UnixMilli(), Day: when.Text()}, err == nil
}

// mergers gives when households and people of the family became duplicates.
func (g *gathering) mergers(ctx context.Context, m makers, records []Record) (out []Event, err error) {
	var merged []uuid.UUID
	for _, r := range records {
		if r.Value("merged_into").ID() != uuid.Nil {
			merged = append(merged, r.ID)
		}
	}
	states, err := g.tx.Records(ctx, merged)
	if err != nil {
		return nil, err
	}
	for _, id := range merged {
		e, err := g.merger(ctx, m, states[id])
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

func (g *gathering) merger(ctx context.Context, m makers, r store.Record) (Event, error) {
	head, _ := r.State["merged_into"].Shown()
	into := head.Value.ID()
	out := Event{
		Kind: EventMerged, At: head.Time, Record: r.ID, Collection: r.Collection, Household: g.of[r.ID], Into: &into, Deleted: r.Deleted,
	}
	c, err := g.tx.Change(ctx, head.Version)
	if err != nil {
		return out, fmt.Errorf("read who merged record %s: %w", r.ID, err)
	}
	out.By, err = m.of(ctx, c)
	return out, err
}
