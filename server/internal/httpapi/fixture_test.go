package httpapi_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server"
	"satchel/server/internal/store/storetest"
	"satchel/syncproto"
)

// password is everybody's who has one.
const password = "long enough for all"

// An office is a real server over real HTTP, with an administrator and two municipalities, a and b,
// that have nothing to do with each other. A test can set its clock and read its log.
type office struct {
	t   testing.TB
	dir string
	// postgres names the database, "" if it is the file in dir.
	postgres string
	db       *sql.DB // see database
	tables   string  // the query for their names
	srv      *server.Server
	// handler is what answers at url.
	handler http.Handler
	url     string
	log     journal
	ahead   atomic.Int64 // how far the server's clock is ahead, in ns
	admin   uuid.UUID
	a, b    uuid.UUID
}

func newOffice(t testing.TB) *office {
	t.Helper()
	dir, database := storetest.Place(t)
	o := &office{t: t, dir: dir, postgres: database, a: newID(t), b: newID(t)}
	srv, err := server.Open(t.Context(), server.Config{
		PasswordCost: server.PasswordCost{Memory: 8, Passes: 1},
		Dir:          o.dir, Database: o.postgres, Now: o.now, Log: slog.New(slog.NewJSONHandler(&o.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	o.srv, o.handler = srv, srv.Handler()
	web := httptest.NewServer(o.handler)
	o.url = web.URL
	t.Cleanup(func() {
		web.Close()
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
	o.admin = o.person("ana", "administrator", "")
	o.save("areas", o.a, map[string]any{"name": "Kraljevo", "level": "municipality"})
	o.save("areas", o.b, map[string]any{"name": "Vranje", "level": "municipality"})
	return o
}

// now is the server's clock.
func (o *office) now() time.Time { return time.Now().Add(time.Duration(o.ahead.Load())) }

// A journal keeps what a server logs.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps a line.
func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

// String gives all lines so far.
func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func newID(t testing.TB) uuid.UUID {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// values gives fields as a change holds them.
func values(t testing.TB, fields map[string]any) map[string]syncproto.Value {
	t.Helper()
	out := map[string]syncproto.Value{}
	for name, x := range fields {
		v, err := syncproto.ValueOf(x)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = v
	}
	return out
}

// save saves a record at the office.
func (o *office) save(collection string, id uuid.UUID, fields map[string]any) {
	o.t.Helper()
	edits := []server.OfficeEdit{{Collection: collection, Record: id, Fields: values(o.t, fields)}}
	if _, err := o.srv.Engine.Save(o.t.Context(), o.admin, edits); err != nil {
		o.t.Fatal(err)
	}
}

// person adds one; who has no password cannot log in.
func (o *office) person(login, role, password string, areas ...uuid.UUID) uuid.UUID {
	o.t.Helper()
	u, err := o.srv.Accounts.AddUser(o.t.Context(), o.admin, server.NewUser{
		Login: login, Name: "Name of " + login, Role: role, Password: password, Areas: areas,
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return u.ID
}

// client takes an answer as it is, wherever that sends it.
var client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// An answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// bytes gives all of it, as a thief of secrets would look through it.
func (a answer) bytes() string {
	var out strings.Builder
	if err := a.header.Write(&out); err != nil {
		return err.Error()
	}
	return out.String() + a.body
}

// problem gives the problem that the answer is, in the form of OData too; an empty one if it is none.
func (a answer) problem() (p syncproto.Problem) {
	var odata struct {
		Error struct {
			Code    syncproto.Code
			Message string
		}
	}
	if a.header.Get("OData-Version") != "" && json.Unmarshal([]byte(a.body), &odata) == nil {
		return syncproto.Problem{Code: odata.Error.Code, Detail: odata.Error.Message}
	}
	if a.header.Get("Content-Type") != syncproto.ProblemMediaType || json.Unmarshal([]byte(a.body), &p) != nil {
		return syncproto.Problem{}
	}
	return p
}

// into decodes the answer's JSON.
func (a answer) into(t testing.TB, x any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), x); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
}

// A call is a request to make.
type call struct {
	method, path string
	header       map[string]string
	body         io.Reader
}

// do makes a request. A media type is given only by the header.
// A call to a page may be answered with the address of another one, which is the answer.
func (o *office) do(c call) answer {
	o.t.Helper()
	req, err := http.NewRequestWithContext(o.t.Context(), c.method, o.url+c.path, c.body)
	if err != nil {
		o.t.Fatal(err)
	}
	for name, value := range c.header {
		req.Header.Set(name, value)
	}
	if c.header["Accept-Encoding"] == "" {
		req.Header.Set("Accept-Encoding", "identity")
	}
	res, err := client.Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.Header.Get("Content-Type") == "text/event-stream" { // it would go on for ever
		return answer{res.StatusCode, res.Header, ""}
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(body)}
}

// post posts JSON.
func (o *office) post(path string, header map[string]string, body any) answer {
	o.t.Helper()
	return o.do(jsonCall(o.t, http.MethodPost, path, header, body))
}

func jsonCall(t testing.TB, method, path string, header map[string]string, body any) call {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{"Content-Type": "application/json"}
	for name, value := range header {
		all[name] = value
	}
	return call{method, path, all, bytes.NewReader(text)}
}

// login gives the headers of somebody who logs in to the console.
func (o *office) login(login string) map[string]string {
	o.t.Helper()
	got := o.post("/api/v1/session", nil, map[string]string{"login": login, "password": password})
	var session struct {
		CSRF string `json:"csrf"`
	}
	if got.into(o.t, &session); got.status != http.StatusCreated {
		o.t.Fatalf("%s cannot log in: %d %s", login, got.status, got.body)
	}
	cookie, _, _ := strings.Cut(got.header.Get("Set-Cookie"), ";")
	return map[string]string{"Cookie": cookie, "X-CSRF-Token": session.CSRF}
}

// A tablet is the least that a device has to be: its credentials and the history that it has sent.
type tablet struct {
	o       *office
	id      uuid.UUID
	worker  uuid.UUID
	access  string
	refresh string
	tip     syncproto.Tip
}

// tablet enrols a device for areas, and hands it to a worker.
func (o *office) tablet(name string, worker uuid.UUID, areas ...uuid.UUID) *tablet {
	o.t.Helper()
	made, err := o.srv.Accounts.Invite(o.t.Context(), o.admin, worker, name, areas)
	if err != nil {
		o.t.Fatal(err)
	}
	got := o.post("/api/v1/enrol", nil, map[string]string{"code": made.Code})
	var in struct {
		Device          uuid.UUID
		Access, Refresh string
	}
	if got.into(o.t, &in); got.status != http.StatusCreated {
		o.t.Fatalf("%s cannot be enrolled: %d %s", name, got.status, got.body)
	}
	return &tablet{o: o, id: in.Device, worker: worker, access: in.Access, refresh: in.Refresh}
}

// bearer gives the headers of a sync.
func (d *tablet) bearer() map[string]string {
	return map[string]string{"Authorization": "Bearer " + d.access, "Content-Type": syncproto.MediaType}
}

// change makes the next change of the device, of a record that it has not seen.
func (d *tablet) change(collection string, record uuid.UUID, fields map[string]any) syncproto.Change {
	d.o.t.Helper()
	return syncproto.Change{
		N: d.tip.N + 1, Form: d.tip.N + 1, Collection: collection, Record: record, Author: d.worker,
		Claimed: d.o.now().UnixMilli(), Fields: values(d.o.t, fields),
	}
}

// household makes a change that registers one.
func (d *tablet) household(area uuid.UUID, name, phone string) syncproto.Change {
	d.o.t.Helper()
	return d.change("households", newID(d.o.t), map[string]any{
		"head_name": name, "status": "idp", "area": area, "phone": phone, "address": "Main 1",
	})
}

// request is a sync with a batch.
func (d *tablet) request(batch ...syncproto.Change) syncproto.Request {
	return syncproto.Request{
		Protocol: syncproto.CurrentProtocol, Device: d.id, Known: d.tip, Clock: d.o.now().UnixMilli(), Changes: batch,
	}
}

// encode writes a request as it travels.
func encode(t testing.TB, r syncproto.Request) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := syncproto.WriteRequest(&out, r); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// sync makes an exchange that has to be answered, and remembers what the server has.
func (d *tablet) sync(batch ...syncproto.Change) syncproto.Reply {
	d.o.t.Helper()
	got := d.o.do(call{http.MethodPost, "/api/v1/sync", d.bearer(), bytes.NewReader(encode(d.o.t, d.request(batch...)))})
	if got.status != http.StatusOK {
		d.o.t.Fatalf("a sync was answered %d %s", got.status, got.body)
	}
	reply, err := syncproto.ReadReply(strings.NewReader(got.body), nil)
	if err != nil {
		d.o.t.Fatal(err)
	}
	d.tip = reply.Tip
	return reply
}

// revoke ends the device's being one of the programme's.
func (d *tablet) revoke() {
	d.o.t.Helper()
	if err := d.o.srv.Accounts.RevokeDevice(context.WithoutCancel(d.o.t.Context()), d.o.admin, d.id); err != nil {
		d.o.t.Fatal(err)
	}
}

// nothingToRace leaves a test out of short runs, which are those of the race detector: it does one thing after
// the other, or is about memory, of which the detector takes its own.
func nothingToRace(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("has nothing to race")
	}
}
