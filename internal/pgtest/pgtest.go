// Package pgtest gives tests a real PostgreSQL: that of TEST_DATABASE_URL or, where there are PostgreSQL's programs,
// a private cluster that ends with the tests.
//
// It promises each test a database of its own, empty, that is gone afterwards. A private cluster listens on nothing
// but a socket in a directory of its own, and that of the tests waits for no disk. A test that can have no PostgreSQL is skipped, or
// fails where SATCHEL_CI is set.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	neturl "net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// ErrNone means that there is no PostgreSQL to be had.
var ErrNone = errors.New("there is no PostgreSQL: set TEST_DATABASE_URL, or install its server (Debian's package postgresql)")

// cluster is the private one of this process.
var cluster struct {
	once sync.Once
	url  string
	err  error
	own  *Cluster
	// filled is set once there is the database that [Filled] copies.
	filled  bool
	filling sync.Mutex
}

// Main runs the tests of a package that uses [URL], and ends the private cluster. It is for TestMain.
func Main(m *testing.M) {
	m.Run()
	if cluster.own == nil {
		return
	}
	if err := cluster.own.Stop(); err != nil {
		panic(fmt.Errorf("stop PostgreSQL: %w", err)) // it would run on
	}
}

// URL gives a database of the test's own.
func URL(t testing.TB) string {
	t.Helper()
	start(t)
	return create(t, "")
}

// Filled is [URL] with what fill puts into a database. All tests of a process name the same fill: it is done once and
// copied, where that leaves nothing behind, which is in a private cluster.
func Filled(t testing.TB, fill func(ctx context.Context, url string) error) string {
	t.Helper()
	start(t)
	if cluster.own == nil {
		url := create(t, "")
		need(t, fill(t.Context(), url))
		return url
	}
	cluster.filling.Lock()
	defer cluster.filling.Unlock()
	if !cluster.filled {
		execute(t, "CREATE DATABASE filled")
		need(t, fill(t.Context(), at(t, "filled")))
		cluster.filled = true
	}
	return create(t, " TEMPLATE filled")
}

// start starts the cluster, if nobody has.
func start(t testing.TB) {
	t.Helper()
	cluster.once.Do(func() {
		if cluster.url = os.Getenv("TEST_DATABASE_URL"); cluster.url == "" {
			if cluster.own, cluster.err = Start(context.WithoutCancel(t.Context()), false); cluster.err == nil {
				cluster.url = cluster.own.URL
			}
		}
	})
	need(t, cluster.err)
}

// create makes a database that is gone after the test, in the way that how says.
func create(t testing.TB, how string) string {
	t.Helper()
	name := "satchel_test_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	execute(t, "CREATE DATABASE "+name+how)
	t.Cleanup(func() { execute(t, "DROP DATABASE "+name+" WITH (FORCE)") })
	return at(t, name)
}

// at gives the URL of a database of the cluster.
func at(t testing.TB, name string) string {
	t.Helper()
	one, err := neturl.Parse(cluster.url)
	if err != nil {
		t.Fatal(err)
	}
	one.Path = "/" + name
	return one.String()
}

