package disk

import (
	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// These methods are the business of the VFS below: locks, shared memory, and what kind of disk it is.

type (
	ofFile       = func(*libc.TLS, uintptr) int32
	ofFileAndInt = func(*libc.TLS, uintptr, int32) int32
	ofFileAndPtr = func(*libc.TLS, uintptr, uintptr) int32
	ofControl    = func(*libc.TLS, uintptr, int32, uintptr) int32
	ofShmMap     = func(*libc.TLS, uintptr, int32, int32, int32, uintptr) int32
	ofShmLock    = func(*libc.TLS, uintptr, int32, int32, int32) int32
	ofBarrier    = func(*libc.TLS, uintptr)
)

func fileSize(tls *libc.TLS, pFile, size uintptr) int32 {
	_, below, methods := opening(pFile)
	return function[ofFileAndPtr](methods.FxFileSize)(tls, below, size)
}

func fileLock(tls *libc.TLS, pFile uintptr, level int32) int32 {
	_, below, methods := opening(pFile)
	return function[ofFileAndInt](methods.FxLock)(tls, below, level)
}

func fileUnlock(tls *libc.TLS, pFile uintptr, level int32) int32 {
	_, below, methods := opening(pFile)
	return function[ofFileAndInt](methods.FxUnlock)(tls, below, level)
}

func fileReserved(tls *libc.TLS, pFile, result uintptr) int32 {
	_, below, methods := opening(pFile)
	return function[ofFileAndPtr](methods.FxCheckReservedLock)(tls, below, result)
}

// fileControl keeps the VFS below from making a file longer on a hint, which nobody would have noted.
func fileControl(tls *libc.TLS, pFile uintptr, op int32, arg uintptr) int32 {
	if op == sqlite3.SQLITE_FCNTL_SIZE_HINT {
		return sqlite3.SQLITE_OK
	}
	_, below, methods := opening(pFile)
	return function[ofControl](methods.FxFileControl)(tls, below, op, arg)
}

func fileSector(tls *libc.TLS, pFile uintptr) int32 {
	_, below, methods := opening(pFile)
	return function[ofFile](methods.FxSectorSize)(tls, below)
}

func fileCharacter(tls *libc.TLS, pFile uintptr) int32 {
	_, below, methods := opening(pFile)
	return function[ofFile](methods.FxDeviceCharacteristics)(tls, below)
}

func fileShmMap(tls *libc.TLS, pFile uintptr, page, size, extend int32, out uintptr) int32 {
	_, below, methods := opening(pFile)
	return function[ofShmMap](methods.FxShmMap)(tls, below, page, size, extend, out)
}

func fileShmLock(tls *libc.TLS, pFile uintptr, offset, n, flags int32) int32 {
	_, below, methods := opening(pFile)
	return function[ofShmLock](methods.FxShmLock)(tls, below, offset, n, flags)
}

func fileShmBarrier(tls *libc.TLS, pFile uintptr) {
	_, below, methods := opening(pFile)
	function[ofBarrier](methods.FxShmBarrier)(tls, below)
}

func fileShmUnmap(tls *libc.TLS, pFile uintptr, remove int32) int32 {
	_, below, methods := opening(pFile)
	return function[ofFileAndInt](methods.FxShmUnmap)(tls, below, remove)
}
