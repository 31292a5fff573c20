package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/google/uuid"
	"rsc.io/qr"

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
	Area   []string `help:"Area that it holds, with everything below, by name, official code or id; may be repeated." required:"" placeholder:"AREA"`
	URL    string   `help:"Where the device reaches the server." env:"SATCHEL_URL" default:"http://127.0.0.1:8080"`
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
		url := strings.TrimSuffix(d.URL, "/") + "/enrol#" + made.Code
		out := map[string]any{"code": made.Code, "url": url, "expires": made.Expires.UnixMilli()}
		return c.show(out, func(w *tabwriter.Writer) {
			if term, err := os.Stdout.Stat(); err == nil && term.Mode()&os.ModeCharDevice != 0 {
				fmt.Fprint(w, picture(url))
			}
			fmt.Fprintf(w, "Code %s, until %s, once.\n\nOn the device:  satchel-device enrol %s %s\n",
				made.Code, made.Expires.Format("15:04"), d.URL, made.Code)
		})
	})
}

// picture draws text as a QR code of half blocks, light on dark terminals and dark on light ones.
func picture(text string) string {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "" // the code below says the same
	}
	const quiet = 2
	var out strings.Builder
	for y := -quiet; y < code.Size+quiet; y += 2 {
		for x := -quiet; x < code.Size+quiet; x++ {
			// Dark modules are left blank on a background of full blocks.
			switch upper, lower := code.Black(x, y), code.Black(x, y+1); {
			case upper && lower:
				out.WriteString(" ")
			case upper:
				out.WriteString("▄")
			case lower:
				out.WriteString("▀")
			default:
				out.WriteString("█")
			}
		}
		out.WriteString("\n")
	}
	return out.String()
}

type deviceListCmd struct{}

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
		return c.show(devices, func(w *tabwriter.Writer) {
			row(w, "ID", "NAME", "AREAS", "LAST CONTACT", "COMPLETE SYNC", "UNSENT", "CHANGES", "STATE")
			for _, d := range devices {
				row(w, d.ID, d.Name, areaList(d.Areas, names), moment(d.Contact.At), moment(d.Contact.Complete),
					d.Contact.Unsent, d.N, state(d))
			}
		})
	})
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
	Area   []string `help:"Area that it holds from now on; may be repeated." required:"" placeholder:"AREA"`
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
