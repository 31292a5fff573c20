package indicators

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/server/internal/store"
)

// shared is a small programme with everything that figures are shared out by.
const shared = `
areas serbia: name=Serbia, level=country
areas raska: name=Raška district, level=district, parent=serbia
areas kraljevo: name=Kraljevo, level=municipality, parent=raska
areas village: name=Adrani, level=settlement, parent=kraljevo
areas nis: name=Niš, level=municipality, parent=serbia
areas ring-1: name=Ring one, level=district, parent=ring-2
areas ring-2: name=Ring two, level=district, parent=ring-1
projects one: code=G01, institution=Commissariat
projects two: code=G02, institution=Office
assistance_types stove: code=STOVE, category=furniture
households a: status=idp, area=village
households b: status=returnee, area=nis
households c: status=idp, area=ring-1
households a-again: status=refugee, area=nis, merged_into=a
households gone: status=idp, area=village, deleted=true
people ana: household=a, sex=female, born_on=1990-05-01
people bo: household=b, sex=male, birth_year=2010
people ana-again: household=a-again, sex=female, born_on=1990-05-01, merged_into=ana
people child: household=b, born_on=2018-12-31
people unborn: household=b, sex=male, born_on=2031-01-01
deliveries d1: household=a, person=ana, project=one, assistance_type=stove, quantity=2, delivered_at=2019-04-30
deliveries d2: household=a-again, person=ana-again, project=two, assistance_type=stove, quantity=0.5, delivered_at=2019-07-01
deliveries d3: household=b, person=bo, project=two, assistance_type=stove, quantity=1, delivered_at=2019-07-02
deliveries d4: household=c, project=one, assistance_type=stove, quantity=4, delivered_at=2020-01-01
deliveries d5: household=gone, project=one, assistance_type=stove, quantity=8, delivered_at=2020-01-01
deliveries d6: household=b, person=child, project=two, assistance_type=stove, quantity=16, delivered_at=2019-12-31
deliveries d7: household=b, person=unborn, project=two, assistance_type=stove, quantity=32, delivered_at=2019-12-31
`

func TestAFigureIsSharedOut(t *testing.T) {
	s := filled(t, shared,
		indicator(t, "STOVES", "stoves", `{"of":"deliveries","sum":"quantity"}`),
		indicator(t, "FAMILIES", "families", `{"of":"deliveries","distinct":"household"}`),
		indicator(t, "BANDS", "people", `{"of":"deliveries","distinct":"person","ages":[0,9,18]}`),
	)
	for _, c := range []struct{ code, by, want string }{
		{"STOVES", "", "63.5"},
		{"STOVES", "project", "63.5: G01 14, G02 49.5"},
		{"STOVES", "institution", "63.5: Commissariat 14, Office 49.5"},
		{"STOVES", "quarter", "63.5: 2019-Q2 2, 2019-Q3 1.5, 2019-Q4 48, 2020-Q1 12"},
		{"STOVES", "year", "63.5: 2019 51.5, 2020 12"},
		{"STOVES", "month", "63.5: 2019-04 2, 2019-07 1.5, 2019-12 48, 2020-01 12"},
		{"STOVES", "sex", "63.5: female 2.5, male 33, not known 28"},
		{"STOVES", "age", "63.5: 0-4 16, 18-59 2.5, 5-11 1, not known 44"},
		{"STOVES", "status", "63.5: idp 6.5, not known 8, returnee 49"},
		{"STOVES", "municipality", "63.5: Kraljevo 10, Niš 49.5, not known 4"},
		{"STOVES", "area", "63.5: Adrani 10, Niš 49.5, Ring one 4"},
		{"STOVES", "assistance_type.code", "63.5: STOVE 63.5"},
		{"STOVES", "year sex", "63.5: 2019/female 2.5, 2019/male 33, 2019/not known 16, 2020/not known 12"},
		{"FAMILIES", "project", "3: G01 2, G02 1"},
		{"FAMILIES", "status", "3: idp 2, returnee 1"},
		{"FAMILIES", "quarter", "3: 2019-Q2 1, 2019-Q3 1, 2020-Q1 1"},
		{"BANDS", "age", "4: 0-8 1, 18+ 1, 9-17 1, not known 1"},
	} {
		figures, err := Count(t.Context(), s, Query{Codes: []string{c.code}, By: strings.Fields(c.by)})
		if err != nil {
			t.Fatal(err)
		}
		if got := written(figures[0]); got != c.want {
			t.Errorf("%s by %s is %s, want %s", c.code, c.by, got, c.want)
		}
	}
}

