package engine

import (
	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A batch is what a request carries, as far as it can be looked at without the store: there is one writer, and
// while one batch is with it, another one is made ready.
type batch struct {
	syncproto.Request
	// changes have their place in the device's history, behind the one that the device says the server has.
	changes []*store.Change
	// flaws say what is wrong with changes by themselves.
	flaws map[syncproto.Version]error
}

func newBatch(req syncproto.Request) batch {
	before := req.Known
	if before.N == 0 {
		before.Hash = syncproto.Hash{}
	}
	b := batch{Request: req, changes: chained(req.Device, req.Changes, before.Hash), flaws: make(map[syncproto.Version]error, len(req.Changes))}
	for _, c := range b.changes {
		b.flaws[c.Version()] = c.Check()
	}
	return b
}

// chained gives changes their place in a device's history, behind one with the given hash.
func chained(device uuid.UUID, changes []syncproto.Change, before syncproto.Hash) []*store.Change {
	out, all := make([]*store.Change, len(changes)), make([]store.Change, len(changes))
	for i, c := range changes {
		before = c.Chain(before)
		all[i] = store.Change{Device: device, Change: c, Hash: before, Print: before.Print(), Text: c.Body()}
		out[i] = &all[i]
	}
	return out
}

// rest gives the changes of the batch behind n, as they came now.
func (b batch) rest(n, now int64) []*store.Change {
	out := b.changes[min(len(b.changes), int(n-b.Known.N)):]
	for _, c := range out {
		c.Received = now
	}
	return out
}
