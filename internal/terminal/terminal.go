// Package terminal reads what people type for the programs of the command line: secrets, answers, tables.
//
// Whoever is asked can always leave with Ctrl-C: a question ends when its context does, and the terminal shows again what
// is typed. The package keeps nothing and never shows a secret.
package terminal

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// A Secret says where a secret comes from: the first line of a file if one is named, or else a variable of the
// environment that is not empty, or else the terminal.
type Secret struct {
	// Name is what it is called in an error, such as "PIN".
	Name string
	File string
	Env  string
	// Prompt asks for it on the terminal.
	Prompt string
	// New has one that is typed typed twice: without it, nobody can open what it locks.
	New bool
}

// Read gives the secret. Without a terminal, where one would be needed, the error says what to do.
func (s Secret) Read(ctx context.Context) (string, error) {
	if s.File != "" {
		text, err := os.ReadFile(s.File)
		if err != nil {
			return "", fmt.Errorf("read the %s: %w", s.Name, err)
		}
		line, _, _ := strings.Cut(string(text), "\n")
		return strings.TrimSuffix(line, "\r"), nil
	}
	if given := os.Getenv(s.Env); given != "" {
		return given, nil
	}
	return s.ask(ctx)
}

func (s Secret) ask(ctx context.Context) (secret string, err error) {
	fd := int(os.Stdin.Fd())
	before, err := term.MakeRaw(fd) // Ctrl-C is a key that ends the input then, and no signal
	if err != nil {
		return "", fmt.Errorf("there is no terminal to type the %s at: give it in a file or in %s; nothing was changed", s.Name, s.Env)
	}
	defer func() { err = errors.Join(err, term.Restore(fd, before)) }()
	screen := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{keys{Input(ctx)}, os.Stderr}, "")
	secret, err = screen.ReadPassword(s.Prompt)
	again := secret
	if err == nil && s.New {
		again, err = screen.ReadPassword("The same again: ")
	}
	switch {
	case err != nil:
		fmt.Fprint(os.Stderr, "\r\n")
		return "", errors.New("interrupted; nothing was changed")
	case again != secret:
		return "", errors.New("the two differ; nothing was changed; start again")
	}
	return secret, nil
}

// keys gives what somebody types: Ctrl-C ends it, wherever it stands, and keys without a letter, such as Esc, are none of
// a secret. The terminal would wait for the rest of what such a key sends, and hear nothing else meanwhile.
type keys struct{ io.Reader }

// Read reads what was typed until now.
func (k keys) Read(p []byte) (int, error) {
	const ctrlC, esc = 3, 27
	for {
		n, err := k.Reader.Read(p)
		switch {
		case bytes.IndexByte(p[:n], ctrlC) >= 0:
			return 0, io.EOF
		case n == 0 || p[0] != esc || err != nil:
			return n, err
		}
	}
}

// Agree asks a question, and fails if the answer is not y.
func Agree(ctx context.Context, question string) error {
	fmt.Fprint(os.Stderr, question, " [y/N] ")
	answer, err := bufio.NewReader(Input(ctx)).ReadString('\n')
	if err != nil || !strings.EqualFold(strings.TrimSpace(answer), "y") {
		return errors.New("you did not say y, so nothing was saved")
	}
	return nil
}

// Input is standard input, until the context ends: whoever waits for it then gets the context's error. What comes after
// that is lost.
func Input(ctx context.Context) io.Reader { return input{ctx, os.Stdin} }

type input struct {
	ctx  context.Context
	from io.Reader
}

// Read reads into a buffer of its own, since a read that nobody waits for any more goes on.
func (in input) Read(p []byte) (int, error) {
	type result struct {
		text []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		buffer := make([]byte, len(p))
		n, err := in.from.Read(buffer)
		done <- result{buffer[:n], err}
	}()
	select {
	case r := <-done:
		return copy(p, r.text), r.err
	case <-in.ctx.Done():
		return 0, context.Cause(in.ctx)
	}
}