// A reference is a UUID like any other, and may lead to a record of another collection. It leads nowhere then.
func TestAReferenceIntoAnotherCollectionLeadsNowhere(t *testing.T) {
	s := filled(t, `
areas north: name=North, level=district
areas lost: name=Lost, level=settlement, parent=households/a
projects one: code=G01
households a: status=idp, area=north
households b: status=idp, area=north, merged_into=areas/north
households c: status=idp, area=lost
households d: status=idp, area=households/a
people p: household=deliveries/d1, sex=female
entitlements e: household=a
deliveries d1: household=a, assistance_type=areas/north, quantity=1, delivered_at=2019-01-01
deliveries d2: household=b, person=households/a, quantity=2, delivered_at=2019-01-01
deliveries d3: household=areas/north, project=households/a, quantity=4, delivered_at=2019-01-01
deliveries d4: household=entitlements/e, entitlement=e, quantity=8, delivered_at=2019-01-01
deliveries d5: household=c, quantity=16, delivered_at=2019-01-01
deliveries d6: person=p, quantity=32, delivered_at=2019-01-01
deliveries d7: household=d, quantity=64, delivered_at=2019-01-01
`,
		indicator(t, "FAMILIES", "families", `{"of":"deliveries","distinct":"household"}`),
		indicator(t, "GRANTED", "granted", `{"of":"deliveries","sum":"quantity","where":{"entitlement.quantity":null}}`),
		indicator(t, "TYPES", "other than housing", `{"of":"deliveries","sum":"quantity","where":{"assistance_type.category":{"not":"housing"}}}`),
	)
	for by, want := range map[string]string{
		"assistance_type.category": "4: not known 4; 127: not known 127; 127: not known 127",
		"status":                   "4: idp 4; 127: idp 83, not known 44; 127: idp 83, not known 44",
		"project":                  "4: not known 4; 127: not known 127; 127: not known 127",
		"sex":                      "4: not known 4; 127: female 32, not known 95; 127: female 32, not known 95",
		"district":                 "4: North 2, not known 2; 127: North 3, not known 124; 127: North 3, not known 124",
	} {
		if got := listed(t, s, Query{By: []string{by}}); got != want {
			t.Errorf("by %s it is %s, want %s", by, got, want)
		}
	}
}

// An answer may be anything, and a clock may say anything: what is no day with four digits of the year tells no date.
func TestWhatIsNoDayIsNoDate(t *testing.T) {
	s := filled(t, `
visits v1: visited_at=2019-05-01, answers={"moved":"2020-02-29"}
visits v2: visited_at=2019-05-01, answers={"moved":"soon"}
visits v3: visited_at=2019-05-01, answers={"moved":"x"}
visits v4: visited_at=2019-05-01, answers={"moved":"2021-02-29"}
visits v5: visited_at=2019-05-01, answers={"moved":20200101}
visits v6: visited_at=2019-05-01, answers={"moved":"2020-1-1"}
`, indicator(t, "M", "moved", `{"of":"visits","on":["answers.moved"]}`),
		indicator(t, "L", "visited or moved", `{"of":"visits","on":["visited_at","answers.moved"]}`))
	for by, want := range map[string]string{
		"year":    "6: 2019 5, 2020 1; 1: 2020 1",
		"month":   "6: 2019-05 5, 2020-02 1; 1: 2020-02 1",
		"quarter": "6: 2019-Q2 5, 2020-Q1 1; 1: 2020-Q1 1",
	} {
		if got := listed(t, s, Query{By: []string{by}}); got != want {
			t.Errorf("by %s it is %s, want %s", by, got, want)
		}
	}
}

