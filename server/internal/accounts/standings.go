package accounts

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/store"
)

// A State is the one thing to know of a device, for who looks after many.
type State string

// The states, in the order in which somebody has to see to them. A device that was replaced or revoked is no tablet any more.
const (
	Locked   State = "locked"   // its tokens ended: it has to be enrolled again
	Differs  State = "differs"  // its last sync ended with areas that are not the office's
	Holding  State = "held"     // changes of it wait for a decision
	ClockOff State = "clock"    // its clock is off
	Low      State = "low"      // it has little space left
	Silent   State = "silent"   // it completed no sync for long
	Never    State = "never"    // it never came
	Unsent   State = "unsent"   // it had more to send when it last came
	Fine     State = "fine"     // nothing is to be done
	Replaced State = "replaced" // it goes on under a new identity
	Revoked  State = "revoked"
)

// states are all of them, in order.
func states() []State {
	return []State{Locked, Differs, Holding, ClockOff, Low, Silent, Never, Unsent, Fine, Replaced, Revoked}
}

const (
	// LowSpace is how many bytes a device should have free at least: a day's work with photographs.
	LowSpace = 500 << 20
	// SilentAfter is how long a device may complete no sync.
	SilentAfter = 14 * 24 * time.Hour
)

// A Standing is a device, and how it stands.
type Standing struct {
	store.Device
	State State
	// Held is how many of its changes are held or wait for others.
	Held int
}

// Standings gives the devices that a coordinator or administrator looks after, the one that needs somebody most first; of those
// that need it alike, the one that completed a sync the longest ago.
func (a *Accounts) Standings(ctx context.Context, actor uuid.UUID) ([]Standing, error) {
	devices, err := a.Devices(ctx, actor)
	if err != nil {
		return nil, err
	}
	var held map[uuid.UUID]int
	err = a.store.Read(ctx, func(tx *store.Tx) (err error) {
		held, err = tx.OpenByDevice(ctx)
		return err
	})
	out := make([]Standing, len(devices))
	for i, d := range devices {
		out[i] = Standing{d, stateOf(d, held[d.ID], goesOn(d, devices), a.now()), held[d.ID]}
	}
	slices.SortStableFunc(out, func(a, b Standing) int {
		return cmp.Or(slices.Index(states(), a.State)-slices.Index(states(), b.State), cmp.Compare(a.Contact.Complete, b.Contact.Complete))
	})
	return out, err
}

// stateOf says how a device stands.
func stateOf(d store.Device, held int, replaced bool, now time.Time) State {
	c := d.Contact
	switch {
	case d.Revoked != 0:
		return Revoked
	case replaced:
		return Replaced
	case d.TokenEnded != 0:
		return Locked
	case c.Differs > 0:
		return Differs
	case held > 0:
		return Holding
	case c.ClockOff() != 0:
		return ClockOff
	case c.FreeBytes > 0 && c.FreeBytes < LowSpace:
		return Low
	case c.At == 0:
		return Never
	case now.Sub(time.UnixMilli(max(c.Complete, d.Enrolled))) > SilentAfter:
		return Silent
	case c.Unsent > 0:
		return Unsent
	}
	return Fine
}

// goesOn reports whether a device took a new identity, as a copy of another, from a backup of itself or because it was enrolled
// again, and nobody has come under this one since, as the other copy would. So it did, too, if the server knows this one only
// from what the new one handed in.
func goesOn(d store.Device, devices []store.Device) bool {
	return d.NeverCame() || slices.ContainsFunc(devices, func(later store.Device) bool {
		return later.Former == d.ID && later.Enrolled > d.Contact.At && !later.NeverCame()
	})
}
