package hostile_test

import (
	"flag"
	"testing"
	"time"

	"satchel/internal/simtest/hostile"
)

var (
	seed    = flag.Uint64("hostile.seed", 1, "the seed of the bad inputs")
	devices = flag.Int("hostile.devices", 50, "how many honest devices there are beside the rogue")
	rounds  = flag.Int("hostile.rounds", 1, "how often each of them syncs, with the rogue and without")
	inputs  = flag.Int("hostile.inputs", 2500, "how many bad inputs to send")
)

func TestBadInputsFromEverybodyToEverywhere(t *testing.T) {
	report, err := hostile.Inputs(t.Context(), *seed, *inputs, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d inputs in %v: %v, the longest answer has %d bytes", report.Inputs, report.Took, report.Statuses, report.Largest)
	for _, status := range []int{200, 201, 400, 401, 403, 404, 405, 413, 415, 422} {
		if report.Statuses[status] == 0 {
			t.Errorf("no input was answered %d: the inputs are not as varied as they should be", status)
		}
	}
	if len(report.Routes) < 27 {
		t.Errorf("only %d routes were tried", len(report.Routes))
	}
}

// mostSlower is how many times longer an honest sync may take beside one rogue device, on a machine on which
// the rogue and the honest devices also take their part of the processors; under a second nobody notices.
const mostSlower = 8

func TestARogueDeviceIsHardlyNoticed(t *testing.T) {
	siege, err := hostile.Rogue(t.Context(), *seed, *devices, *rounds)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v, %.1f times slower", siege, siege.Slower())
	// Short runs are those of the race detector, under which times say nothing.
	if !testing.Short() && siege.Slower() > mostSlower && siege.Under.Median > time.Second {
		t.Errorf("beside a rogue device an honest sync takes %v instead of %v", siege.Under.Median, siege.Calm.Median)
	}
	if siege.PeakHeap > 400<<20 {
		t.Errorf("beside a rogue device the heap comes to %d MiB", siege.PeakHeap>>20)
	}
}
