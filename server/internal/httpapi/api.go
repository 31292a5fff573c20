// Package httpapi is the HTTP interface: it finds out who asks, whether they may, and passes the
// question on.
//
// It promises that every route has a rule for who may use it, that bodies are bounded before they
// are read, that every error is a problem document with a stable code, and that no log line, metric
// label or URL holds personal data, a code or a token. It never decides what becomes of data. It is
// the only room that knows the web framework.
package httpapi

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"github.com/prometheus/client_golang/prometheus"

	"satchel/server/internal/accounts"
	"satchel/server/internal/engine"
	"satchel/server/internal/store"
)

// An API answers HTTP requests. All fields have to be set.
type API struct {
	Engine   *engine.Engine
	Accounts *accounts.Accounts
	Store    *store.Store
	Log      *slog.Logger
	Metrics  *prometheus.Registry
	// URL is where devices reach the server, as it stands in invitations.
	URL string
	// SecureCookies says that browsers come by HTTPS.
	SecureCookies bool
	// Now is the clock.
	Now func() time.Time

	// places bounds how many syncs are decoded and answered at once, and so their memory.
	places chan struct{}
	// packing bounds how many replies are packed at once.
	packing chan struct{}
	// rescues bounds the same of rescue files.
	rescues    chan struct{}
	links      *links
	identities *tries
}

// maxSyncs is how many syncs are decoded and answered at once; further ones wait. One takes up to
// 50 MiB.
const maxSyncs = 2

// access says who may use a route.
type access int

const (
	// anybody, without credentials; such routes take credentials or give nothing away.
	anybody access = iota
	// device with a valid access token. It may be revoked: then it still hands in what it holds.
	device
	// coordinator or administrator, logged in.
	coordinator
	// administrator, logged in.
	administrator
)

// A route is one entry of the interface.
type route struct {
	method, path string
	access       access
	// limited routes take credentials: the number of tries is bounded.
	limited bool
	handle  echo.HandlerFunc
}

// syncPath is where devices sync.
const syncPath = "/api/v1/sync"

// routes is the whole interface. A route that is not in it does not exist.
func (a *API) routes() []route {
	return []route{
		{http.MethodGet, "/healthz", anybody, false, a.health},
		{http.MethodGet, "/metrics", anybody, false, a.metrics},

		{http.MethodPost, "/api/v1/enrol", anybody, true, a.enrol},
		{http.MethodPost, "/api/v1/token", anybody, true, a.refresh},
		{http.MethodPost, "/api/v1/identity", device, false, a.newIdentity},
		{http.MethodPost, syncPath, device, false, a.sync}, // it packs its answers itself

		{http.MethodPost, "/api/v1/setup", anybody, true, a.setUp},
		{http.MethodPost, "/api/v1/session", anybody, true, a.login},
		{http.MethodGet, "/api/v1/session", coordinator, false, a.session},
		{http.MethodDelete, "/api/v1/session", coordinator, false, a.logout},

		{http.MethodGet, "/api/v1/users", administrator, false, a.users},
		{http.MethodPost, "/api/v1/users", administrator, false, a.addUser},
		{http.MethodGet, "/api/v1/devices", coordinator, false, a.devices},
		{http.MethodPost, "/api/v1/invites", coordinator, false, a.invite},
		{http.MethodPut, "/api/v1/devices/:id/areas", coordinator, false, a.setAreas},
		{http.MethodPost, "/api/v1/devices/:id/revoke", coordinator, false, a.revoke},

		{http.MethodGet, "/api/v1/conflicts", administrator, false, a.conflicts},
		{http.MethodGet, "/api/v1/conflicts/:record/:field", administrator, false, a.conflict},
		{http.MethodPost, "/api/v1/conflicts/:record/:field/settle", administrator, false, a.settle},
		{http.MethodPost, "/api/v1/changes/:version/undo", administrator, false, a.undo},
		{http.MethodGet, "/api/v1/records/:record/history", administrator, false, a.history},
		{http.MethodGet, "/api/v1/held", administrator, false, a.held},
		{http.MethodPost, "/api/v1/held/:version/apply", administrator, false, a.applyHeld},
		{http.MethodPost, "/api/v1/held/:version/discard", administrator, false, a.discardHeld},
		{http.MethodPost, "/api/v1/rescue", administrator, false, a.importRescue},
		{http.MethodGet, "/api/v1/audit", administrator, false, a.audit},
	}
}

// Handler gives the interface as an [http.Handler].
func (a *API) Handler() http.Handler {
	a.places, a.packing, a.rescues = make(chan struct{}, maxSyncs), make(chan struct{}, maxSyncs), make(chan struct{}, maxRescues)
	a.links = &links{byDevice: map[uuid.UUID]*http.ResponseController{}}
	a.identities = newTries(a.Now, maxIdentities, identityEvery)
	e := echo.New()
	e.HTTPErrorHandler = a.problem
	// Only a proxy on the same machine is believed when it says for whom it asks.
	e.IPExtractor = echo.ExtractIPFromXFFHeader(echo.TrustLoopback(true), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false))
	observer := newObserver(a.Metrics)
	e.Use(
		nameRequest,
		a.observe(observer),
		middleware.RecoverWithConfig(middleware.RecoverConfig{DisableStackAll: true, LogErrorFunc: a.logPanic}),
		securityHeaders(a.SecureCookies),
		middleware.GzipWithConfig(middleware.GzipConfig{MinLength: 512, Skipper: func(c echo.Context) bool { return c.Path() == syncPath }}),
	)
	credentials := newTries(a.Now, maxTries, tryEvery)
	for _, r := range a.routes() {
		chain := []echo.MiddlewareFunc{a.authorise(r.access)}
		if r.limited {
			chain = append(chain, credentials.bound)
		}
		e.Add(r.method, r.path, r.handle, chain...)
	}
	return e
}
