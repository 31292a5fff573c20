package fieldapp_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"

	"satchel/fieldapp"
	"satchel/internal/contrast"
)

// maxDownload is the most that the first download of the app may come to, compressed: minutes on the link of a village.
const maxDownload = 500_000

// What the service worker keeps is all there, is compressed as it says, and is small enough to be fetched on a slow link.
func TestTheAppIsWholeAndSmall(t *testing.T) {
	worker := open(t, "sw.js")
	total, words := len(worker.Brotli), 0
	for _, found := range regexp.MustCompile(`"((?:assets/)?[\w.-]+\.[a-z0-9]+)"`).FindAllStringSubmatch(string(worker.Content), -1) {
		file := open(t, found[1])
		if file.Immutable != strings.HasPrefix(found[1], "assets/") || file.Type == "" {
			t.Errorf("%s has the type %q; is to be kept for ever: %v", found[1], file.Type, file.Immutable)
		}
		packed := file.Content
		if file.Brotli != nil {
			packed = file.Brotli
			plain, err := io.ReadAll(brotli.NewReader(bytes.NewReader(packed)))
			if err != nil || !bytes.Equal(plain, file.Content) {
				t.Errorf("%s is something else once it was compressed, %v", found[1], err)
			}
		}
		if strings.Contains(found[1], "/words-") { // of which one language comes first
			words = max(words, len(packed))
			continue
		}
		total += len(packed)
	}
	total += words
	if total < 300<<10 || total > maxDownload {
		t.Errorf("the first download is %d bytes, where %d is the most", total, maxDownload)
	}
	t.Logf("the first download is %d bytes", total)
}

func TestThereIsNothingElse(t *testing.T) {
	for _, name := range []string{"nothing.js", "../fieldapp.go", "assets", "assets/", "/index.html", "index.html.br", "."} {
		if _, err := fieldapp.Open(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestEveryColourCanBeReadInSunlight computes the contrast of all pairs of colours that may meet: of texts by WCAG 2.2, 1.4.6,
// which asks for more than the least.
func TestEveryColourCanBeReadInSunlight(t *testing.T) {
	css, err := os.ReadFile("src/ui/styles/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	themes, err := contrast.Themes(string(css))
	if err != nil {
		t.Fatal(err)
	}
	for name, theme := range themes {
		meet := func(front, back string, least float64) {
			if c, err := theme.Ratio(front, back); err != nil || c < least {
				t.Errorf("%s: %s on %s has a contrast of %.2f, less than %.1f, %v", name, front, back, c, least, err)
			}
		}
		for _, back := range theme.Kind("paper") {
			for _, front := range theme.Kind("ink") {
				meet(front, back, 7)
			}
			meet("edge", back, 4.5)
			meet("focus", back, 3)
		}
		for _, back := range theme.Kind("solid") {
			meet("on"+strings.TrimPrefix(back, "solid"), back, 4.5)
		}
	}
}

func open(t *testing.T, name string) fieldapp.File {
	t.Helper()
	file, err := fieldapp.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return file
}
