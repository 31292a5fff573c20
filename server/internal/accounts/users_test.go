package accounts_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/accounts"
	"satchel/server/internal/audit"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

func TestAPersonIsKeptAsAddedButForThePassword(t *testing.T) {
	p := newProgramme(t)
	p.cost = accounts.PasswordCost{} // in full
	p.reopen()
	var u store.User
	n := accounts.NewUser{Login: " žika ", Name: " Žika Žikić ", Role: accounts.RoleCoordinator, Areas: []uuid.UUID{p.a, p.b}, Password: password}
	p.loggedNew(p.admin, audit.UserAdded, func() uuid.UUID {
		var err error
		if u, err = p.accounts.AddUser(t.Context(), p.admin, n); err != nil {
			t.Fatal(err)
		}
		return u.ID
	})
	want := store.User{
		ID: u.ID, Login: "žika", Name: "Žika Žikić", Role: accounts.RoleCoordinator, Password: u.Password, Active: true,
		Created: p.now.UnixMilli(), Areas: []uuid.UUID{p.a, p.b},
	}
	if got := p.user(u.ID); !reflect.DeepEqual(got, want) || u.ID.Version() != 7 {
		t.Errorf("kept\n%+v\nwant\n%+v", got, want)
	}
	if !strings.HasPrefix(u.Password, "$argon2id$v=19$m=65536,t=3,p=1$") || strings.Contains(u.Password, password) {
		t.Errorf("the password is kept as %q", u.Password)
	}
	if last := p.log()[len(p.log())-1].Details; strings.Contains(last, "Password") || strings.Contains(last, "argon") {
		t.Errorf("the audit log has the password: %s", last)
	}
}

func TestAPersonThatDoesNotMakeSenseIsNotAdded(t *testing.T) {
	p := newProgramme(t)
	good := accounts.NewUser{Login: "new", Name: "New", Role: accounts.RoleWorker}
	for what, spoil := range map[string]func(*accounts.NewUser){
		"no login":                        func(n *accounts.NewUser) { n.Login = "  " },
		"no name":                         func(n *accounts.NewUser) { n.Name = " " },
		"an unknown role":                 func(n *accounts.NewUser) { n.Role = "root" },
		"no role":                         func(n *accounts.NewUser) { n.Role = "" },
		"an unknown area":                 func(n *accounts.NewUser) { n.Areas = []uuid.UUID{p.a, newID(t)} },
		"the area of everyone":            func(n *accounts.NewUser) { n.Areas = []uuid.UUID{syncproto.Everyone} },
		"a login that is taken":           func(n *accounts.NewUser) { n.Login = "petar" },
		"a login that is taken, in blank": func(n *accounts.NewUser) { n.Login = " petar" },
		"a password of 9 characters":      func(n *accounts.NewUser) { n.Password = "ćććććć789" },
		"a password of 1025 bytes":        func(n *accounts.NewUser) { n.Password = strings.Repeat("x", 1025) },
	} {
		n := good
		spoil(&n)
		before := len(p.log())
		_, err := p.accounts.AddUser(t.Context(), p.admin, n)
		refused(t, what, err, syncproto.CodeInvalid)
		if len(p.log()) != before {
			t.Errorf("%s: the audit log says that it was done", what)
		}
	}
	users, err := p.accounts.Users(t.Context())
	if err != nil || len(users) != 3 {
		t.Errorf("%d people, %v: want the three from before", len(users), err)
	}
	good.Areas = []uuid.UUID{p.a, p.a}
	u, err := p.accounts.AddUser(t.Context(), p.admin, good)
	if err != nil || !slices.Equal(p.user(u.ID).Areas, []uuid.UUID{p.a}) {
		t.Errorf("one area named twice: %v, areas %v; want it once", err, p.user(u.ID).Areas)
	}
}

func TestAPasswordMayBeLongAndInAnyScript(t *testing.T) {
	p := newConsole(t)
	for _, word := range []string{"ђђђђђђђђђђ", strings.Repeat("x", 1024), "a b c d e f"} {
		p.change(p.admin, accounts.UserChange{Password: &word})
		if _, err := p.accounts.Login(t.Context(), "ana", word); err != nil {
			t.Errorf("a password of %d bytes: %v", len(word), err)
		}
		if _, err := p.accounts.Login(t.Context(), "ana", word+" "); err == nil {
			t.Errorf("a password of %d bytes fits with a blank behind it", len(word))
		}
	}
}

