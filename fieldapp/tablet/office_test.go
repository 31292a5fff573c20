package tablet_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/fieldapp/tablet"
	"satchel/server"
	"satchel/syncproto"
)

const pin = "246810"

// The tablet's program is bundled once, into a place that is there as long as the tests are.
var (
	place   string
	program = sync.OnceValues(func() (tablet.Program, error) { return tablet.Build("..", place) })
)

func TestMain(m *testing.M) {
	var err error
	if place, err = os.MkdirTemp("", "satchel-tablet-"); err != nil {
		panic(err)
	}
	m.Run()
	_ = os.RemoveAll(place) // it is in a place for such things
}

// An office is a real server over real HTTP, with an administrator, a worker and two municipalities.
type office struct {
	t             *testing.T
	dir           string
	srv           *server.Server
	web           *httptest.Server
	admin, worker uuid.UUID
	a, b          uuid.UUID
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, dir: t.TempDir(), a: newID(t), b: newID(t)}
	o.open()
	t.Cleanup(o.stop)
	o.admin = o.addUser(uuid.Nil, server.NewUser{Login: "ana", Name: "Ana", Role: "administrator", Password: "long enough"})
	for id, name := range map[uuid.UUID]string{o.a: "Kraljevo", o.b: "Vranje"} {
		o.save("areas", id, map[string]any{"name": name, "level": "municipality"})
	}
	o.worker = o.addUser(o.admin, server.NewUser{Login: "mila", Name: "Mila Milić", Role: "worker", Areas: []uuid.UUID{o.a, o.b}})
	return o
}

func (o *office) addUser(actor uuid.UUID, user server.NewUser) uuid.UUID {
	o.t.Helper()
	u, err := o.srv.Accounts.AddUser(o.t.Context(), actor, user)
	if err != nil {
		o.t.Fatal(err)
	}
	return u.ID
}

// open starts the server on its data directory, at the address that it had.
func (o *office) open() {
	o.t.Helper()
	srv, err := server.Open(o.t.Context(), server.Config{Dir: o.dir, PasswordCost: server.PasswordCost{Memory: 8, Passes: 1}})
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
	o.srv, o.web = srv, &httptest.Server{Listener: listener, Config: &http.Server{Handler: srv.Handler(), ReadHeaderTimeout: time.Minute}}
	o.web.Start()
}

func (o *office) stop() {
	o.t.Helper()
	o.web.Close()
	if err := o.srv.Close(); err != nil {
		o.t.Fatal(err)
	}
}

// backup makes a backup, and gives what goes back to it.
func (o *office) backup() (restore func()) {
	o.t.Helper()
	path := filepath.Join(o.t.TempDir(), "backup.db")
	if err := o.srv.Store.Backup(o.t.Context(), path); err != nil {
		o.t.Fatal(err)
	}
	return func() {
		o.t.Helper()
		o.stop()
		if err := server.Restore(o.t.Context(), o.dir, path); err != nil {
			o.t.Fatal(err)
		}
		o.open()
	}
}

func (o *office) save(collection string, id uuid.UUID, fields map[string]any) {
	o.t.Helper()
	if _, err := o.srv.Engine.Save(o.t.Context(), o.admin, []server.OfficeEdit{{Collection: collection, Record: id, Fields: values(o.t, fields)}}); err != nil {
		o.t.Fatal(err)
	}
}

func values(t *testing.T, fields map[string]any) map[string]syncproto.Value {
	t.Helper()
	out := map[string]syncproto.Value{}
	for name, x := range fields {
		value, err := syncproto.ValueOf(x)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = value
	}
	return out
}

