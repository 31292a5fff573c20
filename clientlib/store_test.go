package clientlib_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/syncproto"
)

func TestAStoreOpensWithItsPINOnly(t *testing.T) {
	t.Parallel()
	d := newDevice(t)
	if _, err := clientlib.Open(t.Context(), d.path, "000000", d.options()); !errors.Is(err, clientlib.ErrWrongPIN) {
		t.Errorf("wrong PIN: %v", err)
	}
	if err := d.store.ChangePIN(t.Context(), "000000", "135791"); !errors.Is(err, clientlib.ErrWrongPIN) {
		t.Errorf("change with a wrong PIN: %v", err)
	}
	if err := d.store.ChangePIN(t.Context(), pin, "1"); !errors.Is(err, clientlib.ErrWeakPIN) {
		t.Errorf("change to a short PIN: %v", err)
	}
	former := d.salt()
	if err := d.store.ChangePIN(t.Context(), pin, "135791"); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{d.path, d.path + "-wal"} {
		if content, err := os.ReadFile(file); err != nil || bytes.Contains(content, former) {
			t.Errorf("%s still has what the old PIN opens, or %v", file, err)
		}
	}
	if _, err := clientlib.Open(t.Context(), d.path, pin, d.options()); !errors.Is(err, clientlib.ErrWrongPIN) {
		t.Errorf("the old PIN after a change: %v", err)
	}
	store, err := clientlib.Open(t.Context(), d.path, "135791", d.options())
	if err != nil {
		t.Fatal(err)
	}
	store.Close()
}

