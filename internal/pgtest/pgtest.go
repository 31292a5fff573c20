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
	stop func() error
}

// Main runs the tests of a package that uses [URL], and ends the private cluster. It is for TestMain.
func Main(m *testing.M) {
	m.Run()
	if cluster.stop == nil {
		return
	}
	if err := cluster.stop(); err != nil {
		panic(fmt.Errorf("stop PostgreSQL: %w", err)) // it would run on
	}
}

// URL gives a database of the test's own.
func URL(t testing.TB) string {
	t.Helper()
	cluster.once.Do(func() {
		if cluster.url = os.Getenv("TEST_DATABASE_URL"); cluster.url == "" {
			cluster.url, cluster.stop, cluster.err = Start(context.WithoutCancel(t.Context()), false)
		}
	})
	if errors.Is(cluster.err, ErrNone) && os.Getenv("SATCHEL_CI") == "" {
		t.Skip(cluster.err)
	}
	if cluster.err != nil {
		t.Fatal(cluster.err)
	}
	name := "satchel_test_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	execute(t, "CREATE DATABASE "+name)
	t.Cleanup(func() { execute(t, "DROP DATABASE "+name+" WITH (FORCE)") })
	one, err := neturl.Parse(cluster.url)
	if err != nil {
		t.Fatal(err)
	}
	one.Path = "/" + name
	return one.String()
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

// Start makes a private cluster and starts it; stop ends and removes it. One that is durable keeps what it
// acknowledges through a power cut, as PostgreSQL does by itself. It fails with [ErrNone].
func Start(ctx context.Context, durable bool) (url string, stop func() error, err error) {
	bin, err := programs()
	if err != nil {
		return "", nil, err
	}
	as, err := account()
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "pg")
	if err != nil {
		return "", nil, fmt.Errorf("make room for PostgreSQL: %w", err)
	}
	remove := func() error { return os.RemoveAll(dir) }
	if as != nil {
		if err := os.Chown(dir, int(as.Uid), int(as.Gid)); err != nil {
			return "", nil, errors.Join(fmt.Errorf("make room for PostgreSQL: %w", err), remove())
		}
	}
	data := filepath.Join(dir, "data")
	// A language with an order of its own: what leans on the order of bytes has to say so.
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "--pgdata", data, "--username", "postgres", "--auth", "trust", "--encoding", "UTF8",
		"--locale", "C.UTF-8", "--locale-provider", "icu", "--icu-locale", "sr-Latn", "--no-sync", "--no-instructions")
	initdb.SysProcAttr, initdb.Dir = &syscall.SysProcAttr{Credential: as}, dir
	if said, err := initdb.CombinedOutput(); err != nil {
		return "", nil, errors.Join(fmt.Errorf("initdb: %w\n%s", err, said), remove())
	}
	args := []string{"-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "max_connections=300"}
	if !durable {
		args = append(args, "-c", "fsync=off", "-c", "full_page_writes=off")
	}
	server := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), args...)
	server.Cancel = func() error { return server.Process.Signal(syscall.SIGINT) } // its fast shutdown
	server.SysProcAttr, server.Dir = &syscall.SysProcAttr{Credential: as}, dir
	var said strings.Builder
	server.Stderr = &said
	if err := server.Start(); err != nil {
		return "", nil, errors.Join(fmt.Errorf("start PostgreSQL: %w", err), remove())
	}
	stop = func() error {
		return errors.Join(server.Cancel(), server.Wait(), remove())
	}
	name := "postgres:///postgres?" + neturl.Values{"host": {dir}, "user": {"postgres"}}.Encode()
	if err := answers(ctx, name); err != nil {
		return "", nil, errors.Join(err, stop(), errors.New(said.String()))
	}
	return name, stop, nil
}

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
