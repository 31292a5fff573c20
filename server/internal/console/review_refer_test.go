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

// offered gives what a select of a page offers: what each is called, by what it sends.
func (p page) offered(t *testing.T, name string) map[string]string {
	t.Helper()
	for _, m := range choose.FindAllStringSubmatch(p.body, -1) {
		if m[1] != name {
			continue
		}
		out := map[string]string{}
		for _, o := range regexp.MustCompile(`<option value="([^"]*)"[^>]*>([^<]*)</option>`).FindAllStringSubmatch(m[2], -1) {
			out[o[1]] = o[2]
		}
		return out
	}
	t.Fatalf("%s has no select %q", p.path, name)
	return nil
}

// refuses fails unless a form was refused for one field, which holds what was typed and says what is wrong with it.
func (p page) refuses(t *testing.T, name, typed string) {
	t.Helper()
	if p.status != http.StatusUnprocessableEntity {
		t.Errorf("%s is answered %d %s", p.path, p.status, p.text())
	}
	if got := p.held(t, name); got != typed {
		t.Errorf("the field holds %q by now, not %q", got, typed)
	}
	if !strings.Contains(p.body, `id="wrong-`+name+`"`) {
		t.Errorf("nothing beside %s says what is wrong with it", name)
	}
}

func TestAHeldHouseholdWithoutAnAreaIsGivenOne(t *testing.T) {
	o := newOffice(t)
	village, h := o.save("areas", map[string]any{"name": "Cvetke", "level": "settlement", "parent": o.a}), uuid.New()
	o.sender("seven", time.Hour).send("households", h, map[string]any{"head_name": "Mira Mirić", "status": "idp"})
	ana, at := o.as("ana"), o.item()
	p := ana.get(at)
	p.shows(t, "Area this is why")
	field := p.held(t, "version") + ".area"
	if got := p.offered(t, field); got[village.String()] != "\u2003Cvetke" || got[o.b.String()] != "Vranje" {
		t.Errorf("offered are %q, want the tree of areas", got)
	}
	if got := ana.send(at+"/held", p.filled("deed", "apply", field, o.admin.String())...); got.status != http.StatusUnprocessableEntity {
		t.Errorf("somebody as an area is answered %d", got.status)
	}
	ana.send(at+"/held", p.filled("deed", "apply", field, village.String())...).shows(t, "Applied")
	o.holds(h, "area", syncproto.Value(`"`+village.String()+`"`))
}

func TestAHeldHouseholdInAnAreaThatThereIsNotIsGivenAnother(t *testing.T) {
	o := newOffice(t)
	h := uuid.New()
	o.sender("seven", time.Hour).send("households", h, map[string]any{"head_name": "Mira Mirić", "status": "idp", "area": uuid.New()})
	ana, at := o.as("ana"), o.item()
	p := ana.get(at)
	p.shows(t, "Area this is why")
	if got := ana.send(at+"/held", p.filled("deed", "apply")...); got.status != http.StatusUnprocessableEntity {
		t.Errorf("an untouched form is answered %d", got.status)
	}
	ana.send(at+"/held", p.filled("deed", "apply", p.held(t, "version")+".area", o.a.String())...).shows(t, "Applied")
	o.holds(h, "area", syncproto.Value(`"`+o.a.String()+`"`))
}

func TestAHeldVisitOfAnUnknownHouseholdIsGivenOneByItsCard(t *testing.T) {
	o := newOffice(t)
	h, gone, visit := o.family("Mira Mirić", "card_number", "K-0012"), o.family("Petar Perić", "card_number", "K-0013"), uuid.New()
	o.edit("households", gone, map[string]any{"deleted": true})
	project := o.save("projects", map[string]any{"code": "P", "title": "P"})
	o.sender("seven", time.Hour).send("visits", visit, map[string]any{"household": uuid.New(), "visited_at": 5, "project": project, "worker": o.cora})
	ana, at := o.as("ana"), o.item()
	p := ana.get(at)
	p.shows(t, "Household this is why")
	p.shows(t, "Name of cora")
	version := p.held(t, "version")
	field := version + ".household"
	if strings.Contains(p.body, field+".empty") {
		t.Error("a household that has to be there can be left empty")
	}
	for _, wrong := range []string{"K-9", "K-0013", "Mira", project.String(), gone.String(), uuid.NewString()} {
		ana.send(at+"/held", p.filled("deed", "apply", field, wrong)...).refuses(t, field, wrong)
	}
	ana.send(at+"/held", p.filled("deed", "apply", field, " k-0012 ")...).shows(t, "Applied")
	o.holds(visit, "household", syncproto.Value(`"`+h.String()+`"`))
	o.holds(visit, "project", syncproto.Value(`"`+project.String()+`"`))
	o.holds(visit, "worker", syncproto.Value(`"`+o.cora.String()+`"`))
}

