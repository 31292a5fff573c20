package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver

	"satchel/internal/pgtest"
	"satchel/server"
)

// havePostgres fails where there is no PostgreSQL to start.
func havePostgres(ctx context.Context, _ string) error {
	cluster, err := pgtest.Start(ctx, true)
	if err != nil {
		return err
	}
	return cluster.Stop()
}

// barePostgres is the limit of whoever keeps records in PostgreSQL: the database alone, without a network, a merge, a
// history or an index, with its own settings, on the same disk.
type barePostgres struct {
	pool *pgxpool.Pool
	stop func() error
}

func (*barePostgres) name() string { return "bare PostgreSQL" }

func (*barePostgres) promise() string {
	return "on the disk, by an fsync of each transaction; it is an upsert of a thousand rows in one statement, by unnest"
}

func (b *barePostgres) begin(ctx context.Context, _ string, ls []load) ([]client, error) {
	cluster, err := pgtest.Start(ctx, true)
	if err != nil {
		return nil, err
	}
	b.stop = cluster.Stop
	config, err := pgxpool.ParseConfig(cluster.URL)
	if err != nil {
		return nil, err
	}
	config.MaxConns = int32(min(len(ls), 50))
	if b.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, err
	}
	if _, err := b.pool.Exec(ctx, `CREATE TABLE records (id TEXT COLLATE "C" NOT NULL PRIMARY KEY, doc TEXT COLLATE "C" NOT NULL)`); err != nil {
		return nil, err
	}
	out := make([]client, len(ls))
	for i, l := range ls {
		batches, err := documents(l)
		if err != nil {
			return nil, err
		}
		var ids, docs [][]string
		for _, batch := range batches {
			names, texts := make([]string, len(batch)), make([]string, len(batch))
			for j, d := range batch {
				names[j], texts[j] = d.id, string(d.made)
			}
			ids, docs = append(ids, names), append(docs, texts)
		}
		out[i].push = func(ctx context.Context) error {
			for j := range ids {
				_, err := b.pool.Exec(ctx, `INSERT INTO records (id, doc) SELECT * FROM unnest($1::text[], $2::text[])
ON CONFLICT (id) DO UPDATE SET doc = excluded.doc`, ids[j], docs[j])
				if err != nil {
					return fmt.Errorf("upsert: %w", err)
				}
			}
			return nil
		}
	}
	return out, nil
}

func (b *barePostgres) spent() (usage, error) { return usage{}, nil }

func (b *barePostgres) end() error {
	if b.pool != nil {
		b.pool.Close()
	}
	if b.stop == nil {
		return nil
	}
	return b.stop()
}

// satchelPostgres is as many processes of the real program over one PostgreSQL; each device speaks with one of them.
type satchelPostgres struct {
	program   string
	processes int

	dir, url string
	servers  []*process
	stop     func() error
}

func (s *satchelPostgres) name() string {
	return fmt.Sprintf("Satchel over PostgreSQL, processes: %d", s.processes)
}

func (*satchelPostgres) promise() string { return (*satchel)(nil).promise() }

func (s *satchelPostgres) begin(ctx context.Context, dir string, ls []load) ([]client, error) {
	cluster, err := pgtest.Start(ctx, true)
	if err != nil {
		return nil, err
	}
	s.dir, s.url, s.stop = filepath.Join(dir, "office"), cluster.URL, cluster.Stop
	pens, err := furnish(ctx, server.Config{Dir: s.dir, Database: s.url}, ls)
	if err != nil {
		return nil, err
	}
	for n := range s.processes {
		p, err := start(ctx, s.program, "serve", "--data", filepath.Join(dir, fmt.Sprint(n)), "--database", s.url, "--listen", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		s.servers = append(s.servers, p)
	}
	out := make([]client, len(ls))
	for i, l := range ls {
		pens[i].address = s.servers[i%s.processes].address
		if out[i], err = pens[i].client(l); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *satchelPostgres) office(args ...string) []string {
	return append([]string{s.program, "--data", s.dir, "--database", s.url}, args...)
}

func (s *satchelPostgres) sql(ctx context.Context) (*sql.DB, error) {
	db, err := sql.Open("pgx", s.url)
	if err != nil {
		return nil, err
	}
	_, err = db.ExecContext(ctx, "CREATE SCHEMA plain")
	return db, err
}

// spent sums up Satchel's processes; PostgreSQL's are not in it.
func (s *satchelPostgres) spent() (sum usage, err error) {
	for _, p := range s.servers {
		u, err := p.spent()
		if err != nil {
			return sum, err
		}
		sum.Memory, sum.CPU = sum.Memory+u.Memory, sum.CPU+u.CPU
	}
	return sum, nil
}

func (s *satchelPostgres) end() error {
	var errs []error
	for _, p := range s.servers {
		errs = append(errs, p.end())
	}
	if s.stop != nil {
		errs = append(errs, s.stop())
	}
	return errors.Join(errs...)
}
