// Package statements opens SQLite databases whose connections keep their statements: SQL that was run
// before is not parsed and planned again, which takes longer than most statements run.
//
// It promises that a program sees no difference but speed. It never keeps more than some statements a
// connection, and none that is in use.
package statements

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"modernc.org/sqlite"
)

// most is how many statements a connection keeps: more than a program has whose SQL is not made up as it
// runs, at a few kB each.
const most = 256

// Open opens a database as [sql.Open] does with the driver "sqlite".
func Open(dsn string) (*sql.DB, error) {
	opener, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, fmt.Errorf("open a database: %w", err)
	}
	return sql.OpenDB(connector{opener}), nil
}

type connector struct{ driver.Connector }

// Connect opens a connection.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	opened, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{opened.(sqliteConn), map[string]sqliteStmt{}}, nil
}

// sqliteConn is what the driver's connections can do of what [sql.DB] asks for. That of it which runs SQL
// at once is left out, so that all SQL is prepared.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.SessionResetter
	driver.Validator
}

type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// A conn is a connection. Like any other it is used by one goroutine at a time.
type conn struct {
	sqliteConn
	// idle are the statements that were closed, by their text.
	idle map[string]sqliteStmt
}

// PrepareContext gives a statement that was kept, or a new one.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if kept, ok := c.idle[query]; ok {
		delete(c.idle, query)
		return &stmt{kept, c, query}, nil
	}
	made, err := c.sqliteConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return &stmt{made.(sqliteStmt), c, query}, nil
}

// Close closes the connection.
func (c *conn) Close() error {
	return errors.Join(c.drop(), c.sqliteConn.Close())
}

// drop closes the statements that are kept.
func (c *conn) drop() (err error) {
	for _, kept := range c.idle {
		err = errors.Join(err, kept.Close())
	}
	clear(c.idle)
	return err
}

type stmt struct {
	sqliteStmt
	conn  *conn
	query string
}

// Close has the connection keep the statement, if it has no other of the same text.
func (s *stmt) Close() error {
	var err error
	if len(s.conn.idle) >= most {
		err = s.conn.drop()
	}
	if _, taken := s.conn.idle[s.query]; taken {
		return errors.Join(err, s.sqliteStmt.Close())
	}
	s.conn.idle[s.query] = s.sqliteStmt
	return err
}
