package server_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/internal/pgtest"
	"satchel/server"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// place says which database an office has.
func (o *office) place() server.Config { return server.Config{Dir: o.dir, Database: o.postgres} }

// file and postgres make places for a database.
func file(t *testing.T) server.Config { return server.Config{Dir: t.TempDir()} }

func postgres(t *testing.T) server.Config {
	return server.Config{Dir: t.TempDir(), Database: pgtest.URL(t)}
}

func quiet(string, int) {}

// lively gives an office, with two tablets, that has something in every table.
func lively(t *testing.T, at server.Config) (*office, []*clientlib.Store) {
	o := newOfficeAt(t, at)
	one, other := o.tablet("one", o.a), o.tablet("other", o.a)
	household := register(t, one, o.a, "Милица Ђорђевић")
	moving := register(t, one, o.a, "Petar")
	for range 120 { // more than fit in one statement
		register(t, one, o.a, "Jovan")
	}
	mustSync(t, one, other)
	edit(t, one, household, map[string]any{"phone": "060 222"})
	edit(t, other, household, map[string]any{"phone": "060 333"})
	mustSync(t, one, other)
	o.save("households", moving, map[string]string{"area": o.b.String()})
	if _, err := o.srv.Accounts.Invite(t.Context(), o.admin, o.admin, "not used", []uuid.UUID{o.a}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.srv.Accounts.AddUser(t.Context(), o.admin, server.NewUser{Login: "mila", Name: "Mila", Role: "worker", Areas: []uuid.UUID{o.a}}); err != nil {
		t.Fatal(err)
	}
	feed := server.NewFeedToken{Name: "Donor", Collections: []string{"households"}, Expires: time.Now().Add(time.Hour).UnixMilli()}
	if _, _, err := o.srv.Accounts.AddFeedToken(t.Context(), o.admin, feed); err != nil {
		t.Fatal(err)
	}
	hook, err := o.srv.Accounts.AddWebhook(t.Context(), o.admin, "https://donor.example/", "record.changed")
	if err == nil {
		err = o.srv.Store.Write(t.Context(), func(tx *store.Tx) error { return tx.AddDelivery(t.Context(), store.Delivery{Webhook: hook.ID}) })
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.srv.Accounts.Login(t.Context(), "ana", "long enough"); err != nil {
		t.Fatal(err)
	}
	mustSync(t, one, other)
	return o, []*clientlib.Store{one, other}
}

// goesOn checks that an office serves at a place, and that its tablets notice nothing.
func (o *office) goesOn(at server.Config, tablets []*clientlib.Store) {
	o.t.Helper()
	if _, err := server.Open(o.t.Context(), o.place()); !errors.Is(err, store.ErrMoved) {
		o.t.Fatalf("open the former database: %v, want ErrMoved", err)
	}
	o.dir, o.postgres = at.Dir, at.Database
	o.open()
	for _, s := range tablets {
		result, err := s.Sync(o.t.Context(), nil)
		if err != nil || !result.Safe || result.ServerRestored || result.Records > 0 {
			o.t.Fatalf("the first sync after the move: %+v, %v; want safe, and nothing new", result, err)
		}
	}
	added := register(o.t, tablets[0], o.a, "Nada")
	mustSync(o.t, tablets...)
	if got := shown(o.t, tablets[1], added, "head_name"); got != "Nada" {
		o.t.Errorf("what was recorded after the move is %q on the other tablet", got)
	}
	if open, err := o.srv.Engine.Conflicts(o.t.Context(), 0, 10); err != nil || len(open) != 1 {
		o.t.Errorf("open conflicts after the move: %d, %v; want the one of before", len(open), err)
	}
	if report, err := o.srv.VerifyAudit(o.t.Context(), ""); err != nil || report.Broken != 0 {
		o.t.Errorf("the audit log after the move: %+v, %v", report, err)
	}
}

// A move that is broken off at every step goes on where it was, and at no time are there two databases that can be
// used, or none.
func TestAnOfficeMoves(t *testing.T) {
	if testing.Short() {
		t.Skip("moves one office three times, row by row")
	}
	for name, places := range map[string][2]func(*testing.T) server.Config{
		"from file to file":       {file, file},
		"from file to PostgreSQL": {file, postgres},
		"from PostgreSQL to file": {postgres, file},
	} {
		t.Run(name, func(t *testing.T) {
			o, tablets := lively(t, places[0](t))
			o.stop()
			to := places[1](t)
			tables, rounds := map[string]bool{}, 0
			for {
				ctx, breakOff := context.WithCancel(t.Context())
				err := server.Move(ctx, o.place(), to, func(table string, rows int) {
					if rows > 0 {
						tables[table] = true
						breakOff()
					}
				})
				breakOff()
				if rounds++; err == nil {
					break
				}
				if !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				if _, err := server.Open(t.Context(), to); !errors.Is(err, store.ErrMoving) {
					t.Fatalf("open what was moved in part: %v, want ErrMoving", err)
				}
			}
			if len(tables) < 18 || rounds < 18 {
				t.Errorf("%d rounds moved the tables %v, want 18 of them at least", rounds, tables)
			}
			o.goesOn(to, tablets)
		})
	}
}

func TestWhatIsThereIsNotMovedOver(t *testing.T) {
	o, tablets := lively(t, file(t))
	other, _ := lively(t, file(t))
	if err := server.Move(t.Context(), o.place(), file(t), quiet); !errors.Is(err, server.ErrInUse) {
		t.Errorf("move a database in use: %v, want ErrInUse", err)
	}
	o.stop()
	other.stop()
	if err := server.Move(t.Context(), o.place(), other.place(), quiet); !errors.Is(err, store.ErrTaken) {
		t.Errorf("move over another database: %v, want ErrTaken", err)
	}
	if err := server.Move(t.Context(), o.place(), o.place(), quiet); err == nil {
		t.Error("a database was moved over itself")
	}
	o.open()
	mustSync(t, tablets...)
	o.stop()
	to := file(t)
	if err := server.Move(t.Context(), o.place(), to, quiet); err != nil {
		t.Fatal(err)
	}
	for _, at := range []server.Config{to, file(t)} {
		if err := server.Move(t.Context(), o.place(), at, quiet); !errors.Is(err, store.ErrTaken) && !errors.Is(err, store.ErrMoved) {
			t.Errorf("move what was moved: %v, want ErrTaken or ErrMoved", err)
		}
	}
	o.goesOn(to, tablets)
}

// A server that runs on, because nobody can see it over PostgreSQL, spoils no move and takes nothing that would be lost.
func TestAServerThatRunsOnWhileItsDatabaseMoves(t *testing.T) {
	o, tablets := lively(t, postgres(t))
	wrote := false
	err := server.Move(t.Context(), o.place(), file(t), func(table string, _ int) {
		if table == "audit" && !wrote {
			wrote = true
			register(t, tablets[0], o.a, "recorded meanwhile")
			mustSync(t, tablets[0])
		}
	})
	if !errors.Is(err, store.ErrDiffers) {
		t.Fatalf("a move under a server at work: %v, want ErrDiffers", err)
	}
	mustSync(t, tablets...)

	to := file(t)
	if err := server.Move(t.Context(), o.place(), to, quiet); err != nil {
		t.Fatal(err)
	}
	register(t, tablets[0], o.a, "recorded later")
	ctx, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	impatient := func(p clientlib.Progress) {
		if p.WaitSeconds > 0 {
			giveUp()
		}
	}
	if _, err := tablets[0].Sync(ctx, impatient); !errors.Is(err, &syncproto.Problem{Code: syncproto.CodeBusy}) {
		t.Fatalf("a sync with the former server: %v, want busy", err)
	}
	o.stop()
	o.dir, o.postgres = to.Dir, to.Database
	o.open()
	mustSync(t, tablets...)
}
