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
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"github.com/prometheus/client_golang/prometheus"

	"satchel/server/internal/accounts"
	"satchel/server/internal/blobs"
	"satchel/server/internal/console"
	"satchel/server/internal/engine"
	"satchel/server/internal/review"
	"satchel/server/internal/store"
)

// An API answers HTTP requests. All fields have to be set.
type API struct {
	Engine   *engine.Engine
	Reviews  *review.Queue
	Blobs    *blobs.Room
	Accounts *accounts.Accounts
	Store    *store.Store
	Log      *slog.Logger
	Metrics  *prometheus.Registry
	// Console gives the pages.
	Console *console.Console
	// Now is the clock.
	Now func() time.Time

	// small and large bound how many syncs are inside at once, by the length of their bodies.
	small, large *room
	// uploading bounds how many chunks of blobs, and questions for blobs, are inside at once.
	uploading *room
	// refreshing bounds how many devices get new tokens at once.
	refreshing *room
	// places bounds how many syncs are decoded and answered at once, and so their memory.
	places chan struct{}
	// packing bounds how many replies are packed at once.
	packing chan struct{}
	// links and uploads know the link over which each device syncs, and over which it sends and gets blobs.
	links, uploads *links
	identities     *tries
	// credentials bounds how often these may be tried in vain.
	credentials *tries
	// feeding bounds how many feeds are read at once.
	feeding chan struct{}
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
	// feed is whoever has a token for it.
	feed
)

// A route is one entry of the interface.
type route struct {
	method, path string
	access       access
	limit        limit
	handle       echo.HandlerFunc
}

// limit says which credentials a route takes, and so how the number of tries is bounded.
type limit int

const (
	// unlimited routes take none.
	unlimited limit = iota
	// guessable ones, such as a password, are bounded while they are tried.
	guessable
	// unguessable ones are bounded once they were tried in vain.
	unguessable
)

// syncPath is where devices sync, endPath where they say what a sync came to.
const (
	syncPath = "/api/v1/sync"
	endPath  = "/api/v1/sync/end"
)

// routes is the whole interface, beside the console's pages. A route that is in neither does not exist.
func (a *API) routes() []route {
	return []route{
		{http.MethodGet, "/healthz", anybody, unlimited, a.health},
		{http.MethodGet, "/metrics", anybody, unlimited, a.metrics},
		{http.MethodGet, "/api/v1/openapi.json", anybody, unlimited, a.openapi},

		{http.MethodPost, "/api/v1/enrol", anybody, guessable, a.enrol},
		{http.MethodPost, "/api/v1/token", anybody, unguessable, a.refresh},
		{http.MethodPost, "/api/v1/identity", device, unlimited, a.newIdentity},
		{http.MethodPost, syncPath, device, unlimited, a.sync}, // it packs its answers itself
		{http.MethodPost, endPath, device, unlimited, a.endSync},
		{http.MethodPost, missingPath, device, unlimited, a.missingBlobs},
		{http.MethodPatch, blobPath, device, unlimited, a.addToBlob},
		{http.MethodGet, blobPath, device, unlimited, a.blob},

		{http.MethodPost, "/api/v1/setup", anybody, guessable, a.setUp},
		{http.MethodPost, "/api/v1/session", anybody, guessable, a.login},
		{http.MethodGet, "/api/v1/session", coordinator, unlimited, a.session},
		{http.MethodDelete, "/api/v1/session", coordinator, unlimited, a.logout},

		{http.MethodGet, "/api/v1/users", administrator, unlimited, a.users},
		{http.MethodPost, "/api/v1/users", administrator, unlimited, a.addUser},
		{http.MethodGet, "/api/v1/devices", coordinator, unlimited, a.devices},
		{http.MethodPost, "/api/v1/invites", coordinator, unlimited, a.invite},
		{http.MethodPut, "/api/v1/devices/:id/areas", coordinator, unlimited, a.setAreas},
		{http.MethodPost, "/api/v1/devices/:id/revoke", coordinator, unlimited, a.revoke},

		{http.MethodGet, "/api/v1/conflicts", administrator, unlimited, a.conflicts},
		{http.MethodGet, "/api/v1/conflicts/:record/:field", administrator, unlimited, a.conflict},
		{http.MethodPost, "/api/v1/conflicts/:record/:field/settle", administrator, unlimited, a.settle},
		{http.MethodPost, "/api/v1/changes/:version/undo", administrator, unlimited, a.undo},
		{http.MethodGet, "/api/v1/records/:record/history", administrator, unlimited, a.history},
		{http.MethodGet, "/api/v1/held", administrator, unlimited, a.held},
		{http.MethodPost, "/api/v1/held/:version/apply", administrator, unlimited, a.applyHeld},
		{http.MethodPost, "/api/v1/held/:version/discard", administrator, unlimited, a.discardHeld},
		{http.MethodGet, "/api/v1/reviews", administrator, unlimited, a.listReviews},
		{http.MethodGet, "/api/v1/reviews/:id", administrator, unlimited, a.showReview},
		{http.MethodPost, "/api/v1/reviews/:id/decide", administrator, unlimited, a.decideReview},
		{http.MethodPost, "/api/v1/reviews/:id/reopen", administrator, unlimited, a.reopenReview},
		{http.MethodPost, "/api/v1/reviews/:id/assign", administrator, unlimited, a.assignReview},
		{http.MethodGet, "/api/v1/households/:id/aid", coordinator, unlimited, a.aid},
		{http.MethodPost, "/api/v1/households/:id/merge", administrator, unlimited, a.merge},
		{http.MethodPost, "/api/v1/households/:id/unmerge", administrator, unlimited, a.unmerge},
		{http.MethodPost, "/api/v1/rescue", administrator, unlimited, a.importRescue},
		{http.MethodGet, "/api/v1/audit", administrator, unlimited, a.audit},
		{http.MethodGet, "/api/v1/feeds", administrator, unlimited, a.listFeeds},
		{http.MethodPost, "/api/v1/feeds", administrator, unlimited, a.addFeed},
		{http.MethodPost, "/api/v1/feeds/:id/revoke", administrator, unlimited, a.revokeFeed},
		{http.MethodGet, "/api/v1/webhooks", administrator, unlimited, a.listWebhooks},
		{http.MethodPost, "/api/v1/webhooks", administrator, unlimited, a.addWebhook},
		{http.MethodGet, "/api/v1/webhooks/:id/deliveries", administrator, unlimited, a.deliveries},
		{http.MethodPost, "/api/v1/webhooks/:id/resume", administrator, unlimited, a.resumeWebhook},
		{http.MethodPost, "/api/v1/webhooks/:id/end", administrator, unlimited, a.endWebhook},

		{http.MethodGet, "/feeds/csv/:collection", feed, unlimited, a.feedCSV},
		{http.MethodGet, "/feeds/json/:collection", feed, unlimited, a.feedJSON},
		{http.MethodGet, odataPath, feed, unlimited, a.odataService},
		{http.MethodGet, odataPath + "/$metadata", feed, unlimited, a.odataMetadata},
		{http.MethodGet, odataPath + "/:collection", feed, unlimited, a.odataSet},
		{http.MethodGet, odataPath + "/:collection/$count", feed, unlimited, a.odataCount},
	}
}

