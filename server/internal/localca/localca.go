// Package localca is a certificate authority for one office that has no public domain.
//
// It promises that whoever trusts the authority trusts it for the names and addresses that it was made for, and for
// nothing else: a stolen key cannot speak as a bank. The certificate that tablets trust says so, and its key is thrown
// away once it has signed another certificate that says the same and signs for servers; programs that do not look at
// what a trusted certificate says do look at that one. Certificates for the server are renewed before they end. It
// never lets a key out of its folder, and never changes which names it is for: that takes another authority.
package localca

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// The files of an authority's folder. Those that hold a key can be read by their owner alone.
const (
	// RootFile is the certificate that tablets trust.
	RootFile   = "ca.crt"
	issuerFile = "issuer.pem" // the certificate that signs, and its key
	serverFile = "server.pem" // the server's certificates, and their key
)

// How long certificates are valid. Browsers refuse a server's that is for longer than 398 days.
const (
	authorityYears = 10
	serverLife     = 397 * 24 * time.Hour
	// slack is how far behind a tablet's clock may be when a certificate is new.
	slack = 24 * time.Hour
)

// ErrExists means that there is an authority in the folder already.
var ErrExists = errors.New("there is a certificate authority already, which tablets may trust; nothing was changed")

// An Authority has a folder and signs for the server. It is safe for use by many goroutines.
type Authority struct {
	dir    string
	root   *x509.Certificate
	issuer *x509.Certificate
	key    crypto.Signer

	mu      sync.Mutex
	current *tls.Certificate // nil until one was read or made
}

// Make makes an authority for some names and addresses in a folder, which it makes too. It fails with [ErrExists] if there is
// one in it.
func Make(dir string, names Names, now time.Time) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, RootFile)); err == nil {
		return ErrExists
	}
	rootKey, err := newKey()
	if err != nil {
		return err
	}
	issuerKey, err := newKey()
	if err != nil {
		return err
	}
	shape := names.authority("Satchel, "+names.DNS[0], 1, now)
	root, err := sign(shape, shape, rootKey.Public(), rootKey)
	if err != nil {
		return err
	}
	issuer, err := sign(names.authority("Satchel, signs for "+names.DNS[0], 0, now), root, issuerKey.Public(), rootKey)
	if err != nil {
		return err
	}
	if err := writeWithKey(filepath.Join(dir, issuerFile), issuerKey, issuer); err != nil {
		return err
	}
	// What tablets trust comes last: with it, the authority is there.
	return writeFile(filepath.Join(dir, RootFile), encode("CERTIFICATE", root.Raw), 0o644)
}

// authority is what a certificate that signs others says. below is how many of its kind may come below it.
func (n Names) authority(called string, below int, now time.Time) *x509.Certificate {
	c := &x509.Certificate{
		Subject:   pkix.Name{CommonName: called, Organization: []string{"Satchel"}},
		NotBefore: now.Add(-slack), NotAfter: now.AddDate(authorityYears, 0, 0),
		IsCA: true, BasicConstraintsValid: true, MaxPathLen: below, MaxPathLenZero: below == 0,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		// A name stands for itself and what is below it. With a dot in front, some programs take it for what is below alone.
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: n.DNS,
	}
	for _, address := range n.Addresses {
		bits := address.BitLen()
		c.PermittedIPRanges = append(c.PermittedIPRanges, &net.IPNet{IP: address.AsSlice(), Mask: net.CIDRMask(bits, bits)})
	}
	if len(n.Addresses) == 0 { // a constraint that names no address allows every address
		c.ExcludedIPRanges = []*net.IPNet{{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)}, {IP: net.IPv6zero, Mask: net.CIDRMask(0, 128)}}
	}
	return c
}

