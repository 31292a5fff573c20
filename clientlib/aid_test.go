package clientlib_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/syncproto"
)

// aid gives what the device knows of a family.
func (d *device) aid(household uuid.UUID) clientlib.Aid {
	d.t.Helper()
	out, err := d.store.Aid(d.t.Context(), household)
	if err != nil {
		d.t.Fatal(err)
	}
	return out
}

// stoves makes a project and an assistance type with a limit of 2.
func (o *office) stoves() (project, stove uuid.UUID) {
	project, stove = o.newID(), o.newID()
	o.write(project, "projects", map[string]any{"code": "P", "title": "Project"})
	o.write(stove, "assistance_types", map[string]any{"code": "STOVE", "name": "Stove", "category": "furniture", "limit_per_household": 2})
	return project, stove
}

// registered makes a household at the office.
func (o *office) registered(area uuid.UUID, name string, merged ...uuid.UUID) uuid.UUID {
	id, fields := o.newID(), map[string]any{"head_name": name, "status": "idp", "area": area}
	if len(merged) > 0 {
		fields["merged_into"] = merged[0]
	}
	o.write(id, "households", fields)
	return id
}

// shareText writes a family's shares on lines, with their deliveries.
func shareText(a clientlib.Aid) string {
	var out strings.Builder
	for _, s := range a.Shares {
		fmt.Fprintf(&out, "%s: %s of %s, %s remain\n", s.Type.Text("code"), s.Delivered, s.Entitled, s.Remaining)
		for _, d := range s.Deliveries {
			fmt.Fprintf(&out, "  %s by %q, unsent %v, pending %v, %s %s\n", d.Value("quantity"), d.Worker, d.Unsent, d.Pending(), d.Text("proxy"), d.Text("cancelled_why"))
		}
	}
	return out.String()
}

func TestAFamilyIsCountedAcrossItsDuplicates(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	project, stove := o.stoves()
	middle := o.registered(vranje, "Petar P.")
	last := o.registered(vranje, "P. Petar", middle)
	kept := o.registered(vranje, "Petar")
	other := o.registered(vranje, "Ana")
	o.write(middle, "households", map[string]any{"merged_into": kept, "deleted": true}) // mergers go through it all the same
	person := o.newID()
	o.write(person, "people", map[string]any{"household": last, "name": "Mira"})
	due := func(owner string, id uuid.UUID, quantity any, status string) {
		o.write(o.newID(), "entitlements", map[string]any{owner: id, "project": project, "assistance_type": stove, "quantity": quantity, "status": status})
	}
	due("household", kept, 1, "approved")
	due("person", person, 0.5, "approved")
	due("household", kept, 9, "proposed")
	due("household", other, 9, "approved")
	given := func(household uuid.UUID, quantity any, at int, more ...any) {
		fields := map[string]any{"household": household, "project": project, "assistance_type": stove, "quantity": quantity, "delivered_at": at}
		for i := 0; i < len(more); i += 2 {
			fields[more[i].(string)] = more[i+1]
		}
		o.write(o.newID(), "deliveries", fields)
	}
	given(last, 0.1, 3, "worker", holder)
	given(middle, 0.2, 1)
	given(kept, 1, 2, "cancelled_why", "entered twice", "worker", o.newID())
	given(other, 7, 1)
	d := enrolled(t, o, vranje)
	d.put(&clientlib.Delivery{
		Household: kept, Project: project, AssistanceType: stove, Quantity: 0.4, DeliveredAt: time.UnixMilli(4), Worker: holder, Proxy: "Ana, neighbour: Petar is ill",
	})
	want := `STOVE: 0.7 of 1.5, 0.8 remain
  0.2 by "", unsent false, pending false,  
  1 by "", unsent false, pending false,  entered twice
  0.1 by "Milica Jovanović", unsent false, pending false,  
  0.4 by "Milica Jovanović", unsent true, pending true, Ana, neighbour: Petar is ill 
`
	for _, household := range []uuid.UUID{kept, middle, last} {
		a := d.aid(household)
		is(t, "the shares", shareText(a), want)
		if len(a.Households) != 3 || a.Households[0].ID != kept || a.Elsewhere != 0 {
			t.Errorf("the family is %v, %d elsewhere", a.Households, a.Elsewhere)
		}
	}
	d.sync()
	is(t, "once sent", shareText(d.aid(kept)), strings.Replace(want, "unsent true, pending true", "unsent false, pending false", 1))
	o.write(middle, "households", map[string]any{"merged_into": nil})
	d.sync()
	is(t, "of the part that is left", shareText(d.aid(kept)), `STOVE: 0.4 of 1, 0.6 remain
  1 by "", unsent false, pending false,  entered twice
  0.4 by "Milica Jovanović", unsent false, pending false, Ana, neighbour: Petar is ill 
`)
	is(t, "households of the rest", len(d.aid(last).Households), 2)
}

func TestOnlyAHouseholdThatIsHereHasAid(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, stove := o.stoves()
	d := enrolled(t, o, vranje)
	for what, id := range map[string]uuid.UUID{"nobody knows": o.newID(), "is a type": stove} {
		if _, err := d.store.Aid(t.Context(), id); !errors.Is(err, clientlib.ErrNotFound) {
			t.Errorf("the aid of what %s: %v", what, err)
		}
	}
}

