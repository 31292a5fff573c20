package fieldapp_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"satchel/fieldapp/bundle"
)

// node gives the program that runs JavaScript.
func node(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("node")
	if err != nil {
		if os.Getenv("SATCHEL_CI") != "" {
			t.Fatal("there is no Node.js, and CI tests with it: ", err)
		}
		t.Skip("there is no Node.js to run the tests of the field app: install nodejs, version 18 or later")
	}
	return path
}

// The tests in test/*.test.ts pass.
func TestTypeScript(t *testing.T) {
	t.Parallel()
	program, dir := node(t), t.TempDir()
	if err := bundle.Node(".", "test/*.test.ts", dir); err != nil {
		t.Fatal(err)
	}
	tests, err := filepath.Glob(filepath.Join(dir, "*.mjs"))
	if err != nil || len(tests) == 0 {
		t.Fatal("there are no tests", err)
	}
	out, err := exec.CommandContext(t.Context(), program, append([]string{"--test"}, tests...)...).CombinedOutput()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		t.Fatalf("%s", out)
	}
	if err != nil {
		t.Fatal(err)
	}
}
