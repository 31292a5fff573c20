package httpapi

import (
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"
)

// links knows over which link each device syncs. A device has one: when it comes anew, the link that it
// had is dead, whether or not the network has told so. So no device holds more than one body here.
type links struct {
	mu       sync.Mutex
	byDevice map[uuid.UUID]*http.ResponseController
}

// begin breaks off the link that a device still has, for a new one. The function that it gives ends the
// new one.
func (l *links) begin(device uuid.UUID, w http.ResponseWriter) (end func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if before := l.byDevice[device]; before != nil {
		now := time.Now()
		_, _ = before.SetReadDeadline(now), before.SetWriteDeadline(now) // where there is no connection, there is nothing to break off
	}
	link := http.NewResponseController(w)
	l.byDevice[device] = link
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.byDevice[device] == link {
			delete(l.byDevice, device)
		}
	}
}
