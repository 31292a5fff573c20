// Package server is the Satchel server: it wires the rooms under internal together and runs them.
//
// It promises that [Server.Run] ends with every sync under way either committed whole or not at
// all. It holds no rule of its own: what may be done, and what becomes of data, is decided in the
// rooms that it opens.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/crypto/acme/autocert"

	"satchel/server/internal/accounts"
	"satchel/server/internal/blobs"
	"satchel/server/internal/console"
	"satchel/server/internal/engine"
	"satchel/server/internal/httpapi"
	"satchel/server/internal/review"
	"satchel/server/internal/store"
	"satchel/server/internal/webhooks"
)

// A Config says how to run a server. Only Dir is required to open one, and Listen to run it.
type Config struct {
	// Dir is the data directory.
	Dir string
	// Database is the URL of a PostgreSQL database that is used in the place of the one in Dir.
	Database string
	// Dial connects to PostgreSQL in another way than over the machine's network; nil is that.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Listen is the address to listen on, such as "127.0.0.1:8080".
	Listen string
	// URL is where devices reach the server, as it stands in invitations.
	URL string
	// CertFile and KeyFile are a certificate chain and its key, for TLS.
	CertFile, KeyFile string
	// Domain is the name to get certificates for by ACME, for TLS.
	Domain string
	// LocalTLS does TLS with certificates of the office's own authority, which [MakeAuthority] made.
	LocalTLS bool
	// PlainListen is an address for plain HTTP beside TLS, such as ":80": it answers ACME, gives tablets the certificate that they
	// have to trust, and leads everything else to HTTPS.
	PlainListen string
	// AllowPlain allows plain HTTP on addresses other than loopback, behind a proxy that does TLS.
	AllowPlain bool
	// WebhookAllow are the networks that webhooks may reach although they are not public.
	WebhookAllow []netip.Prefix
	// Blobs is where the content of photos and signatures is kept: a bucket, s3://HOST/BUCKET (see docs/operations.md); the
	// folder [BlobsDir] in Dir if it is "". BlobKeys are what the bucket's service knows the server by.
	Blobs    string
	BlobKeys BlobKeys
	// PasswordCost is what it takes to try a password that is set with this configuration; the zero one is the full cost.
	PasswordCost PasswordCost
	// Log takes what happens; nothing if nil.
	Log *slog.Logger
	// Now is the clock; [time.Now] if nil.
	Now func() time.Time
}

// A Server is an open data directory.
type Server struct {
	// Engine takes changes in and answers what came of them.
	Engine *engine.Engine
	// Reviews is the queue of what wants a person's decision.
	Reviews *review.Queue
	// Accounts knows people, devices and their credentials.
	Accounts *accounts.Accounts
	// Store is the database under both.
	Store *store.Store
	// Blobs takes in and gives out the content of photos and signatures.
	Blobs *blobs.Room

	kept    blobs.Store
	console *console.Console
	config  Config
	lock    *flock.Flock
	metrics *prometheus.Registry
	// Certificates come from one of them, or from files.
	acme      *autocert.Manager
	authority *Authority
}

// ErrInUse means that a data directory is open in a way that does not allow what was asked.
var ErrInUse = errors.New("the data directory is in use by another satchel program; stop it first")

// DatabaseFile is the database in a data directory.
const DatabaseFile = "satchel.db"

// OutlinesFile is a GeoJSON file with the outlines of areas, for maps, that whoever runs the server may put into the data
// directory; see docs/operations.md.
const OutlinesFile = "areas.geojson"

// GroundFile is an archive of map tiles (MBTiles) that whoever runs the server may put into the data directory, to lie under maps.
const GroundFile = "map.mbtiles"

// BlobsDir is the folder in a data directory with the content of photos and signatures.
const BlobsDir = "blobs"

// What else is in a data directory.
const (
	lockFile = "satchel.lock"
	stageDir = "unfinished" // blobs of which a part has come
)

