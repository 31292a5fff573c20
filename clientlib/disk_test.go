package clientlib_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"satchel/clientlib"
	"satchel/internal/simtest/disk"
)

// onDisk puts a directory on a disk that can fail.
func onDisk(t *testing.T, dir string) *disk.Disk {
	t.Helper()
	d, err := disk.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func TestADeviceIsWipedAlsoIfItsFileCannotBeCleaned(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	d.store.Close()
	broken := onDisk(t, filepath.Dir(d.path))
	d.reopen()
	d.household(vranje, "Ana")
	id := d.status().Device
	o.change(func() { o.books.tablets[id].revoked = true })
	broken.Watch(func(op disk.Op) {
		if op.Kind == disk.Truncate { // nothing but the cleaning truncates
			broken.FailAt(op.Number, disk.EIO, true)
		}
	})
	_, err := d.store.Sync(t.Context(), nil)
	if !errors.Is(err, clientlib.ErrWiped) || !strings.Contains(err.Error(), "could not be made smaller") {
		t.Errorf("got %v, want that the device is wiped, and what of it failed", err)
	}
	broken.FailAt(0, "", false)
	is(t, "changes at the office", o.changesOf(id), 1)
}

func TestAStoreThatCannotBeMadeForWantOfSpaceSaysSoEachTime(t *testing.T) {
	t.Parallel()
	d := &device{t: t, path: filepath.Join(t.TempDir(), "store.db"), link: goodLink()}
	full := onDisk(t, filepath.Dir(d.path))
	full.Limit(8192)
	for range 2 {
		if _, err := clientlib.Create(t.Context(), d.path, pin, clientlib.Options{}); err == nil || !strings.Contains(err.Error(), "disk is full") {
			t.Errorf("making a store on a full disk: %v", err)
		}
	}
	full.Limit(-1)
	store, err := clientlib.Create(t.Context(), d.path, pin, clientlib.Options{})
	if err != nil {
		t.Fatal(err)
	}
	store.Close()
}

func TestWhoeverMakesAStoreOnADiskThatFailsIsToldWhatIsSafe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	broken := onDisk(t, dir)
	cheap := clientlib.Options{PINCost: clientlib.PINCost{Memory: 8, Passes: 1, Threads: 1}}
	told := 0
	for op := int64(1); ; op++ {
		path := filepath.Join(dir, fmt.Sprint(op, ".db"))
		fails := broken.Ops() + op
		broken.FailAt(fails, disk.EIO, false)
		store, err := clientlib.Create(t.Context(), path, pin, cheap)
		if err == nil {
			err = errors.Join(store.ChangePIN(t.Context(), pin, pin), store.Close())
		}
		if broken.Ops() < fails {
			break
		}
		if err == nil {
			continue
		}
		told++
		if !strings.Contains(err.Error(), "safe") {
			t.Errorf("operation %d: %v", op, err)
		}
	}
	if told == 0 {
		t.Error("nobody was told of any operation that failed")
	}
}