func newID(t *testing.T) uuid.UUID {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (o *office) invite(areas ...uuid.UUID) string {
	o.t.Helper()
	invitation, err := o.srv.Accounts.Invite(o.t.Context(), o.admin, o.worker, "Tablet", areas)
	if err != nil {
		o.t.Fatal(err)
	}
	return invitation.Code
}

// knows reports whether the office has a household, and its phone number if so.
func (o *office) knows(household string) (phone string, known bool) {
	o.t.Helper()
	history, err := o.srv.Engine.History(o.t.Context(), uuid.MustParse(household))
	if err != nil {
		o.t.Fatal(err)
	}
	for _, e := range history {
		if v, ok := e.Fields["phone"]; ok {
			phone = v.Text()
		}
	}
	return phone, len(history) > 0
}

// goDevice gives a device of clientlib that has synced once.
func (o *office) goDevice(areas ...uuid.UUID) *clientlib.Store {
	o.t.Helper()
	s, err := clientlib.Create(o.t.Context(), filepath.Join(o.t.TempDir(), "device.db"), pin,
		clientlib.Options{PINCost: clientlib.PINCost{Memory: 8, Passes: 1, Threads: 1}})
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { s.Close() })
	if err := s.Enrol(o.t.Context(), o.web.URL, o.invite(areas...), ""); err != nil {
		o.t.Fatal(err)
	}
	syncGo(o.t, s)
	return s
}

func syncGo(t *testing.T, s *clientlib.Store) {
	t.Helper()
	if result, err := s.Sync(t.Context(), nil); err != nil || !result.Safe {
		t.Fatalf("the device of clientlib syncs: %+v, %v", result, err)
	}
}

// A trap breaks the link at one request; it is set by how many more go through.
type trap struct {
	left atomic.Int64
	// where is whether the request gets there, and how much of the answer comes back: none of it, half of it.
	where  string
	sprung atomic.Bool
	// meantime, if not nil, is called once between the answer to a request for new tokens and its arrival.
	meantime func()
}

var errCut = errors.New("the link was cut")

