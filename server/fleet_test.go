package server_test

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/server"
	"satchel/server/internal/store/storetest"
	"satchel/syncproto"
)

// An office is a real server over real HTTP, with an administrator and two municipalities.
type office struct {
	t   *testing.T
	dir string
	// postgres names the database, "" if it is the file in dir.
	postgres string
	srv      *server.Server
	web      *httptest.Server
	admin    uuid.UUID
	a, b     uuid.UUID
	// mute has the server do what it is asked for, and break the link before it answers.
	mute atomic.Bool
	// ahead is how many nanoseconds the server's clock is ahead of the tablets'.
	ahead atomic.Int64
}

func newOffice(t *testing.T) *office {
	t.Helper()
	dir, database := storetest.Place(t)
	return newOfficeAt(t, server.Config{Dir: dir, Database: database})
}

// newOfficeAt gives an office that has its database at a place.
func newOfficeAt(t *testing.T, at server.Config) *office {
	t.Helper()
	o := &office{t: t, dir: at.Dir, postgres: at.Database, a: newID(t), b: newID(t)}
	o.open()
	t.Cleanup(o.stop)
	u, err := o.srv.Accounts.AddUser(t.Context(), uuid.Nil, server.NewUser{Login: "ana", Name: "Ana", Role: "administrator", Password: "long enough"})
	if err != nil {
		t.Fatal(err)
	}
	o.admin = u.ID
	for id, name := range map[uuid.UUID]string{o.a: "Kraljevo", o.b: "Vranje"} {
		o.save("areas", id, map[string]string{"name": name, "level": "municipality"})
	}
	return o
}

// open starts the server on its data directory, at the address that it had.
func (o *office) open() {
	o.t.Helper()
	srv, err := server.Open(o.t.Context(), server.Config{Dir: o.dir, Database: o.postgres, PasswordCost: server.PasswordCost{Memory: 8, Passes: 1}, Now: func() time.Time { return time.Now().Add(time.Duration(o.ahead.Load())) }})
	if err != nil {
		o.t.Fatal(err)
	}
	address := "127.0.0.1:0"
	if o.web != nil {
		address = o.web.Listener.Addr().String()
	}
	listener, err := (&net.ListenConfig{}).Listen(o.t.Context(), "tcp", address)
	if err != nil {
		o.t.Fatal(err)
	}
	o.srv, o.web = srv, &httptest.Server{Listener: listener, Config: &http.Server{Handler: o.answering(srv.Handler()), ReadHeaderTimeout: time.Minute}}
	o.web.Start()
}

// backup makes a backup.
func (o *office) backup() string {
	o.t.Helper()
	if o.postgres != "" {
		o.t.Skip("PostgreSQL has backups of its own")
	}
	path := filepath.Join(o.t.TempDir(), "backup.db")
	if err := o.srv.Store.Backup(o.t.Context(), path); err != nil {
		o.t.Fatal(err)
	}
	return path
}

// restore has an office that was stopped go back to a backup, and opens it.
func (o *office) restore(backup string) {
	o.t.Helper()
	if err := server.Restore(o.t.Context(), o.dir, backup); err != nil {
		o.t.Fatal(err)
	}
	o.open()
}

func (o *office) answering(whole http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !o.mute.Load() {
			whole.ServeHTTP(w, r)
			return
		}
		whole.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	})
}

// stop stops the server, if it runs, and closes its data directory.
func (o *office) stop() {
	o.t.Helper()
	if o.srv == nil {
		return
	}
	o.web.Close()
	err := o.srv.Close()
	if o.srv = nil; err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) save(collection string, id uuid.UUID, fields map[string]string) {
	o.t.Helper()
	values := map[string]syncproto.Value{}
	for name, text := range fields {
		value, err := syncproto.ValueOf(text)
		if err != nil {
			o.t.Fatal(err)
		}
		values[name] = value
	}
	if _, err := o.srv.Engine.Save(o.t.Context(), o.admin, []server.OfficeEdit{{Collection: collection, Record: id, Fields: values}}); err != nil {
		o.t.Fatal(err)
	}
}