// Open opens a data directory, and makes it if it is not there. Several programs may have it open at
// once.
func Open(ctx context.Context, config Config) (*Server, error) {
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	s := &Server{config: config, metrics: prometheus.NewRegistry()}
	s.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := os.MkdirAll(config.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	if err := s.openTLS(); err != nil {
		return nil, err
	}
	// The lock comes first: a restore must not find the database made or opened under its hands.
	s.lock = flock.New(filepath.Join(config.Dir, lockFile))
	locked, err := s.lock.TryRLock()
	if err != nil || !locked {
		return nil, errors.Join(ErrInUse, err)
	}
	if s.Store, err = openStore(ctx, config); err != nil {
		return nil, errors.Join(err, s.lock.Unlock())
	}
	s.Reviews = review.New(s.Store, config.Now)
	if s.Engine, err = engine.New(ctx, s.Store, config.Now, s.Reviews); err != nil {
		return nil, errors.Join(err, s.lock.Unlock(), s.Store.Close())
	}
	if s.Accounts, err = accounts.New(ctx, s.Store, config.Now, config.PasswordCost); err != nil {
		s.Engine.Close()
		return nil, errors.Join(err, s.lock.Unlock(), s.Store.Close())
	}
	if err := s.openBlobs(); err != nil {
		s.Engine.Close()
		return nil, errors.Join(err, s.lock.Unlock(), s.Store.Close())
	}
	s.console = console.New(console.Config{
		Engine: s.Engine, Reviews: s.Reviews, Blobs: s.Blobs, Accounts: s.Accounts, Store: s.Store,
		URL: config.URL, SecureCookies: s.tls() || strings.HasPrefix(config.URL, "https://"), Now: config.Now, Zone: time.Local,
		Authority: s.authority, PlainURL: s.plainURL(),
		Outlines: filepath.Join(config.Dir, OutlinesFile), Ground: filepath.Join(config.Dir, GroundFile),
	})
	return s, nil
}

// openStore opens the database.
func openStore(ctx context.Context, config Config) (*store.Store, error) {
	if config.Database != "" {
		return store.OpenPostgres(ctx, config.Database, config.Dial)
	}
	return store.Open(ctx, filepath.Join(config.Dir, DatabaseFile))
}

// Close closes the data directory once what is under way has ended.
func (s *Server) Close() error {
	s.console.Close()
	s.Engine.Close()
	return errors.Join(s.Store.Close(), s.lock.Unlock())
}

// Handler gives the HTTP interface.
func (s *Server) Handler() http.Handler {
	api := &httpapi.API{
		Engine: s.Engine, Reviews: s.Reviews, Blobs: s.Blobs, Accounts: s.Accounts, Store: s.Store, Console: s.console,
		Log: s.config.Log, Metrics: s.metrics, Now: s.config.Now,
	}
	return api.Handler()
}

// How long a client may take. Village links are slow: 2 MB at 5 kB/s take seven minutes, and then the
// answer has to go down.
const (
	headerTimeout = 20 * time.Second
	bodyTimeout   = 10 * time.Minute
	idleTimeout   = 2 * time.Minute
	stopTimeout   = 30 * time.Second
)

// Run listens, serves and tells webhooks until ctx ends, then lets what is under way end, for at most 30 seconds.
// ready is called with the address once the server listens; it may be nil.
func (s *Server) Run(ctx context.Context, ready func(net.Addr)) error {
	listener, err := s.listen(ctx)
	if err != nil {
		return err
	}
	plain, err := s.listenPlain(ctx)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	if ready != nil {
		ready(listener.Addr())
	}
	var beside sync.WaitGroup
	defer beside.Wait() // both read the database, which is closed next
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	beside.Go(func() { s.console.Prepare(ctx) })
	beside.Go(func() { webhooks.New(s.Store, s.config.Log, s.config.Now, s.config.WebhookAllow).Run(ctx) })
	if plain != nil {
		beside.Go(func() {
			if err := s.serve(ctx, plain, s.PlainHandler()); err != nil {
				s.config.Log.Error("plain HTTP beside TLS has ended", "error", err.Error())
			}
		})
	}
	return s.Serve(ctx, listener)
}

// Serve is [Server.Run] on a listener that somebody else opened, and ends with it. It tells no webhooks, and prepares no page.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	return s.serve(ctx, listener, s.Handler()) //nolint:contextcheck // each request brings its own
}

func (s *Server) serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	web := &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout,
		WriteTimeout: 2 * bodyTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(s.config.Log.Handler(), slog.LevelInfo),
	}
	web.RegisterOnShutdown(s.console.Close)
	ended := make(chan error, 1)
	go func() { ended <- web.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve on %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err := web.Shutdown(stop); err != nil {
		return errors.Join(fmt.Errorf("not every request ended in time: %w", err), web.Close())
	}
	return nil
}

// listen opens the address, with TLS if there is any to do.
func (s *Server) listen(ctx context.Context) (net.Listener, error) {
	secure, err := s.tlsConfig()
	if err != nil {
		return nil, err
	}
	if secure == nil && !s.config.AllowPlain && !isLoopback(s.config.Listen) {
		return nil, fmt.Errorf("plain HTTP on %s would send names and passwords in the clear: give a certificate or a domain, make an authority of your own with satchel tls init, listen on 127.0.0.1, or, behind a proxy that does TLS, allow it with --plain", s.config.Listen)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.config.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", s.config.Listen, err)
	}
	if secure == nil {
		return listener, nil
	}
	return tls.NewListener(listener, secure), nil
}

func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
