package clientlib

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// resend puts back into the outbox what a server that was restored from a backup has lost: all that
// comes behind tip. If the device has not kept all of it, or has another history, it takes a new
// identity instead.
func (r *run) resend(ctx context.Context, tip syncproto.Tip) error {
	if err := r.recovering(); err != nil {
		return err
	}
	var same bool
	err := r.store.write(ctx, func(t *tx) error {
		me, err := t.identity(ctx)
		if err != nil {
			return err
		}
		x, _, err := property[exchange](ctx, t)
		if err != nil {
			return err
		}
		if same, err = t.keeps(ctx, me.Device, x, tip); err != nil || !same {
			return err
		}
		x.Known = tip
		if err := setProperty(ctx, t, x); err != nil {
			return err
		}
		err = t.exec(ctx, `UPDATE changes SET status = '', laid = 1, claimed = CASE WHEN time > 0 THEN time ELSE claimed END
WHERE device = ? AND n > ?`, me.Device, tip.N)
		if err != nil {
			return err
		}
		return t.refreshWhere(ctx, "SELECT DISTINCT record, collection FROM changes WHERE device = ? AND n > ?", me.Device, tip.N)
	})
	if err != nil || same {
		return err
	}
	return r.newIdentity(ctx, syncproto.Tip{})
}

// keeps reports whether the device has everything behind tip that it ever sent, and the same history
// before it.
func (t *tx) keeps(ctx context.Context, device uuid.UUID, x exchange, tip syncproto.Tip) (bool, error) {
	kept, err := t.count(ctx, "SELECT count(*) FROM changes WHERE device = ? AND n > ? AND n <= ?", device, tip.N, x.Known.N)
	if err != nil || int64(kept) != x.Known.N-tip.N {
		return false, err
	}
	next, err := t.changes(ctx, selectChanges+"WHERE device = ? AND n = ?", device, tip.N+1)
	return len(next) == 1 && next[0].prev == tip.Hash, err
}

// maxRecoveries is how often a sync sends again or takes a new identity before it gives up.
const maxRecoveries = 4

// recovering counts the recoveries of a sync.
func (r *run) recovering() error {
	r.recoveries++
	if r.recoveries > maxRecoveries {
		return fmt.Errorf("%w (it refuses whatever the device sends)", ErrProtocol)
	}
	return nil
}

// newIdentity has the server make the device somebody new, because somebody else, a copy of it, writes
// under its identity. has is the last of its changes that the server has.
func (r *run) newIdentity(ctx context.Context, has syncproto.Tip) error {
	if err := r.recovering(); err != nil {
		return err
	}
	return r.store.authorised(ctx, func(me identity, access string) error {
		var e enrolment
		if err := r.store.post(ctx, me.Server, "api/v1/identity", access, struct{}{}, &e); err != nil {
			return err
		}
		r.note(func(now *SyncResult) { now.NewIdentity = true })
		return r.store.write(ctx, func(t *tx) error { return r.store.adopt(ctx, t, me.Server, e, has) })
	})
}

// renumber gives the changes of one identity that come behind from to another one, as 1, 2, 3 …, and
// puts them into the outbox. What the server has already stays as history.
func (t *tx) renumber(ctx context.Context, was, is uuid.UUID, from int64) error {
	moved, err := t.changes(ctx, selectChanges+"WHERE device = ? AND n > ? ORDER BY n", was, from)
	if err != nil {
		return err
	}
	names := map[syncproto.Version]syncproto.Version{}
	for i, c := range moved {
		names[c.version()] = syncproto.Version{Device: is, N: int64(i + 1)}
	}
	if err := t.exec(ctx, "DELETE FROM changes WHERE device = ? AND n > ?", was, from); err != nil {
		return err
	}
	if err := t.closeHistory(ctx, was); err != nil {
		return err
	}
	var last syncproto.Hash
	for _, c := range moved {
		if c, err = c.renamed(names, last); err != nil {
			return err
		}
		last = c.hash
		if err := t.addChange(ctx, c); err != nil {
			return err
		}
	}
	x, _, err := property[exchange](ctx, t)
	if err != nil {
		return err
	}
	x.Known = syncproto.Tip{}
	if err := setProperty(ctx, t, x); err != nil {
		return err
	}
	return t.refreshWhere(ctx, "SELECT DISTINCT record, collection FROM changes WHERE device IN (?, ?)", was, is)
}

// closeHistory ends what an identity that the device no longer has can be told: of those of its changes
// that the server has, some may be held, and some may have had no receipt yet.
func (t *tx) closeHistory(ctx context.Context, was uuid.UUID) error {
	if err := t.exec(ctx, "UPDATE changes SET laid = 0 WHERE device = ? AND status NOT IN ('', 'applied')", was); err != nil {
		return err
	}
	x, _, err := property[exchange](ctx, t)
	if err != nil {
		return err
	}
	return t.exec(ctx, "UPDATE changes SET status = 'applied', time = claimed, kept_until = ? WHERE device = ? AND status = ''",
		x.Contact+syncproto.KeptDays*day, was)
}

// renamed gives a change under its new name, with everything that it says of others renamed too.
func (c change) renamed(names map[syncproto.Version]syncproto.Version, last syncproto.Hash) (change, error) {
	form, ok := names[syncproto.Version{Device: c.device, N: c.Form}]
	is := names[c.version()]
	c.Form = form.N
	if !ok { // the server has the beginning of the form
		c.Form = is.N
	}
	c.Claimed, c.status = c.at(), ""
	c.device, c.N = is.Device, is.N
	c.Base, c.Seen = renamedAll(c.Base, names), renamedAll(c.Seen, names)
	return c, c.follow(last)
}

func renamedAll(versions map[string][]syncproto.Version, names map[syncproto.Version]syncproto.Version) map[string][]syncproto.Version {
	out := map[string][]syncproto.Version{}
	for field, list := range versions {
		for _, v := range list {
			if is, ok := names[v]; ok {
				v = is
			}
			out[field] = append(out[field], v)
		}
	}
	return out
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
DELETE FROM workers; DELETE FROM dismissed; DELETE FROM properties; UPDATE vault SET salt = x'', wrapped = x''`)
		return err
	})
	if err != nil {
		return err
	}
	s.index.forget()
	for _, clean := range []string{"VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"} {
		if _, err := s.db.ExecContext(ctx, clean); err != nil {
			return fmt.Errorf("wipe the store; its key is destroyed already: %w", err)
		}
	}
	return nil
}
