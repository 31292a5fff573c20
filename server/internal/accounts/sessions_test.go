package accounts_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/accounts"
	"satchel/server/internal/audit"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

func TestWhoLogsInIsKnownByTheCookieForTwelveHours(t *testing.T) {
	p := newConsole(t)
	var s accounts.Session
	p.logged(p.coordinator, audit.Login, p.coordinator, func() { s = p.login(" ceca ") })
	got, err := p.accounts.Session(t.Context(), s.Token)
	if err != nil || got.User.ID != p.coordinator || got.CSRF != s.CSRF || s.CSRF == "" || got.CSRF == s.Token {
		t.Errorf("found %+v, %v of %+v", got, err, s)
	}
	p.now = p.now.Add(12 * time.Hour)
	if _, err := p.accounts.Session(t.Context(), s.Token); err != nil {
		t.Errorf("after twelve hours: %v", err)
	}
	p.now = p.now.Add(time.Millisecond)
	p.ended("after twelve hours and a little", s)
	if other := p.login("ceca"); other.Token == s.Token || other.CSRF == s.CSRF {
		t.Error("two sessions have the same secrets")
	}
}

func TestWhoMayNotLogInIsRefusedAllTheSame(t *testing.T) {
	p := newConsole(t)
	off := false
	inactive := p.addUser("ika", accounts.RoleCoordinator)
	p.change(inactive, accounts.UserChange{Active: &off})
	bare := p.kept(accounts.NewUser{Login: "bare", Name: "Bare", Role: accounts.RoleCoordinator})
	var answers []string
	for _, try := range []struct {
		what, login, password string
		subject               uuid.UUID
	}{
		{"wrong password", "ana", password + "!", p.admin},
		{"no password", "ana", "", p.admin},
		{"far too long a password", "ana", strings.Repeat("x", 1<<20), p.admin},
		{"unknown login", "nobody", password, uuid.Nil},
		{"a worker", "petar", password, p.worker},
		{"somebody inactive", "ika", password, inactive},
		{"somebody without a password, without one", "bare", "", bare.ID},
	} {
		p.logged(uuid.Nil, audit.LoginFailed, try.subject, func() {
			s, err := p.accounts.Login(t.Context(), try.login, try.password)
			refused(t, try.what, err, syncproto.CodeLoginFailed)
			answers = append(answers, err.Error())
			if s.Token != "" || s.User.Login != "" {
				t.Errorf("%s: the refusal gives away %+v", try.what, s)
			}
		})
	}
	for _, answer := range answers {
		if answer != answers[0] {
			t.Errorf("the answers differ: %q and %q", answer, answers[0])
		}
	}
}

func TestALoginIsTheSameOnTwoKeyboards(t *testing.T) {
	p := newConsole(t)
	composed, apart := "\u017eika", "z\u030cika" // žika
	p.addUser(composed, accounts.RoleCoordinator)
	p.change(p.admin, accounts.UserChange{Password: new(composed + password)})
	p.login(apart)
	if _, err := p.accounts.Login(t.Context(), "ana", apart+password); err != nil {
		t.Errorf("the password typed on the other keyboard: %v", err)
	}
}

// ended fails the test unless nobody is logged in by the session.
func (p *programme) ended(what string, s accounts.Session) {
	p.t.Helper()
	got, err := p.accounts.Session(p.t.Context(), s.Token)
	refused(p.t, what, err, syncproto.CodeUnauthorized)
	if got.User.ID != uuid.Nil {
		p.t.Errorf("%s: the refusal gives away %+v", what, got)
	}
}

func TestASessionEndsWithWhatItStoodOn(t *testing.T) {
	p := newConsole(t)
	word, worker, off := password, accounts.RoleWorker, false
	mine := p.login("ana")
	for what, change := range map[string]accounts.UserChange{
		"a new password": {Password: &word},
		"another role":   {Role: &worker},
		"a stop":         {Active: &off},
	} {
		first, second := p.login("ceca"), p.login("ceca")
		p.change(p.coordinator, change)
		p.rewrite(p.coordinator, func(u *store.User) { u.Role, u.Active = accounts.RoleCoordinator, true })
		p.ended(what, first)
		p.ended(what, second)
	}
	s := p.login("ceca")
	name := "Ceca C"
	p.change(p.coordinator, accounts.UserChange{Name: &name, Areas: &[]uuid.UUID{p.b}})
	if got, err := p.accounts.Session(t.Context(), s.Token); err != nil || got.User.Name != name {
		t.Errorf("after another name: %+v, %v; want the session to go on", got, err)
	}
	if _, err := p.accounts.Session(t.Context(), mine.Token); err != nil {
		t.Errorf("somebody else's session: %v", err)
	}
}

// hashOf gives what is kept of a cookie.
func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func TestASessionIsOfSomebodyWhoMayLogIn(t *testing.T) {
	p := newConsole(t)
	s := p.login("ceca")
	for what, spoil := range map[string]func(*store.User){
		"stopped":  func(u *store.User) { u.Active = false },
		"a worker": func(u *store.User) { u.Role = accounts.RoleWorker },
	} {
		was := p.user(p.coordinator)
		p.rewrite(p.coordinator, spoil)
		p.ended(what, s)
		p.rewrite(p.coordinator, func(u *store.User) { *u = was })
	}
	if _, err := p.accounts.Session(t.Context(), s.Token); err != nil {
		t.Errorf("the session as it was: %v", err)
	}
}

func TestALogoutEndsOneSession(t *testing.T) {
	p := newConsole(t)
	first, second := p.login("ceca"), p.login("ceca")
	if err := p.accounts.Logout(t.Context(), first.Token); err != nil {
		t.Fatal(err)
	}
	p.ended("after the logout", first)
	if _, err := p.accounts.Session(t.Context(), second.Token); err != nil {
		t.Errorf("the other session: %v", err)
	}
	p.ended("no cookie", accounts.Session{})
	p.ended("what is kept of a cookie", accounts.Session{Token: hashOf(second.Token)})
}

// The password is hashed outside of a transaction, and that takes a while: what changed meanwhile
// counts.
func TestALoginIsOvertakenByAChange(t *testing.T) {
	p := newConsole(t)
	other, worker, off := "another horse", accounts.RoleWorker, false
	for what, change := range map[string]accounts.UserChange{
		"a new password": {Password: &other},
		"another role":   {Role: &worker},
		"a stop":         {Active: &off},
	} {
		login := "of " + what
		id := p.addUser(login, accounts.RoleCoordinator)
		p.meanwhile = func() { p.change(id, change) } // the clock is read once the password has been hashed
		_, err := p.accounts.Login(t.Context(), login, password)
		refused(t, what+" meanwhile", err, syncproto.CodeLoginFailed)
	}
}
