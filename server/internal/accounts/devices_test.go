package accounts_test

import (
	"context"
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/accounts"
	"satchel/server/internal/audit"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// enrolWith tries to enrol a device with a code.
func (p *programme) enrolWith(code string) error {
	_, err := p.accounts.Enrol(p.t.Context(), code, uuid.Nil, "")
	return err
}

func TestACodeEnrolsOneDevice(t *testing.T) {
	p := newProgramme(t)
	var code string
	p.logged(p.coordinator, audit.DeviceInvited, p.worker, func() {
		made, err := p.accounts.Invite(t.Context(), p.coordinator, p.worker, " Tablet 7 ", []uuid.UUID{p.village, p.hamlet, p.village})
		if err != nil || !made.Expires.Equal(p.now.Add(10*time.Minute)) {
			t.Fatalf("invited: %v, until %v", err, made.Expires)
		}
		code = made.Code
	})
	if !regexp.MustCompile("^([0-9A-HJKMNP-TV-Z]{4}-){2}[0-9A-HJKMNP-TV-Z]{4}$").MatchString(code) {
		t.Errorf("the code is %q", code)
	}
	var e accounts.Enrolment
	p.loggedNew(p.worker, audit.DeviceEnrolled, func() uuid.UUID {
		var err error
		if e, err = p.accounts.Enrol(t.Context(), code, uuid.Nil, ""); err != nil {
			t.Fatal(err)
		}
		return e.Device.ID
	})
	want := store.Device{
		ID: e.Device.ID, Name: "Tablet 7", Holder: p.worker, Enrolled: p.now.UnixMilli(), TokenAt: p.now.UnixMilli(),
		Areas: []uuid.UUID{p.village, p.hamlet},
	}
	if got := p.device(e.Device.ID); !reflect.DeepEqual(got, want) || got.ID.Version() != 7 {
		t.Errorf("enrolled\n%+v\nwant\n%+v", got, want)
	}
	if got, err := p.accounts.Authenticate(t.Context(), e.Tokens.Access); err != nil || got.ID != want.ID {
		t.Errorf("its token is of %v, %v", got.ID, err)
	}
	refused(t, "the code again", p.enrolWith(code), syncproto.CodeCodeInvalid)
	for _, row := range p.log() {
		if strings.Contains(row.Details, code) {
			t.Errorf("the audit log has the code: %s", row.Details)
		}
	}
}

func TestACodeWorksForTenMinutes(t *testing.T) {
	p := newProgramme(t)
	first, second := p.code(), p.code()
	p.now = p.now.Add(10 * time.Minute)
	if err := p.enrolWith(first); err != nil {
		t.Errorf("after ten minutes: %v", err)
	}
	p.now = p.now.Add(time.Millisecond)
	refused(t, "after ten minutes and a little", p.enrolWith(second), syncproto.CodeCodeInvalid)
	refused(t, "no code", p.enrolWith(""), syncproto.CodeCodeInvalid)
	p.now = p.now.Add(25 * time.Hour)
	p.code()
	refused(t, "once forgotten", p.enrolWith(second), syncproto.CodeCodeInvalid)
}

func TestACodeWorksHoweverItIsTyped(t *testing.T) {
	p := newProgramme(t)
	for what, typed := range map[string]func(string) string{
		"lower case":       strings.ToLower,
		"spaces":           func(code string) string { return " " + strings.ReplaceAll(code, "-", " ") + " " },
		"without dashes":   func(code string) string { return strings.ReplaceAll(code, "-", "") },
		"letters for 0, 1": func(code string) string { return strings.NewReplacer("0", "O", "1", "I").Replace(code) },
		"small o and l":    func(code string) string { return strings.NewReplacer("0", "o", "1", "l").Replace(code) },
	} {
		code := p.codeWith("0", "1")
		if err := p.enrolWith(typed(code)); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// codeWith gives a code in which the letters occur.
func (p *programme) codeWith(letters ...string) string {
	p.t.Helper()
	for range 10_000 { // one in nine has two given ones
		code := p.code()
		if !slices.ContainsFunc(letters, func(l string) bool { return !strings.Contains(code, l) }) {
			return code
		}
	}
	p.t.Fatalf("no code has all of %v", letters)
	return ""
}

func TestOfTwoWhoUseACodeAtOnceOneWins(t *testing.T) {
	p := newProgramme(t)
	for range 20 {
		code := p.code()
		const people = 4
		results := make([]error, people)
		var start, done sync.WaitGroup
		start.Add(1)
		for i := range people {
			done.Go(func() {
				start.Wait()
				results[i] = p.enrolWith(code)
			})
		}
		start.Done()
		done.Wait()
		won := 0
		for _, err := range results {
			if err == nil {
				won++
				continue
			}
			refused(t, "who came second", err, syncproto.CodeCodeInvalid)
		}
		if won != 1 {
			t.Fatalf("%d of %d enrolled with one code", won, people)
		}
	}
}

func TestWhoMayInvite(t *testing.T) {
	p := newProgramme(t)
	elsewhere := p.addUser("vera", accounts.RoleWorker, p.b)
	nowhere := p.addUser("nada", accounts.RoleCoordinator)
	gone := p.addUser("gaga", accounts.RoleCoordinator, p.a)
	p.stop(gone)
	const done = syncproto.Code("")
	for _, c := range []struct {
		what          string
		actor, holder uuid.UUID
		areas         []uuid.UUID
		want          syncproto.Code
	}{
		{"an administrator, anywhere", p.admin, elsewhere, []uuid.UUID{p.country, p.b}, done},
		{"a coordinator, the own area", p.coordinator, p.worker, []uuid.UUID{p.a}, done},
		{"a coordinator, far below", p.coordinator, p.worker, []uuid.UUID{p.hamlet}, done},
		{"a coordinator, for the own hands", p.coordinator, p.coordinator, []uuid.UUID{p.a}, done},
		{"a coordinator, above", p.coordinator, p.worker, []uuid.UUID{p.country}, syncproto.CodeForbidden},
		{"a coordinator, beside", p.coordinator, p.worker, []uuid.UUID{p.b}, syncproto.CodeForbidden},
		{"a coordinator, partly beside", p.coordinator, p.worker, []uuid.UUID{p.a, p.b}, syncproto.CodeForbidden},
		{"a coordinator, for who works elsewhere", p.coordinator, elsewhere, []uuid.UUID{p.a}, syncproto.CodeForbidden},
		{"a coordinator, for an administrator", p.coordinator, p.admin, []uuid.UUID{p.a}, syncproto.CodeForbidden},
		{"a coordinator of nothing", nowhere, nowhere, []uuid.UUID{p.a}, syncproto.CodeForbidden},
		{"a coordinator who was stopped", gone, p.worker, []uuid.UUID{p.a}, syncproto.CodeForbidden},
		{"a worker", p.worker, p.worker, []uuid.UUID{p.village}, syncproto.CodeForbidden},
		{"for nobody", p.admin, newID(t), []uuid.UUID{p.a}, syncproto.CodeInvalid},
		{"for who was stopped", p.admin, gone, []uuid.UUID{p.a}, syncproto.CodeInvalid},
		{"for no area", p.admin, p.worker, nil, syncproto.CodeInvalid},
		{"for an unknown area", p.admin, p.worker, []uuid.UUID{newID(t)}, syncproto.CodeInvalid},
		{"for the area of everyone", p.admin, p.worker, []uuid.UUID{syncproto.Everyone}, syncproto.CodeInvalid},
	} {
		before := len(p.log())
		made, err := p.accounts.Invite(t.Context(), c.actor, c.holder, "tablet", c.areas)
		if c.want == done {
			if err != nil || p.enrolWith(made.Code) != nil {
				t.Errorf("%s: %v, want a code that works", c.what, err)
			}
			continue
		}
		refused(t, c.what, err, c.want)
		if len(p.log()) != before {
			t.Errorf("%s: the audit log says that it was done", c.what)
		}
	}
	for _, name := range []string{"", " \n", strings.Repeat("ж", 101)} {
		_, err := p.accounts.Invite(t.Context(), p.admin, p.worker, name, []uuid.UUID{p.a})
		refused(t, "named "+name, err, syncproto.CodeInvalid)
	}
	if _, err := p.accounts.Invite(t.Context(), newID(t), p.worker, "tablet", []uuid.UUID{p.a}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("nobody invited: %v, want ErrNotFound", err)
	}
}

func (p *programme) stop(id uuid.UUID) {
	p.t.Helper()
	p.rewrite(id, func(u *store.User) { u.Active = false })
}

func TestACodeEndsWithItsPeople(t *testing.T) {
	p := newProgramme(t)
	invite := func(holder uuid.UUID) string {
		made, err := p.accounts.Invite(t.Context(), p.coordinator, holder, "tablet", []uuid.UUID{p.a})
		if err != nil {
			t.Fatal(err)
		}
		return made.Code
	}
	ofWorker, ofCoordinator := invite(p.worker), invite(p.addUser("mira", accounts.RoleWorker, p.a))
	p.stop(p.worker)
	refused(t, "the holder was stopped", p.enrolWith(ofWorker), syncproto.CodeCodeInvalid)
	p.stop(p.coordinator)
	refused(t, "who made it was stopped", p.enrolWith(ofCoordinator), syncproto.CodeCodeInvalid)
}

func TestAnIdIsKeptOnlyIfNothingEverCameUnderIt(t *testing.T) {
	p := newProgramme(t)
	office, changed, taken, free := newID(t), newID(t), p.enrol().Device.ID, newID(t)
	p.write(func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.SetProperty(ctx, "office", office.String()), tx.AddChanges(ctx, []store.Change{{
			Device: changed, Status: syncproto.Applied,
			Change: syncproto.Change{N: 1, Form: 1, Collection: "households", Record: newID(t), Author: p.worker},
		}}))
	})
	for what, c := range map[string]struct {
		existing uuid.UUID
		kept     bool
	}{
		"one that is free":            {free, true},
		"the office's":                {office, false},
		"one under which changes are": {changed, false},
		"another device's":            {taken, false},
		"none":                        {uuid.Nil, false},
		"one without a time in it":    {uuid.New(), false},
	} {
		e, err := p.accounts.Enrol(t.Context(), p.code(), c.existing, "")
		if err != nil || (e.Device.ID == c.existing) != c.kept || e.Device.ID.Version() != 7 {
			t.Errorf("%s: enrolled as %s with %s, %v", what, e.Device.ID, c.existing, err)
		}
	}
}

func TestADeviceMayBringItsName(t *testing.T) {
	p := newProgramme(t)
	for given, want := range map[string]string{"": "tablet", "  ": "tablet", " Петрова таблица ": "Петрова таблица"} {
		e, err := p.accounts.Enrol(t.Context(), p.code(), uuid.Nil, given)
		if err != nil || p.device(e.Device.ID).Name != want {
			t.Errorf("named %q: %v, is %q", given, err, p.device(e.Device.ID).Name)
		}
	}
	code := p.code()
	_, err := p.accounts.Enrol(t.Context(), code, uuid.Nil, strings.Repeat("x", 101))
	refused(t, "far too long a name", err, syncproto.CodeInvalid)
	if err := p.enrolWith(code); err != nil {
		t.Errorf("the code after the refusal: %v, want it to be unused", err)
	}
}

func TestANewIdentityIsTheSameDeviceUnderAnotherId(t *testing.T) {
	p := newProgramme(t)
	old := p.enrol()
	p.refresh(old.Tokens.Refresh)
	p.setDeviceAreas(old.Device.ID, p.b)
	var e accounts.Enrolment
	p.loggedNew(p.worker, audit.DeviceForked, func() uuid.UUID {
		var err error
		if e, err = p.accounts.NewIdentity(t.Context(), old.Device); err != nil {
			t.Fatal(err)
		}
		return e.Device.ID
	})
	want := store.Device{
		ID: e.Device.ID, Name: "tablet", Holder: p.worker, Enrolled: p.now.UnixMilli(), TokenAt: p.now.UnixMilli(), Areas: []uuid.UUID{p.b},
		Former: old.Device.ID,
	}
	if got := p.device(e.Device.ID); !reflect.DeepEqual(got, want) || e.Device.ID == old.Device.ID {
		t.Errorf("it is\n%+v\nwant\n%+v", got, want)
	}
	for _, tokens := range []accounts.Tokens{old.Tokens, e.Tokens} {
		if _, err := p.accounts.Authenticate(t.Context(), tokens.Access); err != nil {
			t.Errorf("a token of one of the two: %v", err)
		}
	}
}

// A thief who asks for a new identity in the moment of the revocation must not come away with one.
func TestARevokedDeviceStaysRevokedUnderANewIdentity(t *testing.T) {
	p := newProgramme(t)
	e := p.enrol()
	d, err := p.accounts.Authenticate(t.Context(), e.Tokens.Access)
	if err != nil {
		t.Fatal(err)
	}
	p.revoke(d.ID)
	again, err := p.accounts.NewIdentity(t.Context(), d)
	if err != nil || again.Device.ID == d.ID || again.Device.Revoked == 0 {
		t.Errorf("revoked since it was authenticated: %+v, %v; want another id, revoked", again.Device, err)
	}
	e = p.enrol()
	p.end(e)
	_, err = p.accounts.NewIdentity(t.Context(), e.Device)
	refused(t, "a device whose tokens were ended", err, syncproto.CodeTokenReused)
}

func TestACoordinatorReachesOnlyDevicesWithinTheOwnAreas(t *testing.T) {
	p := newProgramme(t)
	mine, above, half, beside := p.enrol().Device.ID, p.enrol().Device.ID, p.enrol().Device.ID, p.enrol().Device.ID
	p.setDeviceAreas(above, p.country)
	p.setDeviceAreas(half, p.village, p.b)
	p.setDeviceAreas(beside, p.b)
	bare := p.enrol().Device.ID // of no area, as nobody can make it from outside
	p.write(func(ctx context.Context, tx *store.Tx) error { return tx.SetDeviceAreas(ctx, bare, nil) })
	for actor, want := range map[uuid.UUID][]uuid.UUID{
		p.admin: {mine, above, half, beside, bare}, p.coordinator: {mine}, p.worker: nil,
	} {
		devices, err := p.accounts.Devices(t.Context(), actor)
		var got []uuid.UUID
		for _, d := range devices {
			got = append(got, d.ID)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s looks after %v, %v; want %v", p.user(actor).Login, got, err, want)
		}
	}
	for _, id := range []uuid.UUID{above, half, beside, bare} {
		was := p.device(id)
		refused(t, "to revoke", p.accounts.RevokeDevice(t.Context(), p.coordinator, id), syncproto.CodeForbidden)
		refused(t, "to take", p.accounts.SetDeviceAreas(t.Context(), p.coordinator, id, []uuid.UUID{p.a}), syncproto.CodeForbidden)
		if got := p.device(id); !reflect.DeepEqual(got, was) {
			t.Errorf("it is\n%+v\nand was\n%+v", got, was)
		}
	}
	refused(t, "to give away", p.accounts.SetDeviceAreas(t.Context(), p.coordinator, mine, []uuid.UUID{p.a, p.b}), syncproto.CodeForbidden)
	refused(t, "a worker to revoke", p.accounts.RevokeDevice(t.Context(), p.worker, mine), syncproto.CodeForbidden)
	refused(t, "a worker to set", p.accounts.SetDeviceAreas(t.Context(), p.worker, mine, []uuid.UUID{p.village}), syncproto.CodeForbidden)
	if got := p.device(mine).Areas; !slices.Equal(got, []uuid.UUID{p.village}) {
		t.Errorf("its areas are %v", got)
	}
}

func TestADeviceGetsOtherAreas(t *testing.T) {
	p := newProgramme(t)
	id := p.enrol().Device.ID
	p.logged(p.coordinator, audit.DeviceScoped, id, func() {
		if err := p.accounts.SetDeviceAreas(t.Context(), p.coordinator, id, []uuid.UUID{p.hamlet, p.a, p.hamlet}); err != nil {
			t.Fatal(err)
		}
	})
	if got := p.device(id).Areas; !slices.Equal(got, []uuid.UUID{p.a, p.hamlet}) {
		t.Errorf("its areas are %v", got)
	}
	for what, areas := range map[string][]uuid.UUID{"none": nil, "an unknown one": {newID(t)}, "everyone's": {syncproto.Everyone}} {
		refused(t, what, p.accounts.SetDeviceAreas(t.Context(), p.admin, id, areas), syncproto.CodeInvalid)
	}
	refused(t, "an unknown device", p.accounts.SetDeviceAreas(t.Context(), p.admin, newID(t), []uuid.UUID{p.a}), syncproto.CodeNotFound)
}

func TestADeviceIsRenamed(t *testing.T) {
	p := newProgramme(t)
	d := p.enrol().Device
	p.logged(p.coordinator, audit.DeviceRenamed, d.ID, func() {
		if err := p.accounts.RenameDevice(t.Context(), p.coordinator, d.ID, " Tablet 8 "); err != nil {
			t.Fatal(err)
		}
	})
	if got := p.device(d.ID).Name; got != "Tablet 8" {
		t.Errorf("the device is called %q", got)
	}
	p.setDeviceAreas(d.ID, p.village, p.b)
	refused(t, "a coordinator, a device that reaches beyond", p.accounts.RenameDevice(t.Context(), p.coordinator, d.ID, "x"), syncproto.CodeForbidden)
	refused(t, "a worker", p.accounts.RenameDevice(t.Context(), p.worker, d.ID, "x"), syncproto.CodeForbidden)
	if err := p.accounts.RenameDevice(t.Context(), p.admin, newID(t), "x"); err == nil {
		t.Error("a device that is not there was renamed")
	}
}

func TestADeviceIsRevoked(t *testing.T) {
	p := newProgramme(t)
	id, other := p.enrol().Device.ID, p.enrol().Device.ID
	p.logged(p.coordinator, audit.DeviceRevoked, id, func() {
		if err := p.accounts.RevokeDevice(t.Context(), p.coordinator, id); err != nil {
			t.Fatal(err)
		}
	})
	if got := p.device(id).Revoked; got != p.now.UnixMilli() {
		t.Errorf("revoked at %d, want %d", got, p.now.UnixMilli())
	}
	if p.device(other).Revoked != 0 {
		t.Error("another device was revoked")
	}
	refused(t, "an unknown device", p.accounts.RevokeDevice(t.Context(), p.admin, newID(t)), syncproto.CodeNotFound)
}

func TestADeviceWhoseAreaIsGoneCanBeRevokedAndMoved(t *testing.T) {
	p := newProgramme(t)
	id := p.enrol().Device.ID
	p.deleteArea(p.village)
	refused(t, "a coordinator", p.accounts.RevokeDevice(t.Context(), p.coordinator, id), syncproto.CodeForbidden)
	p.setDeviceAreas(id, p.a)
	p.deleteArea(p.a)
	p.revoke(id)
}
