package tables

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"satchel/internal/duplicates"
	"satchel/server/internal/review"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// mostLikely is how many households are told that a row may be about.
const mostLikely = 3

// preview finds the households that new rows may be about: those that exist, and those of rows before. It is a hint for
// a person, and refuses nothing. People are no part of it: a file of households says nothing of them.
func (d *draft) preview(ctx context.Context, tx *store.Tx) error {
	if d.collection.Name != "households" {
		return nil
	}
	var fresh []*entry
	for _, e := range d.entries {
		if _, told := e.fields[fieldMergedInto]; e.outcome.Fate == New && !e.wrong && !told {
			fresh = append(fresh, e)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	rules, err := review.RulesIn(ctx, tx)
	if err != nil {
		return err
	}
	known := duplicates.NewIndex()
	err = eachShown(ctx, tx, "households", func(id uuid.UUID, fields map[string]syncproto.Value) {
		known.Put(duplicates.ProfileOf(duplicates.HouseholdOf(id, valueIn(fields))))
	})
	if err != nil {
		return err
	}
	for _, e := range fresh {
		p := duplicates.ProfileOf(duplicates.HouseholdOf(e.id, valueIn(e.fields)))
		pairs := known.Similar(rules.Weights, p, rules.Threshold)
		for _, pair := range pairs[:min(mostLikely, len(pairs))] {
			e.outcome.Likely = append(e.outcome.Likely, d.likely(pair, pair.Other(e.id)))
		}
		if len(pairs) > 0 && d.how.SkipDuplicates {
			e.outcome.Fate = LeftOut
			continue
		}
		known.Put(p)
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	d.checkLeftOut()
	return nil
}

func (d *draft) likely(pair duplicates.Pair, other uuid.UUID) Likely {
	out := Likely{Score: pair.Score, Reasons: pair.Reasons}
	if e, here := d.about[other]; here && !e.known {
		out.InRow = e.row
	} else {
		out.Household = other
	}
	return out
}

func valueIn(fields map[string]syncproto.Value) func(string) syncproto.Value {
	return func(field string) syncproto.Value { return fields[field] }
}

// eachShown gives the records of a collection that are not deleted.
func eachShown(ctx context.Context, tx *store.Tx, collection string, do func(id uuid.UUID, fields map[string]syncproto.Value)) error {
	return tx.EachShown(ctx, collection, func(l store.Listed) error {
		if l.Deleted {
			return nil
		}
		fields, err := syncproto.ReadValues(l.Doc)
		if err != nil {
			return fmt.Errorf("read record %s: %w", l.ID, err)
		}
		do(l.ID, fields)
		return nil
	})
}

// checkLeftOut finds the rows that refer to one that is left out.
func (d *draft) checkLeftOut() {
	for _, e := range d.entries {
		other, here := d.about[e.fields[fieldMergedInto].ID()]
		if here && other.outcome.Fate == LeftOut {
			d.fault(e, fieldMergedInto, d.cell(e, fieldMergedInto), fmt.Sprintf("expected a household that is imported; row %d is left out, as a possible duplicate", other.row))
		}
	}
}
