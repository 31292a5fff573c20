package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"satchel/internal/simtest/fleet"
	"satchel/internal/simtest/planted"
)

// cli is the command line.
type cli struct {
	Only    []string `help:"Plant only the bug of this name, or those of this room; may be given several times." placeholder:"NAME" sep:"none"`
	List    bool     `help:"Name the bugs, and what each would come to, and plant none."`
	Budget  int      `help:"How many histories of a fleet a bug may survive." default:"60" placeholder:"N"`
	Jobs    int      `help:"How many bugs to look for at once." default:"${jobs}" placeholder:"N"`
	Scratch string   `help:"Where files that may be thrown away go; in memory it is faster." default:"${scratch}" placeholder:"DIR" type:"existingdir"`
}

func (c cli) run(ctx context.Context, w io.Writer) error {
	all, err := planted.Bugs()
	if err != nil {
		return err
	}
	bugs, err := planted.Named(all, c.Only)
	if err != nil {
		return err
	}
	if c.List {
		for _, b := range bugs {
			fmt.Fprintf(w, "%s\n    %s\n", b.Name, b.Harm)
		}
		return nil
	}
	return c.hunt(ctx, w, bugs)
}

// hunt looks for the bugs, and before that for what is wrong without any.
func (c cli) hunt(ctx context.Context, w io.Writer, bugs []planted.Bug) (err error) {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp(c.Scratch, "planted-")
	if err != nil {
		return fmt.Errorf("make a place for files: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	stories, err := fleet.Found()
	if err != nil {
		return err
	}
	h := &planted.Hunt{Root: root, Scratch: scratch, Catchers: planted.Catchers(c.Budget, len(stories))}
	t := &table{w: w}
	if len(c.Only) == 0 {
		if err := c.clean(ctx, h, t); err != nil {
			return err
		}
	}
	if err := each(c.Jobs, bugs, func(b planted.Bug) error {
		caught, err := h.Bug(ctx, b)
		t.row(caught, err)
		return err
	}); err != nil {
		return err
	}
	return t.sum()
}

// clean plays the harness on the product as it is.
func (c cli) clean(ctx context.Context, h *planted.Hunt, t *table) error {
	type run struct {
		catcher string
		seed    int
	}
	var runs []run
	for _, catcher := range h.Catchers {
		for seed := 1; seed <= catcher.Tries; seed++ {
			runs = append(runs, run{catcher.Name, seed})
		}
	}
	return each(c.Jobs, runs, func(r run) error {
		found, err := h.Clean(ctx, r.catcher, r.seed)
		if len(found) > 0 {
			t.faulty(r.catcher, r.seed, found[0])
		}
		return err
	})
}

// each calls do for every item, some at once, and gives the errors.
func each[T any](jobs int, items []T, do func(T) error) error {
	queue := make(chan T)
	var workers sync.WaitGroup
	var mu sync.Mutex
	var failed []error
	for range max(jobs, 1) {
		workers.Go(func() {
			for item := range queue {
				if err := do(item); err != nil {
					mu.Lock()
					failed = append(failed, err)
					mu.Unlock()
				}
			}
		})
	}
	for _, item := range items {
		queue <- item
	}
	close(queue)
	workers.Wait()
	return errors.Join(failed...)
}

// moduleRoot finds the directory of go.mod, from where the command was started upwards.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if filepath.Dir(dir) == dir {
			return "", errors.New("there is no go.mod here or above; start the command inside of the module")
		}
		dir = filepath.Dir(dir)
	}
}

// A table is what is printed, a line for each bug as soon as its fate is known.
type table struct {
	w      io.Writer
	mu     sync.Mutex
	wrong  int
	caught int
	missed []string
}

// faulty tells of a run that finds fault with the product as it is.
func (t *table) faulty(catcher string, seed int, found planted.Break) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wrong++
	fmt.Fprintf(t.w, "no bug planted: %s with seed %d finds broken: %s: %.150s\n", catcher, seed, found.Promise, found.What)
}

func (t *table) row(c planted.Catch, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	name := fmt.Sprintf("%-45s ", c.Bug.Name)
	switch {
	case err != nil:
		fmt.Fprintf(t.w, "%s could not be tried: %v\n", name, err)
	case c.By == "":
		t.missed = append(t.missed, c.Bug.Name)
		fmt.Fprintf(t.w, "%s MISSED, in %d runs of %.0f s\n", name, c.Runs, c.Took.Seconds())
	default:
		t.caught++
		what, _, _ := strings.Cut(c.What, "\n")
		fmt.Fprintf(t.w, "%s %-5s seed %-3d %3d runs %5.1f s  %s: %.100s\n", name, c.By, c.Seed, c.Runs, c.Took.Seconds(), c.Promise, what)
	}
}

// sum says how it ended, and fails if anything was missed.
func (t *table) sum() error {
	fmt.Fprintf(t.w, "%d caught, %d missed\n", t.caught, len(t.missed))
	var failed []error
	if len(t.missed) > 0 {
		failed = append(failed, fmt.Errorf("the harness did not notice %v", t.missed))
	}
	if t.wrong > 0 {
		failed = append(failed, fmt.Errorf("the harness finds fault with the product as it is, in %d runs; of these, only what a bug breaks beyond it was counted", t.wrong))
	}
	return errors.Join(failed...)
}
