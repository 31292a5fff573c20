package clientlib

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// MinPassphrase is the fewest characters that the passphrase of a rescue file may have: unlike the
// store, the file may be copied about.
const MinPassphrase = 12

// The errors of writing a rescue file.
var (
	ErrWeakPassphrase  = fmt.Errorf("the passphrase of a rescue file has to have at least %d characters", MinPassphrase)
	ErrNothingToRescue = errors.New("everything recorded on this device has been handed in; there is nothing to rescue")
)

// Rescued counts what a rescue file has.
type Rescued struct {
	// Changes and Blobs, which are photos and signatures.
	Changes, Blobs int
}

// WriteRescue writes the outbox, and the photos and signatures that the server has not got, encrypted under the
// passphrase, for an administrator to import when the device cannot sync; with history, everything that the device has
// kept. It changes nothing on the device: what is imported and later synced too counts once. The form of the file is that
// of [syncproto.WriteRescue]. It fails with [ErrWeakPassphrase] or [ErrNothingToRescue].
func (s *Store) WriteRescue(ctx context.Context, w io.Writer, passphrase string, history bool) (Rescued, error) {
	if len([]rune(passphrase)) < MinPassphrase {
		return Rescued{}, ErrWeakPassphrase
	}
	var changes []change
	var all formers
	var blobs []rescuedBlob
	err := s.read(ctx, func(t *tx) (err error) {
		if all, _, err = property[formers](ctx, t); err != nil {
			return err
		}
		changes, err = t.changes(ctx, selectChanges+"WHERE status = '' OR ? ORDER BY device, n", history)
		if err != nil {
			return err
		}
		blobs, err = t.blobsToRescue(ctx, history)
		return err
	})
	if err != nil {
		return Rescued{}, err
	}
	if len(changes)+len(blobs) == 0 {
		return Rescued{}, ErrNothingToRescue
	}
	age := func(c change) int { // the oldest identity comes first, because later ones may build on what it recorded
		at := slices.IndexFunc(all, func(f former) bool { return f.Device == c.device })
		if at < 0 {
			return len(all)
		}
		return at
	}
	slices.SortStableFunc(changes, func(a, b change) int { return cmp.Compare(age(a), age(b)) })
	requests := requestsOf(changes)
	for i := range requests {
		if f := all.of(requests[i].Device); f != nil {
			requests[i].Branch = f.Branch
		}
	}
	var photos []func() (syncproto.RescuedBlob, error)
	for _, b := range blobs {
		photos = append(photos, func() (syncproto.RescuedBlob, error) { return s.rescued(ctx, b) })
	}
	salt := make([]byte, syncproto.RescueSaltBytes)
	rand.Read(salt)
	if err := syncproto.WriteRescue(w, passphrase, salt, requests, photos...); err != nil {
		return Rescued{}, fmt.Errorf("write the rescue file; everything is still on the device: %w", err)
	}
	return Rescued{len(changes), len(blobs)}, nil
}

// A rescuedBlob is a blob that goes into a rescue file, and the identity that recorded what names it.
type rescuedBlob struct {
	syncproto.BlobOf
	device uuid.UUID
}

// blobsToRescue gives the blobs that the server wants and has not got, as far as this device knows, each once; with
// history, all that some record named.
func (t *tx) blobsToRescue(ctx context.Context, history bool) (out []rescuedBlob, err error) {
	me, _, err := property[identity](ctx, t)
	if err != nil {
		return nil, err
	}
	x, _, err := property[exchange](ctx, t)
	if err != nil {
		return nil, err
	}
	query := `SELECT min(record), sha256,
    COALESCE((SELECT device FROM changes WHERE changes.record = blob_names.record ORDER BY rowid DESC LIMIT 1), ?)
FROM blob_names WHERE ? OR unnamed = 0 AND (epoch = '' OR epoch <> ?) GROUP BY sha256 ORDER BY sha256`
	err = t.each(ctx, query, []any{me.Device, history, x.had()}, func(scan func(...any) error) error {
		var b rescuedBlob
		err := scan(&b.Record, &b.SHA256, &b.device)
		out = append(out, b)
		return err
	})
	return out, err
}

// rescued reads a blob for a rescue file. One that cannot be read any more is empty there, so that whoever imports the file
// is told of it, and the others are rescued.
func (s *Store) rescued(ctx context.Context, b rescuedBlob) (syncproto.RescuedBlob, error) {
	out := syncproto.RescuedBlob{Device: b.device, Record: b.Record}
	content, err := s.Blob(ctx, b.SHA256)
	if errors.Is(err, ErrDamaged) || errors.Is(err, ErrNotFound) {
		return out, nil
	}
	out.Content = content
	return out, err
}

// requestsOf gives the requests in which changes would travel, ordered by device and n.
func requestsOf(changes []change) []syncproto.Request {
	var out []syncproto.Request
	size := 0
	for i, c := range changes {
		follows := i > 0 && changes[i-1].device == c.device && changes[i-1].N == c.N-1
		full := follows && (size > MaxFormBytes || len(out[len(out)-1].Changes) >= MaxFormChanges)
		if !follows || full && changes[i-1].Form != c.Form {
			known := syncproto.Tip{N: c.N - 1, Hash: c.prev}
			out = append(out, syncproto.Request{Protocol: syncproto.CurrentProtocol, Device: c.device, Known: known})
			size = 0
		}
		last := &out[len(out)-1]
		last.Changes = append(last.Changes, c.Change)
		for _, value := range c.Fields {
			size += len(value)
		}
	}
	return out
}
