package kill

import (
	"errors"
	"os"
	"runtime"
	"testing"

	"satchel/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// The scripts that are tried here: a day's work in both directions, and a save.
const (
	ofADay  = 1
	ofASave = 10
)

// TestTheRealProgramsLoseAndDoubleNothing tries some of the points of one script; the room has functions
// for all of them.
func TestTheRealProgramsLoseAndDoubleNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("starts real programs a hundred times")
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		if os.Getenv("SATCHEL_CI") != "" {
			t.Fatal(ErrNotHere)
		}
		t.Skip(ErrNotHere)
	}
	bin, err := Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	bin.Scratch, bin.Jobs = scratch(t), 2 // each is one program after another
	t.Run("killed", func(t *testing.T) {
		tried(t, Server, Device)(Sample(t.Context(), bin, ofADay, 40, nil))
		tried(t, Device)(Sample(t.Context(), bin, ofASave, 20, nil))
		const beyond = 10_000 // more calls than a save makes
		tried(t, Device)(tryEach(t.Context(), bin, ofASave, beyond, beyond, nil, blow{deal: kills}))
	})
	t.Run("killed over PostgreSQL", func(t *testing.T) {
		over := bin
		over.Postgres = pgtest.URL(t)
		tried(t, Server, Device)(Sample(t.Context(), over, ofADay, 48, nil))
	})
	t.Run("with a disk that fails", func(t *testing.T) {
		tried(t, Server, Device)(Fail(t.Context(), bin, ofADay, 60, false, nil))
		tried(t, Server, Device)(Fail(t.Context(), bin, ofADay, 60, true, nil))
		// A disk that does not confirm may have kept what it was given: nobody may say otherwise.
		onFlush := func(c Call) fate {
			if c.Name != "fsync" {
				return fate{}
			}
			return fails(c)
		}
		tried(t, Device)(try(t.Context(), bin, ofASave, 1, nil, blow{deal: onFlush, stays: true}))
	})
	t.Run("with a disk that is full", func(t *testing.T) {
		err := Full(t.Context(), bin)
		if errors.Is(err, ErrNoMount) && (os.Getenv("SATCHEL_CI") == "" || os.Geteuid() == 0) {
			t.Skip(err) // not even root may everywhere
		}
		if err != nil {
			t.Error(err)
		}
	})
}

// tried checks a report: the sides have to have been hit.
func tried(t *testing.T, sides ...Side) func(Report, error) {
	return func(report Report, err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
		hit := report.Count()
		for _, side := range sides {
			if len(hit[side]) == 0 {
				t.Errorf("the %s was never hit: nothing is shown", side)
			}
		}
		t.Logf("%s, %d points: %v", report.Script, len(report.Points), hit)
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
