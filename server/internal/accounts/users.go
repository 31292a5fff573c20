package accounts

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/audit"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A NewUser is a person to add.
type NewUser struct {
	Login string      `json:"login"`
	Name  string      `json:"name"`
	Role  string      `json:"role"`
	Areas []uuid.UUID `json:"areas"`
	// Password may be "" for who never logs in to the console.
	Password string `json:"password"`
}

// AddUser adds a person, in the name of actor; [uuid.Nil] where nobody is logged in.
func (a *Accounts) AddUser(ctx context.Context, actor uuid.UUID, n NewUser) (store.User, error) {
	u, err := a.newUser(n)
	if err != nil {
		return u, err
	}
	return u, a.store.Write(ctx, func(tx *store.Tx) error { return a.addUser(ctx, tx, actor, u) })
}

func (a *Accounts) newUser(n NewUser) (store.User, error) {
	u := store.User{Login: plainName(n.Login), Name: plainName(n.Name), Role: n.Role, Areas: n.Areas, Active: true, Created: a.millis()}
	if !isName(u.Login) || !isName(u.Name) {
		return u, invalid("A person needs a login and a name, each of at most %d characters on one line", maxName)
	}
	if !slices.Contains([]string{RoleWorker, RoleCoordinator, RoleAdministrator}, u.Role) {
		return u, invalid("The role has to be %s, %s or %s", RoleWorker, RoleCoordinator, RoleAdministrator)
	}
	var err error
	if n.Password != "" {
		if u.Password, err = a.hashPassword(n.Password); err != nil {
			return u, err
		}
	}
	u.ID, err = uuid.NewV7()
	return u, err
}

func (a *Accounts) addUser(ctx context.Context, tx *store.Tx, actor uuid.UUID, u store.User) error {
	if err := knownAreas(ctx, tx, u.Areas); err != nil {
		return err
	}
	err := tx.AddUser(ctx, u)
	if errors.Is(err, store.ErrExists) {
		return invalid("The login is taken")
	}
	if err != nil {
		return err
	}
	return a.log(ctx, tx, actor, audit.UserAdded, u.ID.String(), map[string]any{"login": u.Login, "role": u.Role, "areas": u.Areas})
}

// A UserChange says what to change of a person; what is nil stays.
type UserChange struct {
	Name, Role, Password *string
	Areas                *[]uuid.UUID
	Active               *bool

	// was is the hash of the password that whoever changes it knew; "" if they need not know it.
	was string
}

// ChangeUser changes a person. A new password, another role and the end of an account end the
// person's sessions. The last administrator who can log in stays one.
func (a *Accounts) ChangeUser(ctx context.Context, actor, id uuid.UUID, change UserChange) error {
	var password string
	var err error
	if change.Password != nil {
		if password, err = a.hashPassword(*change.Password); err != nil {
			return err
		}
	}
	return a.store.Write(ctx, func(tx *store.Tx) error {
		u, err := tx.User(ctx, id)
		if err != nil {
			return err
		}
		was := u
		if change.was != "" && change.was != u.Password {
			return wrongPresent() // it was changed meanwhile
		}
		if password != "" {
			u.Password = password
		}
		if err := change.apply(ctx, tx, &u); err != nil {
			return err
		}
		if err := errors.Join(tx.SetUser(ctx, u), tx.SetUserAreas(ctx, id, u.Areas)); err != nil {
			return err
		}
		if err := refuseLast(ctx, tx, was); err != nil {
			return err
		}
		if change.Password != nil || change.Role != nil || change.Active != nil {
			if err := tx.EndSessionsOf(ctx, id); err != nil {
				return err
			}
		}
		return a.log(ctx, tx, actor, audit.UserChanged, id.String(), map[string]any{
			"role": u.Role, "active": u.Active, "areas": u.Areas, "password": change.Password != nil,
		})
	})
}

func wrongPresent() error { return invalid("The present password is wrong") }

// ChangeOwnPassword changes the password of somebody, as they were found, who knows the present one. It ends their sessions.
func (a *Accounts) ChangeOwnPassword(ctx context.Context, u store.User, present, next string) error {
	if a.passwordFits(present, u.Password) {
		return a.ChangeUser(ctx, u.ID, u.ID, UserChange{Password: &next, was: u.Password})
	}
	err := a.store.Write(ctx, func(tx *store.Tx) error { return a.log(ctx, tx, u.ID, audit.LoginFailed, u.ID.String(), nil) })
	return cmp.Or(err, wrongPresent())
}

