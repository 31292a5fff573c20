package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/google/uuid"

	"satchel/internal/terminal"
	"satchel/server"
)

// userCmd looks after people.
type userCmd struct {
	Add  userAddCmd  `cmd:"" help:"Add a person."`
	List userListCmd `cmd:"" help:"List people." default:"1"`
	Set  userSetCmd  `cmd:"" help:"Change a person."`
}

// passwordFlags say where a password comes from.
type passwordFlags struct {
	PasswordFile string `help:"File whose first line is the password; without it, the password is asked for." placeholder:"FILE"`
	Password     string `kong:"-"`
}

// read gives the password: from the file, the environment or the terminal.
func (p passwordFlags) read(ctx context.Context) (string, error) {
	return terminal.Secret{
		Name: "password", File: p.PasswordFile, Env: "SATCHEL_PASSWORD", Prompt: "Password (10 characters or more): ", New: true,
	}.Read(ctx)
}

type userAddCmd struct {
	Login string   `arg:"" help:"Login."`
	Name  string   `help:"Full name, as devices and reports show it." required:""`
	Role  string   `help:"worker, coordinator or administrator." enum:"worker,coordinator,administrator" required:""`
	Area  []string `help:"Area that the person works in, by name, official code or id; may be repeated." placeholder:"AREA" sep:"none"`
	passwordFlags
}

// Help is shown by --help.
func (userAddCmd) Help() string {
	return `Coordinators and administrators log in to the server and need a password: it is asked for, or read from
--password-file or SATCHEL_PASSWORD. Workers log in on their device only.

Examples:
  satchel user add ana --name "Ana Anić" --role administrator
  satchel user add marko --name "Marko Marković" --role worker --area Kraljevo`
}

// Run adds the person.
func (u userAddCmd) Run(ctx context.Context, c *cli) error {
	return c.office(ctx, func(srv *server.Server) error {
		n := server.NewUser{Login: u.Login, Name: u.Name, Role: u.Role}
		var err error
		if n.Areas, err = areas(ctx, srv, u.Area); err != nil {
			return err
		}
		if u.Role != "worker" {
			if n.Password, err = u.read(ctx); err != nil {
				return err
			}
		}
		// The first administrator is added by whoever can reach the data directory.
		actor, err := c.actor(ctx, srv)
		if err != nil && (u.Role != "administrator" || !errors.Is(err, errNoAdministrator)) {
			return err
		}
		added, err := srv.Accounts.AddUser(ctx, actor, n)
		if err != nil {
			return err
		}
		return c.show(map[string]any{"id": added.ID}, func(w *tabwriter.Writer) { row(w, "Added "+u.Login+" as "+u.Role+".") })
	})
}

// areas finds areas as people name them.
func areas(ctx context.Context, srv *server.Server, names []string) ([]uuid.UUID, error) {
	var out []uuid.UUID
	for _, name := range names {
		id, err := srv.Area(ctx, name)
		if err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, nil
}

// areaList writes areas by their names.
func areaList(ids []uuid.UUID, names map[uuid.UUID]string) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		if out[i] = names[id]; out[i] == "" {
			out[i] = id.String()
		}
	}
	return strings.Join(out, ", ")
}

type userListCmd struct{}

// Help is shown by --help.
func (userListCmd) Help() string {
	return `Examples:
  satchel user list
  satchel --json user list`
}

// Run lists people.
func (userListCmd) Run(ctx context.Context, c *cli) error {
	return c.office(ctx, func(srv *server.Server) error {
		users, err := srv.Accounts.Users(ctx)
		if err != nil {
			return err
		}
		names, err := srv.AreaNames(ctx)
		if err != nil {
			return err
		}
		type person struct {
			ID     uuid.UUID   `json:"id"`
			Login  string      `json:"login"`
			Name   string      `json:"name"`
			Role   string      `json:"role"`
			Active bool        `json:"active"`
			Areas  []uuid.UUID `json:"areas"`
		}
		list := make([]person, len(users))
		for i, u := range users {
			list[i] = person{u.ID, u.Login, u.Name, u.Role, u.Active, u.Areas}
		}
		return c.show(list, func(w *tabwriter.Writer) {
			row(w, "LOGIN", "NAME", "ROLE", "ACTIVE", "AREAS")
			for _, u := range list {
				row(w, u.Login, u.Name, u.Role, u.Active, areaList(u.Areas, names))
			}
		})
	})
}

type userSetCmd struct {
	Login       string   `arg:"" help:"Login."`
	Name        *string  `help:"New full name."`
	Role        *string  `help:"New role: worker, coordinator or administrator."`
	Area        []string `help:"Areas that the person works in from now on; may be repeated." placeholder:"AREA" sep:"none"`
	Active      *bool    `help:"Whether the person may work with Satchel." negatable:""`
	NewPassword bool     `help:"Set another password, which is asked for."`
	passwordFlags
}

// Help is shown by --help.
func (userSetCmd) Help() string {
	return `What is not named stays. Another password or role, and --no-active, end the person's sessions.

Examples:
  satchel user set marko --area Kraljevo --area Raška
  satchel user set marko --no-active
  satchel user set ana --new-password`
}

// Run changes the person.
func (u userSetCmd) Run(ctx context.Context, c *cli) error {
	return c.decide(ctx, func(srv *server.Server, actor uuid.UUID) error {
		person, err := srv.Person(ctx, u.Login)
		if err != nil {
			return err
		}
		change := server.UserChange{Name: u.Name, Role: u.Role, Active: u.Active}
		if len(u.Area) > 0 {
			ids, err := areas(ctx, srv, u.Area)
			if err != nil {
				return err
			}
			change.Areas = &ids
		}
		if u.NewPassword {
			password, err := u.read(ctx)
			if err != nil {
				return err
			}
			change.Password = &password
		}
		if err := srv.Accounts.ChangeUser(ctx, actor, person.ID, change); err != nil {
			return err
		}
		fmt.Printf("Changed %s.\n", u.Login)
		return nil
	})
}
