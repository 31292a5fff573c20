package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheWalkOfTheReadmeWorks pastes the README's walk, line by line, into a shell: at its end the
// decision is on both devices.
func TestTheWalkOfTheReadmeWorks(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		if os.Getenv("SATCHEL_CI") != "" {
			t.Fatal(err)
		}
		t.Skip("there is no bash to paste the README's lines into")
	}
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	walk := shellLines(string(readme), "## Ten minutes", "## How it keeps")
	if !strings.Contains(walk, "conflict settle") {
		t.Fatal("the README has no walk to a settled conflict")
	}
	dir := t.TempDir()
	walk = strings.ReplaceAll(walk, "walk/", dir+"/")
	walk = strings.ReplaceAll(walk, "go build -o bin/", "go build -o "+dir+"/bin/")
	walk = strings.ReplaceAll(walk, "$PWD/bin", dir+"/bin")
	address := freeAddress(t)
	walk = strings.ReplaceAll(walk, "satchel serve ", "satchel serve --listen "+address+" ")
	walk = strings.ReplaceAll(walk, "127.0.0.1:8080", address)
	// set -e: a line that fails fails the walk; the server is stopped either way.
	script := "set -e\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n" + walk
	shell := exec.CommandContext(t.Context(), bash, "-c", script)
	shell.Dir = filepath.Join("..", "..")
	out, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("the walk stopped: %v\n%s", err, out)
	}
	for _, want := range []string{"somebody else wrote 060 000 333", "phone        060 000 444", "Main street 5", "The roof leaks.", "settles a conflict", "2 delivered, limit 1", "No review is open.", "houses delivered", "Wrote and checked"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the walk never said %q:\n%s", want, out)
		}
	}
}

var shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

// shellLines joins the shell blocks of a part of a page.
func shellLines(page, from, to string) string {
	_, part, _ := strings.Cut(page, from)
	part, _, _ = strings.Cut(part, to)
	var out strings.Builder
	for _, block := range shellBlock.FindAllStringSubmatch(part, -1) {
		out.WriteString(block[1])
	}
	return out.String()
}

// freeAddress gives an address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
