package console

import (
	"errors"
	"html/template"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"satchel/syncproto"
)

// enrolPage is what the page of that name shows: how a tablet is brought in, on the tablet itself. Nothing of it is secret.
type enrolPage struct {
	// Address is where the tablet reaches the server, and Host its name.
	Address, Host string
	// Fit says that the field app works there.
	Fit   bool
	Trust *trust
}

// A trust is the office's own authority, as tablets come to trust it.
type trust struct {
	Fingerprint string
	// Address is the page to begin with, which needs no trust yet; "" if there is none.
	Address string
	Picture template.HTML
}

// trust gives the office's authority, nil if it has none.
func (c *Console) trust() (*trust, error) {
	if c.Authority == nil {
		return nil, nil
	}
	t := &trust{Fingerprint: c.Authority.Fingerprint()}
	if c.PlainURL == "" {
		return t, nil
	}
	t.Address = c.PlainURL + "/enrol"
	var err error
	t.Picture, err = qrPicture(t.Address)
	return t, err
}

// enrol is where an invitation leads. Its code is behind the "#", which no server sees; a script passes it on to the app.
func (c *Console) enrol(v *Visit) error {
	at, err := c.trust()
	if err != nil {
		return err
	}
	address := c.address(v)
	return v.page("enrol", enrolPage{Address: address, Host: hostOf(address), Fit: fit(address), Trust: at})
}

// authorityFile gives the certificate that tablets have to trust.
func (c *Console) authorityFile(v *Visit) error {
	if c.Authority == nil {
		return syncproto.Refuse(syncproto.CodeNotFound, "This server has no certificate authority of its own: there is nothing to install.")
	}
	h := v.Response.Header()
	h.Set("Content-Type", "application/x-x509-ca-cert")
	h.Set("Content-Disposition", `attachment; filename="satchel-ca.crt"`)
	_, err := v.Response.Write(c.Authority.Root().Raw)
	return err
}

// address gives where tablets reach the server: what it was told or, on this machine, where the browser reached it.
func (c *Console) address(v *Visit) string {
	if c.URL != "" {
		return c.URL
	}
	if c.SecureCookies {
		return "https://" + v.Request.Host
	}
	return "http://" + v.Request.Host
}

// EnrolLink is where an invitation leads, at a server of some address. The code stands behind the "#": a browser sends that to nobody.
func EnrolLink(address, code string) string { return address + "/enrol#code=" + url.QueryEscape(code) }

// hostOf gives the name or address of a URL, "" if it is none.
func hostOf(address string) string {
	at, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return at.Hostname()
}

// fit reports whether tablets reach the server by HTTPS and by a name. The field app needs both: what it keeps belongs to the
// name, and over plain HTTP a browser lets it keep nothing.
func fit(address string) bool {
	_, notAddress := netip.ParseAddr(hostOf(address))
	return strings.HasPrefix(address, "https://") && hostOf(address) != "" && notAddress != nil
}

// PlainHandler answers plain HTTP beside TLS. Tablets that do not trust the office's authority yet get its certificate there, and
// how to install it; everything else is led to HTTPS. It takes nothing in, and leaves nothing in a browser.
func (c *Console) PlainHandler() http.Handler {
	mux := http.NewServeMux()
	if c.Authority != nil {
		mux.HandleFunc("GET /enrol", c.plainly(c.enrol))
		mux.HandleFunc("GET /enrol/ca.crt", c.plainly(c.authorityFile))
		mux.HandleFunc("GET /assets/{name}", c.plainly(c.asset))
	}
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(c.URL, "https://") {
			http.NotFound(w, r)
			return
		}
		http.Redirect(w, r, c.URL+r.URL.RequestURI(), http.StatusFound) //nolint:gosec // it begins with the server's own address
	})
	return mux
}

// plainly answers by plain HTTP with what needs no login. The language is in the address: a cookie would be sent in the clear.
func (c *Console) plainly(handle func(*Visit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		v := &Visit{Request: r, Response: w, Words: c.shown().catalogue.Match(r.Header.Get("Accept-Language")), Plain: true, console: c}
		if chosen := v.query("language"); chosen != "" {
			v.Words = c.shown().catalogue.Match(chosen)
		}
		err := handle(v)
		if p := new(syncproto.Problem); errors.As(err, &p) {
			http.Error(w, p.Detail, p.Status)
		} else if err != nil {
			http.Error(w, "The server failed. Try again.", http.StatusInternalServerError)
		}
	}
}
