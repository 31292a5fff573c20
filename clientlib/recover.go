package clientlib

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// recover does what a refusal asks for, so that the exchange can be tried again.
func (r *run) recover(ctx context.Context, j job, refused error) error {
	var problem *syncproto.Problem
	if !errors.As(refused, &problem) {
		return refused
	}
	device := j.request.Device
	switch {
	case problem.Code == syncproto.CodeForbidden && j.handsIn():
		// The server does not know its own proof: it is another one than that which gave it, and has
		// nothing of what the identity recorded.
		return r.store.write(ctx, func(t *tx) error { return t.branchOff(ctx, device, syncproto.Tip{}) })
	case problem.Code == syncproto.CodeResendFrom && problem.Tip != nil:
		r.note(func(now *SyncResult) { now.ServerRestored = true })
		return r.resend(ctx, j, *problem.Tip)
	case problem.Code == syncproto.CodeDeviceForked && problem.Tip != nil:
		return r.part(ctx, j, *problem.Tip)
	}
	return refused
}

// maxRecoveries is how often, in one sync, an identity sends again or parts from another history, and how
// often the device takes a new one, before the sync gives up.
const maxRecoveries = 4

// recovering counts the recoveries of an identity in a sync; those under [uuid.Nil] are new identities.
func (r *run) recovering(device uuid.UUID) error {
	r.recoveries[device]++
	if r.recoveries[device] > maxRecoveries {
		return fmt.Errorf("%w (it refuses whatever the device sends)", ErrProtocol)
	}
	return nil
}

// resend puts back into the outbox what a server that was restored from a backup has lost of an identity:
// all that comes behind tip. If the device has not kept all of it, or has another history, it parts there.
func (r *run) resend(ctx context.Context, j job, tip syncproto.Tip) error {
	if err := r.recovering(j.request.Device); err != nil {
		return err
	}
	var same bool
	err := r.store.write(ctx, func(t *tx) (err error) {
		if same, err = t.keeps(ctx, j.request, tip); err != nil || !same {
			return err
		}
		return t.unsend(ctx, j.request.Device, tip)
	})
	if err != nil || same {
		return err
	}
	return r.part(ctx, j, tip)
}

// keeps reports whether the device has everything behind tip that it ever sent, and the same history
// before it.
func (t *tx) keeps(ctx context.Context, sent syncproto.Request, tip syncproto.Tip) (bool, error) {
	kept, err := t.count(ctx, "SELECT count(*) FROM changes WHERE device = ? AND n > ? AND n <= ?", sent.Device, tip.N, sent.Known.N)
	if err != nil || int64(kept) != sent.Known.N-tip.N {
		return false, err
	}
	next, err := t.changes(ctx, selectChanges+"WHERE device = ? AND n = ?", sent.Device, tip.N+1)
	return len(next) == 1 && next[0].prev == tip.Hash, err
}

// unsend puts the changes of an identity behind tip back into the outbox. A server that lost them may have
// lost some of the others too.
func (t *tx) unsend(ctx context.Context, device uuid.UUID, tip syncproto.Tip) error {
	if err := t.setKnown(ctx, device, tip); err != nil {
		return err
	}
	if _, err := t.setDue(ctx, ""); err != nil {
		return err
	}
	err := t.exec(ctx, `UPDATE changes SET status = '', laid = 1, claimed = CASE WHEN time > 0 THEN time ELSE claimed END
WHERE device = ? AND n > ?`, device, tip.N)
	if err != nil {
		return err
	}
	return t.refreshWhere(ctx, "SELECT DISTINCT record, collection FROM changes WHERE device = ? AND n > ?", device, tip.N)
}

// part parts from a history that somebody else, a copy of the device, has gone on with: what comes behind
// the last change that both have gets other names, under the identity of a branch. tip is where the server
// says that this is, or where it begins to have another history.
func (r *run) part(ctx context.Context, j job, tip syncproto.Tip) error {
	device := j.request.Device
	if err := r.recovering(device); err != nil {
		return err
	}
	if asks, err := r.askEarlier(ctx, device); asks || err != nil {
		return err
	}
	if !j.handsIn() {
		if err := r.newIdentity(ctx); err != nil {
			return err
		}
	}
	common, err := r.lastCommon(ctx, j.request, tip)
	if err != nil {
		return err
	}
	return r.store.write(ctx, func(t *tx) error { return t.branchOff(ctx, device, common) })
}

// askEarlier has the former identities before another one asked first, of those that were not in this sync, whether
// the server still has what they recorded, and reports whether there are any. What parts from one of them gets other
// names, also where changes of the other one name it: the server may have those under their new names already.
func (r *run) askEarlier(ctx context.Context, device uuid.UUID) (asks bool, err error) {
	err = r.store.write(ctx, func(t *tx) error {
		all, _, err := property[formers](ctx, t)
		if err != nil {
			return err
		}
		for i := range all {
			if all[i].Device == device {
				break
			}
			kept, err := t.count(ctx, "SELECT count(*) FROM changes WHERE device = ?", all[i].Device)
			if err != nil {
				return err
			}
			if kept > 0 && !r.asked[all[i].Device] {
				all[i].Due, asks = true, true
			}
		}
		return setProperty(ctx, t, all)
	})
	return asks, err
}

