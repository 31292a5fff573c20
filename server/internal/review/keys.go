package review

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/google/uuid"

	"satchel/internal/duplicates"
	"satchel/server/internal/store"
)

// keepKeys brings the keys that are kept of households up to date, and gives who has each of these and of those before.
func (known profiles) keepKeys(ctx context.Context, tx *store.Tx, households set) (holders, error) {
	before, err := tx.HouseholdKeys(ctx, households.list())
	if err != nil {
		return nil, err
	}
	more := map[int64]int{} // of each key, how many more of the households have it than before
	come, gone := map[store.HouseholdKey]bool{}, map[uuid.UUID][]int64{}
	for id := range households {
		for _, key := range known[id].keys {
			come[store.HouseholdKey{Key: key, Household: id}] = true
			more[key]++
		}
	}
	for _, k := range before {
		more[k.Key]--
		if come[k] {
			delete(come, k)
		} else {
			gone[k.Household] = append(gone[k.Household], k.Key)
		}
	}
	for id, keys := range gone {
		if err := tx.DropKeys(ctx, id, keys); err != nil {
			return nil, err
		}
	}
	inOrder := slices.SortedFunc(maps.Keys(come), func(a, b store.HouseholdKey) int { return cmp.Compare(a.Key, b.Key) })
	if err := tx.AddKeys(ctx, inOrder); err != nil {
		return nil, err
	}
	return holdersOf(ctx, tx, more)
}

// holders are the households that have each key; of one that is too common to be looked at, some.
type holders map[int64][]uuid.UUID

// holdersOf gives them. more says of each key how many more have it than before. Where it is no longer too common, all
// who have it are due; where it has become so, all of them that are in review.
func holdersOf(ctx context.Context, tx *store.Tx, more map[int64]int) (holders, error) {
	// Twice as many tell whether a key was too common before: no more than compareStep of those who have it are new, but in
	// the long steps of who waits, and then somebody is looked at once too often.
	list, err := tx.Holders(ctx, slices.Sorted(maps.Keys(more)), 2*duplicates.Commonest)
	if err != nil {
		return nil, err
	}
	out := holders{}
	for _, k := range list {
		out[k.Key] = append(out[k.Key], k.Household)
	}
	due, commoner := set{}, []int64(nil)
	for key, n := range more {
		switch now := len(out[key]); {
		case now <= duplicates.Commonest && now-n > duplicates.Commonest:
			due.add(out[key]...)
		case now > duplicates.Commonest && now-n <= duplicates.Commonest:
			commoner = append(commoner, key)
		}
	}
	slices.Sort(commoner)
	inReview, err := tx.HoldersInReview(ctx, commoner)
	due.add(inReview...)
	return out, errors.Join(err, tx.AddDue(ctx, due.list()))
}

// sharing gives who has a key in common with a household, itself among them.
func (h holders) sharing(p profile) set {
	out := set{}
	for _, key := range p.keys {
		if len(h[key]) <= duplicates.Commonest {
			out.add(h[key]...)
		}
	}
	return out
}
