package planted

import (
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"
)

const root = "../../.."

func TestEveryBugFits(t *testing.T) {
	bugs, err := Bugs()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, b := range bugs {
		if names[b.Name] || !strings.HasSuffix(b.Harm, ".") || len(b.Edits) == 0 {
			t.Errorf("%s has a name that is taken, does not say in a sentence what it would come to, or changes nothing", b.Name)
		}
		names[b.Name] = true
		changed, err := b.Plant(root)
		if err != nil {
			t.Error(err)
		}
		for file, text := range changed {
			checkChanged(t, b, file, text)
		}
	}
	if len(bugs) < 36 {
		t.Errorf("there are %d bugs", len(bugs))
	}
}

func checkChanged(t *testing.T, b Bug, file, text string) {
	t.Helper()
	original, err := os.ReadFile(root + "/" + file)
	if err != nil {
		t.Fatal(err)
	}
	if string(original) == text {
		t.Errorf("%s changes nothing in %s", b.Name, file)
	}
	if _, err := parser.ParseFile(token.NewFileSet(), file, text, 0); err != nil {
		t.Errorf("%s does not parse: %v", b.Name, err)
	}
}

func TestEditsFitOnceOrNotAtAll(t *testing.T) {
	const text = "a {\n\tb()\n}\nb()\nc()\nc()\n"
	for _, e := range []Edit{{Old: "c()\n"}, {Old: "d()\n"}, {Old: "{\n"}, {}} {
		if got, err := e.in(text); err == nil {
			t.Errorf("%q was found, and came to %q", e.Old, got)
		}
	}
	got, err := Edit{Old: "b()\nc()\n", New: "d()\n"}.in(text)
	if want := "a {\n\tb()\n}\nd()\nc()\n"; err != nil || got != want {
		t.Errorf("the edit came to %q, %v; should be %q", got, err, want)
	}
}

func TestParse(t *testing.T) {
	bugs, err := parse("room", "== one\nPeople\nsuffer.\n\n@@ a/b.go\n \tstays\n-\tgoes\n+\tcomes\n\n@@ c.go\n-x\n\n== two\n")
	if err != nil || len(bugs) != 2 {
		t.Fatal(bugs, err)
	}
	want := []Edit{{"a/b.go", "\tstays\n\tgoes\n", "\tstays\n\tcomes\n"}, {"c.go", "x\n", ""}}
	if b := bugs[0]; b.Name != "room/one" || b.Harm != "People suffer." || !slices.Equal(b.Edits, want) {
		t.Errorf("%+v", b)
	}
	for _, text := range []string{"x\n", "== one\n@@ a.go\nx\n"} {
		if bugs, err := parse("room", text); err == nil {
			t.Errorf("%q was read as %+v", text, bugs)
		}
	}
}

func TestEveryCatcherIsPlayed(t *testing.T) {
	play := catchers()
	for _, c := range Catchers(1) {
		if play[c.Name] == nil {
			t.Errorf("no test plays %q", c.Name)
		}
		delete(play, c.Name)
	}
	if len(play) > 0 {
		t.Errorf("nobody asks for %v", play)
	}
}

func TestKnownBreaksAreNoNews(t *testing.T) {
	known := []Break{{"a", "one"}}
	if got := news([]Break{{"a", "two"}, {"b", "three"}}, known); !slices.Equal(got, []Break{{"b", "three"}}) {
		t.Errorf("news are %v", got)
	}
}
