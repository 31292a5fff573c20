package registry

import (
	"context"

	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A Listing says which records of a collection are listed.
type Listing struct {
	Collection string
	// Among are areas: what belongs to them or to one below is listed. nil is all; of what belongs to everyone it says
	// nothing.
	Among []uuid.UUID
	// Filter says what else is asked for, within the areas.
	Filter store.Filter
	// Offset says how many records to leave out, Limit how many to give, [MostListed] at the most and if it is 0.
	Offset, Limit int
}

// MostListed is how many records a page of a list has at the most.
const MostListed = 200

// A List is a page of records that are not deleted, in the order of [store.Tx.Page].
type List struct {
	Records []Record `json:"records"`
	// Total counts the records of all pages.
	Total int   `json:"total"`
	Names Names `json:"names"`
}

// List gives a page of records.
func (r *Registry) List(ctx context.Context, l Listing) (out List, err error) {
	if l.Limit <= 0 || l.Limit > MostListed {
		l.Limit = MostListed
	}
	l.Filter.Among = l.Among
	out.Records = []Record{}
	err = r.store.Read(ctx, func(tx *store.Tx) error {
		ids, total, err := tx.Page(ctx, l.Collection, l.Filter, max(0, l.Offset), l.Limit)
		if err != nil {
			return err
		}
		out.Total = total
		shown, err := tx.ShownByID(ctx, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			listed, err := recordOf(shown[id])
			if err != nil {
				return err
			}
			out.Records = append(out.Records, listed)
		}
		out.Names, err = namesOf(ctx, tx, out.Records, areasOf(out.Records))
		return err
	})
	return out, err
}

// areasOf gives the areas in which records lie: who may see these may see the names that they lead to there.
func areasOf(records []Record) Areas {
	out := Areas{}
	for _, r := range records {
		out[r.Area] = true
	}
	return out
}

// Record gives one record as it is shown, deleted or not, with who recorded it; not_found if there is none. Its area says
// who may see it.
func (r *Registry) Record(ctx context.Context, id uuid.UUID) (out Record, err error) {
	err = r.store.Read(ctx, func(tx *store.Tx) error {
		shown, err := tx.Shown(ctx, []uuid.UUID{id})
		if err != nil {
			return err
		}
		if len(shown) == 0 {
			return syncproto.Refuse(syncproto.CodeNotFound, "There is no record of that id.")
		}
		list := make([]Record, 1)
		if list[0], err = recordOf(shown[0]); err != nil {
			return err
		}
		err = makersOf(tx).record(ctx, list)
		out = list[0]
		return err
	})
	return out, err
}
