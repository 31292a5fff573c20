package engine

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// Exchange is one round of a sync: it takes the batch in, and answers with what is new for the
// device. The device has been authenticated. Errors are [syncproto.Problem] where the device can do
// something about them.
func (e *Engine) Exchange(ctx context.Context, device uuid.UUID, req syncproto.Request) (syncproto.Reply, error) {
	if err := checkRequest(device, req); err != nil {
		return syncproto.Reply{}, err
	}
	b := newBatch(req)
	var receipts []syncproto.Receipt
	err := e.commit(ctx, func(ctx context.Context, w *work) (err error) {
		if err := w.watchTail(ctx, device, req); err != nil {
			return err
		}
		if err := w.checkCursors(ctx, req); err != nil {
			return err
		}
		d, err := w.tx.Device(ctx, device)
		if err != nil {
			return err
		}
		if receipts, err = w.takeBatch(ctx, d, b); err != nil {
			return err
		}
		return w.meet(ctx, d, contactOf(req, w.now, len(receipts)))
	})
	if err != nil {
		return syncproto.Reply{}, explain(err)
	}
	return e.reply(ctx, req, receipts, newReply)
}

// meet notes what a device says of itself.
func (w *work) meet(ctx context.Context, d store.Device, c store.Contact) error {
	if c.ClockOff() != d.Contact.ClockOff() {
		w.clocks = append(w.clocks, d.ID)
	}
	return w.tx.SetDeviceContact(ctx, d.ID, c)
}

// contactOf gives what a device says of itself, now that so many of its changes are taken.
func contactOf(req syncproto.Request, now int64, taken int) store.Contact {
	h := req.Health
	return store.Contact{
		At: now, Complete: h.Complete, Unsent: max(0, h.Unsent-taken), ClockOffset: req.Clock - now,
		Program: h.Program, Protocol: string(req.Protocol), FreeBytes: h.FreeBytes,
		Up: max(0, h.Up) + taken, Down: max(0, h.Down), DownLeft: max(0, h.DownLeft),
	}
}

// checkRequest checks what needs no look at the store.
func checkRequest(device uuid.UUID, req syncproto.Request) error {
	switch {
	case !req.Protocol.Supported():
		return syncproto.Refuse(syncproto.CodeProtocol, "This server does not speak protocol %.40q. Update the program on the device or on the server; nothing was changed, and what is on the device is safe.", req.Protocol)
	case req.Device != device:
		return syncproto.Refuse(syncproto.CodeForbidden, "The request speaks for another device than its access token. Nothing was changed.")
	case req.Branch.Of != uuid.Nil && req.Branch.Device() != device:
		return syncproto.Refuse(syncproto.CodeForbidden, "The request speaks for another branch than the one that it describes. Nothing was changed.")
	case len(req.Changes) > syncproto.MaxBatchChanges:
		return syncproto.Refuse(syncproto.CodeBatchTooLarge, "The request has %d changes, %d is the most. Nothing was changed; send fewer at once.", len(req.Changes), syncproto.MaxBatchChanges)
	case len(req.Cursors) > syncproto.MaxCursors || len(req.Held) > syncproto.MaxBatchChanges:
		return syncproto.Refuse(syncproto.CodeFrameInvalid, "The request names too many areas or held changes. Nothing was changed.")
	}
	form := int64(0)
	for i, c := range req.Changes {
		if c.N != req.Known.N+1+int64(i) {
			return syncproto.Refuse(syncproto.CodeFrameInvalid, "The batch goes on with change %d, where change %d was due. Nothing was changed.", c.N, req.Known.N+1+int64(i))
		}
		if c.Form < 1 || c.Form > c.N || c.Form < form || c.Form != form && c.Form != c.N && i > 0 {
			return syncproto.Refuse(syncproto.CodeFrameInvalid, "Change %d says that it belongs to the form of change %d, which is not possible. Nothing was changed.", c.N, c.Form)
		}
		if c.Claimed > maxTime || c.Claimed < -maxTime {
			return syncproto.Refuse(syncproto.CodeFrameInvalid, "Change %d claims a time that is none. Nothing was changed.", c.N)
		}
		form = c.Form
	}
	return nil
}

// maxTime is the largest time that every language holds exactly: what one device claimed is what all
// others have to compute with.
const maxTime = 1 << 53

// takeBatch takes the changes of a batch of a device in and gives their receipts. It takes none from who does not know
// of the present epoch: what they build on may have to come again first, from who the device was before.
func (w *work) takeBatch(ctx context.Context, d store.Device, b batch) ([]syncproto.Receipt, error) {
	tip := syncproto.Tip{N: d.N, Hash: d.Hash}
	if err := w.checkKnown(ctx, b.Device, b.Known, tip); err != nil {
		return nil, err
	}
	epoch, err := w.tx.Property(ctx, propertyEpoch)
	if err != nil || b.Epoch != "" && b.Epoch != epoch {
		return nil, err
	}
	receipts, err := w.repeats(ctx, b, tip)
	changes := b.rest(tip.N, w.now)
	if err != nil || len(changes) == 0 {
		return receipts, err
	}
	may, err := w.rightsOf(ctx, b.Device)
	if err != nil {
		return nil, err
	}
	if err := w.load(ctx, mentioned(changes)); err != nil {
		return nil, err
	}
	w.flaws = b.flaws
	for _, f := range formsOf(b.Device, changes) {
		if err := w.take(ctx, f, may); err != nil {
			return nil, err
		}
	}
	for _, c := range changes {
		receipts = append(receipts, c.Receipt())
	}
	last := changes[len(changes)-1]
	return receipts, w.tx.SetDeviceTip(ctx, b.Device, last.N, last.Hash)
}