// listed counts all figures and writes them in one line.
func listed(t *testing.T, s *store.Store, q Query) string {
	t.Helper()
	figures, err := Count(t.Context(), s, q)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range figures {
		out = append(out, written(f))
	}
	return strings.Join(out, "; ")
}

func TestAMomentBehindTheYear9999IsNoDate(t *testing.T) {
	far := recordOf(t, "deliveries far: quantity=1, delivered_at=2019-05-01", 1)
	far.State["delivered_at"].Heads[0].Value = "253402300800000" // the first one
	s := filled(t, "deliveries d: quantity=2, delivered_at=2019-05-01", far, indicator(t, "D", "delivered", `{"of":"deliveries","sum":"quantity"}`))
	if got := listed(t, s, Query{Until: "2020-04-30"}); got != "2" {
		t.Errorf("it is %s, want 2", got)
	}
}

// An answer may be any number that JSON can write. What no field could hold adds nothing, and takes no time.
func TestANumberWithoutMeasureIsNotSummed(t *testing.T) {
	s := filled(t, `
visits v1: visited_at=2019-05-01, answers={"rooms":2.50}
visits v2: visited_at=2019-05-01, answers={"rooms":1e2}
visits v3: visited_at=2019-05-01, answers={"rooms":1e400}
visits v4: visited_at=2019-05-01, answers={"rooms":1e-1000000}
visits v5: visited_at=2019-05-01, answers={"rooms":-1e300}
visits v6: visited_at=2019-05-01, answers={"rooms":1000000000000000}
visits v7: visited_at=2019-05-01, answers={"rooms":-999999999999999}
visits v8: visited_at=2019-05-01, answers={"rooms":999999999999999}
visits v9: visited_at=2019-05-01, answers={"rooms":0.30000000000000004}
visits text: visited_at=2019-05-01, answers={"rooms":"7"}
visits long: visited_at=2019-05-01, answers={"rooms":7.`+strings.Repeat("0", 5000)+`1}
`, indicator(t, "R", "rooms", `{"of":"visits","sum":"answers.rooms"}`))
	if got := listed(t, s, Query{}); got != "102.8" {
		t.Errorf("it is %s, want 102.8", got)
	}
	if x, some := number("1e-1000000"); some {
		t.Errorf("a digit a million places behind the point is kept in %d bits", x.Denom().BitLen())
	}
}

// written writes a figure in one line.
func written(f Figure) string {
	if f.Fault != "" {
		return f.Fault
	}
	out := Reported(f.Value, false)
	var cells []string
	for _, c := range f.Cells {
		cells = append(cells, strings.Join(c.Labels, "/")+" "+Reported(c.Value, false))
	}
	if len(cells) > 0 {
		out += ": " + strings.Join(cells, ", ")
	}
	return out
}

