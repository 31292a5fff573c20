package engine

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/google/uuid"

	"satchel/server/internal/scope"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// reply answers a request whose batch was taken in, all of it as seen at one moment.
func (e *Engine) reply(ctx context.Context, req syncproto.Request, receipts []syncproto.Receipt, maker replyMaker) (reply syncproto.Reply, err error) {
	err = e.store.Read(ctx, func(tx *store.Tx) error {
		reply, err = maker(ctx, tx, req, e.millis())
		return err
	})
	reply.Receipts = append(reply.Receipts, receipts...)
	return reply, explain(err)
}

// A replyMaker makes a reply but for the receipts of the batch.
type replyMaker func(ctx context.Context, tx *store.Tx, req syncproto.Request, now int64) (syncproto.Reply, error)

// newReply gives what is new for the device.
func newReply(ctx context.Context, tx *store.Tx, req syncproto.Request, now int64) (syncproto.Reply, error) {
	reply, d, seq, err := greet(ctx, tx, req, now)
	if err != nil {
		return reply, err
	}
	if d.Revoked != 0 {
		reply.Revoked = true
		return reply, nil
	}
	if err := addAsked(ctx, tx, req, &reply); err != nil {
		return reply, err
	}
	if err := describeScope(ctx, tx, d, &reply); err != nil {
		return reply, err
	}
	cursors := req.Cursors
	if req.Epoch != reply.Epoch {
		cursors = nil
	}
	err = fillPage(ctx, tx, &reply, cursors, seq, pageSize(req.Page))
	if err == nil && reply.More {
		reply.Left, err = countLeft(ctx, tx, reply, req.Health.DownLeft, seq)
	}
	return reply, err
}

// newAcknowledgement gives what a former identity is told: of its own changes, and nothing else.
func newAcknowledgement(ctx context.Context, tx *store.Tx, req syncproto.Request, now int64) (syncproto.Reply, error) {
	reply, _, _, err := greet(ctx, tx, req, now)
	if err != nil {
		return reply, err
	}
	return reply, addAsked(ctx, tx, req, &reply)
}

// greet begins a reply with how far the server is.
func greet(ctx context.Context, tx *store.Tx, req syncproto.Request, now int64) (reply syncproto.Reply, d store.Device, seq int64, err error) {
	reply = syncproto.Reply{Protocol: req.Protocol, Now: now}
	seal, err := readSeal(ctx, tx)
	if err != nil {
		return reply, d, 0, err
	}
	if seq, err = numberProperty(ctx, tx, propertySeq); err != nil {
		return reply, d, 0, err
	}
	if reply.Blobs, err = tx.Property(ctx, propertyBlobs); err != nil && !errors.Is(err, store.ErrNotFound) {
		return reply, d, 0, err
	}
	d, err = tx.Device(ctx, req.Device)
	reply.Epoch, reply.Mark = seal.epoch, seal.mark(req.Device, seq)
	reply.Tip = syncproto.Tip{N: d.N, Hash: d.Hash}
	return reply, d, seq, err
}

// addAsked adds the receipts of the changes that a request asks for.
func addAsked(ctx context.Context, tx *store.Tx, req syncproto.Request, reply *syncproto.Reply) error {
	asked, err := tx.ChangesNumbered(ctx, req.Device, req.Held)
	for _, c := range asked {
		reply.Receipts = append(reply.Receipts, c.Receipt())
	}
	return err
}

// describeScope says which areas and which people the device has.
func describeScope(ctx context.Context, tx *store.Tx, d store.Device, reply *syncproto.Reply) error {
	parents, err := tx.AreaTree(ctx)
	if err != nil {
		return err
	}
	tree := scope.Tree(parents)
	if reply.Workers, err = workersOf(ctx, tx, tree, d); err != nil {
		return err
	}
	areas := tree.Expand(d.Areas)
	areas[syncproto.Everyone] = true
	reply.Areas = slices.SortedFunc(maps.Keys(areas), compareIDs)
	return nil
}

func compareIDs(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }

// defaultPage is how many records a reply holds if the device does not say.
const defaultPage = 500

func pageSize(asked int) int {
	if asked < 1 {
		return defaultPage
	}
	return min(asked, syncproto.MaxPageRecords)
}

// maxPageBytes bounds a reply before it is encoded.
const maxPageBytes = 4 << 20

// A page collects what a reply holds, and knows when it is full.
type page struct {
	reply *syncproto.Reply
	left  int
	bytes int
}

func (p *page) full() bool { return p.left <= 0 || p.bytes >= maxPageBytes }