// Handler gives the interface as an [http.Handler].
func (a *API) Handler() http.Handler {
	a.places, a.packing = make(chan struct{}, maxSyncs), make(chan struct{}, maxSyncs)
	a.small, a.large = newRoom(a.Now, maxSmall, syncPace), newRoom(a.Now, maxLarge, syncPace)
	a.refreshing = newRoom(a.Now, maxRefreshing, refreshPace)
	a.uploading = newRoom(a.Now, maxUploads, syncPace)
	a.links, a.uploads = &links{byDevice: map[uuid.UUID]*link{}}, &links{byDevice: map[uuid.UUID]*link{}}
	a.identities = newTries(a.Now, maxIdentities, identityEvery)
	a.credentials, a.feeding = newTries(a.Now, maxTries, tryEvery), make(chan struct{}, maxFeeds)
	e := echo.New()
	e.HTTPErrorHandler = a.problem
	// Only a proxy on the same machine is believed when it says for whom it asks.
	e.IPExtractor = echo.ExtractIPFromXFFHeader(echo.TrustLoopback(true), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false))
	observer := newObserver(a.Metrics)
	e.Pre(plainFeedPath)
	e.Use(
		nameRequest,
		a.observe(observer),
		middleware.RecoverWithConfig(middleware.RecoverConfig{DisableStackAll: true, LogErrorFunc: a.logPanic}),
		securityHeaders(a.Console.SecureCookies),
		middleware.GzipWithConfig(middleware.GzipConfig{MinLength: 512, Skipper: packsItself}),
	)
	for _, r := range append(a.routes(), a.appRoutes()...) {
		chain := a.chain(r)
		switch r.path { // to find out who asks costs something too
		case syncPath, endPath:
			chain = append([]echo.MiddlewareFunc{a.admit}, chain...)
		case missingPath, blobPath:
			chain = append([]echo.MiddlewareFunc{a.admitUpload}, append(chain, a.overOneLink)...)
		}
		e.Add(r.method, r.path, r.handle, chain...)
	}
	for _, p := range a.Console.Routes() {
		r := a.page(p)
		chain := append([]echo.MiddlewareFunc{asPage}, a.chain(r)...)
		e.Add(r.method, r.path, r.handle, append(chain, withForm(p))...)
	}
	return e
}

// packsItself reports whether a route compresses what it answers by itself, or must not.
func packsItself(c echo.Context) bool {
	return slices.Contains([]string{syncPath, blobPath, console.BlobPath, console.LivePath}, c.Path()) || takesBrotli(c)
}

// chain is what comes before a route: who asks, may they, and how often.
func (a *API) chain(r route) []echo.MiddlewareFunc {
	chain := []echo.MiddlewareFunc{a.authorise(r.access)}
	switch r.limit {
	case guessable:
		chain = append(chain, a.credentials.bound)
	case unguessable:
		chain = append(chain, a.credentials.boundInVain)
	}
	return chain
}
