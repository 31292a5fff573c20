//go:build linux && amd64

package kill

import (
	"errors"
	"fmt"
	"strconv"
	"syscall"
)

// A port is an address on this machine that nobody else is given while it is held: servers that are
// started one after another are found at the same place.
type port struct{ socket, number int }

// holdPort has the kernel choose a port, and keeps it without listening on it.
func holdPort() (port, error) {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return port{}, fmt.Errorf("hold a port: %w", err)
	}
	err = errors.Join(
		syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1), // a server binds it too
		syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}),
	)
	name, nameErr := syscall.Getsockname(socket)
	bound, ok := name.(*syscall.SockaddrInet4)
	if err = errors.Join(err, nameErr); err != nil || !ok {
		return port{}, errors.Join(fmt.Errorf("hold a port: %w", err), syscall.Close(socket))
	}
	return port{socket, bound.Port}, nil
}

func (p port) address() string { return "127.0.0.1:" + strconv.Itoa(p.number) }

func (p port) release() error { return syscall.Close(p.socket) }

// mountSmall puts a disk of so many bytes at a folder.
func mountSmall(dir string, size int) error {
	return syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_NODEV|syscall.MS_NOSUID, fmt.Sprintf("size=%d,mode=0700", size))
}

func unmount(dir string) error { return syscall.Unmount(dir, syscall.MNT_DETACH) }
