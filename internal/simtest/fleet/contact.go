package fleet

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/internal/simtest/link"
	"satchel/internal/simtest/oracle"
	"satchel/syncproto"
)

// address is the office's on the network, passphrase that of every rescue file.
const (
	address    = "http://server"
	passphrase = "a passphrase for all"
)

// sync brings both sides up to date, as far as the link allows.
func (t *tablet) sync(ctx context.Context, r *rand.Rand) {
	luck := fate(r)
	if luck != link.Good(luck.Latency) {
		t.w.fault("bad link")
	}
	t.wire.use(luck)
	defer t.wire.hangUp()
	saving := ctx
	patience := 20 * time.Minute
	if r.IntN(15) == 0 {
		patience = time.Duration(r.Int64N(int64(5 * time.Second)))
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if r.IntN(15) == 0 {
		t.w.fault("a clock set back in the middle of a sync")
		back := time.AfterFunc(time.Duration(r.Int64N(int64(3*time.Second))), func() { t.turn(t.astray.Load() - int64(time.Hour)) })
		defer back.Stop()
	}
	if r.IntN(10) == 0 {
		t.w.fault("requests sent twice")
		t.wire.sendTwice(true)
		defer t.wire.sendTwice(false)
	}
	_, _ = t.syncOnce(ctx, t.meanwhile(saving, r)) // how it ended is in the story
}

// syncOnce syncs, and enrols again first if that is due.
func (t *tablet) syncOnce(ctx context.Context, meanwhile func(clientlib.Progress)) (clientlib.SyncResult, error) {
	if t.locked && !t.enrol(ctx) {
		return clientlib.SyncResult{}, clientlib.ErrEnrolAgain
	}
	patience := ctx
	ctx = context.WithoutCancel(ctx)
	s := t.sits(ctx)
	lookAgain := t.lookAfter(ctx)
	t.syncing = true
	result, err := t.store.Sync(patience, func(p clientlib.Progress) {
		t.keepsShowing(ctx, s)
		if meanwhile != nil {
			meanwhile(p)
		}
	})
	t.syncing = false
	t.expect("sync", err)
	t.say("syncs: %d up, %d down, %d exchanges%s%s", result.Changes, result.Records, result.Exchanges, t.remarks(result), orError(err))
	if result.NewIdentity {
		t.w.fault("history forked")
	}
	if result.Repaired > 0 && !t.spoilt {
		t.w.broke("cursors never skip", "%s had to fetch %d areas anew, because what it held did not add up", t.name, result.Repaired)
	}
	if errors.Is(err, clientlib.ErrEnrolAgain) {
		t.locked = true
		t.mayBeLocked()
	}
	if errors.Is(err, clientlib.ErrWiped) {
		t.mayBeWiped()
		t.acknowledged(s.from, 0)
		t.mustBeKept(ctx, s.acts)
		t.saves, t.gone = nil, true
		return result, err
	}
	t.rises(ctx, s, result, err)
	if unsent, known := t.unsent(ctx); known {
		t.acknowledged(s.from, unsent)
	}
	lookAgain(result, err)
	if result.Safe && !t.gone {
		t.mustBeKept(ctx, s.acts)
	}
	return result, err
}

func (t *tablet) remarks(r clientlib.SyncResult) string {
	text := ""
	if r.Safe {
		text += ", safe"
	}
	if r.NewIdentity {
		text += ", new identity"
	}
	if r.ServerRestored {
		text += ", the office was restored"
	}
	if r.Repaired > 0 {
		text += ", repaired"
	}
	return text
}

// unsent gives how many changes wait on the tablet, if it can tell, and notes who it is.
func (t *tablet) unsent(ctx context.Context) (n int, known bool) {
	status, err := t.store.Status(ctx)
	t.expect("tell how it is", err)
	if err != nil {
		return 0, false
	}
	t.is(status.Device)
	if status.Unsent > len(t.saves) {
		t.w.broke("what is sent was saved", "%s has %d unsent changes, of %d that were saved on it", t.name, status.Unsent, len(t.saves))
		return 0, false
	}
	return status.Unsent, true
}

// acknowledged notes which changes the office has acknowledged: the outbox is sent in order.
// They begin at from.
func (t *tablet) acknowledged(from, unsent int) {
	t.w.mu.Lock()
	defer t.w.mu.Unlock()
	until := len(t.saves) - unsent
	for _, s := range t.saves[min(from, until):until] {
		s.atOffice = true
	}
}

// enrol has a coordinator make a code, and the tablet take it.
func (t *tablet) enrol(ctx context.Context) bool {
	o := t.w.office
	<-o.turn
	if o.down || o.machine.dead.Load() {
		o.turn <- struct{}{}
		return false
	}
	made, err := o.srv.Accounts.Invite(ctx, o.admin, o.workers[t.invited[0]], t.name, t.invited)
	o.expect("invite a tablet", err)
	o.turn <- struct{}{}
	if err != nil {
		return false
	}
	begun := time.Now()
	err = t.store.Enrol(ctx, address, made.Code, "")
	t.expect("enrol", err)
	t.say("is enrolled%s", orError(err))
	t.enrolled(ctx, since(begun), err)
	t.locked = t.locked && err != nil
	return err == nil
}

// rescue hands in what the tablet holds by a file, now and then: its passphrase costs as much as the rest
// of a history.
func (t *tablet) rescue(ctx context.Context, r *rand.Rand) {
	if r.IntN(8) > 0 {
		return
	}
	before, known := t.unsent(ctx)
	if !known {
		return
	}
	var file bytes.Buffer
	_, err := t.store.WriteRescue(ctx, &file, passphrase, false)
	if errors.Is(err, clientlib.ErrNothingToRescue) {
		return
	}
	if t.expect("write a rescue file", err); err != nil {
		return
	}
	o := t.w.office
	<-o.turn
	defer func() { o.turn <- struct{}{} }()
	if o.down || o.machine.dead.Load() {
		return
	}
	t.tries()
	begin := func() (io.Reader, error) { return bytes.NewReader(file.Bytes()), nil }
	came, err := o.srv.Engine.ImportRescue(ctx, o.admin, passphrase, begin, o.srv.Blobs.Rescue)
	o.expect("import a rescue file", err)
	t.say("hands in a rescue file with %d changes: %d taken, %d photos, %d refused%s", before, came.Changes, came.Photos, came.PhotosRefused, orError(err))
	t.acknowledged(len(t.saves)-before, before-came.Changes)
}

// expect says that an error is one that a worker may be told: a sentence that says that data is safe.
func (t *tablet) expect(what string, err error) {
	var problem *syncproto.Problem
	for _, known := range []error{
		clientlib.ErrLink, clientlib.ErrEnrolAgain, clientlib.ErrWiped, clientlib.ErrNotEnrolled, clientlib.ErrNotFound, clientlib.ErrNothingToRescue,
	} {
		if errors.Is(err, known) {
			return
		}
	}
	if err == nil || t.machine.dead.Load() || errors.As(err, &problem) || t.machine.ill.Load() || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return
	}
	t.w.broke("errors are clear", "%s on %s: %v", what, t.name, err)
}

// heard looks for what is none of the tablet's business in what came down to it.
func (t *tablet) heard(text []byte) {
	t.w.mu.Lock()
	defer t.w.mu.Unlock()
	stands := t.w.office.orders.Of(t.device.String(), since(t.met))
	for _, found := range canary.FindAllSubmatch(text, -1) {
		areas := t.w.ledger.areasOf(string(found[1]))
		if len(areas) == 0 {
			areas = append(areas, syncproto.Everyone)
		}
		mine := func(s oracle.Standing) bool {
			return !s.Revoked && slices.ContainsFunc(areas, func(area uuid.UUID) bool { return s.Areas[area.String()] })
		}
		if !stands.Maybe(mine) {
			t.w.broke("nothing leaks", "%s was sent %s, which it may not have", t.name, found[0])
		}
	}
}
