package disk

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// system is the VFS of the process.
var system struct {
	once sync.Once
	err  error
	// below is the VFS that was the default before; methods are those of our files.
	below, methods uintptr

	mu    sync.RWMutex
	disks map[string]*Disk
	// handles are the open files, by the address at which SQLite keeps them.
	handles map[uintptr]*handle
}

// A handle is one opening of a file. SQLite keeps the file of the VFS below behind the header that it
// keeps for us.
type handle struct {
	disk *Disk
	file *file
	path string
	// fresh is set if the first sync also syncs the directory.
	fresh bool
}

const header = unsafe.Sizeof(sqlite3.Tsqlite3_file{})

// Install makes the VFS the default one of this process. It is enough to do it once, before the
// databases are opened.
func Install() error {
	system.once.Do(install)
	return system.err
}

func install() {
	tls := libc.NewTLS()
	defer tls.Close()
	s := &system
	s.disks, s.handles = map[string]*Disk{}, map[uintptr]*handle{}
	name, err := libc.CString("satchel-disk")
	if err != nil {
		s.err = fmt.Errorf("register a VFS: %w", err)
		return
	}
	s.below = sqlite3.Xsqlite3_vfs_find(tls, 0)
	s.methods = kept(tls, methods())
	ours := *at[sqlite3.Tsqlite3_vfs](s.below)
	ours.FpNext, ours.FzName = 0, name
	ours.FszOsFile += int32(header)
	ours.FxOpen, ours.FxDelete, ours.FxAccess = pointer(vfsOpen), pointer(vfsDelete), pointer(vfsAccess)
	if rc := sqlite3.Xsqlite3_vfs_register(tls, kept(tls, ours), 1); rc != sqlite3.SQLITE_OK {
		s.err = fmt.Errorf("register a VFS: SQLite says %d", rc)
	}
}

// methods are version 2, which has no memory mapping: that would go past us.
func methods() sqlite3.Tsqlite3_io_methods {
	return sqlite3.Tsqlite3_io_methods{
		FiVersion: 2,
		FxClose:   pointer(fileClose), FxRead: pointer(fileRead), FxWrite: pointer(fileWrite),
		FxTruncate: pointer(fileTruncate), FxSync: pointer(fileSync), FxFileSize: pointer(fileSize),
		FxLock: pointer(fileLock), FxUnlock: pointer(fileUnlock), FxCheckReservedLock: pointer(fileReserved),
		FxFileControl: pointer(fileControl), FxSectorSize: pointer(fileSector), FxDeviceCharacteristics: pointer(fileCharacter),
		FxShmMap: pointer(fileShmMap), FxShmLock: pointer(fileShmLock), FxShmBarrier: pointer(fileShmBarrier), FxShmUnmap: pointer(fileShmUnmap),
	}
}

// kept puts what SQLite keeps an address of where Go's memory does not end.
func kept[T any](tls *libc.TLS, x T) uintptr {
	address := sqlite3.Xsqlite3_malloc(tls, int32(unsafe.Sizeof(x))) //nolint:gosec // a table of a few functions
	*at[T](address) = x
	return address
}

// SQLite passes addresses as numbers, also those of functions.

func at[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) } //nolint:gosec // SQLite says what is there

func function[F any](address uintptr) F { return *(*F)(unsafe.Pointer(&address)) } //nolint:gosec // SQLite says what is there

func pointer[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) } //nolint:gosec // only functions of this package

func bytesAt(address uintptr, n int32) []byte { return unsafe.Slice(at[byte](address), n) } //nolint:gosec // SQLite says how many

// register has the files below the disk's directory go to the disk.
func register(d *Disk) error {
	if err := Install(); err != nil {
		return err
	}
	system.mu.Lock()
	defer system.mu.Unlock()
	system.disks[d.dir] = d
	return nil
}

func unregister(d *Disk) {
	system.mu.Lock()
	defer system.mu.Unlock()
	delete(system.disks, d.dir)
}

// diskOf gives the disk of a file, nil if it is on none.
func diskOf(name uintptr) (*Disk, string) {
	if name == 0 {
		return nil, ""
	}
	system.mu.RLock()
	defer system.mu.RUnlock()
	path := filepath.Clean(libc.GoString(name))
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if d := system.disks[dir]; d != nil || dir == filepath.Dir(dir) {
			return d, path
		}
	}
}

func (f Failure) code(otherwise int32) int32 {
	if f == Full {
		return sqlite3.SQLITE_FULL
	}
	return otherwise
}

func vfsOpen(tls *libc.TLS, _, name, pFile uintptr, flags int32, outFlags uintptr) int32 {
	open := function[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](at[sqlite3.Tsqlite3_vfs](system.below).FxOpen)
	d, path := diskOf(name)
	if d == nil {
		return open(tls, system.below, name, pFile, flags, outFlags)
	}
	at[sqlite3.Tsqlite3_file](pFile).FpMethods = 0
	if d.isCut() {
		return sqlite3.SQLITE_CANTOPEN
	}
	d.recognise(path)
	if !d.has(path) && flags&sqlite3.SQLITE_OPEN_CREATE != 0 && d.ask(Create, path, 0, 0) != "" {
		return sqlite3.SQLITE_CANTOPEN
	}
	if rc := open(tls, system.below, name, pFile+header, flags, outFlags); rc != sqlite3.SQLITE_OK {
		return rc
	}
	const journals = sqlite3.SQLITE_OPEN_MAIN_JOURNAL | sqlite3.SQLITE_OPEN_SUPER_JOURNAL | sqlite3.SQLITE_OPEN_WAL
	h := &handle{d, d.opened(path), path, flags&sqlite3.SQLITE_OPEN_CREATE != 0 && flags&journals != 0}
	system.mu.Lock()
	defer system.mu.Unlock()
	system.handles[pFile] = h
	at[sqlite3.Tsqlite3_file](pFile).FpMethods = system.methods
	return sqlite3.SQLITE_OK
}

