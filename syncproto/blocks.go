package syncproto

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"
)

// A block is one line of a frame stream: rows of one kind, as columns beside each other. The types
// that end in Block are its members as they are written.

// maxColumns is the most fields that the columns of one block, and members that one object, may have.
const maxColumns = 1000

// maxBlockBytes is where a writer ends a block, by the weight of its rows, so that its line is
// certain to keep to [MaxLineBytes].
const maxBlockBytes = MaxLineBytes / 2

// named holds something for each field of a block, by the field's name.
type named[T any] map[string]T

// UnmarshalJSON reads an object, and does not begin to if it has more than [maxColumns] members.
func (n *named[T]) UnmarshalJSON(text []byte) error {
	if text[0] != '{' {
		return errors.New("what goes by field has to be an object")
	}
	list, err := members(string(text), maxColumns)
	if err != nil {
		return err
	}
	*n = make(named[T], len(list))
	for _, m := range list {
		if err := checkName(m.name); err != nil {
			return err
		}
		var v T
		if c, ok := any(&v).(*column); ok {
			*c = column(m.text) // it is known to be JSON already, and long
		} else if err := json.Unmarshal([]byte(m.text), &v); err != nil {
			return err
		}
		(*n)[m.name] = v
	}
	return nil
}

// checkName says what is wrong with the name of a field or collection. Names that are not known are
// kept, and so have to be such that every store takes them.
func checkName(name string) error {
	switch {
	case name == "" || len(name) > MaxNameBytes:
		return fmt.Errorf("a name has to be 1 to %d bytes long", MaxNameBytes)
	case plainName(name):
		return nil
	case !norm.NFC.IsNormalString(name):
		return errors.New("a name is not in Unicode NFC")
	}
	for _, r := range name {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return errors.New("a name holds a control character or a line separator")
		}
	}
	return nil
}

// plainName reports whether a name has nothing but small letters, digits and underscores, as all that the
// registry knows have.
func plainName(name string) bool {
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}

// checkNames does so for all of these.
func checkNames[T any](by map[string]T) error {
	for name := range by {
		if err := checkName(name); err != nil {
			return err
		}
	}
	return nil
}

// put sets what a row has for a field, in what each field has by row.
func put[T any](by map[string][]T, field string, rows, row int, v T) {
	if by[field] == nil {
		by[field] = make([]T, rows)
	}
	by[field][row] = v
}

// fieldColumns gives the column of each field's values.
func fieldColumns(by map[string][]Value) (named[column], error) {
	out := named[column]{}
	for field, values := range by {
		for _, v := range values {
			if err := checkCompact(v); err != nil {
				return nil, inColumn(field, err)
			}
		}
		out[field] = columnOf(values)
	}
	return out, nil
}

// orNull gives a value as it stands in a column, where "" is a row without one.
func orNull(v Value) Value {
	if v == "" {
		return Null
	}
	return v
}

// checkCompact says whether a value can stand in a column as it is: JSON without white space.
func checkCompact(v Value) error {
	if plainlyCanonical(string(v)) {
		return nil
	}
	var out bytes.Buffer
	if err := json.Compact(&out, []byte(v)); v != "" && (err != nil || out.String() != string(v)) {
		return errors.New("a value is not compact JSON")
	}
	return nil
}

// cut cuts rows into blocks that keep to the limits of a line. weigh gives roughly the bytes of a row,
// and its field names: for each there may be three columns, which say of each row whether it has a
// value.
func cut[T any](rows []T, weigh func(T) (size int, names []string)) [][]T {
	var out [][]T
	size, names := 0, map[string]bool{}
	for _, row := range rows {
		weight, own := weigh(row)
		fresh := 0
		for _, name := range own {
			if !names[name] {
				fresh++
			}
		}
		last, columns := len(out)-1, len(names)+fresh
		if last < 0 || len(out[last]) == MaxBlockRows || columns > maxColumns || size+weight+3*columns*len(out[last]) > maxBlockBytes {
			out = append(out, nil)
			last, size = last+1, 0
			clear(names)
		}
		out[last] = append(out[last], row)
		size += weight
		for _, name := range own {
			names[name] = true
		}
	}
	return out
}

// grouped sorts rows into groups of one name, in order of appearance.
func grouped[T any](rows []T, name func(T) string) [][]T {
	var out [][]T
	index := map[string]int{}
	for _, row := range rows {
		at, ok := index[name(row)]
		if !ok {
			at = len(out)
			index[name(row)] = at
			out = append(out, nil)
		}
		out[at] = append(out[at], row)
	}
	return out
}

