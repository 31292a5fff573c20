package httpapi

import (
	"context"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// take has the engine take in what a device sends: as who it is or, with a proof, as who it was.
func (a *API) take(ctx context.Context, d store.Device, request syncproto.Request) (syncproto.Reply, error) {
	if request.Proof == "" || request.Device == d.ID {
		return a.Engine.Exchange(ctx, d.ID, request)
	}
	if err := a.Accounts.ProveFormer(ctx, d, request.Device, request.Proof); err != nil {
		return syncproto.Reply{}, err
	}
	return a.Engine.HandIn(ctx, d.ID, request)
}