func TestWhatAFurtherDeliveryComesTo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	project, stove := o.stoves()
	d := enrolled(t, o, vranje)
	kind, err := d.store.Get(t.Context(), stove)
	check(err)
	h := d.household(vranje, "Petar").ID
	is(t, "of what was never given", d.aid(h).Of(kind).Beyond(2.1), "0.1")
	is(t, "within the limit", d.aid(h).Of(kind).Beyond(2), "")
	d.put(&clientlib.Delivery{Household: h, Project: project, AssistanceType: stove, Quantity: 1.9, DeliveredAt: april})
	is(t, "exactly what remains", d.aid(h).Of(kind).Beyond(0.1), "")
	is(t, "one more", d.aid(h).Of(kind).Beyond(1), "0.9")
	o.write(stove, "assistance_types", map[string]any{"deleted": true})
	d.sync()
	is(t, "of a type without a limit", d.aid(h).Of(kind).Beyond(1), "")
}

// What a device knows is as old as the last pull of the area that came to its end.
func TestKnowledgeOfAnAreaHasItsAge(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	const hour = 3_600_000
	now := april.UnixMilli()
	o.change(func() { o.now = func() int64 { return now } })
	d := newDevice(t)
	d.enrol(o, vranje)
	d.clock.Add(-5 * hour) // it is wrong, and what the office says of the time is not
	pass := func(time int64) {
		o.change(func() { now += time })
		d.clock.Add(time)
	}
	known := func(what string, household uuid.UUID, want time.Time, age time.Duration) {
		t.Helper()
		a := d.aid(household)
		if !a.Known.Equal(want) || a.Age != age {
			t.Errorf("%s it is as of %v, %v ago; want %v, %v", what, a.Known, a.Age, want, age)
		}
	}
	// breakOff syncs until an exchange begins.
	breakOff := func(exchange int) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		_, err := d.store.Sync(ctx, func(p clientlib.Progress) {
			if p.Exchanges == exchange {
				cancel()
			}
		})
		if err == nil {
			t.Fatal("the sync came to its end")
		}
	}
	// begin fetches some of 300 households of an area.
	begin := func(area uuid.UUID) {
		t.Helper()
		for range 300 {
			o.registered(area, "Somebody")
		}
		before := d.status().Records
		breakOff(3)
		if came := d.status().Records - before; came < 100 || came > 300 {
			t.Fatalf("%d records came: that shows nothing", came)
		}
	}
	setAreas := func(areas ...uuid.UUID) { o.change(func() { o.books.tablets[d.status().Device].areas = areas }) }

	ana, petar, mira := o.registered(kraljevo, "Ana"), d.household(vranje, "Petar").ID, d.household(vranje, "Mira").ID
	known("before the first sync", petar, time.Time{}, 0)
	d.sync()
	known("after it", petar, april, 0)
	pass(72 * hour)
	known("three days later", petar, april, 72*time.Hour)
	begin(vranje)
	known("in the middle of the next", petar, april, 72*time.Hour)
	d.sync()
	later := april.Add(72 * time.Hour)
	known("after the next", petar, later, 0)
	pass(hour)
	o.change(func() { o.lie = func(r *syncproto.Reply) { r.Digests[vranje] = syncproto.Digest{} } })
	breakOff(2)
	known("when the area does not agree with the office's", petar, later, hour*time.Millisecond)
	o.change(func() { o.lie = nil })
	later = later.Add(time.Hour)
	d.sync()
	known("once it does", petar, later, 0)

	o.write(ana, "households", map[string]any{"merged_into": petar})
	setAreas(vranje, kraljevo)
	pass(hour)
	begin(kraljevo)
	known("with a duplicate in an area that has begun to come", petar, time.Time{}, 0)
	known("of an own household there", d.household(kraljevo, "Vesna").ID, time.Time{}, 0)
	known("of another family", mira, later, time.Hour)
	d.sync()
	known("of both areas", petar, later.Add(time.Hour), 0)
	is(t, "elsewhere", d.aid(petar).Elsewhere, 0)
	o.write(ana, "households", map[string]any{"merged_into": nil})
	o.write(petar, "households", map[string]any{"merged_into": ana})
	setAreas(vranje)
	d.sync()
	is(t, "elsewhere, once the other area is gone", d.aid(petar).Elsewhere, 1)
}

// A store of before does not say which household is a duplicate: it is pulled once more.
func TestAStoreOfBeforeLearnsOfMergers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	kept := o.registered(vranje, "Petar")
	duplicate := o.registered(vranje, "Petar P.", kept)
	d := enrolled(t, o, vranje)
	unsent := d.household(vranje, "Ana").ID
	is(t, "in the family", len(d.aid(duplicate).Households), 2)
	d.store.Close()
	d.sql(`DROP INDEX records_by_kept; ALTER TABLE records DROP COLUMN kept; ALTER TABLE cursors DROP COLUMN pulled;
DROP TABLE blobs; DROP TABLE blob_parts; DROP TABLE blob_names; PRAGMA user_version = 1`)
	d.reopen()
	is(t, "known", d.aid(kept).Known.IsZero(), true)
	is(t, "what was not sent", d.get(unsent).HeadName, "Ana")
	d.sync()
	is(t, "in the family again", len(d.aid(duplicate).Households), 2)
	is(t, "known again", d.aid(kept).Known.Equal(april), true)
}

func TestAidIsPlainJSON(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	project, stove := o.stoves()
	d := enrolled(t, o, vranje)
	h := d.household(vranje, "Petar").ID
	d.put(&clientlib.Delivery{Household: h, Project: project, AssistanceType: stove, Quantity: 1.5, DeliveredAt: april})
	text, err := json.Marshal(d.aid(h))
	check(err)
	var got struct {
		Known  time.Time
		Shares []struct {
			Limit, Delivered, Remaining string
			Deliveries                  []struct {
				Collection string
				Unsent     bool
			}
		}
	}
	check(json.Unmarshal(text, &got))
	is(t, "the figures", fmt.Sprintf("%+v", got), "{Known:2020-04-30 09:00:00 +0000 UTC Shares:[{Limit:2 Delivered:1.5 Remaining:0.5 Deliveries:[{Collection:deliveries Unsent:true}]}]}")
}
