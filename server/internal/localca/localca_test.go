package localca_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"io/fs"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"satchel/server/internal/localca"
)

var start = time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// made makes an authority and opens it.
func made(t *testing.T, dns []string, addresses ...string) (*localca.Authority, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tls")
	var ips []netip.Addr
	for _, address := range addresses {
		ips = append(ips, netip.MustParseAddr(address))
	}
	names, err := localca.ReadNames(dns, ips)
	if err != nil {
		t.Fatal(err)
	}
	if err := localca.Make(dir, names, start); err != nil {
		t.Fatal(err)
	}
	return open(t, dir), dir
}

func open(t *testing.T, dir string) *localca.Authority {
	t.Helper()
	a, err := localca.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func certificate(t *testing.T, a *localca.Authority, now time.Time) *tls.Certificate {
	t.Helper()
	c, err := a.Certificate(now)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// connect does what a tablet does that trusts the authority: a TLS handshake with the server, by a name or an address.
func connect(t *testing.T, a *localca.Authority, served *tls.Certificate, name string, now time.Time) error {
	t.Helper()
	trusted := x509.NewCertPool()
	trusted.AddCert(a.Root())
	left, right := net.Pipe()
	defer left.Close()
	server := tls.Server(right, &tls.Config{Certificates: []tls.Certificate{*served}, MinVersion: tls.VersionTLS12})
	ended := make(chan bool)
	go func() {
		_ = server.HandshakeContext(t.Context()) // the other side says how it went
		_ = right.Close()
		close(ended)
	}()
	defer func() { <-ended }()
	return tls.Client(left, &tls.Config{RootCAs: trusted, ServerName: name, MinVersion: tls.VersionTLS12, Time: func() time.Time { return now }}).HandshakeContext(t.Context())
}

func TestWhoTrustsTheAuthorityReachesTheServerByItsNames(t *testing.T) {
	a, _ := made(t, []string{"Satchel.Office.lan.", "satchel.local"}, "192.168.1.10", "fd00::10")
	served := certificate(t, a, start)
	for _, name := range []string{"satchel.office.lan", "satchel.local", "192.168.1.10", "fd00::10"} {
		if err := connect(t, a, served, name, start); err != nil {
			t.Errorf("by %s: %v", name, err)
		}
	}
	for _, name := range []string{"bank.example", "office.lan", "192.168.1.11"} {
		if err := connect(t, a, served, name, start); err == nil {
			t.Errorf("the server is believed to be %s", name)
		}
	}
}

// TestAStolenKeyCannotSpeakAsABank signs for other names with the only key that is kept, and with each certificate that a
// browser may look at for what it allows.
func TestAStolenKeyCannotSpeakAsABank(t *testing.T) {
	for _, addresses := range [][]string{{"192.168.1.10"}, nil} {
		a, dir := made(t, []string{"satchel.office.lan"}, addresses...)
		stolen, err := tls.LoadX509KeyPair(filepath.Join(dir, "issuer.pem"), filepath.Join(dir, "issuer.pem"))
		if err != nil {
			t.Fatal(err)
		}
		if err := connect(t, a, forged(t, stolen, "satchel.office.lan"), "satchel.office.lan", start); err != nil {
			t.Fatalf("a certificate that is signed like the server's is refused for its own name, so this shows nothing: %v", err)
		}
		for _, name := range []string{"bank.example", "satchel.office.lan.bank.example", "notsatchel.office.lan", "8.8.8.8", "192.168.1.11", "2001:db8::1"} {
			var wrong x509.CertificateInvalidError
			if err := connect(t, a, forged(t, stolen, name), name, start); !errors.As(err, &wrong) || wrong.Reason != x509.CANotAuthorizedForThisName {
				t.Errorf("a certificate for %s is answered %v", name, err)
			}
		}
		if !a.Root().PermittedDNSDomainsCritical || !stolen.Leaf.PermittedDNSDomainsCritical || !stolen.Leaf.MaxPathLenZero || a.Root().MaxPathLen != 1 {
			t.Error("the constraints are not what a browser has to look at")
		}
	}
}

// forged makes a certificate for a name or an address with a key that signs.
func forged(t *testing.T, by tls.Certificate, name string) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	shape := &x509.Certificate{SerialNumber: big.NewInt(7), NotBefore: start.Add(-day), NotAfter: start.Add(day), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if ip := net.ParseIP(name); ip != nil {
		shape.IPAddresses = []net.IP{ip}
	} else {
		shape.DNSNames = []string{name}
	}
	raw, err := x509.CreateCertificate(rand.Reader, shape, by.Leaf, key.Public(), by.PrivateKey.(crypto.Signer)) //nolint:forcetypeassert // it is one
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{raw, by.Certificate[0]}, PrivateKey: key}
}

func TestTheServersCertificateIsRenewedAfterTwoThirdsOfItsLife(t *testing.T) {
	a, dir := made(t, []string{"satchel.office.lan"})
	first := certificate(t, a, start)
	life := first.Leaf.NotAfter.Sub(first.Leaf.NotBefore)
	if life > 397*day {
		t.Errorf("browsers refuse a certificate for %v", life)
	}
	due := first.Leaf.NotBefore.Add(life * 2 / 3)
	if got := certificate(t, a, due); got.Leaf.SerialNumber.Cmp(first.Leaf.SerialNumber) != 0 {
		t.Error("it is renewed before two thirds of its life are over")
	}
	second := certificate(t, a, due.Add(time.Second))
	if second.Leaf.SerialNumber.Cmp(first.Leaf.SerialNumber) == 0 {
		t.Fatal("it is not renewed after two thirds of its life")
	}
	if err := connect(t, a, second, "satchel.office.lan", first.Leaf.NotAfter.Add(day)); err != nil {
		t.Error(err)
	}
	if got := certificate(t, open(t, dir), due.Add(2*time.Second)); got.Leaf.SerialNumber.Cmp(second.Leaf.SerialNumber) != 0 {
		t.Error("a server that starts again has another certificate")
	}
}

func TestACertificateOfAClockThatWasAheadIsReplaced(t *testing.T) {
	a, _ := made(t, []string{"satchel.office.lan"})
	ahead := certificate(t, a, start.AddDate(5, 0, 0))
	if got := certificate(t, a, start); got.Leaf.SerialNumber.Cmp(ahead.Leaf.SerialNumber) == 0 || got.Leaf.NotBefore.After(start) {
		t.Error("the server shows a certificate that is not valid yet")
	}
}

func TestNoCertificateOutlivesTheAuthority(t *testing.T) {
	a, _ := made(t, []string{"satchel.office.lan"})
	end := a.Root().NotAfter
	last := certificate(t, a, end.Add(-30*day))
	if !last.Leaf.NotAfter.Equal(end) {
		t.Errorf("the last certificate ends on %v, the authority on %v", last.Leaf.NotAfter, end)
	}
	if got := certificate(t, a, end.Add(-day)); got.Leaf.SerialNumber.Cmp(last.Leaf.SerialNumber) != 0 {
		t.Error("a certificate that ends no later is made again and again")
	}
	if err := connect(t, a, certificate(t, a, end.Add(day)), "satchel.office.lan", end.Add(day)); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Errorf("an authority that has ended lets tablets see %v", err)
	}
	unused, _ := made(t, []string{"satchel.office.lan"})
	if _, err := unused.Certificate(end.Add(day)); err == nil || !strings.Contains(err.Error(), "make another one") {
		t.Errorf("an authority that has ended says %v", err)
	}
}

