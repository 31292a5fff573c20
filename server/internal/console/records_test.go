package console_test

import (
	"html"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// field is an input of a page: what it is called, and what it sends if nobody changes it.
var (
	input    = regexp.MustCompile(`<input [^>]*name="([^"]+)"[^>]*value="([^"]*)"[^>]*>`)
	textarea = regexp.MustCompile(`(?s)<textarea [^>]*name="([^"]+)"[^>]*>(.*?)</textarea>`)
	choose   = regexp.MustCompile(`(?s)<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>`)
	chosen   = regexp.MustCompile(`<option value="([^"]*)" selected>`)
)

// filled gives what a browser sends of a page's form, with some fields changed: names and values, in turn.
func (p page) filled(changes ...string) []string {
	values := map[string][]string{}
	_, body, _ := strings.Cut(p.body, "<main")
	for _, m := range input.FindAllStringSubmatch(body, -1) {
		if strings.Contains(m[0], "<input type=\"radio\"") || strings.Contains(m[0], "type=\"checkbox\"") {
			if !strings.Contains(m[0], " checked") {
				continue
			}
		}
		values[m[1]] = append(values[m[1]], html.UnescapeString(m[2]))
	}
	for _, m := range textarea.FindAllStringSubmatch(body, -1) {
		values[m[1]] = []string{strings.ReplaceAll(html.UnescapeString(m[2]), "\n", "\r\n")}
	}
	for _, m := range choose.FindAllStringSubmatch(body, -1) {
		values[m[1]] = []string{""}
		if c := chosen.FindStringSubmatch(m[2]); c != nil {
			values[m[1]] = []string{c[1]}
		}
	}
	for i := 0; i < len(changes); i += 2 {
		values[changes[i]] = []string{changes[i+1]}
	}
	delete(values, "csrf")
	var out []string
	for name, list := range values {
		for _, value := range list {
			out = append(out, name, value)
		}
	}
	return out
}

// fill sends the form of a page as it is, but for some changes.
func (b *browser) fill(path string, changes ...string) page {
	b.t.Helper()
	at := b.get(path)
	if at.status != http.StatusOK {
		b.t.Fatalf("%s is answered %d %s", path, at.status, at.text())
	}
	where, _, _ := strings.Cut(at.path, "?")
	return b.send(where, at.filled(changes...)...)
}

// record reads a record as the server has it.
func (o *office) record(id uuid.UUID) (r store.Record) {
	o.t.Helper()
	err := o.srv.Store.Read(o.t.Context(), func(tx *store.Tx) (err error) {
		r, err = tx.Record(o.t.Context(), id)
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return r
}

// holds fails unless a field of a record is shown with a value.
func (o *office) holds(id uuid.UUID, field string, want syncproto.Value) {
	o.t.Helper()
	if got := o.record(id).Value(field); got != want {
		o.t.Errorf("%s is %s, want %s", field, got, want)
	}
}

func (o *office) household(area uuid.UUID, name string) uuid.UUID {
	o.t.Helper()
	return o.save("households", map[string]any{
		"head_name": name, "status": "idp", "area": area, "phone": "060 000 111", "notes": "one\ntwo", "displaced_on": "1999-06-20",
		"position": map[string]any{"lat": 43.7233, "lon": 20.687, "accuracy": 12, "source": "gps"},
	})
}

// tablet is a device of an area that has all of it.
func (o *office) tablet(area uuid.UUID) *clientlib.Store {
	o.t.Helper()
	s, err := clientlib.Create(o.t.Context(), filepath.Join(o.t.TempDir(), "tablet.db"), "4711-4711", clientlib.Options{})
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			o.t.Error(err)
		}
	})
	made, err := o.srv.Accounts.Invite(o.t.Context(), o.admin, o.admin, "tablet", []uuid.UUID{area})
	if err != nil {
		o.t.Fatal(err)
	}
	if err := s.Enrol(o.t.Context(), o.url, made.Code, ""); err != nil {
		o.t.Fatal(err)
	}
	o.sync(s)
	return s
}

func (o *office) sync(s *clientlib.Store) {
	o.t.Helper()
	if result, err := s.Sync(o.t.Context(), nil); err != nil || !result.Safe {
		o.t.Fatalf("after a sync: %+v, %v", result, err)
	}
}

