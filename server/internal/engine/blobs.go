package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"

	"github.com/google/uuid"

	"satchel/server/internal/scope"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A BlobStanding is what there is to say to a device of a blob that a record names.
type BlobStanding struct {
	syncproto.BlobOf
	// Named is how it is named: nothing if the device has no business with it, more than one only if two values disagree.
	Named []syncproto.Blob
	// Arrived says that it is here, whole.
	Arrived bool
}

// BlobStandings says of blobs, in their order, whether a device may send them and whether they have arrived. It may send
// what a record of its areas names, or a change that it made itself, under any identity, even if it was revoked since:
// of that, nothing more is told than that it was told to us.
func (e *Engine) BlobStandings(ctx context.Context, device uuid.UUID, asked []syncproto.BlobOf) (out []BlobStanding, err error) {
	err = e.store.Read(ctx, func(tx *store.Tx) error {
		a, err := askerOf(ctx, tx, device)
		if err != nil {
			return err
		}
		var ids []uuid.UUID
		var names []string
		for _, of := range asked {
			ids, names = append(ids, of.Record), append(names, of.SHA256)
		}
		records, err := tx.Records(ctx, ids)
		if err != nil {
			return err
		}
		arrived, err := tx.Blobs(ctx, names)
		if err != nil {
			return err
		}
		for _, of := range asked {
			named, err := a.named(ctx, tx, records[of.Record], of)
			if err != nil {
				return err
			}
			_, here := arrived[of.SHA256]
			out = append(out, BlobStanding{of, named, here})
		}
		return nil
	})
	return out, err
}

// An asker is a device that asks for blobs, and the areas that it has: none, if it was revoked.
type asker struct {
	store.Device
	areas map[uuid.UUID]bool
	// own are its identities, once they were asked for.
	own []uuid.UUID
}

func askerOf(ctx context.Context, tx *store.Tx, device uuid.UUID) (*asker, error) {
	d, err := tx.Device(ctx, device)
	if err != nil || d.Revoked != 0 {
		return &asker{Device: d}, err
	}
	tree, err := tx.AreaTree(ctx)
	return &asker{Device: d, areas: scope.Tree(tree).Expand(d.Areas)}, err
}

// has reports whether a record lies in the asker's areas.
func (a *asker) has(r store.Record) bool { return r.ID != uuid.Nil && a.areas[r.Area] }

// named gives how a blob is named by its record or by changes of that which are held or wait, if the asker may send it.
func (a *asker) named(ctx context.Context, tx *store.Tx, r store.Record, of syncproto.BlobOf) ([]syncproto.Blob, error) {
	named := blobsOf(r.State.Blobs(r.Collection), of.SHA256)
	may := a.has(r)
	if may && len(named) > 0 {
		return named, nil
	}
	changes, err := tx.ChangesNaming(ctx, of)
	if err != nil {
		return nil, err
	}
	for _, c := range changes {
		by := blobsOf(syncproto.BlobsOf(c.Collection, c.Fields), of.SHA256)
		if isOpen(c) {
			named = append(named, by...)
		}
		own := false
		if !may && len(by) > 0 {
			if own, err = a.is(ctx, tx, c.Device); err != nil {
				return nil, err
			}
		}
		may = may || own
	}
	if !may {
		return nil, nil
	}
	return named, nil
}

// is reports whether a change came from an identity of the asker.
func (a *asker) is(ctx context.Context, tx *store.Tx, device uuid.UUID) (is bool, err error) {
	if a.own == nil {
		if a.own, err = tx.Identities(ctx, a.Device); err != nil {
			return false, err
		}
	}
	return slices.Contains(a.own, device), nil
}

func isOpen(c store.Change) bool {
	return c.Status == syncproto.Held || c.Status == syncproto.Waiting
}

// blobsOf gives those of a list that have a name.
func blobsOf(list []syncproto.Blob, name string) []syncproto.Blob {
	return slices.DeleteFunc(list, func(b syncproto.Blob) bool { return b.SHA256 != name })
}

