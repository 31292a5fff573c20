package review

import (
	"context"
	"time"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// clocksOff finds which of the devices concerned have a clock that is off.
func clocksOff(ctx context.Context, tx *store.Tx, c concern) (finding, error) {
	found := finding{kind: Clock, about: c.clocks}
	clocks, err := tx.ClocksOff(ctx, c.clocks.list())
	if err != nil {
		return found, err
	}
	for device, off := range clocks {
		area, err := areaOf(ctx, tx, device)
		if err != nil {
			return found, err
		}
		found.matters = append(found.matters, matter{
			kind: Clock, record: device, area: area, severity: gravity(off), facts: Facts{Records: []Ground{}, ClockOff: off},
		})
	}
	return found, nil
}

// gravity says how much it matters that a clock is off: from a day on, what was recorded has another date; beyond what
// a claimed time may be ahead, it is cut.
func gravity(off int64) string {
	switch off = max(off, -off); {
	case off >= 24*time.Hour.Milliseconds():
		return high
	case off > syncproto.ClockSlack:
		return medium
	}
	return low
}

// mattering gives one number for all offsets of a clock that matter the same, ahead or behind. An offset itself, cut as
// it is, is another one now and then while the clock runs as ever: a sync takes longer, or less long.
func mattering(off int64) int64 {
	class := map[string]int64{low: 1, medium: 2, high: 3}[gravity(off)]
	switch {
	case off < 0:
		return -class
	case off > 0:
		return class
	}
	return 0
}
