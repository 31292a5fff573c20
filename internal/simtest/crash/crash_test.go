package crash

import (
	"errors"
	"os"
	"slices"
	"testing"
)

// scratch is a directory in memory, if the system has one.
func scratch(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "satchel-crash-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// size leaves out most of what takes long under the race detector and has nothing to race.
func size(n int) int {
	if testing.Short() {
		return max(n/10, 1)
	}
	return n
}

func TestPowerCutsLoseNothingThatWasPromised(t *testing.T) {
	wanted := size(200)
	report, err := Images(t.Context(), Plan{Seed: 1, Images: wanted, Scratch: scratch(t)})
	t.Logf("%+v", report)
	if err != nil {
		t.Fatal(err)
	}
	if report.images() != wanted || !testing.Short() && (report.Office < wanted/3 || report.Tablet < wanted/3 || report.Synced < 10 || report.Again < 10) {
		t.Errorf("%+v, want %d images of each kind", report, wanted)
	}
}

// TestDisksThatLieAreSeen is the control: where commits are not synced, acknowledged changes are lost.
func TestDisksThatLieAreSeen(t *testing.T) {
	for script := range Scripts()[:4] {
		report, err := Images(t.Context(), Plan{Seed: 1, Scripts: []int{script}, Images: 100, Lies: true, Scratch: scratch(t)})
		if !errors.Is(err, ErrLost) {
			t.Errorf("script %d on disks that do not sync: %+v, %v; want a loss", script, report, err)
		}
	}
}

func TestThePartsOfAPlanAreTheWhole(t *testing.T) {
	plan := Plan{Seed: 3, Every: 3}
	whole := plan.points(1, 1, 100)
	var parts []int64
	for part := range 4 {
		plan.Part, plan.Parts = part, 4
		parts = append(parts, plan.points(1, 1, 100)...)
	}
	slices.Sort(parts)
	if !slices.Equal(parts, whole) {
		t.Errorf("%v in parts, %v as a whole", parts, whole)
	}
}

func TestFailingDisks(t *testing.T) {
	report, err := Failing(t.Context(), Plan{Seed: 3, Scripts: []int{0, 5, 11}, Every: 250, Scratch: scratch(t)})
	t.Logf("%+v", report)
	if err != nil {
		t.Fatal(err)
	}
	if report.Errors == 0 {
		t.Error("nobody was told of any operation that failed")
	}
}

func TestFullDisks(t *testing.T) {
	report, err := Full(t.Context(), Plan{Seed: 3, Scripts: []int{0, 1, 9}, Every: 40, Scratch: scratch(t)})
	t.Logf("%+v", report)
	if err != nil {
		t.Fatal(err)
	}
	if report.Errors == 0 {
		t.Error("nobody was told of any disk that was full")
	}
}
