package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// A Change is a change that the server took in, with what became of it.
type Change struct {
	Device uuid.UUID
	syncproto.Change
	// Received is when it came, Time what was decided; see [syncproto.TimeOf].
	Received, Time int64
	// Seq is the sequence at which it was applied, 0 if it was not.
	Seq    int64
	Status syncproto.Status
	// Code and Reason say why it is not applied; Needs names the record that it waits for.
	Code, Reason string
	Needs        uuid.UUID
	// Conflicts names the fields that were in conflict once it was merged.
	Conflicts []string
	Hash      syncproto.Hash
	// Print is that of the change's version: the one of Hash, but 0 where a program took it in that did not know of prints.
	Print uint32
	// Text is what [syncproto.Change.Body] gives, if somebody has it already.
	Text []byte
	Note Note
}

// A Note is what the office says of a change of its own.
type Note struct {
	// Reason is why the change was made, in the words of who made it.
	Reason string `json:"reason,omitempty"`
	// Settles names the field whose conflict the change settles.
	Settles string `json:"settles,omitempty"`
	// Settled names the heads that it settled, the shown one first.
	Settled []syncproto.Version `json:"settled,omitempty"`
	// Undoes names the change that this one takes back.
	Undoes *syncproto.Version `json:"undoes,omitempty"`
	// Restates names the change that wrote the same value first: whose value it really is.
	Restates *syncproto.Version `json:"restates,omitempty"`
	// Corrects names the held change that this one was made from.
	Corrects *syncproto.Version `json:"corrects,omitempty"`
	// Bulk names the first of the settlements that a rule made at once, in each of them and in what takes them back together.
	Bulk *syncproto.Version `json:"bulk,omitempty"`
}

// empty reports whether the office says nothing.
func (n Note) empty() bool {
	return n.Reason == "" && n.Settles == "" && len(n.Settled) == 0 && n.Undoes == nil && n.Restates == nil && n.Corrects == nil && n.Bulk == nil
}

// Version names the change.
func (c Change) Version() syncproto.Version {
	return syncproto.Version{Device: c.Device, N: c.N, Print: c.Print}
}

// Receipt gives the acknowledgement of the change.
func (c Change) Receipt() syncproto.Receipt {
	return syncproto.Receipt{N: c.N, Time: c.Time, Status: c.Status, Code: c.Code, Reason: c.Reason, Conflicts: c.Conflicts}
}

const changeColumns = `device, n, form, collection, record, author, claimed, received, time, seq, status,
code, reason, needs, conflicts, body, hash, print, note`

func scanChange(r row) (c Change, err error) {
	var needs, conflicts, body, note string
	var hash []byte
	err = r.Scan(&c.Device, &c.N, &c.Form, &c.Collection, &c.Record, &c.Author, &c.Claimed, &c.Received, &c.Time,
		&c.Seq, &c.Status, &c.Code, &c.Reason, &needs, &conflicts, &body, &hash, &c.Print, &note)
	if err != nil {
		return c, err
	}
	copy(c.Hash[:], hash)
	if needs != "" {
		if c.Needs, err = uuid.Parse(needs); err != nil {
			return c, fmt.Errorf("read change %s: %w", c.Version(), err)
		}
	}
	if err := json.Unmarshal([]byte(conflicts), &c.Conflicts); err != nil {
		return c, fmt.Errorf("read change %s: %w", c.Version(), err)
	}
	if err := json.Unmarshal([]byte(note), &c.Note); err != nil {
		return c, fmt.Errorf("read change %s: %w", c.Version(), err)
	}
	return c, c.SetBody([]byte(body))
}

// AddChanges keeps changes that were not kept before; [ErrExists] if one was.
func (t *Tx) AddChanges(ctx context.Context, changes []Change) error {
	if err := insert(ctx, t, changes, "INSERT INTO changes ("+changeColumns+") VALUES ", 19, "", Change.columns); err != nil {
		return fmt.Errorf("write changes: %w", err)
	}
	return nil
}

// columns appends the values of [changeColumns].
func (c Change) columns(out []any) ([]any, error) {
	out = append(out, c.Device, c.N, c.Form, c.Collection, c.Record, c.Author, c.Claimed, c.Received)
	out, err := c.fate(out)
	if err != nil {
		return nil, err
	}
	note := "{}"
	if !c.Note.empty() {
		if note, err = marshal(c.Note); err != nil {
			return nil, fmt.Errorf("write change %s: %w", c.Version(), err)
		}
	}
	text := c.Text
	if text == nil {
		text = c.Body()
	}
	return append(out, string(text), c.Hash[:], c.Print, note), nil
}

// fate appends the columns that say what became of a change.
func (c Change) fate(out []any) ([]any, error) {
	conflicts := "null"
	if len(c.Conflicts) > 0 {
		var err error
		if conflicts, err = marshal(c.Conflicts); err != nil {
			return nil, fmt.Errorf("write change %s: %w", c.Version(), err)
		}
	}
	return append(out, c.Time, c.Seq, c.Status, c.Code, c.Reason, orBlank(c.Needs), conflicts), nil
}

