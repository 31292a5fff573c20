package disk_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"satchel/internal/simtest/disk"
)

// A ledger is a plain database on a disk, with a row for each transaction.
type ledger struct {
	t      testing.TB
	dir    string
	images string
	disk   *disk.Disk
	db     *sql.DB
	// rows is how many transactions were committed.
	rows int
}

// scratch is a directory in memory, if the system has one.
func scratch(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "satchel-disk-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// newLedger makes a database with these pragmas.
func newLedger(t testing.TB, pragmas ...string) *ledger {
	t.Helper()
	l := &ledger{t: t, dir: scratch(t), images: scratch(t)}
	var err error
	if l.disk, err = disk.New(l.dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.disk.Close)
	l.db = open(t, l.dir, pragmas...)
	l.must("CREATE TABLE entries (id INTEGER PRIMARY KEY, text TEXT NOT NULL); CREATE INDEX by_text ON entries (text)")
	return l
}

func open(t testing.TB, dir string, pragmas ...string) *sql.DB {
	t.Helper()
	query := "?_txlock=immediate"
	for _, pragma := range pragmas {
		query += "&_pragma=" + pragma
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "ledger.db")+query)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

func (l *ledger) must(query string, args ...any) {
	l.t.Helper()
	if _, err := l.db.ExecContext(l.t.Context(), query, args...); err != nil {
		l.t.Fatal(err)
	}
}

// add commits one transaction that makes a row and changes others, over several pages.
func (l *ledger) add() error {
	tx, err := l.db.BeginTx(l.t.Context(), nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	next := l.rows + 1
	if _, err := tx.ExecContext(l.t.Context(), "INSERT INTO entries VALUES (?, ?)", next, strings.Repeat(fmt.Sprint(next, " "), 600)); err != nil {
		return err
	}
	if _, err := tx.ExecContext(l.t.Context(), "UPDATE entries SET text = text || 'x' WHERE id % 5 = ?", next%5); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	l.rows = next
	return nil
}

// image takes an image, and gives how many transactions are in it. It has to be whole.
func (l *ledger) image(seed uint64, pragmas ...string) int {
	l.t.Helper()
	to := filepath.Join(l.images, "image")
	defer func() {
		if err := os.RemoveAll(to); err != nil {
			l.t.Error(err)
		}
	}()
	if err := l.disk.Image(to, rand.New(rand.NewPCG(seed, 0))); err != nil {
		l.t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(to, "ledger.db")); errors.Is(err, os.ErrNotExist) {
		return 0
	}
	db := open(l.t, to, pragmas...)
	defer db.Close()
	return whole(l.t, db)
}

// whole checks a database, and gives how many rows are in it: those of all transactions up to one.
func whole(t testing.TB, db *sql.DB) (rows int) {
	t.Helper()
	var check string
	if err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&check); err != nil || check != "ok" {
		t.Fatalf("the database is not whole: %s, %v", check, err)
	}
	var last, marks int
	err := db.QueryRowContext(t.Context(), "SELECT count(*), coalesce(max(id), 0), coalesce(sum(length(text) - length(rtrim(text, 'x'))), 0) FROM entries").
		Scan(&rows, &last, &marks)
	if err != nil && strings.Contains(err.Error(), "no such table") {
		return 0
	}
	want := 0
	for n := 1; n <= last; n++ { // each transaction marked those rows that were there before it and its own
		want += n/5 + min(1, n%5)
	}
	if err != nil || rows != last || marks != want {
		t.Fatalf("%d rows up to %d with %d marks, %v; want %d marks: a transaction is there by half", rows, last, marks, err, want)
	}
	return rows
}

// modes are the journals that SQLite can have, with what makes a commit durable in each. A deleted
// journal that comes back would undo a commit; EXTRA syncs the directory.
var modes = map[string][]string{
	"log":       {"journal_mode(WAL)", "synchronous(FULL)", "wal_autocheckpoint(20)"},
	"deleted":   {"journal_mode(DELETE)", "synchronous(EXTRA)"},
	"truncated": {"journal_mode(TRUNCATE)", "synchronous(FULL)"},
}

func TestWhatIsCommittedIsInEveryImage(t *testing.T) {
	for name, pragmas := range modes {
		t.Run(name, func(t *testing.T) {
			l := newLedger(t, pragmas...)
			seed := uint64(0)
			l.disk.Watch(func(op disk.Op) {
				if seed++; seed%3 == 0 {
					if got := l.image(seed, pragmas...); got < l.rows || got > l.rows+1 {
						t.Errorf("before %s: %d transactions are in the image, %d were committed", op, got, l.rows)
					}
				}
			})
			rounds := 16
			if testing.Short() {
				rounds = 8 // nothing in it races
			}
			for range rounds {
				if err := l.add(); err != nil {
					t.Fatal(err)
				}
				if got := l.image(1<<32+uint64(l.rows), pragmas...); got != l.rows {
					t.Errorf("%d transactions are in the image, %d were committed", got, l.rows)
				}
			}
			l.disk.Watch(nil)
			if seed < uint64(4*rounds) {
				t.Errorf("only %d operations were seen", seed)
			}
		})
	}
}

// TestImagesShowWhatIsNotDurable are the controls: commits that SQLite does not promise have to be seen lost.
func TestImagesShowWhatIsNotDurable(t *testing.T) {
	for name, c := range map[string]struct {
		pragmas []string
		lie     string
		whole   bool
	}{
		"NORMAL with a log":               {pragmas: []string{"journal_mode(WAL)", "synchronous(NORMAL)"}},
		"FULL with a log that is not":     {pragmas: []string{"journal_mode(WAL)", "synchronous(FULL)"}, lie: "-wal"},
		"FULL with a journal that may be": {pragmas: []string{"journal_mode(DELETE)", "synchronous(FULL)"}},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger(t, c.pragmas...)
			l.disk.Lie(c.lie)
			lost := 0
			for seed := range uint64(40) {
				if err := l.add(); err != nil {
					t.Fatal(err)
				}
				if got := l.image(seed, c.pragmas...); got < l.rows {
					lost++
				}
			}
			if lost < 5 {
				t.Errorf("of 40 images %d have lost a commit: the images are kinder than a power cut", lost)
			}
		})
	}
}

