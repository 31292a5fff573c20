// Package search finds households and people by what people type: names in either script, numbers, phones, villages, and
// parts of them.
//
// It keeps what they are found by in memory, in the form in which names are compared, and brings it up to date from the
// database before each query. It promises that what is committed, by whichever server process, is found as it is; that a
// page gives nothing outside the areas that are asked for; and that equal queries give equal pages as long as the
// records are the same. It never writes, and never logs what somebody looks for. At 100,000 households with 400,000
// people it needs about 60 MB.
package search

import (
	"context"
	"fmt"
	"sync"

	"github.com/google/uuid"

	"satchel/server/internal/store"
)

// An Index searches one store. It is safe for use by many goroutines.
type Index struct {
	store *store.Store
	// refreshing is held by who brings the register up to date, so that no older moment follows a newer one; epoch and seq
	// say which moment it is of.
	refreshing sync.Mutex
	epoch      string
	seq        int64
	// using guards the register.
	using    sync.RWMutex
	register *register
}

// New gives an index that has nothing yet: the first query reads everything, unless [Index.Refresh] did.
func New(s *store.Store) *Index { return &Index{store: s, register: newRegister()} }

// Refresh brings the index up to date. What is called meanwhile waits. A server calls it once when it starts, in the
// background; what it could not do because of an error or because ctx ended, the next call does.
func (x *Index) Refresh(ctx context.Context) error {
	x.refreshing.Lock()
	defer x.refreshing.Unlock()
	err := x.store.Read(ctx, func(tx *store.Tx) error {
		epoch, seq, err := tx.State(ctx)
		if err != nil || epoch == x.epoch && seq == x.seq {
			return err
		}
		x.using.Lock()
		defer x.using.Unlock()
		if epoch != x.epoch || seq < x.seq { // another history: what is known may never have happened
			x.register, x.epoch, x.seq = newRegister(), epoch, 0
		}
		defer x.register.arrange()
		if err := tx.EachChanged(ctx, collections(), x.seq, x.register.put); err != nil {
			return err
		}
		x.seq = seq
		return nil
	})
	if err != nil {
		return fmt.Errorf("bring the search up to date: %w", err)
	}
	return nil
}

// A Query says what is looked for.
type Query struct {
	// Text is what somebody typed: words, of which all have to be found, in any order. Without any, everything is listed.
	Text string
	// Areas are those in which it is looked for; nil is all.
	Areas map[uuid.UUID]bool
	// Collection says what is looked for: "people", or "households" together with their members, which "" is too.
	Collection string
	// Offset says how many hits to leave out, Limit how many to give, [MostHits] at the most and if it is 0.
	Offset, Limit int
}

// MostHits is how many hits a page has at the most.
const MostHits = 500

// A Hit is a household or a person, as it is now.
type Hit struct {
	ID         uuid.UUID `json:"id"`
	Collection string    `json:"collection"`
	Area       uuid.UUID `json:"area"`
	// Household is that of a person, and a household itself.
	Household  uuid.UUID `json:"household"`
	HeadName   string    `json:"head_name"`
	CardNumber string    `json:"card_number,omitempty"`
	// Member is the person, or by whom the household was found where it was not by itself, with the name.
	Member     *uuid.UUID `json:"member,omitempty"`
	MemberName string     `json:"member_name,omitempty"`
	// MergedInto is of what the household or person is a duplicate.
	MergedInto *uuid.UUID `json:"merged_into,omitempty"`
	// Members counts those of the household that are not deleted, up to 500.
	Members int `json:"members"`
}

// A Result is a page of hits. They come by how well they were found: first those with exactly this card, document or
// phone number, then those that have all words at beginnings of words, then those in which a village's name has to help,
// then those that have some inside of words. Those that were found equally well come by the head's name, then by the id of
// the household, then by that of the person.
type Result struct {
	Hits []Hit `json:"hits"`
	// Total counts the hits of all pages.
	Total int `json:"total"`
}

// Find looks for something.
func (x *Index) Find(ctx context.Context, q Query) (Result, error) {
	if err := x.Refresh(ctx); err != nil {
		return Result{}, err
	}
	if q.Limit <= 0 || q.Limit > MostHits {
		q.Limit = MostHits
	}
	found, total := x.look(q)
	out := Result{Hits: []Hit{}, Total: total}
	err := x.store.Read(ctx, func(tx *store.Tx) error {
		shown, err := tx.ShownByID(ctx, needed(found))
		for _, f := range found {
			if err != nil {
				return err
			}
			var hit Hit
			var there bool
			// Something may have happened since: what must not be seen any more is not.
			if hit, there, err = f.hit(shown); there && (q.Areas == nil || q.Areas[hit.Area]) {
				out.Hits = append(out.Hits, hit)
			}
		}
		return err
	})
	return out, err
}

// look finds a page in the register, and counts the hits of all.
func (x *Index) look(q Query) ([]found, int) {
	x.using.RLock()
	defer x.using.RUnlock()
	return x.register.find(readQuery(q.Text), q)
}
