package httpapi

import (
	"context"

	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// take has the engine take in what a device sends: as who it is or, with a proof, as who it was.
func (a *API) take(ctx context.Context, d store.Device, request syncproto.Request) (syncproto.Reply, error) {
	if request.Device == d.ID || request.Proof == "" && request.Branch.Of == uuid.Nil {
		return a.Engine.Exchange(ctx, d.ID, request)
	}
	if err := a.allowFormer(ctx, d, request); err != nil {
		return syncproto.Reply{}, err
	}
	return a.Engine.HandIn(ctx, d.ID, request)
}

// allowFormer fails unless a device may hand in as who it was. Who knows where a branch parts has its
// changes; but a branch that is not known yet is a new identity, and nobody takes too many of these.
func (a *API) allowFormer(ctx context.Context, d store.Device, request syncproto.Request) error {
	if request.Branch.Of == uuid.Nil {
		return a.Accounts.ProveFormer(request.Device, request.Proof)
	}
	known, err := a.Engine.Knows(ctx, request.Device)
	if err != nil || known {
		return err
	}
	return a.takeIdentity(d)
}

// takeIdentity fails if a device took too many identities of late.
func (a *API) takeIdentity(d store.Device) error {
	if a.identities.take(d.Holder.String()+" "+d.Name, 1) {
		return nil
	}
	return syncproto.Refuse(syncproto.CodeTooManyRequests, "The device took too many new identities. Nothing was changed, and what is on the device is safe; sync again later.")
}
