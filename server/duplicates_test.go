package server_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/server"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// registerFamily saves a household with a member as one worker writes it down, and a stove that was handed over.
func registerFamily(t *testing.T, s *clientlib.Store, h clientlib.Household, member string, project, stove uuid.UUID) (household, person uuid.UUID) {
	t.Helper()
	var form clientlib.Form
	h.Status = "idp"
	form.Put(&h)
	p := clientlib.Person{Household: h.ID, Name: member, BornOn: "1980-05-02"}
	form.Put(&p)
	form.Put(&clientlib.Delivery{Household: h.ID, Project: project, AssistanceType: stove, Quantity: 1, DeliveredAt: time.Now()})
	if err := s.Save(t.Context(), &form); err != nil {
		t.Fatal(err)
	}
	return h.ID, p.ID
}

// inReview gives what wants a decision, by kind.
func (o *office) inReview() map[string]server.Review {
	o.t.Helper()
	out := map[string]server.Review{}
	for _, v := range o.openReviews() {
		if _, twice := out[v.Kind]; twice {
			o.t.Errorf("there are several reviews of the kind %s: %+v", v.Kind, o.openReviews())
		}
		out[v.Kind] = v
	}
	return out
}

// values gives what is shown of records: fields that are null and such as are missing are the same.
func (o *office) values(ids ...uuid.UUID) map[uuid.UUID]map[string]syncproto.Value {
	o.t.Helper()
	out := map[uuid.UUID]map[string]syncproto.Value{}
	err := o.srv.Store.Read(o.t.Context(), func(tx *store.Tx) error {
		records, err := tx.Records(o.t.Context(), ids)
		for id, r := range records {
			out[id] = map[string]syncproto.Value{}
			for field := range r.State {
				if v := r.Value(field); !v.IsNull() {
					out[id][field] = v
				}
			}
		}
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return out
}

// Two workers who are offline register one family, one of them in Cyrillic and with a slip, and each hands over a stove.
// Merged, the family was given one too many; who knows of no merger loses nothing; and taken apart, all is as it was.
func TestAFamilyOfTwoTabletsIsFoundMergedAndTakenApart(t *testing.T) {
	o := newOffice(t)
	stove, project := newID(t), newID(t)
	o.save("projects", project, map[string]string{"code": "P", "title": "Project"})
	_, err := o.srv.Engine.Save(t.Context(), o.admin, []server.OfficeEdit{{Collection: "assistance_types", Record: stove, Fields: map[string]syncproto.Value{
		"code": `"STOVE"`, "name": `"Stove"`, "category": `"furniture"`, "limit_per_household": "1",
	}}})
	if err != nil {
		t.Fatal(err)
	}
	one, two, three := o.tablet("Tablet 1", o.a), o.tablet("Tablet 2", o.a), o.tablet("Tablet 3", o.a)
	mustSync(t, one, two)
	kept, keptPerson := registerFamily(t, one, clientlib.Household{HeadName: "Đorđe Petrović", Area: o.a, Phone: "+381 63 123 456", PlaceOfOrigin: "Peć"}, "Ana Petrović", project, stove)
	again, againPerson := registerFamily(t, two, clientlib.Household{HeadName: "Ђорђе Петрвић", Area: o.a, Phone: "063/123-456", PlaceOfOrigin: "Пећ"}, "Ана Петровић", project, stove)
	mustSync(t, two)
	if open := o.inReview(); len(open) > 0 {
		t.Errorf("one household is in review: %+v", open)
	}
	mustSync(t, one, three)
	found, ok := o.inReview()["duplicate"]
	if !ok || len(o.inReview()) != 1 || found.Record != kept || *found.Subject != again {
		t.Fatalf("in review are %+v, want the two households", o.inReview())
	}
	o.explains(found, "the same phone number", "a member with the same name and birth", "the same village", "almost the same name of its head", "the same place of origin")
	before := o.values(kept, again, keptPerson, againPerson)

	if _, err := o.srv.Engine.Merge(t.Context(), o.admin, again, kept, "one family"); err != nil {
		t.Fatal(err)
	}
	if v, ok := o.inReview()["over_delivery"]; !ok || len(o.inReview()) != 1 || v.Record != kept || v.Facts.Delivered != "2" {
		t.Errorf("merged, in review are %+v, want the two stoves alone", o.inReview())
	}
	edit(t, three, again, map[string]any{"notes": "The roof leaks.", "address": "Main street 5"})
	deliver(t, three, again, project, stove, o.admin)
	mustSync(t, three, one, two)
	for i, s := range []*clientlib.Store{one, two, three} {
		if shown(t, s, again, "notes") != "The roof leaks." || shown(t, s, again, "merged_into") != kept.String() {
			t.Errorf("tablet %d shows %q, merged into %q", i+1, shown(t, s, again, "notes"), shown(t, s, again, "merged_into"))
		}
	}
	if v := o.inReview()["over_delivery"]; len(o.inReview()) != 1 || v.Facts.Delivered != "3" {
		t.Errorf("after a late delivery, in review are %+v, want three stoves", o.inReview())
	}

	if _, err := o.srv.Engine.Unmerge(t.Context(), o.admin, again, "a mistake"); err != nil {
		t.Fatal(err)
	}
	want := before
	want[again] = maps.Clone(before[again])
	want[again]["notes"], want[again]["address"] = `"The roof leaks."`, `"Main street 5"`
	if got := o.values(kept, again, keptPerson, againPerson); !maps.EqualFunc(got, want, maps.Equal) {
		t.Errorf("taken apart, the records are\n%v\nwant\n%v", got, want)
	}
	back := o.inReview()
	if v := back["over_delivery"]; len(back) != 2 || back["duplicate"].ID != found.ID || back["duplicate"].Digest != found.Digest || v.Record != again || v.Facts.Delivered != "2" {
		t.Errorf("taken apart, in review are %+v, want the two households, and the two stoves of the second", back)
	}
	mustSync(t, one, two, three)
}

// explains checks what a possible duplicate says, and that each side is shown with who recorded it.
func (o *office) explains(v server.Review, want ...string) {
	o.t.Helper()
	var says []string
	for _, r := range v.Facts.Reasons {
		says = append(says, r.Says)
	}
	slices.Sort(says)
	slices.Sort(want)
	if !slices.Equal(says, want) {
		o.t.Errorf("the reasons are %q, want %q", says, want)
	}
	detail, err := o.srv.Reviews.Show(o.t.Context(), v.ID)
	if err != nil {
		o.t.Fatal(err)
	}
	var shown []string
	for _, g := range detail.Grounds {
		shown = append(shown, g.Collection+" "+g.Fields["head_name"].Text()+g.Fields["name"].Text()+" on "+g.DeviceName)
	}
	if want := []string{"households Đorđe Petrović on Tablet 1", "households Ђорђе Петрвић on Tablet 2", "people Ana Petrović on Tablet 1", "people Ана Петровић on Tablet 2"}; !slices.Equal(shown, want) {
		o.t.Errorf("shown are %q, want %q", shown, want)
	}
}
