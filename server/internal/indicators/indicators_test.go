package indicators

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // a machine may have none

	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/server/internal/store/storetest"
	"satchel/syncproto"
)

// dataSet is a programme on one page. A line is a record: its collection, its name, its fields. What
// does not count says why not; "ministry" is an institution that is not in the table.
const dataSet = `
projects crm: institution=Commissariat for Refugees and Migration
projects okm: institution=Office for Kosovo and Metohija
projects other: institution=Ministry

assistance_types prefab: code=PREFAB, category=housing, durable_housing=true
assistance_types material: code=MATERIAL, category=housing, durable_housing=true
assistance_types village: code=VILLAGE, category=housing, durable_housing=true
assistance_types repair: code=REPAIR, category=housing, durable_housing=false
assistance_types income: code=INCOME, category=income
assistance_types business: code=BUSINESS, category=income
assistance_types machinery: code=MACHINERY, category=income
assistance_types bus: code=TRANSPORT, category=transport
assistance_types fridge: code=FURNITURE, category=furniture

households a: status=idp
households b: status=idp
households c: status=idp
households a-again: status=idp, merged_into=a
households a-third: status=idp, merged_into=a-again
households twin-1: status=idp, merged_into=twin-2
households twin-2: status=idp, merged_into=twin-1
households gone: status=idp, deleted=true

deliveries prefab-1: household=a, project=crm, assistance_type=prefab, quantity=2, delivered_at=2019-05-01
deliveries prefab-last-minute: household=a, project=crm, assistance_type=prefab, quantity=1, delivered_at=2020-04-30
deliveries prefab-after: household=b, project=crm, assistance_type=prefab, quantity=10, delivered_at=2020-05-01
deliveries prefab-cancelled: household=b, project=crm, assistance_type=prefab, quantity=10, delivered_at=2019-05-01, cancelled_why=the house went to another family
deliveries prefab-reinstated: household=b, project=crm, assistance_type=prefab, quantity=1, delivered_at=2019-05-01, cancelled_why=
deliveries prefab-of-ministry: household=b, project=other, assistance_type=prefab, quantity=10, delivered_at=2019-05-01
deliveries prefab-of-office: household=b, project=okm, assistance_type=prefab, quantity=10, delivered_at=2019-05-01

deliveries material-1: household=a-again, project=crm, assistance_type=material, quantity=1.5, delivered_at=2019-05-01
deliveries material-2: household=a-third, project=crm, assistance_type=material, quantity=3.5, delivered_at=2019-05-01
deliveries village-1: household=twin-1, project=crm, assistance_type=village, quantity=1, delivered_at=2019-05-01
deliveries village-2: household=twin-2, project=crm, assistance_type=village, quantity=2, delivered_at=2019-05-01
deliveries village-of-gone: household=gone, project=crm, assistance_type=village, quantity=4, delivered_at=2019-05-01
deliveries repair-1: household=c, project=crm, assistance_type=repair, quantity=1, delivered_at=2019-05-01
deliveries income-1: household=a, project=crm, assistance_type=income, quantity=8, delivered_at=2019-05-01
deliveries business-1: household=a, project=okm, assistance_type=business, quantity=9, delivered_at=2019-05-01
deliveries machinery-1: household=a, project=okm, assistance_type=machinery, quantity=11, delivered_at=2019-05-01

people p:
people q:
people p-again: merged_into=p
people nobody: deleted=true
livelihoods p-1: person=p, project=crm, started_on=2019-06-01
livelihoods p-2: person=p-again, project=crm, started_on=2020-01-01
livelihoods q-planned: person=q, project=crm
livelihoods q-after: person=q, project=crm, started_on=2020-05-01
livelihoods q-with-ministry: person=q, project=other, started_on=2019-06-01
livelihoods nobody-1: person=nobody, project=crm, started_on=2019-06-01

activities course: project=crm, kind=training, starts_on=2019-06-01, ends_on=2020-04-30
activities course-after: project=crm, kind=training, starts_on=2020-04-01, ends_on=2020-05-01
activities course-of-office: project=okm, kind=training, starts_on=2019-06-01
activities course-undated: project=crm, kind=training
activities course-deleted: project=crm, kind=training, starts_on=2019-06-01, deleted=true
people r:
people s:
people t:
participations p-course: activity=course, person=p, attended=true, completed=true
participations p-again-course: activity=course, person=p-again, attended=true, completed=true
participations q-course: activity=course, person=q, attended=true, completed=true
participations r-dropped-out: activity=course, person=r, attended=true, completed=false
participations r-after: activity=course-after, person=r, attended=true, completed=true
participations r-undated: activity=course-undated, person=r, attended=true, completed=true
participations r-deleted: activity=course-deleted, person=r, attended=true, completed=true
participations nobody-course: activity=course, person=nobody, attended=true, completed=true
participations p-office: activity=course-of-office, person=p, completed=true
participations q-office: activity=course-of-office, person=q, completed=true
participations r-office: activity=course-of-office, person=r, completed=true
participations s-office: activity=course-of-office, person=s

activities look: project=okm, kind=go_and_see_visit, starts_on=2019-06-01
activities look-twice: project=okm, kind=go_and_see_visit, starts_on=2019-07-01
participations p-look: activity=look, person=p, attended=true
participations p-look-twice: activity=look-twice, person=p, attended=true
participations q-look: activity=look, person=q, attended=true
participations r-look: activity=look, person=r, attended=true
participations s-look: activity=look-twice, person=s, attended=true
participations t-stayed-away: activity=look, person=t, attended=false

activities radio: project=crm, kind=outreach_campaign, starts_on=2019-06-01, estimated_reach=1400
activities leaflets: project=crm, kind=outreach_campaign, starts_on=2019-07-01, estimated_reach=1599
activities leaflets-after: project=crm, kind=outreach_campaign, starts_on=2020-05-01, estimated_reach=5000
activities television: project=okm, kind=outreach_campaign, starts_on=2019-06-01, estimated_reach=41999
activities fair: project=okm, kind=public_event, starts_on=2019-06-01, estimated_reach=1000
activities fair-of-ministry: project=other, kind=public_event, starts_on=2019-06-01, estimated_reach=5000
activities plan-1: project=crm, kind=local_action_plan, ends_on=2019-06-01
activities plan-2: project=crm, kind=local_action_plan, ends_on=2019-06-02
activities plan-after: project=crm, kind=local_action_plan, ends_on=2020-06-02

households back: status=returnee, returned_on=2019-08-01
households back-again: status=idp, merged_into=back
households back-after: status=returnee, returned_on=2020-05-02
households still-here: status=idp
households back-alone: status=returnee, returned_on=2019-08-01
deliveries back-bus: household=back-again, project=okm, assistance_type=bus, quantity=1, delivered_at=2019-08-01
deliveries back-bus-twice: household=back, project=okm, assistance_type=bus, quantity=1, delivered_at=2019-08-02
deliveries back-after-bus: household=back-after, project=okm, assistance_type=bus, quantity=1, delivered_at=2020-04-02
deliveries still-here-bus: household=still-here, project=okm, assistance_type=bus, quantity=1, delivered_at=2019-08-01
deliveries back-alone-fridge: household=back-alone, project=okm, assistance_type=fridge, quantity=2, delivered_at=2019-08-01
deliveries back-fridge: household=back, project=okm, assistance_type=fridge, quantity=1, delivered_at=2019-08-01
`

