package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"satchel/migrations"
)

// ErrAway means that the database server cannot be reached. Whether a commit that was under way took place is
// open; what is sent again is taken once.
var ErrAway = errors.New("the database does not answer")

// takeTurn waits for the transactions of all processes that write: sequences are given out and committed in one
// order, so no cursor passes one that is not committed yet. The lock ends with the transaction. When it commits, those who
// watch are told.
const takeTurn = "SELECT pg_advisory_xact_lock(6003420502), pg_notify('" + channel + "', '')"

// OpenPostgres opens the PostgreSQL database of a URL and brings it to the newest schema. It fails as [Open] does.
// Any number of processes may have it open. dial makes the connections, in the ordinary way if it is nil.
func OpenPostgres(ctx context.Context, url string, dial pgconn.DialFunc) (*Store, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("the name of the database cannot be read; it should look like postgres://user@host/satchel: %w", err)
	}
	if dial != nil {
		config.DialFunc = dial
	}
	// What is acknowledged is on the disk, whatever the server's own setting.
	config.RuntimeParams["synchronous_commit"] = "on"
	config.RuntimeParams["lock_timeout"] = strconv.Itoa(busyMillis)
	s := &Store{
		write: stdlib.OpenDB(*config), read: stdlib.OpenDB(*config), begin: takeTurn,
		reads: sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}, turns: make(chan struct{}, patient),
		say: asPostgres, sayOnce: asPostgresOnce, postgres: config,
	}
	s.read.SetMaxOpenConns(readers)
	s.read.SetMaxIdleConns(readers)
	if err := migrations.Up(ctx, s.write, migrations.Postgres); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database: %w", explain(err)), s.Close())
	}
	s.write.SetMaxOpenConns(1)
	return s, nil
}

// said holds the statements that were put before, by how they stand.
var said sync.Map

// asPostgres numbers the parameters of a statement in their order, and gives truth values as the numbers 0 and 1 that both
// databases keep. No statement has the sign "?" in a text.
func asPostgres(query string, args []any) (string, []any) {
	values := make([]any, len(args))
	for i, arg := range args {
		values[i] = asNumber(arg)
	}
	if put, ok := said.Load(query); ok {
		return put.(string), values
	}
	put := numbered(query)
	said.Store(query, put)
	return put, values
}

// asPostgresOnce does the same, and has neither this program nor the connection keep the statement.
func asPostgresOnce(query string, args []any) (string, []any) {
	values := []any{pgx.QueryExecModeDescribeExec}
	for _, arg := range args {
		values = append(values, asNumber(arg))
	}
	return numbered(query), values
}

// asNumber gives a truth value as 0 or 1, and everything else as it is.
func asNumber(arg any) any {
	switch arg {
	case true:
		return 1
	case false:
		return 0
	}
	return arg
}

func numbered(query string) string {
	var out strings.Builder
	n := 0
	for _, r := range query {
		if r == '?' {
			n++
			out.WriteString("$" + strconv.Itoa(n))
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}

// The codes of PostgreSQL's errors that mean something here; see its manual, appendix A.
const (
	codeUniqueViolation = "23505"
	codeDiskFull        = "53100"
	codeIOError         = "58030"
	codeLockTimeout     = "55P03"
	codeNoSuchCharacter = "22021"
	classConnection     = "08"
	classShutdown       = "57P"
)

// explainPostgres does for PostgreSQL what [explain] does.
func explainPostgres(err error) error {
	var failure *pgconn.PgError
	var link net.Error
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, pgconn.ErrConnClosed), errors.As(err, &link):
		return fmt.Errorf("%w: %w", ErrAway, err)
	case !errors.As(err, &failure):
		return err
	case failure.Code == codeUniqueViolation:
		return fmt.Errorf("%w: %w", ErrExists, err)
	case failure.Code == codeDiskFull:
		return fmt.Errorf("%w: %w", ErrFull, err)
	case failure.Code == codeIOError:
		return fmt.Errorf("%w: %w", ErrDisk, err)
	case failure.Code == codeNoSuchCharacter: // it keeps no NUL, and so nothing that has one
		return ErrNotFound
	case failure.Code == codeLockTimeout:
		return fmt.Errorf("%w: %w", ErrBusy, err)
	case strings.HasPrefix(failure.Code, classConnection), strings.HasPrefix(failure.Code, classShutdown):
		return fmt.Errorf("%w: %w", ErrAway, err)
	}
	return err
}
