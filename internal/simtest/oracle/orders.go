package oracle

import (
	"slices"
	"time"
)

// A Span is the time within which something happened.
type Span struct{ From, To time.Time }

// At gives the span of a moment.
func At(t time.Time) Span { return Span{t, t} }

func (s Span) before(other Span) bool { return s.To.Before(other.From) }

// within reports whether a moment is certainly no other than one of the span.
func (s Span) within(t time.Time) bool { return !t.Before(s.From) && !t.After(s.To) }

// A Standing is where a device stands with the office.
type Standing struct {
	// Lost says that the office was put back to before it knew the device.
	Lost, Revoked bool
	// Areas and Authors are those whose records may be written on it, and by whom.
	Areas, Authors map[string]bool
}

// Standings are all that may be true of a device; none if nobody can tell.
type Standings []Standing

// Sure reports whether something is true of the device for certain.
func (s Standings) Sure(is func(Standing) bool) bool {
	return len(s) > 0 && !slices.ContainsFunc(s, func(one Standing) bool { return !is(one) })
}

// Maybe reports whether something may be true of it.
func (s Standings) Maybe(is func(Standing) bool) bool {
	return len(s) == 0 || slices.ContainsFunc(s, is)
}

// Orders are what the office was told to think of every device. They know nothing of what it thinks.
type Orders struct {
	devices map[string][]order
	// heirs holds the identities that a device came to have later, restored when the office went back.
	heirs    map[string][]string
	restored []time.Time
}

// An order is where a device may stand from some moment of a span on.
type order struct {
	Span
	may Standings
	// told says that somebody at the office gave it.
	told bool
}

// NewOrders gives those of an office that knows no device.
func NewOrders() *Orders { return &Orders{devices: map[string][]order{}, heirs: map[string][]string{}} }

// Set notes where a device may stand now. What the office was told before it went back may be gone.
func (o *Orders) Set(device string, when Span, may ...Standing) {
	o.add(device, order{when, may, false})
}

func (o *Orders) add(device string, one order) {
	if slices.ContainsFunc(o.restored, one.within) {
		one.may = nil
	}
	o.devices[device] = append(o.devices[device], one)
}

// Enrol notes where a device stands that was given its identity just now: nothing was ever unclear about it, unless an
// order was given meanwhile, of which nobody can tell whether it was before or after.
func (o *Orders) Enrol(device string, when Span, stands Standing) {
	may := Standings{stands}
	o.devices[device] = slices.DeleteFunc(o.devices[device], func(one order) bool {
		if one.told && !one.before(when) {
			may = nil
		}
		return len(one.may) == 0 && !one.told && !one.before(when)
	})
	o.Set(device, when, may...)
}

// Change notes what an order makes of where a device stands. It may not have been followed if it is not
// certain.
func (o *Orders) Change(device string, when Span, certain bool, do func(Standing) Standing) {
	var may Standings
	for _, one := range o.Of(device, when) {
		if !certain {
			may = append(may, one)
		}
		if !one.Lost {
			may = append(may, do(one))
		}
	}
	o.add(device, order{when, may, true})
}

// Inherit notes that a device goes on under another identity, which stands where the former one does.
func (o *Orders) Inherit(former, present string, when Span) {
	o.Follow(former, present)
	o.Set(present, when, o.Of(former, when)...)
}

// Follow notes that a device goes on under another identity.
func (o *Orders) Follow(former, present string) {
	o.heirs[former] = append(o.heirs[former], present)
}

// Of gives where a device may have stood at a time.
func (o *Orders) Of(device string, when Span) Standings {
	all := o.devices[device]
	var may Standings
	for i := o.base(device, when); i < len(all); i++ {
		switch {
		case i < 0 || when.before(all[i].Span):
			continue
		case len(all[i].may) == 0:
			return nil
		}
		may = append(may, all[i].may...)
	}
	return may
}

// base gives the last order that was certainly followed before a time, -1 for none.
func (o *Orders) base(device string, when Span) int {
	for i, one := range slices.Backward(o.devices[device]) {
		if one.before(when) {
			return i
		}
	}
	return -1
}

// Restore notes that the office went back to what it was at a time.
func (o *Orders) Restore(to, when Span) {
	for device := range o.devices {
		may := o.Of(device, to)
		if len(may) > 0 && o.base(device, to) < 0 {
			may = append(may, Standing{Lost: true})
		}
		if len(may) == 0 && len(o.devices[device]) > 0 && to.before(o.devices[device][0].Span) {
			may = Standings{{Lost: true}}
		}
		o.Set(device, when, may...)
	}
	o.restored = append(o.restored, when.To)
}

// rights gives with which rights changes of a device may have been taken in. One that the office did not
// know any more was made known by whoever handed them in, with rights that are not known here.
func (o *Orders) rights(device string, when Span) Standings {
	may := o.Of(device, when)
	if slices.ContainsFunc(may, func(s Standing) bool { return s.Lost }) {
		return nil
	}
	return may
}

// mayBeRevoked reports whether a device, or one of those that may hand in for it, may be revoked.
func (o *Orders) mayBeRevoked(device string, when Span) bool {
	return o.rights(device, when).Maybe(revoked) ||
		slices.ContainsFunc(o.heirs[device], func(heir string) bool { return o.mayBeRevoked(heir, when) })
}

func revoked(s Standing) bool { return s.Revoked }
