package kill_test

import (
	"errors"
	"os"
	"runtime"
	"testing"

	"satchel/internal/simtest/kill"
)

// day is the script of a day's work in both directions.
const day = 1

// TestTheRealProgramsLoseAndDoubleNothing tries some of the points of one script; the room has functions
// for all of them.
func TestTheRealProgramsLoseAndDoubleNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("starts real programs a hundred times")
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		if os.Getenv("SATCHEL_CI") != "" {
			t.Fatal(kill.ErrNotHere)
		}
		t.Skip(kill.ErrNotHere)
	}
	bin, err := kill.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	bin.Scratch = scratch(t)
	t.Run("killed", func(t *testing.T) {
		tried(t)(kill.Sample(t.Context(), bin, day, 9, nil))
	})
	t.Run("with a disk that fails", func(t *testing.T) {
		tried(t)(kill.Fail(t.Context(), bin, day, 40, false, nil))
		tried(t)(kill.Fail(t.Context(), bin, day, 40, true, nil))
	})
	t.Run("with a disk that is full", func(t *testing.T) {
		err := kill.Full(t.Context(), bin)
		if errors.Is(err, kill.ErrNoMount) && (os.Getenv("SATCHEL_CI") == "" || os.Geteuid() == 0) {
			t.Skip(err) // not even root may everywhere
		}
		if err != nil {
			t.Error(err)
		}
	})
}

// tried checks a report: both sides have to have been hit.
func tried(t *testing.T) func(kill.Report, error) {
	return func(report kill.Report, err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
		hit := report.Count()
		if len(hit[kill.Server]) == 0 || len(hit[kill.Device]) == 0 {
			t.Errorf("%d points, of these %v: nothing is shown", len(report.Points), hit)
		}
		t.Logf("%d points: %v", len(report.Points), hit)
	}
}

// scratch gives a folder in memory, where there is one.
func scratch(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "satchel-kill-test-")
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
