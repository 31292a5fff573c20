package console

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"satchel/server/internal/store"
)

// A hub tells everybody who listens that something was committed, by whichever process. It watches the database only while
// somebody listens.
type hub struct {
	store *store.Store

	mu        sync.Mutex
	listeners map[chan struct{}]bool
	stop      context.CancelFunc // nil while nobody listens
	closed    bool
	watching  sync.WaitGroup
}

func newHub(s *store.Store) *hub {
	return &hub{store: s, listeners: map[chan struct{}]bool{}}
}

// listen gives a channel that gets a value at once, for what happened until now, and soon after something was committed, and that
// is closed with the hub; and the function that ends it.
func (h *hub) listen() (changed <-chan struct{}, end func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	mine := make(chan struct{}, 1)
	if h.closed {
		close(mine)
		return mine, func() {}
	}
	h.listeners[mine] = true
	mine <- struct{}{}
	if h.stop == nil {
		var ctx context.Context
		ctx, h.stop = context.WithCancel(context.Background())
		h.watching.Go(func() { h.watch(ctx) })
	}
	return mine, func() { h.leave(mine) }
}

func (h *hub) leave(mine chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.listeners, mine)
	if len(h.listeners) == 0 && h.stop != nil {
		h.stop()
		h.stop = nil
	}
}

// close ends the hub. When it returns, nobody watches the database any more.
func (h *hub) close() {
	defer h.watching.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for mine := range h.listeners {
		close(mine)
	}
	clear(h.listeners)
	if h.stop != nil {
		h.stop()
		h.stop = nil
	}
}

// rewatch is how long it is until a database that does not answer is asked again.
const rewatch = 5 * time.Second

// watch tells the listeners what the store tells.
func (h *hub) watch(ctx context.Context) {
	for {
		_ = h.store.Watch(ctx, h.tell) // whoever needs the database finds out why it does not answer
		select {
		case <-ctx.Done():
			return
		case <-time.After(rewatch):
		}
	}
}

func (h *hub) tell() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for mine := range h.listeners {
		select {
		case mine <- struct{}{}:
		default: // it has yet to look at what it was told before
		}
	}
}

const (
	// tellEvery is how often a page is told at the most.
	tellEvery = time.Second
	// beatEvery is how often a page that is told nothing hears that the server is there, and whether its session is.
	beatEvery = 20 * time.Second
)

// listen tells a page, as server-sent events, when something was committed: not what, for the page asks again for what it
// shows, and is shown what it may see.
func (c *Console) listen(v *Visit) error {
	cookie, err := v.Request.Cookie(SessionCookie)
	if err != nil {
		return err
	}
	changed, end := c.live.listen()
	defer end()
	h := v.Response.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // a proxy would otherwise keep it until it ends
	v.Response.WriteHeader(http.StatusOK)
	out := http.NewResponseController(v.Response)
	say := func(what string) error {
		if _, err := fmt.Fprint(v.Response, what); err != nil {
			return err
		}
		return out.Flush()
	}
	if err := say("retry: 2000\n\n"); err != nil {
		return nil // the browser left
	}
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	for {
		what := ": there\n\n"
		select {
		case <-v.ctx().Done():
			return nil
		case _, open := <-changed:
			if !open {
				return nil
			}
			what = "event: changed\ndata:\n\n"
		case <-beat.C:
			if _, err := c.Accounts.Session(v.ctx(), cookie.Value); err != nil {
				what = "event: ended\ndata:\n\n"
			}
		}
		if err := say(what); err != nil {
			return nil // the browser left
		}
		if !pause(v.ctx(), tellEvery) {
			return nil
		}
	}
}

// pause waits, and reports whether it was let to.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
