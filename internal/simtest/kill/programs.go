package kill

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Binaries are the programs as they were built, and where there is room for what they write.
type Binaries struct {
	// Dir has satchel and satchel-device.
	Dir string
	// Scratch is a folder for data directories and stores; the system's own for such things if empty.
	// A kill costs half of the time where it is in memory.
	Scratch string
	// Postgres is the URL of the PostgreSQL cluster of the servers' databases; "" is SQLite.
	Postgres string
	// Jobs is how many points are tried at once; 0 is one.
	Jobs int
}

// Build builds the programs into a folder. It has to be called from within the module.
func Build(ctx context.Context, dir string) (Binaries, error) {
	into := dir + string(os.PathSeparator)
	build := exec.CommandContext(ctx, "go", "build", "-o", into, "satchel/cmd/satchel", "satchel/cmd/satchel-device") //nolint:gosec // G204: it builds where it is told to
	if out, err := build.CombinedOutput(); err != nil {
		return Binaries{}, fmt.Errorf("build the programs: %w\n%s", err, out)
	}
	return Binaries{Dir: dir}, nil
}

// pin locks the stores of the devices.
const pin = "4711-4711"

// patience is how long a program may take. They take a tenth of a second; one that hangs is killed, and
// its signal tells it from one that ended.
const patience = time.Minute

// A program is one of the real programs, running.
type program struct {
	cmd  *exec.Cmd
	said *transcript
	// over is closed when the program has ended, and status then says how.
	over   chan struct{}
	status syscall.WaitStatus
}

// start starts a program. With ask, it is asked about each call that the program makes in dir.
func (b Binaries) start(ctx context.Context, dir string, ask func(Call) fate, name string, args ...string) (*program, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	cmd := exec.CommandContext(ctx, filepath.Join(b.Dir, name), args...) //nolint:gosec // G204: it runs the programs that it was given
	p := &program{cmd: cmd, said: &transcript{seen: make(chan struct{})}, over: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p.said, p.said
	cmd.Env = append(os.Environ(), "SATCHEL_PIN="+pin, "SATCHEL_STORE="+filepath.Join(dir, storeFile), "SATCHEL_DATABASE="+b.config(dir).Database)
	ended, err := run(cmd, dir, ask)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		p.status = <-ended
		cancel()
		close(p.over)
	}()
	return p, nil
}

// run starts a command, traced if there is anybody to ask.
func run(cmd *exec.Cmd, dir string, ask func(Call) fate) (<-chan syscall.WaitStatus, error) {
	if ask != nil {
		return trace(cmd, dir, ask)
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ended := make(chan syscall.WaitStatus, 1)
	go func() {
		_ = cmd.Wait() // the status says more
		status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
		ended <- status
	}()
	return ended, nil
}

// end waits until the program has ended.
func (p *program) end() { <-p.over }

// stop ends the program as the system's service manager does.
func (p *program) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	p.end()
}

// ran says how a program that was left alone failed, if it did.
func (p *program) ran() error {
	if p.status.Exited() && p.status.ExitStatus() == 0 {
		return nil
	}
	return fmt.Errorf("%s %s:\n%s", filepath.Base(p.cmd.Path), how(p.status), p.said)
}

func how(s syscall.WaitStatus) string {
	if s.Signaled() {
		return "was ended by signal " + s.Signal().String()
	}
	return fmt.Sprintf("ended with status %d", s.ExitStatus())
}

// listening is what a server says once it listens.
const listening = "Satchel listens on "

// A transcript is what a program says, and seen is closed once it says that it listens.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
	seen chan struct{}
	done bool
}

func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text.Write(p)
	if !t.done && bytes.Contains(t.text.Bytes(), []byte(listening)) {
		t.done = true
		close(t.seen)
	}
	return len(p), nil
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(t.text.String())
}

// serve starts a server on the data directory in dir, and reports whether it came to listen.
func (b Binaries) serve(ctx context.Context, dir, address string, ask func(Call) fate) (p *program, listens bool, err error) {
	p, err = b.start(ctx, dir, ask, "satchel", "--data", filepath.Join(dir, dataDir), "serve", "--listen", address)
	if err != nil {
		return nil, false, err
	}
	select {
	case <-p.said.seen:
		return p, true, nil
	case <-p.over:
		return p, false, nil
	}
}

// device runs one command of the device program to its end.
func (b Binaries) device(ctx context.Context, dir string, ask func(Call) fate, args ...string) (*program, error) {
	p, err := b.start(ctx, dir, ask, "satchel-device", args...)
	if err == nil {
		p.end()
	}
	return p, err
}

// The state of both sides is a folder with these in it.
const (
	dataDir   = "data"
	storeFile = "device.db"
)

// scratch makes a folder for one run.
func (b Binaries) scratch() (string, error) {
	dir, err := os.MkdirTemp(b.Scratch, "satchel-kill-")
	if err != nil {
		return "", fmt.Errorf("make room for a run: %w", err)
	}
	return dir, nil
}

// ErrNotHere means that this system cannot stop programs at their calls as it is done here.
var ErrNotHere = errors.New("programs are stopped at their calls by ptrace, which is done for Linux on amd64 only")
