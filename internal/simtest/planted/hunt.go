package planted

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Catcher is a part of the harness, with how often it is played at the most, each time with another
// seed.
type Catcher struct {
	Name  string
	Tries int
	// Alone has it built without the others, and played for bugs of syncproto only: it needs nothing else of the product.
	Alone bool
}

// Catchers gives the parts of the harness from the cheap to the dear. histories is how many of a fleet
// are played, stories how many there are of [fleet.Found].
func Catchers(histories, stories int) []Catcher {
	return []Catcher{
		{Name: "laws", Tries: 2, Alone: true},
		{Name: "fleet", Tries: histories},
		{Name: "found", Tries: stories},
		{Name: "crash", Tries: 2},
		{Name: "hostile", Tries: 1},
		{Name: "faults", Tries: 3},
	}
}

// What a run is told by its environment: which part of the harness to play, with which seed, and where to
// write which promises were broken.
const (
	envCatcher = "PLANTED_CATCHER"
	envSeed    = "PLANTED_SEED"
	envOut     = "PLANTED_OUT"
)

// patience is how long one run may take: it takes seconds, unless it never ends.
const patience = 3 * time.Minute

// A Break is a promise that a run found broken.
type Break struct {
	Promise, What string
}

// A Catch is what became of a bug.
type Catch struct {
	Bug Bug
	// By is the part of the harness that noticed, "" if none did, and Seed with which seed.
	By   string
	Seed int
	Break
	// Runs counts what was played until then, and Took how long that took, without the build.
	Runs int
	Took time.Duration
}

// A Hunt looks for bugs. It may be used by several goroutines at once.
type Hunt struct {
	// Root is the directory of the module, Scratch one for files that may be thrown away.
	Root, Scratch string
	Catchers      []Catcher

	once  sync.Once
	clean string
	err   error
	mu    sync.Mutex
	known map[string][]Break
}

// Clean gives which promises a run of the product as it is breaks: none, if all is well.
func (h *Hunt) Clean(ctx context.Context, catcher string, seed int) ([]Break, error) {
	h.once.Do(func() { h.clean, h.err = h.build(ctx, Bug{Name: "none"}, h.Scratch, false) })
	if h.err != nil {
		return nil, h.err
	}
	name := fmt.Sprint(catcher, " ", seed)
	h.mu.Lock()
	known, done := h.known[name]
	h.mu.Unlock()
	if done {
		return known, nil
	}
	found, err := h.run(ctx, h.clean, catcher, seed)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.known == nil {
		h.known = map[string][]Break{}
	}
	h.known[name] = found
	return found, err
}

// Bug plants a bug and plays until the harness notices: until a promise is broken that the same run keeps
// without the bug.
func (h *Hunt) Bug(ctx context.Context, b Bug) (Catch, error) {
	out := Catch{Bug: b}
	dir, err := os.MkdirTemp(h.Scratch, "planted-")
	if err != nil {
		return out, fmt.Errorf("make a place for a bug: %w", err)
	}
	defer discard(dir)
	programs := map[bool]string{}
	for _, c := range h.Catchers {
		if c.Alone && !b.below("syncproto/") {
			continue
		}
		if programs[c.Alone] == "" {
			if programs[c.Alone], err = h.build(ctx, b, dir, c.Alone); err != nil {
				return out, err
			}
		}
		if err := h.play(ctx, programs[c.Alone], c, &out); err != nil || out.By != "" {
			return out, err
		}
	}
	return out, nil
}

// play has one catcher look for a bug in a program that has it.
func (h *Hunt) play(ctx context.Context, program string, c Catcher, out *Catch) error {
	begin := time.Now()
	defer func() { out.Took += time.Since(begin) }()
	for seed := 1; seed <= c.Tries; seed++ {
		found, err := h.run(ctx, program, c.Name, seed)
		if err != nil {
			return err
		}
		out.Runs++
		if len(found) == 0 {
			continue
		}
		known, err := h.Clean(ctx, c.Name, seed)
		if err != nil {
			return err
		}
		if fresh := news(found, known); len(fresh) > 0 {
			out.By, out.Seed, out.Break = c.Name, seed, fresh[0]
			return nil
		}
	}
	return nil
}

// news gives what was found of promises that are not known to be broken.
func news(found, known []Break) []Break {
	return slices.DeleteFunc(slices.Clone(found), func(b Break) bool {
		return slices.ContainsFunc(known, func(other Break) bool { return other.Promise == b.Promise })
	})
}

// build builds the harness, or what plays alone, with a bug in the product, and gives the path of the program
// in dir.
func (h *Hunt) build(ctx context.Context, b Bug, dir string, alone bool) (string, error) {
	tag := "all"
	if alone {
		tag = "alone"
	}
	overlay, err := b.overlay(h.Root, dir)
	if err != nil {
		return "", err
	}
	out := filepath.Join(dir, tag+".test")
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-ldflags=-s -w", "-tags", tag, "-overlay", overlay, "-o", out, "./internal/simtest/planted") //nolint:gosec // paths of our own
	cmd.Dir = h.Root
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the harness with %s: %w\n%s", b.Name, err, text)
	}
	return out, nil
}

// run plays one part of the harness with one seed in a process of its own.
func (h *Hunt) run(ctx context.Context, binary, catcher string, seed int) ([]Break, error) {
	dir, err := os.MkdirTemp(filepath.Dir(binary), "run-")
	if err != nil {
		return nil, fmt.Errorf("make a place for a run: %w", err)
	}
	defer discard(dir)
	out := filepath.Join(dir, "broken.json")
	cmd := exec.CommandContext(ctx, binary, "-test.run=^TestCatch$", "-test.timeout="+patience.String()) //nolint:gosec // it was built here
	cmd.Dir = dir
	// Others are hunted meanwhile, and a fleet has hardly ever more than one thing to do at once.
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1", fmt.Sprint(envCatcher, "=", catcher), fmt.Sprint(envSeed, "=", seed), envOut+"="+out, "TMPDIR="+dir)
	said, failed := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	text, err := os.ReadFile(out)
	if errors.Is(err, os.ErrNotExist) && failed != nil {
		return []Break{{"the program goes on", lastWords(said)}}, nil
	}
	var broken []Break
	if err == nil {
		err = json.Unmarshal(text, &broken)
	}
	if err != nil {
		return nil, fmt.Errorf("read what a run of %s with seed %d found: %w\n%s", catcher, seed, err, said)
	}
	return broken, nil
}

// discard removes what is not needed any more; what stays goes with the scratch directory.
func discard(dir string) { _ = os.RemoveAll(dir) }

// lastWords gives the line in which a program says why it ended.
func lastWords(said []byte) string {
	for line := range bytes.Lines(said) {
		text := strings.TrimSpace(string(line))
		if strings.HasPrefix(text, "panic: ") || strings.HasPrefix(text, "fatal error: ") || strings.Contains(text, "_test.go:") {
			return text
		}
	}
	return strings.TrimSpace(string(said))
}
