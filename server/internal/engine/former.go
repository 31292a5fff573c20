package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"satchel/server/internal/audit"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// HandIn takes in what a device recorded under an identity that it had before: req.Device, which it has
// proved. It is taken with the rights of that identity, or held if either of the two was revoked. Whoever
// else has that identity too may hand in the same, or go on with it.
func (e *Engine) HandIn(ctx context.Context, present uuid.UUID, req syncproto.Request) (syncproto.Reply, error) {
	if err := checkRequest(req.Device, req); err != nil {
		return syncproto.Reply{}, err
	}
	b := newBatch(req)
	var receipts []syncproto.Receipt
	err := e.commit(ctx, func(ctx context.Context, w *work) (err error) {
		if err := w.know(ctx, req, present); err != nil {
			return err
		}
		if err := w.tx.AddDeviceFormer(ctx, present, req.Device); err != nil {
			return err
		}
		if err := w.watchTail(ctx, req.Device, req); err != nil {
			return err
		}
		if err := w.inherit(ctx, req.Device, present); err != nil {
			return err
		}
		d, err := w.tx.Device(ctx, req.Device)
		if err != nil {
			return err
		}
		receipts, err = w.takeBatch(ctx, d, b)
		return err
	})
	if err != nil {
		return syncproto.Reply{}, explain(err)
	}
	return e.reply(ctx, req, receipts, newAcknowledgement)
}

// Knows reports whether the server knows an identity of a device.
func (e *Engine) Knows(ctx context.Context, device uuid.UUID) (known bool, err error) {
	err = e.store.Read(ctx, func(tx *store.Tx) error {
		_, err := tx.Device(ctx, device)
		known = err == nil
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		return err
	})
	return known, err
}

// know makes a former identity known that the server does not know: a branch that nobody has handed in yet,
// or one from before whose enrolment the server was restored. It is like the identity that it parts from
// or, where the server does not know that one either, like the device's present one. It lets nobody in.
func (w *work) know(ctx context.Context, req syncproto.Request, present uuid.UUID) error {
	_, err := w.tx.Device(ctx, req.Device)
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	like, err := w.tx.Device(ctx, req.Branch.Of)
	if errors.Is(err, store.ErrNotFound) {
		like, err = w.tx.Device(ctx, present)
	}
	if err != nil {
		return err
	}
	former := store.Device{
		ID: req.Device, Name: like.Name, Holder: like.Holder, Areas: like.Areas,
		Enrolled: w.now, TokenAt: w.now, TokenEnded: w.now, Revoked: like.Revoked,
		Former: like.ID,
	}
	if err := w.tx.AddDevice(ctx, former); err != nil {
		return fmt.Errorf("make a former identity known: %w", err)
	}
	return audit.Append(ctx, w.tx, audit.Entry{
		At: w.now, Actor: like.Holder.String(), Action: audit.DeviceForked, Subject: req.Device.String(), Details: map[string]any{"of": like.ID},
	})
}
