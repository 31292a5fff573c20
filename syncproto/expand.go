package syncproto

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// An expander reads columns. It keeps account of what a stream comes to when it is written out, so
// that a short text cannot fill the memory: each line costs its length, and each value, version or
// member of an object its own length and cellCost bytes.
type expander struct {
	left int
}

const cellCost = 128

// spend puts bytes on the account.
func (e *expander) spend(bytes int) error {
	if bytes > e.left {
		return Refuse(CodeBodyTooLarge, "The frames come to too much when they are written out. %s", nothingLost)
	}
	e.left -= bytes
	return nil
}

// column gives the values of a column, "" for a row that has none.
func (e *expander) column(c column, rows, depth int) ([]Value, error) {
	switch {
	case depth > MaxNesting:
		return nil, fmt.Errorf("columns nest deeper than %d levels", MaxNesting)
	case c == "":
		return nil, errors.New("it is missing")
	case c[0] == '[':
		return exactly(rows, string(c))
	case c[0] != '{':
		return nil, errors.New("it is neither an array nor an object")
	}
	list, err := members(string(c), maxColumns)
	if err != nil {
		return nil, err
	}
	s := shape{}
	for _, m := range list {
		s[m.name] = m.text
	}
	switch {
	case s["all"] != "":
		return slices.Repeat([]Value{Value(s["all"])}, rows), nil
	case s["where"] != "":
		return e.sparse(s, rows, depth+1)
	case s["of"] != "":
		return e.indexed(s, rows, depth+1)
	case s["deltas"] != "":
		return e.deltas(s, rows, depth+1)
	case s["days"] != "":
		return e.days(s, rows, depth+1)
	case s["times"] != "":
		return e.ids(s, rows, depth+1)
	case s["members"] != "":
		return e.objects(s, rows, depth+1)
	}
	return nil, errors.New("its shape is not known")
}

// A shape is a column that is an object: the texts of its members.
type shape map[string]string

func (s shape) column(name string) column { return column(s[name]) }

// text gives a member that has to be a string.
func (s shape) text(name string) (string, error) {
	if s[name] == "" || s[name][0] != '"' {
		return "", fmt.Errorf("%q has to be a string", name)
	}
	return unquote(s[name])
}

// exactly cuts an array into as many values as there are rows.
func exactly(rows int, array string) ([]Value, error) {
	list, err := elements(array, rows)
	if err != nil {
		return nil, err
	}
	if len(list) != rows {
		return nil, fmt.Errorf("it has %d values for %d rows", len(list), rows)
	}
	out := make([]Value, rows)
	for i, text := range list {
		out[i] = Value(text)
	}
	return out, nil
}

func (e *expander) sparse(s shape, rows, depth int) ([]Value, error) {
	where, err := s.text("where")
	if err != nil {
		return nil, err
	}
	if len(where) != rows || strings.Trim(where, "01") != "" {
		return nil, fmt.Errorf(`"where" has to be %d characters 0 or 1`, rows)
	}
	present, err := e.column(s.column("is"), strings.Count(where, "1"), depth)
	if err != nil {
		return nil, err
	}
	out := make([]Value, rows)
	for i := range out {
		if where[i] == '1' {
			out[i], present = present[0], present[1:]
		}
	}
	return out, nil
}

func (e *expander) indexed(s shape, rows, depth int) ([]Value, error) {
	at, err := e.indexes(s, rows, depth)
	if err != nil || rows == 0 {
		return nil, err
	}
	last := slices.Max(at)
	if slices.Min(at) < 0 || last >= int64(rows) {
		return nil, errors.New("it has an index below 0 or beyond its rows")
	}
	of, err := e.column(s.column("of"), int(last)+1, depth)
	if err != nil {
		return nil, err
	}
	out := make([]Value, rows)
	for i := range out {
		out[i] = of[at[i]]
	}
	return out, nil
}

// indexes reads a column of numbers, or a string of one digit for each row.
func (e *expander) indexes(s shape, rows, depth int) ([]int64, error) {
	if !strings.HasPrefix(s["at"], `"`) {
		return e.numbers(s.column("at"), rows, depth)
	}
	digits, err := s.text("at")
	if err != nil || len(digits) != rows {
		return nil, fmt.Errorf(`"at" has to have %d digits`, rows)
	}
	out := make([]int64, rows)
	for i := range out {
		if out[i], err = strconv.ParseInt(digits[i:i+1], maxDigits, 64); err != nil {
			return nil, errors.New(`"at" has something else than digits and small letters`)
		}
	}
	return out, nil
}

// numbers gives a column of whole numbers all of which are there.
func (e *expander) numbers(c column, rows, depth int) ([]int64, error) {
	values, err := e.column(c, rows, depth)
	if err != nil {
		return nil, err
	}
	out := make([]int64, rows)
	for i, v := range values {
		if out[i], err = asNumber(v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (e *expander) deltas(s shape, rows, depth int) ([]Value, error) {
	list, err := e.numbers(s.column("deltas"), rows, depth)
	if err != nil {
		return nil, err
	}
	out := make([]Value, rows)
	sum := int64(0)
	for i, delta := range list {
		if sum += delta; max(delta, sum) > maxExact || min(delta, sum) < -maxExact {
			return nil, errors.New("its differences come to a number beyond 2^53")
		}
		out[i] = numberValue(sum)
	}
	return out, nil
}

func (e *expander) days(s shape, rows, depth int) ([]Value, error) {
	list, err := e.numbers(s.column("days"), rows, depth)
	if err != nil {
		return nil, err
	}
	out := make([]Value, rows)
	for i, day := range list {
		if day < firstDay || day > lastDay {
			return nil, errors.New("it has a day beyond the years 0 to 9999")
		}
		out[i] = dateValue(day)
	}
	return out, nil
}

func (e *expander) ids(s shape, rows, depth int) ([]Value, error) {
	times, err := e.numbers(s.column("times"), rows, depth)
	if err != nil {
		return nil, err
	}
	text, err := s.text("tails")
	if err != nil {
		return nil, err
	}
	tails, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(tails) != tailBytes*rows || strings.ContainsAny(text, "\r\n") { // decoding passes over line ends
		return nil, fmt.Errorf("its tails have to be %d bytes a row in base64url", tailBytes)
	}
	out := make([]Value, rows)
	for i, at := range times {
		if at < 0 || at >= 1<<48 {
			return nil, errors.New("it has a time of more than 48 bits")
		}
		var id uuid.UUID
		binary.BigEndian.PutUint64(id[:], uint64(at)<<16)
		copy(id[len(id)-tailBytes:], tails[tailBytes*i:])
		out[i] = idValue(id)
	}
	return out, nil
}

func (e *expander) objects(s shape, rows, depth int) ([]Value, error) {
	if s["members"][0] != '{' {
		return nil, errors.New(`"members" has to be an object`)
	}
	list, err := members(s["members"], maxColumns)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, byName)
	parts := make([][]member, rows)
	for _, m := range list {
		values, err := e.column(column(m.text), rows, depth)
		if err != nil {
			return nil, err
		}
		for i, v := range values {
			if v == "" {
				continue
			}
			if err := e.spend(cellCost + len(m.name) + len(v)); err != nil {
				return nil, err
			}
			parts[i] = append(parts[i], member{m.name, string(v)})
		}
	}
	out := make([]Value, rows)
	for i := range out {
		out[i] = Value(object(parts[i]...))
	}
	return out, nil
}
