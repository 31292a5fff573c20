package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
)

// An Invite is a one-time code by which a device is enrolled.
type Invite struct {
	// CodeHash is the SHA-256 of the code, hexadecimal.
	CodeHash string
	Name     string
	Holder   uuid.UUID
	Areas    []uuid.UUID
	MadeBy   uuid.UUID
	// Expires is in milliseconds.
	Expires int64
	// UsedBy is the device that it enrolled, [uuid.Nil] while it is good.
	UsedBy uuid.UUID
}

// AddInvite adds an invitation.
func (t *Tx) AddInvite(ctx context.Context, i Invite) error {
	areas, err := marshal(i.Areas)
	if err != nil {
		return fmt.Errorf("add an invitation: %w", err)
	}
	return t.exec(ctx, "INSERT INTO invites ("+inviteColumns+") VALUES "+inList(7),
		i.CodeHash, i.Name, i.Holder, areas, i.MadeBy, i.Expires, orBlank(i.UsedBy))
}

const inviteColumns = "code_hash, name, holder, areas, made_by, expires, used_by"

func scanInvite(r row) (i Invite, err error) {
	var areas, usedBy string
	if err = r.Scan(&i.CodeHash, &i.Name, &i.Holder, &areas, &i.MadeBy, &i.Expires, &usedBy); err != nil {
		return i, err
	}
	if usedBy != "" {
		if i.UsedBy, err = uuid.Parse(usedBy); err != nil {
			return i, fmt.Errorf("read an invitation: %w", err)
		}
	}
	return i, json.Unmarshal([]byte(areas), &i.Areas)
}

// Invite gives an invitation by the hash of its code; [ErrNotFound] if there is none.
func (t *Tx) Invite(ctx context.Context, codeHash string) (Invite, error) {
	return one(ctx, t, scanInvite, "SELECT "+inviteColumns+" FROM invites WHERE code_hash = ?", codeHash)
}

// Invites gives the invitations that expire at a time in milliseconds or later, the one that expires last first.
func (t *Tx) Invites(ctx context.Context, after int64) ([]Invite, error) {
	return all(ctx, t, scanInvite, "SELECT "+inviteColumns+" FROM invites WHERE expires >= ? ORDER BY expires DESC, name, code_hash", after)
}

// UseInvite notes the device that an invitation enrolled.
func (t *Tx) UseInvite(ctx context.Context, codeHash string, device uuid.UUID) error {
	return t.exec(ctx, "UPDATE invites SET used_by = ? WHERE code_hash = ?", device, codeHash)
}

// PruneInvites forgets invitations that expired before a time in milliseconds.
func (t *Tx) PruneInvites(ctx context.Context, before int64) error {
	return t.exec(ctx, "DELETE FROM invites WHERE expires < ?", before)
}

// A Session is somebody logged in to the console.
type Session struct {
	// TokenHash is the SHA-256 of the cookie, hexadecimal.
	TokenHash string
	User      uuid.UUID
	// CSRF is what requests that change something have to repeat.
	CSRF string
	// Created and Expires are in milliseconds.
	Created, Expires int64
}

// AddSession adds a session.
func (t *Tx) AddSession(ctx context.Context, s Session) error {
	return t.exec(ctx, `INSERT INTO sessions (token_hash, "user", csrf, created, expires) VALUES `+inList(5),
		s.TokenHash, s.User, s.CSRF, s.Created, s.Expires)
}

// Session gives a session by the hash of its cookie; [ErrNotFound] if there is none.
func (t *Tx) Session(ctx context.Context, tokenHash string) (Session, error) {
	return one(ctx, t, func(r row) (s Session, err error) {
		err = r.Scan(&s.TokenHash, &s.User, &s.CSRF, &s.Created, &s.Expires)
		return s, err
	}, `SELECT token_hash, "user", csrf, created, expires FROM sessions WHERE token_hash = ?`, tokenHash)
}

// EndSession forgets one session.
func (t *Tx) EndSession(ctx context.Context, tokenHash string) error {
	return t.exec(ctx, "DELETE FROM sessions WHERE token_hash = ?", tokenHash)
}

// EndSessionsOf forgets the sessions of a person.
func (t *Tx) EndSessionsOf(ctx context.Context, user uuid.UUID) error {
	return t.exec(ctx, `DELETE FROM sessions WHERE "user" = ?`, user)
}

// PruneSessions forgets the sessions that expired before a time in milliseconds.
func (t *Tx) PruneSessions(ctx context.Context, before int64) error {
	return t.exec(ctx, "DELETE FROM sessions WHERE expires < ?", before)
}