func TestAFigureIsNarrowed(t *testing.T) {
	s := filled(t, shared,
		indicator(t, "STOVES", "stoves", `{"of":"deliveries","sum":"quantity"}`),
		indicator(t, "FAMILIES", "families", `{"of":"deliveries","distinct":"household"}`),
		indicator(t, "REGISTERED", "registered", `{"of":"households","distinct":"id","on":["displaced_on"]}`),
	)
	for _, c := range []struct {
		code string
		q    Query
		want string
	}{
		{"STOVES", Query{Project: "G02"}, "49.5"},
		{"STOVES", Query{Institution: "Commissariat"}, "14"},
		{"STOVES", Query{From: "2019-07-01", Until: "2019-07-01"}, "0.5"},
		{"STOVES", Query{From: "2019-07-02"}, "61"},
		{"STOVES", Query{Until: "2019-07-01"}, "2.5"},
		{"STOVES", Query{Area: named("areas", "raska")}, "10"},
		{"STOVES", Query{Area: named("areas", "village"), Project: "G01"}, "10"},
		{"STOVES", Query{Area: named("areas", "ring-2")}, "4"},
		{"STOVES", Query{Within: []uuid.UUID{named("areas", "raska"), named("areas", "ring-2")}}, "14"},
		{"STOVES", Query{Within: []uuid.UUID{named("areas", "ring-2")}, Area: named("areas", "ring-1")}, "4"},
		{"STOVES", Query{Within: []uuid.UUID{named("areas", "ring-2")}, Area: named("areas", "raska")}, "0"},
		{"STOVES", Query{Within: []uuid.UUID{named("areas", "village")}, Area: named("areas", "raska")}, "10"},
		{"STOVES", Query{Within: []uuid.UUID{}}, "0"},
		{"STOVES", Query{Only: []Share{{"sex", "female"}}}, "2.5"},
		{"STOVES", Query{Only: []Share{{"sex", "male"}, {"age", "5-11"}}}, "1"},
		{"STOVES", Query{Only: []Share{{"age", Unknown}}}, "44"},
		{"FAMILIES", Query{Only: []Share{{"status", "idp"}}}, "2"},
		{"FAMILIES", Query{Project: "G02"}, "2"},
		{"FAMILIES", Query{Only: []Share{{"height", "tall"}}}, `path "height": deliveries has no field "height"`},
		{"REGISTERED", Query{Project: "G02"}, "records of households say nothing of projects"},
	} {
		c.q.Codes = []string{c.code}
		figures, err := Count(t.Context(), s, c.q)
		if err != nil {
			t.Fatal(err)
		}
		if got := written(figures[0]); got != c.want {
			t.Errorf("%s of %+v is %s, want %s", c.code, c.q, got, c.want)
		}
	}
}

func TestSeveralQueriesAreAnsweredAsEachIsAlone(t *testing.T) {
	s := filled(t, shared, indicator(t, "STOVES", "stoves", `{"of":"deliveries","sum":"quantity"}`))
	queries := []Query{
		{By: []string{"sex"}},
		{By: []string{"project"}, Area: named("areas", "raska")},
		{Until: "2019-07-01"},
		{Own: `{"of":"deliveries","distinct":"household"}`, By: []string{"status"}},
	}
	together, err := CountEach(t.Context(), s, queries)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"63.5: female 2.5, male 33, not known 28", "10: G01 10", "2.5", "3: idp 2, returnee 1"} {
		alone, err := Count(t.Context(), s, queries[i])
		if err != nil {
			t.Fatal(err)
		}
		if got := written(together[i][0]); got != want || written(alone[0]) != want {
			t.Errorf("%+v is %s together and %s alone, want %s", queries[i], got, written(alone[0]), want)
		}
	}
	queries[1].KnownBy = "2020-01-01"
	if _, err := CountEach(t.Context(), s, queries); !errors.Is(err, ErrQuery) {
		t.Errorf("what is known by different days is counted together: %v", err)
	}
}

func TestADefinitionTellsWhatItIsSharedOutBy(t *testing.T) {
	for dimension, want := range map[string]bool{"month": true, "area": true, "project": true, "sex": false, "kind": true, "name": false} {
		if got := SharesBy(`{"of":"activities"}`, dimension); got != want {
			t.Errorf("activities are shared out by %s: %v, want %v", dimension, got, want)
		}
	}
	if SharesBy(`{"of":"nothing"}`, "month") {
		t.Error("a definition that is not understood is shared out")
	}
}

func TestADayBeginsInTheZoneOfTheReport(t *testing.T) {
	s := filled(t, shared, indicator(t, "STOVES", "stoves", `{"of":"deliveries","sum":"quantity"}`))
	zone := zoneOf(t, "Europe/Belgrade")
	for want, q := range map[string]Query{"2": {Until: "2019-04-30"}, "0": {Until: "2019-04-30", Zone: zone}} { // it was handed over in the last second of the day, UTC
		figures, err := Count(t.Context(), s, q)
		if err != nil || written(figures[0]) != want {
			t.Errorf("%+v: %s, %v, want %s", q, written(figures[0]), err, want)
		}
	}
}