// SetFate writes anew what became of a change.
func (t *Tx) SetFate(ctx context.Context, c Change) error {
	fate, err := c.fate(nil)
	if err != nil {
		return err
	}
	return t.exec(ctx, `UPDATE changes SET time = ?, seq = ?, status = ?, code = ?, reason = ?, needs = ?, conflicts = ?
WHERE device = ? AND n = ?`, append(fate, c.Device, c.N)...)
}

// Change gives one change; [ErrNotFound] if the server has none of that name.
func (t *Tx) Change(ctx context.Context, v syncproto.Version) (Change, error) {
	return one(ctx, t, scanChange, "SELECT "+changeColumns+" FROM changes WHERE device = ? AND n = ? AND print = ?", v.Device, v.N, v.Print)
}

// ChangesFrom gives changes of a device in order of n, from n on.
func (t *Tx) ChangesFrom(ctx context.Context, device uuid.UUID, n int64, limit int) ([]Change, error) {
	return all(ctx, t, scanChange, "SELECT "+changeColumns+" FROM changes WHERE device = ? AND n >= ? ORDER BY n LIMIT ?", device, n, limit)
}

// ChangesNumbered gives those of a device's changes that the server has.
func (t *Tx) ChangesNumbered(ctx context.Context, device uuid.UUID, numbers []int64) ([]Change, error) {
	var out []Change
	for part := range chunks(numbers) {
		found, err := all(ctx, t, scanChange, "SELECT "+changeColumns+" FROM changes WHERE device = ? AND n IN "+inList(len(part))+" ORDER BY n",
			append([]any{device}, anys(part)...)...)
		if err != nil {
			return nil, fmt.Errorf("read changes of a device: %w", err)
		}
		out = append(out, found...)
	}
	return out, nil
}

// ChangesNamed gives those of the changes that the server has, by their versions.
func (t *Tx) ChangesNamed(ctx context.Context, versions []syncproto.Version) (map[syncproto.Version]Change, error) {
	numbers := map[uuid.UUID][]int64{}
	for _, v := range versions {
		numbers[v.Device] = append(numbers[v.Device], v.N)
	}
	out := make(map[syncproto.Version]Change, len(versions))
	for device, list := range numbers {
		found, err := t.ChangesNumbered(ctx, device, list)
		if err != nil {
			return nil, err
		}
		for _, c := range found {
			out[c.Version()] = c
		}
	}
	return out, nil
}

// HashAt gives a device's rolling hash at n; [ErrNotFound] if the server has no change n of it.
func (t *Tx) HashAt(ctx context.Context, device uuid.UUID, n int64) (hash syncproto.Hash, err error) {
	text, err := one(ctx, t, scalar[[]byte], "SELECT hash FROM changes WHERE device = ? AND n = ?", device, n)
	copy(hash[:], text)
	return hash, err
}

// History names the changes of a record that were taken in, the first applied first; those that are not
// applied stand behind. It begins behind one of them, the zero Change for the first.
func (t *Tx) History(ctx context.Context, record uuid.UUID, after Change, limit int) ([]syncproto.Version, error) {
	return all(ctx, t, scanVersion, `SELECT device, n, print FROM changes
WHERE record = ? AND (CASE seq WHEN 0 THEN 1 ELSE 0 END, seq, received, device, n) > (?, ?, ?, ?, ?)
ORDER BY CASE seq WHEN 0 THEN 1 ELSE 0 END, seq, received, device, n LIMIT ?`,
		record, after.N != 0 && after.Seq == 0, after.Seq, after.Received, after.Device, after.N, limit)
}

// OpenChanges names the changes that are held or wait, the oldest first. It begins behind one of them,
// the zero Change for the first.
func (t *Tx) OpenChanges(ctx context.Context, after Change, limit int) ([]syncproto.Version, error) {
	return all(ctx, t, scanVersion, `SELECT device, n, print FROM changes
WHERE status IN ('held', 'waiting') AND (received, device, n) > (?, ?, ?)
ORDER BY received, device, n LIMIT ?`, after.Received, after.Device, after.N, limit)
}

// Decided gives the changes that settle a conflict, or take that back, the last first, from a sequence on down. A member of
// a note is told from text in it by its quotes, which text has only with a backslash.
func (t *Tx) Decided(ctx context.Context, from int64, limit int) ([]Change, error) {
	return all(ctx, t, scanChange, "SELECT "+changeColumns+` FROM changes
WHERE note <> '{}' AND (note LIKE '%"settles":%' OR note LIKE '%"undoes":%') AND seq <= ? ORDER BY seq DESC LIMIT ?`, from, limit)
}

func scanVersion(r row) (v syncproto.Version, err error) {
	err = r.Scan(&v.Device, &v.N, &v.Print)
	return v, err
}