func TestTheOwnPasswordIsChangedByWhoKnowsIt(t *testing.T) {
	p := newConsole(t)
	next := "another " + password
	s, was := p.login("ceca"), p.user(p.coordinator)
	p.logged(p.coordinator, audit.LoginFailed, p.coordinator, func() {
		refused(t, "a wrong password", p.accounts.ChangeOwnPassword(t.Context(), was, password+"!", next), syncproto.CodeInvalid)
	})
	if _, err := p.accounts.Session(t.Context(), s.Token); err != nil || p.user(p.coordinator).Password != was.Password {
		t.Errorf("a wrong password has changed something: %v", err)
	}
	p.logged(p.coordinator, audit.UserChanged, p.coordinator, func() {
		if err := p.accounts.ChangeOwnPassword(t.Context(), was, password, next); err != nil {
			t.Fatal(err)
		}
	})
	p.ended("of who changed the password", s)
	if _, err := p.accounts.Login(t.Context(), "ceca", next); err != nil {
		t.Error(err)
	}
	refused(t, "a password that was changed meanwhile", p.accounts.ChangeOwnPassword(t.Context(), was, password, password), syncproto.CodeInvalid)
}

func TestAPasswordIsAsLongAsItLooks(t *testing.T) {
	p := newProgramme(t)
	for letters, want := range map[int]bool{9: false, 10: true} {
		password := strings.Repeat("e\u0301", letters)
		err := p.accounts.ChangeUser(t.Context(), p.admin, p.coordinator, accounts.UserChange{Password: &password})
		if want != (err == nil) {
			t.Errorf("%d letters of two code points each: %v", letters, err)
		}
	}
}

func TestAChangeChangesWhatItSays(t *testing.T) {
	p := newConsole(t)
	was := p.user(p.coordinator)
	name, role, off := "Ceca C", accounts.RoleWorker, false
	for _, step := range []struct {
		change accounts.UserChange
		want   func(*store.User)
	}{
		{accounts.UserChange{}, func(*store.User) {}},
		{accounts.UserChange{Name: &name}, func(u *store.User) { u.Name = name }},
		{accounts.UserChange{Areas: &[]uuid.UUID{p.b}}, func(u *store.User) { u.Areas = []uuid.UUID{p.b} }},
		{accounts.UserChange{Role: &role}, func(u *store.User) { u.Role = role }},
		{accounts.UserChange{Active: &off}, func(u *store.User) { u.Active = false }},
	} {
		p.logged(p.admin, audit.UserChanged, p.coordinator, func() { p.change(p.coordinator, step.change) })
		step.want(&was)
		if got := p.user(p.coordinator); !reflect.DeepEqual(got, was) {
			t.Errorf("after %+v:\n%+v\nwant\n%+v", step.change, got, was)
		}
	}
}

func TestAChangeThatDoesNotMakeSenseChangesNothing(t *testing.T) {
	p := newConsole(t)
	was := p.user(p.coordinator)
	blank, root, short := " ", "root", "123456789"
	for what, change := range map[string]accounts.UserChange{
		"no name":          {Name: &blank},
		"an unknown role":  {Role: &root},
		"a short password": {Password: &short},
		"an unknown area":  {Areas: &[]uuid.UUID{newID(t)}},
	} {
		refused(t, what, p.accounts.ChangeUser(t.Context(), p.admin, p.coordinator, change), syncproto.CodeInvalid)
	}
	if err := p.accounts.ChangeUser(t.Context(), p.admin, newID(t), accounts.UserChange{}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("nobody was changed: %v, want ErrNotFound", err)
	}
	if got := p.user(p.coordinator); !reflect.DeepEqual(got, was) {
		t.Errorf("it is\n%+v\nand was\n%+v", got, was)
	}
}

