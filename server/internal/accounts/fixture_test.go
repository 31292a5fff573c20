package accounts_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/accounts"
	"satchel/server/internal/audit"
	"satchel/server/internal/store"
	"satchel/server/internal/store/storetest"
	"satchel/syncproto"
)

// password is everybody's, so that a test says only what it is about.
const password = "correct horse"

// A programme has an administrator, a coordinator of area a, a worker there, and a clock that a test
// can set. Area a has two villages below it; b lies beside a.
type programme struct {
	t                              *testing.T
	accounts                       *accounts.Accounts
	store                          *store.Store
	now                            time.Time
	cost                           accounts.PasswordCost
	meanwhile                      func() // run once, when the clock is read next
	hash                           string // of the password, as everybody has it; "" if nobody has one
	admin, coordinator, worker     uuid.UUID
	country, a, village, hamlet, b uuid.UUID
}

func newProgramme(t *testing.T) *programme {
	t.Helper()
	p := emptyProgramme(t)
	p.staff()
	return p
}

// newConsole is a programme whose people all have the password.
func newConsole(t *testing.T) *programme {
	t.Helper()
	p := emptyProgramme(t)
	p.hash = p.kept(accounts.NewUser{Login: "x", Name: "x", Role: accounts.RoleWorker, Password: password}).Password
	p.staff()
	return p
}

func (p *programme) staff() {
	p.t.Helper()
	p.admin = p.addUser("ana", accounts.RoleAdministrator)
	p.coordinator = p.addUser("ceca", accounts.RoleCoordinator, p.a)
	p.worker = p.addUser("petar", accounts.RoleWorker, p.village)
}

// emptyProgramme has areas and nobody who works in them.
func emptyProgramme(t *testing.T) *programme {
	t.Helper()
	p := &programme{t: t, store: storetest.Open(t), now: time.UnixMilli(1_700_000_000_000), cost: accounts.PasswordCost{Memory: 8, Passes: 1}}
	p.reopen()
	for _, id := range []*uuid.UUID{&p.country, &p.a, &p.village, &p.hamlet, &p.b} {
		*id = newID(t)
	}
	p.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.PutRecords(ctx, []store.Record{
			area(p.country, uuid.Nil), area(p.a, p.country), area(p.village, p.a), area(p.hamlet, p.village), area(p.b, p.country),
		})
	})
	return p
}

// backup makes a backup, and gives what goes back to it.
func (p *programme) backup() (restore func()) {
	p.t.Helper()
	if storetest.Database(p.t) != "" {
		p.t.Skip("PostgreSQL has backups of its own")
	}
	path := filepath.Join(p.t.TempDir(), "backup.db")
	p.write(func(ctx context.Context, tx *store.Tx) error { return tx.SetProperty(ctx, "epoch", "first") }) // by it a backup is known to be one
	if err := p.store.Backup(p.t.Context(), path); err != nil {
		p.t.Fatal(err)
	}
	return func() {
		s, err := store.Open(p.t.Context(), path)
		if err != nil {
			p.t.Fatal(err)
		}
		p.t.Cleanup(func() {
			if err := s.Close(); err != nil {
				p.t.Error(err)
			}
		})
		p.store = s
		p.reopen()
	}
}

// reopen opens the accounts anew, as a server does that starts.
func (p *programme) reopen() {
	p.t.Helper()
	var err error
	if p.accounts, err = accounts.New(p.t.Context(), p.store, p.clock, p.cost); err != nil {
		p.t.Fatal(err)
	}
}

func (p *programme) clock() time.Time {
	if fn := p.meanwhile; fn != nil {
		p.meanwhile = nil
		fn()
	}
	return p.now
}

