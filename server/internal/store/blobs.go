package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// A Blob is the content of a photo or a signature that has arrived whole. The content itself is kept elsewhere.
type Blob struct {
	syncproto.Blob
	// At is when it arrived, in milliseconds.
	At int64
}

const blobColumns = "sha256, type, bytes, at"

func scanBlob(r row) (b Blob, err error) {
	err = r.Scan(&b.SHA256, &b.Type, &b.Bytes, &b.At)
	return b, err
}

// PutBlob notes that a blob has arrived. One that had stays as it is.
func (t *Tx) PutBlob(ctx context.Context, b Blob) error {
	return t.exec(ctx, "INSERT INTO blobs ("+blobColumns+") VALUES "+inList(4)+" ON CONFLICT DO NOTHING", b.SHA256, b.Type, b.Bytes, b.At)
}

// Blobs gives those of some blobs that have arrived, by their names.
func (t *Tx) Blobs(ctx context.Context, names []string) (map[string]Blob, error) {
	found, err := in(ctx, t, scanBlob, names, "SELECT "+blobColumns+" FROM blobs WHERE sha256 IN ")
	out := make(map[string]Blob, len(found))
	for _, b := range found {
		out[b.SHA256] = b
	}
	return out, err
}

// BlobsAfter gives blobs that have arrived, in order of their names, behind one.
func (t *Tx) BlobsAfter(ctx context.Context, name string, limit int) ([]Blob, error) {
	return all(ctx, t, scanBlob, "SELECT "+blobColumns+" FROM blobs WHERE sha256 > ? ORDER BY sha256 LIMIT ?", name, limit)
}

// DropBlobs notes that some blobs are not there any more.
func (t *Tx) DropBlobs(ctx context.Context, names []string) error {
	for part := range chunks(names) {
		if err := t.exec(ctx, "DELETE FROM blobs WHERE sha256 IN "+inList(len(part)), anys(part)...); err != nil {
			return fmt.Errorf("drop blobs: %w", err)
		}
	}
	return nil
}

// SetBlobNames notes which blobs a record names now, and since when those that it did not name before.
func (t *Tx) SetBlobNames(ctx context.Context, record uuid.UUID, names []string, now int64) error {
	query, args := "DELETE FROM blob_names WHERE record = ?", []any{record}
	if len(names) > 0 {
		query += " AND sha256 NOT IN " + inList(len(names))
	}
	if err := t.exec(ctx, query, append(args, anys(names)...)...); err != nil {
		return fmt.Errorf("write which blobs a record names: %w", err)
	}
	for _, name := range names {
		err := t.exec(ctx, "INSERT INTO blob_names (record, sha256, since) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", record, name, now)
		if err != nil {
			return fmt.Errorf("write which blobs a record names: %w", err)
		}
	}
	return nil
}

// NamersOf gives the records that name a blob, in order of their ids.
func (t *Tx) NamersOf(ctx context.Context, name string) ([]uuid.UUID, error) {
	return all(ctx, t, scalar[uuid.UUID], "SELECT record FROM blob_names WHERE sha256 = ? ORDER BY record", name)
}

// UnnamedBlobs gives those of some blobs that no record names.
func (t *Tx) UnnamedBlobs(ctx context.Context, names []string) ([]string, error) {
	return in(ctx, t, scalar[string], names,
		"SELECT sha256 FROM blobs WHERE NOT EXISTS (SELECT 1 FROM blob_names WHERE blob_names.sha256 = blobs.sha256) AND sha256 IN ")
}

// A NamedBlob is a blob that a record names, and since when, in milliseconds.
type NamedBlob struct {
	syncproto.BlobOf
	Since int64
}

// MissingBlobs gives the blobs that records name and that have not arrived, in no order.
func (t *Tx) MissingBlobs(ctx context.Context, records []uuid.UUID) ([]NamedBlob, error) {
	return in(ctx, t, func(r row) (n NamedBlob, err error) {
		err = r.Scan(&n.Record, &n.SHA256, &n.Since)
		return n, err
	}, records, `SELECT record, sha256, since FROM blob_names
WHERE NOT EXISTS (SELECT 1 FROM blobs WHERE blobs.sha256 = blob_names.sha256) AND record IN `)
}

// NamedBetween gives the records that began to name a blob behind one moment and up to another, in milliseconds, and still
// do, in order of their ids.
func (t *Tx) NamedBetween(ctx context.Context, after, until int64) ([]uuid.UUID, error) {
	return all(ctx, t, scalar[uuid.UUID], "SELECT DISTINCT record FROM blob_names WHERE since > ? AND since <= ? ORDER BY record", after, until)
}

// SomeNamedBetween reports whether [Tx.NamedBetween] gives any.
func (t *Tx) SomeNamedBetween(ctx context.Context, after, until int64) (bool, error) {
	return one(ctx, t, scalar[bool], "SELECT EXISTS (SELECT 1 FROM blob_names WHERE since > ? AND since <= ?)", after, until)
}

// ChangesNaming gives the changes of a record, whatever became of them, in whose text the name of a blob stands.
func (t *Tx) ChangesNaming(ctx context.Context, of syncproto.BlobOf) ([]Change, error) {
	if !syncproto.IsBlobName(of.SHA256) { // which has no sign that LIKE takes for another
		return nil, nil
	}
	return all(ctx, t, scanChange, "SELECT "+changeColumns+" FROM changes WHERE record = ? AND body LIKE ? ORDER BY device, n", of.Record, "%"+of.SHA256+"%")
}

// Identities gives all identities that a device is known to have had: those of the same name and holder, those of which another
// was made or from which it parts, and those under which it handed in.
func (t *Tx) Identities(ctx context.Context, d Device) ([]uuid.UUID, error) {
	return all(ctx, t, scalar[uuid.UUID], `WITH RECURSIVE own (id, former) AS (
    SELECT id, former FROM devices WHERE id = ? OR holder = ? AND name = ?
    UNION
    SELECT devices.id, devices.former FROM devices
    JOIN own ON devices.id = own.former
        OR EXISTS (SELECT 1 FROM device_formers WHERE device = own.id AND device_formers.former = devices.id)
) SELECT id FROM own`, d.ID, d.Holder, d.Name)
}

// SomeProofRequired reports whether any type of assistance asks for a proof of its deliveries.
func (t *Tx) SomeProofRequired(ctx context.Context) (bool, error) {
	return one(ctx, t, scalar[bool], "SELECT EXISTS (SELECT 1 FROM assistance_types WHERE proof_required = 1)")
}
