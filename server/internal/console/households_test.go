package console_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/syncproto"
)

func TestAHouseholdIsFoundInEitherScriptAndShownWhole(t *testing.T) {
	o := newOffice(t)
	id := o.save("households", map[string]any{"head_name": "Љубица Ђорђевић", "card_number": "K-77", "area": o.a, "status": "idp"})
	o.save("people", map[string]any{"household": id, "name": "Đurđa", "relation": "child"})
	o.save("visits", map[string]any{"household": id, "purpose": "registration", "visited_at": 1_500_000_000_000})
	b := o.as("cora")
	for _, text := range []string{"ljubica djordjevic", "Љубица", "k-77", "djurdja", "durd", "kraljevo ljub"} {
		b.send("/households", "text", text).shows(t, "Љубица Ђорђевић")
	}
	if page := b.send("/households", "text", "nobody of that name"); strings.Contains(page.body, "Љубица") {
		t.Errorf("who is not looked for is found: %s", page.text())
	}
	file := b.get("/households/" + id.String())
	for _, part := range []string{"K-77", "Kraljevo", "IDP", "Đurđa child", "Visit registration", "14 July 2017"} {
		file.shows(t, part)
	}
	b.get("/records/households/"+id.String()+"/history").shows(t, "Card number K-77 shown Name of ana the office")
}

func TestADeliveryHasItsReceiptAndSaysWhyNothingProvesIt(t *testing.T) {
	o := newOffice(t)
	household := o.household(o.a, "Ana")
	project := o.save("projects", map[string]any{"code": "P1", "title": "Houses"})
	kind := o.save("assistance_types", map[string]any{"code": "S", "name": "Stove", "category": "furniture"})
	deliver := func(why string) uuid.UUID {
		return o.save("deliveries", map[string]any{
			"household": household, "project": project, "assistance_type": kind, "quantity": 1, "delivered_at": 1588255500123,
			"proofs": map[string]any{"none": why}, "worker": o.admin,
		})
	}
	first := deliver("no_light")
	deliver("<b>rain</b>")
	file := o.as("ana").get("/households/" + household.String())
	file.shows(t, "Receipt "+syncproto.ReceiptNumber(first))
	file.shows(t, "No signature and no photo: no light")
	file.shows(t, "No signature and no photo: <b>rain</b>")
}

func TestWhatPeopleWroteIsShownAndNeverRun(t *testing.T) {
	o := newOffice(t)
	id := o.save("households", map[string]any{"head_name": "<script>alert(1)</script>", "card_number": `=HYPERLINK("http://x")`, "area": o.a, "status": "idp"})
	b := o.as("ana")
	for _, path := range []string{"/households", "/households/" + id.String(), "/records/households/" + id.String() + "/history"} {
		page := b.get(path)
		if !strings.Contains(page.body, "&lt;script&gt;alert(1)&lt;/script&gt;") || strings.Contains(page.body, "<script>alert") {
			t.Errorf("%s does not show the name as it was written", path)
		}
	}
}

func TestACoordinatorFindsTheOwnAreasOnly(t *testing.T) {
	o := newOffice(t)
	here, there := o.save("households", map[string]any{"head_name": "Here", "area": o.a, "status": "idp"}), o.save("households", map[string]any{"head_name": "There", "area": o.b, "status": "idp"})
	for _, h := range []struct {
		in   any
		name string
	}{{here, "Visit-here"}, {there, "Visit-there"}} {
		o.save("visits", map[string]any{"household": h.in, "purpose": "monitoring", "findings": h.name, "visited_at": 1})
		o.save("people", map[string]any{"household": h.in, "name": "Of " + h.name})
	}
	b := o.as("cora")
	for _, path := range []string{"/households", "/lists/visits", "/lists/people"} {
		page := b.get(path)
		page.shows(t, "1 to 1 of 1")
		if strings.Contains(page.body, "There") || strings.Contains(page.body, "Of Visit-there") {
			t.Errorf("%s shows a coordinator what lies elsewhere: %s", path, page.text())
		}
	}
	for _, path := range []string{"/households/" + there.String(), "/records/households/" + there.String() + "/history"} {
		if page := b.get(path); page.status != 404 {
			t.Errorf("%s is answered %d", path, page.status)
		}
	}
	o.as("ana").get("/lists/visits").shows(t, "1 to 2 of 2")
}

func TestAListThatHasBecomeShorterShowsItsLastPage(t *testing.T) {
	o := newOffice(t)
	id := o.save("households", map[string]any{"head_name": "Ana", "area": o.a, "status": "idp"})
	o.save("visits", map[string]any{"household": id, "purpose": "monitoring", "visited_at": 1})
	b := o.as("ana")
	b.get("/lists/visits?offset=50").shows(t, "1 to 1 of 1")
	b.send("/households", "offset", "50").shows(t, "1 to 1 of 1")
	b.get("/lists/people?offset=50").shows(t, "Nothing of this kind is recorded yet.")
}

func TestNothingIsAddedToADeletedHousehold(t *testing.T) {
	o := newOffice(t)
	id := o.save("households", map[string]any{"head_name": "Ana", "area": o.a, "status": "idp"})
	b := o.as("ana")
	b.get("/households/"+id.String()).shows(t, "Record a visit")
	o.edit("households", id, map[string]any{syncproto.FieldDeleted: true})
	file := b.get("/households/" + id.String())
	file.shows(t, "This household is deleted")
	for _, kind := range []string{"people", "visits", "deliveries", "entitlements"} {
		file.hides(t, "/records/"+kind+"/new")
	}
}

func TestAListBelongsToTheHouseholds(t *testing.T) {
	o := newOffice(t)
	for _, path := range []string{"/households", "/lists/visits", "/lists/activities"} {
		if page := o.as("ana").get(path); !strings.Contains(page.body, `<a href="/households" aria-current="page">Households</a></li>
    `) {
			t.Errorf("%s does not say that it is one of the households' pages", path)
		}
	}
}
