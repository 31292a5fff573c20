package console_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/syncproto"
)

func TestAHeldChangeIsCorrectedOrDiscarded(t *testing.T) {
	o := newOffice(t)
	seven := o.sender("seven", time.Hour)
	h := uuid.New()
	receipt := seven.send("households", h, map[string]any{"head_name": "Mira Mirić", "status": "neighbour", "area": o.a})
	if receipt.Status != syncproto.Held {
		t.Fatalf("the change is %+v", receipt)
	}
	ana, at := o.as("ana"), o.item()
	p := ana.get(at)
	p.shows(t, "a value is not valid")
	p.shows(t, "Status this is why")
	version := p.held(t, "version")
	ana.send(at+"/held", "deed", "discard", "version", version).shows(t, "discarded with a reason")
	wrong := ana.send(at+"/held", "deed", "apply", "version", version)
	if wrong.status != http.StatusUnprocessableEntity {
		t.Errorf("applying it as it is is answered %d", wrong.status)
	}
	ana.send(at+"/held", "deed", "apply", "version", version, version+".status", "returnee", version+".head_name", "Mira Mirić").shows(t, "Applied")
	if o.value(h, "status") != "returnee" || o.value(h, "head_name") != "Mira Mirić" {
		t.Errorf("the household is %s, %s", o.value(h, "head_name"), o.value(h, "status"))
	}
	ana.send(at+"/held", "deed", "apply", "version", version).shows(t, "No change of that name is held")
}

func TestAppliedUntouchedAHeldChangeStaysAsItWasWritten(t *testing.T) {
	o := newOffice(t)
	seven := o.sender("seven", time.Hour)
	h := uuid.New()
	written := map[string]any{
		"head_name": "Mira\nMirić", "notes": "one\ntwo", "phone": " 060 ", "address": "a\rb", "displaced_on": "in June", "status": "idp", "area": o.a,
	}
	if receipt := seven.send("households", h, written); receipt.Status != syncproto.Held {
		t.Fatalf("the change is %+v", receipt)
	}
	ana, at := o.as("ana"), o.item()
	p := ana.get(at)
	p.shows(t, "in June")
	version := p.held(t, "version")
	if strings.Contains(p.body, `value="in June"`) {
		t.Error("a control of dates is given what is none")
	}
	for name, want := range map[string]string{"head_name": "Mira\nMirić", "address": "a\rb"} {
		if !strings.Contains(p.body, `<textarea id="`+version+"."+name+`"`) {
			t.Errorf("%q is in a control of one line", want)
		}
	}
	untouched := p.filled("deed", "apply")
	if got := ana.send(at+"/held", untouched...); got.status != http.StatusUnprocessableEntity {
		t.Errorf("what is wrong still is answered %d", got.status)
	}
	ana.send(at+"/held", p.filled("deed", "apply", version+".displaced_on", "1999-06-20")...).shows(t, "Applied")
	for name, was := range written {
		want, err := syncproto.ValueOf(was)
		if err != nil {
			t.Fatal(err)
		}
		if name == "displaced_on" {
			want = `"1999-06-20"`
		}
		o.holds(h, name, want)
	}
}

func TestAHeldValueThatItsControlCannotHoldIsLeftEmpty(t *testing.T) {
	o := newOffice(t)
	h := uuid.New()
	o.sender("seven", time.Hour).send("households", h, map[string]any{"head_name": "Mira Mirić", "displaced_on": "in June", "status": "idp", "area": o.a})
	ana, at := o.as("ana"), o.item()
	p := ana.get(at)
	ana.send(at+"/held", p.filled("deed", "apply", p.held(t, "version")+".displaced_on.empty", "yes")...).shows(t, "Applied")
	o.holds(h, "displaced_on", "null")
	o.holds(h, "head_name", `"Mira Mirić"`)
}

// heldItem gives the address of the open item about a record.
func (o *office) heldItem(record uuid.UUID) string {
	o.t.Helper()
	list, _, err := o.srv.Reviews.List(o.t.Context(), "open", 0, 99)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, item := range list {
		if item.Record == record {
			return "/review/" + item.ID.String()
		}
	}
	o.t.Fatalf("there is no item about %s", record)
	return ""
}

