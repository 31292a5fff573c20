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
	// Photos is how many photos and signatures it held, PhotosRefused how many of them are not here now: what they are
	// is not what the device's records name.
	Photos        int `json:"photos"`
	PhotosRefused int `json:"photos_refused"`
}

// maxRescues is how many rescue files are read at once; further ones wait. Opening one takes up to 256 MiB, as its header asks.
const maxRescues = 1

// ImportRescue takes in a rescue file. begin gives the file from its beginning: it is read twice, so that all of it is known
// to be good before any of it is taken in, and no more of it than one piece is in the memory. keep keeps a blob, and fails as
// an upload of it would; what it refuses is counted, and the rest goes on.
func (e *Engine) ImportRescue(ctx context.Context, author uuid.UUID, passphrase string, begin func() (io.Reader, error),
	keep func(context.Context, syncproto.RescuedBlob) error,
) (Rescued, error) {
	out := Rescued{ByStatus: map[syncproto.Status]int{}}
	select {
	case e.rescues <- struct{}{}:
		defer func() { <-e.rescues }()
	case <-ctx.Done():
		return out, ctx.Err()
	}
	each := func(part func(syncproto.Request) error, blob func(syncproto.RescuedBlob) error) error {
		file, err := begin()
		if err != nil {
			return err
		}
		return syncproto.ReadRescue(file, passphrase, part, blob)
	}
	err := each(func(syncproto.Request) error { return nil }, nil)
	var told *syncproto.Problem
	switch {
	case errors.As(err, &told):
		return out, told
	case err != nil:
		return out, syncproto.Refuse(syncproto.CodeInvalid, "Nothing was changed: %v.", err)
	}
	var device uuid.UUID
	err = each(func(r syncproto.Request) error {
		receipts, err := e.TakeRescue(ctx, author, []syncproto.Request{r})
		for _, receipt := range receipts {
			out.ByStatus[receipt.Status]++
		}
		out.Changes += len(receipts)
		return err
	}, func(b syncproto.RescuedBlob) error {
		device = b.Device
		err := keep(ctx, b)
		refused := isRefusal(err)
		if err != nil && !refused {
			return explain(err)
		}
		out.Photos++
		if refused {
			out.PhotosRefused++
		}
		return nil
	})
	if out.Photos > 0 {
		err = errors.Join(err, e.notePhotos(ctx, author, device, out))
	}
	return out, err
}

// isRefusal reports whether an error is of a blob that is not to be kept.
func isRefusal(err error) bool {
	var p *syncproto.Problem
	return errors.As(err, &p) && (p.Code == syncproto.CodeNotFound || p.Code == syncproto.CodeBlobWrong)
}

// notePhotos writes down that somebody brought in photos of a device.
func (e *Engine) notePhotos(ctx context.Context, author, device uuid.UUID, came Rescued) error {
	err := e.commit(ctx, func(ctx context.Context, w *work) error {
		return audit.Append(ctx, w.tx, audit.Entry{
			At: w.now, Actor: author.String(), Action: audit.RescueImported, Subject: device.String(),
			Details: map[string]any{"photos": came.Photos, "photos_refused": came.PhotosRefused},
		})
	})
	return explain(err)
}
