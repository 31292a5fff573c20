package engine

import (
	"context"
	"math"

	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A Decision is a settlement that was made at the office, or what took one back.
type Decision struct {
	// Seq orders decisions by when they were made.
	Seq        int64             `json:"seq"`
	Version    syncproto.Version `json:"version"`
	Collection string            `json:"collection"`
	Record     uuid.UUID         `json:"record"`
	Field      string            `json:"field"`
	// Value is what the field held from then on.
	Value  syncproto.Value `json:"value"`
	Reason string          `json:"reason"`
	// Undoes names the settlement that it takes back, nil if it is one itself; Bulk the first of those that a rule made, or
	// that were taken back, at once.
	Undoes *syncproto.Version `json:"undoes,omitempty"`
	Bulk   *syncproto.Version `json:"bulk,omitempty"`
	// Standing says that it is a settlement that can be undone: the field was not changed since.
	Standing bool `json:"standing"`
	Maker
}

// maxDecisions is how many decisions one part of the list holds at the most.
const maxDecisions = 100

// Decisions gives a part of what was decided at the office about conflicts, the last first, and whether there is more. It
// goes on behind the decision of a Seq; 0 begins with the last. What took a settlement back is one decision, for the
// value that shows since, however many values clash again.
func (e *Engine) Decisions(ctx context.Context, before int64, limit int) (out []Decision, more bool, err error) {
	err = e.store.Read(ctx, func(tx *store.Tx) error {
		var list []store.Change
		if list, more, err = decidedBefore(ctx, tx, before, min(limit, maxDecisions)); err != nil {
			return err
		}
		out, err = decisions(ctx, tx, list)
		return err
	})
	return out, more, explain(err)
}

// decidedBefore gives the changes that decisions are shown by. It begins with that of before, which whoever asks has, so
// that what was written with it is told from what comes next.
func decidedBefore(ctx context.Context, tx *store.Tx, before int64, limit int) (list []store.Change, more bool, err error) {
	from := before
	if from == 0 {
		from = math.MaxInt64
	}
	var last syncproto.Version // the settlement that the last change took back
	for {
		some, err := tx.Decided(ctx, from, maxDecisions)
		if err != nil {
			return nil, false, err
		}
		for _, c := range some {
			var undoes syncproto.Version
			if c.Note.Undoes != nil {
				undoes = *c.Note.Undoes
			}
			same := undoes == last && c.Note.Undoes != nil
			if last = undoes; same || c.Seq == before {
				continue
			}
			if len(list) == limit {
				return list, true, nil
			}
			list = append(list, c)
		}
		if len(some) < maxDecisions {
			return list, false, nil
		}
		from = some[len(some)-1].Seq - 1
	}
}

// decisions describes what was decided by changes.
func decisions(ctx context.Context, tx *store.Tx, changes []store.Change) ([]Decision, error) {
	ids := make([]uuid.UUID, len(changes))
	for i, c := range changes {
		ids[i] = c.Record
	}
	records, err := tx.Records(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Decision, len(changes))
	for i, c := range changes {
		maker, err := MakerOf(ctx, tx, c)
		if err != nil {
			return nil, err
		}
		out[i] = Decision{
			Seq: c.Seq, Version: c.Version(), Collection: c.Collection, Record: c.Record, Reason: c.Note.Reason,
			Undoes: c.Note.Undoes, Bulk: c.Note.Bulk, Standing: c.Note.Settles != "" && standing(records[c.Record].State, c), Maker: maker,
		}
		for field, value := range c.Fields { // the only one
			out[i].Field, out[i].Value = field, value
		}
	}
	return out, nil
}