func TestEachIndicatorCountsWhatItsDefinitionSays(t *testing.T) {
	want := map[string]string{
		"prefabricated houses delivered":                     "4",
		"building material packages provided":                "5",
		"village houses provided":                            "7",
		"families with a durable housing solution":           "3",
		"income-generation grants distributed":               "8",
		"people who started their own business":              "1",
		"people trained (VET, agriculture, safety at work)":  "2",
		"people reached by outreach (estimate)":              "2,000+",
		"local action plans supported":                       "2",
		"families enabled to return":                         "1",
		"grants for own business or agriculture":             "9",
		"participants of go-and-see visits":                  "4",
		"families supported with return transport":           "3",
		"families with furniture and white-goods packages":   "2",
		"event participants (estimate)":                      "1,000+",
		"people reached by information campaigns (estimate)": "41,000+",
		"people trained (VET, IT, bus and truck driving)":    "3",
		"income-generation grants (machinery, equipment)":    "11",
	}
	figures := table(t, dataSet, Query{Until: "2020-04-30"})
	if len(figures) != len(want) {
		t.Errorf("the table has %d figures, want %d", len(figures), len(want))
	}
	for _, f := range figures {
		if got := f.Reported(); got != want[f.Title] {
			t.Errorf("%s: %s, want %s (%s)", f.Title, got, want[f.Title], f.Definition)
		}
	}
}

func TestAnEmptyDatabaseHasZeroOfEverything(t *testing.T) {
	for _, f := range table(t, "", Query{}) {
		if f.Value != 0 || f.Fault != "" {
			t.Errorf("%s: %v, %s", f.Title, f.Value, f.Fault)
		}
	}
}