func TestEveryRecordOfAHeldFormSaysWhyAndNamesTheOthers(t *testing.T) {
	o := newOffice(t)
	h, person, visit := uuid.New(), uuid.New(), uuid.New()
	o.sender("seven", time.Hour).sendForm(
		noted{"households", h, map[string]any{"head_name": "Mira Mirić", "status": "idp", "area": o.b}},
		noted{"people", person, map[string]any{"household": h, "name": "Ana Mirić"}},
		noted{"visits", visit, map[string]any{"household": h, "visited_at": 5}},
	)
	ana := o.as("ana")
	ana.get("/review").shows(t, "Ana Mirić (not here yet) 1 change is held: another change of the same form is held")
	ana.get("/review").shows(t, "Visit: Mira Mirić (not here yet)")
	p := ana.get(o.heldItem(person))
	p.shows(t, "Visit: Mira Mirić another change")
	p.shows(t, "Household Mira Mirić Name Ana Mirić")
	p.hides(t, "/households/"+h.String())
}

func TestWhatIsHeldWithoutANameIsToldByItsCollection(t *testing.T) {
	o := newOffice(t)
	d, h := o.delivered()
	seven := o.sender("seven", time.Hour)
	seven.send("deliveries", d, map[string]any{"deleted": true})
	seven.send("visits", uuid.New(), map[string]any{"household": h, "visited_at": "yesterday"})
	ana := o.as("ana")
	ana.get("/review").shows(t, "Visit: Mira Mirić (not here yet)")
	p := ana.get(o.heldItem(d))
	p.hides(t, "Delivery: Delivery")
	if version := p.held(t, "version"); strings.Contains(p.body, version+".deleted") {
		t.Error("a delivery's deletion can be changed, and what is chosen is ignored")
	}
}

// delivered makes a household that was given a stove.
func (o *office) delivered() (delivery, household uuid.UUID) {
	o.t.Helper()
	household = o.family("Mira Mirić")
	return o.save("deliveries", map[string]any{
		"household": household, "project": o.save("projects", map[string]any{"code": "P", "title": "P"}), "quantity": 1, "delivered_at": 5,
		"assistance_type": o.save("assistance_types", map[string]any{"code": "STOVE", "name": "Stove", "category": "furniture"}),
	}), household
}

func TestTheRecordThatAnItemIsAboutIsTheOneThatCanBeCorrected(t *testing.T) {
	o := newOffice(t)
	seven := o.sender("seven", time.Hour)
	if err := o.srv.Accounts.RevokeDevice(t.Context(), o.admin, seven.id); err != nil {
		t.Fatal(err)
	}
	h, person := uuid.New(), uuid.New()
	seven.sendForm(
		noted{"households", h, map[string]any{"head_name": "Mira Miric", "status": "idp", "area": o.a}},
		noted{"people", person, map[string]any{"household": h, "name": "Ana Miric"}},
	)
	ana := o.as("ana")
	p := ana.get(o.heldItem(person))
	if version := p.held(t, "version"); !strings.Contains(p.body, `name="`+version+`.name"`) {
		t.Error("the person cannot be corrected on the page about the person")
	}
	at := o.heldItem(h)
	p = ana.get(at)
	ana.send(at+"/held", p.filled("deed", "apply", p.held(t, "version")+".head_name", "Mira Mirić")...).shows(t, "Applied")
	o.holds(h, "head_name", `"Mira Mirić"`)
}

func TestOnlyWhatNeedNotBeThereCanBeLeftEmpty(t *testing.T) {
	o := newOffice(t)
	h := o.family("Mira Mirić")
	visit := uuid.New()
	o.sender("seven", time.Hour).send("visits", visit, map[string]any{"household": h, "visited_at": "yesterday", "answers": "yes"})
	ana, at := o.as("ana"), o.item()
	half := ana.send(at+"/held", "deed", "apply", "version", ana.get(at).held(t, "version"), ana.get(at).held(t, "version")+".answers.empty", "yes")
	if !regexp.MustCompile(`answers\.empty" value="yes" checked`).MatchString(half.body) {
		t.Error("the page that answers has lost that a field is to be left empty")
	}
	p := ana.get(at)
	version := p.held(t, "version")
	p.shows(t, "Answers this is why")
	if strings.Contains(p.body, version+".visited_at.empty") {
		t.Error("a field that has to be there can be left empty")
	}
	ana.send(at+"/held", p.filled("deed", "apply", version+".answers.empty", "yes", version+".visited_at", "2020-04-30T10:00")...).shows(t, "Applied")
	o.holds(visit, "answers", "null")
}
