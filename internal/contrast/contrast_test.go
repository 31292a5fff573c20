package contrast_test

import (
	"math"
	"testing"

	"satchel/internal/contrast"
)

// The standard's own ends, and a grey whose ratio to white is often quoted as 4.54.
func TestRatiosAreThoseOfTheStandard(t *testing.T) {
	themes, err := contrast.Themes("a {\n--ink: #000000;\n--paper: #ffffff;\n--ink-soft: #767676;\n}\n@media (prefers-color-scheme: dark) {\n--ink: #ffffff;\n}\n")
	if err != nil {
		t.Fatal(err)
	}
	for front, want := range map[string]float64{"ink": 21, "ink-soft": 4.54, "paper": 1} {
		if got, err := themes["light"].Ratio(front, "paper"); err != nil || math.Abs(got-want) > 0.005 {
			t.Errorf("%s has a contrast of %v, %v; want %v", front, got, err, want)
		}
	}
	if got := themes["light"].Kind("ink"); len(got) != 2 {
		t.Errorf("the inks are %v", got)
	}
	if _, err := themes["dark"].Ratio("ink", "paper"); err == nil {
		t.Error("a colour that there is not has a contrast")
	}
	if _, err := contrast.Themes("a { --ink: #000000; }"); err == nil {
		t.Error("there is a dark theme where there is none")
	}
}
