package registry_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/registry"
	"satchel/server/internal/review"
	"satchel/syncproto"
)

// settled gives an office with a household h of two people, to which much happened.
func settled(t testing.TB) *office {
	t.Helper()
	o := newOffice(t)
	o.save(
		o.household("h", "ribnica", "displaced_on", "1999-06-20", "returned_on", "2020-02-01", "card_number", "RL-1"), o.person("ana", "h"), o.person("mila", "h"),
		o.visit("visit", "h", "2020-01-10"), o.visit("mistake", "h", "2020-01-11"), o.delivery("delivery", "h", "2020-04-30"),
		o.edit("entitlements", "due", "household", o.named("h"), "project", o.named("project"), "assistance_type", o.named("stove"), "quantity", 1, "approved_on", "2020-04-01", "status", "approved"),
		o.edit("entitlements", "hers", "person", o.named("ana"), "project", o.named("project"), "assistance_type", o.named("stove"), "quantity", 1, "status", "proposed"),
		o.edit("livelihoods", "shop", "person", o.named("mila"), "household", o.named("h"), "project", o.named("project"), "started_on", "2020-05-01"),
		o.edit("participations", "part", "activity", o.named("course"), "person", o.named("mila"), "attended", true),
		o.household("stranger", "ribnica"), o.person("other", "stranger"), o.visit("else", "stranger", "2020-01-12"),
		o.edit("participations", "not", "activity", o.named("course"), "person", o.named("other")),
	)
	o.save(o.edit("visits", "mistake", "deleted", true))
	return o
}

func TestAFileHoldsAllThatBelongsToAHousehold(t *testing.T) {
	o := settled(t)
	f := o.file("h", nil)
	if f.Household.ID != o.named("h") || f.Household.Area != o.named("ribnica") || f.Household.Value("card_number") != `"RL-1"` || f.Kept != f.Household.ID {
		t.Errorf("the household is %+v, kept is %s", f.Household, f.Kept)
	}
	if by := f.Household.Recorded; by == nil || by.AuthorName != "Ana Admin" || by.DeviceName != engine.OfficeName || by.Received != o.now.UnixMilli() {
		t.Errorf("it was recorded by %+v", by)
	}
	for _, c := range []struct {
		what string
		got  []registry.Record
		want string
	}{
		{"family", f.Family, ""},
		{"people", f.People, "ana mila"},
		{"visits", f.Visits, "mistake! visit"},
		{"deliveries", f.Deliveries, "delivery"},
		{"entitlements", f.Entitlements, "due hers"},
		{"livelihoods", f.Livelihoods, "shop"},
		{"participations", f.Participations, "part"},
	} {
		if got := o.describe(c.got); got != c.want || c.got == nil {
			t.Errorf("the %s are %q, want %q", c.what, got, c.want)
		}
		for _, r := range c.got {
			if r.Recorded == nil {
				t.Errorf("nobody recorded %s", o.names[r.ID])
			}
		}
	}
	if len(f.Activities) != 1 || f.Activities[0].ID != o.named("course") {
		t.Errorf("the activities are %+v", f.Activities)
	}
	for id, want := range map[uuid.UUID]string{
		o.named("ribnica"): "Ribnica", o.named("project"): "Better life", o.named("stove"): "Stove", o.named("course"): "Welding", o.named("mila"): "Name of mila", o.admin: "Ana Admin",
	} {
		if got := f.Names[id]; got != want {
			t.Errorf("%s is called %q, want %q", o.names[id], got, want)
		}
	}
}

// events describes a timeline: when, what and, where it is another's, of which household.
func (o *office) events(f registry.File) string {
	var out []string
	for _, e := range f.Timeline {
		text := e.Kind + " " + o.names[e.Record]
		if e.Day != "" {
			text = e.Day + " " + text
		}
		if e.Household != o.named("h") {
			text += "@" + o.names[e.Household]
		}
		if e.Into != nil {
			text += " into " + o.names[*e.Into]
		}
		if e.Deleted {
			text += "!"
		}
		if e.By == nil {
			text += " by nobody"
		}
		out = append(out, text)
	}
	return strings.Join(out, "\n")
}

