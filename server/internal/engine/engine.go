// Package engine takes changes in, merges them, and tells devices what came of it.
//
// It promises that what it has acknowledged is on the disk, once, in the history of its record or
// held with a reason; that changes of one form are applied together or not at all; and that a page
// of records and the cursor that goes with it are of one moment. It never applies a change that its
// sender has no right to make, never sends a record outside a device's areas, and never decides
// between two people: that is what conflicts are for.
package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// An Engine is the sync engine over one store. It is safe for use by many goroutines.
type Engine struct {
	store    *store.Store
	now      func() time.Time
	follower Follower
	jobs     chan *job
	rescues  chan struct{} // see maxRescues
	closed   chan struct{}
	done     chan struct{}
}

// The properties that the engine keeps in the store.
const (
	propertySeq        = store.PropertySeq
	propertyEpoch      = store.PropertyEpoch
	propertyMarkKey    = "mark_key"    // the key under which marks are signed
	propertyOffice     = "office"      // the device id of the office's own changes
	propertyOfficeN    = "office_n"    // the last of those
	propertyOfficeHash = "office_hash" // and the rolling hash there
	propertyBlobs      = "blobs"       // names the last time that photos or signatures were lost
	propertyTailLost   = "tail_lost"   // when the database last lost changes, in ms, 0 if never
)

// New starts an engine. now is the clock; follower may be nil. Close ends the engine.
func New(ctx context.Context, s *store.Store, now func() time.Time, follower Follower) (*Engine, error) {
	err := s.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Property(ctx, propertyEpoch); !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err := tx.SetProperty(ctx, propertyMarkKey, rand.Text()+rand.Text()); err != nil {
			return err
		}
		if err := tx.SetProperty(ctx, propertySeq, "0"); err != nil {
			return err
		}
		return startEpoch(ctx, tx, 0)
	})
	if err != nil {
		return nil, fmt.Errorf("start the sync engine: %w", err)
	}
	e := &Engine{
		store: s, now: now, follower: follower,
		jobs: make(chan *job), rescues: make(chan struct{}, maxRescues), closed: make(chan struct{}), done: make(chan struct{}),
	}
	go e.writer(context.WithoutCancel(ctx))
	return e, nil
}

// Close ends the engine when the batch under way is committed. What comes later is refused as busy.
func (e *Engine) Close() {
	close(e.closed)
	<-e.done
}

// NewEpoch begins a new epoch, as a restored backup needs: devices then send again what the database
// has not got, and fetch everything anew. now is in milliseconds.
func NewEpoch(ctx context.Context, s *store.Store, now int64) error {
	return s.Write(ctx, func(tx *store.Tx) error { return startEpoch(ctx, tx, now) })
}

// startEpoch also gives the office a new identity: the versions that it gave out in the lost tail
// are not given out again. No device is safe to take away before it has looked at what is left. lost is when the tail
// was lost, 0 in the first epoch.
func startEpoch(ctx context.Context, tx *store.Tx, lost int64) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make an id: %w", err)
	}
	for name, value := range map[string]string{
		propertyEpoch:      rand.Text(),
		propertyOffice:     id.String(),
		propertyOfficeN:    "0",
		propertyOfficeHash: syncproto.Hash{}.String(),
		propertyTailLost:   strconv.FormatInt(lost, 10),
	} {
		if err := tx.SetProperty(ctx, name, value); err != nil {
			return err
		}
	}
	return tx.NoDeviceSafe(ctx)
}

// millis is the engine's clock in milliseconds.
func (e *Engine) millis() int64 { return e.now().UnixMilli() }
