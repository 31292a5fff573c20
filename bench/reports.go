package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"satchel/syncproto"
)

// An archive is a system out of which records come as tables, too.
type archive interface {
	system
	// office gives the command line of a command of the office's program.
	office(args ...string) []string
	// sql opens the database beside the program, with an empty schema "plain" in it.
	sql(ctx context.Context) (*sql.DB, error)
}

// reports measures what a report takes: a table of each collection for a spreadsheet, and a count by area in SQL.
func (c *cli) reports(ctx context.Context, bin string) error {
	asked, err := c.ready(ctx, bin, "satchel", "satchel-postgres")
	if err != nil {
		return err
	}
	fmt.Printf("Reports: median (least to most) of %d\n\n", c.Rounds)
	fmt.Println("| records | system | full export, s | MB | count by area over the views, ms | over plain tables, ms |\n|---|---|---|---|---|---|")
	for _, records := range c.Sizes {
		for _, o := range asked {
			fmt.Fprintf(os.Stderr, "reports of %d records: %s\n", records, o.name)
			s := o.make(bin).(archive)
			ls := loads(1, records, c.Devices)
			err := c.within(ctx, s, ls, func(dir string, clients []client) error {
				if _, err := together(clients, func(c client) error { return c.push(ctx) }); err != nil {
					return fmt.Errorf("push: %w", err)
				}
				return c.report(ctx, s, filepath.Join(dir, "tables"), count(ls))
			})
			if err != nil {
				return fmt.Errorf("%s: %w", o.name, err)
			}
		}
	}
	fmt.Println()
	return nil
}

// report measures the reports of one database, and prints the line about it; exported tables go to a directory.
func (c *cli) report(ctx context.Context, s archive, tables string, records int) (err error) {
	if err := os.Mkdir(tables, 0o700); err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	export, err := c.often(time.Second, func() error { return exportAll(ctx, s, tables, records) })
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	bytes, err := diskUsage(tables)
	if err != nil {
		return err
	}
	db, err := s.sql(ctx)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	views, err := c.often(time.Millisecond, func() error { return countByArea(ctx, db, "", records) })
	if err != nil {
		return fmt.Errorf("count over the views: %w", err)
	}
	for _, name := range []string{"households", "deliveries"} {
		if _, err := db.ExecContext(ctx, "CREATE TABLE plain."+name+" AS SELECT * FROM "+name); err != nil {
			return fmt.Errorf("make a plain table: %w", err)
		}
	}
	plain, err := c.often(time.Millisecond, func() error { return countByArea(ctx, db, "plain.", records) })
	if err != nil {
		return fmt.Errorf("count over plain tables: %w", err)
	}
	fmt.Printf("| %d | %s | %s | %d | %s | %s |\n", records, s.name(), export, bytes/1e6, views, plain)
	return nil
}

// exportAll has the program write a table of each collection, as an operator would, and fails unless all records are in them.
func exportAll(ctx context.Context, s archive, tables string, records int) error {
	written := 0
	for _, collection := range syncproto.Collections() {
		line := s.office("export", collection.Name, "--out", filepath.Join(tables, collection.Name+".csv"))
		said, err := exec.CommandContext(ctx, line[0], line[1:]...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", strings.Join(line, " "), err, said)
		}
		var n int
		if _, err := fmt.Sscanf(string(said), "Exported %d records", &n); err != nil {
			return fmt.Errorf("%s: it said %q: %w", strings.Join(line, " "), said, err)
		}
		written += n
	}
	if written < records {
		return fmt.Errorf("%d of %d records were written", written, records)
	}
	return nil
}

// countByArea counts households and deliveries by area, and fails unless all are counted. The schema, with a dot, is that of the
// tables; without one they are the views.
func countByArea(ctx context.Context, db *sql.DB, schema string, records int) error {
	query := "SELECT sum(n) FROM (SELECT area, count(*) AS n FROM " + schema + "households GROUP BY area UNION ALL " +
		"SELECT area, count(*) AS n FROM " + schema + "deliveries GROUP BY area) AS counts"
	var found int
	if err := db.QueryRowContext(ctx, query).Scan(&found); err != nil {
		return err
	}
	if found != records {
		return fmt.Errorf("%d of %d records were counted", found, records)
	}
	return nil
}

// often does something as often as there are rounds, and says how many units of time it took.
func (c *cli) often(unit time.Duration, do func() error) (string, error) {
	var took []float64
	for range c.Rounds {
		began := time.Now()
		if err := do(); err != nil {
			return "", err
		}
		took = append(took, float64(time.Since(began))/float64(unit))
	}
	return spread(took), nil
}
