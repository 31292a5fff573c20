//go:build !alone

package planted

import (
	"testing"

	"satchel/internal/simtest/crash"
	"satchel/internal/simtest/fleet"
	"satchel/internal/simtest/hostile"
)

// whole are the catchers that need the whole product.
var whole = map[string]func(t *testing.T, seed uint64) []Break{
	"fleet": byFleet, "found": byStories, "crash": byImages, "hostile": byInputs, "faults": byFaults,
}

func byFleet(t *testing.T, seed uint64) []Break { return byStory(t, fleet.NewPlan(seed)) }

// byStories plays the story of something that was once broken: which one is the seed's choice.
func byStories(t *testing.T, seed uint64) []Break {
	stories, err := fleet.Found()
	if err != nil {
		t.Fatal(err)
	}
	return byStory(t, stories[(seed-1)%uint64(len(stories))])
}

func byStory(t *testing.T, p fleet.Plan) (out []Break) {
	for _, v := range fleet.Play(t, p, fleet.Setting{Root: t.TempDir()}).Broken {
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
