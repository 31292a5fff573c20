package review_test

import (
	"testing"
	"time"

	"satchel/server/internal/review"
)

// A clock that was accepted is not measured as exactly as it is said: what a sync takes moves it to the next minute.
func TestAClockIsAcceptedUntilItMattersOtherwise(t *testing.T) {
	o := newOffice(t)
	d := o.tablet("slow")
	come := func(off time.Duration) {
		d.off = off
		d.sync()
	}
	accept := func() {
		t.Helper()
		item := o.only(review.Clock)
		if err := o.queue.Decide(t.Context(), o.admin, item.ID, review.Accepted, "it cannot be set", item.Digest); err != nil {
			t.Fatal(err)
		}
	}
	come(-2*time.Hour - time.Second)
	accept()
	for _, off := range []time.Duration{-2*time.Hour + time.Second, -10 * time.Minute, 0, -time.Hour} {
		come(off)
		o.none("it was accepted that it is slow")
	}
	if got := o.list(review.Decided); len(got) != 1 || got[0].Facts.ClockOff != -time.Hour.Milliseconds() {
		t.Errorf("decided are %+v, want the clock as it is now", got)
	}
	for _, off := range []time.Duration{-48 * time.Hour, 2 * time.Hour, 3 * time.Minute} {
		come(off)
		accept()
	}
}
