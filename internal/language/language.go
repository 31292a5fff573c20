// Package language says things to people in their language: texts with plural forms, numbers and dates, from catalogues
// in files.
//
// It promises that every language has every text, so that nobody meets a page in two languages: [Load] fails otherwise.
// Serbian in Cyrillic script is made from Serbian in Latin script, but for what its own files say otherwise. It never
// makes markup: what it gives is text, to be escaped by whoever shows it.
package language

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// The languages, as BCP 47 tags. The first is the one that texts are written in, and that is spoken with whoever wants none of them.
const (
	English         = "en"
	SerbianLatin    = "sr-Latn"
	SerbianCyrillic = "sr-Cyrl"
	Albanian        = "sq"
	Arabic          = "ar" // of the field app alone
)

// Tags gives the languages of the office, in the order in which people are offered them.
func Tags() []string { return []string{English, SerbianLatin, SerbianCyrillic, Albanian} }

// forms are the plural forms that a text of a language needs beside "other", which all need; see CLDR's plural rules.
func forms(tag string) []string {
	switch tag {
	case SerbianLatin, SerbianCyrillic:
		return []string{"one", "few"}
	case Arabic:
		return []string{"zero", "one", "two", "few", "many"}
	default:
		return []string{"one"}
	}
}

// A text is what a key stands for: one text, or one for each plural form.
type text struct {
	plain  string
	plural map[string]string
}

// UnmarshalJSON reads a string, or an object of plural forms.
func (t *text) UnmarshalJSON(raw []byte) error {
	if raw[0] == '"' {
		return json.Unmarshal(raw, &t.plain)
	}
	return json.Unmarshal(raw, &t.plural)
}

// each gives every variant of a text, by its form; that of a plain one is "".
func (t text) each() map[string]string {
	if t.plural != nil {
		return t.plural
	}
	return map[string]string{"": t.plain}
}

// A Catalogue is all texts in all languages.
type Catalogue struct {
	texts   map[string]map[string]text
	matcher language.Matcher
	// matched are the languages that the matcher gives the places of.
	matched []string
}

// neighbours are languages whose readers also read one of ours.
var neighbours = [][2]string{{"bs", SerbianLatin}, {"hr", SerbianLatin}, {"sr-Latn-ME", SerbianLatin}}

// contract is what collections, fields and choices are called, in all languages.
//
//go:embed words
var contract embed.FS

// Load reads the office's catalogues, in all of [Tags], as [Read] does. They have what [Words.Day] and its like say, too.
func Load(files fs.FS) (*Catalogue, error) {
	c, err := Read(files, Tags()...)
	if c == nil {
		return nil, err
	}
	for _, key := range own() {
		if !c.In(English).Has(key) {
			err = errors.Join(fmt.Errorf("%s: %s: is missing", English, key), err)
		}
	}
	return c, err
}

// Read reads the catalogues TAG/NAME.json below a folder, of some languages, English among them. The keys of a file are known
// by NAME.KEY. Beside them the catalogue has what collections, fields and choices are called.
func Read(files fs.FS, tags ...string) (*Catalogue, error) {
	c := &Catalogue{texts: map[string]map[string]text{}}
	var asked []language.Tag
	for _, tag := range tags {
		texts, err := read(files, tag)
		if err != nil {
			return nil, err
		}
		c.texts[tag] = texts
		asked, c.matched = append(asked, language.MustParse(tag)), append(c.matched, tag)
	}
	for _, n := range neighbours {
		asked, c.matched = append(asked, language.MustParse(n[0])), append(c.matched, n[1])
	}
	if own, wanted := c.texts[SerbianCyrillic]; wanted {
		cyrillic := inCyrillic(c.texts[SerbianLatin])
		maps.Copy(cyrillic, own)
		c.texts[SerbianCyrillic] = cyrillic
	}
	c.matcher = language.NewMatcher(asked)
	return c, c.check()
}

// read reads the catalogues of a language, and those of the contract.
func read(files fs.FS, tag string) (map[string]text, error) {
	out, err := readFiles(files, tag)
	if err != nil {
		return nil, err
	}
	ours, err := fs.Sub(contract, "words")
	if err != nil {
		return nil, err
	}
	named, err := readFiles(ours, tag)
	maps.Copy(out, named)
	return out, err
}

func readFiles(files fs.FS, tag string) (map[string]text, error) {
	names, err := fs.Glob(files, tag+"/*.json")
	if err != nil {
		return nil, err
	}
	out := map[string]text{}
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		var texts map[string]text
		if err := json.Unmarshal(raw, &texts); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		for key, t := range texts {
			out[strings.TrimSuffix(path.Base(name), ".json")+"."+key] = t
		}
	}
	return out, nil
}

