package console_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"satchel/server"
)

// enrolled enrols a tablet, and gives its id.
func (o *office) enrolled(areas ...uuid.UUID) uuid.UUID {
	o.t.Helper()
	made, err := o.srv.Accounts.Invite(o.t.Context(), o.admin, o.person("willi", "worker", areas...), "Tablet 7", areas)
	if err != nil {
		o.t.Fatal(err)
	}
	e, err := o.srv.Accounts.Enrol(o.t.Context(), made.Code, uuid.Nil, "")
	if err != nil {
		o.t.Fatal(err)
	}
	return e.Device.ID
}

// areasOf gives the areas of the only tablet.
func (o *office) areasOf() []uuid.UUID {
	o.t.Helper()
	devices, err := o.srv.Accounts.Devices(o.t.Context(), o.admin)
	if err != nil {
		o.t.Fatal(err)
	}
	return devices[0].Areas
}

// TestWhatOthersChangedOfAreasMeanwhileStays sends forms that were opened before somebody else added area b.
func TestWhatOthersChangedOfAreasMeanwhileStays(t *testing.T) {
	o := newOffice(t)
	c := o.save("areas", map[string]any{"name": "Niš", "level": "municipality"})
	id := o.enrolled(o.a)
	if err := o.srv.Accounts.SetDeviceAreas(t.Context(), o.admin, id, []uuid.UUID{o.a, o.b}); err != nil {
		t.Fatal(err)
	}
	b := o.as("ana")
	b.send("/tablets/"+id.String()+"/areas", "was.area", o.a.String(), "area", o.a.String(), "area", c.String()).shows(t, "The areas are changed")
	if got := o.areasOf(); len(got) != 3 || !slices.Contains(got, o.b) || !slices.Contains(got, c) {
		t.Errorf("the tablet holds %v, want what both added", got)
	}
	b.send("/tablets/"+id.String()+"/areas", "was.area", o.a.String(), "was.area", c.String(), "area", c.String())
	if got := o.areasOf(); len(got) != 2 || slices.Contains(got, o.a) {
		t.Errorf("the tablet holds %v, want all but what was taken", got)
	}

	both := []uuid.UUID{o.a, o.b}
	if err := o.srv.Accounts.ChangeUser(t.Context(), o.admin, o.cora, server.UserChange{Areas: &both}); err != nil {
		t.Fatal(err)
	}
	b.send("/settings/users/"+o.cora.String(), "name", "Name of cora", "role", "coordinator", "active", "yes",
		"was.name", "Name of cora", "was.role", "coordinator", "was.active", "yes", "was.area", o.a.String(), "area", o.a.String(), "area", c.String())
	users, err := o.srv.Accounts.Users(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range users {
		if u.ID == o.cora && len(u.Areas) != 3 {
			t.Errorf("the coordinator works in %v, want what both added", u.Areas)
		}
	}
}

func TestWhatAnInvitationLacksIsSaidInASentence(t *testing.T) {
	newOffice(t).as("ana").send("/tablets/invite", "name", "", "holder", "").shows(t, "yet A device needs a name")
}

func TestATabletThatGoesOnUnderANewIdentityIsNotSilent(t *testing.T) {
	o := newOffice(t)
	o.enrolled(o.a)
	devices, err := o.srv.Accounts.Devices(t.Context(), o.admin)
	if err != nil {
		t.Fatal(err)
	}
	b := o.as("ana")
	b.get("/tablets?silent=7").shows(t, "1 tablet ")
	if _, err := o.srv.Accounts.NewIdentity(t.Context(), devices[0]); err != nil {
		t.Fatal(err)
	}
	b.get("/tablets?silent=7").shows(t, "1 tablet ")
}
