package httpapi

import (
	"maps"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
)

// How often credentials may be tried in vain from one address: ten times at once, then once in six
// seconds.
const (
	maxTries = 10
	tryEvery = 6 * time.Second
)

// tries counts those that are under way and those that were in vain, by address. One that succeeds
// costs nothing: the tablets of a whole office, or of everybody behind a proxy, come from one address.
type tries struct {
	now func() time.Time

	mu        sync.Mutex
	byAddress map[string]tally
}

// A tally is how many tries an address had used up at a moment.
type tally struct {
	used float64
	at   time.Time
}

// left is what is still used up of a tally at a later moment.
func (t tally) left(now time.Time) tally {
	return tally{used: max(0, t.used-float64(now.Sub(t.at))/float64(tryEvery)), at: now}
}

// bound refuses a request when its address has used up its tries.
func (t *tries) bound(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		address := c.RealIP()
		if !t.take(address, 1) {
			return tooManyTries()
		}
		err := next(c)
		if err == nil {
			t.take(address, -1)
		}
		return err
	}
}

// take uses up a try, or gives it back, and reports whether there was one.
func (t *tries) take(address string, n float64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if len(t.byAddress) > 10_000 {
		maps.DeleteFunc(t.byAddress, func(_ string, of tally) bool { return of.left(now).used == 0 })
	}
	of := t.byAddress[address].left(now)
	if of.used+n > maxTries {
		return false
	}
	of.used = max(0, of.used+n)
	t.byAddress[address] = of
	return true
}
