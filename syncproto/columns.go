package syncproto

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// A column is the JSON text of one value for each row of a block. It is an array of them, or an
// object that says how to find them; columns nest, any may stand for any other, and a writer picks
// what comes out small.
//
//	[v, …]                        the values themselves
//	{"all": v}                    the value of every row
//	{"where": "01…", "is": col}   1 for each row that has a value, and the column of those that have;
//	                              a row without a value is not one with null
//	{"of": col, "at": col}        the values that occur, and for each row the index of its own; at may
//	                              also be a string, with one digit in base 36 for each row
//	{"deltas": col}               whole numbers: each one's difference from the one before, or from 0
//	{"days": col}                 dates, as days since 1970-01-01
//	{"times": col, "tails": "…"}  UUIDs: the first 48 bits as a number, and the other 80 bits of all
//	                              of them, one behind the other, in unpadded base64url
//	{"members": {name: col, …}}   objects, a column for each member
type column string

// MarshalJSON gives the text itself.
func (c column) MarshalJSON() ([]byte, error) { return []byte(c), nil }

// UnmarshalJSON takes the text as it stands.
func (c *column) UnmarshalJSON(text []byte) error {
	*c = column(text)
	return nil
}

// tailBytes is how much of a UUID comes behind its time.
const tailBytes = 10

const (
	secondsPerDay = 24 * 60 * 60
	firstDay      = -719528 // 0000-01-01, in days since 1970-01-01
	lastDay       = 2932896 // 9999-12-31
)

// columnOf gives a column for the values, of which "" is a row without one. It is "" if none is there.
func columnOf(values []Value) column {
	present := make([]Value, 0, len(values))
	where := make([]byte, len(values))
	for i, v := range values {
		where[i] = '0'
		if v != "" {
			where[i] = '1'
			present = append(present, v)
		}
	}
	switch len(present) {
	case 0:
		return ""
	case len(values):
		return dense(values)
	}
	return object(member{"where", `"` + string(where) + `"`}, member{"is", string(dense(present))})
}

// dense gives a column for values all of which are there.
func dense(values []Value) column {
	of, at := distinct(values)
	switch len(of) {
	case len(values):
		return direct(values)
	case 1:
		return shorter(plain(values), object(member{"all", string(of[0])}))
	}
	indexed := object(member{"of", string(direct(of))}, member{"at", string(indexes(at, len(of)))})
	return shorter(direct(values), indexed)
}

// direct gives a column for values that are not looked at together.
func direct(values []Value) column {
	if list, ok := each(values, wholeNumber); ok {
		return numbers(list)
	}
	if list, ok := each(values, canonicalID); ok {
		return shorter(plain(values), ids(list))
	}
	if list, ok := each(values, dayNumber); ok {
		return shorter(plain(values), object(member{"days", string(numbers(list))}))
	}
	if c, ok := objects(values); ok {
		return shorter(plain(values), c)
	}
	return plain(values)
}

func shorter(a, b column) column {
	if len(b) < len(a) {
		return b
	}
	return a
}

func plain(values []Value) column {
	var out strings.Builder
	for i, v := range values {
		out.WriteByte("[,"[min(i, 1)])
		out.WriteString(string(v))
	}
	out.WriteByte(']')
	return column(out.String())
}

// distinct gives the values that occur, in order of appearance, and the index of each row's.
func distinct(values []Value) (of []Value, at []int64) {
	index := map[Value]int64{}
	for _, v := range values {
		i, ok := index[v]
		if !ok {
			i = int64(len(of))
			index[v] = i
			of = append(of, v)
		}
		at = append(at, i)
	}
	return of, at
}

// indexes gives a column of indexes: a digit for each row while they have one digit in base 36.
func indexes(at []int64, most int) column {
	if most > maxDigits {
		return numbers(at)
	}
	out := []byte{'"'}
	for _, i := range at {
		out = strconv.AppendInt(out, i, maxDigits)
	}
	return column(append(out, '"'))
}

// maxDigits is how many indexes have one digit.
const maxDigits = 36