func TestAQueryThatCannotBeAnsweredIsRefused(t *testing.T) {
	s := filled(t, shared, indicator(t, "STOVES", "stoves", `{"of":"deliveries"}`))
	for _, q := range []Query{
		{Until: "30.04.2020"},
		{From: "2020-13-01"},
		{KnownBy: "yesterday"},
		{From: "2020-01-02", Until: "2020-01-01"},
		{By: []string{"height"}},
		{By: []string{"sex", "height"}},
		{Project: "G99"},
		{Codes: []string{"STOVES", "OVENS"}},
	} {
		if figures, err := Count(t.Context(), s, q); err == nil || !strings.Contains(err.Error(), ErrQuery.Error()) {
			t.Errorf("%+v is answered with %v, %v", q, figures, err)
		}
	}
}

func TestAnIndicatorThatIsNotUnderstoodStandsBesideTheOthers(t *testing.T) {
	s := filled(t, shared,
		indicator(t, "A", "broken", `{"of":"nothing"}`),
		indicator(t, "B", "good", `{"of":"deliveries"}`),
	)
	figures, err := Count(t.Context(), s, Query{})
	if err != nil || len(figures) != 2 || figures[0].Fault == "" || figures[1].Value != 7 {
		t.Errorf("%+v, %v", figures, err)
	}
}

func TestTheOrderOfAdditionMakesNoDifference(t *testing.T) {
	var lines []string
	for i := range 300 {
		lines = append(lines, fmt.Sprintf("deliveries %d: household=a, quantity=%d.%d, delivered_at=2019-04-30", i, i*1_000_000_007, i%9+1))
	}
	want := ""
	for range 2 {
		figures, err := Count(t.Context(), filled(t, strings.Join(lines, "\n"), indicator(t, "S", "sum", `{"of":"deliveries","sum":"quantity"}`)), Query{})
		if err != nil {
			t.Fatal(err)
		}
		if got := written(figures[0]); want == "" {
			want = got
		} else if got != want {
			t.Errorf("the sum is %s, and from the other end %s", want, got)
		}
		slices.Reverse(lines)
	}
	if want != "44850000314099.1" {
		t.Errorf("the sum is %s", want)
	}
}

func TestTargetsAreThoseOfTheProjects(t *testing.T) {
	s := filled(t, shared+`
projects dropped: code=G03, deleted=true
targets t0: indicator=STOVES, project=dropped, value=1000
targets t0-unknown: indicator=STOVES, project=not-arrived, value=2000
targets t0-again: indicator=VISITS, project=dropped, value=1000
targets t1: indicator=STOVES, project=one, value=10, due_on=2019-12-31
targets t2: indicator=STOVES, project=one, value=20, due_on=2020-12-31
targets t3: indicator=STOVES, project=two, value=5.5
targets t4: indicator=STOVES, project=two, value=100, deleted=true
targets t5: indicator=FAMILIES, project=one, value=1
targets t6: indicator=FAMILIES, value=50
`,
		indicator(t, "STOVES", "stoves", `{"of":"deliveries","sum":"quantity"}`),
		indicator(t, "FAMILIES", "families", `{"of":"deliveries","distinct":"household"}`),
		indicator(t, "VISITS", "visits", `{"of":"visits"}`),
	)
	for _, c := range []struct {
		q    Query
		want string
	}{
		{Query{}, "FAMILIES 50, STOVES 25.5, VISITS none"},
		{Query{Project: "G01"}, "FAMILIES 1, STOVES 20, VISITS none"},
		{Query{Project: "G02"}, "FAMILIES none, STOVES 5.5, VISITS none"},
		{Query{Institution: "Office"}, "FAMILIES none, STOVES none, VISITS none"},
		{Query{From: "2019-01-01"}, "FAMILIES none, STOVES none, VISITS none"},
	} {
		figures, err := Count(t.Context(), s, c.q)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range figures {
			target := "none"
			if f.Target != nil {
				target = Reported(*f.Target, false)
			}
			got = append(got, f.Code+" "+target)
		}
		if list := strings.Join(got, ", "); list != c.want {
			t.Errorf("of %+v the targets are %s, want %s", c.q, list, c.want)
		}
	}
}
