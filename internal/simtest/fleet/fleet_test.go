package fleet_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"satchel/fieldapp/tablet"
	"satchel/internal/pgtest"
	"satchel/internal/simtest/fleet"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

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

// each plays some jobs, two at a time.
func each(t *testing.T, jobs []fleet.Job, judge func(fleet.Outcome)) {
	t.Helper()
	eachBy(t, runner(t), jobs, judge)
}

func eachBy(t *testing.T, r fleet.Runner, jobs []fleet.Job, judge func(fleet.Outcome)) {
	t.Helper()
	var mu sync.Mutex
	var players sync.WaitGroup
	next := make(chan fleet.Job)
	for range 2 {
		players.Go(func() {
			for job := range next {
				out, err := r.Play(t.Context(), job)
				mu.Lock()
				if err != nil {
					t.Error(err)
				}
				judge(out)
				mu.Unlock()
			}
		})
	}
	for _, job := range jobs {
		next <- job
	}
	close(next)
	players.Wait()
}

func seeds(list ...uint64) []fleet.Job {
	var out []fleet.Job
	for _, seed := range list {
		out = append(out, fleet.Job{Seed: seed})
	}
	return out
}

// TestWhatWasFoundStaysMended plays the shortened stories of promises that were once broken.
func TestWhatWasFoundStaysMended(t *testing.T) {
	stories, err := fleet.Found()
	if err != nil || len(stories) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	var jobs []fleet.Job
	for _, p := range stories {
		jobs = append(jobs, fleet.Job{Kept: &p, Seed: p.Seed})
	}
	each(t, jobs, func(out fleet.Outcome) {
		for _, v := range out.Broken {
			t.Errorf("seed %d: %s\n%s", out.Seed, v, strings.Join(out.Story, "\n"))
		}
	})
}

// TestWhoStartsATabletHasNoFormOpen puts a tablet back to an older copy while a form is open on it: who starts it again
// has not seen what the copy lacks.
func TestWhoStartsATabletHasNoFormOpen(t *testing.T) {
	kinds := []fleet.Kind{"is kept a copy of", "edits", "opens a form", "syncs", "is put back to the copy", "saves the form"}
	p := fleet.Plan{Tablets: 3, Narrow: true}
	for i, kind := range kinds {
		p.Steps = append(p.Steps, fleet.Step{Index: i, At: time.Duration(i+1) * time.Minute, Actor: 1, Kind: kind, Roll: 1})
	}
	each(t, []fleet.Job{{Kept: &p}}, func(out fleet.Outcome) {
		story := strings.Join(out.Story, "\n")
		if n := strings.Count(story, "saves"); n != 1 || len(out.Broken) > 0 {
			t.Errorf("%d saves, %v\n%s", n, out.Broken, story)
		}
	})
}

func TestHistories(t *testing.T) {
	goWell(t, runner(t), seeds(1, 2, 3, 4, 5, 6))
}

// TestHistoriesOfBothPrograms has the field app keep the store of every other tablet.
func TestHistoriesOfBothPrograms(t *testing.T) {
	r := runner(t)
	r.App, r.Limit = t.TempDir(), 10*time.Minute // a process for each tablet, on machines that do other things too
	_, err := tablet.Build(filepath.Join("..", "..", "..", "fieldapp"), r.App)
	if errors.Is(err, tablet.ErrNone) && os.Getenv("SATCHEL_CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	goWell(t, r, seeds(1, 2))
}

// TestHistoriesOverPostgres has the office keep everything in PostgreSQL.
func TestHistoriesOverPostgres(t *testing.T) {
	r := runner(t)
	r.Postgres = pgtest.URL(t)
	goWell(t, r, seeds(1, 2))
}

// goWell plays histories that have to break no promise.
func goWell(t *testing.T, r fleet.Runner, jobs []fleet.Job) {
	t.Helper()
	faults := map[string]int{}
	eachBy(t, r, jobs, func(out fleet.Outcome) {
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
	each(t, seeds(1, 2, 3, 1, 2, 3), func(out fleet.Outcome) {
		story := append(slices.Clone(out.Story), out.Simulated.String())
		if before := stories[out.Seed]; before != nil && !slices.Equal(before, story) {
			t.Errorf("seed %d played two stories:\n%s\n\n%s", out.Seed, strings.Join(before, "\n"), strings.Join(story, "\n"))
		}
		stories[out.Seed] = story
	})
}