// fillPage adds records and departures, area by area, and the cursors that go with them.
func fillPage(ctx context.Context, tx *store.Tx, reply *syncproto.Reply, cursors map[uuid.UUID]int64, now int64, size int) error {
	summaries, err := tx.Summaries(ctx, reply.Areas)
	if err != nil {
		return err
	}
	p := &page{reply: reply, left: size}
	reply.Cursors = map[uuid.UUID]int64{}
	for _, area := range reply.Areas {
		cursor, had := cursors[area]
		if summaries[area].Seq <= reached(cursor) {
			reply.Cursors[area] = now
			continue
		}
		if p.full() {
			reply.More = true
			if had {
				reply.Cursors[area] = cursor
			}
			continue
		}
		if reply.Cursors[area], err = p.addArea(ctx, tx, area, cursor, now); err != nil {
			return err
		}
		reply.More = reply.More || reply.Cursors[area] < now
	}
	if !reply.More {
		reply.Digests = make(map[uuid.UUID]syncproto.Digest, len(reply.Areas))
		for _, area := range reply.Areas {
			reply.Digests[area] = summaries[area].Digest
		}
	}
	return nil
}

// countLeft gives how many records and departures come behind a page. told is what the device was told of before this
// page, in the same sync: where that holds the page, nothing is counted, so that a long pull is counted once. What comes
// to the server meanwhile is counted when the rest has run out.
func countLeft(ctx context.Context, tx *store.Tx, reply syncproto.Reply, told int, now int64) (int, error) {
	if left := told - len(reply.Records) - len(reply.Departures); left > 0 {
		return left, nil
	}
	summaries, err := tx.Summaries(ctx, reply.Areas)
	if err != nil {
		return 0, err
	}
	left := 0
	for _, area := range reply.Areas {
		switch cursor := reply.Cursors[area]; cursor {
		case now:
		case 0:
			left += summaries[area].Records
		default:
			n, err := tx.CountSince(ctx, area, reached(cursor))
			if err != nil {
				return 0, err
			}
			left += n
		}
	}
	return left, nil
}

// pageStep is how many records are read at once: what they come to is bounded by it.
const pageStep = 100

// reached gives the sequence up to which a cursor goes. A negative one lies in the middle of a pull: the
// device has all that comes up to there in the order of the area, and of the rest it may have nothing.
func reached(cursor int64) int64 { return max(cursor, -cursor) }

// addArea adds what happened in an area behind a cursor, in order, until there is no more or the page
// is full. It gives the new cursor: now if there is no more.
func (p *page) addArea(ctx context.Context, tx *store.Tx, area uuid.UUID, cursor, now int64) (int64, error) {
	from, begun := max(cursor, 0), cursor != 0
	cursor = reached(cursor)
	for {
		step := min(pageStep, p.left)
		records, err := tx.RecordsSince(ctx, area, cursor, step)
		if err != nil {
			return 0, err
		}
		var departures []store.Departure
		if begun {
			if departures, err = tx.Departures(ctx, area, cursor, step); err != nil {
				return 0, err
			}
		}
		events := slices.Concat(recordEvents(records), departureEvents(departures))
		slices.SortFunc(events, func(a, b event) int { return cmp.Compare(a.seq, b.seq) })
		done := len(records) < step && len(departures) < step
		if !done {
			events = events[:step]
		}
		for _, ev := range events {
			if p.full() {
				return -cursor, nil
			}
			p.add(ev, from)
			cursor = ev.seq
		}
		if done {
			return now, nil
		}
		if p.full() {
			return -cursor, nil
		}
	}
}

// An event is what happened last to a record in an area: it changed, or it left.
type event struct {
	seq       int64
	record    *store.Record
	departure *store.Departure
}

func recordEvents(records []store.Record) []event {
	out := make([]event, len(records))
	for i := range records {
		out[i] = event{seq: records[i].Seq, record: &records[i]}
	}
	return out
}

func departureEvents(departures []store.Departure) []event {
	out := make([]event, len(departures))
	for i := range departures {
		out[i] = event{seq: departures[i].Seq, departure: &departures[i]}
	}
	return out
}

// add adds an event: of a record that the device has as of from, only the fields that changed since.
func (p *page) add(ev event, from int64) {
	p.left--
	if ev.departure != nil {
		p.reply.Departures = append(p.reply.Departures, syncproto.Departure{Area: ev.departure.Area, ID: ev.departure.Record})
		return
	}
	r := syncproto.RecordOf(ev.record.Collection, ev.record.ID, ev.record.Area, ev.record.State)
	if from > 0 && ev.record.Entered <= from {
		r.Whole = false
		maps.DeleteFunc(r.Fields, func(field string, _ syncproto.Cell) bool { return ev.record.Touched[field] <= from })
	}
	for field, cell := range r.Fields {
		p.bytes += len(field) + len(cell.Value)
	}
	p.reply.Records = append(p.reply.Records, r)
}