func newID(t *testing.T) uuid.UUID {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

const pin = "4711-4711"

// tablet makes a store and enrols it for areas.
func (o *office) tablet(name string, areas ...uuid.UUID) *clientlib.Store {
	o.t.Helper()
	return o.tabletWith(clientlib.Options{}, name, areas...)
}

// astray gives a tablet whose clock is ahead, by as many nanoseconds as the number is set to.
func (o *office) astray(name string, areas ...uuid.UUID) (*clientlib.Store, *atomic.Int64) {
	o.t.Helper()
	ahead := &atomic.Int64{}
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	return o.tabletWith(clientlib.Options{Clock: now}, name, areas...), ahead
}

func (o *office) tabletWith(options clientlib.Options, name string, areas ...uuid.UUID) *clientlib.Store {
	o.t.Helper()
	s, err := clientlib.Create(o.t.Context(), filepath.Join(o.t.TempDir(), name+".db"), pin, options)
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			o.t.Error(err)
		}
	})
	o.enrol(s, name, areas...)
	return s
}

func (o *office) enrol(s *clientlib.Store, name string, areas ...uuid.UUID) {
	o.t.Helper()
	made, err := o.srv.Accounts.Invite(o.t.Context(), o.admin, o.admin, name, areas)
	if err != nil {
		o.t.Fatal(err)
	}
	if err := s.Enrol(o.t.Context(), o.web.URL, made.Code, ""); err != nil {
		o.t.Fatal(err)
	}
}

// A meantime is a link over which something happens once between an answer to one address and its arrival.
type meantime struct {
	path string
	do   func()
}

// RoundTrip makes a request.
func (m *meantime) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := http.DefaultTransport.RoundTrip(r)
	if do := m.do; do != nil && r.URL.Path == m.path {
		m.do = nil
		do()
	}
	return answer, err
}

// Who is enrolled again while its credentials are renewed has those of its new identity.
func TestCredentialsOfAFormerIdentityAreNotKept(t *testing.T) {
	o := newOffice(t)
	link := &meantime{path: "/api/v1/token"}
	s := o.tabletWith(clientlib.Options{HTTP: &http.Client{Transport: link}}, "one", o.a)
	mustSync(t, s)
	id := register(t, s, o.a, "Mira")
	o.ahead.Store(int64(2 * time.Hour)) // the access token has ended
	before := status(t, s).Device
	link.do = func() { o.enrol(s, "again", o.a) }
	if _, err := s.Sync(t.Context(), nil); link.do != nil {
		t.Fatalf("no credentials were renewed: %v", err)
	}
	mustSync(t, s)
	if after := status(t, s).Device; after == before {
		t.Error("the tablet has the identity that it had")
	}
	if history, err := o.srv.Engine.History(t.Context(), id); err != nil || len(history) != 1 {
		t.Errorf("of what it recorded before, the office has %+v, %v", history, err)
	}
}

