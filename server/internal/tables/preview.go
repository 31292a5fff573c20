package tables

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"satchel/internal/duplicates"
	"satchel/server/internal/review"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// mostLikely is how many households are told that a row may be about.
const mostLikely = 3

// preview finds the households that new rows may be about: those that exist, those of rows before, and those that were
// deleted and had the same card. It is a hint for a person, and refuses nothing. People are no part of it: a file of households says nothing of them.
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
	known, gone := duplicates.NewIndex(), map[string]uuid.UUID{}
	err = eachRecord(ctx, tx, "households", func(r store.Listed, fields map[string]syncproto.Value) {
		if r.Deleted {
			gone[cardOf(fields)] = r.ID
			return
		}
		known.Put(duplicates.ProfileOf(duplicates.HouseholdOf(r.ID, valueIn(fields))))
	})
	if err != nil {
		return err
	}
	delete(gone, "")
	for _, e := range fresh {
		e.outcome.Deleted = gone[cardOf(e.fields)]
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

// cardOf gives the number of a household's card in the form in which numbers are compared. It is a copy, which keeps no
// record in memory.
func cardOf(fields map[string]syncproto.Value) string {
	return strings.Clone(key(fields["card_number"].Text()))
}

// eachRecord gives the records of a collection, deleted ones among them.
func eachRecord(ctx context.Context, tx *store.Tx, collection string, do func(r store.Listed, fields map[string]syncproto.Value)) error {
	return tx.EachShown(ctx, collection, func(r store.Listed) error {
		fields, err := syncproto.ReadValues(r.Doc)
		if err != nil {
			return fmt.Errorf("read record %s: %w", r.ID, err)
		}
		do(r, fields)
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
