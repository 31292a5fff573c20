package engine

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"satchel/server/internal/scope"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// rights are what a sender of changes may do. The zero rights allow nothing.
type rights struct {
	// any allows everything: these are changes that somebody at the office decided on.
	any     bool
	areas   map[uuid.UUID]bool
	authors map[uuid.UUID]string
	revoked bool
}

// office are the rights of changes that the office makes, whose caller has been authorised already.
var office = rights{any: true}

// area reports whether records of an area may be written. A device never writes what everyone has.
func (r rights) area(id uuid.UUID) bool {
	return r.any || id != syncproto.Everyone && r.areas[id]
}

func (r rights) author(id uuid.UUID) bool {
	_, ok := r.authors[id]
	return r.any || ok
}

// rightsOf gives the rights of a device now.
func (w *work) rightsOf(ctx context.Context, device uuid.UUID) (rights, error) {
	if r, known := w.rights[device]; known {
		return r, nil
	}
	d, err := w.tx.Device(ctx, device)
	if err != nil {
		return rights{}, err
	}
	workers, err := workersOf(ctx, w.tx, w.tree, d)
	if err != nil {
		return rights{}, err
	}
	r := rights{areas: w.tree.Expand(d.Areas), authors: workers, revoked: d.Revoked != 0}
	w.rights[device] = r
	return r, nil
}

// inherit takes from a former identity, for this work, what its device has lost since.
func (w *work) inherit(ctx context.Context, former, present uuid.UUID) error {
	d, err := w.tx.Device(ctx, present)
	if err != nil {
		return err
	}
	may, err := w.rightsOf(ctx, former)
	if err != nil {
		return err
	}
	may.revoked = may.revoked || d.Revoked != 0
	w.rights[former] = may
	return nil
}

// workersOf gives the names of those who may work on a device: its holder, and the active people who
// work in any of its areas.
func workersOf(ctx context.Context, tx *store.Tx, tree scope.Tree, d store.Device) (map[uuid.UUID]string, error) {
	users, err := tx.Users(ctx)
	if err != nil {
		return nil, err
	}
	out := map[uuid.UUID]string{}
	for _, u := range users {
		if u.ID == d.Holder || u.Active && tree.Meet(u.Areas, d.Areas) {
			out[u.ID] = u.Name
		}
	}
	return out, nil
}

// sortForms orders forms by when they came, and of one device by number.
func sortForms(forms []*form) {
	slices.SortFunc(forms, func(a, b *form) int {
		if c := int(a.changes[0].Received - b.changes[0].Received); c != 0 {
			return c
		}
		return a.changes[0].Version().Compare(b.changes[0].Version())
	})
}
