package review

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A Concerned is somebody who made something that an item rests on, and the device.
type Concerned struct {
	Author     uuid.UUID `json:"author"`
	AuthorName string    `json:"author_name"`
	Device     uuid.UUID `json:"device"`
	DeviceName string    `json:"device_name"`
}

// detail adds what an item rests on beside records, and who is concerned.
func (d *Detail) detail(ctx context.Context, tx *store.Tx) (err error) {
	d.Concerned = []Concerned{}
	for _, g := range d.Grounds {
		d.concern(g.Maker)
	}
	switch d.Kind {
	case Duplicate:
		d.Kept, err = keptOf(ctx, tx, d.Record, *d.Subject)
	case Conflict:
		if d.Questions, err = engine.QuestionsAbout(ctx, tx, d.Record); err != nil {
			return err
		}
		d.Conflicts, err = engine.ConflictsOf(ctx, tx, d.Record)
		for _, c := range d.Conflicts {
			for _, s := range c.Sides {
				d.concern(s.Maker)
			}
		}
	case Held:
		var versions []syncproto.Version
		for _, c := range d.Facts.Changes {
			versions = append(versions, c.Version)
		}
		d.Changes, err = engine.HeldOf(ctx, tx, versions)
		for _, c := range d.Changes {
			d.concern(c.Maker)
		}
	case Clock:
		var holder engine.Maker
		holder, err = holderOf(ctx, tx, d.Record)
		d.concern(holder)
	}
	return err
}

// concern adds who made something, if it is somebody else than so far.
func (d *Detail) concern(m engine.Maker) {
	who := Concerned{m.Author, m.AuthorName, m.Device, m.DeviceName}
	for _, known := range d.Concerned {
		if known == who {
			return
		}
	}
	d.Concerned = append(d.Concerned, who)
}

// holderOf gives who holds a device, as if that one had made something on it.
func holderOf(ctx context.Context, tx *store.Tx, device uuid.UUID) (engine.Maker, error) {
	d, err := tx.Device(ctx, device)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return engine.Maker{}, err
	}
	return engine.MakerOf(ctx, tx, store.Change{Device: device, Change: syncproto.Change{Author: d.Holder}})
}
