//go:build linux && amd64

package kill

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// What Linux knows and package syscall does not name.
const (
	sysRenameat2     = 316
	waitAll          = 0x40000000 // threads too
	waitOwn          = 0x20000000 // only what this thread traces
	traceKillOnExit  = 0x00100000
	syscallStop      = syscall.SIGTRAP | 0x80
	resultUndecided  = -int64(syscall.ENOSYS)
	longestPathBytes = 512
)

// How a call names the file that it is about.
const (
	byDescriptor = iota
	byFirst
	bySecond
)

// counted are the calls that leave something behind: on the disk, or with whoever is on the other end
// of a connection.
func counted() map[uint64]kind {
	return map[uint64]kind{
		syscall.SYS_WRITE: {"write", byDescriptor}, syscall.SYS_PWRITE64: {"pwrite", byDescriptor},
		syscall.SYS_WRITEV: {"writev", byDescriptor}, syscall.SYS_PWRITEV: {"pwritev", byDescriptor},
		syscall.SYS_SENDTO: {"send", byDescriptor}, syscall.SYS_SENDMSG: {"send", byDescriptor},
		syscall.SYS_FTRUNCATE: {"truncate", byDescriptor}, syscall.SYS_FALLOCATE: {"allocate", byDescriptor},
		syscall.SYS_FSYNC: {"fsync", byDescriptor}, syscall.SYS_FDATASYNC: {"fsync", byDescriptor},
		syscall.SYS_OPEN: {"create", byFirst}, syscall.SYS_OPENAT: {"create", bySecond},
		syscall.SYS_UNLINK: {"unlink", byFirst}, syscall.SYS_UNLINKAT: {"unlink", bySecond},
		syscall.SYS_RENAME: {"rename", byFirst}, syscall.SYS_RENAMEAT: {"rename", bySecond}, sysRenameat2: {"rename", bySecond},
		syscall.SYS_LINK: {"link", byFirst}, syscall.SYS_LINKAT: {"link", bySecond},
		syscall.SYS_MKDIR: {"mkdir", byFirst}, syscall.SYS_MKDIRAT: {"mkdir", bySecond},
	}
}

// A kind is what people call a system call, and how it names its file.
type kind struct {
	name  string
	named int
}

// A tracer runs one program under ptrace.
type tracer struct {
	cmd     *exec.Cmd
	dir     string
	ask     func(Call) fate
	counted map[uint64]kind
	status  syscall.WaitStatus
}

// trace starts cmd and asks, before each of its calls that leave something behind in dir or on the
// network, what becomes of it. It returns once the program runs; ended then gives how it ended.
func trace(cmd *exec.Cmd, dir string, ask func(Call) fate) (ended <-chan syscall.WaitStatus, err error) {
	t := &tracer{cmd: cmd, dir: dir, ask: ask, counted: counted()}
	started, done := make(chan error), make(chan syscall.WaitStatus, 1)
	go func() {
		// The kernel ties a traced program to the thread that started it. Never unlocked, the thread
		// ends with this function, and with it whatever it would still trace.
		runtime.LockOSThread()
		// In a group of its own, it is told from what the same thread has started otherwise.
		cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Setpgid: true}
		err := cmd.Start()
		started <- err
		if err == nil {
			t.follow()
			done <- t.status
		}
	}()
	return done, <-started
}

// follow serves the stops of all threads until the last of them has ended.
func (t *tracer) follow() {
	for {
		var status syscall.WaitStatus
		tid, err := syscall.Wait4(-t.cmd.Process.Pid, &status, waitAll|waitOwn, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil: // there is nobody left
			_ = t.cmd.Wait() // it only ends the copying of what the program said: how it ended is known
			return
		case status.Stopped():
			t.resume(tid, t.stopped(tid, status))
		case tid == t.cmd.Process.Pid:
			t.status = status
		}
	}
}

// resume lets a thread go on to its next call. A thread that was killed meanwhile is not there any more.
func (t *tracer) resume(tid int, signal syscall.Signal) {
	_ = syscall.PtraceSyscall(tid, int(signal)) // ESRCH, as said above
}

// stopped looks at a thread that has stopped, and gives the signal that it is to be given.
func (t *tracer) stopped(tid int, status syscall.WaitStatus) syscall.Signal {
	switch signal := status.StopSignal(); signal {
	case syscallStop:
		t.call(tid)
		return 0
	case syscall.SIGTRAP: // the program was loaded, or has a new thread
		_ = syscall.PtraceSetOptions(tid, syscall.PTRACE_O_TRACESYSGOOD|syscall.PTRACE_O_TRACECLONE|traceKillOnExit) // as resume
		return 0
	case syscall.SIGSTOP: // a new thread begins with it
		return 0
	default:
		return signal
	}
}

// call does with a call what was asked for.
func (t *tracer) call(tid int) {
	var regs syscall.PtraceRegs
	if syscall.PtraceGetRegs(tid, &regs) != nil || int64(regs.Rax) != resultUndecided { //nolint:gosec // G115: it is a signed number in a register
		return // killed meanwhile, or done: only before a call is the result undecided
	}
	c, ok := t.describe(tid, &regs)
	if !ok {
		return
	}
	switch fate := t.ask(c); {
	case fate.kill:
		_ = syscall.Kill(t.cmd.Process.Pid, syscall.SIGKILL) // it cannot have ended: this thread waits
	case fate.fail != 0:
		regs.Orig_rax, regs.Rax = ^uint64(0), -uint64(fate.fail) // no call at all, which has failed
		_ = syscall.PtraceSetRegs(tid, &regs)                    // as resume
	}
}

// describe says what a call is about, if it is one that counts.
func (t *tracer) describe(tid int, regs *syscall.PtraceRegs) (Call, bool) {
	kind, ok := t.counted[regs.Orig_rax]
	if !ok {
		return Call{}, false
	}
	flags := regs.Rsi
	path := ""
	switch kind.named {
	case byDescriptor:
		path, _ = os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", tid, int32(regs.Rdi))) //nolint:gosec // G115: a descriptor is an int
	case byFirst:
		path = text(tid, regs.Rdi)
	case bySecond:
		path, flags = text(tid, regs.Rsi), regs.Rdx
	}
	if kind.name == "create" && flags&syscall.O_CREAT == 0 {
		return Call{}, false
	}
	if strings.HasPrefix(path, "socket:") {
		return Call{kind.name, socket}, true
	}
	ours := path == t.dir || strings.HasPrefix(path, t.dir+"/")
	// What is shared between running programs ends with them, whatever it held.
	return Call{kind.name, filepath.Base(path)}, ours && !strings.HasSuffix(path, "-shm")
}

// text reads a string of the program. One that lies at the end of its memory is read as far as it goes.
func text(tid int, at uint64) string {
	room := make([]byte, longestPathBytes)
	n, _ := syscall.PtracePeekData(tid, uintptr(at), room)
	out, _, _ := bytes.Cut(room[:n], []byte{0})
	return string(out)
}