// newIdentity has the server make the device somebody new, because somebody else writes under its identity.
func (r *run) newIdentity(ctx context.Context) error {
	if err := r.recovering(uuid.Nil); err != nil {
		return err
	}
	return r.store.authorised(ctx, func(me identity, access string) error {
		var e enrolment
		if err := r.store.post(ctx, me.Server, "api/v1/identity", access, struct{}{}, &e); err != nil {
			return err
		}
		if e.Device == me.Device {
			return fmt.Errorf("%w (it gives the device the identity that it has)", ErrProtocol)
		}
		r.note(func(now *SyncResult) { now.NewIdentity = true })
		return r.store.write(ctx, func(t *tx) error { return r.store.adopt(ctx, t, me.Server, e) })
	})
}

// lastCommon finds the last change of a former identity that the server has too. That is tip, unless the
// server has another history before what it was said to have; then the device asks for changes that it has
// kept, by bisection.
func (r *run) lastCommon(ctx context.Context, sent syncproto.Request, tip syncproto.Tip) (syncproto.Tip, error) {
	var f *former
	var kept []syncproto.Tip
	err := r.store.read(ctx, func(t *tx) error {
		all, _, err := property[formers](ctx, t)
		if err != nil {
			return err
		}
		f = all.of(sent.Device)
		kept, err = t.tips(ctx, sent.Device)
		return err
	})
	if err != nil || f == nil || tip.N >= sent.Known.N || slices.Contains(kept, tip) {
		return tip, err
	}
	common := syncproto.Tip{}
	for len(kept) > 0 {
		middle := len(kept) / 2
		has, err := r.has(ctx, *f, kept[middle])
		switch {
		case err != nil:
			return tip, err
		case has:
			common, kept = kept[middle], kept[middle+1:]
		default:
			kept = kept[:middle]
		}
	}
	return common, nil
}

// tips gives the places in the history of an identity at which the device knows its rolling hash, in order.
func (t *tx) tips(ctx context.Context, device uuid.UUID) ([]syncproto.Tip, error) {
	all, err := t.changes(ctx, selectChanges+"WHERE device = ? ORDER BY n", device)
	var out []syncproto.Tip
	for i, c := range all {
		if c.N > 1 && (i == 0 || all[i-1].N < c.N-1) {
			out = append(out, syncproto.Tip{N: c.N - 1, Hash: c.prev})
		}
		out = append(out, syncproto.Tip{N: c.N, Hash: c.hash})
	}
	return out, err
}

// has asks whether the server has a history of a former identity up to tip.
func (r *run) has(ctx context.Context, f former, tip syncproto.Tip) (bool, error) {
	_, err := r.ask(ctx, f, tip)
	if hasCode(err, syncproto.CodeDeviceForked) || hasCode(err, syncproto.CodeResendFrom) {
		return false, nil
	}
	return err == nil, err
}

// ask makes an exchange of a former identity that says that the server has its history up to tip, and
// changes nothing.
func (r *run) ask(ctx context.Context, f former, tip syncproto.Tip) (answer, error) {
	var j job
	err := r.store.read(ctx, func(t *tx) (err error) {
		j.me, err = t.identity(ctx)
		return err
	})
	if err != nil {
		return answer{}, err
	}
	f.Known = tip
	j.request = r.store.formerRequest(f)
	return r.exchange(ctx, j, 0)
}

// wipe empties the store, once the outbox is empty: the office has taken the device out of the
// programme.
func (s *Store) wipe(ctx context.Context) error {
	err := s.write(ctx, func(t *tx) error {
		unsent, err := t.unsent(ctx)
		if err != nil {
			return err
		}
		if unsent > 0 {
			return fmt.Errorf("%w; what was recorded meanwhile is not handed in yet", ErrSyncing)
		}
		_, err = t.ExecContext(ctx, `UPDATE revision SET n = n + 1; DELETE FROM records; DELETE FROM changes; DELETE FROM cursors;
DELETE FROM workers; DELETE FROM dismissed; DELETE FROM blobs; DELETE FROM blob_parts; DELETE FROM blob_names; DELETE FROM properties; UPDATE vault SET salt = x'', wrapped = x''`)
		return err
	})
	if err != nil {
		return err
	}
	s.index.forget()
	for _, clean := range []string{"VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"} {
		if _, err := s.db.ExecContext(ctx, clean); err != nil {
			return fmt.Errorf("%w (its key is destroyed, but its file could not be made smaller: %w)", ErrWiped, err)
		}
	}
	return nil
}
