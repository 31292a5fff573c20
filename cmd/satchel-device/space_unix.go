//go:build linux || darwin || freebsd

package main

import (
	"path/filepath"

	"golang.org/x/sys/unix"
)

// freeBytes gives the free space on the disk that holds a file, 0 if that cannot be told.
func freeBytes(file string) int64 {
	var fs unix.Statfs_t
	if err := unix.Statfs(filepath.Dir(file), &fs); err != nil {
		return 0
	}
	return int64(fs.Bavail) * int64(fs.Bsize) //nolint:gosec,unconvert // the types differ from system to system, and no disk is that large
}
