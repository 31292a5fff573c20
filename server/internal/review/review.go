// Package review is the one queue of everything that wants a person's decision, and what the most of it rests on: what
// families are due and received.
//
// An item is about one matter for ever: it opens when the records say so, is brought up to date and closes as they
// change, whichever way they came to say it, and does not come back after a decision unless the facts are others than
// those that were decided on. It promises that what stands in the queue is what the records show at that moment, up
// to what [Queue.CatchUp] has yet to look at, and that every decision is in the audit log and can be taken back. It
// never changes a record, and never decides.
package review

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"satchel/internal/duplicates"
	"satchel/server/internal/engine"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// The kinds of items.
const (
	// OverDelivery is about a household, or several that were merged, and an assistance type: it was given more than
	// the type's limit, or than it is entitled to.
	OverDelivery = "over_delivery"
	// Orphan is about a deleted record to which others belong that are not.
	Orphan = "orphan"
	// Duplicate is about two households that may be one family and are not merged.
	Duplicate = "duplicate"
	// Conflict is about a record with open conflicts. Settling these closes it, and undoing that opens it.
	Conflict = "conflict"
	// Held is about a record, which there may not be, and a device that made changes of it that are held or wait. Applying
	// or discarding these closes it.
	Held = "held"
	// Clock is about a device whose clock was off when it last came. Coming with a right one closes it.
	Clock = "clock"
	// ProofMissing is about a record that names a photo or a signature which has not arrived for three days, or a delivery
	// that has neither, and no reason for it, although its type of assistance asks for one. It closes when they arrive.
	ProofMissing = "proof_missing"
)

// Kinds gives all of them.
func Kinds() []string {
	return []string{OverDelivery, Orphan, Duplicate, Conflict, Held, ProofMissing, Clock}
}

// The states of an item.
const (
	Open    = "open"
	Decided = "decided"
	Closed  = "closed" // by itself: there is nothing to decide any more
)

// States gives all of them.
func States() []string { return []string{Open, Decided, Closed} }

// How much an item matters.
const (
	high   = "high"
	medium = "medium"
	low    = "low"
)

// Severities gives all of them, the highest first.
func Severities() []string { return []string{high, medium, low} }

// An Item is a matter.
type Item struct {
	ID   uuid.UUID `json:"id"`
	Kind string    `json:"kind"`
	// Record is what it is about: the household, with merged ones the one that was kept; the deleted record; of two
	// households the one with the smaller id, which was recorded first; the record with conflicts, or of the changes, or without a proof; the
	// device whose clock is off. Subject is the assistance type, the other household, or the device of the changes.
	Record  uuid.UUID  `json:"record"`
	Subject *uuid.UUID `json:"subject,omitempty"`
	// Area is that of the record. Where there is none, it is the only one of the device, as it was then, or else
	// [syncproto.Everyone].
	Area uuid.UUID `json:"area"`
	// Severity is high, medium or low; State open, decided or closed.
	Severity string `json:"severity"`
	State    string `json:"state"`
	// Seq orders items by when they last opened; OpenedAt says it in milliseconds. UpdatedAt is when something about it
	// last changed by itself.
	Seq       int64 `json:"seq"`
	OpenedAt  int64 `json:"opened_at"`
	UpdatedAt int64 `json:"updated_at"`
	// Facts are what it rests on or, once it is closed, did; Digest is the same as long as they are.
	Facts  Facts  `json:"facts"`
	Digest string `json:"digest"`
	// Decision is the last one. It holds only in the state decided: otherwise it was made on other facts.
	Decision *Decision  `json:"decision,omitempty"`
	Assignee *uuid.UUID `json:"assignee,omitempty"`
}

