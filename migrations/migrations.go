// Package migrations holds the server's database schema as numbered SQL, and brings a database to it.
//
// It promises that a database is either at the newest schema when [Up] returns, or untouched by the
// step that failed. It refuses a database that a newer program wrote, and one that was made by files
// other than these. It never runs a migration backwards: the way back is a backup.
package migrations

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed sqlite/*.sql postgres/*.sql
var files embed.FS

// ErrNewer means that the database was written by a newer program.
var ErrNewer = errors.New("the database was written by a newer version of this program; your data is safe; install that version or a later one")

// ErrEdited means that a migration was applied whose file reads differently now.
var ErrEdited = errors.New("the database was made by other migration files than this program's; your data is safe; use the program that made it, or restore a backup")

// A Database is what understands the SQL. Each has migrations of its own, which make the same tables.
type Database struct {
	dialect goose.Dialect
	dir     string
	// note notes the checksum of a migration.
	note string
	// lock and unlock keep other programs from migrating meanwhile, where a file's own lock does not.
	lock, unlock string
}

// The databases.
var (
	SQLite = Database{
		dialect: goose.DialectSQLite3, dir: "sqlite",
		note: "INSERT INTO migration_sums (version, sha256) VALUES (?, ?) ON CONFLICT (version) DO UPDATE SET sha256 = excluded.sha256",
	}
	Postgres = Database{
		dialect: goose.DialectPostgres, dir: "postgres",
		note: "INSERT INTO migration_sums (version, sha256) VALUES ($1, $2) ON CONFLICT (version) DO UPDATE SET sha256 = excluded.sha256",
		lock: "SELECT pg_advisory_lock(6003420501)", unlock: "SELECT pg_advisory_unlock(6003420501)",
	}
)

// Up applies what has not been applied yet.
func Up(ctx context.Context, db *sql.DB, kind Database) error {
	return up(ctx, db, kind, files)
}

func up(ctx context.Context, db *sql.DB, kind Database, all fs.FS) (err error) {
	unlock, err := kind.hold(ctx, db)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	dir, err := fs.Sub(all, kind.dir)
	if err != nil {
		return fmt.Errorf("open the migrations: %w", err)
	}
	provider, err := goose.NewProvider(kind.dialect, db, dir, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	current, newest, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the version of the database: %w", err)
	}
	if current > newest {
		return fmt.Errorf("%w (it is at schema %d, this program knows up to %d)", ErrNewer, current, newest)
	}
	sums, err := sumsOf(dir, provider.ListSources())
	if err != nil {
		return err
	}
	noted, err := readSums(ctx, db)
	if err != nil {
		return err
	}
	for version, was := range noted {
		if now, known := sums[version]; known && version <= current && now != was {
			return fmt.Errorf("%w (migration %d)", ErrEdited, version)
		}
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("bring the database from schema %d to %d: %w", current, newest, err)
	}
	return writeSums(ctx, db, kind, sums, noted)
}

// hold takes the lock, if there is one, on a connection of its own.
func (d Database) hold(ctx context.Context, db *sql.DB) (unlock func() error, err error) {
	if d.lock == "" {
		return func() error { return nil }, nil
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("wait for other programs to migrate: %w", err)
	}
	if _, err := conn.ExecContext(ctx, d.lock); err != nil {
		return nil, errors.Join(fmt.Errorf("wait for other programs to migrate: %w", err), conn.Close())
	}
	return func() error {
		_, err := conn.ExecContext(context.WithoutCancel(ctx), d.unlock)
		return errors.Join(err, conn.Close())
	}, nil
}

// readSums gives the noted checksums by migration. One that is missing belongs to a migration that is not applied yet, or
// the program stopped between applying and noting it.
func readSums(ctx context.Context, db *sql.DB) (noted map[int64]string, err error) {
	_, err = db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS migration_sums (
    version INTEGER NOT NULL PRIMARY KEY,
    sha256  TEXT    NOT NULL
)`)
	if err != nil {
		return nil, fmt.Errorf("keep the checksums of migrations: %w", err)
	}
	rows, err := db.QueryContext(ctx, "SELECT version, sha256 FROM migration_sums")
	if err != nil {
		return nil, fmt.Errorf("read the checksums of migrations: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	noted = map[int64]string{}
	for rows.Next() {
		var version int64
		var sum string
		if err := rows.Scan(&version, &sum); err != nil {
			return nil, fmt.Errorf("read the checksums of migrations: %w", err)
		}
		noted[version] = sum
	}
	return noted, rows.Err()
}

// writeSums notes what is not noted yet. A database at the newest schema is not written to.
func writeSums(ctx context.Context, db *sql.DB, kind Database, sums, noted map[int64]string) error {
	for version, now := range sums {
		if noted[version] == now {
			continue
		}
		if _, err := db.ExecContext(ctx, kind.note, version, now); err != nil {
			return fmt.Errorf("note the checksum of migration %d: %w", version, err)
		}
	}
	return nil
}

// sumsOf gives the checksums of migrations, by their numbers.
func sumsOf(dir fs.FS, sources []*goose.Source) (map[int64]string, error) {
	sums := map[int64]string{}
	for _, source := range sources {
		text, err := fs.ReadFile(dir, source.Path)
		if err != nil {
			return nil, fmt.Errorf("read migration %d: %w", source.Version, err)
		}
		digest := sha256.Sum256(text)
		sums[source.Version] = hex.EncodeToString(digest[:])
	}
	return sums, nil
}
