package review

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"satchel/internal/aid"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// Aid is what a family is due and what it was given: a household, with those that were merged into it or it into them.
type Aid struct {
	// Household is the one that was kept. It may not have arrived yet.
	Household uuid.UUID `json:"household"`
	// Households are those of the family that have arrived, deleted ones among them, in order of their ids.
	Households []Household `json:"households"`
	// Shares are one for each assistance type of which the family is entitled to something or was given something, in
	// order of the types' ids.
	Shares []Share `json:"shares"`
}

// A Household is one of a family. The fields of its record have the same names.
type Household struct {
	ID         uuid.UUID  `json:"id"`
	Area       uuid.UUID  `json:"area"`
	HeadName   string     `json:"head_name"`
	CardNumber string     `json:"card_number"`
	MergedInto *uuid.UUID `json:"merged_into,omitempty"`
	Deleted    bool       `json:"deleted,omitempty"`
}

// A Share is what a family may have of an assistance type, and what it was given of it.
type Share struct {
	*aid.Share
	// Deliveries are those to the family, cancelled ones among them, in order of their ids; LeftOff is how many there are
	// beyond them, where the family has more than a thousand, or such as come to more than 1 MiB.
	Deliveries []Evidence `json:"deliveries"`
	LeftOff    int        `json:"left_off,omitempty"`
}

// maxDeliveries is how many deliveries of a family are described at the most.
const maxDeliveries = 1000

// Aid says what the family of a household is due and what it was given; not_found if there is no such household.
func (q *Queue) Aid(ctx context.Context, household uuid.UUID) (Aid, error) {
	return q.aid(ctx, household, set{household: true})
}

// AidTogether says the same of the families of two households as if they were one, of which the household is kept.
func (q *Queue) AidTogether(ctx context.Context, household, other uuid.UUID) (Aid, error) {
	return q.aid(ctx, household, set{household: true, other: true})
}

// aid tells of the families of some households, as one.
func (q *Queue) aid(ctx context.Context, household uuid.UUID, some set) (out Aid, err error) {
	err = q.store.Read(ctx, func(tx *store.Tx) error {
		c := newConcern()
		families, err := c.families(ctx, tx, some)
		if err != nil {
			return err
		}
		family := families[numbers(families)[household]]
		for _, f := range families {
			if f.Root != family.Root {
				family.Members = append(family.Members, f.Members...)
			}
		}
		out.Household = family.Root
		if out.Households, err = householdsOf(ctx, tx, family); err != nil {
			return err
		}
		if !slices.ContainsFunc(out.Households, func(h Household) bool { return h.ID == household }) {
			return syncproto.Refuse(syncproto.CodeNotFound, "There is no household of that id.")
		}
		shares, err := c.shares(ctx, tx, []aid.Family{family})
		if err != nil {
			return err
		}
		out.Shares, err = described(ctx, tx, shares[0])
		return err
	})
	return out, err
}

// householdsOf gives those households of a family that have arrived.
func householdsOf(ctx context.Context, tx *store.Tx, f aid.Family) ([]Household, error) {
	shown, err := tx.Shown(ctx, f.Members)
	if err != nil {
		return nil, err
	}
	var out []Household
	for _, s := range shown {
		if s.Collection != "households" {
			continue
		}
		value, err := valuesOf(s)
		if err != nil {
			return nil, err
		}
		out = append(out, Household{
			ID: s.ID, Area: s.Area, HeadName: value("head_name").Text(), CardNumber: value("card_number").Text(),
			MergedInto: orNil(value("merged_into").ID()), Deleted: s.Deleted,
		})
	}
	slices.SortFunc(out, func(a, b Household) int { return slices.Compare(a.ID[:], b.ID[:]) })
	return out, nil
}

// described adds to shares who recorded their deliveries, and what these say.
func described(ctx context.Context, tx *store.Tx, shares []*aid.Share) ([]Share, error) {
	var grounds []Ground
	for _, s := range shares {
		for _, d := range s.Deliveries {
			grounds = append(grounds, groundOf(d))
		}
	}
	left, err := evidence(ctx, tx, grounds[:min(len(grounds), maxDeliveries)])
	out := make([]Share, len(shares))
	for i, s := range shares {
		n := min(len(s.Deliveries), len(left))
		out[i] = Share{s, left[:n:n], len(s.Deliveries) - n}
		left = left[n:]
	}
	return out, err
}
