package console

import (
	"html/template"
	"strings"
	"testing"
	"text/template/parse"
	"time"

	"satchel/internal/contrast"
	"satchel/internal/language"
)

// TestEveryTextOfAPageIsThere looks at every text that a page asks for by its whole key. Those whose key is put together are
// looked at by the tests of who puts them together.
func TestEveryTextOfAPageIsThere(t *testing.T) {
	c := New(Config{Now: time.Now, Zone: time.UTC})
	words := c.shown().catalogue.In(language.English)
	seen := 0
	for name, page := range c.shown().pages[language.English] {
		for _, part := range page().Templates() {
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

// TestEveryColourCanBeSeen computes the contrast of all pairs of colours that may meet, by WCAG 2.2, 1.4.3 and 1.4.11.
func TestEveryColourCanBeSeen(t *testing.T) {
	themes, err := contrast.Themes(string(New(Config{}).shown().assets["console.css"].body))
	if err != nil {
		t.Fatal(err)
	}
	for name, theme := range themes {
		pairs := 0
		meet := func(front, back string, least float64) {
			pairs++
			if c, err := theme.Ratio(front, back); err != nil || c < least {
				t.Errorf("%s: %s on %s has a contrast of %.2f, less than %.1f, %v", name, front, back, c, least, err)
			}
		}
		for _, back := range theme.Kind("paper") {
			for _, front := range theme.Kind("ink") {
				meet(front, back, 4.5)
			}
			for _, front := range append(theme.Kind("edge"), theme.Kind("series")...) {
				meet(front, back, 3)
			}
		}
		for _, back := range theme.Kind("solid") {
			meet("on"+strings.TrimPrefix(back, "solid"), back, 4.5)
		}
		if pairs < 80 {
			t.Errorf("%s: %d pairs were computed: the colours are not read", name, pairs)
		}
	}
}
