package clientlib

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// branchOff makes the changes of a former identity that come behind tip a branch, and puts them into the
// outbox.
func (t *tx) branchOff(ctx context.Context, was uuid.UUID, tip syncproto.Tip) error {
	if err := t.forgetKnown(ctx, was, tip); err != nil {
		return err
	}
	moved, err := t.takeOut(ctx, was, tip.N)
	if err != nil || len(moved) == 0 {
		return err
	}
	branch, later, err := t.addBranch(ctx, was, tip, moved[0].hash)
	if err != nil {
		return err
	}
	return t.rename(ctx, moved, branch, syncproto.Tip{}, later)
}

// rename puts changes that were taken out into the outbox of another identity, behind tip. later are the
// identities whose changes may name them.
func (t *tx) rename(ctx context.Context, moved []change, to uuid.UUID, tip syncproto.Tip, later []uuid.UUID) error {
	names := names{}
	if err := t.putBack(ctx, moved, to, tip, names); err != nil {
		return err
	}
	for _, device := range later {
		if err := t.renameIn(ctx, device, names); err != nil {
			return err
		}
	}
	return t.refreshWhere(ctx, "SELECT DISTINCT record, collection FROM changes WHERE status = ''")
}

// addBranch notes the identity of a branch behind the former one from which it parts, and gives it, with
// those that came later.
func (t *tx) addBranch(ctx context.Context, was uuid.UUID, tip syncproto.Tip, first syncproto.Hash) (id uuid.UUID, later []uuid.UUID, err error) {
	all, _, err := property[formers](ctx, t)
	if err != nil {
		return id, nil, err
	}
	branch := syncproto.Branch{Of: was, First: first}
	at := slices.IndexFunc(all, func(f former) bool { return f.Device == was })
	if from := all[at].Branch; from.Of != uuid.Nil {
		branch.Of = from.Of
	}
	id = branch.Device()
	if later, err = t.after(ctx, all[at+1:]); err != nil {
		return id, nil, err
	}
	all = slices.Insert(all, at+1, former{Device: id, Branch: branch, From: was, Behind: tip, Epoch: all[at].Epoch})
	t.mine = nil
	return id, later, setProperty(ctx, t, all)
}

// after gives some former identities and the present one.
func (t *tx) after(ctx context.Context, some formers) (out []uuid.UUID, err error) {
	for _, f := range some {
		out = append(out, f.Device)
	}
	me, err := t.identity(ctx)
	return append(out, me.Device), err
}

// rejoin makes a branch that is due after a restore part of the history again from which it parted, unless
// the server has the branch, or another continuation of that: which of several copies has the history, and which
// parts from it, is decided by who comes first, and after a restore that may be another one.
func (r *run) rejoin(ctx context.Context, f former, all formers) error {
	r.placed[f.Device] = true
	from := all.of(f.From)
	if from == nil {
		return nil
	}
	if kept, err := r.hasBranch(ctx, f); kept || err != nil {
		return err
	}
	_, err := r.ask(ctx, *from, syncproto.Tip{N: f.Behind.N + 1, Hash: f.Branch.First})
	var refused *syncproto.Problem
	switch {
	case hasCode(err, syncproto.CodeDeviceForked), hasCode(err, syncproto.CodeForbidden):
		return nil
	case hasCode(err, syncproto.CodeResendFrom):
		// What the device has of that was sent before. If the server does not have just that, it has another history.
		if errors.As(err, &refused); refused.Tip == nil || *refused.Tip != f.Behind {
			return nil
		}
	case err != nil:
		return err
	}
	return r.store.write(ctx, func(t *tx) error { return t.join(ctx, f.Device) })
}

// hasBranch asks whether the server has a branch: another copy, or a rescue file, may have brought it.
func (r *run) hasBranch(ctx context.Context, f former) (bool, error) {
	var tips []syncproto.Tip
	err := r.store.read(ctx, func(t *tx) (err error) {
		tips, err = t.tips(ctx, f.Device)
		return err
	})
	if err != nil || len(tips) == 0 {
		return false, err
	}
	return r.has(ctx, f, tips[0])
}

