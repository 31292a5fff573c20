package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
)

// A process is a server that was started to be measured.
type process struct {
	command *exec.Cmd
	// title is what it calls itself, with its version.
	title string
	// address is where it listens, as a URL without a path.
	address string
}

// start starts a server, and returns once it has said on a line of its own "TITLE listens on HOST:PORT". Its end is
// the context's, or that of process.end.
func start(ctx context.Context, program string, args ...string) (*process, error) {
	p := &process{command: exec.CommandContext(ctx, program, args...)}
	p.command.Cancel = func() error { return p.command.Process.Signal(syscall.SIGTERM) }
	complaint := &ending{most: 4 << 10}
	p.command.Stderr = complaint
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if title, said, ok := strings.Cut(lines.Text(), " listens on "); ok {
			address, _, _ := strings.Cut(said, ". ")
			p.title, p.address = title, "http://"+address
			go io.Copy(io.Discard, out) //nolint:errcheck // it ends with the program
			return p, nil
		}
	}
	err = errors.Join(lines.Err(), p.command.Wait())
	return nil, fmt.Errorf("%s ended before it listened: %w\n%s", program, err, complaint.text)
}

func (p *process) spent() (usage, error) { return usageOf(p.command.Process.Pid) }

// end stops it, if it was started.
func (p *process) end() error {
	if p == nil {
		return nil
	}
	return errors.Join(p.command.Process.Signal(syscall.SIGTERM), p.command.Wait())
}

// An ending keeps the end of what is written to it.
type ending struct {
	most int
	text []byte
}

func (e *ending) Write(p []byte) (int, error) {
	e.text = append(e.text, p...)
	if over := len(e.text) - e.most; over > 0 {
		e.text = append(e.text[:0], e.text[over:]...)
	}
	return len(p), nil
}
