package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"runtime/debug"
	"strings"

	"satchel/server"
)

// serveCmd runs the server.
type serveCmd struct {
	Listen string `help:"Address to listen on." default:"127.0.0.1:8080" env:"SATCHEL_LISTEN"`
	URL    string `help:"Where devices reach the server, as it stands in invitations; by itself, what --domain or --listen says." env:"SATCHEL_URL" placeholder:"URL"`
	Cert   string `help:"TLS certificate chain, PEM." env:"SATCHEL_CERT" placeholder:"FILE" and:"tls" xor:"acme"`
	Key    string `help:"TLS key, PEM." env:"SATCHEL_KEY" placeholder:"FILE" and:"tls"`
	Domain string `help:"Domain to get TLS certificates for by ACME; the server has to be reachable there on port 443." env:"SATCHEL_DOMAIN" xor:"acme"`
	Plain  bool   `help:"Allow plain HTTP on other addresses than loopback: only behind a proxy that does TLS." env:"SATCHEL_PLAIN"`
	// Whoever may add a webhook could otherwise have the server knock at every door of the office.
	WebhookAllow []netip.Prefix `help:"Network that webhooks may reach although it is not public, such as 10.1.2.0/24 or 127.0.0.1/32; may be repeated." env:"SATCHEL_WEBHOOK_ALLOW" placeholder:"CIDR"`
}

// Help is shown by --help.
func (serveCmd) Help() string {
	return `On an empty directory, everything that is needed is made, and how to add the first administrator is printed.
Ctrl-C stops the server; syncs under way are ended first. Beyond 160 MiB, beside what SQLite takes, memory is freed
sooner; GOMEMLIMIT in the environment says otherwise.

Examples:
  satchel serve
  satchel serve --data /var/lib/satchel --listen :443 --domain aid.example.org
  satchel serve --listen :443 --cert chain.pem --key key.pem --url https://office.local
  satchel serve --database postgres://satchel@db.example.org/satchel --listen :443 --domain aid.example.org`
}

// softLimit is where the garbage collector begins to work harder, in bytes; SQLite's memory comes beside it. By itself
// it lets garbage become as much as what is in use, and a crowd makes much of it in a moment.
const softLimit = 160 << 20

// Run serves until the context ends.
func (s serveCmd) Run(ctx context.Context, c *cli) error {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softLimit)
	}
	srv, err := server.Open(ctx, server.Config{
		Dir: c.Data, Database: c.Database, Listen: s.Listen, URL: s.reach(), CertFile: s.Cert, KeyFile: s.Key, Domain: s.Domain, AllowPlain: s.Plain, WebhookAllow: s.WebhookAllow,
		Log: slog.New(slog.NewJSONHandler(os.Stderr, nil)),
	})
	if err != nil {
		return err
	}
	if err := errors.Join(srv.NoteURL(ctx, s.reach()), welcome(ctx, srv, c, s.reach())); err != nil {
		return errors.Join(err, srv.Close())
	}
	return errors.Join(srv.Run(ctx, func(address net.Addr) { fmt.Printf("Satchel listens on %s. Ctrl-C stops it.\n", address) }), srv.Close())
}

// reach gives where devices reach the server, "" if that cannot be told from the flags.
func (s serveCmd) reach() string {
	if s.URL != "" {
		return strings.TrimSuffix(s.URL, "/")
	}
	host, port, err := net.SplitHostPort(s.Listen)
	ip := net.ParseIP(host)
	switch {
	case err != nil || port == "0":
		return ""
	case s.Domain != "" && port == "443":
		return "https://" + s.Domain
	case s.Domain != "":
		return "https://" + net.JoinHostPort(s.Domain, port)
	case host == "" || ip != nil && ip.IsUnspecified():
		return ""
	case s.Cert != "":
		return "https://" + net.JoinHostPort(host, port)
	}
	return "http://" + net.JoinHostPort(host, port)
}

// welcome says how to begin, on a database without an administrator. at is where a browser reaches the server, "" if that is not
// known.
func welcome(ctx context.Context, srv *server.Server, c *cli, at string) error {
	code, err := srv.Accounts.SetupCode(ctx)
	if err != nil || code == "" {
		return err
	}
	where, how := "in another terminal", "satchel --data "+c.Data
	if c.Database != "" { // its URL may hold a password
		where, how = "in another terminal and with the same SATCHEL_DATABASE", "satchel"
	}
	fmt.Printf(`There is no administrator yet. Add the first one, %s, with

  %s user add LOGIN --name "FULL NAME" --role administrator

or in a browser, within 24 hours, at %s/setup with this one-time code: %s

`, where, how, at, code)
	return nil
}
