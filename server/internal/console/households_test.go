package console_test

import (
	"strings"
	"testing"
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
	b.get("/records/households/"+id.String()+"/history").shows(t, "Card number K-77 shown Name of ana office")
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