func (d *Disk) has(path string) (has bool) {
	d.set(func() { has = d.files[path] != nil })
	return has
}

// recognise takes a file that is closed as it is found, if it was made, deleted or changed by something
// else than SQLite.
func (d *Disk) recognise(path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.files[path]
	if f != nil && f.handles > 0 {
		return
	}
	info, err := os.Stat(path)
	if err == nil && f != nil && f.size == info.Size() {
		return
	}
	delete(d.files, path)
	delete(d.durable, path)
	if content, err := os.ReadFile(filepath.Clean(path)); err == nil && len(content) > 0 {
		f = &file{durable: content, size: int64(len(content))}
		d.files[path], d.durable[path] = f, f
	}
}

// opened gives the file of a name that was just opened, and made if it was not there.
func (d *Disk) opened(path string) *file {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.files[path]
	if f == nil {
		f = &file{}
		d.files[path] = f
		d.entries = append(d.entries, entry{path, f})
	}
	f.handles++
	return f
}

func vfsDelete(tls *libc.TLS, _, name uintptr, directory int32) int32 {
	remove := function[func(*libc.TLS, uintptr, uintptr, int32) int32](at[sqlite3.Tsqlite3_vfs](system.below).FxDelete)
	d, path := diskOf(name)
	if d == nil {
		return remove(tls, system.below, name, directory)
	}
	if d.ask(Delete, path, 0, 0) != "" {
		return sqlite3.SQLITE_IOERR_DELETE
	}
	rc := remove(tls, system.below, name, 0)
	if rc == sqlite3.SQLITE_OK {
		d.noteDelete(path, directory != 0)
	}
	return rc
}

func vfsAccess(tls *libc.TLS, _, name uintptr, flags int32, result uintptr) int32 {
	if d, _ := diskOf(name); d != nil && d.isCut() {
		return sqlite3.SQLITE_IOERR_ACCESS
	}
	access := function[func(*libc.TLS, uintptr, uintptr, int32, uintptr) int32](at[sqlite3.Tsqlite3_vfs](system.below).FxAccess)
	return access(tls, system.below, name, flags, result)
}

// opening gives a file that is open on a disk, and the same file of the VFS below with its methods.
func opening(pFile uintptr) (*handle, uintptr, *sqlite3.Tsqlite3_io_methods) {
	system.mu.RLock()
	defer system.mu.RUnlock()
	below := pFile + header
	return system.handles[pFile], below, at[sqlite3.Tsqlite3_io_methods](at[sqlite3.Tsqlite3_file](below).FpMethods)
}

func fileClose(tls *libc.TLS, pFile uintptr) int32 {
	h, below, methods := opening(pFile)
	h.disk.set(func() { h.file.handles-- })
	system.mu.Lock()
	delete(system.handles, pFile)
	system.mu.Unlock()
	return function[func(*libc.TLS, uintptr) int32](methods.FxClose)(tls, below)
}

type transfer = func(tls *libc.TLS, pFile, buffer uintptr, n int32, offset int64) int32

func fileRead(tls *libc.TLS, pFile, buffer uintptr, n int32, offset int64) int32 {
	h, below, methods := opening(pFile)
	if h.disk.read() != "" {
		return sqlite3.SQLITE_IOERR_READ
	}
	return function[transfer](methods.FxRead)(tls, below, buffer, n, offset)
}

func fileWrite(tls *libc.TLS, pFile, buffer uintptr, n int32, offset int64) int32 {
	h, below, methods := opening(pFile)
	if failure := h.disk.ask(Write, h.path, offset, int64(n)); failure != "" {
		return failure.code(sqlite3.SQLITE_IOERR_WRITE)
	}
	rc := function[transfer](methods.FxWrite)(tls, below, buffer, n, offset)
	if rc == sqlite3.SQLITE_OK {
		h.disk.note(h.file, edit{offset, bytes.Clone(bytesAt(buffer, n))})
	}
	return rc
}

func fileTruncate(tls *libc.TLS, pFile uintptr, size int64) int32 {
	h, below, methods := opening(pFile)
	if h.disk.ask(Truncate, h.path, size, 0) != "" {
		return sqlite3.SQLITE_IOERR_TRUNCATE
	}
	rc := function[func(*libc.TLS, uintptr, int64) int32](methods.FxTruncate)(tls, below, size)
	if rc == sqlite3.SQLITE_OK {
		h.disk.note(h.file, edit{offset: size})
	}
	return rc
}

// fileSync does not sync the real file: what it holds is not meant to last.
func fileSync(_ *libc.TLS, pFile uintptr, _ int32) int32 {
	h, _, _ := opening(pFile)
	if h.disk.ask(Sync, h.path, 0, 0) != "" {
		return sqlite3.SQLITE_IOERR_FSYNC
	}
	h.disk.noteSync(h.file, h.path, h.fresh)
	h.fresh = false
	return sqlite3.SQLITE_OK
}
