package registry_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/registry"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// listed names the records of a page in their order, and how many there are of all pages.
func (o *office) listed(l registry.Listing) string {
	o.t.Helper()
	list, err := o.registry.List(o.t.Context(), l)
	if err != nil {
		o.t.Fatal(err)
	}
	var out []string
	for _, r := range list.Records {
		out = append(out, o.names[r.ID])
	}
	return fmt.Sprintf("%s of %d", strings.Join(out, " "), list.Total)
}

func TestAListGivesTheNewestFirst(t *testing.T) {
	o := newOffice(t)
	o.save(o.household("h", "ribnica"), o.household("far", "žiča"), o.visit("may", "h", "2020-05-01"), o.visit("june", "far", "2020-06-01"), o.visit("april", "h", "2020-04-01"), o.visit("gone", "h", "2020-07-01"),
		o.edit("projects", "dated", "code", "A", "title", "Dated", "starts_on", "2019-01-01"))
	o.save(o.edit("visits", "gone", "deleted", true))
	only := func(names ...string) []uuid.UUID {
		out := []uuid.UUID{}
		for _, name := range names {
			out = append(out, o.named(name))
		}
		return out
	}
	for _, c := range []struct {
		listing registry.Listing
		want    string
	}{
		{registry.Listing{Collection: "visits"}, "june may april of 3"},
		{registry.Listing{Collection: "visits", Limit: 2}, "june may of 3"},
		{registry.Listing{Collection: "visits", Limit: 2, Offset: 2}, "april of 3"},
		{registry.Listing{Collection: "visits", Offset: 9}, " of 3"},
		{registry.Listing{Collection: "visits", Among: only("kraljevo")}, "may april of 2"},
		{registry.Listing{Collection: "visits", Among: only("žiča", "ribnica")}, "june may april of 3"},
		{registry.Listing{Collection: "visits", Among: only()}, " of 0"},
		{registry.Listing{Collection: "visits", Among: only("kraljevo"), Filter: store.Filter{Within: o.named("žiča")}}, " of 0"},
		{registry.Listing{Collection: "visits", Filter: store.Filter{Date: "visited_at", From: "2020-05-01", Before: "2020-06-01"}}, "may of 1"},
		{registry.Listing{Collection: "visits", Filter: store.Filter{Holds: []store.Holding{{Field: "household", Value: o.named("far").String()}}}}, "june of 1"},
		{registry.Listing{Collection: "projects", Among: only()}, "dated project of 2"},
		{registry.Listing{Collection: "assistance_types"}, "stove of 1"},
		{registry.Listing{Collection: "areas"}, "kraljevo ribnica žiča of 3"},
		{registry.Listing{Collection: "areas", Among: only("kraljevo")}, "kraljevo ribnica of 2"},
		{registry.Listing{Collection: "households"}, "far h of 2"},
		{registry.Listing{Collection: "activities"}, "course of 1"},
	} {
		if got := o.listed(c.listing); got != c.want {
			t.Errorf("%+v gives %q, want %q", c.listing, got, c.want)
		}
	}
	list, err := o.registry.List(t.Context(), registry.Listing{Collection: "visits", Limit: 1})
	if err != nil || list.Names[o.named("far")] != "Head of far" || list.Names[o.named("project")] != "Better life" || list.Records[0].Value("worker").ID() != o.admin {
		t.Errorf("the list is %+v, %v", list, err)
	}
	if _, err := o.registry.List(t.Context(), registry.Listing{Collection: "secrets"}); err == nil {
		t.Error("what is no collection is listed")
	}
}

func TestARecordIsGivenWithWhoRecordedIt(t *testing.T) {
	o := settled(t)
	r, err := o.registry.Record(t.Context(), o.named("mistake"))
	if err != nil || !r.Deleted || r.Area != o.named("ribnica") || r.Collection != "visits" || r.Recorded == nil || r.Recorded.AuthorName != "Ana Admin" {
		t.Errorf("the record is %+v, %v", r, err)
	}
	if _, err := o.registry.Record(t.Context(), o.named("nothing")); codeOf(err) != syncproto.CodeNotFound {
		t.Errorf("a record that there is not: %v", err)
	}
}

// rows describes a history: what was written where, over what, and what became of it.
func (o *office) rows(record string) string {
	o.t.Helper()
	h, err := o.registry.History(o.t.Context(), o.named(record))
	if err != nil {
		o.t.Fatal(err)
	}
	var out []string
	for _, c := range h.Changes {
		if c.AuthorName != "Ana Admin" || c.DeviceName != engine.OfficeName || c.Claimed == 0 || c.Received == 0 {
			o.t.Errorf("%s was written by %+v", c.Field, c.Maker)
		}
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s<%s %s %s", c.Field, c.Value, c.Before, c.Fate, c.Note.Reason)))
	}
	return strings.Join(out, "\n")
}

func TestAHistoryTellsHowEachFieldCameToHoldWhatItHolds(t *testing.T) {
	o := newOffice(t)
	blind := func(phone string) store.Change {
		edit := o.edit("households", "h", "phone", phone)
		edit.Base = map[string][]syncproto.Version{}
		return o.save(edit)[0]
	}
	o.save(o.edit("households", "h", "head_name", "Ana", "status", "idp", "area", o.named("ribnica")))
	o.save(o.edit("households", "h", "head_name", "Ana Anić"))
	first := blind("1")
	o.now = o.now.Add(1)
	second := blind("2")
	want := `phone "2"< shown
phone "1"< open
head_name "Ana Anić"<"Ana" shown
area "` + o.named("ribnica").String() + `"< shown
head_name "Ana"< replaced
status "idp"< shown`
	got := o.rows("h")
	if second.Version().Compare(first.Version()) < 0 {
		t.Fatal("the second is before the first")
	}
	if got != want {
		t.Errorf("the history is\n%s\nwant\n%s", got, want)
	}
	if _, err := o.engine.Settle(t.Context(), o.admin, o.named("h"), "phone", `"1"`, []syncproto.Version{second.Version(), first.Version()}, "asked her"); err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(o.rows("h"), "\nhead_name")
	if want := "phone \"1\"<\"2\" shown asked her\nphone \"2\"< replaced\nphone \"1\"< replaced"; head != want {
		t.Errorf("then it is\n%s\nwant\n%s", head, want)
	}
	h, err := o.registry.History(t.Context(), o.named("h"))
	if err != nil || h.Area != o.named("ribnica") || h.LeftOff != 0 {
		t.Errorf("it is of %s, %d left off, %v", h.Area, h.LeftOff, err)
	}
	if _, err := o.registry.History(t.Context(), o.named("nothing")); codeOf(err) != syncproto.CodeNotFound {
		t.Errorf("a history that there is not: %v", err)
	}
}

func TestALongHistoryKeepsTheLast(t *testing.T) {
	o := newOffice(t)
	o.save(o.household("h", "ribnica"))
	for i := range 1010 {
		o.save(o.edit("households", "h", "notes", fmt.Sprint(i)))
	}
	h, err := o.registry.History(t.Context(), o.named("h"))
	if err != nil || len(h.Changes) != 1000 || h.LeftOff != 13 || h.Changes[0].Value != `"1009"` || h.Changes[0].Before != `"1008"` || h.Changes[999].Value != `"10"` {
		t.Errorf("there are %d and %d left off, %v", len(h.Changes), h.LeftOff, err)
	}
}
