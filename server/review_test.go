package server_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/server"
	"satchel/syncproto"
)

// deliver records that a house was handed over to a household, and gives the delivery.
func deliver(t *testing.T, s *clientlib.Store, household, project, house, worker uuid.UUID) *clientlib.Delivery {
	t.Helper()
	d := &clientlib.Delivery{
		Household: household, Project: project, AssistanceType: house, Quantity: 1, DeliveredAt: time.Now(), Recipient: "Mira", Worker: worker,
		Position: &syncproto.Place{Lat: 43.7, Lon: 20.7}, Proofs: map[string]any{"signature": newID(t).String()},
	}
	var form clientlib.Form
	form.Put(d)
	if err := s.Save(t.Context(), &form); err != nil {
		t.Fatal(err)
	}
	return d
}

// received says what a tablet knows of what a family received of the one type: the sum, and how each delivery stands.
func received(t *testing.T, s *clientlib.Store, household uuid.UUID) string {
	t.Helper()
	a, err := s.Aid(t.Context(), household)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Shares) != 1 {
		t.Fatalf("there are %d shares, want 1", len(a.Shares))
	}
	share := a.Shares[0]
	out := fmt.Sprintf("%s received, %s remain:", share.Delivered, share.Remaining)
	for _, d := range share.Deliveries {
		out += fmt.Sprintf(" by %s, unsent %v %s;", d.Worker, d.Unsent, d.Text("cancelled_why"))
	}
	return out
}

// openReviews gives what wants a decision.
func (o *office) openReviews() []server.Review {
	o.t.Helper()
	open, _, err := o.srv.Reviews.List(o.t.Context(), "open", 0, 100)
	if err != nil {
		o.t.Fatal(err)
	}
	return open
}

// Two workers who are offline deliver the same house to one family. Whichever of them syncs first, it is one review, on
// both deliveries; both tablets learn of it; it closes when one is cancelled on a tablet, and the server that is started
// again knows all of it.
func TestTwoTabletsThatDeliverToOneFamilyComeIntoReview(t *testing.T) {
	for first := range 2 {
		t.Run(fmt.Sprint("tablet ", first, " syncs first"), func(t *testing.T) {
			o := newOffice(t)
			house, project := newID(t), newID(t)
			o.save("projects", project, map[string]string{"code": "P", "title": "Project"})
			_, err := o.srv.Engine.Save(t.Context(), o.admin, []server.OfficeEdit{{Collection: "assistance_types", Record: house, Fields: map[string]syncproto.Value{
				"code": `"HOUSE"`, "name": `"Prefabricated house"`, "category": `"housing"`, "limit_per_household": "1",
			}}})
			if err != nil {
				t.Fatal(err)
			}
			tablets := []*clientlib.Store{o.tablet("Tablet 0", o.a), o.tablet("Tablet 1", o.a)}
			household := register(t, tablets[0], o.a, "Petar")
			mustSync(t, tablets...)
			var given []*clientlib.Delivery
			for _, s := range tablets {
				given = append(given, deliver(t, s, household, project, house, o.admin))
				if got, want := received(t, s, household), "1 received, 0 remain: by Ana, unsent true ;"; got != want {
					t.Errorf("offline it is %q, want %q", got, want)
				}
			}
			mustSync(t, tablets[first])
			if open := o.openReviews(); len(open) > 0 {
				t.Errorf("one house is in review: %+v", open)
			}
			mustSync(t, tablets[1-first], tablets[first])
			o.showsBoth(household, given)
			for _, s := range tablets {
				if got, want := received(t, s, household), "2 received, -1 remain: by Ana, unsent false ; by Ana, unsent false ;"; got != want {
					t.Errorf("once both have synced it is %q, want %q", got, want)
				}
			}
			o.stop()
			o.open()
			given[first].CancelledWhy = "given to the neighbour"
			var form clientlib.Form
			form.Put(given[first])
			if err := tablets[first].Save(t.Context(), &form); err != nil {
				t.Fatal(err)
			}
			mustSync(t, tablets[first], tablets[1-first])
			if open := o.openReviews(); len(open) > 0 {
				t.Errorf("one was cancelled, and in review are %+v", open)
			}
			reasons := []string{"", ""}
			reasons[first] = "given to the neighbour"
			for _, s := range tablets {
				want := fmt.Sprintf("1 received, 0 remain: by Ana, unsent false %s; by Ana, unsent false %s;", reasons[0], reasons[1])
				if got := received(t, s, household); got != want {
					t.Errorf("once one is cancelled it is %q, want %q", got, want)
				}
			}
		})
	}
}

