//go:build linux && amd64

package kill

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// TestABlowHitsTheCallThatItIsMeantFor has a shell write three lines, of which the second is hit.
func TestABlowHitsTheCallThatItIsMeantFor(t *testing.T) {
	second := func(dealt fate) *blow {
		onWrites := func(c Call) fate {
			if c != (Call{"write", "lines"}) {
				return fate{}
			}
			return dealt
		}
		return &blow{at: 2, deal: onWrites}
	}
	for what, try := range map[string]struct {
		blow *blow
		want string
	}{
		"killed":       {second(fate{kill: true}), "1\n"},
		"out of space": {second(fate{fail: syscall.ENOSPC}), "1\n3\n"},
		"left alone":   {second(fate{}), "1\n2\n3\n"},
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "lines")
			shell := exec.CommandContext(t.Context(), "sh", "-c", "for i in 1 2 3; do echo $i; done >"+file)
			ended, err := trace(shell, dir, try.blow.ask)
			if err != nil {
				t.Fatal(err)
			}
			status := <-ended
			if killed := status.Signaled() && status.Signal() == syscall.SIGKILL; killed != try.blow.dealt.kill {
				t.Errorf("the shell %s", how(status))
			}
			text, err := os.ReadFile(file)
			if err != nil || string(text) != try.want {
				t.Errorf("the file has %q, %v; want %q", text, err, try.want)
			}
		})
	}
}
