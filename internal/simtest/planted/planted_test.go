package planted

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
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
	for _, c := range Catchers(1, 1) {
		if play[c.Name] == nil {
			t.Errorf("no test plays %q", c.Name)
		}
		delete(play, c.Name)
	}
	if len(play) > 0 {
		t.Errorf("nobody asks for %v", play)
	}
}

// TestABugIsCaught builds the harness with a bug of the merge, which the cheapest catcher has to notice,
// and without.
func TestABugIsCaught(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the harness twice, and has nothing to race")
	}
	all, err := Bugs()
	if err != nil {
		t.Fatal(err)
	}
	bugs, err := Named(all, []string{"merge/last-to-arrive-shows"})
	if err != nil {
		t.Fatal(err)
	}
	top, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	h := &Hunt{Root: top, Scratch: t.TempDir(), Catchers: []Catcher{{Name: "laws", Tries: 1, Alone: true}}}
	if found, err := h.Clean(t.Context(), "laws", 1); err != nil || len(found) > 0 {
		t.Errorf("without a bug: %v, %v", found, err)
	}
	if got, err := h.Bug(t.Context(), bugs[0]); err != nil || got.By != "laws" {
		t.Errorf("with %s: %+v, %v", bugs[0].Name, got, err)
	}
}

func TestNamed(t *testing.T) {
	all := []Bug{{Name: "a/x"}, {Name: "a/y"}, {Name: "b/x"}}
	got, err := Named(all, []string{"b", "a/x", "b/x"})
	if err != nil || len(got) != 2 || got[0].Name != "a/x" || got[1].Name != "b/x" {
		t.Errorf("found %v, %v", got, err)
	}
	if _, err := Named(all, []string{"a/"}); err == nil {
		t.Error("a name that no bug has was found")
	}
}

func TestKnownBreaksAreNoNews(t *testing.T) {
	known := []Break{{"a", "one"}}
	if got := news([]Break{{"a", "two"}, {"b", "three"}}, known); !slices.Equal(got, []Break{{"b", "three"}}) {
		t.Errorf("news are %v", got)
	}
}