func TestTheLastAdministratorStays(t *testing.T) {
	p := newConsole(t)
	worker, off := accounts.RoleWorker, false
	stays := func(what string) {
		t.Helper()
		for _, change := range []accounts.UserChange{{Role: &worker}, {Active: &off}} {
			refused(t, what, p.accounts.ChangeUser(t.Context(), p.admin, p.admin, change), syncproto.CodeInvalid)
		}
		if u := p.user(p.admin); !u.Active || u.Role != accounts.RoleAdministrator {
			t.Errorf("%s: the last administrator is %+v", what, u)
		}
	}
	stays("alone")
	second := p.kept(accounts.NewUser{Login: "ada", Name: "Ada", Role: accounts.RoleAdministrator})
	stays("beside one without a password")
	word := password
	p.change(second.ID, accounts.UserChange{Password: &word, Active: &off})
	stays("beside one who is not active")
	on := true
	p.change(second.ID, accounts.UserChange{Active: &on})
	p.change(p.admin, accounts.UserChange{Active: &off})
}

func TestPeopleCanBeChangedBeforeThereIsAnAdministrator(t *testing.T) {
	p := emptyProgramme(t)
	worker := p.addUser("petar", accounts.RoleWorker)
	name := "Petra"
	if err := p.accounts.ChangeUser(t.Context(), uuid.Nil, worker, accounts.UserChange{Name: &name}); err != nil {
		t.Errorf("a worker where nobody administers yet: %v", err)
	}
}

func TestSomebodyWhoseAreaIsGoneCanBeStopped(t *testing.T) {
	p := newConsole(t)
	p.deleteArea(p.a)
	off := false
	p.change(p.coordinator, accounts.UserChange{Active: &off})
	if p.user(p.coordinator).Active {
		t.Error("the coordinator is still active")
	}
}

func TestTheSetupCodeMakesTheFirstAdministratorOnce(t *testing.T) {
	p := emptyProgramme(t)
	code := p.setupCode()
	n := accounts.NewUser{Login: "ana", Name: "Ana", Role: accounts.RoleWorker, Password: password}
	_, err := p.accounts.SetUp(t.Context(), code+"A", n)
	refused(t, "another code", err, syncproto.CodeCodeInvalid)
	_, err = p.accounts.SetUp(t.Context(), "", n)
	refused(t, "no code", err, syncproto.CodeCodeInvalid)
	without := n
	without.Password = ""
	_, err = p.accounts.SetUp(t.Context(), code, without)
	refused(t, "no password", err, syncproto.CodeInvalid)
	p.loggedNew(uuid.Nil, audit.UserAdded, func() uuid.UUID {
		u, err := p.accounts.SetUp(t.Context(), " "+strings.ToLower(code)+" ", n)
		if err != nil || u.Role != accounts.RoleAdministrator {
			t.Fatalf("made %+v, %v: want an administrator", u, err)
		}
		return u.ID
	})
	p.login("ana")
	n.Login = "eva"
	_, err = p.accounts.SetUp(t.Context(), code, n)
	refused(t, "the code again", err, syncproto.CodeCodeInvalid)
	if again := p.setupCode(); again != "" {
		t.Error("there is a setup code beside an administrator")
	}
}

func TestASetupCodeEnds(t *testing.T) {
	n := accounts.NewUser{Login: "ana", Name: "Ana", Password: password}
	t.Run("after a day", func(t *testing.T) {
		p := emptyProgramme(t)
		code := p.setupCode()
		p.now = p.now.Add(24*time.Hour + time.Second)
		_, err := p.accounts.SetUp(t.Context(), code, n)
		refused(t, "after a day", err, syncproto.CodeCodeInvalid)
	})
	t.Run("by the next", func(t *testing.T) {
		p := emptyProgramme(t)
		first, second := p.setupCode(), p.setupCode()
		_, err := p.accounts.SetUp(t.Context(), first, n)
		refused(t, "the earlier code", err, syncproto.CodeCodeInvalid)
		p.now = p.now.Add(24*time.Hour - time.Second)
		if _, err = p.accounts.SetUp(t.Context(), second, n); err != nil {
			t.Errorf("the later code: %v", err)
		}
	})
	t.Run("when there is an administrator", func(t *testing.T) {
		p := emptyProgramme(t)
		code := p.setupCode()
		p.kept(accounts.NewUser{Login: "ada", Name: "Ada", Role: accounts.RoleAdministrator, Password: password})
		_, err := p.accounts.SetUp(t.Context(), code, n)
		refused(t, "beside an administrator", err, syncproto.CodeCodeInvalid)
	})
}
