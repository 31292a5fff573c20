package clientlib_test

import (
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// books are what an office keeps, and what a backup holds.
type books struct {
	epoch      string
	seq        int64
	tablets    map[uuid.UUID]*tablet
	records    map[uuid.UUID]*kept
	departures map[syncproto.Departure]int64
	arrived    map[syncproto.Version]int64 // their times
	values     []syncproto.Value           // all that was ever merged
}

// A tablet is one identity.
type tablet struct {
	areas    []uuid.UUID
	revoked  bool
	token    int
	used     int              // the last rotation whose access token was shown
	ended    bool             // whether its tokens are of no more use
	hashes   []syncproto.Hash // by n, from the zero hash
	receipts []syncproto.Receipt
}

// A kept record is one as the office has it.
type kept struct {
	collection   string
	area         uuid.UUID
	seq, entered int64
	state        syncproto.State
	touched      map[string]int64
}

// backup makes a copy of the books; restore goes back to it, and starts a new epoch.
func (o *office) backup() books {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.books.copy()
}

func (o *office) restore(b books) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.books = b.copy()
	o.restores++
	o.books.epoch = fmt.Sprint("after restore ", o.restores)
}

func (b books) copy() books {
	out := b
	out.tablets, out.records = map[uuid.UUID]*tablet{}, map[uuid.UUID]*kept{}
	for id, tab := range b.tablets {
		same := *tab
		same.hashes, same.receipts = slices.Clone(tab.hashes), slices.Clone(tab.receipts)
		out.tablets[id] = &same
	}
	for id, rec := range b.records {
		same := *rec
		same.touched, same.state = maps.Clone(rec.touched), maps.Clone(rec.state)
		out.records[id] = &same
	}
	out.departures, out.arrived = maps.Clone(b.departures), maps.Clone(b.arrived)
	out.values = slices.Clone(b.values)
	return out
}
