package audit_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"satchel/server/internal/audit"
	"satchel/server/internal/store"
	"satchel/server/internal/store/storetest"
)

// A log is one on disk, and a hand that reaches past the program into its file.
type log struct {
	t     *testing.T
	store *store.Store
	hand  *sql.DB
}

// newLog makes a log with rows 1 to n.
func newLog(t *testing.T, n int) log {
	t.Helper()
	path := filepath.Join(storetest.Dir(t), "satchel.db")
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	hand, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := hand.Close(); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	l := log{t, s, hand}
	l.append(n)
	return l
}

func (l log) append(n int) {
	l.t.Helper()
	err := l.store.Write(l.t.Context(), func(tx *store.Tx) error {
		for range n {
			err := audit.Append(l.t.Context(), tx, audit.Entry{
				At: 1_700_000_000_000, Actor: "ana", Action: audit.UserAdded, Subject: "petar", Details: map[string]any{"role": "worker"},
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l log) verify(head string) (report audit.Report) {
	l.t.Helper()
	err := l.store.Read(l.t.Context(), func(tx *store.Tx) (err error) {
		report, err = audit.Verify(l.t.Context(), tx, head)
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return report
}

// forge changes the file as somebody does who has it: the rules of the database are no hindrance.
func (l log) forge(statements ...string) {
	l.t.Helper()
	for _, statement := range append([]string{"DROP TRIGGER IF EXISTS audit_is_append_only", "DROP TRIGGER IF EXISTS audit_rows_stay"}, statements...) {
		if _, err := l.hand.ExecContext(l.t.Context(), statement); err != nil {
			l.t.Fatalf("%s: %v", statement, err)
		}
	}
}

func TestALogThatNobodyTouchedHolds(t *testing.T) {
	for _, n := range []int{0, 1, 499, 500, 501, 1000} {
		report := newLog(t, n).verify("")
		if report.Broken != 0 || report.Why != "" || report.Rows != int64(n) || report.Erased != 0 || (report.Head == "") != (n == 0) {
			t.Errorf("%d rows: %+v", n, report)
		}
	}
}

func TestWhateverIsForgedIsFoundWhereItIs(t *testing.T) {
	const columns = "at, actor, action, subject, details, salt, digest, hash"
	forgeries := []struct {
		name   string
		broken int64
		why    string
		sql    []string
	}{
		{"time", 3, "changed", []string{"UPDATE audit SET at = at + 1 WHERE seq = 3"}},
		{"actor", 3, "changed", []string{"UPDATE audit SET actor = 'eva' WHERE seq = 3"}},
		{"action", 3, "changed", []string{"UPDATE audit SET action = 'user.changed' WHERE seq = 3"}},
		{"subject", 3, "changed", []string{"UPDATE audit SET subject = 'eva' WHERE seq = 3"}},
		{"a letter moved from one column to the next", 3, "changed", []string{"UPDATE audit SET actor = 'anau', action = 'ser.added' WHERE seq = 3"}},
		{"details", 3, "details", []string{"UPDATE audit SET details = '{\"role\":\"administrator\"}' WHERE seq = 3"}},
		{"salt", 3, "details", []string{"UPDATE audit SET salt = x'00' WHERE seq = 3"}},
		{"a byte moved from the salt to the details", 3, "details", []string{
			"UPDATE audit SET salt = substr(salt, 1, 15), details = CAST(substr(salt, 16) || CAST(details AS BLOB) AS TEXT) WHERE seq = 3",
		}},
		{"digest", 3, "changed", []string{"UPDATE audit SET details = '', digest = x'00' WHERE seq = 3"}},
		{"details that were erased and came back", 3, "details", []string{"UPDATE audit SET details = '{}', salt = x'' WHERE seq = 3"}},
		{"hash", 3, "changed", []string{"UPDATE audit SET hash = x'00' WHERE seq = 3"}},
		{"hash of the last", 7, "changed", []string{"UPDATE audit SET hash = x'00' WHERE seq = 7"}},
		{"the first removed", 1, "missing", []string{"DELETE FROM audit WHERE seq = 1"}},
		{"one removed", 3, "missing", []string{"DELETE FROM audit WHERE seq = 3"}},
		{"one removed and the gap closed", 3, "changed", []string{
			"DELETE FROM audit WHERE seq = 3", "UPDATE audit SET seq = -seq + 1 WHERE seq > 3", "UPDATE audit SET seq = -seq WHERE seq < 0",
		}},
		{"two that changed places", 3, "changed", []string{
			"UPDATE audit SET seq = -3 WHERE seq = 3", "UPDATE audit SET seq = 3 WHERE seq = 4", "UPDATE audit SET seq = 4 WHERE seq = -3",
		}},
		{"a copy added behind", 8, "changed", []string{"INSERT INTO audit (seq, " + columns + ") SELECT 8, " + columns + " FROM audit WHERE seq = 7"}},
		{"a copy added in front", 1, "before the first", []string{"INSERT INTO audit (seq, " + columns + ") SELECT 0, " + columns + " FROM audit WHERE seq = 1"}},
		{"a copy added far in front", 1, "before the first", []string{"INSERT INTO audit (seq, " + columns + ") SELECT -5, " + columns + " FROM audit WHERE seq = 1"}},
	}
	for _, f := range forgeries {
		t.Run(f.name, func(t *testing.T) {
			l := newLog(t, 7)
			l.forge(f.sql...)
			if report := l.verify(""); report.Broken != f.broken || !strings.Contains(report.Why, f.why) {
				t.Errorf("%+v, want row %d to be broken, as %q", report, f.broken, f.why)
			}
		})
	}
}

// Whoever changes a row can hash it anew, but has to do so with all that come behind.
func TestARowThatWasHashedAnewIsFoundAtTheNext(t *testing.T) {
	l := newLog(t, 7)
	var previous, digest []byte
	row := l.hand.QueryRowContext(t.Context(), "SELECT a.hash, b.digest FROM audit a JOIN audit b ON b.seq = 3 WHERE a.seq = 2")
	if err := row.Scan(&previous, &digest); err != nil {
		t.Fatal(err)
	}
	sum := sha256.New()
	for _, part := range [][]byte{
		previous, []byte("3"), []byte("1700000000000"), []byte("ana"), []byte(audit.UserAdded), []byte("eva"), digest,
	} {
		sum.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		sum.Write(part)
	}
	l.forge("UPDATE audit SET subject = 'eva', hash = x'" + hex.EncodeToString(sum.Sum(nil)) + "' WHERE seq = 3")
	if report := l.verify(""); report.Broken != 4 || report.Rows != 3 {
		t.Errorf("%+v, want row 3 to hold by itself and row 4 to be broken", report)
	}
}

func TestAForgeryFarBackIsFound(t *testing.T) {
	l := newLog(t, 1200)
	l.forge("UPDATE audit SET subject = 'eva' WHERE seq = 1001")
	if report := l.verify(""); report.Broken != 1001 || report.Rows != 1000 {
		t.Errorf("%+v, want row 1001 to be broken and 1000 to hold", report)
	}
}

func TestACutEndIsFoundByTheHeadThatWasNoted(t *testing.T) {
	l := newLog(t, 5)
	noted := l.verify("").Head
	l.append(2)
	if report := l.verify(noted); report.Why != "" || report.Rows != 7 || report.Head == noted {
		t.Errorf("a log that went on: %+v, want 7 rows that hold and a new head", report)
	}
	l.forge("DELETE FROM audit WHERE seq >= 5")
	if report := l.verify(""); report.Why != "" {
		t.Errorf("a cut log, no head noted: %+v, want no fault to be seen", report)
	}
	if report := l.verify(noted); report.Broken != 5 || !strings.Contains(report.Why, "missing at the end") {
		t.Errorf("a cut log, its head noted: %+v, want row 5 to be missing", report)
	}
	l.append(3)
	if report := l.verify(noted); report.Why == "" {
		t.Errorf("a cut log that was written on: %+v, want it to be found", report)
	}
}

func TestAnErasedRowStillHolds(t *testing.T) {
	l := newLog(t, 3)
	head := l.verify("").Head
	err := l.store.Write(t.Context(), func(tx *store.Tx) error { return tx.EraseAudit(t.Context(), 2) })
	if err != nil {
		t.Fatal(err)
	}
	if report := l.verify(head); report.Why != "" || report.Erased != 1 || report.Rows != 3 || report.Head != head {
		t.Errorf("%+v, want 3 rows, 1 erased, and the head as before", report)
	}
	var left string
	if err := l.hand.QueryRowContext(t.Context(), "SELECT details || hex(salt) FROM audit WHERE seq = 2").Scan(&left); err != nil || left != "" {
		t.Errorf("left of the details and salt: %q, %v", left, err)
	}
}

func TestEqualDetailsHaveDifferentDigests(t *testing.T) {
	l := newLog(t, 2)
	var digests int
	if err := l.hand.QueryRowContext(t.Context(), "SELECT count(DISTINCT digest) FROM audit").Scan(&digests); err != nil || digests != 2 {
		t.Errorf("%d digests, %v: want 2, or a guess could be checked against an erased row", digests, err)
	}
}

func TestTheDatabaseItselfRefusesToChangeTheLog(t *testing.T) {
	l := newLog(t, 2)
	statements := []string{"DELETE FROM audit WHERE seq = 2"}
	for _, column := range []string{"seq", "at", "actor", "action", "subject", "digest", "hash"} {
		statements = append(statements, "UPDATE audit SET "+column+" = "+column+" WHERE seq = 2")
	}
	for _, statement := range statements {
		if _, err := l.hand.ExecContext(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v, want a refusal", statement, err)
		}
	}
}

func TestADecisionThatFailsLeavesNoEntry(t *testing.T) {
	l := newLog(t, 1)
	err := l.store.Write(t.Context(), func(tx *store.Tx) error {
		if err := audit.Append(t.Context(), tx, audit.Entry{Action: audit.UserAdded}); err != nil {
			return err
		}
		return context.Canceled
	})
	if report := l.verify(""); err == nil || report.Rows != 1 {
		t.Errorf("%+v after %v, want the one row from before", report, err)
	}
}

// TestEveryActionIsAmongThem reads the constants of the source.
func TestEveryActionIsAmongThem(t *testing.T) {
	source, err := os.ReadFile("audit.go")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^\t[A-Z]\w+ += "([a-z_.]+)"$`).FindAllStringSubmatch(string(source), -1)
	if len(found) < 20 {
		t.Errorf("%d constants were found: the source is not read", len(found))
	}
	for _, constant := range found {
		if !slices.Contains(audit.Actions(), constant[1]) {
			t.Errorf("%q is not among the actions", constant[1])
		}
	}
}
