package indicators

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/store"
	"satchel/server/internal/store/storetest"
	"satchel/syncproto"
)

// An office is a store with an engine, in which days pass.
type office struct {
	t      *testing.T
	store  *store.Store
	engine *engine.Engine
	now    time.Time
	author uuid.UUID
}

func newOffice(t *testing.T, lines string) *office {
	t.Helper()
	o := &office{t: t, store: storetest.Open(t), now: time.Date(2020, 3, 1, 9, 0, 0, 0, time.UTC), author: uuid.New()}
	err := o.store.Write(t.Context(), func(tx *store.Tx) error {
		return tx.AddUser(t.Context(), store.User{ID: o.author, Login: "ana", Name: "Ana", Role: "administrator", Active: true})
	})
	if err != nil {
		t.Fatal(err)
	}
	if o.engine, err = engine.New(t.Context(), o.store, func() time.Time { return o.now }, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.engine.Close() })
	o.save(lines)
	return o
}

// save saves what lines say, each a record or an edit of one; see [recordOf].
func (o *office) save(lines string) {
	o.t.Helper()
	for line := range strings.Lines(lines) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		r := recordOf(o.t, line, 1)
		edit := engine.OfficeEdit{Collection: r.Collection, Record: r.ID, Fields: map[string]syncproto.Value{}}
		for field := range r.State {
			edit.Fields[field] = r.Value(field)
		}
		if _, err := o.engine.Save(o.t.Context(), o.author, []engine.OfficeEdit{edit}); err != nil {
			o.t.Fatalf("%s: %v", line, err)
		}
	}
}

// define saves an indicator.
func (o *office) define(code, definition string) {
	o.t.Helper()
	r := indicator(o.t, code, "number of "+code, definition)
	edit := engine.OfficeEdit{Collection: r.Collection, Record: r.ID, Fields: map[string]syncproto.Value{}}
	for field := range r.State {
		edit.Fields[field] = r.Value(field)
	}
	if _, err := o.engine.Save(o.t.Context(), o.author, []engine.OfficeEdit{edit}); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) figures(q Query) string {
	o.t.Helper()
	figures, err := Count(o.t.Context(), o.store, q)
	if err != nil {
		o.t.Fatal(err)
	}
	var out []string
	for _, f := range figures {
		out = append(out, f.Code+" "+written(f))
	}
	return strings.Join(out, "; ")
}

// programme is what the histories below begin with.
const programme = `
areas north: name=North, level=district
areas south: name=South, level=district
projects one: code=G01, title=One, institution=Commissariat
projects two: code=G02, title=Two, institution=Office
assistance_types house: code=HOUSE, name=House, category=housing
assistance_types stove: code=STOVE, name=Stove, category=furniture
households a: head_name=A, status=idp, area=north
households b: head_name=B, status=idp, area=south
`

func (o *office) defineAll() {
	o.define("D", `{"of":"deliveries","sum":"quantity","where":{"assistance_type.category":"housing"}}`)
	o.define("F", `{"of":"deliveries","distinct":"household"}`)
	o.define("R", `{"of":"households","distinct":"id","where":{"status":"returnee"},"on":["returned_on"]}`)
}

func TestAFigureAsKnownOnADayStaysTheSame(t *testing.T) {
	o := newOffice(t, programme)
	o.defineAll()
	o.save("deliveries early: household=a, project=one, assistance_type=house, quantity=1, delivered_at=2020-03-01")
	o.now = time.Date(2020, 6, 15, 9, 0, 0, 0, time.UTC)
	o.save("deliveries late: household=b, project=one, assistance_type=house, quantity=1, delivered_at=2020-03-10")
	asOf := Query{Until: "2020-04-30"}
	if got, want := o.figures(asOf), "D 2; F 2; R 0"; got != want {
		t.Errorf("in June it is %s, want %s", got, want)
	}
	asOf.KnownBy = "2020-05-01"
	if got, want := o.figures(asOf), "D 1; F 1; R 0"; got != want {
		t.Errorf("as known by the first of May it is %s, want %s", got, want)
	}
	if got, want := o.restated(Query{Until: "2020-04-30"}, "2020-05-01"), `D 1 -> 2: late 0 -> 1 by deliveries late; F 1 -> 2: late 0 -> 1 by deliveries late`; got != want {
		t.Errorf("restated is %s, want %s", got, want)
	}
}

