package clientlib

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"satchel/internal/statements"
)

// Options are what a program may choose of a store. The zero Options are good.
type Options struct {
	// Clock is the device's clock, [time.Now] if nil.
	Clock func() time.Time
	// Program is the name and version of the program, which the server shows to the office.
	Program string
	// FreeBytes gives the free space where the store is, 0 if that is not known; the office is told of it in each sync. Nil
	// tells nothing.
	FreeBytes func() int64
	// HTTP makes the requests to the server. Nil is a client that waits patiently on a slow link and
	// gives up on one that has gone silent.
	HTTP *http.Client
	// PlainHTTP allows a server without TLS that is not on this machine. Everything that is sent to
	// it can be read on the way.
	PlainHTTP bool
	// PINCost is what it takes to try a PIN in stores that are made, and for PINs that are set, with
	// these options. Whoever steals the file needs it for every guess: lower it only where there is
	// nothing to steal, as in tests that open stores by the thousand.
	PINCost PINCost
	// Step is the most records that one exchange brings, and the most changes that it sends beyond a
	// whole form; 0 is as many as may travel together. Where links break all the time, little is begun
	// anew with small steps.
	Step int
}

// withDefaults fills in what was left out.
func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.FreeBytes == nil {
		o.FreeBytes = func() int64 { return 0 }
	}
	if o.PINCost == (PINCost{}) {
		o.PINCost = fullCost()
	}
	o.HTTP = client(o)
	return o
}

// A Store is a device's file, open. It may be used by many goroutines at once, and several programs
// may have the same store open.
type Store struct {
	db      *sql.DB
	box     box
	options Options
	// syncing is held while an exchange is under way.
	syncing sync.Mutex
	index   index
	// stall is how long a link may be silent before an exchange gives up.
	stall time.Duration
}

// ErrExists means that there is a file already where a store was to be made.
var ErrExists = errors.New("there is a file at that path already; open it, or choose another path")

// Create makes a store at path, locked by the PIN, and opens it. It fails with [ErrExists] and
// [ErrWeakPIN]. A store that was wiped is made anew, and one that a power cut kept from being made is
// made now.
func Create(ctx context.Context, path, pin string, options Options) (*Store, error) {
	options = options.withDefaults()
	if len([]rune(pin)) < MinPIN {
		return nil, ErrWeakPIN
	}
	old, err := Open(ctx, path, pin, options)
	switch {
	case err == nil:
		return nil, errors.Join(ErrExists, old.Close())
	case errors.Is(err, ErrWiped):
		if err := removeStore(path); err != nil {
			return nil, err
		}
	}
	if !errors.Is(err, errUnfinished) {
		if made := makeFile(path); made != nil {
			return nil, fmt.Errorf("%w (%w)", made, err)
		}
	}
	return open(ctx, path, options, func(db *sql.DB) (box, error) { return makeVault(ctx, db, options.PINCost, pin) })
}

// makeFile makes the file of a store, which nobody else may read.
func makeFile(path string) error {
	file, err := os.OpenFile(filepath.Clean(path), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, os.ErrExist) {
		return ErrExists
	}
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		return fmt.Errorf("make the store, in which nothing is saved yet: %w", err)
	}
	return nil
}

// Open opens the store at path. It fails with [ErrNoStore], [ErrWrongPIN], [ErrWiped], [ErrNewer] and
// [ErrDamaged].
func Open(ctx context.Context, path, pin string, options Options) (*Store, error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) || err == nil && info.IsDir() {
		return nil, ErrNoStore
	}
	if err == nil && info.Size() == 0 {
		return nil, errUnfinished
	}
	if err != nil {
		return nil, fmt.Errorf("open the store; what was saved before is safe: %w", err)
	}
	return open(ctx, path, options.withDefaults(), func(db *sql.DB) (box, error) {
		key, err := openVault(ctx, db, pin)
		if err != nil {
			return box{}, err
		}
		return newBox(key)
	})
}

