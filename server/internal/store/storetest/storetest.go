// Package storetest is the conformance suite of the store: what every database under it has to do.
//
// It promises that a store which passes behaves as any other that does, to the byte. It never looks
// at how the store does it.
package storetest

import (
	"slices"
	"testing"

	"satchel/server/internal/store"
)

// A check is one sentence about a store, shown on a fresh one.
type check struct {
	sentence string
	show     func(t *testing.T, s *store.Store)
}

// Run checks the stores that open makes: each call has to give a fresh, empty one. A short run, which is one of
// the race detector, has only those that do something beside something else.
func Run(t *testing.T, open func(t *testing.T) *store.Store) {
	checks := watchChecks()
	if !testing.Short() {
		checks = slices.Concat(recordChecks(), accountChecks(), reviewChecks(), listChecks(), alikeChecks(), momentChecks(), blobChecks(), checks)
	}
	for _, c := range checks {
		t.Run(c.sentence, func(t *testing.T) { c.show(t, open(t)) })
	}
}

// recordChecks are those about records, changes and transactions.
func recordChecks() []check {
	return []check{
		{"a record comes back as it was written", recordComesBack},
		{"records of an area come in order of sequence, each once", recordsComeInOrder},
		{"what changed behind a sequence is given, of the collections that are asked for", changedIsGiven},
		{"a record that leaves and comes back has not left", departureIsForgotten},
		{"a write that fails leaves nothing", failedWriteLeavesNothing},
		{"a savepoint that fails undoes its part only", savepointUndoesItsPart},
		{"a read cannot write", readCannotWrite},
		{"a change comes back as it was written, and is kept once", changeComesBackOnce},
		{"what waits for a record is found by it until it no longer waits", waitingIsFound},
		{"an open conflict keeps when it opened", conflictKeepsItsTime},
		{"the middle of an area is that of its households, each family once", centreIsOfFamilies},
		{"a household is found by its id and its card number, a duplicate of the same number only by its id", householdIsFound},
	}
}