// SomeOpen reports whether any change is held or waits, and whether any waits for a record.
func (t *Tx) SomeOpen(ctx context.Context) (open, wait bool, err error) {
	_, err = one(ctx, t, func(r row) (struct{}, error) { return struct{}{}, r.Scan(&open, &wait) }, `
SELECT EXISTS (SELECT 1 FROM changes WHERE status IN ('held', 'waiting')), EXISTS (SELECT 1 FROM changes WHERE needs <> '')`)
	return open, wait, err
}

// OpenOf gives the changes of records that are held or wait, in no order: their version and record, what they are and
// why.
func (t *Tx) OpenOf(ctx context.Context, records []uuid.UUID) ([]Change, error) {
	return in(ctx, t, func(r row) (c Change, err error) {
		err = r.Scan(&c.Device, &c.N, &c.Print, &c.Record, &c.Status, &c.Code, &c.Reason)
		return c, err
	}, records, "SELECT device, n, print, record, status, code, reason FROM changes WHERE status IN ('held', 'waiting') AND record IN ")
}

// Needing gives the changes that wait for a record.
func (t *Tx) Needing(ctx context.Context, record uuid.UUID) ([]Change, error) {
	return all(ctx, t, scanChange, "SELECT "+changeColumns+" FROM changes WHERE needs = ? AND needs <> '' ORDER BY received, device, n", record)
}

// FormOf gives the changes of a device's form.
func (t *Tx) FormOf(ctx context.Context, device uuid.UUID, form int64) ([]Change, error) {
	return all(ctx, t, scanChange, "SELECT "+changeColumns+" FROM changes WHERE device = ? AND n >= ? AND form = ? ORDER BY n", device, form, form)
}

// A Conflict is a field with an open conflict.
type Conflict struct {
	Record     uuid.UUID
	Field      string
	Collection string
	Area       uuid.UUID
	// Seq and OpenedAt tell when the field came into conflict.
	Seq, OpenedAt int64
}

const conflictColumns = "record, field, collection, area, seq, opened_at"

func scanConflict(r row) (c Conflict, err error) {
	err = r.Scan(&c.Record, &c.Field, &c.Collection, &c.Area, &c.Seq, &c.OpenedAt)
	return c, err
}

// SetConflicts makes the given ones the open conflicts of a record. A conflict that was open before
// keeps its sequence and time.
func (t *Tx) SetConflicts(ctx context.Context, record uuid.UUID, open []Conflict) error {
	query, args := "DELETE FROM conflicts WHERE record = ?", []any{record}
	if len(open) > 0 {
		query += " AND field NOT IN " + inList(len(open))
	}
	for _, c := range open {
		args = append(args, c.Field)
	}
	if err := t.exec(ctx, query, args...); err != nil {
		return fmt.Errorf("write conflicts: %w", err)
	}
	for _, c := range open {
		err := t.exec(ctx, "INSERT INTO conflicts ("+conflictColumns+") VALUES "+inList(6)+`
ON CONFLICT (record, field) DO UPDATE SET area = excluded.area`, c.Record, c.Field, c.Collection, c.Area, c.Seq, c.OpenedAt)
		if err != nil {
			return fmt.Errorf("write conflicts: %w", err)
		}
	}
	return nil
}

// Conflicts gives open conflicts in the order in which they opened, behind a sequence.
func (t *Tx) Conflicts(ctx context.Context, after int64, limit int) ([]Conflict, error) {
	return all(ctx, t, scanConflict, "SELECT "+conflictColumns+" FROM conflicts WHERE seq > ? ORDER BY seq, record, field LIMIT ?", after, limit)
}

// ConflictsIn gives the open conflicts of a field of a collection, in an area and below it if one is given, in the order
// in which they opened.
func (t *Tx) ConflictsIn(ctx context.Context, collection, field string, area *uuid.UUID) ([]Conflict, error) {
	query, args := "SELECT "+conflictColumns+" FROM conflicts WHERE collection = ? AND field = ?", []any{collection, field}
	if area != nil {
		query, args = query+" AND "+inArea, append(args, *area, *area)
	}
	return all(ctx, t, scanConflict, query+" ORDER BY seq, record", args...)
}

// ConflictsOf gives the open conflicts of records, in no order.
func (t *Tx) ConflictsOf(ctx context.Context, records []uuid.UUID) ([]Conflict, error) {
	return in(ctx, t, scanConflict, records, "SELECT "+conflictColumns+" FROM conflicts WHERE record IN ")
}

// ConflictAt gives the open conflict of a field; [ErrNotFound] if there is none.
func (t *Tx) ConflictAt(ctx context.Context, record uuid.UUID, field string) (Conflict, error) {
	return one(ctx, t, scanConflict, "SELECT "+conflictColumns+" FROM conflicts WHERE record = ? AND field = ?", record, field)
}