// placeholder is where a text takes a value, such as {count}.
var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

// check finds what one language has and another has not: keys, plural forms, places for values.
func (c *Catalogue) check() error {
	var faults []error
	fault := func(tag, key, what string) { faults = append(faults, fmt.Errorf("%s: %s: %s", tag, key, what)) }
	for tag := range c.texts {
		for key, t := range c.texts[tag] {
			model, known := c.texts[English][key]
			if !known {
				fault(tag, key, "is not in "+English)
				continue
			}
			if (t.plural == nil) != (model.plural == nil) {
				fault(tag, key, "one language counts and the other does not")
				continue
			}
			for form, variant := range t.each() {
				if strings.TrimSpace(variant) == "" {
					fault(tag, key, "says nothing")
				}
				if want := places(model.each()["other"] + model.plain); !slices.Equal(places(variant), want) && !slices.Contains([]string{"zero", "one", "two"}, form) {
					fault(tag, key, fmt.Sprintf("takes other values than %v", want))
				}
			}
			for _, form := range append(forms(tag), "other") {
				if t.plural != nil && t.plural[form] == "" {
					fault(tag, key, "lacks the form "+form)
				}
			}
		}
		for key := range c.texts[English] {
			if _, has := c.texts[tag][key]; !has {
				fault(tag, key, "is missing")
			}
		}
	}
	slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(faults...)
}

// places gives the names of the values that a text takes, each once.
func places(variant string) []string {
	found := placeholder.FindAllString(variant, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// Match gives the language that fits best what somebody asked for: tags, or lists of them such as a browser sends, the first that
// is one of ours before all others.
func (c *Catalogue) Match(asked ...string) Words {
	_, at := language.MatchStrings(c.matcher, asked...)
	return c.In(c.matched[at])
}

// In gives the texts of one of [Tags].
func (c *Catalogue) In(tag string) Words { return Words{tag, c.texts[tag]} }

// Words are the texts of one language.
type Words struct {
	tag   string
	texts map[string]text
}

// MarshalJSON writes all texts by key: each a string, or an object of its plural forms.
func (w Words) MarshalJSON() ([]byte, error) {
	out := map[string]any{}
	for key, t := range w.texts {
		out[key] = t.plain
		if t.plural != nil {
			out[key] = t.plural
		}
	}
	return json.Marshal(out)
}

// Keys gives the keys of all texts, in order.
func (w Words) Keys() []string { return slices.Sorted(maps.Keys(w.texts)) }

// Tag gives the language's tag.
func (w Words) Tag() string { return w.tag }

// Text gives the text of a key. values are names and what stands in their place, in turn: Text("tablets.unsent", "count",
// 3). The value of count, an integer, also chooses the plural form. It fails for a key that there is not.
func (w Words) Text(key string, values ...any) (string, error) {
	t, known := w.texts[key]
	if !known {
		return "", fmt.Errorf("there is no text %q", key)
	}
	out := t.plain
	if t.plural != nil {
		form, err := w.form(values)
		if err != nil {
			return "", fmt.Errorf("text %q: %w", key, err)
		}
		out = t.plural[form]
	}
	var pairs []string
	for i := 0; i+1 < len(values); i += 2 {
		pairs = append(pairs, fmt.Sprintf("{%v}", values[i]), w.said(values[i+1]))
	}
	return strings.NewReplacer(pairs...).Replace(out), nil
}

// Has reports whether there is a text of that key.
func (w Words) Has(key string) bool {
	_, known := w.texts[key]
	return known
}

// said gives a value as it stands in a text: numbers as the language writes them.
func (w Words) said(value any) string {
	switch n := value.(type) {
	case int:
		return w.Number(float64(n))
	case int64:
		return w.Number(float64(n))
	case float64:
		return w.Number(n)
	}
	return fmt.Sprint(value)
}

// form gives the plural form that a count takes.
func (w Words) form(values []any) (string, error) {
	for i := 0; i+1 < len(values); i += 2 {
		if values[i] != "count" {
			continue
		}
		switch n := values[i+1].(type) {
		case int:
			return w.formOf(int64(n)), nil
		case int64:
			return w.formOf(n), nil
		}
		return "", fmt.Errorf("count is a %T and no integer", values[i+1])
	}
	return "", errors.New("it counts, and no count is given")
}

func (w Words) formOf(n int64) string {
	if n < 0 {
		n = -n
	}
	// Only the last digits matter to the rules.
	if n >= 1_000_000 {
		n = 1_000_000 + n%1_000_000
	}
	switch plural.Cardinal.MatchPlural(language.MustParse(w.tag), int(n), 0, 0, 0, 0) {
	case plural.One:
		return "one"
	case plural.Few:
		return "few"
	default:
		return "other"
	}
}
