package engine_test

import (
	"fmt"
	"testing"

	"satchel/syncproto"
)

// exchange makes an exchange of a tablet that says how far its sync is.
func (d *tablet) exchange(how syncproto.Health) syncproto.Reply {
	d.o.t.Helper()
	request := d.request()
	request.Health = how
	reply, err := d.o.engine.Exchange(d.o.t.Context(), d.id, request)
	if err != nil {
		d.o.t.Fatal(err)
	}
	d.known, d.epoch, d.mark, d.cursors = reply.Tip.N, reply.Epoch, reply.Mark, reply.Cursors
	return reply
}

// TestWhatIsLeftIsWhatComes has a tablet fetch in pages what came, went and changed since it was there.
func TestWhatIsLeftIsWhatComes(t *testing.T) {
	o := newOffice(t)
	d, other := o.tablet("one", o.a, o.b), o.tablet("other", o.country)
	for i := range 9 {
		d.household(o.a, fmt.Sprint("Household ", i))
	}
	last := d.household(o.a, "The last")
	d.sync()
	other.sync()
	for i := range 12 {
		d.household(o.b, fmt.Sprint("Newer ", i))
	}
	d.edit("households", last, map[string]syncproto.Value{"area": text(o.b.String())})
	d.sync()
	other.page = 4
	var told []int
	came := 0
	for more := true; more; {
		reply := other.exchange(syncproto.Health{})
		more, came = reply.More, came+len(reply.Records)+len(reply.Departures)
		told = append(told, came+reply.Left)
	}
	for round, all := range told {
		if all != came || came != 14 { // the last household comes in the one area and goes in the other
			t.Errorf("in round %d there were %d to come, and %d came, want 14", round, all, came)
		}
	}
}

// TestALongPullIsCountedOnce has the tablet say what it was told, and what it says run out.
func TestALongPullIsCountedOnce(t *testing.T) {
	o := newOffice(t)
	d, other := o.tablet("one", o.a), o.tablet("other", o.a)
	for i := range 30 {
		d.household(o.a, fmt.Sprint("Household ", i))
	}
	d.sync()
	other.page = 10
	for round, step := range []struct{ told, want int }{{0, 23}, {500, 490}, {10, 3}, {3, 0}} {
		if reply := other.exchange(syncproto.Health{DownLeft: step.told}); reply.Left != step.want || reply.More != (step.want > 0) {
			t.Errorf("in round %d %d are left, more %v; want %d", round, reply.Left, reply.More, step.want)
		}
	}
}

func TestTheOfficeKnowsHowFarASyncIs(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("one", o.a)
	for i := range 3 {
		d.household(o.a, fmt.Sprint("Household ", i))
	}
	d.exchange(syncproto.Health{Unsent: 7, Up: 10, Down: 120, DownLeft: 680})
	if c := d.contact(); c.Up != 13 || c.Unsent != 4 || c.Down != 120 || c.DownLeft != 680 || c.At != o.now.UnixMilli() {
		t.Errorf("the office knows %+v", c)
	}
	d.exchange(syncproto.Health{Unsent: -1, Up: -1, Down: -1, DownLeft: -1})
	if c := d.contact(); c.Up != 0 || c.Unsent != 0 || c.Down != 0 || c.DownLeft != 0 {
		t.Errorf("of a tablet that counts below 0 the office knows %+v", c)
	}
}
