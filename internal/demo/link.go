package demo

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// A clock is the time that everybody in the demo goes by. It can be moved on: what happens minutes
// apart in the field then has times that are minutes apart. It never gets ahead of the real time.
type clock struct{ behind atomic.Int64 }

// newClock gives a clock that is behind by as much as it may be moved on.
func newClock(behind time.Duration) *clock {
	c := &clock{}
	c.behind.Store(int64(behind))
	return c
}

func (c *clock) now() time.Time { return time.Now().Add(-time.Duration(c.behind.Load())) }

// pass moves the clock on by a minute.
func (c *clock) pass() {
	if c.behind.Add(-int64(time.Minute)) < 0 {
		c.behind.Store(0)
	}
}

// errCut is what a tablet sees of a link that was cut.
var errCut = errors.New("the link was cut")

// A link is a tablet's way to the server, which can be cut at the worst moment.
type link struct {
	http.RoundTripper
	cutReply atomic.Bool
}

// RoundTrip makes a request. If the link is to be cut, the server gets all of the next sync, answers
// it, and the tablet never hears of that.
func (l *link) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := l.RoundTripper.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "/sync") || !l.cutReply.CompareAndSwap(true, false) {
		return response, err
	}
	_, err = io.Copy(io.Discard, response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return nil, fmt.Errorf("read the reply that gets lost: %w", err)
	}
	return nil, errCut
}
