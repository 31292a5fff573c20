// Package webhooks tells addresses elsewhere what has happened.
//
// It promises that every event is told at least once and in order, whatever crashes: how far an address was told is in the
// database. Of many servers over one database one tells an address at a time. It never sends personal data, only that
// something happened to what; never follows a redirect; and never connects to an address inside the office's network
// unless whoever runs the server allowed that.
package webhooks

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"time"

	"satchel/server/internal/accounts"
	"satchel/server/internal/store"
)

const (
	// maxEvents is how many events one delivery tells of at the most.
	maxEvents = 200
	// maxBatches is how many deliveries one address gets before it is the turn of the others.
	maxBatches = 5
	// every is how often the database is looked at.
	every = 2 * time.Second
	// lease is how long one server has to send before another one may.
	lease = 2 * time.Minute
	// first is how long to wait after the first try that fails; each further one doubles it, up to latest.
	first  = 5 * time.Second
	latest = 2 * time.Hour
	// giveUp is how long an address may fail before nobody tries any longer.
	giveUp = 24 * time.Hour
)

// A Sender tells the addresses of one store.
type Sender struct {
	store  *store.Store
	client *http.Client
	log    *slog.Logger
	now    func() time.Time
}

// New makes a sender. allowed are the networks that it connects to although they are not public; now is the clock.
func New(s *store.Store, log *slog.Logger, now func() time.Time, allowed []netip.Prefix) *Sender {
	return &Sender{store: s, client: client(allowed), log: log, now: now}
}

// Run tells what has happened, and what happens, until the context ends.
func (s *Sender) Run(ctx context.Context) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := s.Tell(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "tell the webhooks", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Tell tells every address that is to be tried of what has happened, until it fails or it is the turn of the next. What
// then is left is told the next time.
func (s *Sender) Tell(ctx context.Context) error {
	var due []store.Webhook
	err := s.store.Read(ctx, func(tx *store.Tx) (err error) {
		due, err = tx.WebhooksDue(ctx, s.now().UnixMilli())
		return err
	})
	for _, w := range due {
		more := true
		for n := 0; n < maxBatches && more && err == nil; n++ {
			w, more, err = s.deliver(ctx, w)
		}
	}
	return err
}

// deliver tells a webhook of the next events, and reports whether it may go on.
func (s *Sender) deliver(ctx context.Context, w store.Webhook) (store.Webhook, bool, error) {
	b, err := s.batch(ctx, w)
	if err != nil || b.events == 0 {
		return w, false, err
	}
	if w, err = s.claim(ctx, w); err != nil {
		if errors.Is(err, errTaken) {
			err = nil
		}
		return w, false, err
	}
	status, failure := s.post(ctx, w, b)
	if ctx.Err() != nil {
		return w, false, ctx.Err() // the server stops, and the address has done nothing wrong
	}
	w, own, err := s.note(ctx, w, b, status, failure)
	return w, own && failure == nil, err
}

// errTaken means that another server tells the webhook, or that it was ended or paused.
var errTaken = errors.New("another server is at it")

// claim keeps other servers from a webhook while it is told.
func (s *Sender) claim(ctx context.Context, w store.Webhook) (store.Webhook, error) {
	err := s.store.Write(ctx, func(tx *store.Tx) error {
		is, err := tx.Webhook(ctx, w.ID)
		if err != nil {
			return err
		}
		if is != w || is.Ended != 0 || is.Paused != 0 {
			return errTaken
		}
		w.Due = s.now().Add(lease).UnixMilli()
		return tx.SetWebhook(ctx, w)
	})
	return w, err
}

// note keeps what came of a delivery, and when to try again. It reports whether the webhook still was this server's to
// tell; if another one went on meanwhile, how the webhook stands is the other's to say.
func (s *Sender) note(ctx context.Context, w store.Webhook, b batch, status int, failure error) (_ store.Webhook, own bool, err error) {
	now := s.now()
	d := store.Delivery{Webhook: w.ID, At: now.UnixMilli(), Events: int64(b.events), Seq: b.last, Status: status}
	if failure != nil {
		d.Error = failure.Error()
	}
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		is, err := tx.Webhook(ctx, w.ID)
		if err != nil {
			return err
		}
		if own = is.Told == w.Told && is.Due == w.Due; !own {
			return tx.AddDelivery(ctx, d)
		}
		w = is // it may have been ended meanwhile
		if failure == nil {
			w.Told, w.Due, w.Failed, w.Since = b.last, 0, 0, 0
		} else {
			w = failed(w, now, status)
		}
		return errors.Join(tx.SetWebhook(ctx, w), tx.AddDelivery(ctx, d))
	})
	return w, own, err
}

// failed says how a webhook stands after one more try that failed. An address that says of itself that it is gone is not tried again.
func failed(w store.Webhook, now time.Time, status int) store.Webhook {
	if w.Failed == 0 {
		w.Since = now.UnixMilli()
	}
	w.Failed++
	wait := min(first<<min(w.Failed-1, 20), latest)
	wait += rand.N(wait / 2) //nolint:gosec // so that those that failed together do not come together: nobody gains by guessing it
	w.Due = now.Add(wait).UnixMilli()
	if status == http.StatusGone || now.Sub(time.UnixMilli(w.Since)) >= giveUp {
		w.Paused = now.UnixMilli()
	}
	return w
}

// batch reads what to tell next.
func (s *Sender) batch(ctx context.Context, w store.Webhook) (b batch, err error) {
	err = s.store.Read(ctx, func(tx *store.Tx) error {
		if w.Kind == accounts.ReviewOpened {
			list, err := tx.OpenedAfter(ctx, w.Told, maxEvents)
			if err == nil {
				b = batchOf(list, func(o store.Opened) int64 { return o.Seq }, "reviews", opened)
			}
			return err
		}
		list, err := tx.ChangedAfter(ctx, w.Told, maxEvents)
		if err == nil {
			b = batchOf(list, func(c store.Changed) int64 { return c.Seq }, "records", changed)
		}
		return err
	})
	return b, err
}
