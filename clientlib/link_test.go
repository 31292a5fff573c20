package clientlib_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
)

// A badLink is a link that breaks: after so many bytes of a request's or a reply's body to the path, if
// the number is not negative. It counts how many bytes there were.
type badLink struct {
	path     string
	up, down int
	// sent and got are the bytes of the last request and reply to the path. A request's are counted by
	// the connection, which may be at it still when the reply is there.
	sent, got atomic.Int64
}

var errCut = errors.New("no signal")

func (l *badLink) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, l.path) {
		return http.DefaultTransport.RoundTrip(r)
	}
	l.sent.Store(0)
	l.got.Store(0)
	r = r.Clone(r.Context())
	r.GetBody = nil
	r.Body = &cutBody{ReadCloser: r.Body, left: l.up, count: &l.sent}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		res.Body = &cutBody{ReadCloser: res.Body, left: l.down, count: &l.got}
	}
	return res, err
}

// A cutBody ends with an error after so many bytes, never if that is negative.
type cutBody struct {
	io.ReadCloser
	left  int
	count *atomic.Int64
}

func (b *cutBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, errCut
	}
	if b.left > 0 {
		p = p[:min(len(p), b.left)]
	}
	n, err := b.ReadCloser.Read(p)
	b.count.Add(int64(n))
	if b.left > 0 {
		b.left -= n
	}
	return n, err
}