func TestARecordIsMadeAndEditedAtTheOffice(t *testing.T) {
	o := newOffice(t)
	b := o.as("ana")
	at := b.get("/records/households/new")
	id := regexp.MustCompile(`name="id" value="([^"]+)"`).FindStringSubmatch(at.body)[1]
	made := at.filled("f.head_name", "  Ljubica Đorđević ", "f.status", "returnee", "f.area", o.a.String(), "f.consent_on", "2020-04-30")
	b.send("/records/households/new", made...).shows(t, "Saved.")
	b.send("/records/households/new", made...).shows(t, "Saved.")
	household := uuid.MustParse(id)
	o.holds(household, "head_name", `"Ljubica Đorđević"`)
	o.holds(household, "consent_on", `"2020-04-30"`)
	if r := o.record(household); r.Area != o.a || len(r.State["head_name"].Heads) != 1 || len(r.State) != 4 {
		t.Errorf("the record is %+v", r)
	}
	b.fill("/records/households/"+id, "f.phone", "061 1").shows(t, "Saved.")
	r := o.record(household)
	if r.Value("phone") != `"061 1"` || r.State["phone"].Heads[0].Version == r.State["head_name"].Heads[0].Version {
		t.Errorf("after an edit of the phone the record is %+v", r.State)
	}
}

func TestWhatIsThereAlreadyIsNotMadeAnew(t *testing.T) {
	o := newOffice(t)
	b := o.as("cora")
	at := b.get("/records/households/new")
	made := at.filled("f.head_name", "Ljubica", "f.status", "idp", "f.area", o.a.String(), "f.phone", "060", "f.notes", "one\r\ntwo", "f.position", "43,5")
	places := append(made, "f.position", "20.5", "f.position", "")
	id := regexp.MustCompile(`name="id" value="([^"]+)"`).FindStringSubmatch(at.body)[1]
	b.send("/records/households/new", places...).shows(t, "Saved.")
	b.send("/records/households/new", places...).shows(t, "Saved.")
	before := o.record(uuid.MustParse(id)).Seq
	for field, value := range map[string]string{"f.phone": "061", "f.notes": "", "f.status": "king"} {
		other := b.send("/records/households/new", at.filled("f.head_name", "Ljubica", "f.status", "idp", "f.area", o.a.String(), "f.phone", "060", field, value)...)
		if other.shows(t, "It is there already, with other values"); !strings.HasPrefix(other.path, "/records/households/"+id) {
			t.Errorf("%s %q leads to %s", field, value, other.path)
		}
	}
	if after := o.record(uuid.MustParse(id)).Seq; after != before {
		t.Error("the record has changed")
	}
	for what, id := range map[string]uuid.UUID{"a household out of reach": o.household(o.b, "Hidden"), "an area": o.a} {
		got := b.send("/records/households/new", at.filled("id", id.String(), "f.head_name", "x", "f.status", "idp", "f.area", o.a.String())...)
		if got.hides(t, "Hidden"); got.status != http.StatusNotFound {
			t.Errorf("the id of %s is answered %d", what, got.status)
		}
	}
}

func TestAFormThatNobodyChangedChangesNothing(t *testing.T) {
	o := newOffice(t)
	household := o.household(o.a, "Ana")
	person := o.save("people", map[string]any{"household": household, "name": "Petar", "sex": "male", "birth_year": 1974})
	project := o.save("projects", map[string]any{"code": "P1", "title": "Houses"})
	kind := o.save("assistance_types", map[string]any{"code": "H", "name": "House", "category": "housing", "limit_per_household": 1, "durable_housing": true})
	delivery := o.save("deliveries", map[string]any{
		"household": household, "person": person, "project": project, "assistance_type": kind, "quantity": 1, "delivered_at": 1588255500123,
		"proofs": map[string]any{"signature": "abc"}, "worker": o.admin,
	})
	b := o.as("ana")
	for path, id := range map[string]uuid.UUID{"households": household, "people": person, "projects": project, "assistance_types": kind, "deliveries": delivery, "areas": o.a} {
		before := o.record(id)
		b.fill("/records/"+path+"/"+id.String()).shows(t, "Nothing was different")
		if after := o.record(id); after.Seq != before.Seq {
			t.Errorf("%s has changed: %+v, was %+v", path, after.State, before.State)
		}
	}
}

