package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"satchel/server"
)

// feedCmd looks after the tokens by which programs outside read.
type feedCmd struct {
	List   feedListCmd   `cmd:"" help:"List the tokens, and when each was last used." default:"1"`
	Add    feedAddCmd    `cmd:"" help:"Make a token for somebody who reads with Excel, Power BI or another program."`
	Revoke feedRevokeCmd `cmd:"" help:"End a token."`
}

type feedAddCmd struct {
	Name       string   `arg:"" help:"Who reads with it."`
	Collection []string `help:"Collection that may be read; may be repeated." required:"" placeholder:"NAME"`
	Area       string   `help:"Area of which, with everything below it, the records may be read; everything if not given. By name, official code or id." placeholder:"AREA"`
	Personal   bool     `help:"Give personal fields away too: names, numbers, addresses, positions and what was written of people."`
	Days       int      `help:"How long it is good for, two years at the most." default:"365"`
}

// Help is shown by --help.
func (feedAddCmd) Help() string {
	return `The token is shown once. It goes into Excel and Power BI as the password of Basic authentication, whatever the
user name, for the address /feeds/odata/ of the server; docs/feeds.md has it step by step.

Example:
  satchel feed add "Analyst of the donor" --collection households --collection deliveries --area Kraljevo --days 180`
}

// Run makes a token.
func (f feedAddCmd) Run(ctx context.Context, c *cli) error {
	return c.decide(ctx, func(srv *server.Server, actor uuid.UUID) error {
		n := server.NewFeedToken{
			Name: f.Name, Collections: f.Collection, Personal: f.Personal, Expires: time.Now().AddDate(0, 0, f.Days).UnixMilli(),
		}
		if f.Area != "" {
			ids, err := areas(ctx, srv, []string{f.Area})
			if err != nil {
				return err
			}
			n.Area = ids[0]
		}
		made, token, err := srv.Accounts.AddFeedToken(ctx, actor, n)
		if err != nil {
			return err
		}
		out := map[string]any{"id": made.ID, "token": token, "expires": made.Expires}
		return c.show(out, func(w *tabwriter.Writer) {
			fmt.Fprintf(w, "%s\n\nThis is shown once. It is good until %s, as the password for /feeds/odata/ of the server.\n", token, moment(made.Expires))
		})
	})
}

type feedListCmd struct{}

// Help is shown by --help.
func (feedListCmd) Help() string {
	return `Example:
  satchel feed list`
}

// A feedToken is what is told of one; times are in milliseconds, 0 for never.
type feedToken struct {
	ID          uuid.UUID `json:"id"`
	Name        string    `json:"name"`
	Collections []string  `json:"collections"`
	Area        uuid.UUID `json:"area"`
	Personal    bool      `json:"personal"`
	Expires     int64     `json:"expires"`
	Revoked     int64     `json:"revoked"`
	Used        int64     `json:"used"`
}

// Run lists the tokens.
func (feedListCmd) Run(ctx context.Context, c *cli) error {
	return c.office(ctx, func(srv *server.Server) error {
		tokens, err := srv.Accounts.FeedTokens(ctx)
		if err != nil {
			return err
		}
		names, err := srv.AreaNames(ctx)
		if err != nil {
			return err
		}
		list := make([]feedToken, len(tokens))
		for i, t := range tokens {
			list[i] = feedToken{t.ID, t.Name, t.Collections, t.Area, t.Personal, t.Expires, t.Revoked, t.Used}
		}
		return c.show(list, func(w *tabwriter.Writer) {
			row(w, "NAME", "COLLECTIONS", "AREA", "PERSONAL", "LAST USED", "STATE", "ID")
			for _, t := range list {
				area := "all"
				if t.Area != uuid.Nil {
					area = areaList([]uuid.UUID{t.Area}, names)
				}
				row(w, t.Name, strings.Join(t.Collections, ", "), area, t.Personal, moment(t.Used), t.state(time.Now()), t.ID)
			}
		})
	})
}

func (t feedToken) state(now time.Time) string {
	switch {
	case t.Revoked != 0:
		return "revoked " + moment(t.Revoked)
	case now.UnixMilli() >= t.Expires:
		return "expired " + moment(t.Expires)
	}
	return "until " + moment(t.Expires)
}

type feedRevokeCmd struct {
	ID uuid.UUID `arg:"" help:"Id of the token, from satchel feed list."`
}

// Help is shown by --help.
func (feedRevokeCmd) Help() string {
	return `Whoever reads with it gets nothing from now on. What was read stays where it is.

Example:
  satchel feed revoke 019a5b00-0000-7000-8000-000000000001`
}

// Run ends a token.
func (f feedRevokeCmd) Run(ctx context.Context, c *cli) error {
	return c.decide(ctx, func(srv *server.Server, actor uuid.UUID) error {
		if err := srv.Accounts.RevokeFeedToken(ctx, actor, f.ID); err != nil {
			return err
		}
		fmt.Println("Revoked. It gives nothing any more.")
		return nil
	})
}
