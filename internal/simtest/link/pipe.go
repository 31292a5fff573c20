package link

import (
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// A pipe is one connection: a stream each way.
type pipe struct {
	luck Luck
	// port counts the connections of the network.
	port     int
	name     address
	up, down *stream
}

func newPipe(port int, luck Luck) *pipe {
	p := &pipe{luck: luck, port: port, name: address(fmt.Sprintf("10.0.0.1:%d", port))}
	p.up, p.down = newStream(p, luck.Up), newStream(p, luck.Down)
	return p
}

func (p *pipe) client() net.Conn { return &end{p, p.down, p.up, p.name, "server:80"} }
func (p *pipe) server() net.Conn { return &end{p, p.up, p.down, "server:80", p.name} }

// breaks says that the link broke, to both ends where it is not silent.
func (p *pipe) breaks() {
	if !p.luck.Silent {
		at := time.Now().Add(p.luck.Latency)
		p.up.end(errReset, errReset, at)
		p.down.end(errReset, errReset, at)
	}
}

// dies says that the server is no more: it neither hears nor says anything from now on. The client notices a moment
// later, and no two clients at once: what they do then is the same in every run.
func (p *pipe) dies() {
	at := time.Now().Add(time.Duration(p.port) * time.Microsecond)
	p.down.end(errReset, errReset, at)
	p.up.mu.Lock()
	p.up.voidUntil = at
	p.up.mu.Unlock()
	p.up.end(errReset, errReset, time.Now())
}

// A stream is one direction of a connection.
type stream struct {
	pipe *pipe
	mu   sync.Mutex
	// changed is closed, and made anew, whenever there is something new to see.
	changed chan struct{}
	chunks  []chunk
	// left is how many bytes pass before the link breaks; negative is any number.
	left int64
	// free is when the link has sent what was written so far.
	free time.Time
	// readErr is what a reader gets behind the last chunk, from endAt on; writeErr what a writer gets.
	readErr, writeErr error
	endAt             time.Time
	// voidUntil is how long a writer is not told writeErr; what is written until then is lost.
	voidUntil time.Time
	// reading and writing are the deadlines.
	reading, writing time.Time
}

// A chunk is some bytes on their way.
type chunk struct {
	bytes []byte
	at    time.Time
}

func newStream(p *pipe, left int64) *stream {
	return &stream{pipe: p, left: left, changed: make(chan struct{})}
}

// tell wakes whoever waits. The stream is locked.
func (s *stream) tell() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// end says that nothing more comes, to the reader from a moment on.
func (s *stream) end(readErr, writeErr error, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.readErr == nil || at.Before(s.endAt) {
		s.readErr, s.endAt = readErr, at
	}
	if s.writeErr == nil {
		s.writeErr = writeErr
	}
	s.tell()
}

func (s *stream) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.readErr != nil && s.writeErr != nil
}

// wait unlocks the stream until something changes or one of the moments comes that are not zero.
func (s *stream) wait(moments ...time.Time) {
	changed := s.changed
	s.mu.Unlock()
	defer s.mu.Lock()
	var first time.Time
	for _, m := range moments {
		if !m.IsZero() && (first.IsZero() || m.Before(first)) {
			first = m
		}
	}
	if first.IsZero() {
		<-changed
		return
	}
	timer := time.NewTimer(time.Until(first))
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	}
}

// passed reports whether a moment, if it is one, has come.
func passed(at time.Time) bool { return !at.IsZero() && !time.Now().Before(at) }

func (s *stream) read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case passed(s.reading):
			return 0, os.ErrDeadlineExceeded
		case len(s.chunks) > 0 && passed(s.chunks[0].at):
			n := copy(p, s.chunks[0].bytes)
			if s.chunks[0].bytes = s.chunks[0].bytes[n:]; len(s.chunks[0].bytes) == 0 {
				s.chunks = s.chunks[1:]
			}
			return n, nil
		case len(s.chunks) == 0 && s.readErr != nil && passed(s.endAt):
			return 0, s.readErr
		case len(s.chunks) > 0:
			s.wait(s.reading, s.chunks[0].at)
		default:
			s.wait(s.reading, s.endAt)
		}
	}
}

// write sends bytes and returns once the link has taken them.
func (s *stream) write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuses() {
		return 0, s.writeErr
	}
	pass := len(p)
	breaks := s.left >= 0 && int64(pass) > s.left
	if breaks {
		pass = int(s.left)
	}
	if s.left >= 0 {
		s.left -= int64(pass)
	}
	s.send(p[:pass])
	if breaks {
		s.mu.Unlock()
		s.pipe.breaks()
		s.mu.Lock()
	}
	for time.Now().Before(s.free) && !s.refuses() {
		if passed(s.writing) {
			return pass, os.ErrDeadlineExceeded
		}
		s.wait(s.free, s.writing, s.voidUntil)
	}
	return len(p), nil
}

// refuses reports whether a writer is told that it writes in vain.
func (s *stream) refuses() bool { return s.writeErr != nil && !time.Now().Before(s.voidUntil) }

// send puts bytes on their way. The stream is locked.
func (s *stream) send(p []byte) {
	if len(p) == 0 {
		return
	}
	if now := time.Now(); s.free.Before(now) {
		s.free = now
	}
	if s.pipe.luck.Rate > 0 {
		s.free = s.free.Add(time.Duration(int64(len(p)) * int64(time.Second) / s.pipe.luck.Rate))
	}
	s.chunks = append(s.chunks, chunk{append([]byte(nil), p...), s.free.Add(s.pipe.luck.Latency)})
	s.tell()
}

// An end is a connection as one of its two sides has it.
type end struct {
	pipe          *pipe
	in, out       *stream
	local, remote address
}

// Read reads what has arrived.
func (e *end) Read(p []byte) (int, error) { return e.in.read(p) }

// Write sends.
func (e *end) Write(p []byte) (int, error) { return e.out.write(p) }

// Close ends both directions: the other side reads to the end of what was sent.
func (e *end) Close() error {
	e.out.end(io.EOF, net.ErrClosed, time.Now().Add(e.pipe.luck.Latency))
	e.in.end(net.ErrClosed, errReset, time.Now())
	return nil
}

// LocalAddr gives the name of this side.
func (e *end) LocalAddr() net.Addr { return e.local }

// RemoteAddr gives the name of the other side.
func (e *end) RemoteAddr() net.Addr { return e.remote }

// SetDeadline sets both deadlines.
func (e *end) SetDeadline(at time.Time) error {
	_, _ = e.SetReadDeadline(at), e.SetWriteDeadline(at) // neither can fail
	return nil
}

// SetReadDeadline sets when a read that waits gives up.
func (e *end) SetReadDeadline(at time.Time) error {
	e.in.set(&e.in.reading, at)
	return nil
}

// SetWriteDeadline sets when a write that waits gives up.
func (e *end) SetWriteDeadline(at time.Time) error {
	e.out.set(&e.out.writing, at)
	return nil
}

func (s *stream) set(deadline *time.Time, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*deadline = at
	s.tell()
}