func TestEveryTypeOfFieldIsWrittenAndCleared(t *testing.T) {
	o := newOffice(t)
	b := o.as("ana")
	household := o.household(o.a, "Ana")
	at := "/records/households/" + household.String()
	b.send(at, b.get(at).filled("f.displaced_on", "21.6.1999.", "f.notes", "one\r\nthree", "f.merged_into", uuid.NewString())...).shows(t, "Saved.")
	o.holds(household, "displaced_on", `"1999-06-21"`)
	o.holds(household, "notes", `"one\nthree"`)
	o.holds(household, "merged_into", "")
	places := append(b.get(at).filled("f.position", "43,5"), "f.position", "20.5", "f.position", "")
	b.send(at, places...).shows(t, "Saved.")
	o.holds(household, "position", `{"lat":43.5,"lon":20.5,"source":"office"}`)
	b.fill(at, "f.displaced_on", "").shows(t, "Saved.")
	o.holds(household, "displaced_on", "null")

	activity := o.save("activities", map[string]any{"project": o.save("projects", map[string]any{"code": "P1", "title": "Houses"}), "area": o.a, "kind": "training", "title": "VET"})
	person := o.save("people", map[string]any{"household": household, "name": "Петар Ђорђевић", "document_number": "D-1"})
	part := o.save("participations", map[string]any{"activity": activity, "person": person})
	for _, attended := range []struct {
		raw  string
		want syncproto.Value
	}{{"true", syncproto.True}, {"false", syncproto.False}, {"", syncproto.Null}} {
		b.fill("/records/participations/"+part.String(), "f.attended", attended.raw)
		o.holds(part, "attended", attended.want)
	}
	visit := o.save("visits", map[string]any{"household": household, "visited_at": 1588255500123})
	b.fill("/records/visits/"+visit.String(), "f.visited_at", "2020-05-01T16:05", "f.purpose", "monitoring").shows(t, "Saved.")
	o.holds(visit, "purpose", `"monitoring"`)
	if o.record(visit).Value("visited_at") == "1588255500123" {
		t.Error("the moment of the visit has not changed")
	}
}

func TestWhatIsWrongIsSaidBesideTheField(t *testing.T) {
	o := newOffice(t)
	b := o.as("ana")
	household := o.household(o.a, "Ana")
	at := "/records/households/" + household.String()
	before := o.record(household).Seq
	for field, try := range map[string][2]string{
		"f.head_name":    {"", "This has to be filled in."},
		"f.displaced_on": {"yesterday", "A date, such as"},
		"f.position":     {"91", "Latitude and longitude"},
		"f.status":       {"king", "One of the choices."},
		"f.area":         {uuid.NewString(), "Something that is there"},
	} {
		got := b.fill(at, field, try[0], "f.phone", "typed & kept")
		if got.status != http.StatusUnprocessableEntity {
			t.Errorf("%s %q is answered %d", field, try[0], got.status)
		}
		got.shows(t, try[1])
		if !strings.Contains(got.body, `value="typed &amp; kept"`) {
			t.Errorf("with a wrong %s, what was typed elsewhere is gone", field)
		}
	}
	if after := o.record(household).Seq; after != before {
		t.Error("a form that was wrong changed the record")
	}
	b.fill("/records/areas/"+o.a.String(), "f.parent", o.a.String()).shows(t, "cannot be part of itself")
	o.save("projects", map[string]any{"code": "P1", "title": "Houses"})
	b.fill("/records/projects/new", "f.code", "P1", "f.title", "Others").shows(t, "has this code already")
	b.fill("/records/questionnaires/new", "f.code", "Q", "f.title", "Q", "f.version", "1", "f.questions", `{"a": {"type": "song"}}`).shows(t, `Each question needs a "type"`)
	b.fill("/records/entitlements/new").shows(t, "has to be filled in")
}

func TestWhatATabletChangedMeanwhileIsNotOverwritten(t *testing.T) {
	o := newOffice(t)
	household := o.household(o.a, "Ana")
	tablet := o.tablet(o.a)
	b := o.as("ana")
	at := "/records/households/" + household.String()
	open := b.get(at)

	r, err := tablet.Get(t.Context(), household)
	if err != nil {
		t.Fatal(err)
	}
	var form clientlib.Form
	form.Edit(r, map[string]any{"phone": "from the tablet", "address": "from the tablet"})
	if err := tablet.Save(t.Context(), &form); err != nil {
		t.Fatal(err)
	}
	o.sync(tablet)

	b.send(at, open.filled("f.phone", "from the office")...).shows(t, "Saved, and in conflict")
	after := o.record(household)
	if open := after.State.Conflicts(); len(open) != 1 || open[0] != "phone" {
		t.Errorf("in conflict are %v, want the phone alone", open)
	}
	o.holds(household, "address", `"from the tablet"`)
	b.get(at).shows(t, "in conflict")
}

