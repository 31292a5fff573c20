package clientlib

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// An outcome is what a reply came to.
type outcome struct {
	// acknowledged is how many changes of the outbox the server has taken, unsent how many are left.
	acknowledged, unsent int
	departed             int
	// left is how many records and departures are still to come.
	left    int
	revoked bool
	// due is set if a former identity has something to say yet.
	due bool
	// overtaken is set if the server began a new epoch, and so took nothing.
	overtaken bool
	// stranger is set if the server has changes under this identity that this device never made.
	stranger bool
	// complete is set if there is nothing left to do on either side.
	complete bool
	// stuck is set if a reply that says that there is more brought nothing.
	stuck bool
	// differs is how many areas do not agree with the server's.
	differs int
}

// apply writes a reply into the store, in one transaction with the cursors behind it.
func (r *run) apply(ctx context.Context, t *tx, j job, a answer) (o outcome, err error) {
	if err := t.unchanged(ctx, j); err != nil {
		return o, err
	}
	known, err := t.acknowledge(ctx, j, a.Reply)
	if err != nil {
		return o, err
	}
	o.acknowledged = int(known.N - j.request.Known.N)
	if o.unsent, err = t.unsent(ctx); err != nil {
		return o, err
	}
	o.overtaken = j.request.Epoch != "" && a.Epoch != j.request.Epoch
	x := j.x
	x.Offset = a.Now - a.midway
	x.Contact = a.Now
	if j.handsIn() {
		if err := r.applyHandIn(ctx, t, j, a, known, o.overtaken); err != nil {
			return o, err
		}
		if o.due, err = t.setDue(ctx, a.Epoch); err != nil {
			return o, err
		}
		return o, setProperty(ctx, t, x)
	}
	x.Known = known
	if o.due, err = t.setDue(ctx, a.Epoch); err != nil {
		return o, err
	}
	if o.overtaken {
		if err := t.exec(ctx, "UPDATE cursors SET cursor = NULL"); err != nil {
			return o, err
		}
	}
	x.Epoch, x.Mark, x.Blobs = a.Epoch, a.Mark, a.Blobs
	x.Revoked, o.revoked = a.Revoked, a.Revoked
	o.stranger = a.Tip.N > j.request.Known.N+int64(len(j.batch))
	if !o.revoked && !o.stranger {
		if err := r.applyPage(ctx, t, &x, a.Reply, &o); err != nil {
			return o, err
		}
	}
	return o, setProperty(ctx, t, x)
}

// applyPage takes in what came down.
func (r *run) applyPage(ctx context.Context, t *tx, x *exchange, reply syncproto.Reply, o *outcome) error {
	before, err := t.cursors(ctx)
	if err != nil {
		return err
	}
	if err := t.setScope(ctx, reply); err != nil {
		return err
	}
	if err := t.setCursors(ctx, before, reply); err != nil {
		return err
	}
	if err := t.setRecords(ctx, reply.Records); err != nil {
		return err
	}
	if o.departed, err = t.depart(ctx, reply.Departures); err != nil {
		return err
	}
	o.left = reply.Left
	if reply.More {
		o.stuck = len(reply.Records)+len(reply.Departures) == 0 && maps.Equal(before, reply.Cursors)
		return nil
	}
	return r.finish(ctx, t, x, reply, o)
}

// finish closes a pull that has reached the end: what did not come again is swept, the device's own
// changes that are in it are laid aside, and both sides are compared.
func (r *run) finish(ctx context.Context, t *tx, x *exchange, reply syncproto.Reply, o *outcome) error {
	err := t.forgetWhere(ctx, `SELECT id, collection FROM records JOIN cursors ON cursors.area = records.area
WHERE records.generation < cursors.generation`)
	if err != nil {
		return err
	}
	if err := t.confirm(ctx); err != nil {
		return err
	}
	differing, err := t.differing(ctx, reply.Digests)
	if err != nil {
		return err
	}
	o.differs, x.Differs = len(differing), len(differing)
	o.complete = o.unsent == 0 && !o.due
	for _, area := range differing {
		if r.repaired[area] {
			continue
		}
		r.repaired[area], o.complete = true, false
		if err := t.exec(ctx, "UPDATE cursors SET cursor = NULL WHERE area = ?", area); err != nil {
			return err
		}
	}
	if err := t.exec(ctx, "UPDATE cursors SET pulled = ? WHERE cursor IS NOT NULL", reply.Now); err != nil {
		return err
	}
	if !o.complete {
		return nil
	}
	x.Complete = reply.Now
	err = t.exec(ctx, "DELETE FROM changes WHERE status IN ('applied', 'discarded') AND laid = 0 AND kept_until < ?", reply.Now)
	if err != nil {
		return err
	}
	return t.sweepBlobs(ctx, *x, reply.Now)
}

