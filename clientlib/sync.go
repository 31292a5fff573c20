package clientlib

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// The errors of [Store.Sync], beside those of a link that broke.
var (
	// ErrSyncing means that another sync of the same store is under way.
	ErrSyncing = errors.New("another sync of this store is under way; nothing is lost; wait for it, or sync again")
	// ErrProtocol means that the server does not answer as the protocol says.
	ErrProtocol = errors.New("the server does not answer as it should; everything recorded is safe on this device; update the program, or tell the office")
)

// Progress is how far a sync has come. It counts what really went over the link.
type Progress struct {
	// BytesUp and BytesDown are those of the bodies as they travelled, compressed.
	BytesUp   int64 `json:"bytes_up"`
	BytesDown int64 `json:"bytes_down"`
	// Changes of ChangesToSend are acknowledged. The latter grows when something is saved meanwhile.
	Changes       int `json:"changes"`
	ChangesToSend int `json:"changes_to_send"`
	// Records is how many records have come, departures from areas among them, and RecordsToFetch of how many, as far
	// as the office has said: where that is less, such as 0, it has not said yet. It may grow meanwhile.
	Records        int `json:"records"`
	RecordsToFetch int `json:"records_to_fetch"`
	// Blobs of BlobsToSend photos and signatures are at the office, of those that it wanted.
	Blobs       int `json:"blobs"`
	BlobsToSend int `json:"blobs_to_send"`
	// Exchanges is how many round trips were begun.
	Exchanges int `json:"exchanges"`
	// WaitSeconds is how long it is to the next try, where the server is busy and said when to come again; it is told
	// once a second. 0 means that the sync is at work, or has ended.
	WaitSeconds int `json:"wait_seconds"`
}

// A SyncResult is what a sync came to.
type SyncResult struct {
	Progress
	// Complete is set if nothing was left to do on either side.
	Complete bool `json:"complete"`
	// Safe is set if, beyond that, both sides compared what they hold and it agreed, and the office has all photos and
	// signatures.
	Safe bool `json:"safe"`
	// BlobsLeft is how many photos and signatures the office wants and has not got.
	BlobsLeft int `json:"blobs_left"`
	// NewIdentity is set if the device had to take a new identity: it, or its file, was copied.
	NewIdentity bool `json:"new_identity"`
	// ServerRestored is set if the server was restored from a backup, and got what it had lost.
	ServerRestored bool `json:"server_restored"`
	// Repaired is how many areas did not agree with the server's, and were fetched anew.
	Repaired int `json:"repaired"`
}

// Sync sends the outbox and fetches what has changed, until there is nothing left to do on either
// side; then it sends the photos and signatures that the server wants. progress, if not nil, is called from the calling goroutine and others, one at a time, and has
// to return soon.
//
// Where the server is busy and says when to come again, it waits and does so, up to ten minutes in all.
//
// It can be cut off at any moment, by ctx too, and called again: it goes on where it stopped. It fails
// with [ErrLink], [ErrSyncing], [ErrNotEnrolled], [ErrEnrolAgain], [ErrProtocol], [ErrWiped] once a
// device that was taken out of the programme has handed in its outbox, or the [*syncproto.Problem]
// with which the server refused. Whatever it fails with, what was recorded is safe. Where the content of a photo is damaged,
// it does all the rest before it says so.
func (s *Store) Sync(ctx context.Context, progress func(Progress)) (SyncResult, error) {
	if !s.syncing.TryLock() {
		return SyncResult{}, ErrSyncing
	}
	defer s.syncing.Unlock()
	defer s.options.HTTP.CloseIdleConnections() // by the next sync a kept one is dead, and often nobody says so
	r := &run{store: s, chunk: firstChunk, patience: maxPatience, tell: progress, repaired: map[uuid.UUID]bool{}, asked: map[uuid.UUID]bool{}, placed: map[uuid.UUID]bool{}, recoveries: map[uuid.UUID]int{}}
	if progress == nil {
		r.tell = func(Progress) {}
	}
	err := r.all(ctx)
	if err == nil {
		err = r.sendBlobs(ctx)
	}
	if err == nil {
		r.tellEnd(ctx)
		err = r.spoilt
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.result, err
}

// A run is one call of Sync.
type run struct {
	store    *Store
	repaired map[uuid.UUID]bool
	// asked are the former identities that were told what became of their held changes.
	asked map[uuid.UUID]bool
	// placed are the branches of which it is known whether they join what they parted from.
	placed map[uuid.UUID]bool
	// recoveries counts them by identity; see recovering.
	recoveries map[uuid.UUID]int
	// patience is for how long it still waits for a busy server.
	patience time.Duration
	// chunk is how many bytes of a blob to send at once.
	chunk int
	// spoilt says of a blob that its content is damaged, nil if none is.
	spoilt error
	// mu guards the rest: bytes are counted where they pass.
	mu     sync.Mutex
	tell   func(Progress)
	result SyncResult
}

// note writes down how far the sync has come, and tells it.
func (r *run) note(change func(*SyncResult)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.result)
	r.tell(r.result.Progress)
}

