package console

import (
	"slices"

	"github.com/google/uuid"

	"satchel/server/internal/accounts"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// maxUserForm is how many bytes the form of a user has at the most: a country's areas may all be chosen.
const maxUserForm = 1 << 20

// roles are those that somebody can have.
func roles() []string {
	return []string{accounts.RoleWorker, accounts.RoleCoordinator, accounts.RoleAdministrator}
}

// userForm is what the page of a user shows.
type userForm struct {
	ID                uuid.UUID
	Login, Name, Role string
	Active            bool
	Areas             []areaChoice
	Roles             []string
	// Was is what the page showed at first: what the form says otherwise is what is changed.
	Was wasUser
	// Self says that the user is who is logged in, HasPassword that the user can log in.
	Self, HasPassword bool
}

// wasUser is a user as a page showed it at first.
type wasUser struct {
	Name, Role string
	Active     bool
	Areas      []uuid.UUID
}

// listUsers lists everybody who works with the programme's data.
func (c *Console) listUsers(v *Visit) error {
	users, err := c.Accounts.Users(v.ctx())
	if err != nil {
		return err
	}
	// Those who work here now come first.
	slices.SortStableFunc(users, func(a, b store.User) int {
		switch {
		case a.Active == b.Active:
			return 0
		case a.Active:
			return -1
		}
		return 1
	})
	return v.page("settings/users", users)
}

// newUser shows an empty form.
func (c *Console) newUser(v *Visit) error {
	form, err := v.userForm(userForm{Role: accounts.RoleWorker, Active: true}, nil)
	if err != nil {
		return err
	}
	return v.page("settings/user", form)
}

// userForm adds to a form what can be chosen.
func (v *Visit) userForm(form userForm, chosen []uuid.UUID) (userForm, error) {
	var err error
	form.Roles, form.Self = roles(), form.ID == v.User().ID
	form.Areas, err = v.areaChoices(chosen)
	return form, err
}

// addUser adds somebody.
func (c *Console) addUser(v *Visit) error {
	areas, err := v.formIDs("area")
	if err != nil {
		return err
	}
	form, err := v.userForm(userForm{Login: v.form("login"), Name: v.form("name"), Role: v.form("role"), Active: true}, areas)
	if err != nil {
		return err
	}
	in := accounts.NewUser{Login: form.Login, Name: form.Name, Role: form.Role, Areas: areas, Password: v.Request.FormValue("password")}
	if err = refuseUseless(in.Role, in.Areas, in.Password != ""); err == nil {
		_, err = c.Accounts.AddUser(v.ctx(), v.User().ID, in)
	}
	if err != nil {
		return v.again(err, "settings/user", form)
	}
	return v.goTo("/settings/users", "user_added")
}

// refuseUseless refuses who could do nothing: somebody without an area who is no administrator, or who works in the console
// and has no password to log in with.
func refuseUseless(role string, areas []uuid.UUID, password bool) error {
	switch {
	case role != accounts.RoleAdministrator && len(areas) == 0:
		return syncproto.Refuse(syncproto.CodeInvalid, "Choose at least one area in which this person works. Nothing was changed.")
	case role != accounts.RoleWorker && !password:
		return syncproto.Refuse(syncproto.CodeInvalid, "Coordinators and administrators log in here, and need a password. Nothing was changed.")
	}
	return nil
}

// userOf reads the user of the path.
func (v *Visit) userOf() (u store.User, err error) {
	id, err := v.id("id")
	if err != nil {
		return u, err
	}
	users, err := v.console.Accounts.Users(v.ctx())
	if err != nil {
		return u, err
	}
	at := slices.IndexFunc(users, func(u store.User) bool { return u.ID == id })
	if at < 0 {
		return u, syncproto.Refuse(syncproto.CodeNotFound, "There is nobody of that id. Nothing was changed.")
	}
	return users[at], nil
}

// editUser shows the form of a user.
func (c *Console) editUser(v *Visit) error {
	u, err := v.userOf()
	if err != nil {
		return err
	}
	form, err := v.userForm(userForm{
		ID: u.ID, Login: u.Login, Name: u.Name, Role: u.Role, Active: u.Active, HasPassword: u.Password != "",
		Was: wasUser{u.Name, u.Role, u.Active, u.Areas},
	}, u.Areas)
	if err != nil {
		return err
	}
	return v.page("settings/user", form)
}

// saveUser changes what a form says otherwise than it showed: what somebody else changed meanwhile stays.
func (c *Console) saveUser(v *Visit) error {
	u, err := v.userOf()
	if err != nil {
		return err
	}
	areas, err := v.formIDs("area")
	if err != nil {
		return err
	}
	was := wasUser{Name: v.form("was.name"), Role: v.form("was.role"), Active: v.form("was.active") == "yes"}
	if was.Areas, err = v.formIDs("was.area"); err != nil {
		return err
	}
	form, err := v.userForm(userForm{
		ID: u.ID, Login: u.Login, Name: v.form("name"), Role: v.form("role"), Active: v.form("active") == "yes", HasPassword: u.Password != "", Was: was,
	}, areas)
	if err != nil {
		return err
	}
	change := changeOf(form, u.Areas, areas, v.Request.FormValue("password"))
	if form.Active {
		err = refuseUseless(form.Role, areas, form.HasPassword || change.Password != nil)
	}
	if err == nil {
		err = c.Accounts.ChangeUser(v.ctx(), v.User().ID, u.ID, change)
	}
	if err != nil {
		return v.again(err, "settings/user", form)
	}
	return v.goTo("/settings/users", "user_changed")
}

// changeOf gives what a form says otherwise than it showed at first. now are the areas as they are by now.
func changeOf(form userForm, now, areas []uuid.UUID, password string) (out accounts.UserChange) {
	if form.Name != form.Was.Name {
		out.Name = &form.Name
	}
	if form.Role != form.Was.Role {
		out.Role = &form.Role
	}
	if form.Active != form.Was.Active {
		out.Active = &form.Active
	}
	if password != "" {
		out.Password = &password
	}
	if next := changed(now, form.Was.Areas, areas); !slices.Equal(next, now) {
		out.Areas = &next
	}
	return out
}
