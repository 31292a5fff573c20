package accounts

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"satchel/server/internal/audit"
	"satchel/server/internal/store"
)

// What a webhook can be told of.
const (
	// RecordChanged is that something happened to a record.
	RecordChanged = "record.changed"
	// ReviewOpened is that a matter wants a person's decision.
	ReviewOpened = "review.opened"
)

const (
	// maxURL is the longest address of a webhook, in bytes.
	maxURL = 500
	// secretBytes is the length of a key.
	secretBytes = 32
	// secretPrefix is how keys begin in the form that Standard Webhooks has for them.
	secretPrefix = "whsec_"
)

// AddWebhook has an address be told of what happens from now on, in the name of an administrator. The secret is told with it, and
// never again.
func (a *Accounts) AddWebhook(ctx context.Context, actor uuid.UUID, address, kind string) (store.Webhook, error) {
	if err := checkURL(address); err != nil {
		return store.Webhook{}, err
	}
	if !slices.Contains([]string{RecordChanged, ReviewOpened}, kind) {
		return store.Webhook{}, invalid("A webhook is told of %s or %s", RecordChanged, ReviewOpened)
	}
	key := make([]byte, secretBytes)
	_, err := rand.Read(key)
	if err != nil {
		return store.Webhook{}, err
	}
	w := store.Webhook{URL: address, Kind: kind, Secret: secretPrefix + base64.StdEncoding.EncodeToString(key), MadeBy: actor, Created: a.millis()}
	if w.ID, err = uuid.NewV7(); err != nil {
		return w, err
	}
	err = a.asAdministrator(ctx, actor, func(tx *store.Tx) error {
		if w.Told, err = lastOf(ctx, tx, kind); err != nil {
			return err
		}
		at, _ := url.Parse(address) // it was read before
		return errors.Join(tx.AddWebhook(ctx, w), a.log(ctx, tx, actor, audit.WebhookAdded, w.ID.String(), map[string]any{"host": at.Host, "kind": kind}))
	})
	return w, err
}

// checkURL fails unless an address is one by HTTPS, or by HTTP on this machine.
func checkURL(address string) error {
	at, err := url.Parse(address)
	if err != nil || len(address) > maxURL || at.Hostname() == "" || at.User != nil || at.Fragment != "" {
		return invalid("The address of a webhook is an https URL of at most %d bytes, without a name and password", maxURL)
	}
	ip, err := netip.ParseAddr(at.Hostname())
	here := at.Hostname() == "localhost" || err == nil && ip.IsLoopback()
	if at.Scheme != "https" && (at.Scheme != "http" || !here) {
		return invalid("The address of a webhook begins with https:; http: is for the server's own machine")
	}
	return nil
}

// lastOf gives the last sequence of what a kind tells of.
func lastOf(ctx context.Context, tx *store.Tx, kind string) (int64, error) {
	if kind == ReviewOpened {
		return tx.LastOpened(ctx)
	}
	text, err := tx.Property(ctx, store.PropertySeq)
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(text, 10, 64)
}

// Webhooks gives all webhooks, ended ones too.
func (a *Accounts) Webhooks(ctx context.Context) (list []store.Webhook, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		list, err = tx.Webhooks(ctx)
		return err
	})
	return list, err
}

// Deliveries gives what came of the last deliveries of a webhook, the last first.
func (a *Accounts) Deliveries(ctx context.Context, id uuid.UUID) (list []store.Delivery, err error) {
	err = a.store.Read(ctx, func(tx *store.Tx) error {
		if _, err := tx.Webhook(ctx, id); err != nil {
			return err
		}
		list, err = tx.Deliveries(ctx, id)
		return err
	})
	return list, err
}

// EndWebhook has an address be told nothing more, in the name of an administrator.
func (a *Accounts) EndWebhook(ctx context.Context, actor, id uuid.UUID) error {
	return a.changeWebhook(ctx, actor, id, audit.WebhookEnded, func(w *store.Webhook) { w.Ended = a.millis() })
}

// ResumeWebhook has one that was paused, or waits for its next try, be tried at once, in the name of an administrator. It
// goes on where it was.
func (a *Accounts) ResumeWebhook(ctx context.Context, actor, id uuid.UUID) error {
	return a.changeWebhook(ctx, actor, id, audit.WebhookResumed, func(w *store.Webhook) { w.Paused, w.Failed, w.Since, w.Due = 0, 0, 0, 0 })
}

// changeWebhook changes one that is not ended; one that is stays as it is.
func (a *Accounts) changeWebhook(ctx context.Context, actor, id uuid.UUID, action string, change func(*store.Webhook)) error {
	return a.asAdministrator(ctx, actor, func(tx *store.Tx) error {
		w, err := tx.Webhook(ctx, id)
		if err != nil || w.Ended != 0 {
			return err
		}
		change(&w)
		return errors.Join(tx.SetWebhook(ctx, w), a.log(ctx, tx, actor, action, id.String(), nil))
	})
}
