package httpapi_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server"
	"satchel/server/internal/feeds"
	"satchel/syncproto"
)

// evil is a name that a spreadsheet would run.
const evil = `=HYPERLINK("http://evil.example","Ђорђе")`

// A reading is an office with something to read in both areas, and a token for all of it.
type reading struct {
	*office
	token map[string]string
	// ids are those of the households of area a, in their order.
	ids []string
}

func newReading(t *testing.T) *reading {
	t.Helper()
	r := &reading{office: newOffice(t)}
	_, token := r.feed("Analyst", uuid.Nil)
	r.token = basic(token)
	r.save("questionnaires", newID(t), map[string]any{"code": "Q", "title": "Q", "version": 3, "active": true, "questions": map[string]any{"a": "<b>"}})
	for i, fields := range []map[string]any{
		{"head_name": evil, "status": "idp", "displaced_on": "1999-06-12", "position": map[string]any{"lat": 43.7, "lon": -20.5}},
		{"head_name": "O'Hara", "status": "returnee", "phone": "060 1", "displaced_on": "1999-06-13"},
		{"head_name": "Ana", "status": "host", "notes": "nobody's business"},
	} {
		id := newID(t)
		fields["area"] = r.a
		r.save("households", id, fields)
		r.ids = append(r.ids, id.String())
		r.save("visits", newID(t), map[string]any{"household": id, "visited_at": 1_588_204_799_000 + 1000*int64(i), "purpose": "monitoring"})
	}
	r.save("households", newID(t), map[string]any{"head_name": canaryName, "status": "idp", "area": r.b})
	return r
}

// get reads an address, of which every $, and what stands behind one, is written as it is.
func (r *reading) get(path string) answer {
	r.t.Helper()
	at, options, _ := strings.Cut(path, "?")
	var out []string
	for option := range strings.SplitSeq(options, "&") {
		name, value, _ := strings.Cut(option, "=")
		out = append(out, name+"="+url.QueryEscape(value))
	}
	return r.do(call{"GET", at + "?" + strings.Join(out, "&"), r.token, nil})
}

// A page is an answer of OData.
type page struct {
	Context string           `json:"@odata.context"`
	Count   *int             `json:"@odata.count"`
	Next    string           `json:"@odata.nextLink"`
	Value   []map[string]any `json:"value"`
}

func (r *reading) page(path string) (p page) {
	r.t.Helper()
	got := r.get(path)
	if got.status != http.StatusOK || got.header.Get("OData-Version") != "4.0" || got.header.Get("Content-Type") != "application/json;odata.metadata=minimal" {
		r.t.Fatalf("%s is answered %d %v %s", path, got.status, got.header, got.body)
	}
	got.into(r.t, &p)
	return p
}

func TestAFormulaIsHarmlessInCSVAndAsItIsElsewhere(t *testing.T) {
	r := newReading(t)
	got := r.get("/feeds/csv/households")
	rows, err := csv.NewReader(strings.NewReader(got.body)).ReadAll()
	if err != nil || len(rows) != 5 || got.header.Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Fatalf("%v, %v in %s", err, got.header, got.body)
	}
	if name := rows[1][slices.Index(rows[0], "head_name")]; name != "'"+evil {
		t.Errorf("CSV has the name %q", name)
	}
	if lat := rows[1][slices.Index(rows[0], "position_lon")]; lat != "-20.5" {
		t.Errorf("a number is no longer one: %q", lat)
	}
	var objects []map[string]any
	r.get("/feeds/json/households").into(t, &objects)
	if objects[0]["head_name"] != evil || r.page("/feeds/odata/households").Value[0]["head_name"] != evil {
		t.Error("JSON or OData changes a name")
	}
	if marked := r.get("/feeds/csv/areas/?bom=1"); !strings.HasPrefix(marked.body, "\ufeffid,name,") {
		t.Errorf("the mark is missing: %q", marked.body)
	}
}

