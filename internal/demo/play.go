package demo

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/server"
)

// play does what happens before the results are reported.
func (d *demo) play(ctx context.Context) error {
	steps := []struct {
		do  func(context.Context) error
		did string
	}{
		{d.setUp, "The office has recorded the areas, the 13 grants and the types of assistance."},
		{d.handOut, "Every tablet is enrolled, for its municipalities, and taken to the villages."},
		{d.recordOffline, "The workers have recorded everything, without a connection."},
		{d.loseReply, "One tablet synced over a link that broke after the server had everything."},
		{d.syncAll, "All tablets have synced, at the same time."},
		{d.syncAll, "All tablets have fetched what the others recorded."},
		{d.mishaps, "Everything has gone wrong that does."},
		{d.leave, "Two families got the same twice, and three were registered twice."},
		{d.syncAll, "All tablets have synced again: each could be lost now, and nothing with it."},
	}
	for _, step := range steps {
		if err := step.do(ctx); err != nil {
			return err
		}
		d.say("%s", step.did)
	}
	return nil
}

// setUp makes the people, and imports the programme's records in the administrator's name.
func (d *demo) setUp(ctx context.Context) error {
	admin, err := d.server.Accounts.AddUser(ctx, uuid.Nil, server.NewUser{
		Login: "admin", Name: "Administrator of the demo", Role: "administrator", Password: d.password,
	})
	if err != nil {
		return err
	}
	d.admin = admin.ID
	var edits []server.OfficeEdit
	for _, draft := range d.catalogue.drafts {
		values, err := draft.values()
		if err != nil {
			return err
		}
		edits = append(edits, server.OfficeEdit{Collection: draft.collection, Record: draft.id, Fields: values})
	}
	_, err = d.server.Engine.Save(ctx, d.admin, edits)
	return err
}

// handOut has a coordinator invite each tablet for the municipalities of its shares, and enrols it.
func (d *demo) handOut(ctx context.Context) error {
	everywhere := slices.Collect(maps.Values(d.catalogue.municipalities))
	coordinator, err := d.server.Accounts.AddUser(ctx, d.admin, server.NewUser{
		Login: "coordinator", Name: "Coordinator of the demo", Role: "coordinator", Areas: everywhere,
	})
	if err != nil {
		return err
	}
	return d.each(2, func(t *tablet) error {
		var areas []uuid.UUID
		for _, s := range t.shares {
			if area := d.catalogue.municipalities[s.municipality]; !slices.Contains(areas, area) {
				areas = append(areas, area)
			}
		}
		worker, err := d.server.Accounts.AddUser(ctx, coordinator.ID, server.NewUser{
			Login: t.name, Name: t.worker(), Role: "worker", Areas: areas,
		})
		if err != nil {
			return err
		}
		invitation, err := d.server.Accounts.Invite(ctx, coordinator.ID, worker.ID, t.name, areas)
		if err != nil {
			return err
		}
		return t.enrol(ctx, d.url, invitation.Code)
	})
}

// recordOffline has the workers record their shares. One of the tablets has a flat battery first, and
// starts with a clock that says 2038.
func (d *demo) recordOffline(ctx context.Context) error {
	lost := time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC)
	d.tablet(lateTablet).astray.Store(int64(lost.Sub(d.clock.now())))
	return d.each(4, func(t *tablet) error { return t.recordShares(ctx) })
}

// syncAll syncs all tablets at the same time.
func (d *demo) syncAll(ctx context.Context) error {
	return d.each(len(d.tablets), func(t *tablet) error { return t.sync(ctx) })
}

// edit changes a household as the tablet shows it.
func (t *tablet) edit(ctx context.Context, id uuid.UUID, change func(*clientlib.Household)) error {
	h, err := clientlib.Get[clientlib.Household](ctx, t.store, id)
	if err != nil {
		return err
	}
	change(h)
	var form clientlib.Form
	form.Put(h)
	return t.store.Save(ctx, &form)
}

// has says whether the tablet has a record.
func (t *tablet) has(ctx context.Context, id uuid.UUID) (bool, error) {
	_, err := t.store.Get(ctx, id)
	if errors.Is(err, clientlib.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