// apply changes u. Areas that stay are not looked at: one may have been deleted since, and that must
// not keep anybody from ending the account.
func (c UserChange) apply(ctx context.Context, tx *store.Tx, u *store.User) error {
	if c.Name != nil {
		u.Name = plainName(*c.Name)
	}
	if c.Role != nil {
		u.Role = *c.Role
	}
	if c.Areas != nil {
		if err := knownAreas(ctx, tx, *c.Areas); err != nil {
			return err
		}
		u.Areas = *c.Areas
	}
	if c.Active != nil {
		u.Active = *c.Active
	}
	if !isName(u.Name) || !slices.Contains([]string{RoleWorker, RoleCoordinator, RoleAdministrator}, u.Role) {
		return invalid("A person needs a name of at most %d characters on one line, and a role of %s, %s or %s", maxName, RoleWorker, RoleCoordinator, RoleAdministrator)
	}
	return nil
}

// refuseLast fails if somebody, as they were, was the last administrator who could log in.
func refuseLast(ctx context.Context, tx *store.Tx, was store.User) error {
	none, err := noAdministrator(ctx, tx)
	if err == nil && none && administers(was) {
		return invalid("That would leave no administrator who can log in")
	}
	return err
}

// administers reports whether somebody can log in as an administrator.
func administers(u store.User) bool {
	return u.Active && u.Role == RoleAdministrator && u.Password != ""
}

// noAdministrator reports whether nobody can log in as an administrator.
func noAdministrator(ctx context.Context, tx *store.Tx) (bool, error) {
	users, err := tx.Users(ctx)
	return !slices.ContainsFunc(users, administers), err
}

// Users gives all people, by login.
func (a *Accounts) Users(ctx context.Context) (users []store.User, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		users, err = tx.Users(ctx)
		return err
	})
	return users, err
}

// Vacant reports whether nobody can log in as an administrator yet.
func (a *Accounts) Vacant(ctx context.Context) (none bool, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		none, err = noAdministrator(ctx, tx)
		return err
	})
	return none, err
}

// propertySetup holds the hash of the setup code and when it expires.
const propertySetup = "setup_code"

// setupLife is how long the code works that makes the first administrator.
const setupLife = 24 * time.Hour

// SetupCode gives a one-time code that makes the first administrator, and forgets an earlier one. It
// gives "" if there is an administrator already.
func (a *Accounts) SetupCode(ctx context.Context) (code string, err error) {
	err = a.store.Write(ctx, func(tx *store.Tx) error {
		if none, err := noAdministrator(ctx, tx); err != nil || !none {
			return err
		}
		code = rand.Text()
		expires := a.now().Add(setupLife).UTC().Format(time.RFC3339)
		return tx.SetProperty(ctx, propertySetup, hashOf(plainCode(code))+" "+expires)
	})
	return code, err
}

// SetUp makes the first administrator, for who has the setup code.
func (a *Accounts) SetUp(ctx context.Context, code string, n NewUser) (store.User, error) {
	n.Role = RoleAdministrator
	u, err := a.newUser(n)
	if err != nil {
		return u, err
	}
	if u.Password == "" {
		return u, invalid("An administrator needs a password")
	}
	return u, a.store.Write(ctx, func(tx *store.Tx) error {
		kept, err := tx.Property(ctx, propertySetup)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		hash, expires, _ := strings.Cut(kept, " ")
		until, timeErr := time.Parse(time.RFC3339, expires)
		none, err := noAdministrator(ctx, tx)
		if err != nil {
			return err
		}
		if hash != hashOf(plainCode(code)) || timeErr != nil || a.now().After(until) || !none {
			return syncproto.Refuse(syncproto.CodeCodeInvalid, "The setup code is wrong, used or expired. Nothing was changed; start the server again for a new one.")
		}
		return errors.Join(tx.SetProperty(ctx, propertySetup, ""), a.addUser(ctx, tx, uuid.Nil, u))
	})
}
