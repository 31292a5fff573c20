package console_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// field is any hidden field of a page.
var field = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// hidden gives the hidden fields of a page's content.
func (p page) hidden() url.Values {
	_, content, _ := strings.Cut(p.body, "<main")
	out := url.Values{}
	for _, f := range field.FindAllStringSubmatch(content, -1) {
		out.Add(html.UnescapeString(f[1]), html.UnescapeString(f[2]))
	}
	return out
}

// expired gives the browser of somebody who was logged in for too long, sending forms of our own pages.
func (o *office) expired(login string) *browser {
	o.t.Helper()
	b := o.as(login)
	at, err := url.Parse(o.url)
	if err != nil {
		o.t.Fatal(err)
	}
	if err := o.srv.Accounts.Logout(o.t.Context(), b.client.Jar.Cookies(at)[0].Value); err != nil {
		o.t.Fatal(err)
	}
	b.header["Sec-Fetch-Site"] = "same-origin"
	return b
}

func TestWhatWasTypedOutlivesTheSession(t *testing.T) {
	o := newOffice(t)
	b := o.expired("ana")
	const to = "/settings/users/new?from=here"
	typed := url.Values{
		"csrf": {"of the session that ended"}, "login": {"nina"}, "name": {`Нина "N" <b>`}, "role": {"worker"},
		"password": {"a secret of nina"}, "area": {o.a.String(), o.b.String()},
	}
	ask := b.do(t.Context(), http.MethodPost, to, typed)
	if ask.status != http.StatusUnauthorized {
		t.Errorf("a form without a session is answered %d", ask.status)
	}
	ask.shows(t, "What you typed is kept on this page")
	ask.hides(t, "a secret of nina")
	ask.hides(t, "of the session that ended")

	in := ask.hidden()
	in.Set("login", "ana")
	in.Set("password", "wrong")
	ask = b.do(t.Context(), http.MethodPost, "/login", in)
	ask.shows(t, "What you typed is kept on this page")

	in = ask.hidden()
	in.Set("login", "ana")
	in.Set("password", password)
	ready := b.do(t.Context(), http.MethodPost, "/login", in)
	ready.shows(t, "Nothing was saved yet")
	ready.shows(t, "Name of ana")
	if !strings.Contains(ready.body, `action="`+to+`"`) || !strings.Contains(ready.body, `href="/"`) {
		t.Errorf("the page sends elsewhere, or cannot be left: %s", ready.body)
	}
	if u, err := o.srv.Person(t.Context(), "nina"); err == nil {
		t.Errorf("%v was added before anybody said so", u)
	}

	b.do(t.Context(), http.MethodPost, to, ready.hidden()).shows(t, "Added.")
	if u := o.user("nina"); u.Name != `Нина "N" <b>` || len(u.Areas) != 2 || u.Password != "" {
		t.Errorf("what was typed arrived as %+v", u)
	}
}

func TestWhatWasTypedBeforeAnotherLoginIsKept(t *testing.T) {
	o := newOffice(t)
	b := o.expired("ana")
	b.send("/login", "login", "ana", "password", password) // in another tab
	old := url.Values{"csrf": {"of the session that ended"}, "login": {"nina"}, "name": {"Nina"}, "role": {"worker"}, "area": {o.a.String()}}
	ready := b.do(t.Context(), http.MethodPost, "/settings/users/new", old)
	if ready.status != http.StatusForbidden {
		t.Errorf("a form of another session is answered %d", ready.status)
	}
	ready.shows(t, "Nothing was saved yet")
	b.do(t.Context(), http.MethodPost, "/settings/users/new", ready.hidden()).shows(t, "Added.")
}

func TestWhoSendsWhatAnotherTypedNeedsTheRight(t *testing.T) {
	o := newOffice(t)
	b := o.expired("ana")
	ask := b.do(t.Context(), http.MethodPost, "/settings/users/new", url.Values{"login": {"nina"}, "name": {"Nina"}, "role": {"administrator"}})
	in := ask.hidden()
	in.Set("login", "cora")
	in.Set("password", password)
	ready := b.do(t.Context(), http.MethodPost, "/login", in)
	ready.shows(t, "Name of cora")
	if at := b.do(t.Context(), http.MethodPost, "/settings/users/new", ready.hidden()); at.status != http.StatusForbidden {
		t.Errorf("a coordinator who sends what an administrator typed is answered %d", at.status)
	}
}

func TestNothingIsKeptOfFormsThatMayNotBeOurs(t *testing.T) {
	o := newOffice(t)
	typed := url.Values{"name": {"canary"}}
	carry := url.Values{"login": {"ana"}, "password": {password}, "to": {"/settings/users/new"}, "typed": {typed.Encode()}}
	for _, from := range []string{"", "none", "same-site", "cross-site"} {
		b := o.expired("ana")
		b.header["Sec-Fetch-Site"] = from
		b.do(t.Context(), http.MethodPost, "/settings/users/new", typed).hides(t, "canary")
		b.do(t.Context(), http.MethodPost, "/login", carry).hides(t, "canary")
	}
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	o := newOffice(t)
	b := o.expired("ana")
	long := b.do(t.Context(), http.MethodPost, "/settings/users/new", url.Values{"name": {"canary" + strings.Repeat("x", 70_000)}})
	if long.status != http.StatusUnauthorized || strings.Contains(long.body, "canary") {
		t.Errorf("a long form without a session is answered %d", long.status)
	}
	b.header["Content-Type"] = `multipart/form-data; boundary="b"`
	b.do(t.Context(), http.MethodPost, "/settings/import", url.Values{"name": {"canary"}}).hides(t, "canary")
	delete(b.header, "Content-Type")
	b.do(t.Context(), http.MethodPost, "/logout", url.Values{"csrf": {"old"}}).hides(t, "kept on this page")

	// The longest that is kept arrives, whatever is in it.
	ask := b.do(t.Context(), http.MethodPost, "/settings/users/new", url.Values{"name": {strings.Repeat("ж", 10_900)}})
	in := ask.hidden()
	in.Set("login", "ana")
	in.Set("password", password)
	b.do(t.Context(), http.MethodPost, "/login", in).shows(t, "Nothing was saved yet")
}

func TestWhatWasTypedIsSentNowhereElse(t *testing.T) {
	o := newOffice(t)
	for _, to := range []string{"https://evil.example", "//evil.example", `/\evil.example`, "javascript:alert(1)", ""} {
		b := o.expired("ana")
		b.do(t.Context(), http.MethodPost, "/login", url.Values{
			"login": {"ana"}, "password": {password}, "to": {to}, "typed": {"name=canary"},
		}).hides(t, "canary")
	}
}