func TestAHeldEntitlementOfNobodyIsGivenAHousehold(t *testing.T) {
	o := newOffice(t)
	_, h := o.delivered()
	e := uuid.New()
	o.sender("seven", time.Hour).send("entitlements", e, map[string]any{
		"project": o.save("projects", map[string]any{"code": "Q", "title": "Q"}), "quantity": 1, "status": "proposed",
		"assistance_type": o.save("assistance_types", map[string]any{"code": "BED", "name": "Bed", "category": "furniture"}),
	})
	ana, at := o.as("ana"), o.item()
	p := ana.get(at)
	p.shows(t, "Household this is why")
	ana.send(at+"/held", p.filled("deed", "apply", p.held(t, "version")+".household", h.String())...).shows(t, "Applied")
	o.holds(e, "household", syncproto.Value(`"`+h.String()+`"`))
}

func TestAConflictOfAreasIsSettledWithAThird(t *testing.T) {
	o := newOffice(t)
	third := o.save("areas", map[string]any{"name": "Niš", "level": "municipality"})
	h := o.family("Petar Petrović")
	at := "/records/households/" + h.String()
	o.person("bora", "administrator")
	bora := o.as("bora")
	ana, late := o.as("ana"), bora.get(at)
	ana.fill(at, "f.area", third.String())
	bora.send(at, late.filled("f.area", o.b.String())...)
	o.edit("areas", third, map[string]any{"deleted": true})
	item := o.item()
	p := ana.get(item)
	fourth := o.save("areas", map[string]any{"name": "Pirot", "level": "municipality"})
	form := func(value string) []string {
		return p.filled("take.area", "other", "other.area", value, "reason", "she moved")
	}
	if got := ana.send(item+"/settle", form(third.String())...); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, `id="wrong-other.area"`) {
		t.Errorf("an area that is deleted is answered %d", got.status)
	}
	ana.send(item+"/settle", form(fourth.String())...).shows(t, "she moved")
	o.holds(h, "area", syncproto.Value(`"`+fourth.String()+`"`))
}

func TestAConflictOfHouseholdsIsSettledWithAThird(t *testing.T) {
	o := newOffice(t)
	one, two, three := o.family("Ana Anić"), o.family("Mira Mirić"), o.family("Petar Perić", "card_number", "K-0012")
	visit := o.save("visits", map[string]any{"household": one, "visited_at": 5})
	at := "/records/visits/" + visit.String()
	ana := o.as("ana")
	late := ana.get(at)
	ana.fill(at, "f.household", two.String())
	o.edit("visits", visit, map[string]any{"visited_at": 6})
	o.person("bora", "administrator")
	bora := o.as("bora")
	bora.send(at, late.filled("f.household", three.String())...)
	item := o.item()
	p := ana.get(item)
	form := func(value string) []string {
		return p.filled("take.household", "other", "other.household", value, "reason", "the worker said")
	}
	ana.send(item+"/settle", form("K-1")...).refuses(t, "other.household", "K-1")
	o.holds(visit, "household", syncproto.Value(`"`+three.String()+`"`))
	ana.send(item+"/settle", form(one.String())...).shows(t, "the worker said")
	o.holds(visit, "household", syncproto.Value(`"`+one.String()+`"`))
}

func TestAConflictOfWhatAnAreaIsPartOfMakesNoCircle(t *testing.T) {
	o := newOffice(t)
	part := o.save("areas", map[string]any{"name": "Cvetke", "level": "settlement", "parent": o.a})
	at := "/records/areas/" + o.a.String()
	ana := o.as("ana")
	late := ana.get(at)
	north, south := o.save("areas", map[string]any{"name": "North", "level": "region"}), o.save("areas", map[string]any{"name": "South", "level": "region"})
	ana.fill(at, "f.parent", north.String())
	o.person("bora", "administrator")
	o.as("bora").send(at, late.filled("f.parent", south.String())...)
	item := o.item()
	p := ana.get(item)
	got := ana.send(item+"/settle", p.filled("take.parent", "other", "other.parent", part.String(), "reason", "x")...)
	got.shows(t, "An area cannot be part of itself")
	o.holds(o.a, "parent", syncproto.Value(`"`+south.String()+`"`))
}