// restated writes restatements in one line.
func (o *office) restated(q Query, since string) string {
	o.t.Helper()
	list, err := Restatements(o.t.Context(), o.store, q, since)
	if err != nil {
		o.t.Fatal(err)
	}
	names := map[uuid.UUID]string{}
	for collection, all := range map[string]string{
		"households": "a b c", "deliveries": "early late third", "areas": "north south commune village other", "projects": "one two three", "assistance_types": "house stove", "indicators": "D F R",
	} {
		for name := range strings.FieldsSeq(all) {
			names[named(collection, name)] = name
		}
	}
	var out []string
	for _, r := range list {
		text := fmt.Sprintf("%s %v -> %v", r.Code, r.Before, r.After)
		if r.Redefined {
			text += " redefined"
		}
		for i, d := range r.Differences {
			text += map[bool]string{true: ": ", false: ", "}[i == 0] + fmt.Sprintf("%s %v -> %v", names[d.Record], d.Before, d.After)
			for j, c := range d.Causes {
				text += map[bool]string{true: " by ", false: " and "}[j == 0] + c.Collection + " " + names[c.Record]
				if c.AuthorName != "Ana" || c.Received <= 0 {
					o.t.Errorf("cause %+v does not say who made it and when it came", c)
				}
			}
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

func TestARestatementNamesWhatItRestsOn(t *testing.T) {
	for name, c := range map[string]struct{ first, then, want string }{
		"nothing that counts":        {"", "households b: notes=quiet", ""},
		"a cancellation":             {"", "deliveries early: cancelled_why=it burnt down", "D 3 -> 0: early 3 -> 0 by deliveries early; F 2 -> 1: early 1 -> 0 by deliveries early"},
		"a correction":               {"", "deliveries early: quantity=2", "D 3 -> 2: early 3 -> 2 by deliveries early"},
		"another day":                {"", "deliveries early: delivered_at=2020-05-01", "D 3 -> 0: early 3 -> 0 by deliveries early; F 2 -> 1: early 1 -> 0 by deliveries early"},
		"another type":               {"", "assistance_types house: category=other", "D 3 -> 0: early 3 -> 0 by assistance_types house"},
		"a merger":                   {"", "households b: merged_into=a", "F 2 -> 1: third 1 -> 0 by households b"},
		"a chain of mergers":         {"", "households b: merged_into=c\nhouseholds c: merged_into=a", "F 2 -> 1: third 1 -> 0 by households b"},
		"a deleted family":           {"", "households b: deleted=true", "F 2 -> 1: third 1 -> 0 by households b"},
		"a family that returned":     {"", "households a: status=returnee, returned_on=2020-03-02", "R 0 -> 1: a 0 -> 1 by households a"},
		"another of the same family": {"", "deliveries late: household=a, project=one, assistance_type=stove, quantity=1, delivered_at=2020-03-02", ""},
		"what makes up for one another": {
			"",
			"deliveries early: quantity=1\ndeliveries late: household=a, project=one, assistance_type=house, quantity=2, delivered_at=2020-03-02",
			"D 3 -> 3: early 3 -> 1 by deliveries early, late 0 -> 2 by deliveries late",
		},
		"a chain that was cut": {"households b: merged_into=c\nhouseholds c: merged_into=a", "households c: merged_into=", "F 1 -> 2: third 0 -> 1 by households c"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, programme+`
households c: head_name=C, status=idp, area=south
deliveries early: household=a, project=one, assistance_type=house, quantity=3, delivered_at=2020-03-01
deliveries third: household=b, project=one, assistance_type=stove, quantity=1, delivered_at=2020-03-01
`)
			o.defineAll()
			o.save(c.first)
			before := o.figures(Query{Until: "2020-04-30"})
			o.now = time.Date(2020, 3, 2, 0, 0, 0, 0, time.UTC) // the day has just begun
			o.save(c.then)
			if got := o.restated(Query{Until: "2020-04-30"}, "2020-03-01"); !sameCauses(got, c.want) {
				t.Errorf("restated is %q, want %q", got, c.want)
			}
			if got := o.figures(Query{Until: "2020-04-30", KnownBy: "2020-03-01"}); got != before {
				t.Errorf("as known before it is %s, and it was %s", got, before)
			}
		})
	}
}

// What is told of an area changes with its records, with where their households are, and with what the area is part of.
func TestARestatementOfAnAreaNamesWhatMoved(t *testing.T) {
	for name, c := range map[string]struct{ then, want string }{
		"a household": {"households a: area=south", "D 3 -> 0: early 3 -> 0 by households a; F 1 -> 0: early 1 -> 0 by households a; R 1 -> 0: a 1 -> 0 by households a"},
		"an area":     {"areas village: parent=south", "D 3 -> 0: early 3 -> 0 by areas village; F 1 -> 0: early 1 -> 0 by areas village; R 1 -> 0: a 1 -> 0 by areas village"},
		"what an area is part of": {
			"areas commune: parent=south",
			"D 3 -> 0: early 3 -> 0 by areas commune; F 1 -> 0: early 1 -> 0 by areas commune; R 1 -> 0: a 1 -> 0 by areas commune",
		},
		"an area into it": {
			"areas other: parent=commune",
			"D 3 -> 10: late 0 -> 7 by areas other; F 1 -> 2: late 0 -> 1 by areas other",
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, programme+`
areas commune: name=Commune, level=municipality, parent=north
areas village: name=Village, level=settlement, parent=commune
areas other: name=Other, level=settlement, parent=south
households a: head_name=A, status=returnee, area=village, returned_on=2020-03-01
households b: head_name=B, status=idp, area=other
deliveries early: household=a, project=one, assistance_type=house, quantity=3, delivered_at=2020-03-01
deliveries late: household=b, project=one, assistance_type=house, quantity=7, delivered_at=2020-03-01
`)
			o.defineAll()
			o.now = o.now.AddDate(0, 0, 1)
			o.save(c.then)
			if got := o.restated(Query{Area: named("areas", "north")}, "2020-03-01"); !sameCauses(got, c.want) {
				t.Errorf("restated is %q, want %q", got, c.want)
			}
		})
	}
}

