package engine

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A Maker says who made a change, where and when.
type Maker struct {
	Author     uuid.UUID `json:"author"`
	AuthorName string    `json:"author_name"`
	Device     uuid.UUID `json:"device"`
	DeviceName string    `json:"device_name"`
	// Claimed is the time on the device, Received that on the server when it came, Time what
	// last-writer-wins compares; all in milliseconds.
	Claimed  int64 `json:"claimed"`
	Received int64 `json:"received"`
	Time     int64 `json:"time"`
}

// OfficeName is what the office's own device is called.
const OfficeName = "office"

// MakerOf finds who made a change, and on what.
func MakerOf(ctx context.Context, tx *store.Tx, c store.Change) (Maker, error) {
	out := Maker{Author: c.Author, Device: c.Device, Claimed: c.Claimed, Received: c.Received, Time: c.Time}
	user, err := tx.User(ctx, c.Author)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return out, err
	}
	out.AuthorName = user.Name
	device, err := tx.Device(ctx, c.Device)
	if errors.Is(err, store.ErrNotFound) {
		out.DeviceName = OfficeName
		return out, nil
	}
	out.DeviceName = device.Name
	return out, err
}

// An Entry is one change in the history of a record.
type Entry struct {
	Version    syncproto.Version              `json:"version"`
	Collection string                         `json:"collection"`
	Record     uuid.UUID                      `json:"record"`
	Fields     map[string]syncproto.Value     `json:"fields"`
	Base       map[string][]syncproto.Version `json:"base,omitempty"`
	Status     syncproto.Status               `json:"status"`
	Code       string                         `json:"code,omitempty"`
	Reason     string                         `json:"reason,omitempty"`
	Note       store.Note                     `json:"note"`
	Maker
}

func entryOf(ctx context.Context, tx *store.Tx, c store.Change) (Entry, error) {
	maker, err := MakerOf(ctx, tx, c)
	return Entry{
		Version: c.Version(), Collection: c.Collection, Record: c.Record, Fields: c.Fields, Base: c.Base,
		Status: c.Status, Code: c.Code, Reason: c.Reason, Note: c.Note, Maker: maker,
	}, err
}

// History gives every change of a record that ever came, in the order in which they were applied.
func (e *Engine) History(ctx context.Context, record uuid.UUID) ([]Entry, error) {
	return whole(func(after syncproto.Version) (Part[Entry], error) { return e.HistoryAfter(ctx, record, after) })
}

// HistoryAfter gives the part of a record's history that comes behind one of its changes, the zero
// Version for the first part.
func (e *Engine) HistoryAfter(ctx context.Context, record uuid.UUID, after syncproto.Version) (out Part[Entry], err error) {
	err = e.store.Read(ctx, func(tx *store.Tx) error {
		begin, err := beginOf(ctx, tx, after)
		if err != nil {
			return err
		}
		versions, err := tx.History(ctx, record, begin, partChanges+1)
		if err != nil {
			return err
		}
		if len(versions) == 0 && after.N == 0 {
			return syncproto.Refuse(syncproto.CodeNotFound, "There is no record of that id.")
		}
		out, err = partOf(ctx, tx, versions, entryOf)
		return err
	})
	return out, explain(err)
}
