package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
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
	URL    string `help:"Where devices reach the server, as it stands in invitations; by itself, what --domain, satchel tls init or --listen says." env:"SATCHEL_URL" placeholder:"URL"`
	Cert   string `help:"TLS certificate chain, PEM." env:"SATCHEL_CERT" placeholder:"FILE" and:"tls" xor:"acme"`
	Key    string `help:"TLS key, PEM." env:"SATCHEL_KEY" placeholder:"FILE" and:"tls"`
	Domain string `help:"Domain to get TLS certificates for by ACME; the server has to be reachable there on port 443." env:"SATCHEL_DOMAIN" xor:"acme"`
	TLS    string `help:"Where certificates come from: the office's own authority (local), ACME for --domain (acme), --cert and --key (files), nowhere (off). By itself, what the other flags say and, without any, whether satchel tls init made an authority." enum:"auto,local,acme,files,off" default:"auto" env:"SATCHEL_TLS"`
	HTTP   string `help:"Address for plain HTTP beside TLS, such as :80. It answers ACME, gives tablets the certificate that they have to trust, and leads everything else to HTTPS." env:"SATCHEL_HTTP" placeholder:"ADDRESS"`
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
  satchel serve --listen :443 --http :80
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
	authority, err := s.authority(c.Data)
	if err != nil {
		return err
	}
	config, err := c.config()
	if err != nil {
		return err
	}
	at := s.reach(authority)
	config.Listen, config.PlainListen, config.URL, config.CertFile, config.KeyFile, config.Domain = s.Listen, s.HTTP, at, s.Cert, s.Key, s.Domain
	config.LocalTLS, config.AllowPlain, config.WebhookAllow = authority != nil, s.Plain, s.WebhookAllow
	config.Log = slog.New(slog.NewJSONHandler(os.Stderr, nil))
	srv, err := server.Open(ctx, config)
	if err != nil {
		return err
	}
	if err := errors.Join(srv.NoteURL(ctx, at), welcome(ctx, srv, c, at)); err != nil {
		return errors.Join(err, srv.Close())
	}
	return errors.Join(srv.Run(ctx, func(address net.Addr) { fmt.Printf("Satchel listens on %s. Ctrl-C stops it.\n", address) }), srv.Close())
}

// authority gives the office's own authority if certificates are to come from it, nil otherwise. It fails where --tls says
// something else than the flags that go with it.
func (s serveCmd) authority(dir string) (*server.Authority, error) {
	given := "off"
	switch {
	case s.Domain != "":
		given = "acme"
	case s.Cert != "":
		given = "files"
	}
	switch {
	case s.TLS == "acme" && given != "acme":
		return nil, errors.New("--tls acme needs the name to get certificates for: --domain")
	case s.TLS == "files" && given != "files":
		return nil, errors.New("--tls files needs the files: --cert and --key")
	case (s.TLS == "local" || s.TLS == "off") && given != "off":
		return nil, fmt.Errorf("--tls %s contradicts --domain and --cert; leave out one or the other", s.TLS)
	case s.TLS != "local" && (s.TLS != "auto" || given != "off" || s.Plain):
		return nil, nil
	}
	authority, err := server.OpenAuthority(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if s.TLS == "auto" {
			return nil, nil
		}
		return nil, errNoAuthority(dir)
	}
	return authority, err
}

// reach gives where devices reach the server, "" if that cannot be told from the flags.
func (s serveCmd) reach(authority *server.Authority) string {
	if s.URL != "" {
		return strings.TrimSuffix(s.URL, "/")
	}
	host, port, err := net.SplitHostPort(s.Listen)
	ip := net.ParseIP(host)
	switch {
	case err != nil || port == "0":
		return ""
	case s.Domain != "":
		return secureURL(s.Domain, port)
	case authority != nil:
		return secureURL(authority.Names().DNS[0], port)
	case host == "" || ip != nil && ip.IsUnspecified():
		return ""
	case s.Cert != "":
		return "https://" + net.JoinHostPort(host, port)
	}
	return "http://" + net.JoinHostPort(host, port)
}

// secureURL gives the address of a host at a port, by HTTPS.
func secureURL(host, port string) string {
	if port == "443" {
		return "https://" + host
	}
	return "https://" + net.JoinHostPort(host, port)
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
