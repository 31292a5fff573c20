package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"satchel/server"
)

// tlsCmd looks after the office's own certificate authority.
type tlsCmd struct {
	Show tlsShowCmd `cmd:"" help:"Show what the authority is for, its fingerprint, and when it ends." default:"1"`
	Init tlsInitCmd `cmd:"" help:"Make an authority for this server's names and addresses."`
}

// errNoAuthority means that a data directory has none.
func errNoAuthority(dir string) error {
	return fmt.Errorf("there is no certificate authority in %s: name the data directory with --data, or make one with satchel tls init", dir)
}

type tlsInitCmd struct {
	Name []string     `help:"Name by which tablets find the server, the main one first; may be repeated. Without --name and --ip: this machine's name in .local, and its private addresses." placeholder:"NAME"`
	IP   []netip.Addr `name:"ip" help:"Address by which the office may open the console too; may be repeated." placeholder:"ADDRESS"`
}

// Help is shown by --help.
func (tlsInitCmd) Help() string {
	return `For an office without a public domain. Tablets that trust the authority trust it for these names and addresses and for
nothing else: whoever steals its key cannot speak as a bank, or as any other server. It lasts ten years; the server's
certificates are renewed by themselves. Its names cannot be changed: that takes another authority, which every tablet has
to trust anew. So choose a name that stays, and that the office's router or DNS knows; the address may change.

Examples:
  satchel tls init --name satchel.office.lan --ip 192.168.1.10
  satchel serve --listen :443 --http :80`
}

// Run makes the authority.
func (t tlsInitCmd) Run(c *cli) error {
	if len(t.Name) == 0 && len(t.IP) == 0 {
		var err error
		if t.Name, t.IP, err = ownNames(); err != nil {
			return err
		}
	}
	authority, err := server.MakeAuthority(c.Data, t.Name, t.IP)
	if errors.Is(err, server.ErrAuthorityExists) {
		return fmt.Errorf("%w. To see it: satchel tls show", err)
	}
	if err != nil {
		return err
	}
	return c.showAuthority(authority)
}

// ownNames gives this machine's name in .local, and its addresses in private networks.
func ownNames() ([]string, []netip.Addr, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, nil, err
	}
	if !strings.Contains(host, ".") {
		host += ".local"
	}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil, nil, err
	}
	var private []netip.Addr
	for _, at := range all {
		if prefix, err := netip.ParsePrefix(at.String()); err == nil && prefix.Addr().IsPrivate() {
			private = append(private, prefix.Addr())
		}
	}
	return []string{host}, private, nil
}

type tlsShowCmd struct{}

// Help is shown by --help.
func (tlsShowCmd) Help() string {
	return `The fingerprint is what a tablet has to show that trusts the authority. The file is what tablets trust: it holds no secret.

Examples:
  satchel tls show
  satchel --json tls show`
}

// Run shows the authority.
func (tlsShowCmd) Run(c *cli) error {
	authority, err := server.OpenAuthority(c.Data)
	if errors.Is(err, fs.ErrNotExist) {
		return errNoAuthority(c.Data)
	}
	if err != nil {
		return err
	}
	return c.showAuthority(authority)
}

func (c *cli) showAuthority(a *server.Authority) error {
	names, ends := a.Names(), a.Root().NotAfter
	served, err := a.Certificate(time.Now())
	if err != nil {
		return err
	}
	out := map[string]any{
		"names": names.DNS, "addresses": orEmpty(names.Addresses), "file": a.RootPath(), "fingerprint": a.Fingerprint(),
		"ends": ends.UnixMilli(), "server_ends": served.Leaf.NotAfter.UnixMilli(),
	}
	return c.show(out, func(w *tabwriter.Writer) {
		row(w, "names", strings.Join(names.DNS, ", "))
		row(w, "addresses", strings.Trim(fmt.Sprint(names.Addresses), "[]"))
		row(w, "tablets trust", a.RootPath())
		row(w, "SHA-256", a.Fingerprint())
		row(w, "ends", ends.Format(time.DateOnly))
		row(w, "server's ends", served.Leaf.NotAfter.Format(time.DateOnly)+", and is renewed before")
	})
}
