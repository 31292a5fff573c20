package storetest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/google/uuid"

	"satchel/server/internal/store"
)

func webhooksComeBack(t *testing.T, s *store.Store) {
	full := store.Webhook{
		ID: id(1), URL: "https://донатор.example/?a='b'", Kind: "record.changed", Secret: "whsec_AA==", MadeBy: id(50),
		Created: 1, Ended: 2, Due: 3, Since: 4, Paused: 5, Told: 6, Failed: 7,
	}
	waits, is := store.Webhook{ID: id(2), Due: 100}, store.Webhook{ID: id(3), Due: 99}
	paused, ended := store.Webhook{ID: id(4), Paused: 1}, store.Webhook{ID: id(5), Ended: 1}
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		var all error
		for _, w := range []store.Webhook{ended, paused, is, waits, full} {
			all = errors.Join(all, tx.AddWebhook(ctx, w))
		}
		return all
	})
	due := read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.Webhook, error) { return tx.WebhooksDue(ctx, 99) })
	if !slices.Equal(due, []store.Webhook{is}) {
		t.Errorf("due are %+v", due)
	}
	is.Ended, is.Told, is.Due, is.Failed, is.Since, is.Paused = 11, 12, 13, 14, 15, 16
	write(t, s, func(ctx context.Context, tx *store.Tx) error { return tx.SetWebhook(ctx, is) })
	list := read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.Webhook, error) { return tx.Webhooks(ctx) })
	if want := []store.Webhook{full, waits, is, paused, ended}; !slices.Equal(list, want) {
		t.Errorf("read back\n%+v\nwant\n%+v", list, want)
	}
	if got := read(t, s, func(ctx context.Context, tx *store.Tx) (store.Webhook, error) { return tx.Webhook(ctx, full.ID) }); got != full {
		t.Errorf("read back %+v", got)
	}
}

func deliveriesAreKept(t *testing.T, s *store.Store) {
	write(t, s, func(ctx context.Context, tx *store.Tx) error {
		all := tx.AddDelivery(ctx, store.Delivery{Webhook: id(2), Error: "x"})
		for n := range int64(60) {
			all = errors.Join(all, tx.AddDelivery(ctx, store.Delivery{Webhook: id(1), At: n, Events: 2, Seq: 3, Status: 500, Error: "the address answered 500"}))
		}
		return all
	})
	of := func(webhook uuid.UUID) []store.Delivery {
		return read(t, s, func(ctx context.Context, tx *store.Tx) ([]store.Delivery, error) { return tx.Deliveries(ctx, webhook) })
	}
	list := of(id(1))
	last := store.Delivery{Webhook: id(1), N: 60, At: 59, Events: 2, Seq: 3, Status: 500, Error: "the address answered 500"}
	if len(list) != 50 || list[0] != last || list[49].N != 11 {
		t.Errorf("%d are kept, from %+v", len(list), list[0])
	}
	if other := of(id(2)); !reflect.DeepEqual(other, []store.Delivery{{Webhook: id(2), N: 1, Error: "x"}}) {
		t.Errorf("the other has %+v", other)
	}
}