// sameCauses compares what is restated, in whatever order two causes stand.
func sameCauses(got, want string) bool {
	sorted := func(text string) []string {
		words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' })
		slices.Sort(words)
		return words
	}
	return slices.Equal(sorted(got), sorted(want))
}

func TestAChangedDefinitionIsARestatement(t *testing.T) {
	o := newOffice(t, programme+"deliveries early: household=a, project=one, assistance_type=house, quantity=3, delivered_at=2020-03-01")
	o.define("D", `{"of":"deliveries","sum":"quantity"}`)
	o.now = o.now.AddDate(0, 0, 1)
	o.define("D", `{"of":"deliveries"}`)
	o.define("F", `{"of":"deliveries","distinct":"household"}`)
	if got, want := o.restated(Query{}, "2020-03-01"), "D 3 -> 1 redefined; F 0 -> 1 redefined: early 0 -> 1"; got != want {
		t.Errorf("restated is %s, want %s", got, want)
	}
	if got, want := o.figures(Query{KnownBy: "2020-03-01"}), "D 3"; got != want {
		t.Errorf("as known before it is %s, want %s", got, want)
	}
}

func TestAFigureThatCannotBeCountedIsNotRestatedAsZero(t *testing.T) {
	o := newOffice(t, programme+"deliveries early: household=a, project=one, assistance_type=house, quantity=3, delivered_at=2020-03-01")
	o.define("D", `{"of":"deliveries","sum":"quantity"}`)
	o.define("F", `{"of":"houses"}`)
	o.define("R", `{"of":"flats"}`)
	o.now = o.now.AddDate(0, 0, 1)
	o.define("D", `{"of":"houses"}`)
	o.define("F", `{"of":"deliveries","distinct":"household"}`)
	list, err := Restatements(t.Context(), o.store, Query{}, "2020-03-01")
	if err != nil || len(list) != 3 {
		t.Fatalf("%+v, %v", list, err)
	}
	for i, c := range []struct {
		before, after           float64
		faultBefore, faultAfter bool
	}{{3, 0, false, true}, {0, 1, true, false}, {0, 0, true, true}} {
		r := list[i]
		if r.Before != c.before || r.After != c.after || (r.FaultBefore != "") != c.faultBefore || (r.Fault != "") != c.faultAfter || len(r.Differences) > 0 {
			t.Errorf("restated is %+v, want %+v", r, c)
		}
	}
}

