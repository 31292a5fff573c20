package terminal_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/term"

	"satchel/internal/terminal"
)

// at puts a real terminal in the place of standard input and of what prompts go to, and gives the person's side of it.
func at(t *testing.T) *os.File {
	t.Helper()
	person, program, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	in, errs := os.Stdin, os.Stderr
	os.Stdin, os.Stderr = program, program
	t.Cleanup(func() {
		os.Stdin, os.Stderr = in, errs
		_ = program.Close()
		_ = person.Close()
	})
	return person
}

// answer types an answer to each prompt as it appears, and gives what the terminal showed.
func answer(t *testing.T, person *os.File, prompts, answers []string) func() string {
	t.Helper()
	shown := make(chan string, 1)
	go func() {
		var all strings.Builder
		screen := bufio.NewReader(person)
		for i, prompt := range prompts {
			for seen := ""; !strings.HasSuffix(seen, prompt); {
				b, err := screen.ReadByte()
				if err != nil {
					break
				}
				seen += string(b)
				all.WriteByte(b)
			}
			_, _ = io.WriteString(person, answers[i])
		}
		shown <- all.String()
	}()
	return func() string { return <-shown }
}

func TestASecretIsTypedUnseen(t *testing.T) {
	for _, c := range []struct {
		name, first, second, want, problem string
	}{
		{"the same twice", "4711-4711", "4711-4711", "4711-4711", ""},
		{"two that differ", "4711-4711", "4711-4712", "", "the two differ"},
	} {
		t.Run(c.name, func(t *testing.T) {
			shown := answer(t, at(t), []string{"New PIN: ", "again: "}, []string{c.first + "\n", c.second + "\n"})
			got, err := terminal.Secret{Name: "PIN", Env: "NO_SUCH", Prompt: "New PIN: ", New: true}.Read(t.Context())
			if c.problem == "" && (got != c.want || err != nil) || c.problem != "" && (err == nil || !strings.Contains(err.Error(), c.problem)) {
				t.Errorf("the secret is %q, %v", got, err)
			}
			if screen := shown(); strings.Contains(screen, "4711") {
				t.Errorf("the screen shows %q", screen)
			}
		})
	}
}

func TestASecretOfAFileOrTheEnvironment(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pin")
	if err := os.WriteFile(file, []byte("from a file\r\nand more\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("A_SECRET", "from the environment")
	for want, s := range map[string]terminal.Secret{
		"from a file":          {File: file, Env: "A_SECRET"},
		"from the environment": {Env: "A_SECRET"},
	} {
		if got, err := s.Read(t.Context()); got != want || err != nil {
			t.Errorf("the secret is %q, %v; want %q", got, err, want)
		}
	}
}

func TestWithoutATerminalASecretSaysWhatToDo(t *testing.T) {
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer out.Close()
	before := os.Stdin
	defer func() { os.Stdin = before }()
	os.Stdin = in
	if _, err := (terminal.Secret{Name: "PIN", Env: "SATCHEL_PIN_OF_NOBODY"}).Read(t.Context()); err == nil || !strings.Contains(err.Error(), "in a file or in SATCHEL_PIN_OF_NOBODY") {
		t.Errorf("it says %v", err)
	}
}

func TestAQuestionCanBeLeft(t *testing.T) {
	secret := func(ctx context.Context) error {
		_, err := terminal.Secret{Name: "PIN", Env: "NO_SUCH", Prompt: "PIN: "}.Read(ctx)
		return err
	}
	interrupted := func(_ *os.File, end context.CancelFunc) { end() }
	for _, c := range []struct {
		name  string
		ask   func(context.Context) error
		leave func(*os.File, context.CancelFunc)
	}{
		{"a secret", secret, interrupted},
		{"a secret, by the key", secret, func(person *os.File, _ context.CancelFunc) { _, _ = io.WriteString(person, "47\x03") }},
		{"a secret, by the key behind another one", secret, func(person *os.File, _ context.CancelFunc) {
			_, _ = io.WriteString(person, "\x1b")
			_, _ = io.WriteString(person, "4711\x03")
		}},
		{"a question", func(ctx context.Context) error { return terminal.Agree(ctx, "Sure:") }, interrupted},
		{"a table", func(ctx context.Context) error {
			_, _ = io.WriteString(os.Stderr, "waits: ")
			_, err := io.ReadAll(terminal.Input(ctx))
			return err
		}, interrupted},
	} {
		t.Run(c.name, func(t *testing.T) {
			person := at(t)
			before, err := term.GetState(int(os.Stdin.Fd()))
			if err != nil {
				t.Fatal(err)
			}
			ctx, end := context.WithCancel(t.Context())
			defer end()
			go func() {
				_, _ = bufio.NewReader(person).ReadString(' ')
				c.leave(person, end)
			}()
			if err := c.ask(ctx); err == nil {
				t.Error("it was answered")
			}
			after, err := term.GetState(int(os.Stdin.Fd()))
			if err != nil || !reflect.DeepEqual(before, after) {
				t.Errorf("the terminal was left as %v, %v; before it was %v", after, err, before)
			}
			_, _ = io.WriteString(person, "\n") // for whoever still reads
		})
	}
}

func TestOnlyYAgrees(t *testing.T) {
	for typed, agrees := range map[string]bool{"y\n": true, "Y\n": true, "n\n": false, "\n": false, "yes, but\n": false} {
		t.Run(typed, func(t *testing.T) {
			answer(t, at(t), []string{"Deliver? [y/N] "}, []string{typed})
			if err := terminal.Agree(t.Context(), "Deliver?"); (err == nil) != agrees {
				t.Errorf("%q is taken for %v", typed, err)
			}
		})
	}
}
