package httpapi

import (
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"satchel/syncproto"
)

// How often credentials may be tried in vain from one address: ten times at once, then once in six
// seconds.
const (
	maxTries = 10
	tryEvery = 6 * time.Second
)

// How many new identities a device may take: ten at once, as on a link that loses the answers, then one in
// ten minutes. A new identity has the old one's holder and name, and no tries of its own.
const (
	maxIdentities = 10
	identityEvery = 10 * time.Minute
)

// tries counts what may be done only so often, by who does it. Of what is bound by [tries.bound], those
// count that are under way and those that were in vain; one that succeeds, or finds no place, costs nothing: the tablets of a
// whole office, or of everybody behind a proxy, come from one address.
type tries struct {
	now   func() time.Time
	most  float64
	every time.Duration

	mu sync.Mutex
	by map[string]tally
}

func newTries(now func() time.Time, most float64, every time.Duration) *tries {
	return &tries{now: now, most: most, every: every, by: map[string]tally{}}
}

// A tally is how many tries somebody had used up at a moment.
type tally struct {
	used float64
	at   time.Time
}

// left is what is still used up of a tally at a later moment.
func (t *tries) left(of tally, now time.Time) tally {
	return tally{used: max(0, of.used-float64(now.Sub(of.at))/float64(t.every)), at: now}
}

// bound refuses a request when its address has used up its tries.
func (t *tries) bound(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		address := c.RealIP()
		if !t.take(address, 1) {
			return tooManyTries()
		}
		err := next(c)
		refused := c.Response().Status >= http.StatusBadRequest // by a page, which shows the form again
		if !refused && !inVain(err) {
			t.take(address, -1)
		}
		return err
	}
}

// boundInVain does the same where only those count that were in vain: of what nobody can guess, however many try at once,
// many devices of one office may be at it at once.
func (t *tries) boundInVain(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		address := c.RealIP()
		if !t.take(address, 1) {
			return tooManyTries()
		}
		t.take(address, -1)
		err := next(c)
		if inVain(err) {
			t.take(address, 1)
		}
		return err
	}
}

// inVain reports whether credentials were looked at and are no good.
func inVain(err error) bool { return err != nil && problemOf(err).Code != syncproto.CodeBusy }

// take uses up a try, or gives it back, and reports whether there was one.
func (t *tries) take(who string, n float64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if len(t.by) > 10_000 {
		maps.DeleteFunc(t.by, func(_ string, of tally) bool { return t.left(of, now).used == 0 })
	}
	of := t.left(t.by[who], now)
	if of.used+n > t.most {
		return false
	}
	of.used = max(0, of.used+n)
	t.by[who] = of
	return true
}