// What is asked for by name has to be there now; it need not have been there before.
func TestWhatIsNewIsARestatement(t *testing.T) {
	o := newOffice(t, programme+"deliveries early: household=a, project=one, assistance_type=house, quantity=3, delivered_at=2020-03-01")
	o.now = o.now.AddDate(0, 0, 1)
	o.define("D", `{"of":"deliveries","sum":"quantity"}`)
	o.save(`
projects three: code=G03, title=Three, institution=Office
deliveries late: household=a, project=three, assistance_type=house, quantity=2, delivered_at=2020-03-01`)
	for want, q := range map[string]Query{
		"D 0 -> 5 redefined: late 0 -> 2 by deliveries late":                     {Codes: []string{"D"}},
		"D 0 -> 2 redefined: late 0 -> 2 by deliveries late and projects three":  {Project: "G03"},
		"D 0 -> 2 redefined: late 0 -> 2 by deliveries late and projects three ": {Project: "G03", Codes: []string{"D"}},
	} {
		if got := o.restated(q, "2020-03-01"); !sameCauses(got, want) {
			t.Errorf("of %+v restated is %q, want %q", q, got, want)
		}
	}
	for _, q := range []Query{{Codes: []string{"E"}}, {Project: "G04"}} {
		if list, err := Restatements(t.Context(), o.store, q, "2020-03-01"); !errors.Is(err, ErrQuery) {
			t.Errorf("%+v is answered with %+v, %v", q, list, err)
		}
	}
}

// TestWhatWasReportedCanBeReportedAgain has people edit everything at random for weeks, reports each evening, and compares
// with what is said of that evening at the end.
func TestWhatWasReportedCanBeReportedAgain(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 2))
	o := newOffice(t, programme)
	o.defineAll()
	said := map[string][]Figure{}
	for range 25 {
		for range 1 + rng.IntN(8) {
			o.save(anything(rng))
		}
		if rng.IntN(8) == 0 {
			o.define("D", fmt.Sprintf(`{"of":"deliveries","sum":"quantity","where":{"quantity":{"from":%d}}}`, rng.IntN(3)))
		}
		said[o.now.Format(time.DateOnly)] = o.count(Query{By: []string{"project", "district", "status"}})
		o.now = o.now.AddDate(0, 0, 1+rng.IntN(2))
	}
	for day, want := range said {
		if got := o.count(Query{By: []string{"project", "district", "status"}, KnownBy: day}); !reflect.DeepEqual(got, want) {
			t.Errorf("as known on %s\n%+v\nand on the evening\n%+v", day, got, want)
		}
	}
	o.explains(said)
}

