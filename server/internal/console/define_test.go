package console_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestAnAdministratorSaysWhatIsCounted(t *testing.T) {
	o := newOffice(t)
	o.save("projects", map[string]any{"code": "G01", "title": "A home"})
	ana := o.as("ana")
	ana.get("/programme").shows(t, "Define an indicator")

	p := ana.send("/programme/define", "code", "V & V", "title", "visits made", "definition", `{"of":"visits"}`)
	p.shows(t, "The indicator is saved.")
	p.shows(t, "Counts: the number of visits")
	p = ana.send("/programme/targets", "code", "V & V", "project", "G01", "due", "2026-12-31", "value", "12.5")
	p.shows(t, "The target is set.")
	ana.get("/programme").shows(t, "visits made 0 of 12.5")
	ana.send("/programme/define", "seen", p.held(t, "seen"), "code", "V & V", "title", "visits", "definition", `{"of":"visits","unit":"calls"}`).shows(t, "The indicator is saved.")
	ana.get("/programme").shows(t, "visits 0 of 12.5 calls")
	if !strings.Contains(ana.get("/programme/indicators/V%20&%20V").body, `href="/programme/define?code=V%20%26%20V"`) {
		t.Error("the page of the figure does not lead to its definition")
	}
	ana.send("/programme/undefine", "code", "V & V").shows(t, "not reported any more")
	ana.get("/programme").shows(t, "No indicator is defined yet")
}

func TestADefinitionThatIsNotUnderstoodChangesNothing(t *testing.T) {
	o := newOffice(t)
	ana := o.as("ana")
	for want, fields := range map[string][]string{
		`"of" has to be a collection; "houses" is none`:        {"/programme/define", "code", "H", "title", "houses", "definition", `{"of":"houses"}`},
		"The definition is no JSON":                            {"/programme/define", "code", "H", "title", "houses", "definition", `houses`},
		"An indicator needs a code, a title and a definition.": {"/programme/define", "code", "H", "definition", `{"of":"visits"}`},
		`There is no record of indicators with the code "H"`:   {"/programme/undefine", "code", "H"},
		`There is no record of projects with the code "G99"`:   {"/programme/targets", "code", "V", "project", "G99", "value", "1"},
		`The target "many" is no number`:                       {"/programme/targets", "code", "V", "value", "many"},
	} {
		if _, err := o.srv.SetIndicator(t.Context(), o.admin, "V", "visits", `{"of":"visits"}`); err != nil {
			t.Fatal(err)
		}
		p := ana.send(fields[0], fields[1:]...)
		p.shows(t, want)
		p.shows(t, "Nothing was changed.")
		if p.status != 422 {
			t.Errorf("%q is answered %d", fields, p.status)
		}
		if fields[0] == "/programme/define" && !strings.Contains(p.body, `value="H"`) {
			t.Errorf("what was typed is gone: %s", p.body)
		}
	}
	ana.get("/programme").hides(t, "houses")
}

func TestADefinitionThatSomebodyChangedMeanwhileStays(t *testing.T) {
	o := newOffice(t)
	ana := o.as("ana")
	define := func(seen, title, definition string) page {
		return ana.send("/programme/define", "seen", seen, "code", "V", "title", title, "definition", definition)
	}
	define("", "visits", `{"of":"visits"}`).shows(t, "The indicator is saved.")
	taken := define("", "other visits", `{"of":"visits","unit":"others"}`)
	taken.shows(t, `There is an indicator with the code "V" already. Nothing was changed`)
	if taken.status != 422 || strings.Contains(taken.body, "readonly") || taken.held(t, "seen") != "" {
		t.Errorf("a code that is taken is answered %d, and the form is %q", taken.status, taken.body)
	}
	form := ana.get("/programme/define?code=V")
	define(form.held(t, "seen"), "visits", `{"of":"visits","unit":"calls"}`).shows(t, "The indicator is saved.")
	late := define(form.held(t, "seen"), "visits", `{"of":"visits","unit":"late"}`)
	late.shows(t, "was changed or removed since you opened it. Nothing was changed")
	if late.status != 409 || !strings.Contains(late.body, "late") {
		t.Errorf("who comes late is answered %d, and what they typed is in %q", late.status, late.body)
	}
	ana.get("/programme").shows(t, "0 calls")
	form = ana.get("/programme/define?code=V")
	ana.send("/programme/undefine", "code", "V").shows(t, "not reported any more")
	define(form.held(t, "seen"), "visits", `{"of":"visits"}`).shows(t, "was changed or removed since you opened it.")
}

func TestOneCodeIsDefinedOnce(t *testing.T) {
	o := newOffice(t)
	ana := o.as("ana")
	var saved sync.Map
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			p := ana.send("/programme/define", "code", "V", "title", fmt.Sprint("visits ", i), "definition", `{"of":"visits"}`)
			if p.status == 200 {
				saved.Store(i, true)
			}
		})
	}
	all.Wait()
	var winners []any
	saved.Range(func(i, _ any) bool { winners = append(winners, i); return true })
	list, err := o.srv.Indicators(t.Context())
	if err != nil || len(winners) != 1 || len(list) != 1 || list[0].Title != fmt.Sprint("visits ", winners[0]) {
		t.Errorf("saved are %v, and there are %+v, %v; want one", winners, list, err)
	}
}
