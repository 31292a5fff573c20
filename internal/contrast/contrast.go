// Package contrast computes how well the colours of a style sheet can be told apart, by WCAG 2.2, for tests of what people
// look at. It promises the ratio as the standard defines it; it never looks at which colours do meet on a page.
package contrast

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Theme is the colours of a style sheet, as #rrggbb, by the names of their tokens without the hyphens before them.
type Theme map[string]string

var token = regexp.MustCompile(`--([a-z0-9-]+):\s*(#[0-9a-f]{6});`)

// Themes reads the colours of a style sheet's light and dark theme. It fails if there is none of either.
func Themes(css string) (map[string]Theme, error) {
	light, dark, _ := strings.Cut(css, "@media (prefers-color-scheme: dark)")
	out := map[string]Theme{}
	for name, part := range map[string]string{"light": light, "dark": dark} {
		part, _, _ = strings.Cut(part, "\n}\n")
		theme := Theme{}
		for _, match := range token.FindAllStringSubmatch(part, -1) {
			theme[match[1]] = match[2]
		}
		if len(theme) == 0 {
			return nil, fmt.Errorf("there is no %s theme", name)
		}
		out[name] = theme
	}
	return out, nil
}

// Kind gives the tokens of a kind, in order: of "ink" those called ink and ink-….
func (t Theme) Kind(kind string) (names []string) {
	for name := range t {
		if first, _, _ := strings.Cut(name, "-"); first == kind {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Ratio is the contrast of two tokens: (brighter + 0.05) / (darker + 0.05), from 1 to 21.
func (t Theme) Ratio(a, b string) (float64, error) {
	x, err := luminance(t[a])
	if err != nil {
		return 0, fmt.Errorf("token %q: %w", a, err)
	}
	y, err := luminance(t[b])
	if err != nil {
		return 0, fmt.Errorf("token %q: %w", b, err)
	}
	return (max(x, y) + 0.05) / (min(x, y) + 0.05), nil
}

// luminance is the relative luminance of a colour, from 0 to 1.
func luminance(colour string) (sum float64, err error) {
	if len(colour) != 7 {
		return 0, fmt.Errorf("%q is no colour", colour)
	}
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			return 0, fmt.Errorf("read the colour %s: %w", colour, err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum, nil
}
