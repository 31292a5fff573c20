// Package planted plants bugs into the product, one at a time, and has the simulation harness find them.
// It shows that the harness can fail.
//
// A bug is one that a programmer could write, kept as a few lines of a diff under bugs/, with what would
// come of it for people. It is built into the harness's own tests by the overlay of the go tool, and then
// the harness plays until it notices. A bug that it does not notice is a hole in the harness.
//
// It promises that a bug that no longer fits its file fails a test, and is never passed over. It never
// touches the tree: what is changed are copies.
package planted

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed bugs/*.diff
var files embed.FS

// A Bug is a mistake in the product.
type Bug struct {
	// Name is the room in which it is, and what it is.
	Name string
	// Harm is what would come of it for people.
	Harm  string
	Edits []Edit
}

// An Edit is what a bug changes in one place: whole lines, which stand in the file once.
type Edit struct {
	File     string
	Old, New string
}

// Bugs gives all bugs, by room.
func Bugs() ([]Bug, error) {
	names, err := fs.Glob(files, "bugs/*.diff")
	if err != nil {
		return nil, fmt.Errorf("list the planted bugs: %w", err)
	}
	var out []Bug
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read the planted bugs: %w", err)
		}
		bugs, err := parse(strings.TrimSuffix(path.Base(name), ".diff"), string(text))
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		out = append(out, bugs...)
	}
	return out, nil
}

// parse reads the bugs of a room. A line says by how it begins what it is: "== " the name of a bug, "@@ "
// the file of what follows, "-" a line that goes, "+" one that comes, " " one that stays; any other one
// tells the harm.
func parse(room, text string) (out []Bug, err error) {
	var bug *Bug
	var edit *Edit
	for at, line := range strings.Split(text, "\n") {
		name, begins := strings.CutPrefix(line, "== ")
		file, edits := strings.CutPrefix(line, "@@ ")
		switch {
		case begins:
			out = append(out, Bug{Name: room + "/" + name})
			bug, edit = &out[len(out)-1], nil
		case line == "":
		case bug == nil:
			return nil, fmt.Errorf("line %d belongs to no bug", at+1)
		case edits:
			bug.Edits = append(bug.Edits, Edit{File: file})
			edit = &bug.Edits[len(bug.Edits)-1]
		case edit == nil:
			bug.Harm = strings.TrimSpace(bug.Harm + " " + line)
		default:
			if err := edit.add(line); err != nil {
				return nil, fmt.Errorf("line %d: %w", at+1, err)
			}
		}
	}
	return out, nil
}

// add takes a line of a diff in.
func (e *Edit) add(line string) error {
	switch kind, text := line[0], line[1:]+"\n"; kind {
	case '-':
		e.Old += text
	case '+':
		e.New += text
	case ' ':
		e.Old, e.New = e.Old+text, e.New+text
	default:
		return fmt.Errorf("%q is no line of a diff", line)
	}
	return nil
}

// below reports whether any of what a bug changes is in a folder.
func (b Bug) below(folder string) bool {
	return slices.ContainsFunc(b.Edits, func(e Edit) bool { return strings.HasPrefix(e.File, folder) })
}

// in gives the file with the edit made.
func (e Edit) in(text string) (string, error) {
	var found []int
	for at := range text {
		if (at == 0 || text[at-1] == '\n') && strings.HasPrefix(text[at:], e.Old) {
			found = append(found, at)
		}
	}
	if e.Old == "" || len(found) != 1 {
		return "", fmt.Errorf("%s has what is to be replaced %d times, it should be there once:\n%s", e.File, len(found), e.Old)
	}
	return text[:found[0]] + e.New + text[found[0]+len(e.Old):], nil
}

// Plant gives the files that a bug changes, as they are with it, by their paths below root.
func (b Bug) Plant(root string) (map[string]string, error) {
	out := map[string]string{}
	for _, e := range b.Edits {
		text, done := out[e.File]
		if !done {
			original, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(e.File)))
			if err != nil {
				return nil, fmt.Errorf("plant %s: %w", b.Name, err)
			}
			text = string(original)
		}
		text, err := e.in(text)
		if err != nil {
			return nil, fmt.Errorf("plant %s: %w", b.Name, err)
		}
		out[e.File] = text
	}
	return out, nil
}

// overlay writes the changed files and the overlay that names them into dir, and gives its path.
func (b Bug) overlay(root, dir string) (string, error) {
	changed, err := b.Plant(root)
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	for file, text := range changed {
		to := filepath.Join(dir, fmt.Sprint(len(replace), "-", path.Base(file)))
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			return "", fmt.Errorf("plant %s: %w", b.Name, err)
		}
		replace[filepath.Join(root, filepath.FromSlash(file))] = to
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", fmt.Errorf("plant %s: %w", b.Name, err)
	}
	name := filepath.Join(dir, "overlay.json")
	return name, os.WriteFile(name, text, 0o600)
}

// Named gives the bugs of these names, where the name of a room stands for all in it; all, if none is
// named.
func Named(all []Bug, names []string) ([]Bug, error) {
	if len(names) == 0 {
		return all, nil
	}
	var out []Bug
	for _, name := range names {
		before := len(out)
		for _, b := range all {
			if b.Name == name || strings.HasPrefix(b.Name, name+"/") {
				out = append(out, b)
			}
		}
		if len(out) == before {
			return nil, fmt.Errorf("there is no planted bug %q; --list names them", name)
		}
	}
	slices.SortStableFunc(out, func(a, b Bug) int { return cmp.Compare(a.Name, b.Name) })
	return slices.CompactFunc(out, func(a, b Bug) bool { return a.Name == b.Name }), nil
}
