package hostile_test

import (
	"flag"
	"testing"

	"satchel/internal/simtest/hostile"
)

var (
	seed   = flag.Uint64("hostile.seed", 1, "the seed of the bad inputs")
	inputs = flag.Int("hostile.inputs", 3000, "how many bad inputs to send")
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
