package console_test

import (
	"strings"
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
	ana.send("/programme/define", "code", "V & V", "title", "visits", "definition", `{"of":"visits","unit":"calls"}`).shows(t, "The indicator is saved.")
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