// Durable gives a private cluster that keeps what it acknowledges, and ends with the test.
func Durable(t testing.TB) *Cluster {
	t.Helper()
	c, err := Start(context.WithoutCancel(t.Context()), true)
	need(t, err)
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// need skips or fails a test that can have no PostgreSQL.
func need(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, ErrNone) && os.Getenv("SATCHEL_CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// execute runs a statement in the cluster.
func execute(t testing.TB, statement string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // that ends before what the test cleans up
	conn, err := pgx.Connect(ctx, cluster.url)
	if err != nil {
		t.Fatal(err)
	}
	_, err = conn.Exec(ctx, statement)
	if err := errors.Join(err, conn.Close(ctx)); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// A Cluster is a private one.
type Cluster struct {
	// URL names a database in it.
	URL string

	dir, program string
	args         []string
	as           *syscall.Credential
	server       *exec.Cmd
	said         *strings.Builder
}

// Start makes a private cluster and starts it. One that is durable keeps what it acknowledges through a power cut, as
// PostgreSQL does by itself. It fails with [ErrNone].
func Start(ctx context.Context, durable bool) (*Cluster, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	as, err := account()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pg")
	if err != nil {
		return nil, fmt.Errorf("make room for PostgreSQL: %w", err)
	}
	data := filepath.Join(dir, "data")
	c := &Cluster{
		URL: "postgres:///postgres?" + neturl.Values{"host": {dir}, "user": {"postgres"}}.Encode(),
		dir: dir, program: filepath.Join(bin, "postgres"), as: as,
		args: []string{"-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "max_connections=300"},
	}
	if !durable {
		c.args = append(c.args, "-c", "fsync=off", "-c", "full_page_writes=off")
	}
	if as != nil {
		if err := os.Chown(dir, int(as.Uid), int(as.Gid)); err != nil {
			return nil, errors.Join(fmt.Errorf("make room for PostgreSQL: %w", err), c.remove())
		}
	}
	// A language with an order of its own: what leans on the order of bytes has to say so.
	initdb := c.command(ctx, filepath.Join(bin, "initdb"), "--pgdata", data, "--username", "postgres", "--auth", "trust", "--encoding", "UTF8",
		"--locale", "C.UTF-8", "--locale-provider", "icu", "--icu-locale", "sr-Latn", "--no-sync", "--no-instructions")
	if said, err := initdb.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("initdb: %w\n%s", err, said), c.remove())
	}
	if err := c.run(ctx); err != nil {
		return nil, errors.Join(err, c.remove())
	}
	return c, nil
}

// Stop ends and removes the cluster.
func (c *Cluster) Stop() error { return errors.Join(c.end(syscall.SIGINT), c.remove()) }

// Crash has the cluster lose all that it has in memory and not on its disk, in the middle of whatever is under way, and
// starts it again.
func (c *Cluster) Crash(ctx context.Context) error {
	_ = c.end(syscall.SIGQUIT) // it says that it did not end well
	return c.run(ctx)
}

func (c *Cluster) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.SysProcAttr, cmd.Dir = &syscall.SysProcAttr{Credential: c.as}, c.dir
	return cmd
}

// run starts PostgreSQL and waits until it answers.
func (c *Cluster) run(ctx context.Context) error {
	c.server, c.said = c.command(ctx, c.program, c.args...), &strings.Builder{}
	c.server.Stderr = c.said
	c.server.Cancel = func() error { return c.server.Process.Signal(syscall.SIGINT) }
	if err := c.server.Start(); err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	if err := answers(ctx, c.URL); err != nil {
		return errors.Join(err, c.end(syscall.SIGINT), errors.New(c.said.String()))
	}
	return nil
}

// end ends PostgreSQL in the way of a signal: SIGINT is its fast shutdown, SIGQUIT its immediate one.
func (c *Cluster) end(signal syscall.Signal) error {
	return errors.Join(c.server.Process.Signal(signal), c.server.Wait())
}

func (c *Cluster) remove() error { return os.RemoveAll(c.dir) }

// programs finds the directory of PostgreSQL's programs, of its newest version.
func programs() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		path, err = filepath.EvalSymlinks(path)
		return filepath.Dir(path), err
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", ErrNone
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(strings.Split(path, "/")[4]) // 0 if it is none
		return n
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
}

// account gives under whom PostgreSQL has to run, nil for whoever runs the tests: it refuses to run as root.
func account() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // nil is the answer
	}
	postgres, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root, and there is no user postgres: %w", err)
	}
	uid, uidErr := strconv.ParseUint(postgres.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(postgres.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(uidErr, gidErr)
}

// answers waits until a server answers.
func answers(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, name)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL does not start: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
