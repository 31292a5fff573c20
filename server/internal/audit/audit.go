// Package audit keeps the log of every decision that people made at the office.
//
// It promises that a row which is changed, removed, added or moved afterwards is found by [Verify],
// and that the details of a row can be erased, as a person's right to it may demand, without breaking
// the chain: the chain covers a salted digest of them. It cannot know that rows were cut off at the
// end, nor that somebody who has the file chained all rows from one on anew; who wants to know notes
// the head now and then, out of their reach, and gives it to Verify.
package audit

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"satchel/server/internal/store"
)

// The actions that are logged.
const (
	ConflictSettled   = "conflict.settled"
	ConflictUndone    = "conflict.undone"
	RuleApplied       = "rule.applied"
	RuleUndone        = "rule.undone"
	QuestionAsked     = "question.asked"
	QuestionClosed    = "question.closed"
	HeldApplied       = "held.applied"
	HeldDiscarded     = "held.discarded"
	ReviewDecided     = "review.decided"
	ReviewReopened    = "review.reopened"
	ReviewAssigned    = "review.assigned"
	UserAdded         = "user.added"
	UserChanged       = "user.changed"
	Login             = "session.opened"
	LoginFailed       = "session.refused"
	DeviceInvited     = "device.invited"
	DeviceEnrolled    = "device.enrolled"
	DeviceForked      = "device.forked"
	DeviceScoped      = "device.scoped"
	DeviceRenamed     = "device.renamed"
	DeviceRevoked     = "device.revoked"
	RefreshReused     = "device.refresh_reused"
	RefreshAhead      = "device.refresh_ahead"
	HouseholdMerged   = "household.merged"
	HouseholdUnmerged = "household.unmerged"
	DuplicatesRuled   = "duplicates.ruled"
	Imported          = "records.imported"
	FeedAdded         = "feed.added"
	FeedRevoked       = "feed.revoked"
	WebhookAdded      = "webhook.added"
	WebhookEnded      = "webhook.ended"
	WebhookResumed    = "webhook.resumed"
	RescueImported    = "rescue.imported"
	Restored          = "database.restored"
)

// Actions gives all of them.
func Actions() []string {
	return []string{
		ConflictSettled, ConflictUndone, RuleApplied, RuleUndone, QuestionAsked, QuestionClosed, HeldApplied, HeldDiscarded, ReviewDecided, ReviewReopened, ReviewAssigned,
		UserAdded, UserChanged, Login, LoginFailed, DeviceInvited, DeviceEnrolled, DeviceForked, DeviceScoped, DeviceRenamed,
		DeviceRevoked, RefreshReused, RefreshAhead, HouseholdMerged, HouseholdUnmerged, DuplicatesRuled, Imported,
		FeedAdded, FeedRevoked, WebhookAdded, WebhookEnded, WebhookResumed, RescueImported, Restored,
	}
}

// An Entry is one decision.
type Entry struct {
	// At is when, in milliseconds.
	At int64
	// Actor is the id of who decided, or what did.
	Actor string
	// Action is one of the constants; Subject the id of what it is about.
	Action, Subject string
	// Details is what else matters. It may hold personal data.
	Details map[string]any
}

// saltBytes keeps details that are easily guessed from being guessed by their digest.
const saltBytes = 16

// Append adds an entry to the log, in the transaction that carries the decision out.
func Append(ctx context.Context, tx *store.Tx, e Entry) error {
	last, err := tx.LastAudit(ctx)
	if err != nil {
		return err
	}
	details, err := json.Marshal(e.Details)
	if err != nil {
		return fmt.Errorf("encode an audit entry: %w", err)
	}
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return fmt.Errorf("salt an audit entry: %w", err)
	}
	row := store.AuditRow{
		Seq: last.Seq + 1, At: e.At, Actor: e.Actor, Action: e.Action, Subject: e.Subject,
		Details: string(details), Salt: salt, Digest: digest(salt, string(details)),
	}
	row.Hash = link(last.Hash, row)
	return tx.AddAudit(ctx, row)
}

func digest(salt []byte, details string) []byte {
	sum := sha256.Sum256(append(bytes.Clone(salt), details...))
	return sum[:]
}

// link gives the hash of a row: over the hash of the row before, and each part with its length before
// it, so that no two rows read the same.
func link(previous []byte, r store.AuditRow) []byte {
	sum := sha256.New()
	part := func(b []byte) {
		sum.Write(binary.BigEndian.AppendUint64(nil, uint64(len(b))))
		sum.Write(b)
	}
	part(previous)
	part(strconv.AppendInt(nil, r.Seq, 10))
	part(strconv.AppendInt(nil, r.At, 10))
	part([]byte(r.Actor))
	part([]byte(r.Action))
	part([]byte(r.Subject))
	part(r.Digest)
	return sum.Sum(nil)
}

// A Report is what a verification found.
type Report struct {
	// Rows counts the rows that hold, Erased those of them whose details were erased.
	Rows, Erased int64
	// Head is the hash of the last row, hexadecimal; "" for an empty log.
	Head string
	// Broken is the number from which on the log does not hold, 0 if all of it does, and Why says what
	// is wrong there.
	Broken int64
	Why    string
}

// verifyStep is how many rows are read at once.
const verifyStep = 500

// Verify reads the whole log and follows its chain. If head is not "", one of the rows has to have
// that hash: the log went that far once.
func Verify(ctx context.Context, tx *store.Tx, head string) (Report, error) {
	var report Report
	var previous []byte
	seen := head == ""
	// A row that somebody put before the first is read too.
	for after := int64(math.MinInt64); ; after = report.Rows {
		rows, err := tx.AuditSince(ctx, after, verifyStep)
		if err != nil {
			return report, err
		}
		for _, r := range rows {
			if report.Why = fault(previous, report.Rows+1, r); report.Why != "" {
				report.Broken = report.Rows + 1
				return report, nil
			}
			previous = r.Hash
			report.Rows, report.Head = r.Seq, hex.EncodeToString(r.Hash)
			if r.Details == "" {
				report.Erased++
			}
			seen = seen || report.Head == head
		}
		if len(rows) < verifyStep {
			break
		}
	}
	if !seen {
		report.Broken, report.Why = report.Rows+1, "rows are missing at the end: no row has the head that was noted"
	}
	return report, nil
}

// fault says what is wrong with a row, "" if nothing is.
func fault(previous []byte, seq int64, r store.AuditRow) string {
	switch {
	case r.Seq < seq:
		return fmt.Sprintf("a row was added as number %d, before the first", r.Seq)
	case r.Seq > seq:
		return "it is missing"
	case r.Details != "" && (len(r.Salt) != saltBytes || !bytes.Equal(digest(r.Salt, r.Details), r.Digest)):
		return "its details were changed"
	case !bytes.Equal(link(previous, r), r.Hash):
		return "it, or the row before it, was changed, added, removed or moved"
	}
	return ""
}
