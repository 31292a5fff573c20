package feeds

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// The bounds of a $filter.
const (
	maxFilterBytes = 8 << 10
	maxFilterDepth = 20
)

// A filterParser reads a $filter: comparisons of a property with a literal, put together with and, or, not and
// parentheses. It is the grammar of OData's ABNF with everything else left out.
type filterParser struct {
	view  View
	words []string
	at    int
	depth int
}

// word finds the next word of a filter: a text in quotes, a sign, or what stands between such.
var word = regexp.MustCompile(`^\s*('(?:[^']|'')*'|[(),]|[^\s'(),]+)`)

func parseFilter(v View, text string) (store.Test, error) {
	p := filterParser{view: v}
	if len(text) > maxFilterBytes || strings.ContainsRune(text, 0) || strings.ToValidUTF8(text, "") != text {
		return store.Test{}, refuse("The $filter is longer than %d bytes, or is no text.", maxFilterBytes)
	}
	for rest := text; strings.TrimSpace(rest) != ""; {
		found := word.FindStringSubmatch(rest)
		if found == nil {
			return store.Test{}, refuse("A text of the $filter lacks the quote at its end.")
		}
		p.words, rest = append(p.words, found[1]), rest[len(found[0]):]
	}
	test, err := p.either()
	if err == nil && p.at < len(p.words) {
		err = p.unexpected()
	}
	return test, err
}

// next gives the word that comes next, "" at the end.
func (p *filterParser) next() string {
	if p.at < len(p.words) {
		return p.words[p.at]
	}
	return ""
}

// take goes on behind the next word if it is that one.
func (p *filterParser) take(word string) bool {
	if p.next() != word {
		return false
	}
	p.at++
	return true
}

func (p *filterParser) unexpected() error {
	if p.at >= len(p.words) {
		return refuse("The $filter ends too early.")
	}
	return refuse("The $filter has something unexpected as its word number %d.", p.at+1)
}

func (p *filterParser) either() (store.Test, error) { return p.joined("or", p.both) }

func (p *filterParser) both() (store.Test, error) { return p.joined("and", p.single) }

// joined reads parts with an operator between them.
func (p *filterParser) joined(op string, part func() (store.Test, error)) (store.Test, error) {
	out := store.Test{Op: op}
	for {
		test, err := part()
		if err != nil {
			return test, err
		}
		out.Of = append(out.Of, test)
		if !p.take(op) {
			break
		}
	}
	if len(out.Of) == 1 {
		return out.Of[0], nil
	}
	return out, nil
}

// single reads a comparison, or what stands in parentheses or behind not.
func (p *filterParser) single() (store.Test, error) {
	if p.depth++; p.depth > maxFilterDepth {
		return store.Test{}, refuse("The $filter has more than %d levels.", maxFilterDepth)
	}
	defer func() { p.depth-- }()
	switch {
	case p.take("not"):
		test, err := p.single()
		return store.Test{Op: "not", Of: []store.Test{test}}, err
	case p.take("("):
		test, err := p.either()
		if err == nil && !p.take(")") {
			err = p.unexpected()
		}
		return test, err
	}
	return p.comparison()
}

var arithmetic = []string{"add", "sub", "mul", "div", "divby", "mod", "has", "in"}

// comparison reads a property, an operator and a literal.
func (p *filterParser) comparison() (test store.Test, err error) {
	name := p.next()
	if p.at+1 < len(p.words) && p.words[p.at+1] == "(" {
		return test, unsupported("functions in a $filter, such as " + name)
	}
	column, known := p.view.column(name)
	switch {
	case strings.Contains(name, "/"):
		return test, unsupported("paths in a $filter")
	case name == "" || strings.HasPrefix(name, "'"):
		return test, p.unexpected()
	case !known:
		return test, p.view.unknown(name)
	}
	p.at++
	op := p.next()
	switch {
	case slices.Contains(arithmetic, op):
		return test, unsupported("the operator " + op)
	case !slices.Contains([]string{"eq", "ne", "gt", "ge", "lt", "le"}, op):
		return test, p.unexpected()
	}
	p.at++
	literal := p.next()
	if literal == "" || strings.ContainsAny(literal, "(),") && !strings.HasPrefix(literal, "'") {
		return test, p.unexpected()
	}
	p.at++
	test = store.Test{Op: op, Column: column.Name}
	test.Value, err = column.literal(literal)
	return test, err
}

var numberForm = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// literal reads a literal as the typed view has its value.
func (c Column) literal(text string) (any, error) {
	quoted := strings.HasPrefix(text, "'")
	switch {
	case text == "null":
		return nil, nil
	case quoted && c.isText():
		return strings.ReplaceAll(text[1:len(text)-1], "''", "'"), nil
	case quoted || c.isText():
	case c.Type == syncproto.Boolean && (text == "true" || text == "false"):
		return text == "true", nil
	case c.Type == syncproto.Integer:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n, nil
		}
	case c.Type == syncproto.Decimal:
		if n, err := strconv.ParseFloat(text, 64); err == nil && numberForm.MatchString(text) {
			return n, nil
		}
	case c.Type == syncproto.Date:
		if _, err := time.Parse(time.DateOnly, text); err == nil {
			return text, nil
		}
	case c.Type == syncproto.Timestamp:
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			return at.UTC().Format("2006-01-02 15:04:05.999999999"), nil
		}
	case c.Type == syncproto.UUID, c.Type == syncproto.Reference:
		if id, err := syncproto.ParseID(strings.ToLower(text)); err == nil {
			return id.String(), nil
		}
	}
	return nil, refuse("The property %s is of type %s: compare it with %s, or with null.", c.Name, c.edmType(), examples[c.edmType()])
}

// isText reports whether the column is a string in OData.
func (c Column) isText() bool { return c.edmType() == "Edm.String" }

// edmType gives the type of OData's that a column has.
func (c Column) edmType() string {
	switch c.Type {
	case syncproto.Integer:
		return "Edm.Int64"
	case syncproto.Decimal:
		return "Edm.Double"
	case syncproto.Boolean:
		return "Edm.Boolean"
	case syncproto.Date:
		return "Edm.Date"
	case syncproto.Timestamp:
		return "Edm.DateTimeOffset"
	case syncproto.UUID, syncproto.Reference:
		return "Edm.Guid"
	}
	return "Edm.String"
}

// examples shows a literal of each type.
var examples = map[string]string{
	"Edm.Int64": "12", "Edm.Double": "12.5", "Edm.Boolean": "true", "Edm.Date": "2020-04-30", "Edm.DateTimeOffset": "2020-04-30T14:05:00Z",
	"Edm.Guid": "019a5b00-0000-7000-8000-000000000001", "Edm.String": "'text'",
}
