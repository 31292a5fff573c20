package clientlib

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// A former identity is one that the device had before, as after having been copied or enrolled again.
// What was recorded under it keeps its name, and is handed in under it.
type former struct {
	Device uuid.UUID `json:"device"`
	// Proof is a refresh token that was given to it; a branch has none.
	Proof string `json:"proof,omitempty"`
	// Branch is set where it is that of a branch, From is the identity from which that parted, and Behind the
	// last change that both have.
	Branch syncproto.Branch `json:"branch,omitzero"`
	From   uuid.UUID        `json:"from,omitzero"`
	Behind syncproto.Tip    `json:"behind,omitzero"`
	// Known is the last of its changes that the server is known to have.
	Known syncproto.Tip `json:"known"`
	// Epoch and Mark are those of its last exchange.
	Epoch string `json:"epoch"`
	Mark  string `json:"mark"`
	// Due is set until the server has been asked whether it still has what it is known to have.
	Due bool `json:"due,omitempty"`
}

// formers are a device's former identities, the oldest first.
type formers []former

func (formers) property() string { return "formers" }

// of gives the one of that id, nil if there is none.
func (all formers) of(device uuid.UUID) *former {
	at := slices.IndexFunc(all, func(f former) bool { return f.Device == device })
	if at < 0 {
		return nil
	}
	return &all[at]
}

// retire makes the identity that the device has a former one. The one that follows it has no changes.
func (t *tx) retire(ctx context.Context, was uuid.UUID) error {
	proof, _, err := property[tokens](ctx, t)
	if err != nil {
		return err
	}
	x, _, err := property[exchange](ctx, t)
	if err != nil {
		return err
	}
	all, _, err := property[formers](ctx, t)
	if err != nil {
		return err
	}
	all = append(all, former{Device: was, Proof: proof.Refresh, Known: x.Known, Epoch: x.Epoch, Mark: x.Mark, Due: true})
	x.Known, x.Mark = syncproto.Tip{}, ""
	if err := setProperty(ctx, t, all); err != nil {
		return err
	}
	return setProperty(ctx, t, x)
}

// nextFormer gives the former identity whose turn it is to hand in, nil if none has anything to say: the
// oldest first, because later ones may build on what it recorded. asked are those that were told in this
// sync what became of their held changes.
func (t *tx) nextFormer(ctx context.Context, all formers, asked map[uuid.UUID]bool) (*former, error) {
	for i, f := range all {
		var kept, unsent, held int
		row := t.QueryRowContext(ctx, `SELECT count(*), count(*) FILTER (WHERE n > ?), count(*) FILTER (WHERE status IN ('held', 'waiting'))
FROM changes WHERE device = ?`, f.Known.N, f.Device)
		if err := row.Scan(&kept, &unsent, &held); err != nil {
			return nil, fmt.Errorf("read the store: %w", err)
		}
		if kept > 0 && f.Due || unsent > 0 || held > 0 && !asked[f.Device] {
			return &all[i], nil
		}
	}
	return nil, nil
}

// setDue has every former identity asked for again whose last exchange was in another epoch, and tells
// whether any is left to ask for.
func (t *tx) setDue(ctx context.Context, epoch string) (due bool, err error) {
	all, _, err := property[formers](ctx, t)
	if err != nil || len(all) == 0 {
		return false, err
	}
	for i := range all {
		all[i].Due = all[i].Due || all[i].Epoch != epoch
	}
	if err := setProperty(ctx, t, all); err != nil {
		return false, err
	}
	next, err := t.nextFormer(ctx, all, askedAll(all))
	return next != nil, err
}

func askedAll(all formers) map[uuid.UUID]bool {
	out := map[uuid.UUID]bool{}
	for _, f := range all {
		out[f.Device] = true
	}
	return out
}

// setKnown notes the last change of one of the device's identities that the server is known to have.
func (t *tx) setKnown(ctx context.Context, device uuid.UUID, known syncproto.Tip) error {
	all, _, err := property[formers](ctx, t)
	if err != nil {
		return err
	}
	if f := all.of(device); f != nil {
		f.Known = known
		return setProperty(ctx, t, all)
	}
	x, _, err := property[exchange](ctx, t)
	if err != nil {
		return err
	}
	x.Known = known
	return setProperty(ctx, t, x)
}

// forgetKnown has one of the device's identities know of no more than tip.
func (t *tx) forgetKnown(ctx context.Context, device uuid.UUID, tip syncproto.Tip) error {
	all, _, err := property[formers](ctx, t)
	if err != nil {
		return err
	}
	x, _, err := property[exchange](ctx, t)
	if err != nil {
		return err
	}
	known := x.Known
	if f := all.of(device); f != nil {
		known = f.Known
	}
	if known.N <= tip.N {
		return nil
	}
	return t.setKnown(ctx, device, tip)
}

// applyHandIn writes down what a former identity was told. A branch that a new epoch has overtaken stays due:
// it may be none any more.
func (r *run) applyHandIn(ctx context.Context, t *tx, j job, a answer, known syncproto.Tip, overtaken bool) error {
	f := j.formers.of(j.request.Device)
	f.Known, f.Epoch, f.Mark, f.Due = known, a.Epoch, a.Mark, overtaken && f.From != uuid.Nil
	r.asked[f.Device] = true
	return setProperty(ctx, t, j.formers)
}