// checkKnown checks that what the device believes the server to have is what the server has.
func (w *work) checkKnown(ctx context.Context, device uuid.UUID, known, tip syncproto.Tip) error {
	if known.N > tip.N {
		p := syncproto.Refuse(syncproto.CodeResendFrom, "The server was restored from a backup and has this tablet's changes only up to %d. Nothing was changed, and what is on the tablet is safe. It has to send again what follows.", tip.N)
		p.Tip = &tip
		return p
	}
	if known.N == 0 {
		return nil
	}
	hash, err := w.tx.HashAt(ctx, device, known.N)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if err != nil || hash != known.Hash {
		return forked(syncproto.Tip{})
	}
	return nil
}

// forked tells a device that its history and the server's part behind tip.
func forked(tip syncproto.Tip) error {
	p := syncproto.Refuse(syncproto.CodeDeviceForked, "Another tablet sent other changes under this tablet's identity: one is a copy of the other. Nothing was changed, and what is on the tablet is safe. It has to take a new identity and send again what follows change %d.", tip.N)
	p.Tip = &tip
	return p
}

// repeats gives the stored receipts of the changes that the server has already.
func (w *work) repeats(ctx context.Context, b batch, tip syncproto.Tip) (receipts []syncproto.Receipt, err error) {
	again := min(len(b.changes), int(tip.N-b.Known.N))
	if again == 0 {
		return nil, nil
	}
	stored, err := w.tx.ChangesFrom(ctx, b.Device, b.Known.N+1, again)
	if err != nil {
		return nil, err
	}
	if len(stored) != again {
		return nil, fmt.Errorf("device %s: %d changes from %d are in the store, %d were counted", b.Device, len(stored), b.Known.N+1, again)
	}
	same := b.Known
	for i, c := range b.changes[:again] {
		if c.Hash != stored[i].Hash {
			return nil, forked(same)
		}
		same = syncproto.Tip{N: c.N, Hash: c.Hash}
		receipts = append(receipts, stored[i].Receipt())
	}
	return receipts, nil
}

// formsOf groups changes by the form in which they were saved.
func formsOf(device uuid.UUID, changes []*store.Change) []*form {
	var out []*form
	for _, c := range changes {
		if len(out) > 0 && out[len(out)-1].changes[0].Form == c.Form {
			last := out[len(out)-1]
			last.changes = append(last.changes, c)
			continue
		}
		out = append(out, &form{device: device, changes: []*store.Change{c}})
	}
	return out
}

// mentioned names the records that changes edit, and those that they belong to.
func mentioned(changes []*store.Change) []uuid.UUID {
	var out []uuid.UUID
	for _, c := range changes {
		out = append(out, c.Record)
		collection, _ := syncproto.CollectionOf(c.Collection)
		for _, field := range collection.AreaVia {
			if id, err := syncproto.ParseID(c.Fields[field].Text()); err == nil {
				out = append(out, id)
			}
		}
	}
	return out
}

// watchTail starts a new epoch if the device was once shown a sequence, in this epoch, that the
// database has not reached: it has lost its tail, as a copied file or a failover does.
func (w *work) watchTail(ctx context.Context, device uuid.UUID, req syncproto.Request) error {
	seal, err := readSeal(ctx, w.tx)
	if err != nil {
		return err
	}
	if req.Epoch == seal.epoch && seal.open(device, req.Mark) > w.seq {
		return startEpoch(ctx, w.tx, w.now)
	}
	return nil
}

// checkCursors refuses cursors, of this epoch, that the database has not reached. No device was given
// one, and nothing that came with it is to be trusted.
func (w *work) checkCursors(ctx context.Context, req syncproto.Request) error {
	epoch, err := w.tx.Property(ctx, propertyEpoch)
	if err != nil || req.Epoch != epoch {
		return err
	}
	for area, cursor := range req.Cursors {
		if reached(cursor) > w.seq {
			return syncproto.Refuse(syncproto.CodeFrameInvalid, "The cursor of area %s lies ahead of the server. Nothing was changed; the device has to fetch the area anew.", area)
		}
	}
	return nil
}

// A seal signs marks: how far the database was when a device was told.
type seal struct{ epoch, key string }

func readSeal(ctx context.Context, tx *store.Tx) (s seal, err error) {
	if s.epoch, err = tx.Property(ctx, propertyEpoch); err != nil {
		return s, err
	}
	s.key, err = tx.Property(ctx, propertyMarkKey)
	return s, err
}

// mark gives the sequence in a form that only this server can have made for the device.
func (s seal) mark(device uuid.UUID, seq int64) string {
	text := strconv.FormatInt(seq, 10)
	mac := hmac.New(sha256.New, []byte(s.key))
	fmt.Fprintf(mac, "%s|%s|%s", device, s.epoch, text)
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// open gives the sequence of a mark, 0 if it is not a mark of this server.
func (s seal) open(device uuid.UUID, mark string) int64 {
	text, _, _ := strings.Cut(mark, ".")
	seq, err := strconv.ParseInt(text, 10, 64)
	if err != nil || !hmac.Equal([]byte(s.mark(device, seq)), []byte(mark)) {
		return 0
	}
	return seq
}
