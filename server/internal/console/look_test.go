package console

import (
	"fmt"
	"html/template"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template/parse"
	"time"

	"satchel/internal/language"
)

// TestEveryTextOfAPageIsThere looks at every text that a page asks for by its whole key. Those whose key is put together are
// looked at by the tests of who puts them together.
func TestEveryTextOfAPageIsThere(t *testing.T) {
	c := New(Config{Now: time.Now, Zone: time.UTC})
	words := c.shown().catalogue.In(language.English)
	seen := 0
	for name, page := range c.shown().pages[language.English] {
		for _, part := range page.Templates() {
			for _, key := range keysIn(part) {
				seen++
				if !words.Has(key) {
					t.Errorf("the page %s asks for %q, which there is not", name, key)
				}
			}
		}
	}
	if seen < 30 {
		t.Errorf("%d texts were seen: the pages are not read", seen)
	}
}

// keysIn finds the texts that a template asks for by their whole key.
func keysIn(part *template.Template) (keys []string) {
	if part.Tree == nil {
		return nil
	}
	var walk func(node parse.Node)
	walk = func(node parse.Node) {
		switch n := node.(type) {
		case *parse.ListNode:
			if n != nil {
				for _, child := range n.Nodes {
					walk(child)
				}
			}
		case *parse.ActionNode:
			walk(n.Pipe)
		case *parse.TemplateNode:
			if n.Pipe != nil {
				walk(n.Pipe)
			}
		case *parse.IfNode:
			walk(n.Pipe)
			walk(n.List)
			walk(n.ElseList)
		case *parse.RangeNode:
			walk(n.Pipe)
			walk(n.List)
			walk(n.ElseList)
		case *parse.WithNode:
			walk(n.Pipe)
			walk(n.List)
			walk(n.ElseList)
		case *parse.PipeNode:
			for _, command := range n.Cmds {
				walk(command)
			}
		case *parse.CommandNode:
			if f, ok := n.Args[0].(*parse.IdentifierNode); ok && f.Ident == "t" && len(n.Args) > 1 {
				if key, ok := n.Args[1].(*parse.StringNode); ok {
					keys = append(keys, key.Text)
				}
			}
			for _, arg := range n.Args {
				walk(arg)
			}
		}
	}
	walk(part.Tree.Root)
	return keys
}

// token is a colour of the style sheet.
var token = regexp.MustCompile(`--([a-z0-9-]+):\s*(#[0-9a-f]{6});`)

// TestEveryColourCanBeSeen computes the contrast of all pairs of colours that may meet, by WCAG 2.2, 1.4.3 and 1.4.11.
func TestEveryColourCanBeSeen(t *testing.T) {
	css := string(New(Config{}).shown().assets["console.css"].body)
	light, dark, found := strings.Cut(css, "@media (prefers-color-scheme: dark)")
	if !found {
		t.Fatal("there is no dark theme")
	}
	dark, _, _ = strings.Cut(dark, "\n}\n")
	light, _, _ = strings.Cut(light, "\n}\n")
	for theme, part := range map[string]string{"light": light, "dark": dark} {
		colours := map[string]string{}
		for _, match := range token.FindAllStringSubmatch(part, -1) {
			colours[match[1]] = match[2]
		}
		pairs := 0
		meet := func(front, back string, least float64) {
			pairs++
			if c := contrast(t, colours[front], colours[back]); c < least {
				t.Errorf("%s: %s on %s has a contrast of %.2f, less than %.1f", theme, front, back, c, least)
			}
		}
		for _, back := range named(colours, "paper") {
			for _, front := range named(colours, "ink") {
				meet(front, back, 4.5)
			}
			for _, front := range append(named(colours, "edge"), named(colours, "series")...) {
				meet(front, back, 3)
			}
		}
		for _, back := range named(colours, "solid") {
			meet("on"+strings.TrimPrefix(back, "solid"), back, 4.5)
		}
		if pairs < 80 {
			t.Errorf("%s: %d pairs were computed: the colours are not read", theme, pairs)
		}
	}
}

// named gives the colours of a kind.
func named(colours map[string]string, kind string) (names []string) {
	for name := range colours {
		if first, _, _ := strings.Cut(name, "-"); first == kind {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// contrast is the ratio of two colours by WCAG 2.2: (brighter + 0.05) / (darker + 0.05).
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// luminance is relative luminance as WCAG 2.2 defines it.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	if len(colour) != 7 {
		t.Fatalf("%q is no colour", colour)
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(fmt.Errorf("read the colour %s: %w", colour, err))
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