// join undoes [tx.branchOff] for a branch, and for those that parted from it, if the device has kept enough
// to get the names back that its changes had.
func (t *tx) join(ctx context.Context, branch uuid.UUID) error {
	all, _, err := property[formers](ctx, t)
	if err != nil {
		return err
	}
	for _, f := range all {
		if f.From == branch {
			if err := t.join(ctx, f.Device); err != nil {
				return err
			}
		}
	}
	if all, _, err = property[formers](ctx, t); err != nil {
		return err
	}
	at := slices.IndexFunc(all, func(f former) bool { return f.Device == branch && all.of(f.From) != nil })
	if at < 0 { // another program has done it meanwhile
		return nil
	}
	f := all[at]
	if fits, err := t.fits(ctx, f); err != nil || !fits {
		return err
	}
	later, err := t.after(ctx, all[at+1:])
	if err != nil {
		return err
	}
	all.of(f.From).Due = true
	t.mine = nil
	if err := setProperty(ctx, t, slices.Delete(all, at, at+1)); err != nil {
		return err
	}
	moved, err := t.takeOut(ctx, branch, 0)
	if err != nil {
		return err
	}
	return t.rename(ctx, moved, f.From, f.Behind, later)
}

// fits reports whether the device has the first change of a branch, and the one behind which it parted as
// the last of the identity from which it did.
func (t *tx) fits(ctx context.Context, f former) (bool, error) {
	first, err := t.changes(ctx, selectChanges+"WHERE device = ? AND n = 1", f.Device)
	if err != nil || len(first) == 0 {
		return false, err
	}
	tips, err := t.tips(ctx, f.From)
	if err != nil || len(tips) > 0 && tips[len(tips)-1] != f.Behind {
		return false, err
	}
	was := first[0].placed(f.From, f.Behind, first[0].N, nil)
	return was.hash == f.Branch.First, nil
}

// renameIn has the changes of an identity call others by their new names, which gives them, and those behind them, new
// names too. A server that has not the others has none of those that name them, nor what follows.
func (t *tx) renameIn(ctx context.Context, device uuid.UUID, names names) error {
	all, err := t.changes(ctx, selectChanges+"WHERE device = ? ORDER BY n", device)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(all, func(c change) bool { return c.mentions(names) })
	if at < 0 {
		return nil
	}
	before := syncproto.Tip{N: all[at].N - 1, Hash: all[at].prev}
	if err := t.forgetKnown(ctx, device, before); err != nil {
		return err
	}
	if _, err := t.takeOut(ctx, device, before.N); err != nil {
		return err
	}
	return t.putBack(ctx, all[at:], device, before, names)
}

// putBack puts changes into the outbox of an identity, behind tip, and notes the names that they get.
func (t *tx) putBack(ctx context.Context, changes []change, to uuid.UUID, tip syncproto.Tip, names names) error {
	for _, c := range changes {
		placed := c.placed(to, tip, changes[0].N, names)
		names[c.version()] = placed.version()
		tip = syncproto.Tip{N: placed.N, Hash: placed.hash}
		if err := t.addChange(ctx, placed); err != nil {
			return err
		}
	}
	return nil
}

// takeOut gives the changes of an identity behind n, and deletes them.
func (t *tx) takeOut(ctx context.Context, device uuid.UUID, n int64) ([]change, error) {
	out, err := t.changes(ctx, selectChanges+"WHERE device = ? AND n > ? ORDER BY n", device, n)
	if err != nil {
		return nil, err
	}
	return out, t.exec(ctx, "DELETE FROM changes WHERE device = ? AND n > ?", device, n)
}

// placed gives a change as the next one behind tip of an identity, with everything that it says of others by their new
// names. Those from a number on come with it; before that its form stays where it was.
func (c change) placed(to uuid.UUID, tip syncproto.Tip, from int64, names names) change {
	n := tip.N + 1
	switch {
	case c.Form >= from:
		c.Form += n - c.N
	case to != c.device:
		c.Form = n
	}
	c.device, c.N = to, n
	c.Claimed, c.status = c.at(), ""
	c.Base, c.Seen = names.in(c.Base), names.in(c.Seen)
	c.follow(tip.Hash)
	return c
}

// mentions reports whether a change says that its author had seen one of those that get new names.
func (c change) mentions(names names) bool {
	for _, by := range []map[string][]syncproto.Version{c.Base, c.Seen} {
		for _, list := range by {
			if slices.ContainsFunc(list, func(v syncproto.Version) bool { return names.of(v) != v }) {
				return true
			}
		}
	}
	return false
}

// names are the new names of changes, by their old ones.
type names map[syncproto.Version]syncproto.Version

// of gives the name that a change has by now.
func (n names) of(v syncproto.Version) syncproto.Version {
	if now, ok := n[v]; ok {
		return now
	}
	return v
}

// in gives versions by field as they are called by now.
func (n names) in(versions map[string][]syncproto.Version) map[string][]syncproto.Version {
	out := map[string][]syncproto.Version{}
	for field, list := range versions {
		for _, v := range list {
			out[field] = append(out[field], n.of(v))
		}
	}
	return out
}