// maxTelling is how long it may take to tell the office what a sync came to.
const maxTelling = 10 * time.Second

// tellEnd tells the office what the sync came to, so that it does not learn that only with the next one. It may fail:
// the sync has come to what it has, whether or not the office knows.
func (r *run) tellEnd(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, maxTelling)
	defer cancel()
	r.mu.Lock()
	end := syncproto.Ending{Up: r.result.Changes, Down: r.result.Records, Blobs: r.result.BlobsLeft}
	r.mu.Unlock()
	err := r.store.read(ctx, func(t *tx) (err error) {
		x, _, err := property[exchange](ctx, t)
		if err != nil {
			return err
		}
		end.Epoch, end.Known, end.Differs = x.Epoch, x.Known, x.Differs
		end.Unsent, err = t.unsent(ctx)
		return err
	})
	if err != nil {
		return
	}
	_ = r.store.authorised(ctx, func(me identity, access string) error { // the next sync finds out whatever is wrong
		return r.store.post(ctx, me.Server, "api/v1/sync/end", access, end, &struct{}{})
	})
}

// all repeats the exchange until both sides are done.
func (r *run) all(ctx context.Context) error {
	for {
		done, err := r.once(ctx)
		if err = r.await(ctx, err); err != nil || done {
			return err
		}
	}
}

// once does one exchange.
func (r *run) once(ctx context.Context) (done bool, err error) {
	var j job
	err = r.store.read(ctx, func(t *tx) (err error) {
		j, err = r.nextJob(ctx, t)
		return err
	})
	if err != nil {
		return false, err
	}
	if f := j.formers.of(j.request.Device); f != nil && f.Due && f.From != uuid.Nil && !r.placed[f.Device] {
		return false, r.rejoin(ctx, *f, j.formers)
	}
	records := 0
	r.note(func(now *SyncResult) {
		now.ChangesToSend = max(now.ChangesToSend, now.Changes+j.unsent)
		records = now.Records
	})
	reply, err := r.exchange(ctx, j, records)
	if err != nil {
		return false, r.recover(ctx, j, err)
	}
	if !reply.Protocol.Supported() {
		return false, fmt.Errorf("%w (it speaks version %q)", ErrProtocol, reply.Protocol)
	}
	var o outcome
	err = r.store.write(ctx, func(t *tx) (err error) {
		o, err = r.apply(ctx, t, j, reply)
		return err
	})
	if err != nil {
		return false, err
	}
	return r.conclude(ctx, j, o)
}

// exchange makes the round trip of a job. records is how many had come before it.
func (r *run) exchange(ctx context.Context, j job, records int) (reply answer, err error) {
	r.note(func(now *SyncResult) { now.Exchanges++ })
	trip := round{
		request: j.request,
		up:      func(n int) { r.note(func(now *SyncResult) { now.BytesUp += int64(n) }) },
		down:    func(n int) { r.note(func(now *SyncResult) { now.BytesDown += int64(n) }) },
		records: func(n int) { r.note(func(now *SyncResult) { now.Records = records + n }) },
	}
	err = r.store.authorised(ctx, func(me identity, access string) error {
		if me.Device != j.me.Device {
			return ErrSyncing
		}
		trip.server = me.Server
		reply, err = r.store.send(ctx, trip, access)
		return err
	})
	return reply, err
}

// conclude says whether there is anything left to do, and does what an outcome asks for.
func (r *run) conclude(ctx context.Context, j job, o outcome) (done bool, err error) {
	r.note(func(now *SyncResult) {
		now.Changes += o.acknowledged
		now.Records += o.departed
		if !j.handsIn() {
			now.RecordsToFetch = now.Records + o.left
		}
		now.Repaired = len(r.repaired)
		now.Complete = o.complete
		now.Safe = o.complete && o.differs == 0
	})
	switch {
	case o.revoked && o.unsent == 0 && !o.due:
		if err := errors.Join(r.sendBlobs(ctx), ctx.Err()); err != nil {
			return false, err
		}
		if err := r.store.wipe(ctx); err != nil {
			return false, err
		}
		return false, ErrWiped
	case o.overtaken && len(j.batch) > 0:
		return false, r.recovering(j.request.Device)
	case len(j.batch) > 0 && o.acknowledged == 0:
		return false, fmt.Errorf("%w (it took none of what was sent)", ErrProtocol)
	case o.unsent > 0:
		return false, nil
	case o.stranger:
		return false, r.newIdentity(ctx)
	case o.stuck:
		return false, fmt.Errorf("%w (it says that there is more, and sends nothing)", ErrProtocol)
	}
	return o.complete, nil
}

// A job is one exchange: what the device was when it was prepared, and what to send.
type job struct {
	me      identity
	x       exchange
	formers formers
	cursors map[uuid.UUID]int64
	unsent  int
	request syncproto.Request
	batch   []change
}