// RoundTrip makes a round trip.
func (x *trap) RoundTrip(r *http.Request) (*http.Response, error) {
	if do := x.meantime; do != nil && r.URL.Path == "/api/v1/token" {
		x.meantime = nil
		defer do()
	}
	if x.left.Add(-1) != -1 {
		return http.DefaultTransport.RoundTrip(r)
	}
	x.sprung.Store(true)
	if x.where == "before" {
		return nil, errCut
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if x.where == "after" {
		res.Body.Close()
		return nil, errCut
	}
	res.Body = &half{ReadCloser: res.Body, left: 100}
	return res, nil
}

// A half breaks off.
type half struct {
	io.ReadCloser
	left int
}

// Read reads until it breaks off.
func (h *half) Read(p []byte) (int, error) {
	if h.left == 0 {
		return 0, errCut
	}
	n, err := h.ReadCloser.Read(p[:min(len(p), h.left)])
	h.left -= n
	return n, err
}

// A device is a tablet under test.
type device struct {
	t     *testing.T
	world tablet.World
	*tablet.Tablet
	trap  *trap
	ahead *atomic.Int64
}

// start starts a tablet that has what an image holds.
func start(t *testing.T, o *office, seed uint32, image tablet.Image) *device {
	t.Helper()
	p, err := program()
	if errors.Is(err, tablet.ErrNone) && os.Getenv("SATCHEL_CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	d := &device{t: t, trap: &trap{}, ahead: &atomic.Int64{}}
	d.trap.left.Store(1 << 40)
	d.world = tablet.World{
		HTTP: &http.Client{Transport: d.trap}, URL: o.web.URL, Seed: [4]uint32{seed, 2, 3, 4}, Step: 3,
		Clock: func() time.Time { return time.Now().Add(time.Duration(d.ahead.Load())) },
	}
	if d.Tablet, err = tablet.Start(context.WithoutCancel(t.Context()), p, d.world, image); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// enrolled gives a tablet that has those areas, and has synced once.
func enrolled(t *testing.T, o *office, seed uint32, areas ...uuid.UUID) *device {
	t.Helper()
	d := start(t, o, seed, nil)
	d.call(nil, "enrol", o.invite(areas...), pin)
	d.sync()
	return d
}

// copied gives another tablet with the same store, in which the worker is logged in.
func (d *device) copied(o *office, seed uint32) *device {
	d.t.Helper()
	image, err := d.Image(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	other := start(d.t, o, seed, image)
	other.unlock(o)
	return other
}

func (d *device) unlock(o *office) {
	d.t.Helper()
	d.call(nil, "unlock", o.worker.String(), pin)
}

func (d *device) call(out any, method string, args ...any) {
	d.t.Helper()
	if err := d.Call(d.t.Context(), out, method, args...); err != nil {
		d.t.Fatalf("%s: %v", method, err)
	}
}

// result is what a sync came to.
type result struct {
	Changes  int  `json:"changes"`
	Records  int  `json:"records"`
	Complete bool `json:"complete"`
	Safe     bool `json:"safe"`
	Wiped    bool `json:"wiped"`
}

// sync syncs, and expects it to be complete and safe.
func (d *device) sync() (r result) {
	d.t.Helper()
	d.call(&r, "sync")
	if !r.Complete || !r.Safe {
		d.t.Fatalf("the sync came to %+v", r)
	}
	return r
}

// stored is a record as it is shown.
type stored struct {
	Collection string           `json:"collection"`
	ID         string           `json:"id"`
	Area       string           `json:"area"`
	Deleted    bool             `json:"deleted"`
	Fields     map[string]field `json:"fields"`
	Where      string           `json:"where"`
}

type field struct {
	Text     string   `json:"value"`
	Time     int64    `json:"time"`
	Pending  bool     `json:"pending"`
	Conflict bool     `json:"conflict"`
	Known    []string `json:"known"`
}

// household records a household, and gives its id.
func (d *device) household(area uuid.UUID, name string) string {
	d.t.Helper()
	return d.create("households", map[string]any{"head_name": name, "status": "idp", "area": area})
}

// create makes a record and saves it.
func (d *device) create(collection string, fields map[string]any) (id string) {
	d.t.Helper()
	d.call(&id, "newID")
	texts := map[string]string{}
	for n, v := range values(d.t, fields) {
		texts[n] = string(v)
	}
	d.call(nil, "save", map[string]any{"edits": []any{map[string]any{"kind": "create", "collection": collection, "id": id, "fields": texts}}})
	return id
}

func (d *device) get(id string) (r stored) {
	d.t.Helper()
	d.call(&r, "get", id)
	return r
}

// edit sets a field of a record as it is shown now.
func (d *device) edit(id, name string, x any) {
	d.t.Helper()
	d.editSeen(d.get(id), name, x)
}

func (d *device) editSeen(seen stored, name string, x any) {
	d.t.Helper()
	value := string(values(d.t, map[string]any{name: x})[name])
	edit := map[string]any{"kind": "edit", "record": seen, "fields": map[string]string{name: value}}
	d.call(nil, "save", map[string]any{"edits": []any{edit}})
}

// text gives a field as it is shown, as the text that the value is.
func (d *device) text(id, name string) string {
	d.t.Helper()
	return d.get(id).Fields[name].Text
}

// holds reports whether the tablet shows a record.
func (d *device) holds(id string) bool {
	d.t.Helper()
	var r stored
	err := d.Call(d.t.Context(), &r, "get", id)
	if err != nil && !errors.Is(err, &tablet.Failure{Code: "not-found"}) {
		d.t.Fatal(err)
	}
	return err == nil
}

// status is how a tablet is.
type status struct {
	Device       string `json:"device"`
	Unsent       int    `json:"unsent"`
	UnsentProofs int    `json:"unsentProofs"`
	Held         int    `json:"held"`
	Records      int    `json:"records"`
	ClockOffset  int64  `json:"clockOffset"`
	ClockOff     bool   `json:"clockOff"`
	Safe         bool   `json:"safe"`
	Revoked      bool   `json:"revoked"`
}

func (d *device) status() (s status) {
	d.t.Helper()
	d.call(&s, "status")
	return s
}

// attention is what a worker should know.
type attention struct {
	Kind   string `json:"kind"`
	Record string `json:"record"`
	Field  string `json:"field"`
	Code   string `json:"code"`
	Own    string `json:"own"`
	Shown  string `json:"shown"`
}

func (d *device) attention() (all []attention) {
	d.t.Helper()
	d.call(&all, "attention")
	return all
}
