package kill

import (
	"context"
	"errors"
	"fmt"
	neturl "net/url"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"satchel/server"
)

// config says where the server of the state in a folder keeps everything.
func (b Binaries) config(dir string) server.Config {
	config := server.Config{Dir: filepath.Join(dir, dataDir), PasswordCost: server.PasswordCost{Memory: 8, Passes: 1}}
	if one, err := neturl.Parse(b.Postgres); err == nil && b.Postgres != "" {
		one.Path = "/" + database(dir)
		config.Database = one.String()
	}
	return config
}

// database names the one in PostgreSQL that belongs to a folder of a run.
func database(dir string) string {
	return strings.ReplaceAll(filepath.Base(filepath.Dir(dir))+"_"+filepath.Base(dir), "-", "_")
}

// copyDatabase has the database of one folder be that of another one, too. Nobody may be connected to it.
func (b Binaries) copyDatabase(ctx context.Context, from, to string) error {
	return b.inPostgres(ctx, "CREATE DATABASE "+database(to)+" TEMPLATE "+database(from))
}

// dropDatabase ends the database of a folder, whatever a killed server left under way in it.
func (b Binaries) dropDatabase(ctx context.Context, dir string) error {
	return b.inPostgres(ctx, "DROP DATABASE IF EXISTS "+database(dir)+" WITH (FORCE)")
}

// inPostgres runs a statement in the cluster, if there is one.
func (b Binaries) inPostgres(ctx context.Context, statement string) error {
	if b.Postgres == "" {
		return nil
	}
	conn, err := pgx.Connect(ctx, b.Postgres)
	if err != nil {
		return fmt.Errorf("reach PostgreSQL: %w", err)
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}