// handsIn reports whether a job is of a former identity.
func (j job) handsIn() bool { return j.request.Device != j.me.Device }

// nextJob prepares the exchange that is to come next.
func (r *run) nextJob(ctx context.Context, t *tx) (j job, err error) {
	if j.me, err = t.identity(ctx); err != nil {
		return j, err
	}
	if j.x, _, err = property[exchange](ctx, t); err != nil {
		return j, err
	}
	if j.formers, _, err = property[formers](ctx, t); err != nil {
		return j, err
	}
	if j.unsent, err = t.unsent(ctx); err != nil {
		return j, err
	}
	if j.cursors, err = t.cursors(ctx); err != nil {
		return j, err
	}
	f, err := t.nextFormer(ctx, j.formers, r.asked)
	if err != nil {
		return j, err
	}
	if j.request = r.ownRequest(j); f != nil {
		j.request = r.store.formerRequest(*f)
	}
	if j.batch, err = t.batch(ctx, j.request.Device, j.request.Known.N, r.store.options.Step); err != nil {
		return j, err
	}
	for _, c := range j.batch {
		j.request.Changes = append(j.request.Changes, c.Change)
	}
	j.request.Held, err = t.heldNumbers(ctx, j.request.Device)
	return j, err
}

// ownRequest begins a request of the present identity.
func (r *run) ownRequest(j job) syncproto.Request {
	return syncproto.Request{
		Protocol: syncproto.CurrentProtocol,
		Device:   j.me.Device,
		Epoch:    j.x.Epoch,
		Mark:     j.x.Mark,
		Known:    j.x.Known,
		Clock:    r.store.options.Clock().UnixMilli(),
		Cursors:  j.cursors,
		Page:     r.store.options.Step,
		Health:   r.health(j),
	}
}

// health says how the device is, and how far the sync.
func (r *run) health(j job) syncproto.Health {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.result.Progress
	return syncproto.Health{
		Unsent: j.unsent, Complete: j.x.Complete, Program: r.store.options.Program, FreeBytes: r.store.options.FreeBytes(),
		Up: p.Changes, Down: p.Records, DownLeft: max(0, p.RecordsToFetch-p.Records),
	}
}

// formerRequest begins a request of a former one.
func (s *Store) formerRequest(f former) syncproto.Request {
	return syncproto.Request{
		Protocol: syncproto.CurrentProtocol,
		Device:   f.Device,
		Proof:    f.Proof,
		Branch:   f.Branch,
		Epoch:    f.Epoch,
		Mark:     f.Mark,
		Known:    f.Known,
		Clock:    s.options.Clock().UnixMilli(),
	}
}

// batch gives as many whole forms behind a change as may travel together, at least one if there is any.
// step is how many changes that is at the most, 0 for [MaxFormChanges].
func (t *tx) batch(ctx context.Context, device uuid.UUID, known int64, step int) ([]change, error) {
	if step < 1 || step > MaxFormChanges {
		step = MaxFormChanges
	}
	type part struct{ n, form, size int64 }
	var parts []part
	query := "SELECT n, form, length(sealed) FROM changes WHERE device = ? AND n > ? ORDER BY n LIMIT ?"
	err := t.each(ctx, query, []any{device, known, MaxFormChanges + 1}, func(scan func(...any) error) error {
		var p part
		err := scan(&p.n, &p.form, &p.size)
		parts = append(parts, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	end, size := known, int64(0)
	for i, p := range parts {
		size += p.size
		if end > known && (i >= step || size > MaxFormBytes) {
			break
		}
		if i+1 == len(parts) || parts[i+1].form != p.form {
			end = p.n
		}
	}
	return t.changes(ctx, selectChanges+"WHERE device = ? AND n > ? AND n <= ? ORDER BY n", device, known, end)
}

// cursors gives how far each area was pulled, without those that have to start anew.
func (t *tx) cursors(ctx context.Context) (map[uuid.UUID]int64, error) {
	out := map[uuid.UUID]int64{}
	query := "SELECT area, cursor FROM cursors WHERE cursor IS NOT NULL"
	err := t.each(ctx, query, nil, func(scan func(...any) error) error {
		var area uuid.UUID
		var cursor int64
		err := scan(&area, &cursor)
		out[area] = cursor
		return err
	})
	return out, err
}

// heldNumbers gives the changes of which the device wants to know what became of them.
func (t *tx) heldNumbers(ctx context.Context, device uuid.UUID) ([]int64, error) {
	var out []int64
	query := "SELECT n FROM changes WHERE device = ? AND status IN ('held', 'waiting') ORDER BY n LIMIT ?"
	err := t.each(ctx, query, []any{device, syncproto.MaxBatchChanges}, func(scan func(...any) error) error {
		var n int64
		err := scan(&n)
		out = append(out, n)
		return err
	})
	return out, err
}
