package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"time"

	"golang.org/x/crypto/acme/autocert"

	"satchel/server/internal/localca"
)

// What else of TLS is in a data directory.
const (
	acmeDir      = "acme"
	authorityDir = "tls"
)

// Authority is the office's own certificate authority.
type Authority = localca.Authority

// ErrAuthorityExists means that there is one in a data directory already.
var ErrAuthorityExists = localca.ErrExists

// MakeAuthority makes the office's own certificate authority in a data directory, for names and addresses of this server and
// nothing else. There has to be a name.
func MakeAuthority(dir string, dns []string, addresses []netip.Addr) (*Authority, error) {
	names, err := localca.ReadNames(dns, addresses)
	if err != nil {
		return nil, err
	}
	if err := localca.Make(filepath.Join(dir, authorityDir), names, time.Now()); err != nil {
		return nil, err
	}
	return OpenAuthority(dir)
}

// OpenAuthority opens the authority of a data directory. The error is [fs.ErrNotExist] if it has none.
func OpenAuthority(dir string) (*Authority, error) {
	return localca.Open(filepath.Join(dir, authorityDir))
}

func (s *Server) tls() bool {
	return s.config.CertFile != "" || s.config.Domain != "" || s.config.LocalTLS
}

// openTLS opens what certificates come from.
func (s *Server) openTLS() (err error) {
	switch {
	case s.config.Domain != "":
		s.acme = &autocert.Manager{
			Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(s.config.Domain),
			Cache: autocert.DirCache(filepath.Join(s.config.Dir, acmeDir)),
		}
	case s.config.LocalTLS:
		if s.authority, err = OpenAuthority(s.config.Dir); err != nil {
			return fmt.Errorf("open the certificate authority: %w", err)
		}
	}
	return nil
}

func (s *Server) tlsConfig() (*tls.Config, error) {
	secure := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	switch {
	case s.acme != nil:
		return s.acme.TLSConfig(), nil
	case s.authority != nil:
		if _, err := s.localCertificate(nil); err != nil {
			return nil, err
		}
		if ends := s.authority.Root().NotAfter; s.config.Now().AddDate(1, 0, 0).After(ends) {
			s.config.Log.Warn("the office's certificate authority ends; make another one, see docs/tablets.md", "ends", ends)
		}
		secure.GetCertificate = s.localCertificate
		return secure, nil
	case s.config.CertFile != "":
		cert, err := tls.LoadX509KeyPair(s.config.CertFile, s.config.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("read the TLS certificate: %w", err)
		}
		secure.Certificates = []tls.Certificate{cert}
		return secure, nil
	}
	return nil, nil
}

// localCertificate gives the certificate of the office's own authority, a new one when it is time. The one that there is goes
// on if a new one cannot be made, and the log says why.
func (s *Server) localCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c, err := s.authority.Certificate(s.config.Now())
	if c == nil {
		return nil, fmt.Errorf("get a certificate of the office's own authority: %w", err)
	}
	if err != nil {
		s.config.Log.Error("the server's certificate cannot be renewed", "ends", c.Leaf.NotAfter, "error", err.Error())
	}
	return c, nil
}

// listenPlain opens the address of plain HTTP beside TLS, nil if there is to be none.
func (s *Server) listenPlain(ctx context.Context) (net.Listener, error) {
	if s.config.PlainListen == "" {
		return nil, nil
	}
	if !s.tls() {
		return nil, errors.New("plain HTTP beside TLS needs TLS: give a domain, a certificate, or make an authority of your own with satchel tls init")
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.config.PlainListen)
	if err != nil {
		return nil, fmt.Errorf("listen for plain HTTP on %s: %w", s.config.PlainListen, err)
	}
	return listener, nil
}

// PlainHandler gives what plain HTTP beside TLS answers.
func (s *Server) PlainHandler() http.Handler {
	if s.acme != nil {
		return s.acme.HTTPHandler(s.console.PlainHandler())
	}
	return s.console.PlainHandler()
}

// plainURL is where a tablet reaches plain HTTP beside TLS, "" if it does not.
func (s *Server) plainURL() string {
	at, err := url.Parse(s.config.URL)
	_, port, portErr := net.SplitHostPort(s.config.PlainListen)
	if err != nil || portErr != nil || at.Hostname() == "" {
		return ""
	}
	if port == "80" {
		return "http://" + at.Hostname()
	}
	return "http://" + net.JoinHostPort(at.Hostname(), port)
}
