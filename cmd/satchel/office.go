package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/google/uuid"

	"satchel/server"
	"satchel/syncproto"
)

// office opens the data directory, runs do on it, and closes it. The directory has to be there: only
// serve makes one.
func (c *cli) office(ctx context.Context, do func(*server.Server) error) error {
	if err := c.there(); err != nil {
		return err
	}
	config, err := c.config()
	if err != nil {
		return err
	}
	srv, err := server.Open(ctx, config)
	if err != nil {
		return err
	}
	return plain(errors.Join(do(srv), srv.Close()))
}

// there fails if there is no database to work on.
func (c *cli) there() error {
	if _, err := os.Stat(filepath.Join(c.Data, server.DatabaseFile)); c.Database == "" && err != nil {
		return fmt.Errorf("there is no Satchel database in %s: name the data directory with --data, or make one with satchel serve", c.Data)
	}
	return nil
}

// decide runs do in the name of the administrator who was named, or of the only one there is.
func (c *cli) decide(ctx context.Context, do func(srv *server.Server, actor uuid.UUID) error) error {
	return c.office(ctx, func(srv *server.Server) error {
		actor, err := c.actor(ctx, srv)
		if err != nil {
			return err
		}
		return do(srv, actor)
	})
}

// errNoAdministrator means that nobody can decide yet.
var errNoAdministrator = errors.New("there is no administrator yet; add one with: satchel user add LOGIN --name NAME --role administrator")

// actor finds the administrator in whose name to decide.
func (c *cli) actor(ctx context.Context, srv *server.Server) (uuid.UUID, error) {
	users, err := srv.Accounts.Users(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	users = slices.DeleteFunc(users, func(u server.User) bool { return !u.Active || u.Role != "administrator" })
	if len(users) == 0 {
		return uuid.Nil, errNoAdministrator
	}
	if c.As == "" && len(users) == 1 {
		return users[0].ID, nil
	}
	for _, u := range users {
		if u.Login == c.As {
			return u.ID, nil
		}
	}
	if c.As != "" {
		return uuid.Nil, fmt.Errorf("there is no active administrator with the login %q; nothing was changed", c.As)
	}
	return uuid.Nil, errors.New("there are several administrators: say with --as LOGIN in whose name; nothing was changed")
}

// plain takes the code off a problem: people read the detail.
func plain(err error) error {
	var p *syncproto.Problem
	if errors.As(err, &p) {
		return errors.New(p.Detail)
	}
	return err
}

// show prints x as JSON if that was asked for, and otherwise what table writes, in columns.
func (c *cli) show(x any, table func(w *tabwriter.Writer)) error {
	if c.JSON {
		enc := json.NewEncoder(os.Stdout)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(x)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	table(w)
	return w.Flush()
}

// orEmpty makes a list that is nil an empty JSON array.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// row writes one line of a table.
func row(w *tabwriter.Writer, cells ...any) {
	for i, cell := range cells {
		if i > 0 {
			fmt.Fprint(w, "\t")
		}
		fmt.Fprint(w, oneLine(fmt.Sprint(cell)))
	}
	fmt.Fprintln(w)
}

// oneLine brings text that came from elsewhere onto one line, without what a terminal would obey.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case !unicode.IsGraphic(r):
			return '\uFFFD'
		}
		return r
	}, text)
}

// moment writes a time in milliseconds for people, in the machine's time zone.
func moment(ms int64) string {
	if ms == 0 {
		return "never"
	}
	return time.UnixMilli(ms).Format("2006-01-02 15:04:05")
}

// A reader writes values for people.
type reader func(collection, field string, v syncproto.Value) string

// values gives what writes values for people, with the names of areas and households in the place of
// their ids. What cannot be looked up stays as it is kept.
func values(ctx context.Context, srv *server.Server) reader {
	return func(collection, field string, v syncproto.Value) string {
		text, err := srv.Text(ctx, collection, field, v)
		switch {
		case v == "":
			return "(nothing)"
		case v == syncproto.Null:
			return "(cleared)"
		case err != nil:
			return string(v)
		}
		return text
	}
}
