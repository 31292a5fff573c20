// Package disk is a disk that can lose power, fill up and fail, under the SQLite of this process.
//
// It registers a VFS of its own as SQLite's default one, so that programs that know nothing of it are
// put on it: whatever SQLite keeps below the directory of a [Disk] is passed on to the real files, and
// noted. From the notes, [Disk.Image] writes what a power cut at this moment may leave. Files below no
// Disk are never touched.
//
// It promises to be no kinder than a real disk. A write or a truncation is durable only when its file
// was synced after it. Of those that are not, any may survive, in any order: each 512-byte sector of a
// write on its own, and what lies between them may be zeros or anything. That a file was made or deleted
// is durable only when its directory was synced: by a deletion that asks for it, or by the first sync of
// a new journal or write-ahead log. Shared memory never survives.
//
// What a program does to its files without SQLite is outside the model: a file that appears, vanishes
// or changes its size while SQLite has it closed is taken as it is found, an empty one as not durable
// yet, and any other as durable. It never starts a goroutine, and never waits.
package disk

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// A Disk is one directory and all below it. Its methods may be called while databases on it are in use.
type Disk struct {
	dir string

	mu sync.Mutex
	// files are those that are there now, durable those that are there after a power cut; entries are
	// the steps from one to the other, in order.
	files, durable map[string]*file
	entries        []entry
	ops, reads     int64
	failing        failing
	failingReads   failing
	limit          int64
	cut            bool
	lie            string
	watch          func(Op)
}

// An Op is an operation that changes something, as it was asked for.
type Op struct {
	// Number counts the operations of its disk from 1.
	Number int64
	Kind   Kind
	// Path is the file's, from the disk's directory.
	Path string
	// Offset and Size are those of a write; Offset is where a truncation ends the file.
	Offset, Size int64
}

// String names the operation for an error.
func (o Op) String() string {
	return fmt.Sprintf("operation %d (%s %s, %d bytes at %d)", o.Number, o.Kind, o.Path, o.Size, o.Offset)
}

// A Kind is what an operation does.
type Kind string

// The kinds of operations that change something.
const (
	Create   Kind = "create"
	Write    Kind = "write"
	Truncate Kind = "truncate"
	Sync     Kind = "sync"
	Delete   Kind = "delete"
)

// A Failure is how an operation fails.
type Failure string

// The failures. A full disk shows as such in writes and where files are made; any other operation says,
// as on real disks, that it failed.
const (
	EIO  Failure = "I/O error"
	Full Failure = "disk full"
)

// failing says which operation fails; none if failure is empty.
type failing struct {
	at      int64
	failure Failure
	forGood bool
}

// of gives how the operation of a number fails.
func (f failing) of(number int64) Failure {
	if number == f.at || f.forGood && number > f.at {
		return f.failure
	}
	return ""
}

// New makes a disk of a directory that is there. The files below it are taken as durable.
func New(dir string) (*Disk, error) {
	dir, err := filepath.Abs(dir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("make a disk of a directory: %w", err)
	}
	d := &Disk{dir: dir, files: map[string]*file{}, durable: map[string]*file{}, limit: -1}
	there := os.DirFS(dir)
	err = fs.WalkDir(there, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || strings.HasSuffix(name, "-shm") {
			return err
		}
		content, err := fs.ReadFile(there, name)
		f, path := &file{durable: content, size: int64(len(content))}, filepath.Join(dir, name)
		d.files[path], d.durable[path] = f, f
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what is on the disk: %w", err)
	}
	return d, register(d)
}

// Close forgets the disk: files that are opened from now on are not its own.
func (d *Disk) Close() { unregister(d) }

// Cut switches the machine off: whatever is asked of the disk from now on fails.
func (d *Disk) Cut() { d.set(func() { d.cut = true }) }

// Ops gives how many operations that change something were asked for.
func (d *Disk) Ops() (n int64) {
	d.set(func() { n = d.ops })
	return n
}

// Reads gives how many reads were asked for.
func (d *Disk) Reads() (n int64) {
	d.set(func() { n = d.reads })
	return n
}

// FailAt has the operation of that number fail, once or with all that follow. The next one has the
// number Ops() + 1. There is one such plan at a time; a failure of "" makes the disk well again.
func (d *Disk) FailAt(op int64, failure Failure, forGood bool) {
	d.set(func() { d.failing = failing{op, failure, forGood} })
}

// FailReadAt has the read of that number fail, once or with all that follow. A failure of "" makes the
// disk well again.
func (d *Disk) FailReadAt(read int64, failure Failure, forGood bool) {
	d.set(func() { d.failingReads = failing{read, failure, forGood} })
}

// Limit bounds the bytes of all files together: a write that would need more fails as on a full disk.
// -1 is no limit.
func (d *Disk) Limit(bytes int64) { d.set(func() { d.limit = bytes }) }

// Size gives the bytes of all files together.
func (d *Disk) Size() (n int64) {
	d.set(func() { n = d.size() })
	return n
}

// Lie has the disk say that files with a suffix were synced, and not do it. With "-wal" it does to
// commits what synchronous=NORMAL does. "" ends it.
func (d *Disk) Lie(suffix string) { d.set(func() { d.lie = suffix }) }

// Watch has fn called before each operation is done, from within SQLite: fn may open other databases,
// and call the disk's methods; it must not use the database under way. nil ends it.
func (d *Disk) Watch(fn func(Op)) { d.set(func() { d.watch = fn }) }

func (d *Disk) set(fn func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fn()
}

func (d *Disk) size() (n int64) {
	for _, f := range d.files {
		n += f.size
	}
	return n
}

// ask counts an operation, shows it to who watches, and gives how it fails, "" if it does not.
func (d *Disk) ask(kind Kind, path string, offset, size int64) Failure {
	d.mu.Lock()
	d.ops++
	op := Op{Number: d.ops, Kind: kind, Offset: offset, Size: size}
	watch := d.watch
	if d.cut {
		watch = nil
	}
	d.mu.Unlock()
	if watch != nil {
		op.Path, _ = filepath.Rel(d.dir, path)
		watch(op)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cut {
		return EIO
	}
	if failure := d.failing.of(op.Number); failure != "" {
		return failure
	}
	if grows := offset + size - d.sizeOf(path); kind == Write && d.limit >= 0 && grows > 0 && d.size()+grows > d.limit {
		return Full
	}
	return ""
}

// sizeOf gives the size of a file, 0 if it is not there.
func (d *Disk) sizeOf(path string) int64 {
	if f := d.files[path]; f != nil {
		return f.size
	}
	return 0
}

// read counts a read, and gives how it fails, "" if it does not.
func (d *Disk) read() Failure {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reads++
	if d.cut {
		return EIO
	}
	return d.failingReads.of(d.reads)
}

func (d *Disk) isCut() (cut bool) {
	d.set(func() { cut = d.cut })
	return cut
}
