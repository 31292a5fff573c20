package console_test

import (
	"context"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/server"
	"satchel/server/internal/store/storetest"
	"satchel/syncproto"
)

// password is everybody's.
const password = "long enough for all"

// An office is a real server over real HTTP, with an administrator, two municipalities, and a coordinator of each.
type office struct {
	t   *testing.T
	srv *server.Server
	// dir holds its database, url is where it answers; by transport browsers reach it.
	dir, url  string
	transport http.RoundTripper
	// admin, ana, is the administrator; a and b are the municipalities; cora is the coordinator of a, cvetko that of b.
	admin, a, b, cora, cvetko uuid.UUID
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := newEmptyOffice(t)
	o.furnish()
	return o
}

// furnish adds people and areas.
func (o *office) furnish() {
	o.t.Helper()
	o.admin = o.person("ana", "administrator")
	o.a, o.b = o.save("areas", map[string]any{"name": "Kraljevo", "level": "municipality"}), o.save("areas", map[string]any{"name": "Vranje", "level": "municipality"})
	o.cora, o.cvetko = o.person("cora", "coordinator", o.a), o.person("cvetko", "coordinator", o.b)
}

func newEmptyOffice(t *testing.T) *office {
	t.Helper()
	return officeWith(t, server.Config{Dir: storetest.Dir(t)})
}

// officeWith has nobody yet. It answers by HTTPS if its URL says so.
func officeWith(t *testing.T, config server.Config) *office {
	t.Helper()
	config.PasswordCost = server.PasswordCost{Memory: 8, Passes: 1}
	srv, err := server.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewUnstartedServer(srv.Handler())
	if strings.HasPrefix(config.URL, "https://") {
		web.StartTLS()
	} else {
		web.Start()
	}
	t.Cleanup(func() {
		web.CloseClientConnections()
		web.Close()
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
	return &office{t: t, srv: srv, dir: config.Dir, url: web.URL, transport: web.Client().Transport}
}

func (o *office) person(login, role string, areas ...uuid.UUID) uuid.UUID {
	o.t.Helper()
	u, err := o.srv.Accounts.AddUser(o.t.Context(), o.admin, server.NewUser{Login: login, Name: "Name of " + login, Role: role, Password: password, Areas: areas})
	if err != nil {
		o.t.Fatal(err)
	}
	return u.ID
}

// save makes a record at the office.
func (o *office) save(collection string, fields map[string]any) uuid.UUID {
	o.t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		o.t.Fatal(err)
	}
	o.edit(collection, id, fields)
	return id
}

// edit changes a record at the office.
func (o *office) edit(collection string, id uuid.UUID, fields map[string]any) {
	o.t.Helper()
	values := map[string]syncproto.Value{}
	for name, x := range fields {
		v, err := syncproto.ValueOf(x)
		if err != nil {
			o.t.Fatal(err)
		}
		values[name] = v
	}
	if _, err := o.srv.Engine.Save(o.t.Context(), o.admin, []server.OfficeEdit{{Collection: collection, Record: id, Fields: values}}); err != nil {
		o.t.Fatal(err)
	}
}

// A browser visits pages, and follows where it is sent.
type browser struct {
	*office
	client *http.Client
	header map[string]string
}

func (o *office) browser() *browser {
	o.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		o.t.Fatal(err)
	}
	return &browser{o, &http.Client{Jar: jar, Transport: o.transport}, map[string]string{}}
}

// as gives the browser of somebody who is logged in.
func (o *office) as(login string) *browser {
	o.t.Helper()
	b := o.browser()
	if page := b.send("/login", "login", login, "password", password); !strings.Contains(page.body, "Name of "+login) {
		o.t.Fatalf("%s is not logged in: %d %s", login, page.status, page.text())
	}
	return b
}

// A page is what a browser was given.
type page struct {
	status int
	path   string
	header http.Header
	body   string
}

// tag is any mark of HTML.
var tag = regexp.MustCompile(`<[^>]*>|\s+`)

// text gives what people read of a page.
func (p page) text() string {
	return html.UnescapeString(strings.Join(strings.Fields(tag.ReplaceAllString(p.body, " ")), " "))
}

func (b *browser) get(path string) page {
	b.t.Helper()
	return b.do(b.t.Context(), http.MethodGet, path, nil)
}

// csrf is the token in a page's forms.
var csrf = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// send sends a form of names and values, in turn, with the token of the page that somebody has.
func (b *browser) send(path string, fields ...string) page {
	b.t.Helper()
	values := url.Values{}
	if token := csrf.FindStringSubmatch(b.get("/login").body); token != nil {
		values.Set("csrf", token[1])
	}
	for i := 0; i < len(fields); i += 2 {
		values.Add(fields[i], fields[i+1])
	}
	return b.do(b.t.Context(), http.MethodPost, path, values)
}

func (b *browser) do(ctx context.Context, method, path string, form url.Values) page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, b.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range b.header {
		r.Header.Set(name, value)
	}
	res, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return page{res.StatusCode, res.Request.URL.RequestURI(), res.Header, string(body)}
}

// shows fails unless a page says something.
func (p page) shows(t *testing.T, what string) {
	t.Helper()
	if !strings.Contains(p.text(), what) {
		t.Errorf("%s is answered %d %q, which does not say %q", p.path, p.status, p.text(), what)
	}
}

// hides fails if a page says something.
func (p page) hides(t *testing.T, what string) {
	t.Helper()
	if strings.Contains(p.body, what) {
		t.Errorf("%s says %q", p.path, what)
	}
}
