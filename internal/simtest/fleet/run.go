package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"satchel/internal/simtest/oracle"
)

// A Job is a history to play: a plan that was kept, or else the plan of a seed or, if Only names any,
// some of its steps.
type Job struct {
	Kept *Plan `json:",omitempty"`
	Seed uint64
	Only []int `json:",omitempty"`
}

// Plan gives the plan of the job.
func (j Job) Plan() Plan {
	switch {
	case j.Kept != nil:
		return *j.Kept
	case len(j.Only) > 0:
		return NewPlan(j.Seed).Only(j.Only)
	}
	return NewPlan(j.Seed)
}

// jobVariable, postgresVariable and appVariable are the environment variables that give a process its job, and outcomeFile the file in its
// working directory into which it writes what came of it.
const (
	jobVariable      = "SATCHEL_FLEET_JOB"
	postgresVariable = "SATCHEL_FLEET_POSTGRES"
	appVariable      = "SATCHEL_FLEET_APP"
	outcomeFile      = "outcome.json"
)

// A Runner plays each history in a process of its own, as a seed needs to play the same history again.
type Runner struct {
	// Binary is the test binary of this package: `go test -c`.
	Binary string
	// Dir is where the files of histories come and go.
	Dir string
	// Limit is how long a history may take.
	Limit time.Duration
	// Postgres is the URL of the PostgreSQL cluster of the office's databases; "" is SQLite.
	Postgres string
	// App is where the program of the field app was built; see [Setting].
	App string
}

// Build makes the binary of a Runner in a directory. flags are for the Go tool.
func Build(ctx context.Context, dir string, flags ...string) (Runner, error) {
	r := Runner{Binary: filepath.Join(dir, "fleet.test"), Dir: dir, Limit: 2 * time.Minute}
	args := append(append([]string{"test", "-c", "-o", r.Binary}, flags...), "satchel/internal/simtest/fleet")
	if out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput(); err != nil { //nolint:gosec // who calls it chooses the flags
		return r, fmt.Errorf("build the fleet: %w\n%s", err, out)
	}
	return r, nil
}

// Play plays a job. A history that does not end, or ends with a panic, has broken a promise too.
func (r Runner) Play(ctx context.Context, job Job) (Outcome, error) {
	dir, err := os.MkdirTemp(r.Dir, "history-")
	if err != nil {
		return Outcome{}, fmt.Errorf("make room for a history: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left is in a place for such things
	text, err := json.Marshal(job)
	if err != nil {
		return Outcome{}, fmt.Errorf("write a job: %w", err)
	}
	limited, cancel := context.WithTimeout(ctx, r.Limit)
	defer cancel()
	c := exec.CommandContext(limited, r.Binary, "-test.run=^TestJob$") //nolint:gosec // it is the binary that Build made
	// Hardly ever is more than one thing to do at once, and handing it from one processor to another takes long.
	c.Dir, c.Env = dir, append(os.Environ(), jobVariable+"="+string(text), postgresVariable+"="+r.Postgres, appVariable+"="+r.App, "TMPDIR="+dir, "GOMAXPROCS=1")
	said, err := c.CombinedOutput()
	if ctx.Err() != nil {
		return Outcome{}, ctx.Err()
	}
	out := Outcome{Seed: job.Seed}
	result, readErr := os.ReadFile(filepath.Join(dir, outcomeFile))
	if err != nil || readErr != nil {
		what := fmt.Sprintf("%v\n%s", errors.Join(err, limited.Err()), tail(string(said)))
		out.Broken = []oracle.Violation{{Promise: "a history ends", What: what}}
		return out, nil
	}
	if err := json.Unmarshal(result, &out); err != nil {
		return out, fmt.Errorf("read what came of a history: %w", err)
	}
	return out, nil
}

// tail gives the end of a text that may be long.
func tail(text string) string {
	const most = 3000
	if len(text) > most {
		text = "…" + strings.ToValidUTF8(text[len(text)-most:], "")
	}
	return text
}

// PlayJob plays the job of this process, if it was given one, and reports whether it was.
func PlayJob(t *testing.T) bool {
	text := os.Getenv(jobVariable)
	if text == "" {
		return false
	}
	var job Job
	if err := json.Unmarshal([]byte(text), &job); err != nil {
		t.Fatal(err)
	}
	root, err := os.MkdirTemp("", "fleet-")
	if err != nil {
		t.Fatal(err)
	}
	result, err := json.Marshal(Play(t, job.Plan(), Setting{Root: root, Postgres: os.Getenv(postgresVariable), App: os.Getenv(appVariable)}))
	if err == nil {
		err = os.WriteFile(outcomeFile, result, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return true
}

// Shrink leaves out steps of a history that broke a promise, as long as the same promise is broken: what
// is left is a story that a person can read. tell is told after each try.
func Shrink(ctx context.Context, seed uint64, play func(context.Context, Job) (Outcome, error), tell func(steps int)) (Job, Outcome, error) {
	best := Job{Seed: seed}
	out, err := play(ctx, best)
	if err != nil || len(out.Broken) == 0 {
		return best, out, err
	}
	promise := out.Broken[0].Promise
	for _, s := range NewPlan(seed).Steps {
		best.Only = append(best.Only, s.Index)
	}
	for size := len(best.Only) / 2; size > 0; size /= 2 {
		for at := 0; at < len(best.Only); {
			less := Job{Seed: seed, Only: slices.Delete(slices.Clone(best.Only), at, min(at+size, len(best.Only)))}
			if len(less.Only) == 0 {
				break
			}
			tried, err := play(ctx, less)
			if err != nil {
				return best, out, err
			}
			if slices.ContainsFunc(tried.Broken, func(v oracle.Violation) bool { return v.Promise == promise }) {
				best, out = less, tried
			} else {
				at += size
			}
			tell(len(best.Only))
		}
	}
	return best, out, nil
}