func TestAFormCannotNameChangesThatAreYetToCome(t *testing.T) {
	o := newOffice(t)
	household, other := o.household(o.a, "Ana"), o.household(o.a, "Petar")
	b := o.as("ana")
	at := "/records/households/" + household.String()
	device := o.record(household).State["phone"].Heads[0].Version.Device
	for name, version := range map[string]string{
		"one that is yet to come": syncproto.Version{Device: device, N: 1000}.String(),
		"one of another record":   o.record(other).State["phone"].Heads[0].Version.String(),
		"nonsense":                "1:2:3",
	} {
		if got := b.fill(at, "base.phone", version, "f.phone", "new"); got.status < 400 {
			t.Errorf("a form that names %s is answered %d", name, got.status)
		}
	}
	o.holds(household, "phone", `"060 000 111"`)
}

func TestARecordIsDeletedAndBroughtBack(t *testing.T) {
	o := newOffice(t)
	household := o.household(o.a, "Ana")
	tablet := o.tablet(o.a)
	b := o.as("ana")
	at := "/records/households/" + household.String()
	b.get(at+"/delete").shows(t, "Delete this record?")
	b.fill(at+"/delete").shows(t, "Deleted. The values are kept")
	b.get(at).shows(t, "This record is deleted")
	if !o.record(household).Deleted {
		t.Error("the record is not deleted")
	}
	b.fill(at+"/delete").shows(t, "Brought back.")
	if o.record(household).Deleted {
		t.Error("the record is not brought back")
	}

	open := b.get(at + "/delete")
	r, err := tablet.Get(t.Context(), household)
	if err != nil {
		t.Fatal(err)
	}
	var form clientlib.Form
	form.Edit(r, map[string]any{"phone": "unseen"})
	if err := tablet.Save(t.Context(), &form); err != nil {
		t.Fatal(err)
	}
	o.sync(tablet)
	b.send(at+"/delete", open.filled()...)
	if conflicts := o.record(household).State.Conflicts(); len(conflicts) == 0 {
		t.Error("what a tablet wrote meanwhile is deleted without anybody having seen it")
	}
}

func TestADeletionThatIsSentTwiceIsDoneOnce(t *testing.T) {
	o := newOffice(t)
	household := o.household(o.a, "Ana")
	b := o.as("ana")
	at := "/records/households/" + household.String() + "/delete"
	for _, deleted := range []bool{true, false} {
		asked := b.get(at).filled()
		b.send(at, asked...)
		b.send(at, asked...).shows(t, "Nothing was different")
		if got := o.record(household).Deleted; got != deleted {
			t.Errorf("after what was sent twice, deleted is %t", got)
		}
	}
	if got := b.fill(at, "deed", ""); got.status != http.StatusConflict || o.record(household).Deleted {
		t.Errorf("a form that does not say what was asked is answered %d", got.status)
	}
}

func TestADeliveryIsCancelledAndNotDeleted(t *testing.T) {
	o := newOffice(t)
	household := o.household(o.a, "Ana")
	delivery := o.save("deliveries", map[string]any{
		"household": household, "quantity": 1, "delivered_at": 1588255500123,
		"project":         o.save("projects", map[string]any{"code": "P1", "title": "Houses"}),
		"assistance_type": o.save("assistance_types", map[string]any{"code": "H", "name": "House", "category": "housing"}),
	})
	b := o.as("ana")
	at := "/records/deliveries/" + delivery.String()
	page := b.get(at)
	page.shows(t, "never deleted")
	page.hides(t, at+"/delete")
	if got := b.send(at + "/delete"); got.status != http.StatusForbidden {
		t.Errorf("the deletion of a delivery is answered %d", got.status)
	}
	b.fill(at, "f.cancelled_why", "counted twice").shows(t, "Saved.")
	o.holds(delivery, "cancelled_why", `"counted twice"`)
}

func TestAnAreaThatHoldsSomethingIsNotDeleted(t *testing.T) {
	o := newOffice(t)
	o.household(o.a, "Ana")
	b := o.as("ana")
	at := "/records/areas/" + o.a.String() + "/delete"
	b.get(at).shows(t, "Nothing is deleted as long as")
	if got := b.send(at); got.status != http.StatusUnprocessableEntity || o.record(o.a).Deleted {
		t.Errorf("the deletion of an area with a household is answered %d", got.status)
	}
	empty := o.save("areas", map[string]any{"name": "Empty", "level": "settlement"})
	b.fill("/records/areas/" + empty.String() + "/delete")
	if !o.record(empty).Deleted {
		t.Error("an empty area is not deleted")
	}
}