// BlobFor gives what is known of a blob that a device may see: one that has arrived and that a record of its areas names,
// by any of its heads. Otherwise it is not_found, and to a device that was revoked everything is.
func (e *Engine) BlobFor(ctx context.Context, device uuid.UUID, of syncproto.BlobOf) (b store.Blob, err error) {
	err = e.store.Read(ctx, func(tx *store.Tx) error {
		a, err := askerOf(ctx, tx, device)
		if err != nil {
			return err
		}
		b, err = blobAt(ctx, tx, of, func(r store.Record) bool { return a.has(r) && len(blobsOf(r.State.Blobs(r.Collection), of.SHA256)) > 0 })
		return err
	})
	return b, err
}

// BlobWithin gives what is known of a blob that somebody at the office may see: one that has arrived and that a record of
// these areas names, or a change of it that is held or waits. nil is all areas, and then there may be no record yet.
func (e *Engine) BlobWithin(ctx context.Context, within map[uuid.UUID]bool, of syncproto.BlobOf) (b store.Blob, err error) {
	err = e.store.Read(ctx, func(tx *store.Tx) error {
		changes, err := tx.ChangesNaming(ctx, of)
		if err != nil {
			return err
		}
		open := slices.ContainsFunc(changes, func(c store.Change) bool {
			return isOpen(c) && len(blobsOf(syncproto.BlobsOf(c.Collection, c.Fields), of.SHA256)) > 0
		})
		b, err = blobAt(ctx, tx, of, func(r store.Record) bool {
			may := within == nil || r.ID != uuid.Nil && within[r.Area]
			return may && (open || len(blobsOf(r.State.Blobs(r.Collection), of.SHA256)) > 0)
		})
		return err
	})
	return b, err
}

// blobAt gives a blob that has arrived if may says so of its record, which is empty if there is none.
func blobAt(ctx context.Context, tx *store.Tx, of syncproto.BlobOf, may func(store.Record) bool) (store.Blob, error) {
	records, err := tx.Records(ctx, []uuid.UUID{of.Record})
	if err != nil {
		return store.Blob{}, err
	}
	arrived, err := tx.Blobs(ctx, []string{of.SHA256})
	b, here := arrived[of.SHA256]
	if err == nil && (!here || !may(records[of.Record])) {
		err = syncproto.Refuse(syncproto.CodeNotFound, "There is no such photo or signature, or it has not arrived.")
	}
	return b, err
}

// BlobArrived notes that a blob is here, whole and on the disk, so that nobody sends it again and nobody misses it.
func (e *Engine) BlobArrived(ctx context.Context, b syncproto.Blob) error {
	return explain(e.commit(ctx, func(ctx context.Context, w *work) error {
		namers, err := w.tx.NamersOf(ctx, b.SHA256)
		if err != nil {
			return err
		}
		w.proven = append(w.proven, namers...)
		return w.tx.PutBlob(ctx, store.Blob{Blob: b, At: w.now})
	}))
}

// BlobsLost notes that blobs which had arrived are not there any more, or are not what they were. Devices are told, and ask
// anew for all that they have.
func (e *Engine) BlobsLost(ctx context.Context, names []string) error {
	return explain(e.commit(ctx, func(ctx context.Context, w *work) error {
		for _, name := range names {
			namers, err := w.tx.NamersOf(ctx, name)
			if err != nil {
				return err
			}
			w.proven = append(w.proven, namers...)
		}
		if err := errors.Join(w.tx.DropBlobs(ctx, names), w.tx.NoDeviceSafe(ctx)); err != nil {
			return err
		}
		return w.tx.SetProperty(ctx, propertyBlobs, rand.Text())
	}))
}

// flushBlobs notes which blobs the records name now.
func (w *work) flushBlobs(ctx context.Context, changed []Touched) error {
	for _, c := range changed {
		names := blobNames(c.After)
		if slices.Equal(names, blobNames(c.Before)) {
			continue
		}
		if err := w.tx.SetBlobNames(ctx, c.After.ID, names, w.now); err != nil {
			return err
		}
	}
	return nil
}

// blobNames gives the names of the blobs that a record names, in their order, each once.
func blobNames(r *store.Record) (out []string) {
	if r == nil {
		return nil
	}
	for _, b := range r.State.Blobs(r.Collection) {
		out = append(out, b.SHA256)
	}
	return slices.Compact(out)
}