// TestAChangeThatCameBeforeItsBase has a restored server take in a change whose base it lost, and the base after it: what
// the base says was replaced before it came.
func TestAChangeThatCameBeforeItsBase(t *testing.T) {
	s := filled(t, "deliveries d: quantity=5", indicator(t, "D", "sum", `{"of":"deliveries","sum":"quantity"}`))
	lost, later := syncproto.Version{Device: uuid.New(), N: 1}, syncproto.Version{Device: uuid.New(), N: 1}
	change := func(v syncproto.Version, seq, time int64, quantity string, base ...syncproto.Version) store.Change {
		return store.Change{Device: v.Device, Seq: seq, Time: time, Status: syncproto.Applied, Change: syncproto.Change{
			N: v.N, Collection: "deliveries", Record: named("deliveries", "d"), Base: map[string][]syncproto.Version{"quantity": base},
			Fields: map[string]syncproto.Value{"quantity": syncproto.Value(quantity), "delivered_at": "1"},
		}}
	}
	err := s.Write(t.Context(), func(tx *store.Tx) error {
		return tx.AddChanges(t.Context(), []store.Change{change(later, 1, 10, "2", lost), change(lost, 2, 20, "1")})
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Read(t.Context(), func(tx *store.Tx) error {
		w := &world{tx: tx, at: 2, zone: time.UTC, needs: needs{"deliveries": {"quantity"}}}
		return w.rebuild(t.Context(), "deliveries", []uuid.UUID{named("deliveries", "d")}, func(r record) error {
			if r.values[0] != "2" {
				t.Errorf("the quantity was %s, want 2", r.values[0])
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (o *office) count(q Query) []Figure {
	o.t.Helper()
	figures, err := Count(o.t.Context(), o.store, q)
	if err != nil {
		o.t.Fatal(err)
	}
	return figures
}

// explains checks that each restatement's differences add up to it, and that each has a cause or another definition.
func (o *office) explains(said map[string][]Figure) {
	o.t.Helper()
	for day := range said {
		list, err := Restatements(o.t.Context(), o.store, Query{}, day)
		if err != nil {
			o.t.Fatal(err)
		}
		for _, r := range list {
			if r.Redefined {
				continue
			}
			sum := r.Before
			for _, d := range r.Differences {
				if sum += d.After - d.Before; len(d.Causes) == 0 {
					o.t.Errorf("%s since %s: nothing causes %+v", r.Code, day, d)
				}
			}
			if sum != r.After {
				o.t.Errorf("%s since %s goes from %v to %v, and its differences to %v", r.Code, day, r.Before, r.After, sum)
			}
		}
	}
}

// anything gives an edit that somebody might make.
func anything(rng *rand.Rand) string {
	household := func() string { return fmt.Sprint("h", rng.IntN(6)) }
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	day := func() string { return fmt.Sprintf("2020-0%d-1%d", 1+rng.IntN(3), rng.IntN(9)) }
	known := fmt.Sprintf("households %s: head_name=H, status=%s, area=%s\n", household(), pick("idp", "returnee"), pick("north", "south"))
	switch rng.IntN(8) {
	case 0:
		return known
	case 1:
		h := household()
		return fmt.Sprintf("households %s: head_name=H, status=idp, area=north\nhouseholds %s: head_name=H, status=idp, area=north, returned_on=%s\nhouseholds %s: merged_into=%s", h, household(), day(), h, pick("a", "b"))
	case 2:
		h := household()
		return fmt.Sprintf("households %s: head_name=H, status=returnee, area=south, returned_on=%s, deleted=%s", h, day(), pick("true", "false"))
	case 3:
		return fmt.Sprintf("projects %s: code=%s, title=T, institution=%s", pick("one", "two"), pick("G01", "G02"), pick("Commissariat", "Office"))
	case 4:
		return fmt.Sprintf("assistance_types %s: code=T, name=N, category=%s", pick("house", "stove"), pick("housing", "furniture"))
	}
	h := household()
	return fmt.Sprintf("households %s: head_name=H, status=idp, area=%s\ndeliveries d%d: household=%s, project=%s, assistance_type=%s, quantity=%d.5, delivered_at=%s, cancelled_why=%s",
		h, pick("north", "south"), rng.IntN(15), h, pick("one", "two"), pick("house", "stove"), rng.IntN(4), day(), pick("", "", "", "mistake"))
}
