package fleet

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"

	"satchel/internal/simtest/disk"
	"satchel/server"
)

// A database is where the office keeps everything, and what those do with it who look after it.
type database interface {
	// mount gives what may fail under it, from now on, on a machine with a directory.
	mount(dir string) (medium, error)
	// pace is that of the machine.
	pace() int
	// config says where the server finds it.
	config(dir string) server.Config
	// open opens it for a look.
	open(dir string) (*sql.DB, error)
	// keep makes a copy of the database of a server that runs.
	keep(ctx context.Context, o *office, name string) error
	// restore puts a copy into its place, as operators are told to; swap does so behind everybody's back. No server runs.
	restore(ctx context.Context, dir, name string) error
	swap(ctx context.Context, dir, name string) error
	// forget removes a copy.
	forget(ctx context.Context, name string)
	// onDisk reports whether it is on the machine's disk, which may be full.
	onDisk() bool
	// close removes what is not in the files of the history.
	close(ctx context.Context) error
}

// newDatabase makes the one of the office, in the PostgreSQL cluster of a URL or else, if that is "", below root.
func newDatabase(ctx context.Context, root, postgres string) (database, error) {
	if postgres == "" {
		return file{root}, nil
	}
	return newPostgres(ctx, postgres)
}

// A file is a database on the disk of the office's machine. Copies are files below root.
type file struct{ root string }

func (f file) mount(dir string) (medium, error) { return disk.New(dir) }

func (f file) pace() int { return 1 }

func (f file) config(dir string) server.Config { return server.Config{Dir: dir} }

func (f file) path(dir string) string { return filepath.Join(dir, server.DatabaseFile) }

func (f file) copy(name string) string { return filepath.Join(f.root, name+".db") }

func (f file) open(dir string) (*sql.DB, error) {
	return sql.Open("sqlite", "file:"+f.path(dir)+"?mode=ro&_pragma=query_only(1)")
}

func (f file) keep(ctx context.Context, o *office, name string) error {
	_, err := o.srv.Backup(ctx, f.copy(name))
	return err
}

func (f file) restore(ctx context.Context, dir, name string) error {
	return server.Restore(ctx, dir, f.copy(name))
}

func (f file) swap(_ context.Context, dir, name string) error {
	if err := removeLog(f.path(dir)); err != nil {
		return err
	}
	return copyFile(f.copy(name), f.path(dir))
}

func (f file) forget(_ context.Context, name string) {
	_ = os.Remove(f.copy(name)) // it was made here
}

func (f file) onDisk() bool { return true }

func (f file) close(context.Context) error { return nil }