// unchanged refuses a reply to a question that the store would not ask any more, because another
// program has done an exchange meanwhile.
func (t *tx) unchanged(ctx context.Context, j job) error {
	me, err := t.identity(ctx)
	if err != nil {
		return err
	}
	x, _, err := property[exchange](ctx, t)
	if err != nil {
		return err
	}
	cursors, err := t.cursors(ctx)
	if err != nil {
		return err
	}
	all, _, err := property[formers](ctx, t)
	if err != nil {
		return err
	}
	if me.Device != j.me.Device || x.Known != j.x.Known || x.Epoch != j.x.Epoch || !maps.Equal(cursors, j.cursors) || !slices.Equal(all, j.formers) {
		return ErrSyncing
	}
	return nil
}

// acknowledge writes down the receipts, and gives the last change that the server is known to have.
func (t *tx) acknowledge(ctx context.Context, j job, reply syncproto.Reply) (syncproto.Tip, error) {
	known := j.request.Known
	for _, receipt := range reply.Receipts {
		asked := slices.Contains(j.request.Held, receipt.N)
		next := receipt.N == known.N+1 && int(receipt.N-j.request.Known.N) <= len(j.batch)
		if !asked && !next {
			continue
		}
		if next {
			known = syncproto.Tip{N: receipt.N, Hash: j.batch[receipt.N-j.request.Known.N-1].hash}
		}
		if err := t.setReceipt(ctx, j.request.Device, receipt, reply.Now); err != nil {
			return known, err
		}
		if receipt.Status == syncproto.Discarded {
			if err := t.refreshRecordOf(ctx, j.request.Device, receipt.N); err != nil {
				return known, err
			}
		}
	}
	return known, nil
}

// refreshRecordOf has the record of a change shown anew.
func (t *tx) refreshRecordOf(ctx context.Context, device uuid.UUID, n int64) error {
	return t.refreshWhere(ctx, "SELECT DISTINCT record, collection FROM changes WHERE device = ? AND n = ?", device, n)
}

// setScope takes in which areas the device has and who may work on it, and drops what was pulled of
// other areas.
func (t *tx) setScope(ctx context.Context, reply syncproto.Reply) error {
	if len(reply.Areas) == 0 {
		return fmt.Errorf("%w (it names no area)", ErrProtocol)
	}
	held := map[uuid.UUID]bool{}
	err := t.each(ctx, "SELECT area FROM cursors", nil, func(scan func(...any) error) error {
		var area uuid.UUID
		err := scan(&area)
		held[area] = true
		return err
	})
	if err != nil {
		return err
	}
	for _, area := range reply.Areas {
		if !held[area] {
			if err := t.exec(ctx, "INSERT INTO cursors (area, cursor, generation) VALUES (?, NULL, 0)", area); err != nil {
				return err
			}
		}
		delete(held, area)
	}
	for area := range held {
		if err := t.dropArea(ctx, area); err != nil {
			return err
		}
	}
	return t.setWorkers(ctx, reply.Workers)
}

// dropArea drops what was pulled of an area. What was recorded in it and is not confirmed yet stays.
func (t *tx) dropArea(ctx context.Context, area uuid.UUID) error {
	if err := t.forgetWhere(ctx, "SELECT id, collection FROM records WHERE area = ?", area); err != nil {
		return err
	}
	return t.exec(ctx, "DELETE FROM cursors WHERE area = ?", area)
}

func (t *tx) setWorkers(ctx context.Context, workers map[uuid.UUID]string) error {
	if err := t.exec(ctx, "DELETE FROM workers"); err != nil {
		return err
	}
	for id, name := range workers {
		sealed := t.box.seal("workers", id.String(), []byte(name))
		if err := t.exec(ctx, "INSERT INTO workers (id, sealed) VALUES (?, ?)", id, sealed); err != nil {
			return err
		}
	}
	return nil
}

