package clientlib

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// The errors of [Store.AddBlob].
var (
	ErrNoPicture = errors.New("the photo was not kept: it has to be a JPEG, PNG or WebP")
	ErrTooLarge  = fmt.Errorf("the photo was not kept: it has more than %d bytes; make it smaller, 1280 pixels are enough", syncproto.MaxBlobBytes)
)

// A Proof is a photo or a signature as a record names it, in "photos" and "signature" of a delivery's proofs, or as the
// answer to a question for a photo.
type Proof struct {
	syncproto.Blob
	// At is when it was made, in milliseconds, and Position where, as far as that is known.
	At       int64            `json:"at,omitempty"`
	Position *syncproto.Place `json:"position,omitempty"`
}

// blobPart is how many bytes of content are in one row.
const blobPart = 64 << 10

// AddBlob keeps a photo or a signature, encrypted as everything is, and gives what a record has to say to name it. It is
// sent once a form is saved that names it, behind the form; one that no form names is dropped a month after the next sync. The
// content is kept and sent as it is: take out of it before what is nobody's business. It fails with [ErrNoPicture] or [ErrTooLarge].
func (s *Store) AddBlob(ctx context.Context, content []byte) (syncproto.Blob, error) {
	sum := sha256.Sum256(content)
	b := syncproto.Blob{SHA256: hex.EncodeToString(sum[:]), Type: http.DetectContentType(content), Bytes: int64(len(content))}
	switch {
	case b.Bytes > syncproto.MaxBlobBytes:
		return b, ErrTooLarge
	case b.Check() != nil:
		return b, ErrNoPicture
	}
	err := s.write(ctx, func(t *tx) error {
		err := t.exec(ctx, `INSERT INTO blobs (sha256, type, bytes, added) VALUES (?, ?, ?, 0)
ON CONFLICT (sha256) DO UPDATE SET added = 0`, b.SHA256, b.Type, b.Bytes)
		if err != nil {
			return err
		}
		part := 0
		for chunk := range slices.Chunk(content, blobPart) {
			sealed := t.box.seal("blobs", blobPlace(b.SHA256, part), chunk)
			if err := t.exec(ctx, "INSERT INTO blob_parts (sha256, part, sealed) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", b.SHA256, part, sealed); err != nil {
				return err
			}
			part++
		}
		return nil
	})
	return b, err
}

// blobPlace says where a part of a blob is kept.
func blobPlace(name string, part int) string { return name + "/" + strconv.Itoa(part) }

// Blob gives the content of a photo or a signature that was made here; [ErrNotFound] if it was not, or was dropped.
func (s *Store) Blob(ctx context.Context, name string) (content []byte, err error) {
	err = s.read(ctx, func(t *tx) error {
		content, err = t.blob(ctx, name)
		return err
	})
	return content, err
}

func (t *tx) blob(ctx context.Context, name string) (content []byte, err error) {
	part := 0
	err = t.each(ctx, "SELECT sealed FROM blob_parts WHERE sha256 = ? ORDER BY part", []any{name}, func(scan func(...any) error) error {
		var sealed []byte
		if err := scan(&sealed); err != nil {
			return err
		}
		text, err := t.box.open("blobs", blobPlace(name, part), sealed)
		content, part = append(content, text...), part+1
		return err
	})
	if err != nil {
		return nil, err
	}
	if part == 0 {
		return nil, ErrNotFound
	}
	if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != name {
		return nil, fmt.Errorf("%w (blob %s)", ErrDamaged, name)
	}
	return content, nil
}

// nameBlobs notes which of the blobs that were made here a record names by these fields: of a change that is saved, or as they
// come from the server, since a tablet that is a copy, or was put back to one, may have what its twin said of it.
func (t *tx) nameBlobs(ctx context.Context, collection string, record uuid.UUID, fields map[string]syncproto.Value) error {
	for _, b := range syncproto.BlobsOf(collection, fields) {
		err := t.exec(ctx, `INSERT INTO blob_names (record, sha256, epoch, unnamed) SELECT ?, sha256, '', 0 FROM blobs WHERE sha256 = ?
ON CONFLICT (record, sha256) DO UPDATE SET unnamed = 0`, record, b.SHA256)
		if err != nil {
			return err
		}
	}
	return nil
}

// had names, beside the epoch, when the server last lost blobs: what it had under another name it may not have any more.
func (x exchange) had() string { return x.Epoch + " " + x.Blobs }

// blobsLeft counts the blobs that the server wants and has not got, as far as this device knows.
func (t *tx) blobsLeft(ctx context.Context, x exchange) (int, error) {
	return t.count(ctx, "SELECT count(DISTINCT sha256) FROM blob_names WHERE unnamed = 0 AND (epoch = '' OR epoch <> ?)", x.had())
}

// blobsToAsk gives blobs of which it is not known that the server has them in this epoch, in order, behind one.
func (t *tx) blobsToAsk(ctx context.Context, x exchange, after syncproto.BlobOf) (out []syncproto.BlobOf, err error) {
	query := `SELECT record, sha256 FROM blob_names WHERE (epoch = '' OR epoch <> ?) AND (record, sha256) > (?, ?)
ORDER BY record, sha256 LIMIT ?`
	err = t.each(ctx, query, []any{x.had(), after.Record, after.SHA256, syncproto.MaxBlobsAsked}, func(scan func(...any) error) error {
		var of syncproto.BlobOf
		err := scan(&of.Record, &of.SHA256)
		out = append(out, of)
		return err
	})
	return out, err
}

// setBlobs notes what the server said of blobs that it was asked for.
func (t *tx) setBlobs(ctx context.Context, x exchange, asked []syncproto.BlobOf, said syncproto.BlobsMissing) error {
	missing := map[syncproto.BlobOf]bool{}
	for _, m := range said.Missing {
		missing[m.BlobOf] = true
	}
	for _, of := range asked {
		unnamed := slices.Contains(said.Unnamed, of)
		query, args := "UPDATE blob_names SET unnamed = ?", []any{unnamed}
		if !unnamed && !missing[of] {
			query, args = query+", epoch = ?", append(args, x.had())
		}
		if err := t.exec(ctx, query+" WHERE record = ? AND sha256 = ?", append(args, of.Record, of.SHA256)...); err != nil {
			return err
		}
	}
	return nil
}

// draftDays is for how many days a blob is kept that no form names, from the first sync on: only then is it certain what day it is.
const draftDays = 30

// sweepBlobs drops what the server has and no change that is kept names, and old drafts. now is the server's clock.
func (t *tx) sweepBlobs(ctx context.Context, x exchange, now int64) error {
	err := t.exec(ctx, `DELETE FROM blob_names WHERE (epoch = ? OR unnamed = 1)
AND NOT EXISTS (SELECT 1 FROM changes WHERE changes.record = blob_names.record)`, x.had())
	if err != nil {
		return err
	}
	if err := t.exec(ctx, "UPDATE blobs SET added = ? WHERE added = 0", now); err != nil {
		return err
	}
	err = t.exec(ctx, "DELETE FROM blobs WHERE added < ? AND sha256 NOT IN (SELECT sha256 FROM blob_names)", now-draftDays*day)
	if err != nil {
		return err
	}
	return t.exec(ctx, "DELETE FROM blob_parts WHERE sha256 NOT IN (SELECT sha256 FROM blobs)")
}
