package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// watchEvery is how often a database file is asked whether it was changed.
const watchEvery = 250 * time.Millisecond

// channel is that of PostgreSQL on which each process that writes tells the others.
const channel = "satchel"

// Watch calls changed once it watches, and from then on soon after each commit of any process, after several perhaps only once,
// until ctx ends or the database does not answer any more. What is committed while nobody watches is not told.
func (s *Store) Watch(ctx context.Context, changed func()) error {
	if s.postgres != nil {
		return s.listen(ctx, changed)
	}
	return s.poll(ctx, changed)
}

// poll asks one connection, which writes nothing itself, whether any other one did.
func (s *Store) poll(ctx context.Context, changed func()) error {
	conn, err := s.read.Conn(ctx)
	if err != nil {
		return explain(err)
	}
	defer conn.Close() //nolint:errcheck // it goes back to the others
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for last := int64(-1); ; { // versions are positive
		var version int64
		if err := conn.QueryRowContext(ctx, "PRAGMA data_version").Scan(&version); err != nil {
			return explain(err)
		}
		if version != last {
			changed()
		}
		last = version
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// listen has PostgreSQL tell.
func (s *Store) listen(ctx context.Context, changed func()) error {
	conn, err := pgx.ConnectConfig(ctx, s.postgres)
	if err != nil {
		return explain(err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is under way on it
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return explain(err)
	}
	for {
		changed()
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return explain(err)
		}
	}
}
