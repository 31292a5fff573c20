package main

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

// freeBytes gives the free space on the disk that holds a file, 0 if that cannot be told.
func freeBytes(file string) int64 {
	path, err := windows.UTF16PtrFromString(filepath.Dir(file))
	if err != nil {
		return 0
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(path, &free, nil, nil); err != nil {
		return 0
	}
	return int64(free) //nolint:gosec // no disk is that large
}
