package console_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
)

func TestTheFirstAdministratorSetsUp(t *testing.T) {
	o := newEmptyOffice(t)
	code, err := o.srv.Accounts.SetupCode(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b := o.browser()
	if at := b.get("/"); at.path != "/setup" {
		t.Fatalf("an empty server begins with %s", at.path)
	}
	whole := []string{"code", code, "login", "ana", "name", "Name of ana", "password", password, "password_again"}
	wrong := b.send("/setup", append(whole, "another one of them")...)
	if wrong.status != http.StatusUnprocessableEntity || !strings.Contains(wrong.body, `value="ana"`) || strings.Contains(wrong.body, password) {
		t.Errorf("two passwords that differ are answered %d %s", wrong.status, wrong.body)
	}
	b.send("/setup", append(whole, password)...).shows(t, "You are the first administrator. Next: add the areas, and the people who work in them. Settings What this office needs next")
	b.get("/tablets").shows(t, "Name of ana")
	if at := o.browser().get("/setup"); at.path != "/login" {
		t.Errorf("a server that is set up asks to be, at %s", at.path)
	}
}

func TestWhoLogsInGoesOnWhereTheyWanted(t *testing.T) {
	o := newOffice(t)
	b := o.browser()
	if at := b.get("/tablets"); at.path != "/login?next=%2Ftablets" {
		t.Errorf("who is not logged in is sent to %s", at.path)
	}
	failed := b.send("/login", "login", "ana", "password", "wrong", "next", "/tablets")
	if failed.status != http.StatusUnauthorized || !strings.Contains(failed.body, `value="ana"`) || !strings.Contains(failed.body, `value="/tablets"`) {
		t.Errorf("a wrong password is answered %d %s", failed.status, failed.body)
	}
	if at := b.send("/login", "login", "ana", "password", password, "next", "/tablets"); at.path != "/tablets" {
		t.Errorf("who is logged in is sent to %s", at.path)
	}
	b.send("/logout").shows(t, "You are logged out")
	if at := b.get("/tablets"); !strings.HasPrefix(at.path, "/login") {
		t.Errorf("who is logged out sees %s", at.path)
	}
}

func TestNobodyIsSentElsewhere(t *testing.T) {
	o := newOffice(t)
	for _, next := range []string{"https://evil.example", "//evil.example", `/\evil.example`, "javascript:alert(1)", "evil"} {
		if at := o.browser().send("/login", "login", "ana", "password", password, "next", next); at.path != "/tablets" {
			t.Errorf("who wanted to go on at %q is sent to %s", next, at.path)
		}
	}
}

func TestAFieldWorkerDoesNotLogIn(t *testing.T) {
	o := newOffice(t)
	o.person("willi", "worker", o.a)
	if at := o.browser().send("/login", "login", "willi", "password", password); at.status != http.StatusUnauthorized {
		t.Errorf("a field worker is answered %d %s", at.status, at.text())
	}
}

func TestPasswordsAreNotTriedForEver(t *testing.T) {
	o := newOffice(t)
	b := o.browser()
	var last page
	for range 11 {
		last = b.send("/login", "login", "ana", "password", strings.Repeat("x", 2000)) // too long to take time
	}
	if last.status != http.StatusTooManyRequests {
		t.Errorf("the 11th wrong password is answered %d", last.status)
	}
}

func TestAFormOfAnotherSiteIsRefused(t *testing.T) {
	o := newOffice(t)
	b := o.as("ana")
	b.header["Sec-Fetch-Site"] = "cross-site"
	if at := b.send("/logout"); at.status != http.StatusForbidden {
		t.Errorf("a form of another site is answered %d", at.status)
	}
	delete(b.header, "Sec-Fetch-Site")
	without := b.do(t.Context(), http.MethodPost, "/logout", nil)
	if without.status != http.StatusForbidden {
		t.Errorf("a form without the session's token is answered %d", without.status)
	}
	b.get("/tablets").shows(t, "Name of ana")
}

func TestAPageIsInTheLanguageOfWhoReads(t *testing.T) {
	o := newOffice(t)
	b := o.browser()
	b.header["Accept-Language"] = "sq"
	b.get("/login").shows(t, "Fjalëkalimi")
	if at := b.send("/language", "language", "sr-Cyrl", "next", "/login?next=%2Ftablets"); at.path != "/login?next=%2Ftablets" {
		t.Errorf("who chose a language is sent to %s", at.path)
	}
	in := b.get("/login")
	in.shows(t, "Лозинка")
	if !strings.Contains(in.body, `<html lang="sr-Cyrl">`) {
		t.Error("the page does not say that it is in Serbian in Cyrillic script")
	}
}

func TestTheAnswerToAFormOffersNoLanguage(t *testing.T) {
	o := newOffice(t)
	b := o.as("ana")
	for _, answer := range []page{
		b.send("/settings/feeds", "name", "Analyst", "collection", "areas", "days", "30"),
		b.send("/settings/feeds", "name", "x", "days", "30"),
		o.browser().send("/login", "login", "ana", "password", "wrong"),
	} {
		answer.hides(t, `action="/language"`) // it would lead away from what is shown once
	}
	if !strings.Contains(b.get("/settings/feeds").body, `action="/language"`) {
		t.Error("a page that can be opened again offers no language")
	}
}

func TestPagesRunNothingButWhatTheServerHas(t *testing.T) {
	o := newOffice(t)
	at := o.browser().get("/login")
	policy := at.header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") {
		t.Errorf("the policy of a page is %q", policy)
	}
	for _, part := range strings.Split(at.body, `="/assets/`)[1:] {
		path, _, _ := strings.Cut("/assets/"+part, `"`)
		got := o.browser().get(path)
		if got.status != http.StatusOK || got.header.Get("Content-Type") == "" || !strings.Contains(got.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s is answered %d %v", path, got.status, got.header)
		}
	}
	if got := o.browser().get("/assets/console.css"); strings.Contains(got.header.Get("Cache-Control"), "immutable") {
		t.Error("a file whose address does not change is to be kept for ever")
	}
}

func TestWhoIsLostIsToldSoByAPage(t *testing.T) {
	o := newOffice(t)
	b := o.browser()
	if at := b.get("/nowhere"); at.status != http.StatusNotFound || !strings.HasPrefix(at.body, "{") {
		t.Errorf("a program that is lost is answered %d %s", at.status, at.body)
	}
	b.header["Accept"] = "text/html,*/*"
	at := b.get("/nowhere")
	at.shows(t, "There is no such thing here")
	at.shows(t, "This page cannot be shown")
	at.hides(t, "This was not done")
	if at.status != http.StatusNotFound {
		t.Errorf("a person who is lost is answered %d", at.status)
	}
	b.get("/enrol").shows(t, "satchel-device enrol "+o.url)
}

func TestAnOpenPageIsToldOfChanges(t *testing.T) {
	o := newOffice(t)
	b := o.as("ana")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, o.url+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := b.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	next := func(what string) {
		t.Helper()
		for lines.Scan() {
			if lines.Text() == "event: changed" {
				return
			}
		}
		t.Fatalf("%s is not told: %v", what, lines.Err())
	}
	next("the beginning")
	o.save("areas", map[string]any{"name": "Niš", "level": "municipality"})
	next("a change")
}
