// Package console is the web pages with which coordinators and administrators work in the office.
//
// It promises that every page can be read without JavaScript and used with the keyboard alone, that it asks nothing of any
// other machine, that what people wrote is shown as they wrote it and never run, and that what changes something is decided
// by the rooms that it asks, for who is logged in. It finds out neither who that is nor whether the page is for them: that
// does whoever serves its routes. It never keeps anything itself, but for a table that somebody is about to import.
package console

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"satchel/internal/language"
	"satchel/server/internal/accounts"
	"satchel/server/internal/blobs"
	"satchel/server/internal/charts"
	"satchel/server/internal/engine"
	"satchel/server/internal/localca"
	"satchel/server/internal/registry"
	"satchel/server/internal/review"
	"satchel/server/internal/search"
	"satchel/server/internal/store"
)

// Config is what a console needs. All fields have to be set, but for those that say otherwise.
type Config struct {
	Engine   *engine.Engine
	Reviews  *review.Queue
	Blobs    *blobs.Room
	Accounts *accounts.Accounts
	Store    *store.Store
	// URL is where devices reach the server, as it stands in invitations; "" if nobody said.
	URL string
	// Authority is the office's own certificate authority, nil if it has none, and PlainURL where tablets that do not trust it yet
	// get its certificate by plain HTTP, "" if they do not.
	Authority *localca.Authority
	PlainURL  string
	// SecureCookies says that browsers come by HTTPS.
	SecureCookies bool
	// Now is the clock, and Zone the office's time zone.
	Now  func() time.Time
	Zone *time.Location
	// Outlines is the GeoJSON file with the outlines of areas, and Ground the archive of tiles that lie under maps. Neither
	// need be there.
	Outlines, Ground string
}

// A Console gives the pages. It is safe for use by many goroutines.
type Console struct {
	Config

	shown    func() *shown
	live     *hub
	index    *search.Index
	registry *registry.Registry
	// pending are the tables that somebody is about to import.
	pending pendings
	keeper  *keeper
	// outlines are those of areas, or why they cannot be read.
	outlines func() ([]charts.Outline, error)
}

// shown is what pages are made of. It takes a while to read, and many a server is opened to answer no page.
type shown struct {
	catalogue *language.Catalogue
	pages     pages
	assets    map[string]asset
}

// New gives a console. Close ends what its pages listen to.
func New(config Config) *Console {
	c := &Console{
		Config: config, live: newHub(config.Store), index: search.New(config.Store), registry: registry.New(config.Store, config.Engine),
		keeper: newKeeper(),
	}
	c.shown = sync.OnceValue(c.read)
	c.outlines = sync.OnceValues(c.readOutlines)
	return c
}

// read reads what is embedded; that it can be read is a matter of how this program was built.
func (c *Console) read() *shown {
	out := &shown{}
	var err error
	if out.catalogue, err = language.Load(words()); err != nil {
		panic(err)
	}
	if out.assets, err = readAssets(); err != nil {
		panic(err)
	}
	if out.pages, err = c.pagesOf(out); err != nil {
		panic(err)
	}
	return out
}

// Prepare reads what the first visit would have to wait for. What fails now is tried again then.
func (c *Console) Prepare(ctx context.Context) {
	for _, some := range c.shown().pages {
		for _, page := range some {
			page()
		}
	}
	_ = c.index.Refresh(ctx) // whoever searches is told why it fails
}

// Close ends all that is told of changes, so that a server can stop.
func (c *Console) Close() { c.live.close() }

// An Access says whom a page is for.
type Access int

const (
	// Anybody may, whether logged in or not.
	Anybody Access = iota
	// Coordinator means one, or an administrator, who is logged in.
	Coordinator
	// Administrator means one who is logged in.
	Administrator
)

// A Route is one page, or one thing that a page asks for. In its path, ":name" is a part that differs.
type Route struct {
	Method, Path string
	Access       Access
	// Guessable says that it takes a password or a code, of which nobody may try many.
	Guessable bool
	// Most is how many bytes a body may have; [SmallBody] if it is 0.
	Most   int64
	Handle func(*Visit) error
}

// LivePath is where pages are told of changes, for as long as they are open.
const LivePath = "/live"

// SmallBody is how many bytes the body of a form has at the most.
const SmallBody = 64 << 10

// Routes are all that the console answers.
func (c *Console) Routes() []Route {
	return slices.Concat(c.doorRoutes(), c.tabletRoutes(), c.registryRoutes(), c.recordRoutes(), c.settingsRoutes(), c.feedRoutes(), c.programmeRoutes(), c.defineRoutes(), c.reviewRoutes())
}

// doorRoutes are those that everybody needs.
func (c *Console) doorRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/", Handle: c.home},
		{Method: http.MethodGet, Path: "/assets/:name", Handle: c.asset},
		{Method: http.MethodGet, Path: "/login", Handle: c.askLogin},
		{Method: http.MethodPost, Path: "/login", Guessable: true, Most: 4 * SmallBody, Handle: c.login},
		{Method: http.MethodPost, Path: "/logout", Access: Coordinator, Handle: c.logout},
		{Method: http.MethodGet, Path: "/account", Access: Coordinator, Handle: c.account},
		{Method: http.MethodPost, Path: "/account", Access: Coordinator, Guessable: true, Handle: c.changePassword},
		{Method: http.MethodGet, Path: "/setup", Handle: c.askSetup},
		{Method: http.MethodPost, Path: "/setup", Guessable: true, Handle: c.setUp},
		{Method: http.MethodGet, Path: "/enrol", Handle: c.enrol},
		{Method: http.MethodGet, Path: "/enrol/ca.crt", Handle: c.authorityFile},
		{Method: http.MethodPost, Path: "/language", Handle: c.chooseLanguage},
		{Method: http.MethodGet, Path: LivePath, Access: Coordinator, Handle: c.listen},
	}
}