// showsBoth expects one review, of a family that was given two houses by two tablets, with what tells the two apart; and
// the same of the family's aid.
func (o *office) showsBoth(household uuid.UUID, given []*clientlib.Delivery) {
	o.t.Helper()
	open := o.openReviews()
	if len(open) != 1 || open[0].Record != household || open[0].Facts.Delivered != "2" {
		o.t.Fatalf("in review are %+v, want the family that was given 2", open)
	}
	detail, err := o.srv.Reviews.Show(o.t.Context(), open[0].ID)
	if err != nil {
		o.t.Fatal(err)
	}
	aid, err := o.srv.Reviews.Aid(o.t.Context(), household)
	if err != nil || len(aid.Shares) != 1 {
		o.t.Fatalf("the aid is %+v, %v", aid, err)
	}
	for _, both := range [][]server.Evidence{detail.Grounds, aid.Shares[0].Deliveries} {
		if len(both) != 2 {
			o.t.Fatalf("the deliveries are %+v, want 2", both)
		}
		for i, g := range both {
			place, proof := g.Fields["position"] != "", g.Fields["proofs"] == given[i].Record().Value("proofs")
			if g.Record != given[i].ID || g.DeviceName != fmt.Sprint("Tablet ", i) || g.AuthorName != "Ana" || g.Fields["recipient"] != `"Mira"` || !place || !proof {
				o.t.Errorf("delivery %d is shown as %+v", i, g)
			}
		}
	}
}

// Fields that this program does not know are kept, and count for nothing: whatever they hold, and even if only the case
// tells their names from known ones, the office and a tablet say the same.
func TestFieldsOfANewerProgramChangeNoAid(t *testing.T) {
	o := newOffice(t)
	house, project := newID(t), newID(t)
	o.save("projects", project, map[string]string{"code": "P", "title": "Project"})
	newer := func(collection string, record uuid.UUID, fields map[string]syncproto.Value) {
		t.Helper()
		edits := []server.OfficeEdit{{Collection: collection, Record: record, Fields: fields}}
		if _, err := o.srv.Engine.Save(t.Context(), o.admin, edits); err != nil {
			t.Fatal(err)
		}
	}
	newer("assistance_types", house, map[string]syncproto.Value{
		"code": `"HOUSE"`, "name": `"House"`, "category": `"housing"`, "limit_per_household": "1", "status": "5", "Limit_Per_Household": "9",
	})
	tablet := o.tablet("Tablet 0", o.a)
	household := register(t, tablet, o.a, "Petar")
	mustSync(t, tablet)
	newer("households", household, map[string]syncproto.Value{"id": "7", "Head_Name": `"Agim"`, "MERGED_INTO": "true"})
	newer("people", newID(t), map[string]syncproto.Value{
		"household": syncproto.Value(`"` + household.String() + `"`), "name": `"Mira"`, "status": "5", "quantity": "[1]",
	})
	for range 2 {
		d := deliver(t, tablet, household, project, house, o.admin)
		mustSync(t, tablet)
		newer("deliveries", d.ID, map[string]syncproto.Value{"Cancelled_Why": `"x"`, "Quantity": "0", "limit_per_household": `"x"`})
	}
	mustSync(t, tablet)
	if got, want := received(t, tablet, household), "2 received, -1 remain: by Ana, unsent false ; by Ana, unsent false ;"; got != want {
		t.Errorf("on the tablet it is %q, want %q", got, want)
	}
	if open := o.openReviews(); len(open) != 1 || open[0].Facts.Delivered != "2" || open[0].Facts.Limit != "1" {
		t.Errorf("in review are %+v, want 2 of 1", open)
	}
	a, err := o.srv.Reviews.Aid(t.Context(), household)
	if err != nil || len(a.Shares) != 1 || a.Shares[0].Remaining.String() != "-1" {
		t.Fatalf("at the office the aid is %+v, %v", a, err)
	}
	if h := a.Households[0]; h.ID != household || h.HeadName != "Petar" || h.MergedInto != nil {
		t.Errorf("the household is %+v", h)
	}
}

// A tablet whose clock is off is in review from its first sync on, once, until it comes with a right one.
func TestATabletWhoseClockIsOffIsInReviewUntilItIsSet(t *testing.T) {
	o := newOffice(t)
	late, ahead := o.astray("Tablet 0", o.a)
	mustSync(t, late, o.tablet("Tablet 1", o.b))
	if open := o.openReviews(); len(open) > 0 {
		t.Fatalf("all clocks are right, and in review are %+v", open)
	}
	ahead.Store(int64(3*time.Hour + time.Minute))
	var first server.Review
	for range 2 {
		mustSync(t, late)
		open := o.openReviews()
		if len(open) != 1 || open[0].Kind != "clock" || open[0].Area != o.a || open[0].Severity != "medium" || open[0].Facts.ClockOff != (3*time.Hour).Milliseconds() {
			t.Fatalf("in review are %+v, want the one tablet that is 3 hours fast", open)
		}
		if first.Kind == "" {
			first = open[0]
		}
		if first.UpdatedAt != open[0].UpdatedAt || first.Seq != open[0].Seq {
			t.Errorf("the review was written again: %+v, before %+v", open[0], first)
		}
	}
	detail, err := o.srv.Reviews.Show(t.Context(), first.ID)
	if err != nil || len(detail.Concerned) != 1 || detail.Concerned[0].DeviceName != "Tablet 0" || detail.Concerned[0].AuthorName == "" {
		t.Errorf("concerned are %+v, %v; want who holds the tablet", detail.Concerned, err)
	}
	ahead.Store(int64(90 * time.Second))
	mustSync(t, late)
	if open := o.openReviews(); len(open) > 0 {
		t.Errorf("the clock is off by less than two minutes, and in review are %+v", open)
	}
}
