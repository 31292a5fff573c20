package httpapi

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// links knows over which link each device syncs. A device has one: when it comes anew, the link that it
// had is dead, whether or not the network has told so. So no device holds more than one body here.
type links struct {
	came     atomic.Int64
	mu       sync.Mutex
	byDevice map[uuid.UUID]*link
}

// A link is what a request came over.
type link struct {
	// came is the request's place in the order in which all came.
	came    int64
	control *http.ResponseController
}

// come gives the place of a request in the order in which they come. Who it is from takes a look at the database, after
// which an earlier one may be the later.
func (l *links) come() int64 { return l.came.Add(1) }

// begin breaks off the link that a device still has, for a new one; or the new one, if it came before that. The function
// that it gives ends the new one.
func (l *links) begin(device uuid.UUID, came int64, w http.ResponseWriter) (end func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := &link{came, http.NewResponseController(w)}
	if has := l.byDevice[device]; has != nil && has.came > came {
		one.breakOff()
		return func() {}
	} else if has != nil {
		has.breakOff()
	}
	l.byDevice[device] = one
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.byDevice[device] == one {
			delete(l.byDevice, device)
		}
	}
}

// breakOff ends whatever still goes over the link.
func (l *link) breakOff() {
	now := time.Now()
	_, _ = l.control.SetReadDeadline(now), l.control.SetWriteDeadline(now) // where there is no connection, there is nothing to break off
}
