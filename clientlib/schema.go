package clientlib

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// applicationID marks an SQLite file as a device's store: "STCH".
const applicationID = 0x53544348

// ErrNewer means that the store was written by a newer program.
var ErrNewer = errors.New("the store was written by a newer version of this program; its data is safe; install that version or a later one")

// ErrNoStore means that there is no store at that path.
var ErrNoStore = errors.New("there is no Satchel store at that path; check the path, or enrol this device")

// errUnfinished means that a store was begun there, and has no key yet: nothing can have been saved in it.
var errUnfinished = fmt.Errorf("%w (making one was begun there, and did not end)", ErrNoStore)

// migrate brings a store to the newest schema. The number of the last applied file stands in the
// database's user_version.
func migrate(ctx context.Context, db *sql.DB) error {
	names, err := fs.Glob(schemaFiles, "schema/*.sql")
	if err != nil {
		return fmt.Errorf("list the store's migrations: %w", err)
	}
	var application, version, tables int
	row := db.QueryRowContext(ctx, `SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
FROM pragma_application_id, pragma_user_version`)
	if err := row.Scan(&application, &version, &tables); err != nil {
		return err
	}
	if version+tables > 0 && application != applicationID {
		return ErrNoStore
	}
	if version > len(names) {
		return fmt.Errorf("%w (it is at schema %d, this program knows up to %d)", ErrNewer, version, len(names))
	}
	for i := version; i < len(names); i++ {
		if err := migrateStep(ctx, db, names[i], i+1); err != nil {
			return fmt.Errorf("bring the store to schema %d; it stays as it was, and its data is safe: %w", i+1, err)
		}
	}
	return nil
}

// migrateStep applies one file and notes its number, in one transaction.
func migrateStep(ctx context.Context, db *sql.DB, name string, version int) error {
	text, err := schemaFiles.ReadFile(name)
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	marks := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, version)
	if _, err := tx.ExecContext(ctx, string(text)+marks); err != nil {
		return err
	}
	return tx.Commit()
}
