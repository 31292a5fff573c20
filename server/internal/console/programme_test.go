package console_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server"
	"satchel/server/internal/indicators"
	"satchel/server/internal/store/storetest"
)

// A village is an office with figures: houses delivered in the settlements of two municipalities.
type village struct {
	*office
	project, house uuid.UUID
	// settlements are those of a and of b.
	settlements [2]uuid.UUID
}

func newVillage(t *testing.T) *village {
	t.Helper()
	v := &village{office: newOffice(t)}
	v.project = v.save("projects", map[string]any{"code": "G01", "title": "A home", "institution": "Commissariat"})
	v.house = v.save("assistance_types", map[string]any{"code": "HOUSE", "name": "Prefabricated house", "category": "housing"})
	v.settlements = [2]uuid.UUID{
		v.save("areas", map[string]any{"name": "Adrani", "level": "settlement", "parent": v.a}),
		v.save("areas", map[string]any{"name": "Suvi Do", "level": "settlement", "parent": v.b}),
	}
	for code, definition := range map[string]string{
		"HOUSES": `{"of":"deliveries","sum":"quantity","unit":"houses","institution":"Commissariat"}`,
		"TALKS":  `{"of":"activities","unit":"talks"}`,
	} {
		if _, err := v.srv.SetIndicator(t.Context(), v.admin, code, strings.ToLower(code), definition); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.srv.SetTarget(t.Context(), v.admin, "HOUSES", "G01", "", "40"); err != nil {
		t.Fatal(err)
	}
	return v
}

// deliver has so many families registered in a settlement, each with a woman and a house.
func (v *village) deliver(settlement uuid.UUID, families int, month string) {
	v.t.Helper()
	for i := range families {
		household := v.save("households", map[string]any{
			"head_name": "Milica", "status": "idp", "area": settlement, "consent_on": month + "-01",
			"position": map[string]any{"lat": 43.5 + float64(i%3)/1000, "lon": 20.5, "source": "gps"},
		})
		v.save("people", map[string]any{"household": household, "name": "Milica", "sex": "female", "birth_year": 1980})
		v.save("deliveries", map[string]any{
			"household": household, "project": v.project, "assistance_type": v.house, "quantity": 1, "recipient": "Milica",
			"delivered_at": at(v.t, month+"-10"),
		})
	}
}

func at(t *testing.T, day string) int64 {
	t.Helper()
	when, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	return when.UnixMilli() + 12*3600*1000
}

// table downloads a CSV file and gives its cells.
func (b *browser) table(path string) [][]string {
	b.t.Helper()
	p := b.get(path)
	if p.status != 200 || !strings.HasPrefix(p.header.Get("Content-Disposition"), "attachment") {
		b.t.Fatalf("%s is answered %d %v %s", path, p.status, p.header, p.text())
	}
	out, err := csv.NewReader(strings.NewReader(p.body)).ReadAll()
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

// The pages and the files say what the report of the command line does, to the figure, whatever is asked for.
func TestThePagesSayWhatTheReportDoes(t *testing.T) {
	v := newVillage(t)
	v.deliver(v.settlements[0], 12, "2020-01")
	v.deliver(v.settlements[0], 7, "2020-02")
	v.deliver(v.settlements[1], 3, "2020-02")
	ana := v.as("ana")
	for address, q := range map[string]server.Report{
		"?small=0":                         {},
		"?":                                {Suppress: 5},
		"?small=0&until=2020-01-31":        {FigureQuery: server.FigureQuery{Until: "2020-01-31"}},
		"?project=G01&from=2020-02-01":     {Suppress: 5, FigureQuery: server.FigureQuery{Project: "G01", From: "2020-02-01"}},
		"?small=4&area=" + v.b.String():    {Suppress: 4, FigureQuery: server.FigureQuery{Area: v.b}},
		"?small=0&known=2020-01-31":        {FigureQuery: server.FigureQuery{KnownBy: "2020-01-31"}},
		"?small=0&until=2020-02-09&level=": {FigureQuery: server.FigureQuery{Until: "2020-02-09"}},
	} {
		q.Format, q.Zone = "json", time.Local
		var out bytes.Buffer
		if err := v.srv.ReportProgramme(t.Context(), &out, q); err != nil {
			t.Fatal(err)
		}
		var tables []struct{ Rows [][]any }
		if err := json.Unmarshal(out.Bytes(), &tables); err != nil {
			t.Fatal(err)
		}
		got := ana.table("/programme/tables/programme.csv" + address)[1:]
		if len(got) != len(tables[0].Rows) {
			t.Errorf("%s has %d rows, the report %d", address, len(got), len(tables[0].Rows))
			continue
		}
		for i, row := range tables[0].Rows {
			for n, x := range row {
				if want := written(x); got[i][n] != want {
					t.Errorf("%s says %q, the report %q in %v", address, got[i], want, row)
				}
			}
			page := ana.get("/programme/report" + address)
			page.shows(t, fmt.Sprintf("%s %s", row[2], written(row[3])))
		}
	}
	ana.get("/programme?small=0").shows(t, "houses 22 of 40 houses 55 %")
	ana.get("/programme/indicators/HOUSES?small=0").shows(t, "Kraljevo 19 Vranje 3")
}

// written writes a cell of JSON as CSV has it.
func written(x any) string {
	if x == nil {
		return ""
	}
	return fmt.Sprint(x)
}

// What a report with suppression withholds is on no page, in no drawing and in no file.
func TestSmallNumbersAreOnNoPage(t *testing.T) {
	v := newVillage(t)
	v.deliver(v.settlements[0], 12, "2020-01")
	v.deliver(v.settlements[1], 4, "2020-02")
	ana := v.as("ana")
	for _, path := range []string{"/programme", "/programme?map=HOUSES", "/programme?level=settlement", "/programme/indicators/HOUSES"} {
		p := ana.get(path)
		p.shows(t, "x stands for a number below 5")
		for _, number := range []string{">4<", ": 4<", ">12<", ": 12<"} { // of 16, 12 tells the 4
			p.hides(t, number)
		}
		ana.get(path+map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")]+"small=0").shows(t, "12")
	}
	for _, file := range []string{"tables/months", "tables/types", "tables/places", "indicators/HOUSES/month", "indicators/HOUSES/municipality"} {
		for _, row := range ana.table("/programme/" + file + ".csv")[1:] {
			if text := strings.Join(row, " "); strings.Contains(text, "12") || !strings.Contains(text, "x x") || !strings.Contains(text, "16") {
				t.Errorf("%s has %q", file, row)
			}
		}
	}
}

// A coordinator of several areas has the figures of these together, and of no other.
func TestTheFiguresOfACoordinatorAreThoseOfTheOwnAreas(t *testing.T) {
	v := newVillage(t)
	third := v.save("areas", map[string]any{"name": "Niš", "level": "municipality"})
	v.deliver(v.settlements[0], 5, "2020-01")
	v.deliver(v.settlements[1], 6, "2020-01")
	v.deliver(third, 7, "2020-01")
	v.person("both", "coordinator", v.a, third)
	v.person("none", "coordinator")
	houses := func(b *browser, query string) string { return b.table("/programme/tables/programme.csv" + query)[1][3] }
	for login, want := range map[string]string{"ana": "18", "cora": "5", "cvetko": "6", "both": "12", "none": "0"} {
		if got := houses(v.as(login), ""); got != want {
			t.Errorf("%s is told of %s houses, want %s", login, got, want)
		}
	}
	both := v.as("both")
	both.get("/programme").shows(t, "Your areas")
	both.get("/programme").hides(t, "Vranje")
	both.get("/programme").hides(t, "Suvi Do")
	if got := houses(both, "?area="+third.String()); got != "7" {
		t.Errorf("of one of the own areas there are %s", got)
	}
	for _, path := range []string{"/programme", "/programme/report", "/programme/restatements", "/programme/indicators/HOUSES", "/programme/tables/programme.csv", "/programme/indicators/HOUSES/month.csv"} {
		if p := both.get(path + "?area=" + v.b.String()); p.status != 403 {
			t.Errorf("%s of another area is answered %d", path, p.status)
		}
	}
	for _, row := range both.table("/programme/tables/restated.csv?since=2020-01-01")[1:] {
		if row[0] == "HOUSES" && row[3] != "12" {
			t.Errorf("what changed is %q", row)
		}
	}
}

// What is kept is never older than what was recorded.
func TestAFigureIsCountedAgainWhenSomethingChanged(t *testing.T) {
	v := newVillage(t)
	ana := v.as("ana")
	for families := 1; families <= 3; families++ {
		v.deliver(v.settlements[0], 1, "2020-01")
		want := fmt.Sprintf("houses %d of 40", families)
		ana.get("/programme?small=0").shows(t, want)
		ana.get("/programme?small=0").shows(t, want)
	}
}

func TestTheMapShowsNoHousehold(t *testing.T) {
	v := newVillage(t)
	v.deliver(v.settlements[0], 5, "2020-01")
	v.deliver(v.settlements[1], 4, "2020-01")
	lonely := v.save("areas", map[string]any{"name": "Niš", "level": "municipality"})
	v.deliver(lonely, 20, "2020-01")
	p := v.as("ana").get("/programme?small=0")
	if n := strings.Count(p.body, "<circle"); n != 2 {
		t.Errorf("there are %d circles, want those of Kraljevo and Niš: of Vranje only four households are known", n)
	}
	p.shows(t, "1 area of the table is not on the map")
}

// The middle of a municipality would tell a coordinator of one settlement where the households of the others are.
func TestTheMapOfACoordinatorRestsOnTheOwnAreas(t *testing.T) {
	v := newVillage(t)
	v.deliver(v.settlements[0], 4, "2020-01")
	v.deliver(v.save("areas", map[string]any{"name": "Ribnica", "level": "settlement", "parent": v.a}), 20, "2020-01")
	other := v.save("areas", map[string]any{"name": "Niš", "level": "municipality"})
	v.deliver(other, 6, "2020-01")
	v.person("one", "coordinator", v.settlements[0], other)
	v.person("all", "coordinator", v.a, other)
	for login, circles := range map[string]int{"one": 0, "all": 2} { // one alone is not drawn
		if n := strings.Count(v.as(login).get("/programme?small=0").body, "<circle"); n != circles {
			t.Errorf("the map of %s has %d circles, want %d", login, n, circles)
		}
	}
	v.deliver(v.settlements[0], 1, "2020-01")
	if n := strings.Count(v.as("one").get("/programme?small=0").body, "<circle"); n != 2 {
		t.Errorf("with five households in the own settlement there are %d circles", n)
	}
}

func TestOutlinesOfAreasAreShown(t *testing.T) {
	for name, c := range map[string]struct {
		file, shows string
		outlines    int
	}{
		"by name":    {`{"type":"FeatureCollection","features":[{"properties":{"name":"KRALJEVO"},"geometry":{"type":"Polygon","coordinates":[[[20,43],[21,43],[21,44],[20,43]]]}}]}`, "1–5", 1},
		"not a file": {`{"type":"Topology"}`, "The file with the outlines of areas cannot be used: ", 0},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVillage(t)
			if err := os.WriteFile(filepath.Join(v.dir, server.OutlinesFile), []byte(c.file), 0o600); err != nil {
				t.Fatal(err)
			}
			v.deliver(v.settlements[0], 25, "2020-01")
			p := v.as("ana").get("/programme")
			p.shows(t, c.shows)
			if n := strings.Count(p.body, `<path class="step-5"`); n != c.outlines {
				t.Errorf("there are %d outlines: %s", n, p.text())
			}
			v.as("cora").get("/programme").hides(t, "cannot be used")
		})
	}
}

func TestAMapLiesOnTheTilesThatTheOfficeHas(t *testing.T) {
	v := newVillage(t)
	outlines := `{"type":"FeatureCollection","features":[{"properties":{"name":"KRALJEVO"},"geometry":{"type":"Polygon","coordinates":[[[20,43],[21,43],[21,44],[20,43]]]}}]}`
	if err := os.WriteFile(filepath.Join(v.dir, server.OutlinesFile), []byte(outlines), 0o600); err != nil {
		t.Fatal(err)
	}
	v.deliver(v.settlements[0], 25, "2020-01")
	file := filepath.Join(v.dir, server.GroundFile)
	for _, b := range []browser{*v.as("ana"), *v.as("cora")} {
		if p := b.get("/programme"); strings.Contains(p.body, "<image") {
			t.Errorf("there are tiles where there is no archive")
		}
	}
	storetest.Tiles(t, file, "png", map[[3]int]string{{8, 142, 93}: "picture"})
	cora := v.as("cora")
	p := cora.get("/programme")
	p.shows(t, "© Somebody")
	if !strings.Contains(p.body, `<image href="/programme/ground/8/142/93" `) {
		t.Errorf("the tile of Kraljevo is not under the map: %s", p.body)
	}
	if tile := cora.get("/programme/ground/8/142/93"); tile.body != "picture" || tile.header.Get("Content-Type") != "image/png" {
		t.Errorf("the tile is answered %d %v %q", tile.status, tile.header, tile.body)
	}
	for _, path := range []string{"8/142/94", "7/1/1", "8/-1/93", "8/x/93", "99/1/1"} {
		if tile := cora.get("/programme/ground/" + path); tile.status != http.StatusNotFound {
			t.Errorf("%s is answered %d", path, tile.status)
		}
	}
	if err := os.WriteFile(file, []byte("no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	v.as("ana").get("/programme").shows(t, "The archive of map tiles cannot be used: ")
	cora.get("/programme").hides(t, "cannot be used")
}

func TestWhatChangedSinceADayIsTold(t *testing.T) {
	v := newVillage(t)
	v.deliver(v.settlements[0], 25, "2020-01")
	ana := v.as("ana")
	p := ana.get("/programme/restatements")
	for _, want := range []string{"0 → became 25 +25", "Its definition changed.", "25 families, people or records make the difference, from: office 25", "10 January 2020 +1", "and 5 more, in the file."} {
		p.shows(t, want)
	}
	if rows := ana.table("/programme/tables/restated.csv"); len(rows) < 26 {
		t.Errorf("the file has %d rows", len(rows))
	}
	ana.get("/programme/restatements?since="+time.Now().AddDate(0, 0, 1).Format(time.DateOnly)).shows(t, "No figure has changed")
}

func TestWhatCannotBeCountedIsSaidWhereItIsAsked(t *testing.T) {
	v := newVillage(t)
	if _, err := v.srv.SetIndicator(t.Context(), v.admin, "A/B ?", "odd", `{"of":"visits"}`); err != nil {
		t.Fatal(err)
	}
	ana := v.as("ana")
	for path, want := range map[string]string{
		"/programme?until=tomorrow":                            `"tomorrow" is no day`,
		"/programme/report?project=G99":                        `there is no project "G99"`,
		"/programme?area=nowhere":                              `There is no area with the official code or id "nowhere"`,
		"/programme?small=few":                                 `"few" is no number`,
		"/programme?level=planet":                              `There are no areas of the level "planet"`,
		"/programme?map=NONE":                                  `there is no indicator "NONE"`,
		"/programme/restatements?since=then":                   `"then" is no day`,
		"/programme/indicators/NONE":                           `There is no indicator with the code "NONE"`,
		"/programme/indicators/HOUSES?from=2020-2-1":           `"2020-2-1" is no day`,
		"/programme/indicators/TALKS/sex.csv":                  "There is no such table",
		"/programme/tables/households.csv":                     "There is no such table",
		"/programme/tables/programme.pdf":                      "There is no such table",
		"/programme/indicators/HOUSES/month.csv?until=nothing": `"nothing" is no day`,
	} {
		p := ana.get(path)
		p.shows(t, want)
		if p.status < 400 || p.status >= 500 {
			t.Errorf("%s is answered %d", path, p.status)
		}
	}
	ana.get("/programme/indicators/A%2FB%20%3F").shows(t, "odd A/B ?")
	if rows := ana.table("/programme/indicators/A%2FB%20%3F/month.csv"); len(rows) != 2 {
		t.Errorf("its months are %v", rows)
	}
	if !strings.Contains(ana.get("/programme").body, `href="/programme/indicators/A%2FB%20%3F"`) {
		t.Error("its page is not linked")
	}
}

func TestThePageOfAnyCodeLeadsToItself(t *testing.T) {
	v := newVillage(t)
	v.deliver(v.settlements[0], 5, "2020-01")
	if _, err := v.srv.SetIndicator(t.Context(), v.admin, "A/B? #1", "odd", `{"of":"deliveries"}`); err != nil {
		t.Fatal(err)
	}
	at := "/programme/indicators/A%2FB%3F%20%231"
	p := v.as("ana").get(at)
	for _, link := range []string{`action="` + at + `"`, `href="` + at + `/month.csv"`} {
		if !strings.Contains(p.body, link) {
			t.Errorf("the page has no %s", link)
		}
	}
}

func TestTheProgrammeOfAnEmptyOffice(t *testing.T) {
	o := newEmptyOffice(t)
	o.admin = o.person("ana", "administrator")
	ana := o.as("ana")
	for _, path := range []string{"/programme", "/programme/report", "/programme/restatements"} {
		if p := ana.get(path); p.status != 200 {
			t.Errorf("%s is answered %d %s", path, p.status, p.text())
		}
	}
	ana.get("/programme").shows(t, "No indicator is defined yet")
	ana.get("/programme").shows(t, "Nothing was delivered yet")
	for _, file := range []string{"programme", "months", "types", "places", "people", "restated"} {
		if p := ana.get("/programme/tables/" + file + ".xlsx"); p.status != 200 || !strings.HasPrefix(p.body, "PK") {
			t.Errorf("the file %s is answered %d %.60q", file, p.status, p.body)
		}
	}
}

// A figure that came with a tablet and is not understood says so in its place.
func TestAFigureThatIsNotUnderstoodSaysSo(t *testing.T) {
	v := newVillage(t)
	v.save("indicators", map[string]any{"code": "ODD", "title": "odd ones", "definition": map[string]any{"of": "<b>nothing"}})
	ana := v.as("ana")
	for _, path := range []string{"/programme", "/programme/report", "/programme/indicators/ODD"} {
		ana.get(path).shows(t, "Not counted: ")
		ana.get(path).hides(t, "<b>nothing")
	}
}

func TestEveryDimensionOfAFigureHasAName(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("words", "en", "programme.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, by := range indicators.Dimensions() {
		if by == "institution" || by == "year" || by == "quarter" {
			continue // no page shares out by them
		}
		if !strings.Contains(string(text), `"by_`+by+`"`) {
			t.Errorf("there is no text by_%s", by)
		}
	}
}

// A card number is called one thing in Serbian, and what is withheld is not said to be kept.
func TestSerbianPagesSayWhatTheyDo(t *testing.T) {
	v := newVillage(t)
	ana := v.as("ana")
	ana.header["Accept-Language"] = "sr-Latn"
	help := ana.get("/households")
	help.shows(t, "broju legitimacije ili dokumenta")
	help.hides(t, "kartic")
	filter := ana.get("/programme")
	filter.shows(t, "Ne prikazuj brojeve manje od")
	filter.hides(t, "Zadrži")
}
