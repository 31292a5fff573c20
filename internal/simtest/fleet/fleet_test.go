package fleet_test

import (
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"satchel/internal/simtest/fleet"
)

// TestJob plays a history in a process of its own; see [fleet.Runner].
func TestJob(t *testing.T) {
	if !fleet.PlayJob(t) {
		t.Skip("it has no job; TestHistories gives it some")
	}
}

// runner plays histories by this very binary.
func runner(t *testing.T) fleet.Runner {
	t.Helper()
	if testing.Short() {
		t.Skip("plays histories for half a minute")
	}
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return fleet.Runner{Binary: binary, Dir: t.TempDir(), Limit: 2 * time.Minute}
}

// each plays the histories of some seeds, two at a time.
func each(t *testing.T, seeds []uint64, judge func(fleet.Outcome)) {
	t.Helper()
	r := runner(t)
	var mu sync.Mutex
	var players sync.WaitGroup
	next := make(chan uint64)
	for range 2 {
		players.Go(func() {
			for seed := range next {
				out, err := r.Play(t.Context(), fleet.Job{Seed: seed})
				mu.Lock()
				if err != nil {
					t.Error(err)
				}
				judge(out)
				mu.Unlock()
			}
		})
	}
	for _, seed := range seeds {
		next <- seed
	}
	close(next)
	players.Wait()
}

func TestHistories(t *testing.T) {
	var seeds []uint64
	for seed := range uint64(12) {
		seeds = append(seeds, seed+1)
	}
	faults := map[string]int{}
	each(t, seeds, func(out fleet.Outcome) {
		for _, v := range out.Broken {
			t.Errorf("seed %d: %s", out.Seed, v)
		}
		if out.Changes == 0 || out.Simulated < 10*time.Minute {
			t.Errorf("seed %d: %d changes in %v: the history shows nothing", out.Seed, out.Changes, out.Simulated)
		}
		for kind, n := range out.Faults {
			faults[kind] += n
		}
	})
	t.Log(faults)
}

// TestASeedPlaysTheSameHistoryAgain compares the stories, to the millisecond and the byte.
func TestASeedPlaysTheSameHistoryAgain(t *testing.T) {
	stories := map[uint64][]string{}
	each(t, []uint64{1, 2, 3, 1, 2, 3}, func(out fleet.Outcome) {
		story := append(slices.Clone(out.Story), out.Simulated.String())
		if before := stories[out.Seed]; before != nil && !slices.Equal(before, story) {
			t.Errorf("seed %d played two stories:\n%s\n\n%s", out.Seed, strings.Join(before, "\n"), strings.Join(story, "\n"))
		}
		stories[out.Seed] = story
	})
}