// Facts are what an item rests on.
type Facts struct {
	// Records are the deliveries that count, the one without a proof, those that belong to the deleted record, or the two households, in order of
	// their ids; LeftOff is how many there are beyond the first hundred, of them or of what the other lists hold.
	Records []Ground `json:"records"`
	LeftOff int      `json:"left_off,omitempty"`
	// Delivered is the sum of the deliveries and Entitled that of the entitlements that count, "" if there are none; Limit
	// is that of the type, "" if it has none. All are decimals in the type's unit.
	Delivered string `json:"delivered,omitempty"`
	Entitled  string `json:"entitled,omitempty"`
	Limit     string `json:"limit,omitempty"`
	// Score is how much speaks for one family, in bits, and Reasons what does, and what against, the weightiest first.
	Score   float64             `json:"score,omitempty"`
	Reasons []duplicates.Reason `json:"reasons,omitempty"`
	// Fields are those in conflict, by name, Changes those that are held or wait, by number.
	Fields  []Clash  `json:"fields,omitempty"`
	Changes []Change `json:"changes,omitempty"`
	// Blobs are the names of the photos and signatures that have not arrived, sorted; none if the delivery names none.
	Blobs []string `json:"blobs,omitempty"`
	// ClockOff is how far the clock is ahead of the server's, in milliseconds; see [store.Contact.ClockOff].
	ClockOff int64 `json:"clock_off,omitempty"`
}

// A Ground is one record that an item rests on.
type Ground struct {
	Record     uuid.UUID `json:"record"`
	Collection string    `json:"collection"`
	// Quantity is how much was delivered, "" if it is not a delivery.
	Quantity string `json:"quantity,omitempty"`
}

// A Decision is what somebody made of an item.
type Decision struct {
	Decision string    `json:"decision"`
	Reason   string    `json:"reason"`
	By       uuid.UUID `json:"by"`
	// At is in milliseconds.
	At int64 `json:"at"`
}

// A Detail is an item with what a person needs to decide it.
type Detail struct {
	Item
	// Grounds are the records of the facts, and of two households the people, or, where they come to more than 1 MiB, the
	// first of them.
	Grounds []Evidence `json:"grounds"`
	// Kept is, of each of two households, the one that was kept of its family: itself, unless it was merged.
	Kept []uuid.UUID `json:"kept,omitempty"`
	// Conflicts are those of the record as they are now, with their sides.
	Conflicts []engine.Conflict `json:"conflicts,omitempty"`
	// Questions are those that the field was asked about the record with conflicts, in the order in which they were asked.
	Questions []engine.Question `json:"questions,omitempty"`
	// Changes are those of the facts as they are now or, where they come to more than 1 MiB, the first of them.
	Changes []engine.HeldChange `json:"changes,omitempty"`
	// Concerned are those who made all that, each once; of a clock, who holds the device.
	Concerned []Concerned `json:"concerned"`
}

// Evidence is a record that an item rests on, as it is shown now, and who recorded it.
type Evidence struct {
	Ground
	Area   uuid.UUID                  `json:"area"`
	Fields map[string]syncproto.Value `json:"fields"`
	engine.Maker
}

// A Queue is the queue over one store. It is safe for use by many goroutines.
type Queue struct {
	store *store.Store
	now   func() time.Time
}

// New gives the queue. now is the clock.
func New(s *store.Store, now func() time.Time) *Queue { return &Queue{store: s, now: now} }

// A Filter says which items are meant.
type Filter = store.ReviewFilter

// List gives items in a state, those that every filter means, in the order in which they opened, behind a seq. An item that opens again meanwhile
// comes again, at the end; otherwise none is left out and none comes twice. behind says that the queue has yet to look
// at something, so that there may be more.
func (q *Queue) List(ctx context.Context, state string, after int64, limit int, filters ...Filter) (out []Item, behind bool, err error) {
	err = q.store.Read(ctx, func(tx *store.Tx) error {
		if behind, err = q.Behind(ctx, tx); err != nil {
			return err
		}
		reviews, err := tx.Reviews(ctx, state, after, limit, filters...)
		if err != nil {
			return err
		}
		for _, r := range reviews {
			item, err := itemOf(r)
			if err != nil {
				return err
			}
			out = append(out, item)
		}
		return nil
	})
	return out, behind, err
}

// OpenAbout gives the open items about any of some records, of two households that may be one about either, each once and
// those that opened last first.
func OpenAbout(ctx context.Context, tx *store.Tx, records []uuid.UUID) ([]Item, error) {
	about, err := tx.ReviewsOf(ctx, records)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(about, func(a, b store.Review) int { return cmp.Compare(b.Seq, a.Seq) })
	out := []Item{}
	for i, r := range about {
		if r.State != Open || i > 0 && about[i-1].Seq == r.Seq {
			continue
		}
		item, err := itemOf(r)
		if err != nil {
			return nil, err
		}
		out = append(out, item)
	}
	return out, nil
}