func TestADatabaseThatIsNotSyncedAtAllBreaks(t *testing.T) {
	pragmas := []string{"journal_mode(DELETE)", "synchronous(OFF)"}
	l := newLedger(t, pragmas...)
	for range 20 {
		if err := l.add(); err != nil {
			t.Fatal(err)
		}
	}
	for seed := range uint64(20) {
		to := t.TempDir()
		if err := l.disk.Image(to, rand.New(rand.NewPCG(seed, 0))); err != nil {
			t.Fatal(err)
		}
		db := open(t, to, pragmas...)
		var check string
		err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&check)
		db.Close()
		if err != nil || check != "ok" {
			return
		}
	}
	t.Error("without any sync, every image is whole: nothing is torn or reordered")
}

func TestTheSameSeedGivesTheSameImage(t *testing.T) {
	l := newLedger(t, "journal_mode(WAL)", "synchronous(NORMAL)")
	for range 5 {
		if err := l.add(); err != nil {
			t.Fatal(err)
		}
	}
	different := false
	for seed := range uint64(10) {
		first, again, other := l.bytes(seed), l.bytes(seed), l.bytes(seed+1)
		if first != again {
			t.Errorf("two images of seed %d differ", seed)
		}
		different = different || first != other
	}
	if !different {
		t.Error("all seeds give the same image")
	}
}

