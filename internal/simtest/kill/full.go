package kill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"satchel/syncproto"
)

// ErrNoMount means that whoever runs this may not mount the small disk that is to be filled.
var ErrNoMount = errors.New("a small disk cannot be mounted here; it takes root")

// The sizes of the disk and of what is written to fill it, in bytes.
const (
	diskSize = 2 << 20
	block    = 4 << 10
	// enough is room for any one save.
	enough = 32 * block
)

// Full has the disk run full, first the server's and then the device's: what was acknowledged or saved
// before stays, what does not fit is refused in words that say so, and everything goes on once there is
// room again. It fails with [ErrNoMount] where it cannot be tried.
func Full(ctx context.Context, bin Binaries) error {
	for _, side := range []Side{Server, Device} {
		if err := full(ctx, bin, side); err != nil {
			return fmt.Errorf("the disk of the %s is full: %w", side, err)
		}
	}
	return nil
}

// full does a day's work on a disk that runs full, and looks at what came of it.
func full(ctx context.Context, bin Binaries, side Side) (err error) {
	t, err := newTrial(ctx, bin, slices.Index(Scripts(), scripts()[1].name))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.close(ctx)) }()
	return t.onSmallDisk(side, func(dir string, room disk) error {
		fill := map[Side]func(context.Context, string, disk) error{Server: t.fillServer, Device: t.fillDevice}
		if err := fill[side](ctx, dir, room); err != nil {
			return err
		}
		if err := t.whole(ctx, dir); err != nil {
			return fmt.Errorf("once there is room: %w", err)
		}
		_, err := t.stage.look(ctx, dir)
		return err
	})
}

// onSmallDisk does something with a copy of what the script left, of which one side is on a disk of its
// own.
func (t *trial) onSmallDisk(side Side, do func(dir string, room disk) error) (err error) {
	dir, office := filepath.Join(t.dir, "small"), filepath.Join(t.dir, "office")
	at := dir
	if side == Server {
		at = filepath.Join(dir, dataDir)
	}
	if err := errors.Join(os.MkdirAll(at, 0o700), os.Mkdir(office, 0o700)); err != nil {
		return err
	}
	if err := mountSmall(at, diskSize); err != nil {
		if errors.Is(err, os.ErrPermission) {
			err = ErrNoMount
		}
		return err
	}
	defer func() { err = errors.Join(err, unmount(at)) }()
	if side == Device { // its disk has no room for the server's data too
		if err := os.Symlink(office, filepath.Join(dir, dataDir)); err != nil {
			return err
		}
	}
	if err := os.CopyFS(dir, os.DirFS(t.stage.dir)); err != nil {
		return err
	}
	return do(dir, disk(filepath.Join(at, "filler")))
}

// A disk is the path of a file that takes up the room on it.
type disk string

// leave fills the disk up to so many bytes.
func (d disk) leave(room int64) error {
	if err := d.empty(); err != nil {
		return err
	}
	file, err := os.OpenFile(string(d), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	size := int64(0)
	for err == nil {
		var n int
		n, err = file.Write(make([]byte, block))
		size += int64(n)
	}
	if errors.Is(err, syscall.ENOSPC) {
		err = file.Truncate(max(0, size-room))
	}
	return errors.Join(err, file.Close())
}

// empty makes room again.
func (d disk) empty() error {
	if err := os.Remove(string(d)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// fillServer syncs until the server has no more room, and starts another one that has none.
func (t *trial) fillServer(ctx context.Context, dir string, room disk) error {
	if err := t.whole(ctx, dir); err != nil {
		return err
	}
	server, _, err := t.bin.serve(ctx, dir, t.port.address(), nil)
	if err != nil {
		return err
	}
	defer server.stop()
	if err := room.leave(0); err != nil {
		return err
	}
	if err := t.syncUntilFull(ctx, dir); err != nil {
		return err
	}
	server.stop()
	if err := room.leave(0); err != nil { // stopping made some
		return err
	}
	again, listens, err := t.bin.serve(ctx, dir, t.port.address(), nil)
	if err != nil {
		return err
	}
	again.stop()
	if !listens && !strings.Contains(again.said.String(), "full") {
		return fmt.Errorf("a server without any room does not say so: %s", again.said)
	}
	return room.empty()
}

// syncUntilFull saves and syncs until the server refuses: it may have some room yet in files that it has.
func (t *trial) syncUntilFull(ctx context.Context, dir string) error {
	const most = 50
	for range most {
		if err := t.saveOne(ctx, dir); err != nil {
			return err
		}
		device, err := t.bin.device(ctx, dir, nil, "sync")
		if err != nil {
			return err
		}
		if device.ran() == nil {
			continue
		}
		for _, want := range []string{string(syncproto.CodeStorageFull), "disk is full", "is safe"} {
			if !strings.Contains(device.said.String(), want) {
				return fmt.Errorf("the device does not say %q: %s", want, device.said)
			}
		}
		return t.unsent(ctx, dir)
	}
	return fmt.Errorf("%d syncs later it still takes changes", most)
}

// unsent checks that the device knows that what it saved last is not at the office.
func (t *trial) unsent(ctx context.Context, dir string) error {
	var status struct {
		Unsent int  `json:"unsent"`
		Safe   bool `json:"safe"`
	}
	if err := t.ask(ctx, dir, &status, "status"); err != nil {
		return err
	}
	if status.Unsent == 0 || status.Safe {
		return fmt.Errorf("after a sync that was refused, the device says %+v", status)
	}
	return nil
}

// fillDevice saves with less and less room, and syncs without any.
func (t *trial) fillDevice(ctx context.Context, dir string, room disk) error {
	done, refused := 0, 0
	for left := int64(enough); left >= 0; left -= 2 * block {
		if err := room.leave(left); err != nil {
			return err
		}
		err := t.saveOne(ctx, dir)
		switch {
		case err == nil:
			done++
		case errors.Is(err, errRefused):
			refused++
		default:
			return err
		}
	}
	if done == 0 || refused == 0 {
		return fmt.Errorf("%d saves went well and %d did not: nothing is shown", done, refused)
	}
	if err := t.syncFull(ctx, dir); err != nil {
		return err
	}
	if err := room.empty(); err != nil {
		return err
	}
	found, err := t.found(ctx, dir)
	if err == nil && len(found) != done {
		err = fmt.Errorf("%d households were reported as saved, and %d are there", done, len(found))
	}
	return err
}

// syncFull syncs a device whose disk has no room at all.
func (t *trial) syncFull(ctx context.Context, dir string) error {
	server, _, err := t.bin.serve(ctx, dir, t.port.address(), nil)
	if err != nil {
		return err
	}
	defer server.stop()
	device, err := t.bin.device(ctx, dir, nil, "sync")
	if err == nil && device.ran() == nil {
		err = fmt.Errorf("a sync went well without any room: %s", device.said)
	}
	if err != nil {
		return err
	}
	return plain(device)
}
