package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/google/uuid"
	"golang.org/x/term"

	"satchel/server"
)

// deviceCmd looks after devices.
type deviceCmd struct {
	Invite deviceInviteCmd `cmd:"" help:"Make a one-time code with which a device is enrolled."`
	List   deviceListCmd   `cmd:"" help:"List devices." default:"1"`
	Scope  deviceScopeCmd  `cmd:"" help:"Change the areas that a device holds."`
	Revoke deviceRevokeCmd `cmd:"" help:"Take a device out of the programme."`
}

type deviceInviteCmd struct {
	Name   string   `arg:"" help:"Name by which people know the device, such as \"Tablet 7\"."`
	Holder string   `help:"Login of the worker to whom it is handed out." required:"" placeholder:"LOGIN"`
	Area   []string `help:"Area that it holds, with everything below, by name, official code or id; may be repeated." required:"" placeholder:"AREA" sep:"none"`
	URL    string   `help:"Where the device reaches the server; by itself, what the server was last run with." env:"SATCHEL_URL" placeholder:"URL"`
}

// Help is shown by --help.
func (deviceInviteCmd) Help() string {
	return `The code works once, for ten minutes. On the device:
  satchel-device enrol URL CODE

Example:
  satchel device invite "Tablet 7" --holder marko --area Kraljevo`
}

// Run makes the code and draws it.
func (d deviceInviteCmd) Run(ctx context.Context, c *cli) error {
	return c.decide(ctx, func(srv *server.Server, actor uuid.UUID) error {
		url, err := d.address(ctx, srv)
		if err != nil {
			return err
		}
		holder, err := srv.Person(ctx, d.Holder)
		if err != nil {
			return err
		}
		ids, err := areas(ctx, srv, d.Area)
		if err != nil {
			return err
		}
		made, err := srv.Accounts.Invite(ctx, actor, holder.ID, d.Name, ids)
		if err != nil {
			return err
		}
		link := server.EnrolLink(url, made.Code)
		out := map[string]any{"code": made.Code, "url": link, "expires": made.Expires.UnixMilli()}
		return c.show(out, func(w *tabwriter.Writer) {
			if term.IsTerminal(int(os.Stdout.Fd())) {
				fmt.Fprint(w, picture(link))
			}
			fmt.Fprintf(w, "%s\n\nThe code %s works once, until %s. On the device:\n\n  satchel-device enrol %s %s\n",
				link, made.Code, made.Expires.Format("15:04"), url, made.Code)
		})
	})
}

// address gives where the device is to reach the server.
func (d deviceInviteCmd) address(ctx context.Context, srv *server.Server) (string, error) {
	if d.URL != "" {
		return strings.TrimSuffix(d.URL, "/"), nil
	}
	url, err := srv.URL(ctx)
	if err == nil && url == "" {
		err = errors.New("where do devices reach the server? Say it with --url, here or with satchel serve; no code was made")
	}
	return url, err
}

type deviceListCmd struct{}

// Help is shown by --help.
func (deviceListCmd) Help() string {
	return `Who has not come for long, and who holds unsent work. A complete sync is one after which nothing was left on
either side.

Examples:
  satchel device list
  satchel --json device list`
}

// Run lists devices.
func (deviceListCmd) Run(ctx context.Context, c *cli) error {
	return c.decide(ctx, func(srv *server.Server, actor uuid.UUID) error {
		devices, err := srv.Accounts.Devices(ctx, actor)
		if err != nil {
			return err
		}
		names, err := srv.AreaNames(ctx)
		if err != nil {
			return err
		}
		users, err := srv.Accounts.Users(ctx)
		if err != nil {
			return err
		}
		list := make([]device, len(devices))
		for i, d := range devices {
			list[i] = deviceOf(d, users)
		}
		return c.show(list, func(w *tabwriter.Writer) {
			row(w, "NAME", "HOLDER", "AREAS", "LAST CONTACT", "COMPLETE SYNC", "UNSENT", "STATE", "ID")
			for _, d := range list {
				row(w, d.Name, d.Holder, areaList(d.Areas, names), moment(d.Contact), moment(d.Complete), d.Unsent, d.State, d.ID)
			}
		})
	})
}