func TestACoordinatorWritesInTheOwnAreasOnly(t *testing.T) {
	o := newOffice(t)
	own, foreign := o.household(o.a, "Ana"), o.household(o.b, "Hidden-Head")
	person := o.save("people", map[string]any{"household": own, "name": "Petar"})
	b := o.as("cora")
	for _, path := range []string{
		"/records/households/" + foreign.String(), "/records/households/" + foreign.String() + "/delete", "/records/areas/" + o.a.String(),
		"/records/areas/new", "/records/projects/new", "/records/assistance_types/new", "/records/questionnaires/new", "/records/indicators/new", "/records/targets/new",
	} {
		for _, at := range []page{b.get(path), b.send(path, "f.name", "x", "id", uuid.NewString())} {
			if at.status != http.StatusForbidden {
				t.Errorf("%s is answered %d", path, at.status)
			}
			at.hides(t, "Hidden-Head")
		}
	}
	at := "/records/households/" + own.String()
	page := b.get(at)
	page.hides(t, "Vranje")
	if got := b.send(at, page.filled("f.area", o.b.String())...); got.status < 400 || o.record(own).Area != o.a {
		t.Errorf("a household that is moved to another's area is answered %d", got.status)
	}
	if got := b.fill("/records/people/"+person.String(), "f.household", foreign.String()); got.status < 400 {
		t.Errorf("a person who is moved to another's household is answered %d", got.status)
	}
	stranger := o.save("people", map[string]any{"household": foreign, "name": "Hidden-Member"})
	if got := b.fill("/records/visits/new?household="+own.String(), "f.project", stranger.String()); got.status < 400 {
		t.Errorf("a visit on behalf of a person is answered %d", got.status)
	}
	owed := o.save("entitlements", map[string]any{
		"household": own, "quantity": 1, "status": "proposed", "project": o.save("projects", map[string]any{"code": "P1", "title": "Houses"}),
		"assistance_type": o.save("assistance_types", map[string]any{"code": "H", "name": "House", "category": "housing"}),
	})
	refused := b.fill("/records/entitlements/"+owed.String(), "f.person", stranger.String())
	if refused.hides(t, "Hidden-Member"); refused.status < 400 {
		t.Errorf("a person of another's area is named by an entitlement: %d", refused.status)
	}
	for _, search := range []string{"hidden", foreign.String()} {
		got := b.fill("/records/people/"+person.String(), "q.household", search)
		got.shows(t, "Nothing within your areas fits")
		got.hides(t, "Hidden-Head")
	}
	b.get("/records/people/new?household="+foreign.String()).hides(t, "Hidden-Head")
	made := b.fill("/records/households/new", "f.head_name", "New", "f.status", "idp", "f.area", o.b.String())
	if made.status < 400 {
		t.Errorf("a household that is made in another's area is answered %d", made.status)
	}
	if got := b.send("/records/households/new", "id", foreign.String(), "f.head_name", "Stolen", "f.area", o.a.String(), "f.status", "idp"); got.status < 400 {
		got.hides(t, "Hidden-Head")
	}
	o.holds(foreign, "head_name", `"Hidden-Head"`)
	b.fill(at, "f.phone", "061").shows(t, "Saved.")
	o.edit("households", own, map[string]any{"merged_into": foreign})
	shown := b.get(at)
	shown.hides(t, "Hidden-Head")
	shown.shows(t, "(in another area)")
}

func TestAReferenceNamesNobodyWhoIsNoSuchRecord(t *testing.T) {
	o := newOffice(t)
	own := o.household(o.a, "Ana")
	person := o.save("people", map[string]any{"household": own, "name": "Petar"})
	b := o.as("cora")
	at := "/records/people/" + person.String()
	device := o.sender("Hidden-Tablet", 0).id
	for what, id := range map[string]uuid.UUID{"a user": o.cvetko, "a device": device, "another kind of record": o.save("projects", map[string]any{"code": "P1", "title": "Hidden-Project"})} {
		got := b.fill(at, "f.household", id.String(), "q.household", "nobody")
		got.shows(t, "Nothing within your areas fits")
		for _, name := range []string{"Name of cvetko", "Hidden-Tablet", "Hidden-Project"} {
			if strings.Contains(got.body, name) {
				t.Errorf("the form names %s that is sent as a household", what)
			}
		}
	}
	b.fill(at, "f.household", own.String(), "q.household", "nobody").shows(t, "Ana")
}

