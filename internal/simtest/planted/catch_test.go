package planted

import (
	"encoding/json"
	"maps"
	"os"
	"strconv"
	"testing"

	"satchel/internal/simtest/laws"
)

// catchers play a part of the harness with a seed, and give which promises were broken. The laws need so
// little of the product that they can be built alone.
func catchers() map[string]func(t *testing.T, seed uint64) []Break {
	out := maps.Clone(whole)
	out["laws"] = byLaws
	return out
}

// histories is how many the laws are held to at once: a second's worth.
const histories = 20_000

func byLaws(t *testing.T, seed uint64) []Break {
	_, err := laws.Check(t.Context(), seed, histories)
	return broken("the merge keeps its laws", err)
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
