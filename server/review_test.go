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

// deliver records that a stove was handed over to a household, and gives the delivery.
func deliver(t *testing.T, s *clientlib.Store, household, project, stove uuid.UUID) *clientlib.Delivery {
	t.Helper()
	d := &clientlib.Delivery{Household: household, Project: project, AssistanceType: stove, Quantity: 1, DeliveredAt: time.Now(), Recipient: "Mira"}
	var form clientlib.Form
	form.Put(d)
	if err := s.Save(t.Context(), &form); err != nil {
		t.Fatal(err)
	}
	return d
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

// Two workers who are offline deliver to one family. Whichever of them syncs first, it is one review, on both
// deliveries; it closes when one is cancelled, and the server that is started again knows all of it.
func TestTwoTabletsThatDeliverToOneFamilyComeIntoReview(t *testing.T) {
	for first := range 2 {
		t.Run(fmt.Sprint("tablet ", first, " syncs first"), func(t *testing.T) {
			o := newOffice(t)
			stove, project := newID(t), newID(t)
			o.save("projects", project, map[string]string{"code": "P", "title": "Project"})
			_, err := o.srv.Engine.Save(t.Context(), o.admin, []server.OfficeEdit{{Collection: "assistance_types", Record: stove, Fields: map[string]syncproto.Value{
				"code": `"STOVE"`, "name": `"Stove"`, "category": `"furniture"`, "limit_per_household": "1",
			}}})
			if err != nil {
				t.Fatal(err)
			}
			tablets := []*clientlib.Store{o.tablet("Tablet 0", o.a), o.tablet("Tablet 1", o.a)}
			household := register(t, tablets[0], o.a, "Petar")
			mustSync(t, tablets...)
			given := []*clientlib.Delivery{deliver(t, tablets[0], household, project, stove), deliver(t, tablets[1], household, project, stove)}
			mustSync(t, tablets[first])
			if open := o.openReviews(); len(open) > 0 {
				t.Errorf("one stove is in review: %+v", open)
			}
			mustSync(t, tablets[1-first], tablets[first])
			open := o.openReviews()
			if len(open) != 1 || open[0].Record != household || open[0].Facts.Delivered != "2" {
				t.Fatalf("in review are %+v, want the family that was given 2", open)
			}
			detail, err := o.srv.Reviews.Show(t.Context(), open[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			for i, g := range detail.Grounds {
				if g.Record != given[i].ID || g.DeviceName != fmt.Sprint("Tablet ", i) || g.Fields["recipient"] != `"Mira"` {
					t.Errorf("delivery %d is shown as %+v", i, g)
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
			mustSync(t, tablets[first])
			if open := o.openReviews(); len(open) > 0 {
				t.Errorf("one was cancelled, and in review are %+v", open)
			}
		})
	}
}
