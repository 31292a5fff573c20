package console_test

import (
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"satchel/internal/language"
	"satchel/server"
	"satchel/server/internal/store/storetest"
)

// newLocalOffice has an authority of its own, and a door for tablets that do not trust it yet.
func newLocalOffice(t *testing.T) *office {
	t.Helper()
	dir := storetest.Dir(t)
	if _, err := server.MakeAuthority(dir, []string{"satchel.office.lan"}, []netip.Addr{netip.MustParseAddr("192.168.1.10")}); err != nil {
		t.Fatal(err)
	}
	return officeWith(t, server.Config{Dir: dir, LocalTLS: true, URL: "https://satchel.office.lan", PlainListen: ":80"})
}

func TestATabletIsLedThroughEnrolmentInEveryLanguage(t *testing.T) {
	o := newLocalOffice(t)
	fingerprint := o.authority().Fingerprint()
	for _, tag := range language.Tags() {
		b := o.browser()
		b.header["Accept-Language"] = tag
		page := b.get("/enrol")
		if page.status != http.StatusOK {
			t.Fatalf("in %s it is answered %d %s", tag, page.status, page.text())
		}
		for _, want := range []string{fingerprint, "https://satchel.office.lan/enrol", "Chrome", "SHA-256"} {
			page.shows(t, want)
		}
		for _, name := range []string{"name", "secure", "reach", "clock", "worker", "storage"} {
			if !strings.Contains(page.body, `data-test="`+name+`"`) {
				t.Errorf("in %s the connection test leaves out %s", tag, name)
			}
		}
	}
}

func (o *office) authority() *server.Authority {
	o.t.Helper()
	a, err := server.OpenAuthority(o.dir)
	if err != nil {
		o.t.Fatal(err)
	}
	return a
}

func TestAnInvitationLeadsToAPageByNameWithTheCodeWhereNoServerSeesIt(t *testing.T) {
	o := newLocalOffice(t)
	o.furnish()
	b := o.as("ana")
	form := b.get("/tablets/invite")
	for _, want := range []string{"first has to trust this office", "http://satchel.office.lan/enrol", o.authority().Fingerprint()} {
		form.shows(t, want)
	}
	form.hides(t, "the field app cannot work there")
	cards := b.invite()
	code := regexp.MustCompile(`class="code">([0-9A-Z-]+)<`).FindStringSubmatch(cards.body)
	if code == nil {
		t.Fatalf("there is no code: %s", cards.text())
	}
	cards.shows(t, "satchel-device enrol https://satchel.office.lan "+code[1])
	cards.hides(t, "the field app cannot work there")
	if got, want := server.EnrolLink("https://satchel.office.lan", code[1]), "https://satchel.office.lan/enrol#code="+code[1]; got != want {
		t.Errorf("the picture leads to %s, want %s", got, want)
	}
}

// invite invites a tablet for the coordinator of area a.
func (b *browser) invite() page {
	b.t.Helper()
	return b.send("/tablets/invite", "name", "Tablet 7", "holder", b.cora.String(), "area", b.a.String())
}

func TestWhereTheAppCannotWorkTheConsoleSaysSo(t *testing.T) {
	for url, want := range map[string]bool{
		"": true, "http://satchel.office.lan": true, "https://192.168.1.10": true, "https://[fd00::10]:8443": true,
		"https://satchel.office.lan": false, "https://aid.example.org:8443": false,
	} {
		o := officeWith(t, server.Config{Dir: storetest.Dir(t), URL: url})
		o.furnish()
		b := o.as("ana")
		for _, page := range []page{b.get("/tablets/invite"), b.invite()} {
			if warned := strings.Contains(page.text(), "the field app cannot work there"); warned != want {
				t.Errorf("at %q the console warns: %v, want %v", url, warned, want)
			}
		}
	}
}

func TestTheAuthoritysCertificateIsGivenToWhoeverAsks(t *testing.T) {
	o := newLocalOffice(t)
	got := o.browser().get("/enrol/ca.crt")
	if kind := got.header.Get("Content-Type"); got.status != http.StatusOK || kind != "application/x-x509-ca-cert" {
		t.Fatalf("it is answered %d, a %s", got.status, kind)
	}
	if c, err := x509.ParseCertificate([]byte(got.body)); err != nil || !c.Equal(o.authority().Root()) {
		t.Errorf("it is not the certificate: %v", err)
	}
	newOffice(t).browser().get("/enrol").shows(t, "Nothing is to be done")
}

// TestPlainHTTPGivesTheCertificateAndNothingElse asks the door for tablets that do not trust the office yet.
func TestPlainHTTPGivesTheCertificateAndNothingElse(t *testing.T) {
	o := newLocalOffice(t)
	ask := func(method, path string) page {
		answer := httptest.NewRecorder()
		o.srv.PlainHandler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), method, path, nil))
		return page{answer.Code, path, answer.Header(), answer.Body.String()}
	}
	guide := ask(http.MethodGet, "/enrol?language=sr-Cyrl")
	guide.shows(t, "Преузми сертификат")
	for _, not := range []string{"<form", "data-test", "/app/", o.authority().Fingerprint()} { // what would send something in the clear, fail there, or be believed
		guide.hides(t, not)
	}
	if got := ask(http.MethodGet, "/enrol/ca.crt"); got.body != string(o.authority().Root().Raw) {
		t.Errorf("the certificate is answered %d", got.status)
	}
	if got := ask(http.MethodGet, "/assets/console.css"); got.status != http.StatusOK {
		t.Errorf("the style of the page is answered %d", got.status)
	}
	for _, path := range []string{"/", "/login?next=%2Ftablets", "/api/v1/session", "/healthz", "/metrics"} {
		got := ask(http.MethodGet, path)
		if to := got.header.Get("Location"); got.status != http.StatusFound || !strings.HasPrefix(to, "https://satchel.office.lan/") {
			t.Errorf("%s is answered %d, and leads to %q", path, got.status, to)
		}
	}
	for _, path := range []string{"/enrol", "/login", "/api/v1/enrol", "/api/v1/sync", "/language"} {
		if got := ask(http.MethodPost, path); got.status != http.StatusMethodNotAllowed {
			t.Errorf("what is sent to %s in the clear is answered %d", path, got.status)
		}
	}
	for _, path := range []string{"/enrol", "/enrol/ca.crt", "/assets/none", "/"} {
		if got := ask(http.MethodGet, path); got.header.Get("Set-Cookie") != "" {
			t.Errorf("%s leaves a cookie", path)
		}
	}
}