// A blockReader reads the columns of one block. After the first that cannot be read, err says why,
// and what it gives has no meaning any more.
type blockReader struct {
	*expander
	rows    int
	devices []uuid.UUID
	err     error
}

// maxDevices is the most devices that the versions of one block may be of.
const maxDevices = 20_000

// deviceTexts are the ids of the devices that the versions of a block are of.
type deviceTexts []string

// UnmarshalJSON reads an array, and does not begin to if it has more than [maxDevices] elements.
func (d *deviceTexts) UnmarshalJSON(text []byte) error {
	if text[0] != '[' {
		return errors.New("the devices have to be an array")
	}
	if _, err := elements(string(text), maxDevices); err != nil {
		return inColumn("devices", err)
	}
	return json.Unmarshal(text, (*[]string)(d))
}

// block begins to read a block of so many rows, whose versions are of these devices.
func (e *expander) block(rows int, devices deviceTexts) *blockReader {
	b := &blockReader{expander: e, rows: rows, devices: make([]uuid.UUID, len(devices))}
	if rows < 1 || rows > MaxBlockRows {
		b.rows, b.err = 0, fmt.Errorf("a block has 1 to %d rows", MaxBlockRows)
	}
	for i, text := range devices {
		var err error
		b.devices[i], err = ParseID(text)
		if err != nil {
			b.fail("devices", errNotID)
		}
	}
	return b
}

// fail keeps the first error.
func (b *blockReader) fail(name string, err error) {
	if err != nil && b.err == nil {
		b.err = inColumn(name, err)
	}
}

func inColumn(name string, err error) error { return fmt.Errorf("column %q: %w", name, err) }

// read reads every value of a column in the same way. A column that is left out has no value in any
// row.
func read[T any](b *blockReader, name string, c column, rows int, as func(Value) (T, error)) []T {
	values := b.values(name, c, rows)
	if b.err != nil {
		return nil
	}
	out := make([]T, rows)
	for i, v := range values {
		var err error
		if out[i], err = as(v); err != nil {
			b.fail(name, err)
			return nil
		}
	}
	return out
}

// values gives the values of a column, "" for a row that has none.
func (b *blockReader) values(name string, c column, rows int) []Value {
	if b.err != nil {
		return nil
	}
	if c == "" {
		return make([]Value, rows)
	}
	values, err := b.column(c, rows, 0)
	b.fail(name, err)
	return values
}

func (b *blockReader) numbers(name string, c column) []int64 {
	return read(b, name, c, b.rows, asNumber)
}

func (b *blockReader) ids(name string, c column) []uuid.UUID {
	return read(b, name, c, b.rows, asID)
}

var (
	errNotNumber = errors.New("it has something else than whole numbers")
	errNotID     = errors.New("it has something else than UUIDs in lower case with hyphens")
)

func asNumber(v Value) (int64, error) {
	n, err := strconv.ParseInt(string(v), 10, 64)
	if err != nil {
		return 0, errNotNumber
	}
	return n, nil
}

// asNumberOrNone reads a whole number, and 0 where there is no value.
func asNumberOrNone(v Value) (int64, error) {
	if v == "" {
		return 0, nil
	}
	return asNumber(v)
}

func asID(v Value) (uuid.UUID, error) {
	id, err := ParseID(v.Text())
	if err != nil {
		return uuid.Nil, errNotID
	}
	return id, nil
}

// asFlag reads true and false, and false where there is no value.
func asFlag(v Value) (bool, error) {
	if v != "" && v != True && v != False {
		return false, errors.New("it has something else than true and false")
	}
	return v == True, nil
}

// trueOrNone gives true as a value, and none for false: most columns of them are left out.
func trueOrNone(is bool) Value {
	if is {
		return True
	}
	return ""
}

// fields gives the values by field of each row, nil for a row without any.
func (b *blockReader) fields(by named[column]) []map[string]Value {
	out := make([]map[string]Value, b.rows)
	for _, field := range sortedKeys(by) {
		for i, v := range b.values(field, by[field], b.rows) {
			if v == "" {
				continue
			}
			if err := b.spend(cellCost + len(v)); err != nil {
				b.fail(field, err)
				return nil
			}
			if out[i] == nil {
				out[i] = make(map[string]Value, min(len(by), 16)) // most rows have most fields, of those that most records have
			}
			out[i][field] = v
		}
	}
	return out
}
