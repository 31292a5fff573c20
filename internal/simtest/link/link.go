// Package link is a network in memory, with the luck of village links: slow, cut off at any byte, or
// gone silent.
//
// It promises that bytes arrive whole and in order up to where a link breaks, as TCP does, and that
// everything which takes time takes the time of the clock: inside a [testing/synctest] bubble a link of
// a minute costs nothing. It starts no goroutines, and never touches the machine's own network.
package link

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// Luck is what becomes of one connection.
type Luck struct {
	// Latency is how long a byte is on its way.
	Latency time.Duration
	// Rate is how many bytes a second go each way; 0 is any number.
	Rate int64
	// Up and Down are after how many bytes of that direction the link breaks; a negative number is
	// never.
	Up, Down int64
	// Silent has a link that breaks go silent in the place of telling both ends.
	Silent bool
	// Refused has nobody answer at all.
	Refused bool
}

// Good is a link of that latency that holds.
func Good(latency time.Duration) Luck { return Luck{Latency: latency, Up: -1, Down: -1} }

// The errors of a link.
var (
	errRefused = errors.New("nobody answers there")
	errReset   = errors.New("the connection broke")
)

// A Network has one server at a time. The zero Network has none.
type Network struct {
	mu     sync.Mutex
	server *listener
	dialed int
}

// Listen puts a server onto the network, in the place of the one that was there.
func (n *Network) Listen() net.Listener {
	l := &listener{incoming: make(chan net.Conn), closed: make(chan struct{}), open: map[*pipe]bool{}}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.server = l
	return l
}

// Dial connects to the server.
func (n *Network) Dial(ctx context.Context, luck Luck) (net.Conn, error) {
	n.mu.Lock()
	n.dialed++
	port, server := n.dialed, n.server
	n.mu.Unlock()
	if luck.Refused || server == nil {
		return nil, errRefused
	}
	p := newPipe(port, luck)
	server.keep(p) // before the server has it: it may end at any moment
	var err error
	select {
	case server.incoming <- p.server():
		return p.client(), nil
	case <-server.closed:
		err = errRefused
	case <-ctx.Done():
		err = ctx.Err()
	}
	p.dies()
	return nil, err
}

// listener is where a server takes connections from.
type listener struct {
	incoming chan net.Conn
	closed   chan struct{}
	once     sync.Once
	mu       sync.Mutex
	open     map[*pipe]bool
}

func (l *listener) keep(p *pipe) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for other := range l.open {
		if other.up.ended() && other.down.ended() {
			delete(l.open, other)
		}
	}
	l.open[p] = true
}

// Accept gives the next connection.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.incoming:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close takes no more connections; those that there are stay.
func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr gives a name.
func (*listener) Addr() net.Addr { return address("server:80") }

// Break breaks every connection of the server that listens there, as the end of its machine does, and
// takes it from the network.
func (n *Network) Break() {
	n.mu.Lock()
	server := n.server
	n.server = nil
	n.mu.Unlock()
	if server == nil {
		return
	}
	_ = server.Close() // it cannot fail
	server.mu.Lock()
	defer server.mu.Unlock()
	for p := range server.open {
		p.dies()
	}
}

// address is a name on the network.
type address string

// Network gives "memory".
func (address) Network() string { return "memory" }

// String gives the name.
func (a address) String() string { return string(a) }
