package accounts

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/audit"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// sessionLife is how long somebody stays logged in to the console.
const sessionLife = 12 * time.Hour

// A Session is somebody logged in to the console.
type Session struct {
	User store.User
	// Token is what the cookie holds; it is known only to who just logged in.
	Token string
	// CSRF is what requests that change something have to repeat.
	CSRF    string
	Expires time.Time
}

func loginFailed() error {
	return syncproto.Refuse(syncproto.CodeLoginFailed, "The login or the password is wrong, or the account may not log in.")
}

// mayLogIn reports whether somebody is one who works in the console.
func mayLogIn(u store.User) bool {
	return u.Active && (u.Role == RoleCoordinator || u.Role == RoleAdministrator)
}

// Login opens a session for a coordinator or administrator.
func (a *Accounts) Login(ctx context.Context, login, password string) (Session, error) {
	var u store.User
	err := a.store.Read(ctx, func(tx *store.Tx) (err error) {
		u, err = tx.UserByLogin(ctx, plainName(login))
		return err
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Session{}, err
	}
	allowed := a.passwordFits(password, u.Password)
	s := Session{Token: rand.Text(), CSRF: rand.Text(), Expires: a.now().Add(sessionLife)}
	err = a.store.Write(ctx, func(tx *store.Tx) error {
		if allowed { // the account may have changed while the password was hashed
			if s.User, err = tx.User(ctx, u.ID); err != nil {
				return err
			}
			allowed = mayLogIn(s.User) && s.User.Password == u.Password
		}
		if !allowed {
			return a.log(ctx, tx, uuid.Nil, audit.LoginFailed, u.ID.String(), nil)
		}
		kept := store.Session{TokenHash: hashOf(s.Token), User: u.ID, CSRF: s.CSRF, Created: a.millis(), Expires: s.Expires.UnixMilli()}
		return errors.Join(
			tx.PruneSessions(ctx, a.millis()), tx.AddSession(ctx, kept),
			a.log(ctx, tx, u.ID, audit.Login, u.ID.String(), nil),
		)
	})
	if err != nil {
		return Session{}, err
	}
	if !allowed {
		return Session{}, loginFailed()
	}
	return s, nil
}

// Session finds who is logged in by the cookie; unauthorized if nobody is.
func (a *Accounts) Session(ctx context.Context, token string) (s Session, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		kept, err := tx.Session(ctx, hashOf(token))
		if err != nil {
			return err
		}
		s = Session{CSRF: kept.CSRF, Expires: time.UnixMilli(kept.Expires)}
		s.User, err = tx.User(ctx, kept.User)
		return err
	})
	if errors.Is(err, store.ErrNotFound) || err == nil && (!mayLogIn(s.User) || a.now().After(s.Expires)) {
		return Session{}, syncproto.Refuse(syncproto.CodeUnauthorized, "The session has ended. Log in again; nothing was changed.")
	}
	return s, err
}

// Logout ends a session.
func (a *Accounts) Logout(ctx context.Context, token string) error {
	return a.store.Write(ctx, func(tx *store.Tx) error { return tx.EndSession(ctx, hashOf(token)) })
}