func TestATimelineSaysWhatHappenedTheNewestFirst(t *testing.T) {
	o := settled(t)
	first, rest, _ := strings.Cut(o.events(o.file("h", nil)), "2020-05-01")
	recorded := strings.Split(strings.TrimSpace(first), "\n")
	slices.Sort(recorded)
	if want := "recorded ana,recorded h,recorded hers,recorded mila"; strings.Join(recorded, ",") != want {
		t.Errorf("on the day of the recording were %q, want %q", recorded, want)
	}
	want := ` livelihood shop
delivery delivery
2020-04-01 entitlement due
2020-03-05 participation part
2020-02-01 returned h
visit mistake!
visit visit
1999-06-20 displaced h`
	if rest != want {
		t.Errorf("before that were\n%s\nwant\n%s", rest, want)
	}
}

func TestALongTimelineSaysHowMuchItLeavesOff(t *testing.T) {
	o := newOffice(t)
	edits := []engine.OfficeEdit{o.household("h", "ribnica")}
	for i := range 510 {
		edits = append(edits, o.visit(fmt.Sprint("v", i), "h", "2020-01-10"))
	}
	o.save(edits...)
	f := o.file("h", nil)
	if len(f.Timeline) != 500 || f.EventsLeftOff != 11 || len(f.Visits) != 510 || f.LeftOff != 0 {
		t.Errorf("there are %d events and %d left off, %d visits and %d left off", len(f.Timeline), f.EventsLeftOff, len(f.Visits), f.LeftOff)
	}
}

func TestAFileIsBounded(t *testing.T) {
	o := newOffice(t)
	o.save(o.household("h", "ribnica"))
	for i := range 10 {
		edits := []engine.OfficeEdit{o.person(fmt.Sprint("p", i), "h")}
		for j := range 50 {
			visit := o.visit(fmt.Sprint("v", i, "-", j), "h", "2020-01-10")
			visit.Fields["findings"] = syncproto.Value(`"` + strings.Repeat("x", 30_000) + `"`)
			edits = append(edits, visit)
		}
		o.save(edits...)
	}
	f := o.file("h", nil)
	if bytes := len(f.Visits) * 30_000; len(f.People) != 10 || bytes > 8<<20 || bytes < 7<<20 || f.LeftOff != 500-len(f.Visits) {
		t.Errorf("there are %d people, %d visits and %d left off", len(f.People), len(f.Visits), f.LeftOff)
	}
}

func TestMergedHouseholdsAreInOneFile(t *testing.T) {
	o := settled(t)
	o.save(o.household("twin", "ribnica"), o.person("mila2", "twin"), o.visit("v2", "twin", "2020-01-13"), o.household("far", "žiča"), o.visit("v3", "far", "2020-01-14"))
	for _, duplicate := range []string{"twin", "far"} {
		o.save(o.edit("households", duplicate, "merged_into", o.named("h")))
	}
	f := o.file("h", nil)
	if got, want := o.describe(slices.Concat(f.Family, f.People, f.Visits)), "ana far@far mila mila2@twin mistake! twin@twin v2@twin v3@far visit"; got != want {
		t.Errorf("the file holds %q, want %q", got, want)
	}
	if events := o.events(f); !strings.Contains(events, "merged twin@twin into h\n") || !strings.Contains(events, "visit v3@far\nvisit v2@twin\nvisit mistake!\n") {
		t.Errorf("the timeline is\n%s", events)
	}
	if f := o.file("twin", nil); f.Household.ID != o.named("twin") || f.Kept != o.named("h") || o.describe(f.Family) != "far@far h" {
		t.Errorf("the duplicate's file is of %s, kept %s, with %s", f.Household.ID, f.Kept, o.describe(f.Family))
	}
	f = o.file("h", o.areas("ribnica"))
	if got, want := o.describe(slices.Concat(f.Family, f.People, f.Visits)), "ana mila mila2@twin mistake! twin@twin v2@twin visit"; got != want || f.Elsewhere != 1 {
		t.Errorf("within the area it holds %q, want %q, and %d elsewhere", got, want, f.Elsewhere)
	}
	for _, e := range f.Timeline {
		if e.Household == o.named("far") {
			t.Errorf("it tells of another area: %+v", e)
		}
	}
}