func TestAFigureIsReportedAsThePublishedOnesAre(t *testing.T) {
	for _, c := range []struct {
		value    float64
		estimate bool
		want     string
	}{
		{0, false, "0"},
		{184, false, "184"},
		{12_040, false, "12,040"},
		{1.5, false, "1.5"},
		{0, true, "0"},
		{99, true, "99"},
		{999, true, "900+"},
		{12_999, true, "12,000+"},
		{1_000_000, true, "1,000,000+"},
	} {
		if got := Reported(c.value, c.estimate); got != c.want {
			t.Errorf("%v is reported as %s, want %s", c.value, got, c.want)
		}
	}
}

// reference gives the indicators of the reference programme as records.
func reference(t testing.TB) []store.Record {
	t.Helper()
	text, err := os.ReadFile("../../../internal/demo/indicators.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []struct {
		Code, Title string
		Definition  json.RawMessage
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	var out []store.Record
	for _, i := range list {
		out = append(out, indicator(t, i.Code, i.Title, string(i.Definition)))
	}
	return out
}

// indicator gives the record of an indicator.
func indicator(t testing.TB, code, title, definition string) store.Record {
	t.Helper()
	value, err := syncproto.Canonical([]byte(definition))
	if err != nil {
		t.Fatal(err)
	}
	r := store.Record{ID: named("indicators", code), Collection: "indicators", State: syncproto.State{}}
	for field, v := range map[string]syncproto.Value{"code": quoted(code), "title": quoted(title), "definition": value} {
		r.State[field] = syncproto.Register{Heads: []syncproto.Head{{Value: v}}}
	}
	return r
}

// table puts records and the reference programme's indicators into a new database and counts its figures there.
func table(t *testing.T, lines string, q Query) []Figure {
	t.Helper()
	figures, err := Count(t.Context(), filled(t, lines, reference(t)...), q)
	if err != nil {
		t.Fatal(err)
	}
	return figures
}

// filled gives a new database with records.
func filled(t *testing.T, lines string, records ...store.Record) *store.Store {
	t.Helper()
	s := storetest.Open(t)
	for line := range strings.Lines(lines) {
		if strings.TrimSpace(line) != "" {
			records = append(records, recordOf(t, line, int64(len(records)+1)))
		}
	}
	if err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.PutRecords(t.Context(), records) }); err != nil {
		t.Fatal(err)
	}
	return s
}

// recordOf reads a line of a data set.
func recordOf(t testing.TB, line string, seq int64) store.Record {
	t.Helper()
	head, fields, _ := strings.Cut(strings.TrimSpace(line), ":")
	name, id, _ := strings.Cut(head, " ")
	collection, ok := syncproto.CollectionOf(name)
	if !ok {
		t.Fatalf("there is no collection %q", name)
	}
	r := store.Record{ID: named(name, id), Collection: name, Seq: seq, Entered: seq, State: syncproto.State{}}
	for pair := range strings.SplitSeq(fields, ",") {
		field, text, some := strings.Cut(strings.TrimSpace(pair), "=")
		if !some {
			continue
		}
		declared, ok := collection.Field(field)
		if !ok {
			t.Fatalf("%s has no field %q", name, field)
		}
		value := valueOf(t, declared, text)
		r.State[field] = syncproto.Register{Heads: []syncproto.Head{{Version: syncproto.Version{N: seq}, Time: seq, Value: value}}}
		r.Deleted = r.Deleted || field == syncproto.FieldDeleted && value == syncproto.True
	}
	return r
}

// named gives the id of the record of that name.
func named(collection, name string) uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte(collection+"/"+name))
}

// valueOf gives the value of a field as it stands in a line: a reference by name, with its collection ("areas/north") if it
// is not the one that the field refers to; a moment by its day, of which it is the last second.
func valueOf(t testing.TB, f syncproto.Field, text string) syncproto.Value {
	t.Helper()
	switch f.Type {
	case syncproto.Boolean, syncproto.Decimal, syncproto.Integer:
		return syncproto.Value(text)
	case syncproto.Timestamp:
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return syncproto.Value(strconv.FormatInt(day.Add(24*time.Hour-time.Second).UnixMilli(), 10))
	case syncproto.Object:
		return syncproto.Value(text)
	case syncproto.Reference:
		refers, name, other := strings.Cut(text, "/")
		if !other {
			refers, name = f.Refers, text
		}
		text = named(refers, name).String()
	}
	value, err := syncproto.ValueOf(text)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// zoneOf gives a time zone.
func zoneOf(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}