func TestValuesHaveTheirTypes(t *testing.T) {
	r := newReading(t)
	var quiz []map[string]any
	r.get("/feeds/json/questionnaires").into(t, &quiz)
	if q := quiz[0]; q["active"] != true || q["version"] != 3.0 || fmt.Sprint(q["questions"]) != "map[a:<b>]" {
		t.Errorf("JSON has %v", q)
	}
	if q := r.page("/feeds/odata/questionnaires").Value[0]; q["active"] != true || q["questions"] != `{"a":"<b>"}` {
		t.Errorf("OData has %v", q)
	}
	if v := r.page("/feeds/odata/visits?$select=visited_at,area,findings").Value[0]; fmt.Sprint(v) != "map[area:"+r.a.String()+" findings:<nil> visited_at:2020-04-29T23:59:59Z]" {
		t.Errorf("OData has %v", v)
	}
	if h := r.page("/feeds/odata/households").Value[0]; h["position_lat"] != 43.7 || h["displaced_on"] != "1999-06-12" || h["phone"] != nil {
		t.Errorf("OData has %v", h)
	}
}

func TestATokenGivesItsCollectionsAreaAndFieldsAndNothingElse(t *testing.T) {
	r := newReading(t)
	village := newID(t)
	r.save("areas", village, map[string]any{"name": "Ratina", "level": "settlement", "parent": r.a})
	r.save("households", newID(t), map[string]any{"head_name": "Villager", "status": "idp", "area": village})
	r.save("projects", newID(t), map[string]any{"code": "P", "title": "T"})
	_, token := r.feedOf(server.NewFeedToken{Name: "Donor", Collections: []string{"households", "visits", "projects", "areas"}, Area: r.a})
	r.token = basic(token)
	for path, want := range map[string]int{"households": 4, "visits": 3, "projects": 1, "areas": 2} {
		if got := r.get("/feeds/odata/" + path + "/$count"); got.body != strconv.Itoa(want) {
			t.Errorf("%s: %s, want %d", path, got.body, want)
		}
	}
	for _, path := range []string{"/feeds/csv/households", "/feeds/json/households", "/feeds/odata/households", "/feeds/odata/$metadata", "/feeds/json/visits"} {
		for _, secret := range []string{"HYPERLINK", "O'Hara", "060 1", "43.7", "nobody's business", canaryName, "head_name", "position", "notes", "findings", "people"} {
			if got := r.get(path); got.status != http.StatusOK || strings.Contains(got.body, secret) {
				t.Errorf("%s has %q, status %d", path, secret, got.status)
			}
		}
	}
	for _, path := range []string{
		"/feeds/odata/households?$filter=head_name eq 'Ana'", "/feeds/odata/households?$select=phone",
		"/feeds/odata/households/$count?$filter=startswith(phone,'0')", "/feeds/odata/people", "/feeds/csv/people",
	} {
		if got := r.get(path); got.status < 400 {
			t.Errorf("%s is answered %d %s", path, got.status, got.body)
		}
	}
	if got := r.get("/feeds/odata"); !strings.Contains(got.body, `"households"`) || strings.Contains(got.body, "people") {
		t.Errorf("the service has %s", got.body)
	}
}

