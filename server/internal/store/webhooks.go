package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// A Webhook is an address that is told what has happened.
type Webhook struct {
	ID   uuid.UUID
	URL  string
	Kind string
	// Secret is the key of the signatures as its receiver knows it.
	Secret string
	MadeBy uuid.UUID
	// Created, Ended, Due, Since and Paused are in milliseconds, 0 for never: Due is when to try next, Since when the first
	// of those tries was that have failed in a row, Paused when nobody tried any longer.
	Created, Ended, Due, Since, Paused int64
	// Told is the sequence, of records or of reviews, up to which it was told; Failed counts the tries that have failed in a row.
	Told, Failed int64
}

// State is ok, failing, paused or ended.
func (w Webhook) State() string {
	switch {
	case w.Ended != 0:
		return "ended"
	case w.Paused != 0:
		return "paused"
	case w.Failed != 0:
		return "failing"
	}
	return "ok"
}

const webhookColumns = "id, url, kind, secret, made_by, created, ended, told, due, failed, since, paused"

func scanWebhook(r row) (w Webhook, err error) {
	err = r.Scan(&w.ID, &w.URL, &w.Kind, &w.Secret, &w.MadeBy, &w.Created, &w.Ended, &w.Told, &w.Due, &w.Failed, &w.Since, &w.Paused)
	return w, err
}

// AddWebhook adds a webhook.
func (t *Tx) AddWebhook(ctx context.Context, w Webhook) error {
	return t.exec(ctx, "INSERT INTO webhooks ("+webhookColumns+") VALUES "+inList(12),
		w.ID, w.URL, w.Kind, w.Secret, w.MadeBy, w.Created, w.Ended, w.Told, w.Due, w.Failed, w.Since, w.Paused)
}

// SetWebhook writes how far a webhook was told, and how it stands.
func (t *Tx) SetWebhook(ctx context.Context, w Webhook) error {
	return t.exec(ctx, "UPDATE webhooks SET ended = ?, told = ?, due = ?, failed = ?, since = ?, paused = ? WHERE id = ?",
		w.Ended, w.Told, w.Due, w.Failed, w.Since, w.Paused, w.ID)
}

// Webhook gives a webhook by its id; [ErrNotFound] if there is none.
func (t *Tx) Webhook(ctx context.Context, id uuid.UUID) (Webhook, error) {
	return one(ctx, t, scanWebhook, "SELECT "+webhookColumns+" FROM webhooks WHERE id = ?", id)
}

// Webhooks gives all webhooks, ended ones too, in the order in which they were made.
func (t *Tx) Webhooks(ctx context.Context) ([]Webhook, error) {
	return all(ctx, t, scanWebhook, "SELECT "+webhookColumns+" FROM webhooks ORDER BY id")
}

// WebhooksDue gives the webhooks that are to be tried at a time in milliseconds.
func (t *Tx) WebhooksDue(ctx context.Context, now int64) ([]Webhook, error) {
	return all(ctx, t, scanWebhook, "SELECT "+webhookColumns+" FROM webhooks WHERE ended = 0 AND paused = 0 AND due <= ? ORDER BY id", now)
}

// A Delivery is one try to tell a webhook of events.
type Delivery struct {
	Webhook uuid.UUID
	// N counts the deliveries of a webhook from 1.
	N int64
	// At is when it ended, in milliseconds; Events how many it told of, Seq the sequence of the last.
	At, Events, Seq int64
	// Status is that of the answer, 0 if there was none, and Error what was wrong, "" if nothing was.
	Status int
	Error  string
}

// keptDeliveries is how many deliveries of a webhook are kept.
const keptDeliveries = 50

const deliveryColumns = "webhook, n, at, events, seq, status, error"

func scanDelivery(r row) (d Delivery, err error) {
	err = r.Scan(&d.Webhook, &d.N, &d.At, &d.Events, &d.Seq, &d.Status, &d.Error)
	return d, err
}

// AddDelivery keeps the next delivery of a webhook, and numbers it; the oldest is forgotten.
func (t *Tx) AddDelivery(ctx context.Context, d Delivery) error {
	last, err := one(ctx, t, scalar[int64], "SELECT coalesce(max(n), 0) FROM webhook_deliveries WHERE webhook = ?", d.Webhook)
	if err != nil {
		return fmt.Errorf("keep a delivery: %w", err)
	}
	d.N = last + 1
	return errors.Join(
		t.exec(ctx, "INSERT INTO webhook_deliveries ("+deliveryColumns+") VALUES "+inList(7), d.Webhook, d.N, d.At, d.Events, d.Seq, d.Status, d.Error),
		t.exec(ctx, "DELETE FROM webhook_deliveries WHERE webhook = ? AND n <= ?", d.Webhook, d.N-keptDeliveries),
	)
}

// Deliveries gives the deliveries of a webhook that are kept, the last first.
func (t *Tx) Deliveries(ctx context.Context, webhook uuid.UUID) ([]Delivery, error) {
	return all(ctx, t, scanDelivery, "SELECT "+deliveryColumns+" FROM webhook_deliveries WHERE webhook = ? ORDER BY n DESC", webhook)
}

// A Changed says of a record that something happened to it, and nothing of what it holds.
type Changed struct {
	Collection string
	ID, Area   uuid.UUID
	// Seq is the sequence of the last thing that happened.
	Seq     int64
	Deleted bool
}

// ChangedAfter gives the records to which something happened behind a sequence, each once and in that order.
func (t *Tx) ChangedAfter(ctx context.Context, seq int64, limit int) ([]Changed, error) {
	return all(ctx, t, func(r row) (c Changed, err error) {
		err = r.Scan(&c.Collection, &c.ID, &c.Area, &c.Seq, &c.Deleted)
		return c, err
	}, `SELECT collection, id, area, seq, deleted FROM records
WHERE area IN (SELECT area FROM area_digests WHERE seq > ?) AND seq > ? ORDER BY seq LIMIT ?`, seq, seq, limit)
}

// An Opened says of a review that it opened, and nothing of what it rests on.
type Opened struct {
	ID             uuid.UUID
	Kind, Severity string
	Area           uuid.UUID
	// Seq orders the openings of all reviews.
	Seq int64
}

// OpenedAfter gives the reviews that opened behind a sequence and still are open, in that order.
func (t *Tx) OpenedAfter(ctx context.Context, seq int64, limit int) ([]Opened, error) {
	return all(ctx, t, func(r row) (o Opened, err error) {
		err = r.Scan(&o.ID, &o.Kind, &o.Severity, &o.Area, &o.Seq)
		return o, err
	}, "SELECT id, kind, severity, area, seq FROM reviews WHERE seq > ? AND state = 'open' ORDER BY seq LIMIT ?", seq, limit)
}

// LastOpened gives the sequence of the last opening of a review, 0 if there was none.
func (t *Tx) LastOpened(ctx context.Context) (int64, error) {
	return one(ctx, t, scalar[int64], "SELECT coalesce(max(seq), 0) FROM reviews")
}
