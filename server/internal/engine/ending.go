package engine

import (
	"context"

	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// End notes what a device says that its sync came to, and reports whether it is safe to take away. It is so only if
// what the device says fits what the server knows: it is one of the programme's, and both mean the same history, of
// which the server has lost nothing since the device came. Once it comes again, it is not safe before that sync ends too.
func (e *Engine) End(ctx context.Context, device uuid.UUID, said syncproto.Ending) (safe bool, err error) {
	if min(said.Unsent, said.Differs, said.Up, said.Down, said.Blobs) < 0 {
		return false, syncproto.Refuse(syncproto.CodeBadRequest, "The end of a sync counts below 0. Nothing was changed, and what is on the device is safe.")
	}
	err = e.commit(ctx, func(ctx context.Context, w *work) error {
		d, err := w.tx.Device(ctx, device)
		if err != nil {
			return err
		}
		epoch, err := w.tx.Property(ctx, propertyEpoch)
		if err != nil {
			return err
		}
		ending := store.Ending{At: w.now, Unsent: said.Unsent, Differs: said.Differs, Up: said.Up, Down: said.Down}
		fits := d.Revoked == 0 && d.Contact.Safe >= 0 && said.Epoch == epoch && said.Known == syncproto.Tip{N: d.N, Hash: d.Hash}
		if safe = fits && said.Unsent == 0 && said.Differs == 0 && said.Blobs == 0; safe {
			ending.Safe = w.now
		}
		return w.tx.SetDeviceEnding(ctx, device, ending)
	})
	return safe && err == nil, explain(err)
}
