package fleet

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"satchel/internal/simtest/link"
)

// A wire is how a tablet reaches the office: over a connection of some luck, with somebody listening.
type wire struct {
	net *link.Network
	// heard is told every byte that comes down, decompressed.
	heard func(text []byte)

	mu        sync.Mutex
	luck      link.Luck
	transport *http.Transport
	// twice has each request sent two times, as a proxy may that lost the first answer.
	twice bool
}

func (x *wire) sendTwice(twice bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.twice = twice
}

// use has the next connections be of that luck.
func (x *wire) use(luck link.Luck) {
	x.hangUp()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.luck = luck
	x.transport = &http.Transport{
		DialContext:           func(ctx context.Context, _, _ string) (net.Conn, error) { return x.net.Dial(ctx, luck) },
		ResponseHeaderTimeout: 5 * time.Minute,
	}
}

// hangUp ends the connections that nobody uses any more.
func (x *wire) hangUp() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.transport != nil {
		x.transport.CloseIdleConnections()
	}
}

func (x *wire) client() *http.Client { return &http.Client{Transport: x} }

// RoundTrip makes one round trip and listens.
func (x *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	x.mu.Lock()
	transport, twice := x.transport, x.twice
	x.mu.Unlock()
	if twice && req.GetBody != nil {
		first := req.Clone(req.Context())
		first.Body, _ = req.GetBody() // the body is in memory
		if lost, err := transport.RoundTrip(first); err == nil {
			body := x.tap(lost)
			_, _ = io.Copy(io.Discard, body) // as far as it comes
			_ = body.Close()                 // whoever sends twice does not look at this one
		}
	}
	res, err := transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	res.Body = x.tap(res)
	return res, nil
}

// tap gives the body of a response, and listens to it.
func (x *wire) tap(res *http.Response) *tap {
	return &tap{ReadCloser: res.Body, packed: res.Header.Get("Content-Encoding") == "gzip", heard: x.heard}
}

// A tap listens to a body.
type tap struct {
	io.ReadCloser
	packed bool
	bytes  bytes.Buffer
	heard  func([]byte)
}

// Read reads and keeps what it read.
func (t *tap) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	t.bytes.Write(p[:n])
	return n, err
}

// Close tells what was read, also of a body that broke off.
func (t *tap) Close() error {
	text := t.bytes.Bytes()
	if t.packed {
		if unpacked, err := gzip.NewReader(&t.bytes); err == nil {
			text, _ = io.ReadAll(unpacked) // as far as it came
		}
	}
	t.heard(text)
	return t.ReadCloser.Close()
}