// setCursors takes in how far each area was pulled. An area that had no cursor began anew with this
// reply, in a new generation.
func (t *tx) setCursors(ctx context.Context, before map[uuid.UUID]int64, reply syncproto.Reply) error {
	for _, area := range reply.Areas {
		cursor, ok := reply.Cursors[area]
		if !ok {
			if err := t.exec(ctx, "UPDATE cursors SET cursor = NULL WHERE area = ?", area); err != nil {
				return err
			}
			continue
		}
		_, goesOn := before[area]
		err := t.exec(ctx, "UPDATE cursors SET cursor = ?, generation = generation + ? WHERE area = ?", cursor, !goesOn, area)
		if err != nil {
			return err
		}
	}
	return nil
}

// setRecords takes in records as the server shows them.
func (t *tx) setRecords(ctx context.Context, records []syncproto.Record) error {
	generations := map[uuid.UUID]int64{}
	err := t.each(ctx, "SELECT area, generation FROM cursors", nil, func(scan func(...any) error) error {
		var area uuid.UUID
		var generation int64
		err := scan(&area, &generation)
		generations[area] = generation
		return err
	})
	if err != nil {
		return err
	}
	for _, record := range records {
		generation, ok := generations[record.Area]
		if !ok {
			return fmt.Errorf("%w (it sends a record of an area that the device does not have)", ErrProtocol)
		}
		if err := t.setRecord(ctx, record, generation); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) setRecord(ctx context.Context, record syncproto.Record, generation int64) error {
	if !record.Whole {
		if err := t.complete(ctx, &record); err != nil {
			return err
		}
	}
	state := &pulled{digest: record.Digest(), Deleted: record.Deleted, Fields: map[string]cell{}}
	values := map[string]syncproto.Value{}
	for name, c := range record.Fields {
		state.Fields[name], values[name] = cell(c), c.Value
	}
	if err := t.nameBlobs(ctx, record.Collection, record.ID, values); err != nil {
		return err
	}
	laid, err := t.laidOver(ctx, record.Collection, record.ID)
	if err != nil {
		return err
	}
	r := row{id: record.ID, collection: record.Collection, area: record.Area.String(), generation: generation, state: state}
	return t.setRow(ctx, r, laid)
}

// complete adds the cells that a partial record does not bring, as the device has them.
func (t *tx) complete(ctx context.Context, record *syncproto.Record) error {
	was, ok, err := t.row(ctx, record.ID)
	if err != nil || !ok || was.state == nil {
		return err
	}
	for name, c := range was.state.Fields {
		if _, changed := record.Fields[name]; !changed {
			record.Fields[name] = syncproto.Cell(c)
		}
	}
	return nil
}

// depart drops the records that are no longer in an area, unless they have come to another one.
func (t *tx) depart(ctx context.Context, departures []syncproto.Departure) (int, error) {
	for _, d := range departures {
		err := t.forgetWhere(ctx, "SELECT id, collection FROM records WHERE id = ? AND area = ?", d.ID, d.Area)
		if err != nil {
			return 0, err
		}
	}
	return len(departures), nil
}

// confirm lays aside the device's own changes that a completed pull must contain.
func (t *tx) confirm(ctx context.Context) error {
	// 2 marks them while their records are shown anew.
	if err := t.exec(ctx, "UPDATE changes SET laid = 2 WHERE laid = 1 AND status = 'applied'"); err != nil {
		return err
	}
	if err := t.refreshWhere(ctx, "SELECT DISTINCT record, collection FROM changes WHERE laid = 2"); err != nil {
		return err
	}
	return t.exec(ctx, "UPDATE changes SET laid = 0 WHERE laid = 2")
}

// differing gives the areas whose records do not add up to the server's digest.
func (t *tx) differing(ctx context.Context, theirs map[uuid.UUID]syncproto.Digest) ([]uuid.UUID, error) {
	ours := map[uuid.UUID]syncproto.Digest{}
	err := t.each(ctx, "SELECT area FROM cursors", nil, func(scan func(...any) error) error {
		var area uuid.UUID
		err := scan(&area)
		ours[area] = syncproto.Digest{}
		return err
	})
	if err != nil {
		return nil, err
	}
	query := "SELECT id, collection, area, sealed FROM records WHERE area <> ''"
	err = t.each(ctx, query, nil, func(scan func(...any) error) error {
		var id, area uuid.UUID
		var collection string
		var sealed []byte
		if err := scan(&id, &collection, &area, &sealed); err != nil {
			return err
		}
		text, err := t.openRow(collection, id.String(), sealed)
		if err == nil {
			ours[area] = ours[area].Plus(syncproto.Digest(text))
		}
		return err
	})
	var out []uuid.UUID
	for area, digest := range ours {
		if digest != theirs[area] {
			out = append(out, area)
		}
	}
	return out, err
}