// salt gives what the PIN of the store is salted with.
func (d *device) salt() (salt []byte) {
	d.t.Helper()
	db, err := sql.Open("sqlite", "file:"+d.path)
	if err != nil {
		d.t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(d.t.Context(), "SELECT salt FROM vault").Scan(&salt); err != nil {
		d.t.Fatal(err)
	}
	return salt
}

func TestTryingAPINCostsMemoryAndTime(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	store, err := clientlib.Create(t.Context(), path, pin, clientlib.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(store.ChangePIN(t.Context(), pin, "135791"), store.Close()); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var memory, passes int
	if err := db.QueryRowContext(t.Context(), "SELECT memory, passes FROM vault").Scan(&memory, &passes); err != nil {
		t.Fatal(err)
	}
	is(t, "KiB", memory, 64*1024)
	is(t, "passes", passes, 3)
}

func TestOpeningWhatIsNoStoreSaysSo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "letter.txt")
	if err := os.WriteFile(text, []byte("Dear office, this is a letter and not a store. Yours, Milica."), 0o600); err != nil {
		t.Fatal(err)
	}
	other, third := &device{t: t, path: filepath.Join(dir, "other.db")}, &device{t: t, path: filepath.Join(dir, "third.db")}
	other.sql("CREATE TABLE t (x); PRAGMA user_version = 1")
	third.sql("CREATE TABLE t (x)")
	for _, path := range []string{filepath.Join(dir, "none.db"), dir, other.path, third.path} {
		if _, err := clientlib.Open(t.Context(), path, pin, clientlib.Options{}); !errors.Is(err, clientlib.ErrNoStore) {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
	}
	if _, err := clientlib.Open(t.Context(), text, pin, clientlib.Options{}); !errors.Is(err, clientlib.ErrDamaged) {
		t.Errorf("a text file was opened as a store: %v", err)
	}
	if _, err := clientlib.Create(t.Context(), text, pin, clientlib.Options{}); !errors.Is(err, clientlib.ErrExists) {
		t.Errorf("create over another file: %v", err)
	}
	if _, err := clientlib.Create(t.Context(), filepath.Join(dir, "new.db"), "1234", clientlib.Options{}); !errors.Is(err, clientlib.ErrWeakPIN) {
		t.Errorf("create with a short PIN: %v", err)
	}
}

// TestAStoreThatAPowerCutKeptFromBeingMade has what the steps of making a store leave.
func TestAStoreThatAPowerCutKeptFromBeingMade(t *testing.T) {
	t.Parallel()
	for what, begin := range map[string]string{"an empty file": "", "no table": "PRAGMA journal_mode = WAL", "no key": "DELETE FROM vault"} {
		d := &device{t: t, path: filepath.Join(t.TempDir(), "store.db"), link: goodLink(), clock: &atomic.Int64{}}
		if err := os.WriteFile(d.path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if what == "no key" {
			store, err := clientlib.Create(t.Context(), d.path, pin, d.options())
			if err != nil {
				t.Fatal(err)
			}
			store.Close()
		}
		d.sql(begin)
		if _, err := clientlib.Open(t.Context(), d.path, pin, d.options()); !errors.Is(err, clientlib.ErrNoStore) {
			t.Errorf("%s: opening it: %v", what, err)
		}
		store, err := clientlib.Create(t.Context(), d.path, pin, d.options())
		if err != nil {
			t.Fatalf("%s: making it: %v", what, err)
		}
		d.store = store
		d.reopen()
		d.store.Close()
	}
}

func TestAStoreOfANewerProgramIsRefused(t *testing.T) {
	t.Parallel()
	d := newDevice(t)
	d.store.Close()
	d.sql("PRAGMA user_version = 99")
	if _, err := clientlib.Open(t.Context(), d.path, pin, d.options()); !errors.Is(err, clientlib.ErrNewer) {
		t.Errorf("got %v", err)
	}
}

func TestTheStoresFilesShowNothingOfAnybody(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	h := &clientlib.Household{HeadName: "Marko Petrović", Status: "idp", Area: vranje, Phone: "+381637654321", Notes: "widower, asks for firewood"}
	d.put(h)
	d.put(&clientlib.Person{Household: h.ID, Name: "Jovana Petrović", DocumentNumber: "DOC-998877"})
	o.write(o.newID(), "households", map[string]any{"head_name": "Agim Krasniqi", "status": "returnee", "area": vranje, "phone": "+38344111222"})
	d.sync()
	d.setPhone(h.ID, "+381601112223")
	var f clientlib.Form
	f.Delete(d.get(h.ID).Record())
	d.save(&f)
	d.sync()
	secrets := []string{
		"Marko", "Petrovi", "637654321", "601112223", "firewood", "Jovana", "998877", "Agim", "Krasniqi", "44111222",
		"Milica", "Tablet 1", o.url, d.status().Device.String() + ":", "head_name",
	}
	for _, name := range []string{d.path, d.path + "-wal", d.path + "-shm"} {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range secrets {
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("%s shows %q", filepath.Base(name), secret)
			}
		}
	}
	info, err := os.Stat(d.path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file may be read by others: %v, %v", info.Mode(), err)
	}
}

func TestASealedPartOpensInItsPlaceOnly(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	a, b := d.household(vranje, "Ana"), d.household(vranje, "Branka")
	d.sync()
	d.sql("UPDATE records SET sealed = (SELECT sealed FROM records WHERE id = ?) WHERE id = ?", a.ID, b.ID)
	if _, err := d.store.Get(t.Context(), b.ID); !errors.Is(err, clientlib.ErrDamaged) {
		t.Errorf("got %v", err)
	}
}

func TestEveryTypedRecordHasTheFieldsOfItsCollection(t *testing.T) {
	t.Parallel()
	for _, x := range []any{
		clientlib.Area{},
		clientlib.Project{},
		clientlib.AssistanceType{},
		clientlib.Questionnaire{},
		clientlib.Household{},
		clientlib.Person{},
		clientlib.Visit{},
		clientlib.Entitlement{},
		clientlib.Delivery{},
		clientlib.Activity{},
		clientlib.Participation{},
		clientlib.Livelihood{},
		clientlib.Question{},
	} {
		typ := reflect.TypeOf(x)
		meta, _ := typ.FieldByName("Meta")
		collection, ok := syncproto.CollectionOf(meta.Tag.Get("satchel"))
		if !ok {
			t.Errorf("%s has no collection", typ)
		}
		var got, want []string
		for i := range typ.NumField() {
			if name, ok := typ.Field(i).Tag.Lookup("satchel"); ok && typ.Field(i).Name != "Meta" {
				got = append(got, name)
			}
		}
		for _, f := range collection.Fields {
			want = append(want, f.Name)
		}
		same(t, collection.Name, got, want)
	}
}

func TestATypedRecordComesBackAsItWasSaved(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	h := &clientlib.Household{
		HeadName: "Ana Đorđević", Status: "idp", Area: vranje, DisplacedOn: "1999-06-12",
		Position: &syncproto.Place{Lat: 42.5513, Lon: 21.9003, Accuracy: 8, Source: "gps"},
	}
	visit := &clientlib.Visit{VisitedAt: time.Date(2020, 4, 30, 8, 15, 0, 0, time.UTC), Answers: map[string]any{"rooms": 2.0, "heating": "wood"}}
	yes := true
	d.put(h)
	visit.Household = h.ID
	kind := &clientlib.AssistanceType{Code: "HOUSE", Name: "House", Category: "housing", LimitPerHousehold: 1.5, DurableHousing: &yes}
	d.put(visit, kind)
	d.sync()
	gotH := d.get(h.ID)
	gotV, err := clientlib.Get[clientlib.Visit](t.Context(), d.store, visit.ID)
	if err != nil {
		t.Fatal(err)
	}
	gotK, err := clientlib.Get[clientlib.AssistanceType](t.Context(), d.store, kind.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := clientlib.Get[clientlib.Visit](t.Context(), d.store, gotH.ID); !errors.Is(err, clientlib.ErrNotFound) {
		t.Errorf("a household read as a visit: %v", err)
	}
	gotH.Meta, gotV.Meta, gotK.Meta, h.Meta, visit.Meta, kind.Meta = clientlib.Meta{}, clientlib.Meta{}, clientlib.Meta{}, clientlib.Meta{}, clientlib.Meta{}, clientlib.Meta{}
	for _, pair := range [][2]any{{gotH, h}, {gotV, visit}, {gotK, kind}} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("got %+v, want %+v", pair[0], pair[1])
		}
	}
}