// A device is what is told of one; times are in milliseconds, 0 for never.
type device struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
	// Holder is a login.
	Holder   string      `json:"holder"`
	Areas    []uuid.UUID `json:"areas"`
	Contact  int64       `json:"contact"`
	Complete int64       `json:"complete"`
	Unsent   int         `json:"unsent"`
	// Changes is how many the server has of it.
	Changes int64  `json:"changes"`
	State   string `json:"state"`
}

func deviceOf(d server.Device, users []server.User) device {
	out := device{
		ID: d.ID, Name: d.Name, Areas: d.Areas, Contact: d.Contact.At, Complete: d.Contact.Complete,
		Unsent: d.Contact.Unsent, Changes: d.N, State: state(d),
	}
	if at := slices.IndexFunc(users, func(u server.User) bool { return u.ID == d.Holder }); at >= 0 {
		out.Holder = users[at].Login
	}
	return out
}

func state(d server.Device) string {
	switch {
	case d.Revoked != 0:
		return "revoked " + moment(d.Revoked)
	case d.TokenEnded != 0:
		return "has to be enrolled again"
	}
	return "ok"
}

// deviceID reads a device's id, or finds it by its name.
func deviceID(ctx context.Context, srv *server.Server, actor uuid.UUID, text string) (uuid.UUID, error) {
	if id, err := uuid.Parse(text); err == nil {
		return id, nil
	}
	devices, err := srv.Accounts.Devices(ctx, actor)
	if err != nil {
		return uuid.Nil, err
	}
	var found []uuid.UUID
	for _, d := range devices {
		if d.Name == text {
			found = append(found, d.ID)
		}
	}
	if len(found) != 1 {
		return uuid.Nil, fmt.Errorf("%d devices are called %q; name the one by its id, from satchel device list", len(found), text)
	}
	return found[0], nil
}

type deviceScopeCmd struct {
	Device string   `arg:"" help:"Name or id of the device."`
	Area   []string `help:"Area that it holds from now on; may be repeated." required:"" placeholder:"AREA" sep:"none"`
}

// Help is shown by --help.
func (deviceScopeCmd) Help() string {
	return `At its next sync the device sends what it has recorded, fetches the new areas, and drops the others.

Example:
  satchel device scope "Tablet 7" --area Kraljevo --area Raška`
}

// Run changes the areas.
func (d deviceScopeCmd) Run(ctx context.Context, c *cli) error {
	return c.decide(ctx, func(srv *server.Server, actor uuid.UUID) error {
		id, err := deviceID(ctx, srv, actor, d.Device)
		if err != nil {
			return err
		}
		ids, err := areas(ctx, srv, d.Area)
		if err != nil {
			return err
		}
		if err := srv.Accounts.SetDeviceAreas(ctx, actor, id, ids); err != nil {
			return err
		}
		fmt.Println("Changed. It counts from the device's next sync on.")
		return nil
	})
}

type deviceRevokeCmd struct {
	Device string `arg:"" help:"Name or id of the device."`
}

// Help is shown by --help.
func (deviceRevokeCmd) Help() string {
	return `From now on the device gets nothing. If it comes, it may hand in what it recorded, which is held for you
to apply or discard, and then it wipes itself.

Example:
  satchel device revoke "Tablet 7"`
}

// Run revokes the device.
func (d deviceRevokeCmd) Run(ctx context.Context, c *cli) error {
	return c.decide(ctx, func(srv *server.Server, actor uuid.UUID) error {
		id, err := deviceID(ctx, srv, actor, d.Device)
		if err != nil {
			return err
		}
		if err := srv.Accounts.RevokeDevice(ctx, actor, id); err != nil {
			return err
		}
		fmt.Println("Revoked. What it still hands in will be held: see satchel held list.")
		return nil
	})
}