func TestFiltersGiveWhatTheyAskFor(t *testing.T) {
	r := newReading(t)
	for filter, want := range map[string]string{
		"head_name eq 'O''Hara'":                                    "2",
		"head_name ne 'Ana' and area eq " + r.a.String():            "1 2",
		"area eq " + strings.ToUpper(r.a.String()):                  "1 2 3",
		"status eq 'host' or status eq 'returnee'":                  "2 3",
		"status eq 'host' or status eq 'idp' and id ge " + r.ids[2]: "3 4",
		"not (status eq 'idp')":                                     "2 3",
		"not phone eq '060 1' and area eq " + r.a.String():          "1 3", // what is not there is not equal
		"phone ne '060 1' and area eq " + r.a.String():              "1 3",
		"phone eq null and area eq " + r.a.String():                 "1 3",
		"phone ne null":              "2",
		"phone gt null":              "",
		"displaced_on lt 1999-06-13": "1",
		"displaced_on le 1999-06-13 and displaced_on ge 1999-06-13": "2",
		"position_lon lt -20.25":                                    "1",
		"position_lat ge 4.37e1":                                    "1",
		"id gt " + r.ids[0] + " and id lt " + r.ids[2]:              "2",
		"((status eq 'host'))":                                      "3",
		"head_name eq '' or head_name eq ' and '' or'":              "",
	} {
		var got []string
		for _, row := range r.page("/feeds/odata/households?$select=id&$filter=" + filter).Value {
			n := slices.Index(r.ids, row["id"].(string)) + 1
			if n == 0 {
				n = 4
			}
			got = append(got, strconv.Itoa(n))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", filter, got, want)
		}
		if n := r.get("/feeds/odata/households/$count?$filter=" + filter).body; n != strconv.Itoa(len(got)) {
			t.Errorf("%s: the count is %s", filter, n)
		}
	}
	for filter, want := range map[string]string{
		"visited_at gt 2020-04-29T23:59:59Z": "2", "visited_at ge 2020-04-30T01:59:59+02:00": "3", "visited_at lt 2020-04-29T23:59:59.5Z": "1",
		"purpose eq 'monitoring' and worker eq null": "3",
	} {
		if n := r.get("/feeds/odata/visits/$count?$filter=" + filter).body; n != want {
			t.Errorf("%s: %s, want %s", filter, n, want)
		}
	}
	for filter, want := range map[string]string{"active eq true": "1", "active eq false": "0", "version eq 3": "1", "version lt 3": "0"} {
		if n := r.get("/feeds/odata/questionnaires/$count?$filter=" + filter).body; n != want {
			t.Errorf("%s: %s, want %s", filter, n, want)
		}
	}
}

// register has so many projects be there, and gives their codes in order of id.
func (r *reading) register(n int) (codes []string) {
	r.t.Helper()
	edits := make([]server.OfficeEdit, 0, n)
	for i := range n {
		codes = append(codes, strconv.Itoa(i))
		edits = append(edits, server.OfficeEdit{Collection: "projects", Record: newID(r.t), Fields: values(r.t, map[string]any{"code": codes[i], "title": strings.Repeat("x", 200)})})
	}
	for part := range slices.Chunk(edits, 500) {
		if _, err := r.srv.Engine.Save(r.t.Context(), r.admin, part); err != nil {
			r.t.Fatal(err)
		}
	}
	return codes
}