func TestListGivesWhatBelongsToARecordDirectlyOrThroughOthers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	village := o.newID()
	o.write(village, "areas", map[string]any{"name": "Korbevac", "level": "settlement", "parent": vranje})
	d := enrolled(t, o, vranje, kraljevo, village)
	a, b, c := d.household(vranje, "Ana"), d.household(village, "Branka"), d.household(kraljevo, "Vesna")
	person := &clientlib.Person{Household: b.ID, Name: "Luka"}
	d.put(person, &clientlib.Person{Household: c.ID, Name: "Mina"})
	project, kind := o.newID(), o.newID()
	d.put(&clientlib.Entitlement{Person: person.ID, Project: project, AssistanceType: kind, Quantity: 1, Status: "approved"})
	for round := range 2 {
		names := func(under clientlib.Meta) []string { return headNames(t, d, under) }
		same(t, fmt.Sprint("households in Vranje, round ", round), names(clientlib.Meta{ID: vranje}), []string{"Ana", "Branka"})
		same(t, "households in the village", names(clientlib.Meta{ID: village}), []string{"Branka"})
		same(t, "all households", names(clientlib.Meta{}), []string{"Ana", "Branka", "Vesna"})
		people, err := clientlib.List[clientlib.Person](t.Context(), d.store, vranje)
		if err != nil || len(people) != 1 || people[0].Name != "Luka" {
			t.Errorf("people in Vranje: %v, %v", people, err)
		}
		entitlements, err := clientlib.List[clientlib.Entitlement](t.Context(), d.store, b.ID)
		if err != nil || len(entitlements) != 1 {
			t.Errorf("entitlements of a household's member: %v, %v", entitlements, err)
		}
		d.sync()
	}
	areas, err := clientlib.List[clientlib.Area](t.Context(), d.store, vranje)
	if err != nil || len(areas) != 1 || areas[0].Name != "Korbevac" {
		t.Errorf("areas within Vranje: %v, %v", areas, err)
	}
	d.setPhone(a.ID, "1")
	d.setPhone(a.ID, "2")
	all, err := clientlib.List[clientlib.Household](t.Context(), d.store, vranje)
	if err != nil || all[0].Phone != "2" {
		t.Errorf("the later of two changes is not listed: %+v, %v", all, err)
	}
	moved := d.get(a.ID)
	moved.Area = kraljevo
	d.put(moved)
	same(t, "households in Vranje after one moved", headNames(t, d, clientlib.Meta{ID: vranje}), []string{"Branka"})
	var f clientlib.Form
	f.Delete(d.get(c.ID).Record())
	d.save(&f)
	same(t, "households after a deletion", headNames(t, d, clientlib.Meta{}), []string{"Ana", "Branka"})
}

// headNames lists households under a record, sorted by name.
func headNames(t *testing.T, d *device, under clientlib.Meta) (out []string) {
	t.Helper()
	all, err := clientlib.List[clientlib.Household](t.Context(), d.store, under.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range all {
		out = append(out, h.HeadName)
	}
	slices.Sort(out)
	return out
}

// A collection that the office has learnt of since is kept, and the digests agree.
func TestRecordsOfAnUnknownCollectionAreKept(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	id := uuid.Must(uuid.NewV7())
	o.write(id, "weather", map[string]any{"wind": 7, "said": "rain"})
	d.sync()
	d.reopen()
	o.write(id, "weather", map[string]any{"wind": 8})
	d.sync()
	r, err := d.store.Get(t.Context(), id)
	if err != nil || r.Collection != "weather" || r.Value("wind") != "8" || r.Text("said") != "rain" {
		t.Errorf("the device has %+v, %v; want the record as the office has it", r, err)
	}
	if list, err := d.store.List(t.Context(), "weather", uuid.Nil); err != nil || len(list) != 1 {
		t.Errorf("it lists %d, %v; want one", len(list), err)
	}
}
