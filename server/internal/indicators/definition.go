package indicators

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"satchel/syncproto"
)

// A Definition says what an indicator counts. It is the JSON object in the field "definition" of a record of
// indicators, and means the same wherever it is read.
//
// A path names a value by the fields that lead to it: "quantity", "household.status", "answers.rooms". A reference to
// a duplicate that was merged leads to the record that was kept, one to a deleted record leads nowhere.
type Definition struct {
	// Of is the collection whose records are counted. A deleted record is not, nor is a delivery that was cancelled.
	Of string `json:"of"`
	// Distinct is the path of a household or a person: each is counted once, however many records lead to it. It is
	// "id" where the records themselves are households or people.
	Distinct string `json:"distinct,omitempty"`
	// Sum is the path of a number that is summed. Without it and Distinct the records are counted. An answer that is no number
	// below 10^15 adds nothing.
	Sum string `json:"sum,omitempty"`
	// Where has what has to hold, by path.
	Where map[string]Condition `json:"where,omitempty"`
	// On names what tells when it happened: the latest of these that are set to a day. A record without any is not
	// counted. If it is empty, it is what the collection has for that.
	On []string `json:"on,omitempty"`
	// Institution narrows it to the projects that are monitored for one, and is where reports list it.
	Institution string `json:"institution,omitempty"`
	// Unit is what the figure counts, in a word.
	Unit string `json:"unit,omitempty"`
	// Estimate marks what is only estimated; reports cut it as [Reported] says.
	Estimate bool `json:"estimate,omitempty"`
	// Ages are the first years of the age bands, from 0 up; [DefaultAges] if there are none.
	Ages []int `json:"ages,omitempty"`
}

// DefaultAges begin the age bands that UNHCR reports by: 0–4, 5–11, 12–17, 18–59, 60 and over.
func DefaultAges() []int { return []int{0, 5, 12, 18, 60} }

// A Condition is what has to hold of a value. In JSON it is a value that it has to be, null for none; a list of which
// it has to be one; or an object: {"not": a value or list}, {"from": least, "until": most}, either of which may be
// left out. A range of numbers holds of numbers only, one of texts or days of texts only. A moment is compared by its day.
type Condition struct {
	// Any are the values that it has to be, or with Not must not be.
	Any []syncproto.Value
	Not bool
	// From and Until are the least and the most, "" for no bound.
	From, Until syncproto.Value
}

// UnmarshalJSON reads one of the forms.
func (c *Condition) UnmarshalJSON(text []byte) error {
	if text[0] != '{' {
		list, err := readAny(text)
		c.Any = list
		return err
	}
	var form struct {
		Not         json.RawMessage `json:"not"`
		From, Until syncproto.Value
	}
	if err := strictly(text, &form); err != nil {
		return err
	}
	for _, bound := range []*syncproto.Value{&form.From, &form.Until} {
		if bound.IsNull() {
			*bound = ""
		}
	}
	ranged := form.From != "" || form.Until != ""
	if (form.Not != nil) == ranged {
		return errors.New(`a condition that is an object has either "not" or "from" and "until"`)
	}
	c.From, c.Until, c.Not = form.From, form.Until, form.Not != nil
	if ranged {
		return nil
	}
	var err error
	c.Any, err = readAny(form.Not)
	return err
}

// readAny reads a value, or a list of such.
func readAny(text []byte) ([]syncproto.Value, error) {
	list := []json.RawMessage{text}
	if text[0] == '[' {
		if err := json.Unmarshal(text, &list); err != nil {
			return nil, err
		}
	}
	out := make([]syncproto.Value, len(list))
	for i, one := range list {
		value, err := syncproto.Canonical(one)
		if err != nil {
			return nil, err
		}
		if out[i] = value; value[0] == '{' || value[0] == '[' {
			return nil, errors.New("a condition compares with texts, numbers, true, false and null")
		}
	}
	return out, nil
}

// MarshalJSON writes the form that it was read from.
func (c Condition) MarshalJSON() ([]byte, error) {
	switch {
	case c.From != "" || c.Until != "":
		return json.Marshal(struct {
			From  syncproto.Value `json:"from,omitempty"`
			Until syncproto.Value `json:"until,omitempty"`
		}{c.From, c.Until})
	case c.Not:
		return json.Marshal(map[string][]syncproto.Value{"not": c.Any})
	}
	return json.Marshal(c.Any)
}

// holds reports whether it does of a value.
func (c Condition) holds(v syncproto.Value) bool {
	if c.From != "" || c.Until != "" {
		return (c.From == "" || inOrder(c.From, v)) && (c.Until == "" || inOrder(v, c.Until))
	}
	if v == "" {
		v = syncproto.Null
	}
	return slices.Contains(c.Any, v) != c.Not
}

// inOrder reports whether a is at most b: of two numbers by size, of two texts as dates are. No others have an order.
func inOrder(a, b syncproto.Value) bool {
	x, errX := strconv.ParseFloat(string(a), 64)
	y, errY := strconv.ParseFloat(string(b), 64)
	if errX == nil && errY == nil {
		return x <= y
	}
	return isText(a) && isText(b) && a.Text() <= b.Text()
}

func isText(v syncproto.Value) bool { return strings.HasPrefix(string(v), `"`) }

// Parse reads a definition and checks it against the collections. The error says what is wrong, for whoever wrote it.
func Parse(text syncproto.Value) (Definition, error) {
	p, err := parse(text, needs{})
	return p.Definition, err
}

// SharesBy reports whether what a definition counts can be shared out by a dimension.
func SharesBy(text syncproto.Value, dimension string) bool {
	p, err := parse(text, needs{})
	if err == nil {
		_, err = p.dimension(dimension)
	}
	return err == nil
}

// parse reads a definition and finds its paths.
func parse(text syncproto.Value, n needs) (plan, error) {
	p := plan{needs: n, through: map[string]bool{}}
	if text.IsNull() {
		return p, errors.New("it has no definition")
	}
	if err := strictly([]byte(text), &p.Definition); err != nil {
		return p, err
	}
	return p, p.compile()
}

// strictly decodes an object of which every name is known.
func strictly(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("it is not understood: %w", err)
	}
	return nil
}

// String says in words what the definition counts.
func (d Definition) String() string {
	what := "the number of " + d.Of
	switch {
	case d.Distinct == ownID:
		what = "each of " + d.Of + " once"
	case d.Distinct != "":
		what = "each " + d.Distinct + " of " + d.Of + " once"
	case d.Sum != "":
		what = "the sum of " + d.Sum + " of " + d.Of
	}
	var where []string
	for _, path := range slices.Sorted(maps.Keys(d.Where)) {
		where = append(where, path+" "+d.Where[path].String())
	}
	if d.Institution != "" {
		where = append(where, "the project is one of "+d.Institution)
	}
	if len(where) > 0 {
		what += ", where " + strings.Join(where, " and ")
	}
	if len(d.On) > 0 {
		what += ", on the latest of " + strings.Join(d.On, ", ")
	}
	return what
}

// String says in words what has to hold.
func (c Condition) String() string {
	if c.From != "" || c.Until != "" {
		var out []string
		if c.From != "" {
			out = append(out, "from "+label(c.From))
		}
		if c.Until != "" {
			out = append(out, "up to "+label(c.Until))
		}
		return "is " + strings.Join(out, " ")
	}
	var list []string
	for _, v := range c.Any {
		if v.IsNull() {
			list = append(list, "empty")
		} else {
			list = append(list, label(v))
		}
	}
	return map[bool]string{false: "is ", true: "is not "}[c.Not] + strings.Join(list, " or ")
}
