package accounts_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/accounts"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// contacted has a device have come, as of now, with what else is to be said of it.
func (p *programme) contacted(device uuid.UUID, change func(*store.Contact)) {
	p.t.Helper()
	c := store.Contact{At: p.now.UnixMilli(), Complete: p.now.UnixMilli()}
	change(&c)
	if err := p.store.Write(p.t.Context(), func(tx *store.Tx) error { return tx.SetDeviceContact(p.t.Context(), device, c) }); err != nil {
		p.t.Fatal(err)
	}
}

func TestTheDeviceThatNeedsSomebodyMostComesFirst(t *testing.T) {
	p := newProgramme(t)
	long := p.now.UnixMilli()
	made := map[string]func(*store.Contact){
		"fine, long ago": func(c *store.Contact) { c.Complete -= 3600_000 },
		"fine":           func(*store.Contact) {},
		"unsent":         func(c *store.Contact) { c.Unsent = 3 },
		"silent":         func(c *store.Contact) { c.At, c.Complete = long, long },
		"first sync":     func(c *store.Contact) { c.Complete, c.Unsent = 0, 1 },
		"low":            func(c *store.Contact) { c.FreeBytes = accounts.LowSpace - 1 },
		"clock":          func(c *store.Contact) { c.ClockOffset = 2 * syncproto.ClockWarning },
		"never":          nil,
		"held":           func(*store.Contact) {},
		"revoked":        func(*store.Contact) {},
		"twice":          func(c *store.Contact) { c.At, c.Complete = long, long },
		"both go on":     func(*store.Contact) {},
	}
	enrolled := map[string]store.Device{}
	enrol := func(name string) {
		e, err := p.accounts.Enrol(t.Context(), p.code(), uuid.Nil, name)
		if err != nil {
			t.Fatal(err)
		}
		enrolled[name] = e.Device
	}
	for name := range made {
		if name != "first sync" {
			enrol(name)
		}
	}
	p.now = p.now.Add(accounts.SilentAfter + time.Hour)
	enrol("first sync")
	for name, change := range made {
		if change != nil {
			p.contacted(enrolled[name].ID, change)
		}
	}
	p.hold(enrolled["held"].ID)
	p.revoke(enrolled["revoked"].ID)
	for _, copied := range []string{"twice", "both go on"} {
		if _, err := p.accounts.NewIdentity(t.Context(), enrolled[copied]); err != nil {
			t.Fatal(err)
		}
	}
	p.now = p.now.Add(time.Second)
	p.contacted(enrolled["both go on"].ID, func(*store.Contact) {})
	p.parts(enrolled["silent"])
	standings, err := p.accounts.Standings(t.Context(), p.coordinator)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range standings {
		got = append(got, s.Name+": "+string(s.State))
	}
	want := []string{
		"held: held", "clock: clock", "low: low", "silent: silent", "both go on: never", "never: never", "twice: never",
		"first sync: unsent", "unsent: unsent", "fine, long ago: fine", "fine: fine", "both go on: fine", "silent, parted: replaced", "twice: replaced", "revoked: revoked",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the devices stand\n%q, want\n%q", got, want)
	}
	if standings[0].Held != 1 {
		t.Errorf("%d changes are held, want 1", standings[0].Held)
	}
	if others, err := p.accounts.Standings(t.Context(), p.addUser("cveta", accounts.RoleCoordinator, p.b)); err != nil || len(others) != 0 {
		t.Errorf("a coordinator of another area sees %d devices: %v", len(others), err)
	}
}

// parts adds a branch that a copy of a device has handed in.
func (p *programme) parts(from store.Device) {
	p.t.Helper()
	branch := from
	branch.ID, branch.Name, branch.Former = newID(p.t), from.Name+", parted", from.ID
	branch.Enrolled, branch.TokenEnded = p.now.UnixMilli(), p.now.UnixMilli()
	if err := p.store.Write(p.t.Context(), func(tx *store.Tx) error { return tx.AddDevice(p.t.Context(), branch) }); err != nil {
		p.t.Fatal(err)
	}
}

// hold keeps a change of a device that is held.
func (p *programme) hold(device uuid.UUID) {
	p.t.Helper()
	c := store.Change{Device: device, Status: syncproto.Held, Change: syncproto.Change{N: 1, Form: 1, Record: newID(p.t)}}
	if err := p.store.Write(p.t.Context(), func(tx *store.Tx) error { return tx.AddChanges(p.t.Context(), []store.Change{c}) }); err != nil {
		p.t.Fatal(err)
	}
}

func TestATeamIsInvitedAsAWhole(t *testing.T) {
	p := newProgramme(t)
	team := []accounts.Invited{{"Tablet 1", p.worker, []uuid.UUID{p.village}}, {"Tablet 2", p.worker, []uuid.UUID{p.b}}}
	_, err := p.accounts.InviteTeam(t.Context(), p.coordinator, team)
	refused(t, "a team one of whom goes elsewhere", err, syncproto.CodeForbidden)
	if open, err := p.accounts.Invitations(t.Context(), p.admin); err != nil || len(open) != 0 {
		t.Errorf("after a team that was refused, %d invitations are open: %v", len(open), err)
	}
	made, err := p.accounts.InviteTeam(t.Context(), p.admin, team)
	if err != nil || len(made) != 2 || made[0].Code == made[1].Code {
		t.Fatalf("a team is invited: %v, %v", made, err)
	}
	if err := p.enrolWith(made[1].Code); err != nil {
		t.Fatal(err)
	}
	open, err := p.accounts.Invitations(t.Context(), p.admin)
	if err != nil || len(open) != 2 || open[0].UsedBy != uuid.Nil || open[1].UsedBy == uuid.Nil || open[1].Name != "Tablet 2" {
		t.Errorf("the invitations are %v: %v", open, err)
	}
	if own, err := p.accounts.Invitations(t.Context(), p.coordinator); err != nil || len(own) != 1 || own[0].Name != "Tablet 1" {
		t.Errorf("those of the coordinator's areas are %v: %v", own, err)
	}
	p.now = p.now.Add(11 * time.Minute)
	if open, err = p.accounts.Invitations(t.Context(), p.admin); err != nil || len(open) != 1 || open[0].Name != "Tablet 2" {
		t.Errorf("once the codes have ended, the invitations are %v: %v", open, err)
	}
}

func TestADeviceIsHandedToWhoWorksThere(t *testing.T) {
	p := newProgramme(t)
	elsewhere := p.addUser("jelena", accounts.RoleWorker, p.b)
	for actor, want := range map[uuid.UUID]bool{p.admin: true, p.coordinator: false} {
		list, err := p.accounts.Holders(t.Context(), actor)
		if err != nil {
			t.Fatal(err)
		}
		has := func(id uuid.UUID) bool {
			return slices.ContainsFunc(list, func(u store.User) bool { return u.ID == id })
		}
		if !has(p.worker) || has(elsewhere) != want {
			t.Errorf("%v can be handed a device, want who works elsewhere among them: %t", list, want)
		}
	}
}