func TestPagesGiveEveryRowOnceHoweverTheyAreCut(t *testing.T) {
	nothingToRace(t)
	r := newReading(t)
	all := r.register(feeds.PageRows + 1500)
	for options, want := range map[string][]string{
		"":                        all,
		"$count=true&$orderby=id": all,
		"$top=3":                  all[:3],
		"$top=0":                  nil,
		"$skip=7&$top=5":          all[7:12],
		"$skip=10007":             all[10007:],
		"$top=10001&$skip=1":      all[1:10002],
		"$top=10000":              all[:10000],
		"$top=99999&$format=json": all,
		"$filter=code ne '1'":     append([]string{"0"}, all[2:]...),
		"$top=10002&$filter=code ne '1'&$select=code": append([]string{"0"}, all[2:10003]...),
	} {
		var got []string
		pages := 0
		for next := "/feeds/odata/projects?" + options; next != ""; pages++ {
			p := r.page(next)
			if strings.Contains(options, "$count") && pages == 0 && (p.Count == nil || *p.Count != len(all)) {
				t.Errorf("%s: the count is %v", options, p.Count)
			}
			for _, row := range p.Value {
				got = append(got, row["code"].(string))
			}
			if next = ""; p.Next != "" {
				at, err := url.Parse(p.Next)
				if err != nil || !strings.HasPrefix(p.Next, r.url+"/feeds/odata/projects?$") {
					t.Fatalf("%s: the next page is at %s: %v", options, p.Next, err)
				}
				if next, err = url.QueryUnescape(at.RequestURI()); err != nil {
					t.Fatal(err)
				}
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d rows in %d pages, want %d", options, len(got), pages, len(want))
		}
		if most := len(want)/feeds.PageRows + 1; pages > most {
			t.Errorf("%s: %d pages, want at most %d", options, pages, most)
		}
	}
	if lines := strings.Count(r.get("/feeds/csv/projects").body, "\n"); lines != len(all)+1 {
		t.Errorf("CSV has %d lines", lines)
	}
	var objects []map[string]any
	if r.get("/feeds/json/projects").into(t, &objects); len(objects) != len(all) {
		t.Errorf("JSON has %d objects", len(objects))
	}
}

func TestTheMetadataDescribesWhatComes(t *testing.T) {
	r := newReading(t)
	got := r.do(call{"GET", "/feeds/odata/%24metadata", map[string]string{"Authorization": r.token["Authorization"], "Accept": "application/xml"}, nil})
	var doc struct {
		Types []struct {
			Name string `xml:"Name,attr"`
			Key  struct {
				Ref struct {
					Name string `xml:"Name,attr"`
				} `xml:"PropertyRef"`
			}
			Properties []struct {
				Name string `xml:"Name,attr"`
				Type string `xml:"Type,attr"`
			} `xml:"Property"`
		} `xml:"DataServices>Schema>EntityType"`
		Sets []struct {
			Name string `xml:"Name,attr"`
			Type string `xml:"EntityType,attr"`
		} `xml:"DataServices>Schema>EntityContainer>EntitySet"`
	}
	if err := xml.Unmarshal([]byte(got.body), &doc); err != nil || got.header.Get("Content-Type") != "application/xml" || got.header.Get("OData-Version") != "4.0" {
		t.Fatalf("%v, %v: %s", err, got.header, got.body)
	}
	if len(doc.Types) != len(syncproto.Collections()) || len(doc.Sets) != len(doc.Types) {
		t.Fatalf("%d types, %d sets", len(doc.Types), len(doc.Sets))
	}
	kinds := map[string]func(any) bool{
		"Edm.Int64": isNumber, "Edm.Double": isNumber, "Edm.Boolean": func(x any) bool { _, ok := x.(bool); return ok }, "Edm.String": isText,
		"Edm.Guid":           func(x any) bool { return isText(x) && uuid.Validate(x.(string)) == nil },
		"Edm.Date":           func(x any) bool { _, err := time.Parse(time.DateOnly, fmt.Sprint(x)); return err == nil },
		"Edm.DateTimeOffset": func(x any) bool { _, err := time.Parse(time.RFC3339, fmt.Sprint(x)); return err == nil },
	}
	for i, entity := range doc.Types {
		if entity.Key.Ref.Name != "id" || doc.Sets[i].Name != entity.Name || doc.Sets[i].Type != feeds.Namespace+"."+entity.Name {
			t.Errorf("%+v, %+v", entity, doc.Sets[i])
		}
		for _, row := range r.page("/feeds/odata/" + entity.Name).Value {
			if len(row) != len(entity.Properties) {
				t.Errorf("%s: a row has %d values for %d properties", entity.Name, len(row), len(entity.Properties))
			}
			for _, p := range entity.Properties {
				if value, there := row[p.Name]; !there || value != nil && !kinds[p.Type](value) {
					t.Errorf("%s.%s is %v, and said to be %s", entity.Name, p.Name, value, p.Type)
				}
			}
		}
	}
}

func isNumber(x any) bool { _, ok := x.(float64); return ok }

func isText(x any) bool { _, ok := x.(string); return ok }

// The headers are those that Excel and Power BI are seen to send.
func TestWhatExcelAndPowerBISendIsAnswered(t *testing.T) {
	r := newReading(t)
	const accept = "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7"
	for _, path := range []string{"/feeds/odata", "/feeds/odata/", "/feeds/odata/$metadata", "/feeds/odata/$metadata/", "/feeds/odata/households/", "/feeds/odata/households?$top=1000", "/feeds/odata/households/$count/"} {
		bare := r.do(call{"GET", path, nil, nil})
		if bare.status != http.StatusUnauthorized || !strings.HasPrefix(bare.header.Get("WWW-Authenticate"), "Basic realm=") {
			t.Errorf("%s without a token is answered %d, %q", path, bare.status, bare.header.Get("WWW-Authenticate"))
		}
		header := map[string]string{"Authorization": r.token["Authorization"], "Accept": accept, "OData-MaxVersion": "4.0", "MaxDataServiceVersion": "3.0;NetFx", "OData-Version": "4.0"}
		if got := r.do(call{"GET", path, header, nil}); got.status != http.StatusOK {
			t.Errorf("%s is answered %d %s", path, got.status, got.body)
		}
	}
	for header, status := range map[string]int{
		"Accept: application/atom+xml": 415, "Accept: application/json;odata.metadata=full": 415, "Accept: application/json;IEEE754Compatible=true": 415,
		"Accept: */*": 200, "Accept: application/*": 200, "Accept: application/json;q=0": 415, "OData-MaxVersion: 3.0": 400, "OData-MaxVersion: 4.01": 200, "OData-Isolation: snapshot": 501,
	} {
		name, value, _ := strings.Cut(header, ": ")
		if got := r.do(call{"GET", "/feeds/odata/households", map[string]string{"Authorization": r.token["Authorization"], name: value}, nil}); got.status != status {
			t.Errorf("%s is answered %d %s, want %d", header, got.status, got.body, status)
		}
	}
}

func TestATokenWorksAsLongAsItIsGood(t *testing.T) {
	r := newReading(t)
	id, token := r.feed("Analyst", uuid.Nil)
	status := func(header map[string]string) int { return r.do(call{"GET", "/feeds/odata", header, nil}).status }
	if got := status(map[string]string{"Authorization": "Bearer " + token}); got != http.StatusOK {
		t.Errorf("as a bearer token it is answered %d", got)
	}
	r.person("anka", "administrator", password)
	session := r.login("anka")
	listed := func() (f struct{ Used, Revoked int64 }) {
		var in struct {
			Feeds []json.RawMessage
		}
		list := r.do(call{"GET", "/api/v1/feeds", session, nil})
		if list.into(t, &in); strings.Contains(list.body, token) || strings.Contains(list.body, "hash") {
			t.Errorf("the list tells the token: %s", list.body)
		}
		for _, text := range in.Feeds {
			if strings.Contains(string(text), id.String()) {
				if err := json.Unmarshal(text, &f); err != nil {
					t.Fatal(err)
				}
			}
		}
		return f
	}
	first := listed().Used
	r.ahead.Add(int64(30 * time.Second))
	if status(basic(token)); first == 0 || listed().Used != first {
		t.Errorf("it was used at %d, and half a minute later at %d", first, listed().Used)
	}
	r.ahead.Add(int64(31 * time.Second))
	if status(basic(token)); listed().Used <= first {
		t.Error("its use a minute later is not noted")
	}
	if err := r.srv.Accounts.RevokeFeedToken(t.Context(), r.admin, id); err != nil {
		t.Fatal(err)
	}
	if got := status(basic(token)); got != http.StatusUnauthorized || listed().Revoked == 0 {
		t.Errorf("after it was revoked it is answered %d", got)
	}
	r.ahead.Add(int64(25 * time.Hour))
	if got := status(r.token); got != http.StatusUnauthorized {
		t.Errorf("after it has expired one is answered %d", got)
	}
	if log := r.log.String(); strings.Contains(log, token) {
		t.Error("the log holds a token")
	}
}

func TestWrongTokensAreBoundedAndAbsentOnesAreNoTries(t *testing.T) {
	r := newReading(t)
	for range 30 {
		if got := r.do(call{"GET", "/feeds/odata", nil, nil}); got.status != http.StatusUnauthorized {
			t.Fatalf("a request without a token is answered %d", got.status)
		}
	}
	count := map[int]int{}
	for range 30 {
		count[r.do(call{"GET", "/feeds/csv/households", basic("satchel-feed-AAAA"), nil}).status]++
	}
	if count[http.StatusUnauthorized] != 10 || count[http.StatusTooManyRequests] != 20 {
		t.Errorf("30 wrong tokens are answered %v", count)
	}
	r.ahead.Add(int64(time.Minute))
	for range 30 {
		if got := r.do(call{"GET", "/feeds/odata/nothing", r.token, nil}); got.status != http.StatusNotFound {
			t.Fatalf("a good token with a bad address is answered %d", got.status)
		}
	}
}

// Who gets a part has to learn that it is one.
func TestAFeedThatFailsInTheMiddleIsBrokenOff(t *testing.T) {
	nothingToRace(t)
	r := newReading(t)
	r.register(6000)
	long := newID(t)
	r.save("projects", long, map[string]any{"code": "long", "title": strings.Repeat("x", 30_000)})
	for _, path := range []string{"/feeds/csv/projects", "/feeds/json/projects", "/feeds/odata/projects"} {
		at, stop := context.WithCancel(t.Context())
		request := httptest.NewRequestWithContext(at, "GET", path, nil)
		request.Header.Set("Authorization", r.token["Authorization"])
		broken := func() (what any) {
			defer func() { what = recover() }()
			r.handler.ServeHTTP(&stopper{httptest.NewRecorder(), stop}, request)
			return nil
		}()
		if err, _ := broken.(error); !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("%s ends with %v", path, broken)
		}
		stop()
	}
	if !strings.Contains(r.log.String(), "a feed was broken off") {
		t.Error("nobody is told at the office")
	}
}