// Open opens the authority of a folder. The error is [fs.ErrNotExist] if there is none.
func Open(dir string) (*Authority, error) {
	a := &Authority{dir: dir}
	text, err := os.ReadFile(filepath.Join(dir, RootFile))
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s holds no certificate", filepath.Join(dir, RootFile))
	}
	if a.root, err = x509.ParseCertificate(block.Bytes); err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Join(dir, RootFile), err)
	}
	issuer, err := readWithKey(filepath.Join(dir, issuerFile))
	if err != nil {
		return nil, err
	}
	a.issuer = issuer.Leaf
	a.key = issuer.PrivateKey.(crypto.Signer) //nolint:forcetypeassert // every key that tls reads is one
	return a, nil
}

// Root gives the certificate that tablets trust.
func (a *Authority) Root() *x509.Certificate { return a.root }

// Fingerprint is the SHA-256 of the certificate that tablets trust, in the form in which Android shows it.
func (a *Authority) Fingerprint() string {
	sum := sha256.Sum256(a.root.Raw)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}

// RootPath is the file of [Authority.Root].
func (a *Authority) RootPath() string { return filepath.Join(a.dir, RootFile) }

// Names are those that the authority is for.
func (a *Authority) Names() Names {
	n := Names{DNS: a.issuer.PermittedDNSDomains}
	for _, ip := range a.issuer.PermittedIPRanges {
		n.Addresses = append(n.Addresses, addressOf(ip.IP))
	}
	return n
}

// Certificate gives the server's certificate at a moment: the one that there is, until two thirds of its life are over, and
// then a new one. If a new one cannot be made, it gives the error with the one that there is, nil if there is none: a browser
// that is shown one that has ended says so in words.
func (a *Authority) Certificate(now time.Time) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.current == nil {
		kept, err := readWithKey(filepath.Join(a.dir, serverFile))
		if err == nil {
			a.current = kept
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	if a.current != nil && !a.due(a.current.Leaf, now) {
		return a.current, nil
	}
	made, err := a.issue(now)
	if err == nil {
		a.current = made
	}
	return a.current, err
}

// due reports whether a certificate of the server is to be replaced: two thirds of its life are over, or the machine's clock
// was ahead when it was made. One that would not end later either stays: the authority itself ends.
func (a *Authority) due(leaf *x509.Certificate, now time.Time) bool {
	life := leaf.NotAfter.Sub(leaf.NotBefore)
	if now.Before(leaf.NotBefore) {
		return true
	}
	return now.After(leaf.NotBefore.Add(life*2/3)) && leaf.NotAfter.Before(a.issuer.NotAfter)
}

// issue makes and keeps a new certificate for the server.
func (a *Authority) issue(now time.Time) (*tls.Certificate, error) {
	if now.After(a.issuer.NotAfter) {
		return nil, fmt.Errorf("the certificate authority in %s ended on %s; make another one, which tablets have to trust anew", a.dir, a.issuer.NotAfter.Format(time.DateOnly))
	}
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	begin := now.Add(-slack)
	end := begin.Add(serverLife)
	if end.After(a.issuer.NotAfter) {
		end = a.issuer.NotAfter
	}
	names := a.Names()
	shape := &x509.Certificate{
		Subject: pkix.Name{CommonName: names.DNS[0]}, NotBefore: begin, NotAfter: end, DNSNames: names.DNS,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
	}
	for _, address := range names.Addresses {
		shape.IPAddresses = append(shape.IPAddresses, address.AsSlice())
	}
	leaf, err := sign(shape, a.issuer, key.Public(), a.key)
	if err != nil {
		return nil, err
	}
	if err := writeWithKey(filepath.Join(a.dir, serverFile), key, leaf, a.issuer); err != nil {
		return nil, fmt.Errorf("keep the server's new certificate: %w", err)
	}
	return &tls.Certificate{Certificate: [][]byte{leaf.Raw, a.issuer.Raw}, PrivateKey: key, Leaf: leaf}, nil
}

func newKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// sign makes a certificate of a shape, signed by a parent's key.
func sign(shape, parent *x509.Certificate, public crypto.PublicKey, by crypto.Signer) (*x509.Certificate, error) {
	raw, err := x509.CreateCertificate(rand.Reader, shape, parent, public, by)
	if err != nil {
		return nil, fmt.Errorf("sign a certificate: %w", err)
	}
	return x509.ParseCertificate(raw)
}
