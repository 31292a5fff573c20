package main

import (
	"errors"
	"os"
	"path/filepath"

	"satchel/clientlib"
)

// description is what --help begins with.
const description = `The device program of Satchel. What a command says was saved is on the disk, whatever happens next.

Exit status: 0 done; 1 not done, and nothing was changed unless the message says so; 3 the link to the server broke,
nothing is lost, try again; 4 the sync is not complete or not safe, sync again; 5 the store stays locked or is not
there; 6 the device has to be enrolled, or was taken out of the programme; 80 the command line is wrong.`

// The exit statuses that description explains.
const (
	exitFailed   = 1
	exitLink     = 3
	exitUnsafe   = 4
	exitLocked   = 5
	exitStranger = 6
)

// errUnsafe means that a sync ended without both sides having the same.
var errUnsafe = errors.New("the device and the office do not hold the same yet; nothing is lost, and everything recorded is on this device or at the office; sync again, and tell the office if it says so again")

// exitCode gives the exit status that tells an error to a script.
func exitCode(err error) int {
	for code, kinds := range map[int][]error{
		exitLink:     {clientlib.ErrLink, clientlib.ErrSyncing},
		exitUnsafe:   {errUnsafe},
		exitLocked:   {clientlib.ErrWrongPIN, clientlib.ErrNoStore, clientlib.ErrNewer},
		exitStranger: {clientlib.ErrNotEnrolled, clientlib.ErrEnrolAgain, clientlib.ErrWiped},
	} {
		for _, kind := range kinds {
			if errors.Is(err, kind) {
				return code
			}
		}
	}
	return exitFailed
}

// defaultStore gives the path of the store where none is named: in the user's own configuration folder.
func defaultStore() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "satchel-device.db"
	}
	return filepath.Join(dir, "satchel", "device.db")
}
