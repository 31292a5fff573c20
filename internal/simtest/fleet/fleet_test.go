package fleet_test

import (
	"os"
	"strconv"
	"testing"

	"satchel/internal/simtest/fleet"
)

func TestHistory(t *testing.T) {
	seed, err := strconv.ParseUint(os.Getenv("FLEET_SEED"), 10, 64)
	if err != nil {
		t.Skip("plays one history")
	}
	out := fleet.Play(t, fleet.NewPlan(seed), t.TempDir())
	for _, line := range out.Story {
		t.Log(line)
	}
	for _, v := range out.Broken {
		t.Error(v)
	}
	t.Log(out.Faults, out.Simulated, out.Changes, out.Conflicts, out.Records)
}