func TestNothingOfAnotherAreaIsInAFile(t *testing.T) {
	o := settled(t)
	o.save(o.household("far", "žiča"), o.person("zora", "far"), o.edit("activities", "fair", "project", o.named("project"), "area", o.named("žiča"), "kind", "training", "title", "Fair"))
	o.save(o.edit("participations", "there", "activity", o.named("fair"), "person", o.named("ana")), o.edit("deliveries", "delivery", "person", o.named("zora")))
	f := o.file("h", o.areas("ribnica"))
	if got := o.describe(f.Participations); got != "part" || len(f.Activities) != 1 {
		t.Errorf("the participations are %s", got)
	}
	if name := f.Names[o.named("zora")]; name != "" {
		t.Errorf("it names %q", name)
	}
	if f := o.file("h", nil); f.Names[o.named("zora")] == "" || len(f.Activities) != 2 {
		t.Errorf("who may see all sees %d activities and names %v", len(f.Activities), f.Names)
	}
	for _, c := range []struct {
		record string
		within registry.Areas
	}{{"h", o.areas("žiča")}, {"h", o.areas()}, {"nobody", nil}, {"ana", nil}} {
		if _, err := o.registry.Household(t.Context(), o.named(c.record), c.within); codeOf(err) != syncproto.CodeNotFound {
			t.Errorf("the file of %s within %d areas: %v", c.record, len(c.within), err)
		}
	}
}

func TestAFileNamesWhatWantsADecision(t *testing.T) {
	o := settled(t)
	o.save(o.delivery("second", "h", "2020-05-02"), o.edit("households", "stranger", "deleted", true))
	contested := o.edit("visits", "visit", "findings", "one")
	contested.Base = map[string][]syncproto.Version{}
	o.save(contested)
	contested.Fields = o.edit("visits", "visit", "findings", "two").Fields
	o.save(contested)
	kinds := func(f registry.File) (out []string) {
		for _, i := range f.Reviews {
			out = append(out, i.Kind)
		}
		slices.Sort(out)
		return out
	}
	if got, want := kinds(o.file("h", nil)), []string{review.Conflict, review.OverDelivery}; !slices.Equal(got, want) {
		t.Errorf("open are %q, want %q", got, want)
	}
	if got, want := kinds(o.file("stranger", nil)), []string{review.Orphan}; !slices.Equal(got, want) {
		t.Errorf("open about the deleted household are %q, want %q", got, want)
	}
	o.save(o.edit("deliveries", "second", "cancelled_why", "a mistake"))
	if got, want := kinds(o.file("h", nil)), []string{review.Conflict}; !slices.Equal(got, want) {
		t.Errorf("then open are %q, want %q", got, want)
	}
}

// A matter lies where the record lies that it is about: of two households, the one with the smaller id.
func TestAMatterOfAnotherAreaIsInNoFile(t *testing.T) {
	o := settled(t)
	twin := ""
	for i := 0; twin == "" || o.named(twin).String() > o.named("h").String(); i++ {
		twin = fmt.Sprint("twin", i)
	}
	o.save(o.household(twin, "žiča", "head_name", "Head of h", "card_number", "RL-1"))
	if reviews := o.file("h", nil).Reviews; len(reviews) != 1 || reviews[0].Kind != review.Duplicate || reviews[0].Area != o.named("žiča") {
		t.Fatalf("open are %+v, want a possible duplicate in the other area", reviews)
	}
	if reviews := o.file("h", o.areas("ribnica")).Reviews; len(reviews) != 0 {
		t.Errorf("within the area open are %+v", reviews)
	}
}
