package server_test

import (
	"testing"
)

// TestTheOfficeKnowsWhenATabletIsSafe follows what the office knows of a tablet from one sync to the next.
func TestTheOfficeKnowsWhenATabletIsSafe(t *testing.T) {
	o := newOffice(t)
	s := o.tablet("tablet", o.a)
	register(t, s, o.a, "Ana")
	mustSync(t, s)
	devices, err := o.srv.Accounts.Devices(t.Context(), o.admin)
	if err != nil {
		t.Fatal(err)
	}
	if c := devices[0].Contact; c.Safe == 0 || c.Complete != c.Safe || c.Unsent != 0 || c.Up != 1 || c.Down < 3 {
		t.Errorf("after a sync the office knows %+v", c)
	}
	o.loseAnswer(s)
	if devices, err = o.srv.Accounts.Devices(t.Context(), o.admin); err != nil {
		t.Fatal(err)
	}
	if c := devices[0].Contact; c.Safe != 0 || c.Complete == 0 {
		t.Errorf("after a sync that broke off the office knows %+v", c)
	}
}