// Show gives an item with what it rests on; not_found if there is none.
func (q *Queue) Show(ctx context.Context, id uuid.UUID) (out Detail, err error) {
	err = q.store.Read(ctx, func(tx *store.Tx) error {
		r, err := find(ctx, tx, id)
		if err != nil {
			return err
		}
		if out.Item, err = itemOf(r); err != nil {
			return err
		}
		grounds := out.Facts.Records
		if out.Kind == Duplicate {
			people, err := peopleOf(ctx, tx, r.Record, r.Subject)
			if err != nil {
				return err
			}
			grounds = append(grounds, people...)
		}
		if out.Grounds, err = evidence(ctx, tx, grounds); err != nil {
			return err
		}
		return out.detail(ctx, tx)
	})
	return out, err
}

// peopleOf gives the people of households in order of their ids, a hundred at the most.
func peopleOf(ctx context.Context, tx *store.Tx, households ...uuid.UUID) (out []Ground, err error) {
	people, err := tx.ShownPeople(ctx, households)
	for _, p := range people {
		out = append(out, Ground{Record: p.ID, Collection: p.Collection})
	}
	sortGrounds(out)
	return out[:min(len(out), factsKept)], err
}

// find gives a review as it is kept.
func find(ctx context.Context, tx *store.Tx, id uuid.UUID) (store.Review, error) {
	r, err := tx.Review(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		err = syncproto.Refuse(syncproto.CodeNotFound, "There is no review of that id. Nothing was changed.")
	}
	return r, err
}

func itemOf(r store.Review) (Item, error) {
	out := Item{
		ID: r.ID, Kind: r.Kind, Record: r.Record, Subject: orNil(r.Subject), Area: r.Area, Severity: r.Severity, State: r.State,
		Seq: r.Seq, OpenedAt: r.Opened, UpdatedAt: r.Updated, Digest: r.Digest, Assignee: orNil(r.Assignee),
	}
	if r.Decision != "" {
		out.Decision = &Decision{Decision: r.Decision, Reason: r.Reason, By: r.DecidedBy, At: r.DecidedAt}
	}
	if err := json.Unmarshal([]byte(r.Facts), &out.Facts); err != nil {
		return out, fmt.Errorf("read review %s: %w", r.ID, err)
	}
	return out, nil
}

func orNil(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// evidenceBytes is to how much the documents of an item may come.
const evidenceBytes = 1 << 20

// evidence describes the records that an item rests on.
func evidence(ctx context.Context, tx *store.Tx, grounds []Ground) ([]Evidence, error) {
	ids := make([]uuid.UUID, len(grounds))
	for i, g := range grounds {
		ids[i] = g.Record
	}
	shown, err := tx.Shown(ctx, ids)
	if err != nil {
		return nil, err
	}
	byID := map[uuid.UUID]store.Shown{}
	for _, s := range shown {
		byID[s.ID] = s
	}
	out, bytes := []Evidence{}, 0
	for _, g := range grounds {
		s := byID[g.Record]
		if bytes += len(s.Doc); bytes > evidenceBytes {
			break
		}
		e := Evidence{Ground: g, Area: s.Area}
		if err := json.Unmarshal(s.Doc, &e.Fields); err != nil {
			return nil, fmt.Errorf("read record %s: %w", g.Record, err)
		}
		if e.Maker, err = recorder(ctx, tx, g.Record); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// recorder finds who made the first change of a record.
func recorder(ctx context.Context, tx *store.Tx, record uuid.UUID) (engine.Maker, error) {
	first, err := tx.History(ctx, record, store.Change{}, 1)
	if err != nil || len(first) == 0 {
		return engine.Maker{}, err
	}
	c, err := tx.Change(ctx, first[0])
	if err != nil {
		return engine.Maker{}, err
	}
	return engine.MakerOf(ctx, tx, c)
}
