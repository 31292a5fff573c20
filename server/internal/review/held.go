package review

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A Change is one that is held or waits.
type Change struct {
	Version syncproto.Version `json:"version"`
	Status  syncproto.Status  `json:"status"`
	Code    string            `json:"code"`
	Reason  string            `json:"reason"`
}

// heldChanges finds of which of the records concerned changes are held or wait, device by device.
func heldChanges(ctx context.Context, tx *store.Tx, c concern) (finding, error) {
	found := finding{kind: Held, about: c.held}
	open, err := tx.OpenOf(ctx, c.held.list())
	if err != nil {
		return found, err
	}
	type from struct{ record, device uuid.UUID }
	by, records := map[from][]Change{}, set{}
	for _, o := range open {
		key := from{o.Record, o.Device}
		by[key] = append(by[key], Change{Version: o.Version(), Status: o.Status, Code: o.Code, Reason: o.Reason})
		records.add(o.Record)
	}
	shown, err := tx.Shown(ctx, records.list())
	if err != nil {
		return found, err
	}
	area := map[uuid.UUID]uuid.UUID{}
	for _, s := range shown {
		area[s.ID] = s.Area
	}
	for key, changes := range by {
		m := matter{kind: Held, record: key.record, subject: key.device, severity: low, facts: Facts{Records: []Ground{}, Changes: changes}}
		slices.SortFunc(changes, func(a, b Change) int { return cmp.Compare(a.Version.N, b.Version.N) })
		if slices.ContainsFunc(changes, func(c Change) bool { return c.Status == syncproto.Held }) {
			m.severity = medium
		}
		var exists bool
		if m.area, exists = area[key.record]; !exists {
			if m.area, err = areaOf(ctx, tx, key.device); err != nil {
				return found, err
			}
		}
		found.matters = append(found.matters, m)
	}
	return found, nil
}

// areaOf gives the area of a device, [syncproto.Everyone] if it has several.
func areaOf(ctx context.Context, tx *store.Tx, device uuid.UUID) (uuid.UUID, error) {
	d, err := tx.Device(ctx, device)
	if errors.Is(err, store.ErrNotFound) {
		return syncproto.Everyone, nil
	}
	if err != nil || len(d.Areas) != 1 {
		return syncproto.Everyone, err
	}
	return d.Areas[0], nil
}
