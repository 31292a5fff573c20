package fleet

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"

	"satchel/internal/simtest/disk"
)

// A machine is a directory on a disk of its own, which can lose power at any operation. What is left
// of it then is another directory, from which it starts again.
type machine struct {
	root string
	// boots counts the directories.
	boots int
	// mounts makes the disk of a directory.
	mounts func(dir string) (medium, error)
	disk   medium
	// pace is how many operations come to the medium where one comes to a disk.
	pace int
	// dead is set once the power is cut; cuts is told when.
	dead atomic.Bool
	cuts func(*rand.Rand)
	// ill is set while the disk is full or may fail.
	ill atomic.Bool
}

// A medium is what may fail under a machine: its disk, or what takes the disk's place.
type medium interface {
	Watch(fn func(disk.Op))
	Ops() int64
	FailAt(op int64, failure disk.Failure, forGood bool)
	Limit(bytes int64)
	Size() int64
	Image(to string, r *rand.Rand) error
	Cut()
	Close()
}

func newMachine(root string, mounts func(dir string) (medium, error)) (*machine, error) {
	m := &machine{root: root, mounts: mounts, pace: 1, cuts: func(*rand.Rand) {}}
	if err := os.MkdirAll(m.dir(), 0o700); err != nil {
		return nil, fmt.Errorf("make a machine: %w", err)
	}
	return m, m.mount()
}

// dir is where the machine's files are now.
func (m *machine) dir() string { return filepath.Join(m.root, fmt.Sprint("boot-", m.boots)) }

func (m *machine) next() string { return filepath.Join(m.root, fmt.Sprint("boot-", m.boots+1)) }

// mount takes what is in the directory as durable.
func (m *machine) mount() (err error) {
	m.disk, err = m.mounts(m.dir())
	return err
}

// off does something to the machine's files while nothing on it runs.
func (m *machine) off(do func(dir string) error) error {
	m.disk.Close()
	if err := do(m.dir()); err != nil {
		return err
	}
	return m.mount()
}

// cutAt cuts the power before the operation that comes after so many others of a disk. The seed decides what survives.
func (m *machine) cutAt(after int, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 5)) //nolint:gosec // it makes up a story
	left := atomic.Int64{}
	left.Store(int64(after*m.pace) + int64(seed%uint64(m.pace))) //nolint:gosec // both are small
	m.disk.Watch(func(disk.Op) {
		if left.Add(-1) == -1 {
			m.cut(r)
		}
	})
}

// cut cuts the power now.
func (m *machine) cut(r *rand.Rand) {
	if m.dead.Swap(true) {
		return
	}
	if err := os.MkdirAll(m.next(), 0o700); err != nil {
		panic(err) // the machine of the simulation itself is full
	}
	if err := errors.Join(m.disk.Image(m.next(), r), survive(m.dir(), m.next(), r)); err != nil {
		panic(err)
	}
	m.disk.Cut()
	m.cuts(r)
}

// fillUp leaves little room on the disk.
func (m *machine) fillUp(r *rand.Rand) {
	m.ill.Store(true)
	m.disk.Limit(m.disk.Size() + r.Int64N(1<<16))
}

// failAt has the operation fail that comes after so many others of a disk.
func (m *machine) failAt(after int, failure disk.Failure) {
	m.ill.Store(true)
	m.disk.FailAt(m.disk.Ops()+1+int64(after*m.pace), failure, false)
}

// calm takes back what was to happen to the machine.
func (m *machine) calm() {
	m.disk.Watch(nil)
	m.disk.FailAt(0, "", false)
	m.disk.Limit(-1)
	m.ill.Store(false)
}

// boot starts the machine again after its power was cut.
func (m *machine) boot() error {
	m.disk.Close()
	if err := os.RemoveAll(m.dir()); err != nil {
		return fmt.Errorf("throw away a machine's files: %w", err)
	}
	m.boots++
	m.dead.Store(false)
	m.ill.Store(false)
	return m.mount()
}