func TestAReferenceIsFoundByNumberAndByName(t *testing.T) {
	o := newOffice(t)
	first := o.household(o.a, "Ana Anić")
	second := o.save("households", map[string]any{"head_name": "Петар Ђорђевић", "status": "idp", "area": o.a, "card_number": "KV-7"})
	person := o.save("people", map[string]any{"household": first, "name": "Mila"})
	b := o.as("cora")
	at := "/records/people/" + person.String()
	asked := b.fill(at, "q.household", "djordj petar")
	asked.shows(t, "Choose which one is meant")
	asked.shows(t, "Петар Ђорђевић")
	o.holds(person, "household", syncproto.Value(`"`+first.String()+`"`))
	b.send(at, asked.filled("f.household", second.String())...).shows(t, "Saved.")
	o.holds(person, "household", syncproto.Value(`"`+second.String()+`"`))
	b.fill(at, "f.household", first.String()).shows(t, "Saved.")
	b.fill(at, "q.household", "KV-7").shows(t, "Saved.")
	o.holds(person, "household", syncproto.Value(`"`+second.String()+`"`))
}

func TestWhatPeopleWriteIsShownAndNeverRun(t *testing.T) {
	o := newOffice(t)
	b := o.as("ana")
	for _, name := range []string{`<script>alert(1)</script>`, `=HYPERLINK("http://evil.example")`, `" onfocus="alert(1)`} {
		household := o.household(o.a, name)
		o.edit("areas", o.a, map[string]any{"name": name})
		at := "/records/households/" + household.String()
		for _, path := range []string{at, at + "/delete"} {
			got := b.get(path)
			got.hides(t, name)
			if !strings.Contains(html.UnescapeString(got.body), name) {
				t.Errorf("%s does not show %q", path, name)
			}
		}
		b.fill(at, "f.phone", name).shows(t, "Saved.")
	}
}

func TestWhatARecordBelongsToIsLookedForBeforeTheRestIsFilledIn(t *testing.T) {
	o := newOffice(t)
	h := o.family("Petar Petrović")
	o.family("Petra Petrović")
	ana, at := o.as("ana"), "/records/people/new"
	asked := ana.send(at, ana.get(at).filled("look", "1", "q.household", "petr", "f.phone", "061")...)
	if asked.status != http.StatusOK {
		t.Errorf("who looks for a household is answered %d", asked.status)
	}
	asked.shows(t, "Petar Petrović")
	asked.hides(t, "This has to be filled in")
	for _, typed := range []string{`value="petr"`, `value="061"`} {
		if !strings.Contains(asked.body, typed) {
			t.Errorf("the page has lost %s", typed)
		}
	}
	ana.send(at, asked.filled("look", "enter", "q.household", "nobody")...).shows(t, "Nothing within your areas fits")
	ana.send(at, asked.filled("f.household", h.String(), "f.name", "Ana")...).shows(t, "Saved.")
}

func TestARecordWithoutANameIsCalledByItsKindOnce(t *testing.T) {
	o := newOffice(t)
	visit := o.save("visits", map[string]any{"household": o.family("Mira Mirić"), "visited_at": 5})
	ana, at := o.as("ana"), "/records/visits/"+visit.String()
	ana.get(at).shows(t, "Visit: Mira Mirić · Satchel")
	ana.get(at).hides(t, "Visit: Visit")
	ana.get(at+"/history").shows(t, "History: Visit: Mira Mirić")
	ana.get(at+"/history").shows(t, "Name of ana the office")
}

func TestWhatAQuestionIsAboutIsForTheReviewToSay(t *testing.T) {
	o := newOffice(t)
	h := o.family("Mira Mirić")
	question := o.save("questions", map[string]any{"household": h, "about": h, "about_collection": "households", "field": "phone", "text": "Which phone?"})
	ana, at := o.as("ana"), "/records/questions/"+question.String()
	if got := ana.get("/records/questions/new"); got.status != http.StatusNotFound {
		t.Errorf("a question about nothing can be asked: %d", got.status)
	}
	p := ana.get(at)
	p.shows(t, "Kind of record Household")
	for _, field := range []string{"household", "about", "about_collection", "field"} {
		p.hides(t, `name="f.`+field+`"`)
	}
	ana.fill(at, "f.answer", "the second").shows(t, "Saved.")
	o.holds(question, "answer", `"the second"`)
	o.holds(question, "about", syncproto.Value(`"`+h.String()+`"`))
}
