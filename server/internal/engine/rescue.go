package engine

import (
	"context"
	"errors"
	"io"

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

// A Rescued is what came of a rescue file.
type Rescued struct {
	// Changes is how many it held, ByStatus how many of each status there are of them now.
	Changes  int                      `json:"changes"`
	ByStatus map[syncproto.Status]int `json:"by_status"`
}

// maxRescues is how many rescue files are read at once; further ones wait. Opening one takes up to 256 MiB, as its header asks.
const maxRescues = 1

// ImportRescue takes in a rescue file. begin gives the file from its beginning: it is read twice, so that all of it is known
// to be good before any of it is taken in, and no more of it than one part is in the memory.
func (e *Engine) ImportRescue(ctx context.Context, author uuid.UUID, passphrase string, begin func() (io.Reader, error)) (Rescued, error) {
	out := Rescued{ByStatus: map[syncproto.Status]int{}}
	select {
	case e.rescues <- struct{}{}:
		defer func() { <-e.rescues }()
	case <-ctx.Done():
		return out, ctx.Err()
	}
	each := func(part func(syncproto.Request) error) error {
		file, err := begin()
		if err != nil {
			return err
		}
		return syncproto.ReadRescue(file, passphrase, part)
	}
	err := each(func(syncproto.Request) error { return nil })
	var told *syncproto.Problem
	switch {
	case errors.As(err, &told):
		return out, told
	case err != nil:
		return out, syncproto.Refuse(syncproto.CodeInvalid, "Nothing was changed: %v.", err)
	}
	err = each(func(r syncproto.Request) error {
		receipts, err := e.TakeRescue(ctx, author, []syncproto.Request{r})
		for _, receipt := range receipts {
			out.ByStatus[receipt.Status]++
		}
		out.Changes += len(receipts)
		return err
	})
	return out, err
}
