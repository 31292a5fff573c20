package fleet

import (
	"context"

	"github.com/google/uuid"

	"satchel/clientlib"
)

// A board is what the office shows of its tablets at one moment.
type board struct {
	// safe is when each identity ended a sync safe to take away, 0 if the office does not show it as safe.
	safe map[uuid.UUID]int64
	// acts is how much had been done at the office.
	acts int64
}

// board looks at what the office shows, unless somebody is at work there.
func (o *office) board(ctx context.Context) (b board, open bool) {
	b = board{safe: map[uuid.UUID]int64{}, acts: o.acts.Load()}
	open = o.meanwhile(func() error {
		devices, err := o.srv.Accounts.Devices(ctx, o.admin)
		for _, d := range devices {
			b.safe[d.ID] = max(d.Contact.Safe, 0)
		}
		return err
	})
	return b, open
}

// meanwhile does something at the office, unless somebody is at work there or its machine is not well, and reports whether
// that went well.
func (o *office) meanwhile(do func() error) bool {
	select {
	case <-o.turn:
		defer func() { o.turn <- struct{}{} }()
	default:
		return false
	}
	return !o.down && !o.machine.dead.Load() && !o.machine.ill.Load() && do() == nil
}

// lookAfter looks, before a sync, at what the office shows. What it gives compares that, after the sync, with what the
// tablet came to: if the office shows that it has become safe, it is, and if it brought something, the office does not go
// by what was before. Of two copies nobody can tell which one it was.
func (t *tablet) lookAfter(ctx context.Context) func(result clientlib.SyncResult, err error) {
	before, open := t.w.office.board(ctx)
	if open && before.safe[t.device] != 0 && !t.copied {
		t.mustBeKept(ctx, before.acts)
	}
	return func(result clientlib.SyncResult, err error) {
		after, stillOpen := t.w.office.board(ctx)
		if !open || !stillOpen || before.acts != after.acts || t.copied || t.gone {
			return
		}
		shown := after.safe[t.device]
		if shown == 0 || shown == before.safe[t.device] && result.Changes == 0 {
			return
		}
		unsent, known := t.unsent(ctx)
		if known && (err != nil || !result.Safe || unsent > 0 || shown == before.safe[t.device]) {
			t.w.broke("what the office shows as safe is safe", "%s ended its sync with %+v, %v, and has %d unsent changes", t.name, result, err, unsent)
		}
	}
}

// mustBeShownSafe looks whether the office knows that a tablet is safe that is.
func (t *tablet) mustBeShownSafe(ctx context.Context, result clientlib.SyncResult) {
	shown, open := t.w.office.board(ctx)
	if open && result.Safe && shown.safe[t.device] == 0 {
		t.w.broke("the office knows who is safe", "%s ended its sync with %+v, and the office does not show it as safe", t.name, result)
	}
}