// open opens the file and brings it to the newest schema; unlock gives what opens its content.
func open(ctx context.Context, path string, options Options, unlock func(*sql.DB) (box, error)) (*Store, error) {
	db, err := statements.Open(dsn(path))
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	s := &Store{db: db, options: options, stall: 2 * time.Minute}
	if err = migrate(ctx, db); err == nil {
		s.box, err = unlock(db)
	}
	if err != nil {
		left := "open the store, which takes some room on the disk; what was saved before is safe"
		return nil, errors.Join(diskError(left, err), db.Close())
	}
	return s, nil
}

// dsn names the file and how every connection to it behaves.
func dsn(path string) string {
	query := url.Values{
		"_pragma": {
			"busy_timeout(10000)", "foreign_keys(ON)", "journal_mode(WAL)", "secure_delete(ON)",
			"synchronous(FULL)", "temp_store(MEMORY)", "trusted_schema(OFF)",
		},
		"_txlock": {"immediate"},
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + query.Encode()
}

// removeStore deletes the file and what SQLite keeps beside it.
func removeStore(path string) error {
	for _, suffix := range []string{"-wal", "-shm", ""} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove the wiped store, from which everything was handed in: %w", err)
		}
	}
	return nil
}

// Close closes the store. What was saved is on disk whether or not Close is called.
func (s *Store) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close the store; everything saved is safe on disk: %w", err)
	}
	return nil
}

// diskError says of an error of the disk, or of a context that ended, what it leaves, and gives any other
// error as it is. Where the disk did not confirm a transaction, it may have kept it all the same: only who
// opens the store next can see that.
func diskError(left string, err error) error {
	var failure *sqlite.Error
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, sql.ErrTxDone):
		return fmt.Errorf("%s: %w", left, err)
	case !errors.As(err, &failure):
		return err
	}
	switch code := failure.Code(); {
	case code == sqlite3.SQLITE_IOERR_FSYNC:
		return fmt.Errorf("write to the store; the disk failed at the very end, and what was saved before is safe; open the store again and look whether this was saved, before you do it again: %w", err)
	case code&0xff == sqlite3.SQLITE_CORRUPT, code&0xff == sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return fmt.Errorf("%s; see that the disk has room, then try again: %w", left, err)
}

// A tx is one transaction on a store.
type tx struct {
	*sql.Tx
	box box
	// touched holds the records whose shown state changed.
	touched touched
	// mine holds the device's identities, once they were asked for.
	mine []uuid.UUID
}

// write runs do in a transaction that is on disk when write returns nil, and undone otherwise.
func (s *Store) write(ctx context.Context, do func(*tx) error) (err error) {
	defer func() {
		err = diskError("write to the store; nothing of this step was saved, and what was saved before is safe", err)
	}()
	sqlTx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer sqlTx.Rollback()
	t := &tx{Tx: sqlTx, box: s.box, touched: touched{}}
	if err := do(t); err != nil {
		return err
	}
	revision, err := t.revise(ctx)
	if err != nil {
		return err
	}
	if err := t.Commit(); err != nil {
		return err
	}
	s.index.follow(revision, t.touched)
	return nil
}

// read runs do on one unchanging view of the store.
func (s *Store) read(ctx context.Context, do func(*tx) error) (err error) {
	defer func() { err = diskError("read the store; what was saved before is safe", err) }()
	sqlTx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer sqlTx.Rollback()
	return do(&tx{Tx: sqlTx, box: s.box})
}

// exec runs one statement for its effect.
func (t *tx) exec(ctx context.Context, query string, args ...any) error {
	_, err := t.ExecContext(ctx, query, args...)
	return err
}

// each runs a query and calls do for each of its rows.
func (t *tx) each(ctx context.Context, query string, args []any, do func(scan func(...any) error) error) error {
	rows, err := t.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// revise counts a transaction that changed what is shown, and gives the revision that it leads to.
func (t *tx) revise(ctx context.Context) (revision int64, err error) {
	query := "SELECT n FROM revision"
	if len(t.touched) > 0 {
		query = "UPDATE revision SET n = n + 1 RETURNING n"
	}
	err = t.QueryRowContext(ctx, query).Scan(&revision)
	return revision, err
}