// mustSync syncs to the end; the device has to be safe to take away then.
func mustSync(t *testing.T, tablets ...*clientlib.Store) {
	t.Helper()
	for _, s := range tablets {
		result, err := s.Sync(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if !result.Safe {
			t.Fatalf("after a sync: %+v, want safe", result)
		}
	}
}

// register saves a household and gives its id.
func register(t *testing.T, s *clientlib.Store, area uuid.UUID, name string) uuid.UUID {
	t.Helper()
	var form clientlib.Form
	r := form.Create("households", map[string]any{"head_name": name, "status": "idp", "area": area, "phone": "060 000 111", "address": "Main 1"})
	if err := s.Save(t.Context(), &form); err != nil {
		t.Fatal(err)
	}
	return r.ID
}

// edit sets fields of a record as it is shown on the tablet.
func edit(t *testing.T, s *clientlib.Store, id uuid.UUID, fields map[string]any) {
	t.Helper()
	r, err := s.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var form clientlib.Form
	form.Edit(r, fields)
	if err := s.Save(t.Context(), &form); err != nil {
		t.Fatal(err)
	}
}

func shown(t *testing.T, s *clientlib.Store, id uuid.UUID, field string) string {
	t.Helper()
	r, err := s.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r.Text(field)
}

func TestTwoTabletsEditOneHousehold(t *testing.T) {
	o := newOffice(t)
	one, other := o.tablet("one", o.a), o.tablet("other", o.a)
	household := register(t, one, o.a, "Милица Ђорђевић")
	mustSync(t, one, other)

	edit(t, one, household, map[string]any{"phone": "060 222"})
	edit(t, other, household, map[string]any{"address": "New 5"})
	mustSync(t, other, one, other)
	for _, s := range []*clientlib.Store{one, other} {
		if phone, address := shown(t, s, household, "phone"), shown(t, s, household, "address"); phone != "060 222" || address != "New 5" {
			t.Errorf("shown: %q and %q, want both edits", phone, address)
		}
	}

	edit(t, one, household, map[string]any{"phone": "060 333"})
	edit(t, other, household, map[string]any{"phone": "060 444"})
	mustSync(t, one, other, one)
	open, err := o.srv.Engine.Conflicts(t.Context(), 0, 10)
	if err != nil || len(open) != 1 {
		t.Fatalf("open conflicts: %+v, %v; want one", open, err)
	}
	winner, loser := open[0].Sides[0], open[0].Sides[1]
	if winner.Before != `"060 222"` || loser.Before != `"060 222"` || winner.DeviceName == loser.DeviceName || loser.AuthorName != "Ana" {
		t.Errorf("the sides %+v and %+v: want who, on which device, and what was before", winner, loser)
	}
	told := 0
	for _, s := range []*clientlib.Store{one, other} {
		items, err := s.Attention(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range items {
			if item.Kind == clientlib.KindOvertaken && item.Own == loser.Value && item.Shown == winner.Value {
				told++
			}
		}
	}
	if told != 1 {
		t.Errorf("%d tablets tell their worker of the overtaken edit, want the one that lost", told)
	}

	heads := []syncproto.Version{winner.Version, loser.Version}
	settled, err := o.srv.Engine.Settle(t.Context(), o.admin, household, "phone", `"060 555"`, heads, "called")
	if err != nil {
		t.Fatal(err)
	}
	mustSync(t, one, other)
	if a, b := shown(t, one, household, "phone"), shown(t, other, household, "phone"); a != "060 555" || b != "060 555" {
		t.Errorf("after settling: %q and %q", a, b)
	}
	if _, err := o.srv.Engine.Undo(t.Context(), o.admin, settled.Version(), ""); err != nil {
		t.Fatal(err)
	}
	mustSync(t, one, other)
	if a, b := shown(t, one, household, "phone"), shown(t, other, household, "phone"); a != winner.Value.Text() || b != a {
		t.Errorf("after undoing: %q and %q, want %s", a, b, winner.Value)
	}
}

// TestAnOlderBackupLosesNothingThatATabletHas restores a backup that knows neither the second tablet
// nor what both recorded since.
func TestAnOlderBackupLosesNothingThatATabletHas(t *testing.T) {
	o := newOffice(t)
	first := o.tablet("first", o.a)
	known := register(t, first, o.a, "Known to the backup")
	mustSync(t, first)
	backup := o.backup()
	late := o.tablet("late", o.a)
	mustSync(t, late)
	edit(t, first, known, map[string]any{"phone": "060 999"})
	mustSync(t, first, late)
	var lost []uuid.UUID
	for _, s := range []*clientlib.Store{first, late} {
		lost = append(lost, register(t, s, o.a, "Not in the backup"))
	}
	edit(t, late, known, map[string]any{"notes": "seen"})
	mustSync(t, first, late, first)

	o.stop()
	o.restore(backup)
	if err := late.Enrol(t.Context(), o.web.URL, "0000-0000-0000", ""); err == nil {
		t.Fatal("a wrong code enrolled a tablet")
	}
	made, err := o.srv.Accounts.Invite(t.Context(), o.admin, o.admin, "late", []uuid.UUID{o.a})
	if err != nil {
		t.Fatal(err)
	}
	// A tablet that the backup does not know is enrolled again; the other just comes.
	if err := late.Enrol(t.Context(), o.web.URL, made.Code, ""); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := first.Sync(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		mustSync(t, late)
	}
	mustSync(t, first)
	for _, s := range []*clientlib.Store{first, late} {
		for _, id := range lost {
			if got := shown(t, s, id, "head_name"); got != "Not in the backup" {
				t.Errorf("a household that was recorded after the backup: %q", got)
			}
		}
		if phone, notes := shown(t, s, known, "phone"), shown(t, s, known, "notes"); phone != "060 999" || notes != "seen" {
			t.Errorf("edits after the backup: %q and %q", phone, notes)
		}
	}
}

// TestATabletThatIsEnrolledAgainBringsEverythingOnce loses the answer to a sync, and then the tablet's
// credentials; later the server goes back to a backup that knows neither of its identities' changes.
func TestATabletThatIsEnrolledAgainBringsEverythingOnce(t *testing.T) {
	o := newOffice(t)
	s := o.tablet("tablet", o.a)
	mustSync(t, s)
	backup := o.backup()
	id := register(t, s, o.a, "Recorded before")
	o.loseAnswer(s)
	o.enrol(s, "tablet", o.a)
	edit(t, s, id, map[string]any{"phone": "060 999"})
	mustSync(t, s)
	once := func() {
		t.Helper()
		history, err := o.srv.Engine.History(t.Context(), id)
		if err != nil || len(history) != 2 || history[0].Device == history[1].Device {
			t.Errorf("the history has %d changes, %v; want two, of two identities: %+v", len(history), err, history)
		}
		if phone := shown(t, s, id, "phone"); phone != "060 999" {
			t.Errorf("shown: %q", phone)
		}
	}
	once()
	o.stop()
	o.restore(backup)
	o.enrol(s, "tablet", o.a)
	mustSync(t, s)
	once()
}

// loseAnswer has a tablet sync, and keeps the server's answer from it.
func (o *office) loseAnswer(s *clientlib.Store) {
	o.t.Helper()
	o.mute.Store(true)
	if _, err := s.Sync(o.t.Context(), nil); !errors.Is(err, clientlib.ErrLink) {
		o.t.Fatalf("a sync whose answer was lost: %v", err)
	}
	o.mute.Store(false)
}

func TestATabletsFilesTellNothing(t *testing.T) {
	o := newOffice(t)
	dir := t.TempDir()
	s, err := clientlib.Create(t.Context(), filepath.Join(dir, "tablet.db"), pin, clientlib.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o.enrol(s, "tablet", o.a)
	id := register(t, s, o.a, "Secretname")
	mustSync(t, s)
	edit(t, s, id, map[string]any{"notes": "Secretnote"})
	look := func() {
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			text, err := os.ReadFile(filepath.Join(dir, f.Name()))
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{"Secretname", "060 000 111", "Secretnote", "Ana", "Kraljevo"} {
				if bytes.Contains(text, []byte(secret)) {
					t.Errorf("%s holds %q in the clear", f.Name(), secret)
				}
			}
		}
	}
	look()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	look()
}

func TestARescueFileBringsWhatATabletCannot(t *testing.T) {
	o := newOffice(t)
	broken, other := o.tablet("broken", o.a), o.tablet("other", o.a)
	mustSync(t, broken, other)
	id := register(t, broken, o.a, "Rescued")
	var file bytes.Buffer
	if _, err := broken.WriteRescue(t.Context(), &file, "a passphrase of the office", false); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(file.String(), "Rescued") {
		t.Error("the rescue file is not encrypted")
	}
	var requests []syncproto.Request
	err := syncproto.ReadRescue(&file, "a passphrase of the office", func(r syncproto.Request) error {
		requests = append(requests, r)
		return nil
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := o.srv.Engine.TakeRescue(t.Context(), o.admin, requests); err != nil {
			t.Fatal(err)
		}
	}
	mustSync(t, other)
	if got := shown(t, other, id, "head_name"); got != "Rescued" {
		t.Errorf("the other tablet shows %q", got)
	}
	mustSync(t, broken)
	history, err := o.srv.Engine.History(t.Context(), id)
	if err != nil || len(history) != 1 {
		t.Errorf("the change is in history %d times, %v; want once", len(history), err)
	}
}
