package console_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// another is a password that somebody has not yet.
const another = "another one, as long"

func TestEverybodySeesTheirOwnAccount(t *testing.T) {
	o := newOffice(t)
	b := o.as("cora")
	if !strings.Contains(b.get("/tablets").body, `href="/account"`) {
		t.Error("no page leads to the own account")
	}
	at := b.get("/account")
	for _, what := range []string{"Your account", "Name of cora", "cora", "coordinator", "Kraljevo"} {
		at.shows(t, what)
	}
	at.hides(t, "Vranje")
	o.as("ana").get("/account").shows(t, "everywhere")
}

func TestWhoKnowsThePresentPasswordChangesIt(t *testing.T) {
	o := newOffice(t)
	b, elsewhere := o.as("cora"), o.as("cora")
	for why, fields := range map[string][]string{
		"The present password is wrong": {"present_password", "wrong one entirely", "password", another, "password_again", another},
		"The two passwords differ":      {"present_password", password, "password", another, "password_again", password},
		"at least 10 characters":        {"present_password", password, "password", "short", "password_again", "short"},
	} {
		got := b.send("/account", fields...)
		got.shows(t, why)
		got.hides(t, another)
		if got.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: answered %d", why, got.status)
		}
	}
	if at := elsewhere.get("/account"); at.path != "/account" {
		t.Error("what was refused has ended a session")
	}

	b.send("/account", "present_password", password, "password", another, "password_again", another).shows(t, "Your password is changed")
	if at := b.get("/account"); at.path != "/account" {
		t.Errorf("who changed the password is sent to %s", at.path)
	}
	if at := elsewhere.get("/account"); at.path == "/account" {
		t.Error("a session elsewhere has not ended")
	}
	if at := o.browser().send("/login", "login", "cora", "password", password); at.status != http.StatusUnauthorized {
		t.Errorf("the old password is answered %d", at.status)
	}
	o.browser().send("/login", "login", "cora", "password", another).shows(t, "Name of cora")
	o.as("ana").get("/settings/audit").shows(t, "Person changed")
}

func TestThePresentPasswordIsNotTriedForEver(t *testing.T) {
	o := newOffice(t)
	b := o.as("cora")
	var answers []int
	for range 11 {
		answers = append(answers, b.send("/account", "present_password", strings.Repeat("x", 2000), "password", another, "password_again", another).status) // too long to take time
	}
	if slices.Contains(answers[:10], http.StatusTooManyRequests) || answers[10] != http.StatusTooManyRequests {
		t.Errorf("wrong passwords are answered %v", answers)
	}
}