// bytes gives all files of an image.
func (l *ledger) bytes(seed uint64) string {
	l.t.Helper()
	to := l.t.TempDir()
	if err := l.disk.Image(to, rand.New(rand.NewPCG(seed, 0))); err != nil {
		l.t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range []string{"ledger.db", "ledger.db-wal"} {
		content, err := os.ReadFile(filepath.Join(to, name))
		fmt.Fprintln(&all, name, err == nil, string(content))
	}
	return all.String()
}

// TestADiskThatFails fails every operation of a few transactions, each in each way.
func TestADiskThatFails(t *testing.T) {
	for name, pragmas := range modes {
		for _, failure := range []disk.Failure{disk.EIO, disk.Full} {
			for _, forGood := range []bool{false, true} {
				t.Run(fmt.Sprint(name, " ", failure, " for good ", forGood), func(t *testing.T) {
					l := newLedger(t, pragmas...)
					failed := 0
					for range 12 {
						before := l.disk.Ops()
						l.disk.FailAt(before+1+int64(l.rows%7), failure, forGood)
						err := l.add()
						l.disk.FailAt(0, "", false)
						if err != nil {
							failed++
							isStorageError(t, err)
						}
						if got := whole(t, l.db); got != l.rows && got != l.rows+1 {
							t.Fatalf("%d transactions are there after a failure, %d were committed", got, l.rows)
						} else if got > l.rows && err == nil {
							t.Fatal("a transaction is there that was not made")
						} else {
							l.rows = got // a commit that failed may have succeeded: only its journal could not be removed
						}
						if err := l.add(); err != nil {
							t.Fatalf("after a failure that is over: %v", err)
						}
					}
					if got := l.image(7, pragmas...); got != l.rows || failed == 0 {
						t.Errorf("%d transactions are in the image, %d were committed; %d had failed", got, l.rows, failed)
					}
				})
			}
		}
	}
}

func isStorageError(t testing.TB, err error) {
	t.Helper()
	var failure *sqlite.Error
	if !errors.As(err, &failure) {
		t.Fatalf("a failing disk is reported as %v", err)
	}
	switch failure.Code() & 0xff {
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN:
	default:
		t.Fatalf("a failing disk is reported as %v", err)
	}
}

func TestAFullDisk(t *testing.T) {
	l := newLedger(t, modes["log"]...)
	l.disk.Limit(200_000)
	var err error
	for err == nil {
		err = l.add()
	}
	var failure *sqlite.Error
	if !errors.As(err, &failure) || failure.Code() != sqlite3.SQLITE_FULL {
		t.Fatalf("a full disk is reported as %v", err)
	}
	if got := whole(t, l.db); got != l.rows || l.rows < 5 || l.disk.Size() > 200_000 {
		t.Errorf("%d transactions are on the full disk of %d bytes, %d were committed", got, l.disk.Size(), l.rows)
	}
	l.disk.Limit(-1)
	if err := l.add(); err != nil {
		t.Errorf("with space again: %v", err)
	}
}

func TestAfterTheCutNothingWorks(t *testing.T) {
	l := newLedger(t, modes["log"]...)
	if err := l.add(); err != nil {
		t.Fatal(err)
	}
	ops := l.disk.Ops()
	l.disk.Watch(func(op disk.Op) {
		if op.Number == ops+2 {
			l.disk.Cut()
		}
	})
	isStorageError(t, l.add())
	l.db.Close()
	_, err := open(t, l.dir).ExecContext(t.Context(), "SELECT count(*) FROM entries")
	isStorageError(t, err)
	if got := l.image(1); got != 1 {
		t.Errorf("%d transactions are in the image, 1 was committed", got)
	}
	l.disk.Close()
	if got := whole(t, open(t, l.dir)); got != 1 {
		t.Errorf("%d transactions are in the files, 1 was committed", got)
	}
}

func TestAReadThatFails(t *testing.T) {
	l := newLedger(t, modes["deleted"]...)
	for range 20 {
		if err := l.add(); err != nil {
			t.Fatal(err)
		}
	}
	l.db.Close()
	l.disk.FailReadAt(l.disk.Reads()+3, disk.EIO, true)
	db := open(t, l.dir)
	var n int
	isStorageError(t, db.QueryRowContext(t.Context(), "SELECT sum(length(text)) FROM entries").Scan(&n))
	l.disk.FailReadAt(0, "", false)
	if got := whole(t, db); got != 20 {
		t.Errorf("%d transactions are there, 20 were committed", got)
	}
}

// TestFilesThatOthersMade checks what the disk makes of files that SQLite finds.
func TestFilesThatOthersMade(t *testing.T) {
	l := newLedger(t, modes["log"]...)
	if err := l.add(); err != nil {
		t.Fatal(err)
	}
	l.db.Close()
	file := filepath.Join(l.dir, "ledger.db")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	again, err := disk.New(l.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	l.disk = again
	if got := l.image(1); got != 1 {
		t.Errorf("%d transactions are in the image of a disk that was made over one", got)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	made := open(t, l.dir, modes["deleted"]...)
	if _, err := made.ExecContext(t.Context(), "CREATE TABLE others (id)"); err != nil {
		t.Fatal(err)
	}
	made.Close()
	if got := l.image(1); got != 0 {
		t.Errorf("%d transactions are in the image after the file was removed", got)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := whole(t, open(t, l.dir)); got != 1 {
		t.Errorf("%d transactions are in a file that was put there", got)
	}
	if got := l.image(1); got != 1 {
		t.Errorf("%d transactions are in the image of a file that was put there", got)
	}
}

func BenchmarkImage(b *testing.B) {
	l := newLedger(b, modes["log"]...)
	for range 40 {
		if err := l.add(); err != nil {
			b.Fatal(err)
		}
	}
	seed := uint64(0)
	for b.Loop() {
		seed++
		if got := l.image(seed); got != l.rows {
			b.Fatalf("%d transactions are in the image, %d were committed", got, l.rows)
		}
	}
	b.ReportMetric(float64(l.disk.Size()), "bytes")
}
