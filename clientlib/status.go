package clientlib

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// A Status is how a device is, for its worker.
type Status struct {
	// Enrolled is set once a server has told the device who it is; before that, there is no more to say.
	Enrolled bool      `json:"enrolled"`
	Device   uuid.UUID `json:"device"`
	// Name is what the office calls the device, Holder the worker to whom it was handed out.
	Name   string    `json:"name"`
	Holder uuid.UUID `json:"holder"`
	Server string    `json:"server"`
	// Contact and Complete are when the last exchange took place, and the last that left nothing to do
	// on either side, by the server's clock. The zero time is never.
	Contact  time.Time `json:"contact,omitzero"`
	Complete time.Time `json:"complete,omitzero"`
	// Unsent counts the changes in the outbox; Held those that the office has and has not applied.
	Unsent int `json:"unsent"`
	Held   int `json:"held"`
	// Blobs counts the photos and signatures that the office wants and has not got.
	Blobs int `json:"blobs"`
	// Records counts the records on the device.
	Records int `json:"records"`
	// ClockOffset is what to add to the device's clock for the server's, in ns where it is a number;
	// ClockOff is set if that is so much that the worker should set the clock.
	ClockOffset time.Duration `json:"clock_offset"`
	ClockOff    bool          `json:"clock_off"`
	// Safe is set if the device could be lost without losing anything: the outbox is empty, the office has all photos and
	// signatures, and at the end of the last complete sync both sides held the same.
	Safe bool `json:"safe"`
	// Revoked is set if the office has taken the device out of the programme: it wipes itself once its
	// outbox is empty.
	Revoked bool `json:"revoked"`
}

// Status gives how the device is.
func (s *Store) Status(ctx context.Context) (Status, error) {
	var out Status
	err := s.read(ctx, func(t *tx) error {
		me, ok, err := property[identity](ctx, t)
		if err != nil || !ok {
			return err
		}
		x, _, err := property[exchange](ctx, t)
		if err != nil {
			return err
		}
		out = Status{
			Enrolled: true, Device: me.Device, Name: me.Name, Holder: me.Holder, Server: me.Server,
			Contact: moment(x.Contact), Complete: moment(x.Complete),
			ClockOffset: time.Duration(x.Offset) * time.Millisecond, ClockOff: x.clockOff(), Revoked: x.Revoked,
		}
		if out.Unsent, err = t.unsent(ctx); err != nil {
			return err
		}
		if out.Held, err = t.count(ctx, "SELECT count(*) FROM changes WHERE status IN ('held', 'waiting')"); err != nil {
			return err
		}
		if out.Blobs, err = t.blobsLeft(ctx, x); err != nil {
			return err
		}
		if out.Records, err = t.count(ctx, "SELECT count(*) FROM records"); err != nil {
			return err
		}
		all, _, err := property[formers](ctx, t)
		if err != nil {
			return err
		}
		asks, err := t.nextFormer(ctx, all, askedAll(all)) // whether the server still has what it recorded
		out.Safe = out.Unsent == 0 && out.Blobs == 0 && x.Complete > 0 && x.Differs == 0 && asks == nil
		return err
	})
	return out, err
}

func (x exchange) clockOff() bool { return max(x.Offset, -x.Offset) > syncproto.ClockWarning }

// moment gives the time of a number of milliseconds, the zero time for 0.
func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// A Worker is one of the people who may work on the device.
type Worker struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
}

// Workers gives the people who may work on the device, by name, as of the last sync.
func (s *Store) Workers(ctx context.Context) ([]Worker, error) {
	var out []Worker
	err := s.read(ctx, func(t *tx) error {
		return t.each(ctx, selectWorkers, nil, func(scan func(...any) error) error {
			w, err := t.scanWorker(scan)
			out = append(out, w)
			return err
		})
	})
	slices.SortFunc(out, func(a, b Worker) int { return strings.Compare(a.Name, b.Name) })
	return out, err
}

// selectWorkers is what the queries for workers begin with; see scanWorker.
const selectWorkers = "SELECT id, sealed FROM workers"

func (t *tx) scanWorker(scan func(...any) error) (w Worker, err error) {
	var sealed []byte
	if err := scan(&w.ID, &sealed); err != nil {
		return w, err
	}
	name, err := t.box.open("workers", w.ID.String(), sealed)
	w.Name = string(name)
	return w, err
}
