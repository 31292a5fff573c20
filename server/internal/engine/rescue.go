package engine

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"satchel/server/internal/audit"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// TakeRescue takes in what a device wrote to a rescue file, as if the device had sent it: repeats are
// no-ops, and the device itself may still come and is told so. Each request is taken in whole or not
// at all; the receipts are those of the requests that were.
func (e *Engine) TakeRescue(ctx context.Context, author uuid.UUID, requests []syncproto.Request) ([]syncproto.Receipt, error) {
	var receipts []syncproto.Receipt
	for _, req := range requests {
		if err := checkRequest(req.Device, req); err != nil {
			return receipts, err
		}
		b := newBatch(req)
		var taken []syncproto.Receipt
		err := e.commit(ctx, func(ctx context.Context, w *work) (err error) {
			if err := w.know(ctx, req, uuid.Nil); err != nil {
				return err
			}
			d, err := w.tx.Device(ctx, req.Device)
			if err != nil {
				return err
			}
			if taken, err = w.takeBatch(ctx, d, b); err != nil {
				return err
			}
			return audit.Append(ctx, w.tx, audit.Entry{
				At: w.now, Actor: author.String(), Action: audit.RescueImported, Subject: req.Device.String(),
				Details: map[string]any{"after": req.Known.N, "changes": len(req.Changes)},
			})
		})
		if errors.Is(err, store.ErrNotFound) {
			err = syncproto.Refuse(syncproto.CodeNotFound, "The rescue file is of a device that this server does not know. Nothing was changed, and the file is as it was.")
		}
		if err != nil {
			return receipts, explain(err)
		}
		receipts = append(receipts, taken...)
	}
	return receipts, nil
}
