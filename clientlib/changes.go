package clientlib

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// A change is one change of this device and what has become of it.
type change struct {
	syncproto.Change
	device uuid.UUID
	// prev and hash are the rolling hash before the change, and with it.
	prev, hash syncproto.Hash
	// print is that of its version: the one of hash, but 0 where a program saved it that did not know of prints.
	print uint32
	// status is "" while the change is in the outbox.
	status syncproto.Status
	// time and code are those of the receipt.
	time int64
	code string
}

// changeBody is the sealed part of a change.
type changeBody struct {
	Author uuid.UUID                      `json:"author"`
	Prev   syncproto.Hash                 `json:"prev"`
	Hash   syncproto.Hash                 `json:"hash"`
	Print  uint32                         `json:"print,omitempty"`
	Fields map[string]syncproto.Value     `json:"fields"`
	Base   map[string][]syncproto.Version `json:"base,omitempty"`
	Seen   map[string][]syncproto.Version `json:"seen,omitempty"`
}

// A verdict is what a receipt says for people, and which fields it found in conflict.
type verdict struct {
	Reason    string   `json:"reason,omitempty"`
	Conflicts []string `json:"conflicts,omitempty"`
}

func (c change) version() syncproto.Version {
	return syncproto.Version{Device: c.device, N: c.N, Print: c.print}
}

// place says where a change is kept.
func place(device uuid.UUID, n int64) string {
	return syncproto.Version{Device: device, N: n}.String()
}

// at gives the time of the change: the one that a server decided or, before that, the claimed one.
func (c change) at() int64 {
	if c.status == "" {
		return c.Claimed
	}
	return c.time
}

// selectChanges is what the queries for changes begin with; see scanChange.
const selectChanges = "SELECT device, n, form, record, collection, claimed, status, time, code, sealed FROM changes "

// changes runs a query that begins with selectChanges.
func (t *tx) changes(ctx context.Context, query string, args ...any) ([]change, error) {
	var out []change
	err := t.each(ctx, query, args, func(scan func(...any) error) error {
		c, err := t.scanChange(scan)
		out = append(out, c)
		return err
	})
	return out, err
}

func (t *tx) scanChange(scan func(...any) error) (c change, err error) {
	var sealed []byte
	err = scan(&c.device, &c.N, &c.Form, &c.Record, &c.Collection, &c.Claimed, &c.status, &c.time, &c.code, &sealed)
	if err != nil {
		return c, fmt.Errorf("read a change: %w", err)
	}
	var body changeBody
	if err := t.unpack("changes", place(c.device, c.N), sealed, &body); err != nil {
		return c, err
	}
	c.Author, c.prev, c.hash, c.print = body.Author, body.Prev, body.Hash, body.Print
	c.Fields, c.Base, c.Seen = body.Fields, body.Base, body.Seen
	return c, nil
}

// follow puts a change behind another one in the rolling hash, which gives it its name.
func (c *change) follow(prev syncproto.Hash) {
	c.prev, c.hash = prev, c.Chain(prev)
	c.print = c.hash.Print()
}

// addChange writes a change into the outbox.
func (t *tx) addChange(ctx context.Context, c change) error {
	sealed, err := t.pack("changes", place(c.device, c.N), changeBody{c.Author, c.prev, c.hash, c.print, c.Fields, c.Base, c.Seen})
	if err != nil {
		return err
	}
	return t.exec(ctx, `INSERT INTO changes (device, n, form, record, collection, claimed, status, time, code, kept_until, laid, sealed, verdict)
VALUES (?, ?, ?, ?, ?, ?, '', 0, '', 0, 1, ?, x'')`,
		c.device, c.N, c.Form, c.Record, c.Collection, c.Claimed, sealed)
}

// laidOver gives the changes that are laid over a record, in the order in which they were made.
func (t *tx) laidOver(ctx context.Context, collection string, record uuid.UUID) ([]change, error) {
	return t.changes(ctx, selectChanges+"WHERE laid = 1 AND collection = ? AND record = ? ORDER BY rowid", collection, record)
}

// laidOverAll gives, by record, the changes that are laid over the records of a collection.
func (t *tx) laidOverAll(ctx context.Context, collection string) (map[uuid.UUID][]change, error) {
	all, err := t.changes(ctx, selectChanges+"WHERE laid = 1 AND collection = ? ORDER BY rowid", collection)
	return byRecord(all), err
}

func byRecord(all []change) map[uuid.UUID][]change {
	out := map[uuid.UUID][]change{}
	for _, c := range all {
		out[c.Record] = append(out[c.Record], c)
	}
	return out
}

// last gives the number and hash of the device's last change.
func (t *tx) last(ctx context.Context, me identity, x exchange) (syncproto.Tip, error) {
	found, err := t.changes(ctx, selectChanges+"WHERE device = ? AND n > ? ORDER BY n DESC LIMIT 1", me.Device, x.Known.N)
	if err != nil || len(found) == 0 {
		return x.Known, err
	}
	return syncproto.Tip{N: found[0].N, Hash: found[0].hash}, nil
}

// unsent counts the changes that no server has acknowledged.
func (t *tx) unsent(ctx context.Context) (n int, err error) {
	return t.count(ctx, "SELECT count(*) FROM changes WHERE status = ''")
}

// count runs a query for one number.
func (t *tx) count(ctx context.Context, query string, args ...any) (n int, err error) {
	err = t.QueryRowContext(ctx, query, args...).Scan(&n)
	return n, err
}

// setReceipt writes down what a server says of a change. now is the server's clock.
func (t *tx) setReceipt(ctx context.Context, device uuid.UUID, r syncproto.Receipt, now int64) error {
	sealed, err := t.pack("verdicts", place(device, r.N), verdict{r.Reason, r.Conflicts})
	if err != nil {
		return err
	}
	laid := r.Status != syncproto.Discarded
	return t.exec(ctx, `UPDATE changes SET status = ?, time = ?, code = ?, verdict = ?, laid = laid AND ?,
    kept_until = CASE WHEN kept_until = 0 THEN ? ELSE kept_until END
WHERE device = ? AND n = ?`,
		r.Status, r.Time, r.Code, sealed, laid, now+syncproto.KeptDays*day, device, r.N)
}

// contested reports whether a change of this device was found to contest the deletion of a record.
func (t *tx) contested(ctx context.Context, record uuid.UUID) (bool, error) {
	contested := false
	query := "SELECT device, n, verdict FROM changes WHERE record = ? AND status = ? AND length(verdict) > 0"
	err := t.each(ctx, query, []any{record, syncproto.Applied}, func(scan func(...any) error) error {
		_, v, err := t.scanVerdict(scan)
		for _, field := range v.Conflicts {
			contested = contested || field == syncproto.FieldDeleted
		}
		return err
	})
	return contested, err
}

// scanVerdict reads the columns device, n and verdict, and the others behind them. where is the change's [place].
func (t *tx) scanVerdict(scan func(...any) error, others ...any) (where string, v verdict, err error) {
	var device uuid.UUID
	var n int64
	var sealed []byte
	if err := scan(append([]any{&device, &n, &sealed}, others...)...); err != nil {
		return "", v, fmt.Errorf("read a receipt: %w", err)
	}
	where = place(device, n)
	return where, v, t.unpack("verdicts", where, sealed, &v)
}

// day is a day in milliseconds.
const day = 24 * 60 * 60 * 1000
