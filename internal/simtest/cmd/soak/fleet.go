package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"satchel/fieldapp/tablet"
	"satchel/internal/simtest/fleet"
)

// fleetCmd plays fleets.
type fleetCmd struct {
	seeded
	databased
	For       time.Duration `help:"How long to play; 0 is until the histories are played." placeholder:"DURATION"`
	Histories int           `help:"How many histories to play; 0 is any number." placeholder:"N"`
	Steps     []int         `help:"Play only these steps of one history, and print its story." placeholder:"N,…"`
	Story     bool          `help:"Print the story of each history."`
	Keep      string        `help:"File for the plan of a shortened story, to be played again by the tests." placeholder:"FILE"`
	App       string        `help:"Folder of the field app, which keeps the store of every other tablet then, in Node.js: fieldapp." name:"typescript" placeholder:"DIR"`
	Go        bool          `help:"Go on after a broken promise, and do not shorten its story." name:"go-on"`
}

// A tally is what was played so far.
type tally struct {
	mu        sync.Mutex
	begun     time.Time
	histories int
	simulated time.Duration
	changes   int
	photos    int
	conflicts int
	faults    map[string]int
	broken    []fleet.Outcome
}

func (t *tally) add(out fleet.Outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.histories++
	t.simulated += out.Simulated
	t.changes += out.Changes
	t.photos += out.Photos
	t.conflicts += out.Conflicts
	for kind, n := range out.Faults {
		t.faults[kind] += n
	}
	if len(out.Broken) > 0 {
		t.broken = append(t.broken, out)
	}
}

// print writes what was played, and how often what went wrong.
func (t *tally) print(w io.Writer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(w, "%d histories in %v: %.0f simulated hours, %d changes, %d photos, %d conflicts left open, %d broken\n",
		t.histories, time.Since(t.begun).Round(time.Second), t.simulated.Hours(), t.changes, t.photos, t.conflicts, len(t.broken))
}

func (t *tally) printFaults(w io.Writer) {
	for _, kind := range slices.Sorted(maps.Keys(t.faults)) {
		fmt.Fprintf(w, "  %7d × %s\n", t.faults[kind], kind)
	}
}

// Run plays.
func (c *fleetCmd) Run(ctx context.Context, all *cli) (err error) {
	dir, err := os.MkdirTemp(all.Scratch, "soak-")
	if err != nil {
		return fmt.Errorf("make room for the files: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	runner, err := fleet.Build(ctx, dir)
	if err != nil {
		return err
	}
	url, stop, err := c.cluster(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	runner.Postgres = url
	if c.App != "" {
		runner.App = dir
		if _, err := tablet.Build(c.App, dir); err != nil {
			return err
		}
	}
	c.draw()
	if len(c.Steps) > 0 {
		out, err := runner.Play(ctx, fleet.Job{Seed: c.Seed, Only: c.Steps})
		tell(os.Stdout, out)
		return errors.Join(err, verdict(out))
	}
	if c.Histories == 0 && c.For == 0 {
		c.Histories = 100
	}
	fmt.Printf("playing fleets from seed %d on\n", c.Seed)
	total := &tally{begun: time.Now(), faults: map[string]int{}}
	err = c.play(ctx, runner, all.Jobs, total)
	total.print(os.Stdout)
	total.printFaults(os.Stdout)
	if len(total.broken) == 0 || errors.Is(err, context.Canceled) {
		return err
	}
	return errors.Join(err, c.explain(ctx, runner, total.broken[0]))
}

// play plays histories until there are enough, the time is over, or a promise is broken.
func (c *fleetCmd) play(ctx context.Context, runner fleet.Runner, jobs int, total *tally) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	seeds := make(chan uint64)
	var players sync.WaitGroup
	var failed error
	for range jobs {
		players.Go(func() {
			for seed := range seeds {
				out, err := runner.Play(ctx, fleet.Job{Seed: seed})
				if err != nil {
					if ctx.Err() == nil {
						failed = err
					}
					stop()
					continue
				}
				total.add(out)
				if c.Story {
					tell(os.Stdout, out)
				}
				if len(out.Broken) > 0 {
					fmt.Printf("seed %d: %s\n", seed, out.Broken[0])
					if !c.Go {
						stop()
					}
				}
			}
		})
	}
	c.deal(ctx, seeds, total)
	players.Wait()
	return failed
}

// deal gives out seeds, and tells now and then how far it is.
func (c *fleetCmd) deal(ctx context.Context, seeds chan<- uint64, total *tally) {
	defer close(seeds)
	told := time.Now()
	for i := 0; c.Histories == 0 || i < c.Histories; i++ {
		if c.For > 0 && time.Since(total.begun) > c.For {
			return
		}
		select {
		case seeds <- c.Seed + uint64(i):
		case <-ctx.Done():
			return
		}
		if time.Since(told) > 10*time.Second {
			told = time.Now()
			total.print(os.Stderr)
		}
	}
}

// explain shortens the story of a broken promise, and says how to play it again.
func (c *fleetCmd) explain(ctx context.Context, runner fleet.Runner, broken fleet.Outcome) error {
	if c.Go {
		return verdict(broken)
	}
	fmt.Printf("shortening the story of seed %d; Ctrl-C ends that\n", broken.Seed)
	job, out, err := fleet.Shrink(ctx, broken.Seed, runner.Play, func(steps int) { fmt.Fprintf(os.Stderr, "%d steps\n", steps) })
	if len(out.Broken) == 0 {
		out = broken
	}
	tell(os.Stdout, out)
	again := "go run ./internal/simtest/cmd/soak"
	if c.Postgres {
		again += " --postgres"
	}
	if c.App != "" {
		again += " --typescript " + c.App
	}
	fmt.Printf("the whole story:  %s --seed %d --histories 1 --story\n", again, broken.Seed)
	if c.Keep != "" {
		err = errors.Join(err, keep(c.Keep, job.Plan()))
	}
	if len(job.Only) > 0 {
		fmt.Printf("this one again:   %s --seed %d --steps %s\n", again, broken.Seed, commas(job.Only))
	}
	return errors.Join(err, verdict(out))
}

// keep writes a plan to a file.
func keep(file string, p fleet.Plan) error {
	text, err := json.MarshalIndent(p, "", "  ")
	if err == nil {
		err = os.WriteFile(file, append(text, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("keep the plan: %w", err)
	}
	return nil
}

// tell prints a story and what it broke.
func tell(w io.Writer, out fleet.Outcome) {
	for _, line := range out.Story {
		fmt.Fprintln(w, line)
	}
	for _, v := range out.Broken {
		fmt.Fprintf(w, "BROKEN  %s\n", v)
	}
}

func commas(list []int) string {
	text := ""
	for i, n := range list {
		if i > 0 {
			text += ","
		}
		text += fmt.Sprint(n)
	}
	return text
}

func verdict(out fleet.Outcome) error {
	if len(out.Broken) == 0 {
		return nil
	}
	return fmt.Errorf("seed %d broke %d promises, the first: %s", out.Seed, len(out.Broken), out.Broken[0].Promise)
}
