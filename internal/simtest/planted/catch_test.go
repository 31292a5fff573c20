package planted

import (
	"encoding/json"
	"os"
	"strconv"
	"testing"

	"satchel/internal/simtest/crash"
	"satchel/internal/simtest/fleet"
	"satchel/internal/simtest/hostile"
	"satchel/internal/simtest/laws"
)

// catchers play a part of the harness with a seed, and give which promises were broken.
func catchers() map[string]func(t *testing.T, seed uint64) []Break {
	return map[string]func(*testing.T, uint64) []Break{
		"laws": byLaws, "fleet": byFleet, "crash": byImages, "hostile": byInputs, "faults": byFaults,
	}
}

// histories is how many the laws are held to at once: a second's worth.
const histories = 20_000

func byLaws(t *testing.T, seed uint64) []Break {
	_, err := laws.Check(t.Context(), seed, histories)
	return broken("the merge keeps its laws", err)
}

func byFleet(t *testing.T, seed uint64) (out []Break) {
	for _, v := range fleet.Play(t, fleet.NewPlan(seed), t.TempDir()).Broken {
		out = append(out, Break{v.Promise, v.What})
	}
	return out
}

// images is how many images are taken at once: some of every script.
const images = 150

func byImages(t *testing.T, seed uint64) []Break {
	_, err := crash.Images(t.Context(), crash.Plan{Seed: seed, Images: images, Scratch: t.TempDir()})
	return broken("a power cut takes nothing that was promised", err)
}

// inputs is how many bad inputs are sent.
const inputs = 2000

func byInputs(t *testing.T, seed uint64) []Break {
	_, err := hostile.Inputs(t.Context(), seed, inputs, nil)
	return broken("bad input changes nothing and learns nothing", err)
}

// every is which operation of a script fails: all of them would take a minute.
const every = 20

// byFaults plays one script: which of them is the seed's choice.
func byFaults(t *testing.T, seed uint64) []Break {
	script := []int{1, 5, 8}[seed%3]
	_, err := crash.Failing(t.Context(), crash.Plan{Seed: seed, Scripts: []int{script}, Every: every, Scratch: t.TempDir()})
	return broken("a failing disk takes nothing that was promised", err)
}

func broken(promise string, err error) []Break {
	if err == nil {
		return nil
	}
	return []Break{{promise, err.Error()}}
}

// TestCatch is what a [Hunt] runs.
func TestCatch(t *testing.T) {
	play := catchers()[os.Getenv(envCatcher)]
	if play == nil {
		t.Skip("plays one run for cmd/planted")
	}
	seed, err := strconv.ParseUint(os.Getenv(envSeed), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(play(t, seed))
	if err == nil {
		err = os.WriteFile(os.Getenv(envOut), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
