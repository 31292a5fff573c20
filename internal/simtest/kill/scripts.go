package kill

import (
	"fmt"
	"time"
)

// A script is what happened before the sync that is going to be killed.
type script struct {
	name string
	play func(*stage)
	// ago is how long before the sync it happened.
	ago time.Duration
	// saves is set if it is a save on the device that is going to be killed, in the place of a sync.
	saves bool
}

// sides are those that take part in what is going to be killed.
func (s script) sides() []Side {
	if s.saves {
		return []Side{Device}
	}
	return []Side{Server, Device}
}

// scripts are all there are. Points takes them by their place.
func scripts() []script {
	return []script{
		{name: "the first sync of a new device", play: firstSync},
		{name: "a day's work in both directions", play: day},
		{name: "an edit conflict", play: conflict},
		{name: "a delete against an edit", play: deleted},
		{name: "a household that moves away", play: moved},
		{name: "a change that is held", play: held},
		{name: "an outbox that takes several exchanges", play: several},
		{name: "credentials that have expired", play: day, ago: time.Hour},
		{name: "a server restored from a backup", play: restored},
		{name: "a forked identity", play: forked},
		{name: "a save", play: day, saves: true},
		{name: "photos of deliveries", play: proven},
	}
}

// Scripts names the scripts, in the order of their numbers.
func Scripts() []string {
	var names []string
	for _, s := range scripts() {
		names = append(names, s.name)
	}
	return names
}

func firstSync(s *stage) {
	s.sync(s.other)
	for i := range 5 {
		s.delivery(s.other, s.household(s.other, fmt.Sprint("Family ", i), nil))
	}
	s.sync(s.other)
}

func day(s *stage) {
	known := s.household(s.other, "Jović", nil)
	s.sync(s.other, s.tablet)
	mine := s.household(s.tablet, "Perić", nil)
	s.delivery(s.tablet, mine)
	s.edit(s.tablet, known, map[string]any{"phone": "060 000 111"})
	s.delivery(s.other, known)
	s.household(s.other, "Lukić", nil)
	s.sync(s.other)
}

func conflict(s *stage) {
	known := s.household(s.other, "Jović", nil)
	s.sync(s.other, s.tablet)
	s.edit(s.tablet, known, map[string]any{"phone": "060 000 111", "address": "Main street 5"})
	s.edit(s.other, known, map[string]any{"phone": "060 000 222", "notes": "The roof leaks."})
	s.sync(s.other)
}

func deleted(s *stage) {
	one, two := s.household(s.other, "Jović", nil), s.household(s.other, "Lukić", nil)
	s.sync(s.other, s.tablet)
	s.remove(s.tablet, one)
	s.edit(s.other, one, map[string]any{"phone": "060 000 222"})
	s.edit(s.tablet, two, map[string]any{"phone": "060 000 111"})
	s.remove(s.other, two)
	s.sync(s.other)
}

func moved(s *stage) {
	gone, stays := s.household(s.other, "Jović", nil), s.household(s.other, "Lukić", nil)
	s.delivery(s.other, gone)
	s.sync(s.other, s.tablet)
	s.edit(s.tablet, gone, map[string]any{"phone": "060 000 111"})
	s.delivery(s.tablet, gone)
	s.delivery(s.tablet, stays)
	s.edit(s.other, gone, map[string]any{"area": s.vranje})
	s.sync(s.other)
}

// proven has photos that take one request and several, one of them of a record that the office knows already.
func proven(s *stage) {
	known := s.household(s.tablet, "Jović", nil)
	early := s.delivery(s.tablet, known)
	s.sync(s.tablet, s.other)
	s.edit(s.tablet, early, map[string]any{"proofs": s.photograph(s.tablet, 1000)})
	s.deliveryWith(s.tablet, known, map[string]any{"proofs": s.photograph(s.tablet, 300_000)})
	s.delivery(s.other, known)
	s.sync(s.other)
}

// held is a move to an area that the tablet does not have, and what follows it in the outbox.
func held(s *stage) {
	known := s.household(s.other, "Jović", nil)
	s.sync(s.other, s.tablet)
	s.edit(s.tablet, known, map[string]any{"area": s.vranje})
	s.edit(s.tablet, known, map[string]any{"phone": "060 000 111"})
	s.household(s.tablet, "Perić", nil)
}

// several is more than clientlib.MaxFormChanges, of which a batch has no more than one that it began.
func several(s *stage) {
	s.sync(s.tablet)
	s.families(s.tablet, 260)
	s.families(s.tablet, 260)
}

func restored(s *stage) {
	early := s.household(s.tablet, "Jović", nil)
	s.sync(s.tablet, s.other)
	backup := s.backup()
	s.household(s.tablet, "Perić", nil)
	s.edit(s.tablet, early, map[string]any{"phone": "060 000 111"})
	s.sync(s.tablet)
	s.delivery(s.tablet, early)
	s.restore(backup)
	s.edit(s.other, early, map[string]any{"phone": "060 000 222"})
	s.sync(s.other)
}

// forked has a copy of the tablet that hands in what both hold, and something of its own.
func forked(s *stage) {
	known := s.household(s.tablet, "Jović", nil)
	s.sync(s.tablet)
	s.edit(s.tablet, known, map[string]any{"notes": "Both hold this."})
	double := s.copyTablet()
	s.edit(double, known, map[string]any{"phone": "060 000 222"})
	s.sync(double)
	s.edit(s.tablet, known, map[string]any{"phone": "060 000 111"})
	s.delivery(s.tablet, known)
	s.do("switch the copy off", func() error { return double.Close() })
}
