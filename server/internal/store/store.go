// Package store is the server's memory: everything that it keeps, in one SQL database.
//
// It holds all of the server's SQL, and nothing else has any. It promises that what one [Store.Write]
// did is on the disk, all of it, when Write returns nil, and that none of it is when Write returns an
// error; and that a [Store.Read] sees one moment. It never decides: what may be written, by whom, and
// what follows from it, is the business of the rooms that call it.
package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
	"modernc.org/sqlite" // also registers the driver "sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"satchel/internal/statements"
	"satchel/migrations"
)

// Errors that a caller can tell apart.
var (
	// ErrNotFound means that what was asked for by its key is not there.
	ErrNotFound = errors.New("not found")
	// ErrExists means that the key is taken.
	ErrExists = errors.New("exists already")
	// ErrFull means that the disk has no more room. Nothing of the transaction was written.
	ErrFull = errors.New("the disk is full")
	// ErrDisk means that the disk, or the file system on it, fails. Nothing of the transaction was written.
	ErrDisk = errors.New("the disk does not work; nothing of this was saved, and what was saved before stays; see to the disk, then try again")
	// ErrBusy means that another process held the database for longer than [busyMillis].
	ErrBusy = errors.New("the database is busy")
)

// busyMillis is how long a transaction waits for another process's.
const busyMillis = 10_000

// readers is how many transactions may read at once.
const readers = 8

// patient is how many of them may be [Store.ReadInTurn].
const patient = 2

// A Store is an open database. It is safe for use by many goroutines.
type Store struct {
	// path is that of the file, "" if the database is none.
	path  string
	write *sql.DB
	read  *sql.DB
	// begin is run first in each transaction that writes; reads are how those that read see one moment.
	begin string
	reads sql.TxOptions
	// turns has a place for each transaction that may be one of [Store.ReadInTurn].
	turns chan struct{}
	// say and sayOnce are those of its transactions.
	say, sayOnce func(query string, args []any) (string, []any)
	// postgres is how to connect to it, nil if the database is a file.
	postgres *pgx.ConnConfig
}

// A Tx is a transaction. Its methods are the statements; they name what they do.
type Tx struct {
	tx *sql.Tx
	// say puts a statement and its arguments as the database takes them; sayOnce one that was made up from what somebody
	// asks, of which there are too many to keep.
	say, sayOnce func(query string, args []any) (string, []any)
}

// Open opens the database file at path, makes it if it is not there, and brings it to the newest
// schema. It fails with [migrations.ErrNewer] or [migrations.ErrEdited] on a database that is not
// this program's.
func Open(ctx context.Context, path string) (*Store, error) {
	_, statErr := os.Stat(path)
	fresh := errors.Is(statErr, os.ErrNotExist)
	if fresh {
		if err := create(ctx, path); err != nil {
			return nil, err
		}
	}
	s := &Store{path: path, reads: sql.TxOptions{ReadOnly: true}, turns: make(chan struct{}, patient), say: asIs, sayOnce: asIs}
	var err error
	if s.write, err = statements.Open(dsn(path, "FULL")); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	s.write.SetMaxOpenConns(1)
	if err := migrations.Up(ctx, s.write, migrations.SQLite); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, explain(err)), s.write.Close())
	}
	if s.read, err = statements.Open(dsn(path, "FULL") + "&_pragma=query_only(1)"); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), s.write.Close())
	}
	s.read.SetMaxOpenConns(readers)
	s.read.SetMaxIdleConns(readers)
	return s, nil
}

// create makes the file with the pragmas that count while it is made, and with synchronous=EXTRA so
// that its entry in the directory survives a power cut too.
func create(ctx context.Context, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	db, err := sql.Open("sqlite", dsn(path, "EXTRA"))
	if err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	return errors.Join(explain(migrations.Up(ctx, db, migrations.SQLite)), db.Close())
}

// dsn names the database and the pragmas of each connection; busy_timeout has to be the first.
func dsn(path, synchronous string) string {
	query := url.Values{"_txlock": {"immediate"}, "_defensive": {"1"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busyMillis), "journal_mode(WAL)", "synchronous(" + synchronous + ")",
		"foreign_keys(1)", "trusted_schema(0)", "secure_delete(1)",
		"journal_size_limit(67108864)", "cache_size(-16384)",
	}}
	return fileDSN(path, query)
}

// fileDSN names a database file, and how to open it.
func fileDSN(path string, query url.Values) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: query.Encode()}).String()
}

// Close ends all connections. It waits for transactions under way.
func (s *Store) Close() error {
	return errors.Join(s.read.Close(), s.write.Close())
}

// Write runs fn in a transaction and commits it, unless fn or the commit fails: then nothing
// happened. There is one such transaction at a time. It fails with [ErrMoved] or [ErrMoving] on a database
// that is not, or not yet, the one to write to.
func (s *Store) Write(ctx context.Context, fn func(*Tx) error) error {
	return s.change(ctx, func(t *Tx) error {
		if err := t.whole(ctx); err != nil {
			return err
		}
		return fn(t)
	})
}

