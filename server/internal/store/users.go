package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// A User is a person who works with the programme's data.
type User struct {
	ID    uuid.UUID
	Login string
	Name  string
	// Role is worker, coordinator or administrator.
	Role string
	// Password is argon2id in PHC form, "" for who never logs in to the console.
	Password string
	Active   bool
	// Created is in milliseconds.
	Created int64
	// Areas are those that the person works in, with everything below them.
	Areas []uuid.UUID
}

const userColumns = "id, login, name, role, password, active, created"

func scanUser(r row) (u User, err error) {
	err = r.Scan(&u.ID, &u.Login, &u.Name, &u.Role, &u.Password, &u.Active, &u.Created)
	return u, err
}

// AddUser adds a person; [ErrExists] if the id or login is taken.
func (t *Tx) AddUser(ctx context.Context, u User) error {
	err := t.exec(ctx, "INSERT INTO users ("+userColumns+") VALUES "+inList(7),
		u.ID, u.Login, u.Name, u.Role, u.Password, u.Active, u.Created)
	if err != nil {
		return fmt.Errorf("add a user: %w", err)
	}
	return t.SetUserAreas(ctx, u.ID, u.Areas)
}

// SetUser writes all there is to know of a person, but for id, creation and areas.
func (t *Tx) SetUser(ctx context.Context, u User) error {
	return t.exec(ctx, "UPDATE users SET login = ?, name = ?, role = ?, password = ?, active = ? WHERE id = ?",
		u.Login, u.Name, u.Role, u.Password, u.Active, u.ID)
}

// SetUserAreas sets the areas that a person works in. An area that is named twice is one.
func (t *Tx) SetUserAreas(ctx context.Context, user uuid.UUID, areas []uuid.UUID) error {
	if err := t.exec(ctx, `DELETE FROM user_areas WHERE "user" = ?`, user); err != nil {
		return fmt.Errorf("set the areas of a user: %w", err)
	}
	for _, area := range areas {
		if err := t.exec(ctx, `INSERT INTO user_areas ("user", area) VALUES (?, ?) ON CONFLICT DO NOTHING`, user, area); err != nil {
			return fmt.Errorf("set the areas of a user: %w", err)
		}
	}
	return nil
}

// User gives a person by id; [ErrNotFound] if there is none.
func (t *Tx) User(ctx context.Context, id uuid.UUID) (User, error) {
	return t.user(ctx, "id = ?", id)
}

// UserByLogin gives a person by login; [ErrNotFound] if there is none.
func (t *Tx) UserByLogin(ctx context.Context, login string) (User, error) {
	return t.user(ctx, "login = ?", login)
}

func (t *Tx) user(ctx context.Context, where string, arg any) (User, error) {
	u, err := one(ctx, t, scanUser, "SELECT "+userColumns+" FROM users WHERE "+where, arg)
	if err != nil {
		return u, err
	}
	u.Areas, err = all(ctx, t, scalar[uuid.UUID], `SELECT area FROM user_areas WHERE "user" = ? ORDER BY area`, u.ID)
	return u, err
}

// Users gives all people, by login.
func (t *Tx) Users(ctx context.Context) ([]User, error) {
	users, err := all(ctx, t, scanUser, "SELECT "+userColumns+" FROM users ORDER BY login")
	if err != nil {
		return nil, fmt.Errorf("read the users: %w", err)
	}
	areas, err := t.areasByOwner(ctx, `SELECT "user", area FROM user_areas ORDER BY "user", area`)
	if err != nil {
		return nil, fmt.Errorf("read the users: %w", err)
	}
	for i := range users {
		users[i].Areas = areas[users[i].ID]
	}
	return users, nil
}

// areasByOwner reads pairs of who has an area, and the area.
func (t *Tx) areasByOwner(ctx context.Context, query string) (map[uuid.UUID][]uuid.UUID, error) {
	type pair struct{ owner, area uuid.UUID }
	pairs, err := all(ctx, t, func(r row) (p pair, err error) {
		err = r.Scan(&p.owner, &p.area)
		return p, err
	}, query)
	out := map[uuid.UUID][]uuid.UUID{}
	for _, p := range pairs {
		out[p.owner] = append(out[p.owner], p.area)
	}
	return out, err
}
