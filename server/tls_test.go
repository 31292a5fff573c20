package server_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"satchel/server"
)

// localTLS makes a data directory with an authority of its own, and a client that trusts nothing else and finds every name at
// one address.
func localTLS(t *testing.T, dir string, now func() time.Time) func(address string) *http.Client {
	t.Helper()
	authority, err := server.MakeAuthority(dir, []string{"satchel.office.lan"}, []netip.Addr{netip.MustParseAddr("127.0.0.1")})
	if err != nil {
		t.Fatal(err)
	}
	trust := x509.NewCertPool()
	trust.AddCert(authority.Root())
	return func(address string) *http.Client {
		dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}
		transport := &http.Transport{DialContext: dial, DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: trust, MinVersion: tls.VersionTLS12, Time: now}}
		return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
}

// An answer is what came back, with the server's certificate, nil for none.
type answer struct {
	status      int
	location    string
	certificate *x509.Certificate
}

func ask(t *testing.T, client *http.Client, url string) (answer, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	a := answer{status: res.StatusCode, location: res.Header.Get("Location")}
	if res.TLS != nil {
		a.certificate = res.TLS.PeerCertificates[0]
	}
	return a, nil
}

// TestALocalCertificateIsRenewedWhileTheServerRuns has a year pass between two visits.
func TestALocalCertificateIsRenewedWhileTheServerRuns(t *testing.T) {
	dir := t.TempDir()
	var passed atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(passed.Load())) }
	client := localTLS(t, dir, now)
	srv, _ := opened(t, server.Config{Dir: dir, Listen: "127.0.0.1:0", LocalTLS: true, Now: now})
	address, _ := run(t, srv)
	for _, name := range []string{"satchel.office.lan", "127.0.0.1"} {
		if _, err := ask(t, client(address), "https://"+name+"/healthz"); err != nil {
			t.Errorf("by %s: %v", name, err)
		}
	}
	if _, err := ask(t, client(address), "https://bank.example/healthz"); err == nil {
		t.Error("the server is believed to be a bank")
	}
	before, err := ask(t, client(address), "https://satchel.office.lan/healthz")
	if err != nil {
		t.Fatal(err)
	}
	passed.Store(int64(365 * 24 * time.Hour))
	after, err := ask(t, client(address), "https://satchel.office.lan/healthz")
	if err != nil {
		t.Fatal(err)
	}
	if !after.certificate.NotAfter.After(before.certificate.NotAfter) {
		t.Errorf("a year later the certificate still ends on %v", after.certificate.NotAfter)
	}
}

func TestPlainHTTPBesideTLSLeadsToIt(t *testing.T) {
	dir := t.TempDir()
	client := localTLS(t, dir, nil)
	plain := free(t)
	srv, _ := opened(t, server.Config{Dir: dir, Listen: "127.0.0.1:0", LocalTLS: true, PlainListen: plain, URL: "https://satchel.office.lan"})
	_, stop := run(t, srv)
	got, err := ask(t, client(plain), "http://satchel.office.lan/tablets?silent=7")
	if err != nil || got.status != http.StatusFound || got.location != "https://satchel.office.lan/tablets?silent=7" {
		t.Errorf("plain HTTP is answered %+v, %v", got, err)
	}
	if got, err := ask(t, client(plain), "http://192.168.1.10/enrol/ca.crt"); err != nil || got.status != http.StatusOK {
		t.Errorf("the certificate is answered %+v, %v", got, err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if _, err := ask(t, client(plain), "http://satchel.office.lan/"); err == nil {
		t.Error("plain HTTP is answered by a server that has stopped")
	}
}

// free gives an address that nobody listens on.
func free(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestPlainHTTPBesideTLSThatCannotBe(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := t.TempDir()
	localTLS(t, dir, nil)
	for want, config := range map[string]server.Config{
		"needs TLS":           {PlainListen: "127.0.0.1:0"},
		taken.Addr().String(): {PlainListen: taken.Addr().String(), LocalTLS: true},
	} {
		config.Dir, config.Listen = dir, "127.0.0.1:0"
		srv, stop := opened(t, config)
		if err := srv.Run(t.Context(), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("it runs with %v, want an error that says %q", err, want)
		}
		stop()
	}
	if _, err := server.Open(t.Context(), server.Config{Dir: t.TempDir(), LocalTLS: true}); err == nil || !strings.Contains(err.Error(), "authority") {
		t.Errorf("without an authority it opens with %v", err)
	}
}

func TestPlainHTTPBesideACMEAnswersIts(t *testing.T) {
	srv, _ := opened(t, server.Config{Dir: t.TempDir(), Domain: "aid.example.org", URL: "https://aid.example.org"})
	for path, want := range map[string]string{"/.well-known/acme-challenge/none": "404 ", "/enrol/ca.crt": "302 https://aid.example.org/enrol/ca.crt"} {
		got := httptest.NewRecorder()
		srv.PlainHandler().ServeHTTP(got, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://aid.example.org"+path, nil))
		if is := fmt.Sprintf("%d %s", got.Code, got.Header().Get("Location")); is != want {
			t.Errorf("%s is answered %s, want %s", path, is, want)
		}
	}
}