// change is [Store.Write] on a database that may be about to be moved.
func (s *Store) change(ctx context.Context, fn func(*Tx) error) error {
	return s.run(ctx, s.write, nil, func(t *Tx) error {
		if s.begin != "" {
			if err := t.exec(ctx, s.begin); err != nil {
				return err
			}
		}
		return fn(t)
	})
}

// Read runs fn in a transaction that sees one moment and cannot write.
func (s *Store) Read(ctx context.Context, fn func(*Tx) error) error {
	return s.run(ctx, s.read, &s.reads, fn)
}

// ReadInTurn is [Store.Read] for what may take long and can wait: few of these run at once, whoever else reads.
func (s *Store) ReadInTurn(ctx context.Context, fn func(*Tx) error) error {
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
		return s.Read(ctx, fn)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Store) run(ctx context.Context, db *sql.DB, options *sql.TxOptions, fn func(*Tx) error) error {
	tx, err := db.BeginTx(ctx, options)
	if err != nil {
		return explain(err)
	}
	if err := fn(&Tx{tx: tx, say: s.say, sayOnce: s.sayOnce}); err != nil {
		if undo := tx.Rollback(); undo != nil && !errors.Is(undo, sql.ErrTxDone) {
			err = errors.Join(err, undo)
		}
		return explain(err)
	}
	return explain(tx.Commit())
}

// Savepoint runs fn so that, if it fails, what it did is undone and the transaction goes on.
func (t *Tx) Savepoint(ctx context.Context, fn func() error) error {
	if _, err := t.tx.ExecContext(ctx, "SAVEPOINT part"); err != nil {
		return explain(err)
	}
	if err := fn(); err != nil {
		_, undo := t.tx.ExecContext(ctx, "ROLLBACK TO part")
		_, end := t.tx.ExecContext(ctx, "RELEASE part")
		return errors.Join(explain(err), undo, end)
	}
	_, err := t.tx.ExecContext(ctx, "RELEASE part")
	return explain(err)
}

// asIs puts a statement as it stands.
func asIs(query string, args []any) (string, []any) { return query, args }

// explain gives the database's errors the names that callers know.
func explain(err error) error {
	var failure *sqlite.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotFound
	case !errors.As(err, &failure):
		return explainPostgres(err)
	}
	switch code := failure.Code(); {
	case code&0xff == sqlite3.SQLITE_FULL || code == sqlite3.SQLITE_IOERR_SHMSIZE: // the latter has no room even to read
		return fmt.Errorf("%w: %w", ErrFull, err)
	case code&0xff == sqlite3.SQLITE_IOERR:
		return fmt.Errorf("%w: %w", ErrDisk, err)
	case code&0xff == sqlite3.SQLITE_BUSY:
		return fmt.Errorf("%w: %w", ErrBusy, err)
	case code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY || code == sqlite3.SQLITE_CONSTRAINT_UNIQUE:
		return fmt.Errorf("%w: %w", ErrExists, err)
	}
	return err
}

// exec runs a statement whose rows nobody counts.
func (t *Tx) exec(ctx context.Context, query string, args ...any) error {
	query, args = t.say(query, args)
	_, err := t.tx.ExecContext(ctx, query, args...)
	return explain(err)
}

// row is what a query gives for one row.
type row interface{ Scan(dest ...any) error }

// one reads a single row with scan; [ErrNotFound] if there is none.
func one[T any](ctx context.Context, t *Tx, scan func(row) (T, error), query string, args ...any) (T, error) {
	query, args = t.say(query, args)
	out, err := scan(t.tx.QueryRowContext(ctx, query, args...))
	return out, explain(err)
}

// all reads every row with scan.
func all[T any](ctx context.Context, t *Tx, scan func(row) (T, error), query string, args ...any) ([]T, error) {
	query, args = t.say(query, args)
	rows, err := t.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, explain(err)
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return nil, explain(err)
		}
		out = append(out, item)
	}
	return out, explain(rows.Err())
}

// scalar scans one column.
func scalar[T any](r row) (out T, err error) {
	err = r.Scan(&out)
	return out, err
}

// Property gives a value that the database knows of itself; [ErrNotFound] if it does not.
func (t *Tx) Property(ctx context.Context, name string) (string, error) {
	return one(ctx, t, scalar[string], "SELECT value FROM properties WHERE name = ?", name)
}

// SetProperty sets a value that the database knows of itself.
func (t *Tx) SetProperty(ctx context.Context, name, value string) error {
	return t.exec(ctx, `INSERT INTO properties (name, value) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
}

// marshal encodes what is kept as JSON in a column, with every value as it stands.
func marshal(x any) (string, error) {
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(x); err != nil {
		return "", err
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}
