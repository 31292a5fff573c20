package main

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver
)

// bare is the limit of whoever keeps records in SQLite: the database alone, without a network, a merge, a history
// or an index, on the same disk with the same promise. The documents are encoded beforehand.
type bare struct{ db *sql.DB }

func (*bare) name() string { return "bare modernc.org/sqlite" }

func (*bare) promise() string { return "on the disk, by an fsync of each transaction; it is an insert" }

func (b *bare) begin(ctx context.Context, dir string, ls []load) ([]client, error) {
	var err error
	b.db, err = sql.Open("sqlite", "file:"+filepath.Join(dir, "bare.db")+
		"?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=secure_delete(1)&_pragma=cache_size(-16384)")
	if err != nil {
		return nil, err
	}
	b.db.SetMaxOpenConns(1)
	if _, err := b.db.ExecContext(ctx, "CREATE TABLE records (id TEXT NOT NULL PRIMARY KEY, doc TEXT NOT NULL) STRICT"); err != nil {
		return nil, err
	}
	out := make([]client, len(ls))
	for i, l := range ls {
		batches, err := documents(l)
		if err != nil {
			return nil, err
		}
		out[i].push = func(ctx context.Context) error {
			for _, batch := range batches {
				if err := b.insert(ctx, batch); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return out, nil
}

// insert writes rows one by one, in one transaction.
func (b *bare) insert(ctx context.Context, batch []document) error {
	tx, err := b.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback()
	insert, err := tx.PrepareContext(ctx, "INSERT INTO records (id, doc) VALUES (?, ?)")
	if err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	defer insert.Close() //nolint:errcheck // a failure of it is one of the transaction too
	for _, d := range batch {
		if _, err := insert.ExecContext(ctx, d.id, string(d.made)); err != nil {
			return fmt.Errorf("insert: %w", err)
		}
	}
	return tx.Commit()
}

func (b *bare) spent() (usage, error) { return usage{}, nil }

func (b *bare) end() error {
	if b.db == nil {
		return nil
	}
	return b.db.Close()
}
