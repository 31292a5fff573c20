package fleet

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	neturl "net/url"
	"strings"
	"sync"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"satchel/internal/simtest/disk"
	"satchel/server"
)

// A postgres is a database of its own in a PostgreSQL cluster, reached by real sockets. Where a disk loses power or fails,
// the server loses its connections, or one of them: before it sends something, or before it hears what became of what it
// sent, which PostgreSQL does all the same. A full disk has no counterpart here, and PostgreSQL itself never goes down:
// that is for the tests of the programs.
type postgres struct {
	cluster *neturl.URL
	// name is the database's, and what the names of its copies begin with.
	name string
	line *line
}

// newPostgres makes an empty database in the cluster of a URL. Its name must not be the seed's to choose: other
// processes may play the same one.
func newPostgres(ctx context.Context, url string) (*postgres, error) {
	cluster, err := neturl.Parse(url)
	if err != nil {
		return nil, fmt.Errorf("the URL of PostgreSQL: %w", err)
	}
	p := &postgres{cluster: cluster, name: "fleet_" + strings.ReplaceAll(uuid.NewString(), "-", "")}
	return p, p.run(ctx, "CREATE DATABASE "+p.name)
}

// run runs statements in the cluster, each by itself.
func (p *postgres) run(ctx context.Context, statements ...string) error {
	conn, err := pgx.Connect(ctx, p.cluster.String())
	if err != nil {
		return fmt.Errorf("reach PostgreSQL: %w", err)
	}
	for _, statement := range statements {
		if _, err = conn.Exec(ctx, statement); err != nil {
			err = fmt.Errorf("%s: %w", statement, err)
			break
		}
	}
	return errors.Join(err, conn.Close(ctx))
}

func (p *postgres) url() string {
	one := *p.cluster
	one.Path = "/" + p.name
	return one.String()
}

func (p *postgres) copy(name string) string { return p.name + "_" + strings.ReplaceAll(name, "-", "_") }

func (p *postgres) mount(dir string) (medium, error) {
	d, err := disk.New(dir)
	p.line = &line{Disk: d, conns: map[net.Conn]bool{}}
	return p.line, err
}

// pace is what was counted: a sync of a few changes is some 20 operations of a disk, and 160 of a line.
func (p *postgres) pace() int { return 8 }

func (p *postgres) config(dir string) server.Config {
	return server.Config{Dir: dir, Database: p.url(), Dial: p.line.dial}
}

func (p *postgres) open(string) (*sql.DB, error) { return sql.Open("pgx", p.url()) }

// keep stops the server: PostgreSQL copies a database that nobody is connected to.
func (p *postgres) keep(ctx context.Context, o *office, name string) error {
	o.leave()
	if o.machine.dead.Load() {
		return errors.New("it lost power")
	}
	err := p.run(ctx, "CREATE DATABASE "+p.copy(name)+" TEMPLATE "+p.name)
	o.mustStart(ctx)
	return err
}

func (p *postgres) restore(ctx context.Context, dir, name string) error {
	if err := p.swap(ctx, dir, name); err != nil {
		return err
	}
	srv, err := server.Open(ctx, server.Config{Dir: dir, Database: p.url()})
	if err != nil {
		return err
	}
	return errors.Join(srv.Restored(ctx), srv.Close())
}

func (p *postgres) swap(ctx context.Context, _, name string) error {
	return p.run(ctx, "DROP DATABASE "+p.name+" WITH (FORCE)", "CREATE DATABASE "+p.name+" TEMPLATE "+p.copy(name))
}

func (p *postgres) forget(ctx context.Context, name string) {
	_ = p.run(ctx, "DROP DATABASE IF EXISTS "+p.copy(name)) // it was made here
}

func (p *postgres) onDisk() bool { return false }

func (p *postgres) close(ctx context.Context) error {
	return p.run(ctx, "DROP DATABASE "+p.name+" WITH (FORCE)")
}

// A line is the connections of a server to PostgreSQL, in the place of its disk. Its operations are to send, and to wait
// for what comes.
type line struct {
	*disk.Disk // of the data directory, which has no database

	mu     sync.Mutex
	watch  func(disk.Op)
	ops    int64
	failAt int64
	cut    bool
	conns  map[net.Conn]bool
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		return nil, errors.Join(errors.New("the machine has no power"), conn.Close())
	}
	l.conns[conn] = true
	return strand{conn, l}, nil
}

// Watch has fn called before each operation.
func (l *line) Watch(fn func(disk.Op)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watch = fn
}

// Ops counts the operations so far.
func (l *line) Ops() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ops
}

// FailAt has the connection break that comes to the operation of that number, and no other one.
func (l *line) FailAt(op int64, _ disk.Failure, _ bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failAt = op
}

// Cut breaks all connections, and there are no new ones.
func (l *line) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = true
	for conn := range l.conns {
		_ = conn.Close() // whoever uses it learns of that
	}
}

// pass lets an operation of a connection happen to the line.
func (l *line) pass(conn net.Conn) {
	l.mu.Lock()
	l.ops++
	watch, fails := l.watch, l.ops == l.failAt
	l.mu.Unlock()
	if watch != nil {
		watch(disk.Op{})
	}
	if fails {
		_ = conn.Close() // whoever uses it learns of that
	}
}

// A strand is one connection of a line.
type strand struct {
	net.Conn
	line *line
}

// Read hears what comes.
func (s strand) Read(p []byte) (int, error) {
	s.line.pass(s.Conn)
	return s.Conn.Read(p)
}

// Write sends.
func (s strand) Write(p []byte) (int, error) {
	s.line.pass(s.Conn)
	return s.Conn.Write(p)
}

// Close ends the connection.
func (s strand) Close() error {
	s.line.mu.Lock()
	defer s.line.mu.Unlock()
	delete(s.line.conns, s.Conn)
	return s.Conn.Close()
}