func newID(t *testing.T) uuid.UUID {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// area is one that lies below parent, which may be nil.
func area(id, parent uuid.UUID) store.Record {
	head := func(v syncproto.Value) syncproto.Register {
		return syncproto.Register{Heads: []syncproto.Head{{Version: syncproto.Version{Device: id, N: 1}, Value: v}}}
	}
	r := store.Record{ID: id, Collection: "areas", State: syncproto.State{"name": head(`"x"`)}, Touched: map[string]int64{"name": 1}}
	if parent != uuid.Nil {
		r.State["parent"], r.Touched["parent"] = head(syncproto.Value(`"`+parent.String()+`"`)), 1
	}
	return r
}

func (p *programme) write(fn func(context.Context, *store.Tx) error) {
	p.t.Helper()
	if err := p.store.Write(p.t.Context(), func(tx *store.Tx) error { return fn(p.t.Context(), tx) }); err != nil {
		p.t.Fatal(err)
	}
}

// read gives what fn reads, which has to succeed.
func read[T any](p *programme, fn func(context.Context, *store.Tx) (T, error)) (out T) {
	p.t.Helper()
	err := p.store.Read(p.t.Context(), func(tx *store.Tx) (err error) {
		out, err = fn(p.t.Context(), tx)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

func (p *programme) addUser(login, role string, areas ...uuid.UUID) uuid.UUID {
	p.t.Helper()
	u := p.kept(accounts.NewUser{Login: login, Name: login, Role: role, Areas: areas})
	p.rewrite(u.ID, func(u *store.User) { u.Password = p.hash })
	return u.ID
}

// rewrite changes what is kept of a person, behind the back of the accounts.
func (p *programme) rewrite(id uuid.UUID, fn func(*store.User)) {
	p.t.Helper()
	u := p.user(id)
	fn(&u)
	p.write(func(ctx context.Context, tx *store.Tx) error { return tx.SetUser(ctx, u) })
}

// kept adds a person, and gives what is kept of them.
func (p *programme) kept(n accounts.NewUser) store.User {
	p.t.Helper()
	u, err := p.accounts.AddUser(p.t.Context(), p.admin, n)
	if err != nil {
		p.t.Fatal(err)
	}
	return u
}

func (p *programme) deleteArea(id uuid.UUID) {
	p.t.Helper()
	gone := area(id, uuid.Nil)
	gone.Deleted = true
	p.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutRecords(ctx, []store.Record{gone}) })
}

func (p *programme) setupCode() string {
	p.t.Helper()
	code, err := p.accounts.SetupCode(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	return code
}

func (p *programme) user(id uuid.UUID) store.User {
	p.t.Helper()
	return read(p, func(ctx context.Context, tx *store.Tx) (store.User, error) { return tx.User(ctx, id) })
}

func (p *programme) device(id uuid.UUID) store.Device {
	p.t.Helper()
	return read(p, func(ctx context.Context, tx *store.Tx) (store.Device, error) { return tx.Device(ctx, id) })
}

func (p *programme) login(login string) accounts.Session {
	p.t.Helper()
	s, err := p.accounts.Login(p.t.Context(), login, password)
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

func (p *programme) change(id uuid.UUID, change accounts.UserChange) {
	p.t.Helper()
	if err := p.accounts.ChangeUser(p.t.Context(), p.admin, id, change); err != nil {
		p.t.Fatal(err)
	}
}

func (p *programme) setDeviceAreas(id uuid.UUID, areas ...uuid.UUID) {
	p.t.Helper()
	if err := p.accounts.SetDeviceAreas(p.t.Context(), p.admin, id, areas); err != nil {
		p.t.Fatal(err)
	}
}

func (p *programme) revoke(id uuid.UUID) {
	p.t.Helper()
	if err := p.accounts.RevokeDevice(p.t.Context(), p.admin, id); err != nil {
		p.t.Fatal(err)
	}
}

// code gives that of a new invitation for the worker and the village.
func (p *programme) code() string {
	p.t.Helper()
	made, err := p.accounts.Invite(p.t.Context(), p.admin, p.worker, "tablet", []uuid.UUID{p.village})
	if err != nil {
		p.t.Fatal(err)
	}
	return made.Code
}

// enrol makes a device for the worker and the village.
func (p *programme) enrol() accounts.Enrolment {
	p.t.Helper()
	e, err := p.accounts.Enrol(p.t.Context(), p.code(), uuid.Nil, "")
	if err != nil {
		p.t.Fatal(err)
	}
	return e
}

func (p *programme) refresh(token string) accounts.Tokens {
	p.t.Helper()
	tokens, err := p.accounts.Refresh(p.t.Context(), token)
	if err != nil {
		p.t.Fatal(err)
	}
	return tokens
}

func (p *programme) log() []store.AuditRow {
	p.t.Helper()
	return read(p, func(ctx context.Context, tx *store.Tx) ([]store.AuditRow, error) { return tx.AuditSince(ctx, 0, 1000) })
}

// logged fails the test unless fn adds one entry to the audit log, which says this and holds.
func (p *programme) logged(actor uuid.UUID, action string, subject uuid.UUID, fn func()) {
	p.t.Helper()
	p.loggedNew(actor, action, func() uuid.UUID { fn(); return subject })
}

// loggedNew is as logged, for a subject that fn makes.
func (p *programme) loggedNew(actor uuid.UUID, action string, fn func() uuid.UUID) {
	p.t.Helper()
	before := len(p.log())
	subject := fn()
	added := p.log()[before:]
	if len(added) != 1 || added[0].Actor != actor.String() || added[0].Action != action || added[0].Subject != subject.String() || added[0].At != p.now.UnixMilli() {
		p.t.Errorf("the audit log has %+v more, want %s by %s about %s", added, action, actor, subject)
	}
	report := read(p, func(ctx context.Context, tx *store.Tx) (audit.Report, error) { return audit.Verify(ctx, tx, "") })
	if report.Broken != 0 {
		p.t.Errorf("the audit log is broken: %+v", report)
	}
}

// refused fails the test unless the error is a refusal of that code. The person has to be told
// something.
func refused(t *testing.T, what string, err error, code syncproto.Code) {
	t.Helper()
	var problem *syncproto.Problem
	if !errors.As(err, &problem) || problem.Code != code || problem.Detail == "" {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}