// A stopper has the database fail behind the first bytes.
type stopper struct {
	http.ResponseWriter
	stop func()
}

// Write takes them.
func (s *stopper) Write(p []byte) (int, error) {
	s.stop()
	return s.ResponseWriter.Write(p)
}

// As many feeds as there may be are read, by programs that take nothing: who counts waits like any other.
func TestACountTakesAPlaceAmongFeeds(t *testing.T) {
	r := newReading(t)
	release, inside := make(chan struct{}), make(chan struct{}, 16)
	get := func(ctx context.Context, path string, w http.ResponseWriter) {
		request := httptest.NewRequestWithContext(ctx, "GET", path, nil)
		request.Header.Set("Authorization", r.token["Authorization"])
		r.handler.ServeHTTP(w, request)
	}
	var ended sync.WaitGroup
	for range 16 {
		ended.Go(func() {
			slow := func() {
				inside <- struct{}{}
				<-release
			}
			get(t.Context(), "/feeds/csv/households", &stopper{httptest.NewRecorder(), sync.OnceFunc(slow)})
		})
	}
	for range 16 {
		<-inside
	}
	const count = "/feeds/odata/households/$count"
	soon, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	early := httptest.NewRecorder()
	if get(soon, count, early); early.Body.String() == "4" {
		t.Error("who counts does not wait")
	}
	close(release)
	ended.Wait()
	late := httptest.NewRecorder()
	if get(t.Context(), count, late); late.Body.String() != "4" || late.Header().Get("Content-Type") != "text/plain" {
		t.Errorf("a count when there is a place again: %q, %v", late.Body, late.Header())
	}
}
