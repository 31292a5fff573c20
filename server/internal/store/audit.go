package store

import (
	"context"
	"errors"
	"fmt"
)

// An AuditRow is one row of the audit log, as the chain covers it.
type AuditRow struct {
	// Seq counts the rows from 1 without gaps; At is in milliseconds.
	Seq, At                int64
	Actor, Action, Subject string
	// Details is a JSON object, "" once erased.
	Details string
	Salt    []byte
	// Digest covers Salt and Details; Hash covers the row but for these two, and the row before.
	Digest, Hash []byte
}

const auditColumns = "seq, at, actor, action, subject, details, salt, digest, hash"

func scanAudit(r row) (a AuditRow, err error) {
	err = r.Scan(&a.Seq, &a.At, &a.Actor, &a.Action, &a.Subject, &a.Details, &a.Salt, &a.Digest, &a.Hash)
	return a, err
}

// AddAudit adds a row; [ErrExists] if its number is taken.
func (t *Tx) AddAudit(ctx context.Context, a AuditRow) error {
	err := t.exec(ctx, "INSERT INTO audit ("+auditColumns+") VALUES "+inList(9),
		a.Seq, a.At, a.Actor, a.Action, a.Subject, a.Details, a.Salt, a.Digest, a.Hash)
	if err != nil {
		return fmt.Errorf("write the audit log: %w", err)
	}
	return nil
}

// LastAudit gives the last row, the zero row if there is none.
func (t *Tx) LastAudit(ctx context.Context) (AuditRow, error) {
	a, err := one(ctx, t, scanAudit, "SELECT "+auditColumns+" FROM audit ORDER BY seq DESC LIMIT 1")
	if errors.Is(err, ErrNotFound) {
		return AuditRow{}, nil
	}
	return a, err
}

// AuditSince gives rows behind a number, in order.
func (t *Tx) AuditSince(ctx context.Context, seq int64, limit int) ([]AuditRow, error) {
	return all(ctx, t, scanAudit, "SELECT "+auditColumns+" FROM audit WHERE seq > ? ORDER BY seq LIMIT ?", seq, limit)
}

// AuditBefore gives rows before a number, the last one first.
func (t *Tx) AuditBefore(ctx context.Context, seq int64, limit int) ([]AuditRow, error) {
	return all(ctx, t, scanAudit, "SELECT "+auditColumns+" FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?", seq, limit)
}

// EraseAudit empties the details of a row. The chain still holds.
func (t *Tx) EraseAudit(ctx context.Context, seq int64) error {
	return t.exec(ctx, "UPDATE audit SET details = '', salt = ? WHERE seq = ?", []byte{}, seq)
}
