package httpapi

import (
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"satchel/syncproto"
)

// How many requests of each kind may be inside at once: from their first line to the end of their answer. So
// these bound the memory that a crowd takes: one that waits takes 80 kB beside its body. A link is as
// slow while it brings a body as it is while it fetches an answer, and nobody knows beforehand how slow,
// so there is one bound for all who are inside, and it is far above what it takes to keep the processors
// busy: slow links take few of the places. Each device has one link; to take all places that are for
// small bodies, a thousand of them would have to be slow at once, and at 5 kB/s each even these bring more
// than a server answers.
const (
	maxSmall = 1000
	// maxLarge is for bodies that may take minutes, and much memory. While such links hold all these
	// places, the day's work of everybody else still gets through.
	maxLarge = 24
	// maxRefreshing is for devices that get new tokens.
	maxRefreshing = 500
)

// maxSmallBody is the longest body that is small, in bytes: many times a day's work.
const maxSmallBody = 64 << 10

// When who finds no place comes again.
const (
	// soonest is when those are through who are inside.
	soonest = 15 * time.Second
	// latest bounds what is promised; by then, those who came earlier are through, or the server is ill.
	latest = 5 * time.Minute
	// syncPace and refreshPace are how long one takes that comes with many, on two cores. A server that is slower
	// sends some away again; one that is faster has a rest now and then.
	syncPace    = 15 * time.Millisecond
	refreshPace = 5 * time.Millisecond
	// hangUp is how long a link may take to be told that it has to come again.
	hangUp = 2 * time.Second
)

// A room has places for so many requests. Who finds none is given an appointment: one a pace, so that those
// who come again do so one after the other, in the order in which they came.
type room struct {
	places chan struct{}
	pace   time.Duration
	now    func() time.Time

	mu sync.Mutex
	// last is the latest appointment.
	last time.Time
}

func newRoom(now func() time.Time, places int, pace time.Duration) *room {
	return &room{places: make(chan struct{}, places), pace: pace, now: now}
}

// enter takes a place, and fails with [crowded] if there is none. The function that it gives leaves it.
func (r *room) enter() (leave func(), err error) {
	select {
	case r.places <- struct{}{}:
		return func() { <-r.places }, nil
	default:
		return nil, r.sendAway()
	}
}

// sendAway makes an appointment.
func (r *room) sendAway() crowded {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	first := r.last.Before(now)
	after := min(max(r.last.Add(r.pace).Sub(now), soonest), latest)
	r.last = now.Add(after)
	return crowded{
		syncproto.Refuse(syncproto.CodeBusy, "More devices came at once than the server takes in. Nothing was changed, and what is on the device is safe. Sync again after the time that is named."),
		after, first,
	}
}

// crowded refuses a request for which there is no place.
type crowded struct {
	*syncproto.Problem
	// after is how long to stay away.
	after time.Duration
	// first says that nobody else was staying away.
	first bool
}

// Unwrap gives what the client is told.
func (c crowded) Unwrap() error { return c.Problem }

// admit lets a sync in, or refuses it before it costs anything: its body is not read, and its connection is
// not kept.
func (a *API) admit(next echo.HandlerFunc) echo.HandlerFunc {
	small, large := admitTo(a.small, next), admitTo(a.large, next)
	return func(c echo.Context) error {
		if length := c.Request().ContentLength; length < 0 || length > maxSmallBody {
			return large(c)
		}
		return small(c)
	}
}

// admitUpload is [API.admit] for what goes with blobs.
func (a *API) admitUpload(next echo.HandlerFunc) echo.HandlerFunc { return admitTo(a.uploading, next) }

// overOneLink has a device do one thing with blobs at a time: who came before is broken off.
func (a *API) overOneLink(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		defer a.uploads.begin(deviceOf(c).ID, cameOf(c), c.Response())()
		return next(c)
	}
}

// admitTo lets a request into a room.
func admitTo(r *room, next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		leave, err := r.enter()
		if err != nil {
			// The server would wait for the body that it does not want, to throw it away.
			_ = http.NewResponseController(c.Response()).SetReadDeadline(time.Now().Add(hangUp)) // where there is no connection, there is nothing to wait for
			return err
		}
		defer leave()
		return next(c)
	}
}
