package fleet

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"satchel/internal/simtest/oracle"
	"satchel/server"
	"satchel/syncproto"
)

// limit is how many packages one family may be given.
const limit = 5

// The indicators of the programme, by their codes: packages delivered, and families that got some.
const (
	packages = "PACKAGES"
	families = "FAMILIES"
)

// define makes the indicators.
func (o *office) define(ctx context.Context) error {
	for _, i := range []map[string]any{
		{"code": families, "title": families, "definition": map[string]any{"of": "deliveries", "distinct": "household"}},
		{"code": packages, "title": packages, "definition": map[string]any{"of": "deliveries", "sum": "quantity"}},
	} {
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		if _, err := o.save(ctx, of("indicators", id, i)); err != nil {
			return err
		}
	}
	return nil
}

// mergeTwo makes a household a duplicate of another one, or one that is a household of its own again. Nobody does the same twice: the
// ledger knows what somebody saw by its value.
func (o *office) mergeTwo(ctx context.Context, r *rand.Rand) {
	id, shown, ok := o.any(ctx, r, "households")
	if !ok {
		return
	}
	into, _, _ := o.any(ctx, r, "households")
	value := syncproto.Value(`"` + into.String() + `"`)
	if _, merged := shown.Values["merged_into"]; merged {
		value = syncproto.Null
	}
	did := id.String() + string(value)
	if id == into || slices.Contains(o.merged, did) {
		return
	}
	o.merged = append(o.merged, did)
	_, err := o.save(ctx, server.OfficeEdit{Collection: "households", Record: id, Fields: map[string]syncproto.Value{"merged_into": value}})
	o.w.say("office", "merges %s: %s%s", o.w.ledger.name("households", id), value, orError(err))
}

// report notes what is reported of a day that is over, whatever the office's clock is off by.
func (o *office) report(ctx context.Context) {
	day := o.now().UTC().AddDate(0, 0, -2).Format(time.DateOnly)
	if _, known := o.reported[day]; known || o.w.span < 3*24*time.Hour {
		return
	}
	if said, err := o.figures(ctx, day); err == nil {
		o.reported[day] = said
	}
}

// figures writes the programme's figures as they were known by the end of a day, "" for now.
func (o *office) figures(ctx context.Context, knownBy string) (string, error) {
	figures, err := o.srv.Figures(ctx, server.FigureQuery{KnownBy: knownBy, By: []string{"status", "area"}})
	o.expect("report", err)
	return strings.TrimSpace(fmt.Sprintf("%+v", figures)), err
}

// aid gives what the office makes of what was delivered, for the oracle.
func (w *world) aid(ctx context.Context) *oracle.Aid {
	o := w.office
	out := &oracle.Aid{Limits: map[string]int{o.kind.String(): limit}}
	if err := o.srv.Reviews.Settle(ctx, nil); err != nil {
		w.broke("errors are clear", "bring the reviews up to date: %v", err)
	}
	open, behind, err := o.srv.Reviews.List(ctx, "open", 0, 1000)
	if err != nil || behind {
		w.broke("errors are clear", "list the reviews: behind %v, %v", behind, err)
	}
	w.judgeQueue(ctx, open)
	for _, r := range open {
		item := oracle.Review{Kind: r.Kind, Record: r.Record.String(), Delivered: r.Facts.Delivered}
		if r.Subject != nil {
			item.Subject = r.Subject.String()
		}
		if r.Kind == "over_delivery" || r.Kind == "orphan" {
			out.Reviews = append(out.Reviews, item)
		}
	}
	figures, err := o.srv.Figures(ctx, server.FigureQuery{})
	if err != nil || len(figures) != 2 {
		w.broke("a report counts what there is", "%+v, %v", figures, err)
		return nil
	}
	out.Families, out.Quantity = figures[0].Value, figures[1].Value
	return out
}

// judgeQueue compares what is in review of conflicts and held changes with the lists of these.
func (w *world) judgeQueue(ctx context.Context, open []server.Review) {
	queued, listed := []string{}, []string{}
	for _, r := range open {
		switch r.Kind {
		case "conflict":
			queued = append(queued, "conflict "+r.Record.String())
		case "held":
			queued = append(queued, "held "+r.Record.String()+" "+r.Subject.String())
		}
	}
	for _, c := range w.office.conflicts(ctx) {
		listed = append(listed, "conflict "+c.Record.String())
	}
	held, err := w.office.srv.Engine.Held(ctx)
	w.office.expect("list what is held", err)
	for _, h := range held {
		listed = append(listed, "held "+h.Record.String()+" "+h.Device.String())
	}
	slices.Sort(queued)
	slices.Sort(listed)
	if listed = slices.Compact(listed); !slices.Equal(queued, listed) {
		w.broke("there is one queue", "in review are %v, listed %v", queued, listed)
	}
}

// judgeReports has every report made again that was made since the office last went back to something older.
func (w *world) judgeReports(ctx context.Context) {
	for _, day := range slices.Sorted(maps.Keys(w.office.reported)) {
		if said, err := w.office.figures(ctx, day); err != nil || said != w.office.reported[day] {
			w.broke("a report can be made again", "what was known by the end of %s is %s, and it was %s; %v", day, said, w.office.reported[day], err)
		}
	}
}