// each reads every value in the same way, if all can be read so.
func each[T any](values []Value, read func(Value) (T, bool)) ([]T, bool) {
	out := make([]T, len(values))
	for i, v := range values {
		var ok bool
		if out[i], ok = read(v); !ok {
			return nil, false
		}
	}
	return out, true
}

// maxExact is the largest whole number that all languages' numbers hold exactly.
const maxExact = 1 << 53

// wholeNumber reads a number that can be written as a difference.
func wholeNumber(v Value) (int64, bool) {
	n, err := strconv.ParseInt(string(v), 10, 64)
	return n, err == nil && n <= maxExact/2 && n >= -maxExact/2 && strconv.FormatInt(n, 10) == string(v)
}

// numbers gives the shorter of two columns: the numbers themselves, or their differences.
func numbers(list []int64) column {
	values, deltas := make([]Value, len(list)), make([]Value, len(list))
	before := int64(0)
	for i, n := range list {
		values[i] = numberValue(n)
		deltas[i] = numberValue(n - before)
		before = n
	}
	return shorter(plain(values), object(member{"deltas", string(plain(deltas))}))
}

func numberValue(n int64) Value { return Value(strconv.FormatInt(n, 10)) }

// canonicalID reads a string that is a UUID. Any JSON text of that length with one inside is a string.
func canonicalID(v Value) (uuid.UUID, bool) {
	if len(v) != 38 {
		return uuid.Nil, false
	}
	id, err := ParseID(string(v[1 : len(v)-1]))
	return id, err == nil
}

func idValue(id uuid.UUID) Value { return Value(`"` + id.String() + `"`) }

func ids(list []uuid.UUID) column {
	times := make([]int64, len(list))
	tails := make([]byte, 0, tailBytes*len(list))
	for i, id := range list {
		times[i] = timeOf(id)
		tails = append(tails, id[len(id)-tailBytes:]...)
	}
	return object(member{"times", string(numbers(times))}, member{"tails", `"` + base64.RawURLEncoding.EncodeToString(tails) + `"`})
}

// timeOf gives the first 48 bits of a UUID: the time of a UUIDv7, in milliseconds.
func timeOf(id uuid.UUID) int64 {
	return int64(binary.BigEndian.Uint64(id[:8]) >> 16)
}

// dayNumber reads a string that is a date, in the same way.
func dayNumber(v Value) (int64, bool) {
	if len(v) != len(`"2020-04-30"`) {
		return 0, false
	}
	day, err := time.Parse(time.DateOnly, string(v[1:len(v)-1]))
	n := day.Unix() / secondsPerDay
	return n, err == nil
}

func dateValue(n int64) Value {
	return Value(`"` + time.Unix(n*secondsPerDay, 0).UTC().Format(time.DateOnly) + `"`)
}

// objects gives a column for each member, if all values are objects in canonical form.
func objects(values []Value) (column, bool) {
	all := map[string][]Value{}
	for i, v := range values {
		if v[0] != '{' {
			return "", false
		}
		list, err := members(string(v), maxColumns)
		if err != nil || !slices.IsSortedFunc(list, byName) || Value(object(list...)) != v {
			return "", false
		}
		for _, m := range list {
			if all[m.name] == nil {
				if len(all) == maxColumns {
					return "", false
				}
				all[m.name] = make([]Value, len(values))
			}
			all[m.name][i] = Value(m.text)
		}
	}
	if len(all) == 0 {
		return "", false
	}
	columns := make([]member, 0, len(all))
	for _, name := range sortedKeys(all) {
		columns = append(columns, member{name, string(columnOf(all[name]))})
	}
	return object(member{"members", string(object(columns...))}), true
}

// object puts a JSON object together from its members, in the order given.
func object(list ...member) column {
	var out strings.Builder
	out.WriteByte('{')
	for i, m := range list {
		if i > 0 {
			out.WriteByte(',')
		}
		quote(&out, m.name)
		out.WriteByte(':')
		out.WriteString(m.text)
	}
	out.WriteByte('}')
	return column(out.String())
}