// TestTheServerGoesOnWithWhatItHasIfTheDiskFails makes the folder one in which nothing can be written.
func TestTheServerGoesOnWithWhatItHasIfTheDiskFails(t *testing.T) {
	a, dir := made(t, []string{"satchel.office.lan"})
	first := certificate(t, a, start)
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	got, err := a.Certificate(start.AddDate(1, 0, 0))
	if !errors.Is(err, fs.ErrNotExist) || got == nil || got.Leaf.SerialNumber.Cmp(first.Leaf.SerialNumber) != 0 {
		t.Errorf("it shows %v, and says %v", got, err)
	}
}

func TestAnAuthorityIsNotOverwritten(t *testing.T) {
	_, dir := made(t, []string{"satchel.office.lan"})
	before, err := os.ReadFile(filepath.Join(dir, localca.RootFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := localca.Make(dir, localca.Names{DNS: []string{"other.lan"}}, start); !errors.Is(err, localca.ErrExists) {
		t.Errorf("a second authority in the same folder: %v", err)
	}
	if after, err := os.ReadFile(filepath.Join(dir, localca.RootFile)); err != nil || string(after) != string(before) {
		t.Error("the certificate that tablets trust is another one")
	}
}

func TestKeysAreForTheirOwnerAlone(t *testing.T) {
	a, dir := made(t, []string{"satchel.office.lan"})
	certificate(t, a, start)
	for name, want := range map[string]fs.FileMode{".": fs.ModeDir | 0o700, "ca.crt": 0o644, "issuer.pem": 0o600, "server.pem": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode() != want {
			t.Errorf("%s is %v, %v", name, info.Mode(), err)
		}
	}
	root, err := os.ReadFile(a.RootPath())
	if err != nil || strings.Contains(string(root), "PRIVATE") {
		t.Error("the file that tablets are given has a key")
	}
}

func TestNamesThatAnAuthorityCannotBeFor(t *testing.T) {
	for _, name := range []string{"", "lan", "192.168.1.10", "fd00::10", "*.office.lan", ".office.lan", "office..lan", "kuća.lan", "a b.lan", "-a.lan", strings.Repeat("a", 64) + ".lan"} {
		if got, err := localca.ReadNames([]string{name}, nil); err == nil {
			t.Errorf("%q is taken for %v", name, got.DNS)
		}
	}
	if _, err := localca.ReadNames(nil, nil); err == nil {
		t.Error("an authority for no name is allowed")
	}
}

func TestAFingerprintIsAsAndroidShowsIt(t *testing.T) {
	a, _ := made(t, []string{"satchel.office.lan"})
	plain, err := hex.DecodeString(strings.ReplaceAll(a.Fingerprint(), ":", ""))
	if want := sha256.Sum256(a.Root().Raw); err != nil || string(plain) != string(want[:]) {
		t.Errorf("the fingerprint is %s, want %x", a.Fingerprint(), want)
	}
	if !regexp.MustCompile(`^([0-9A-F]{2}:){31}[0-9A-F]{2}$`).MatchString(a.Fingerprint()) {
		t.Errorf("nobody finds %s on a tablet", a.Fingerprint())
	}
}
