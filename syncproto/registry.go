package syncproto

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Everyone is the area of the collections that every device holds.
var Everyone = uuid.Nil

// A Type is the kind of value that a field takes.
type Type string

// The types, each with the JSON form of its values.
const (
	Text      Type = "text"      // a string
	Integer   Type = "integer"   // a whole number, at most 2^53 either way
	Decimal   Type = "decimal"   // a number without exponent or trailing zeros, at most 15 digits
	Boolean   Type = "boolean"   // true or false
	Date      Type = "date"      // a string, "2020-04-30"
	Timestamp Type = "timestamp" // milliseconds since 1970 UTC, a whole number, in the years 1 to 9999
	UUID      Type = "uuid"      // a string, 36 lower-case characters
	Reference Type = "reference" // the UUID of a record of another collection
	Choice    Type = "choice"    // one of the field's choices
	Choices   Type = "choices"   // an array of them, sorted, each once
	Position  Type = "position"  // an object of lat, lon in degrees, accuracy in metres, source; no number but 0 is too small for a double
	Object    Type = "object"    // any object
)

// A Field is one thing that is known of a record, and the unit of the merge.
type Field struct {
	Name     string
	Type     Type
	Required bool
	// Choices are the values that a choice may have.
	Choices []string
	// Refers is the collection that a reference points into.
	Refers string
	// Doc says what the field holds, with its unit.
	Doc string
	// Personal says that the field tells who somebody is, where to find them, or whatever a worker wrote of
	// them. It is left out of what is given away without personal data. A reference to a record, a choice, a
	// quantity and the day of an event are none, so that what is given away can still be counted.
	Personal bool
	// NamesBlobs says that objects in the field's values may name blobs; see [Field.Blobs].
	NamesBlobs bool
}

// A Collection is a kind of record.
type Collection struct {
	Name string
	Doc  string
	// AreaVia names how a record's area is found: the first of these fields that is set. It is the
	// area itself, or a reference to a record of whose area this record is. Without any, the record
	// belongs to [Everyone].
	AreaVia []string
	// Fact marks records that are corrected or cancelled with a reason and never deleted.
	Fact   bool
	Fields []Field
}

// Field finds a field by name.
func (c Collection) Field(name string) (Field, bool) {
	if name == FieldDeleted {
		return Field{Name: FieldDeleted, Type: Boolean, Doc: "whether the record is deleted"}, true
	}
	at := slices.IndexFunc(c.Fields, func(f Field) bool { return f.Name == name })
	if at < 0 {
		return Field{}, false
	}
	return c.Fields[at], true
}

// CollectionOf finds a collection by name.
func CollectionOf(name string) (Collection, bool) {
	at := slices.IndexFunc(collections, func(c Collection) bool { return c.Name == name })
	if at < 0 {
		return Collection{}, false
	}
	return collections[at], true
}

// Collections gives all collections: what is referred to comes before what refers to it.
func Collections() []Collection { return slices.Clone(collections) }

// Check says what is wrong with a change by itself, whatever the state of its record. Fields and
// collections that this program does not know are fine: a newer device may know them, and they are
// kept as they are. The text is for people, and holds no value of the change.
func (c Change) Check() error {
	if len(c.Fields) == 0 {
		return fmt.Errorf("the change writes no field")
	}
	if len(c.Fields) > MaxFields {
		return fmt.Errorf("the change writes %d fields, %d is the most", len(c.Fields), MaxFields)
	}
	if err := c.checkNames(); err != nil {
		return err
	}
	collection, known := CollectionOf(c.Collection)
	bytes, wrong := 0, false
	for name, value := range c.Fields {
		bytes += len(value)
		wrong = wrong || collection.check(name, value) != nil
	}
	if bytes > MaxRecordBytes {
		return fmt.Errorf("the values of the change come to more than %d bytes", MaxRecordBytes)
	}
	if wrong {
		return collection.firstFlaw(c.Fields)
	}
	if known && collection.Fact && c.Fields[FieldDeleted] == True {
		return fmt.Errorf("a record of %s is never deleted; cancel it with a reason", c.Collection)
	}
	return c.checkBase()
}

// firstFlaw says what is wrong with the first of these fields, by name, with which something is.
func (c Collection) firstFlaw(fields map[string]Value) error {
	for _, name := range sortedKeys(fields) {
		if err := c.check(name, fields[name]); err != nil {
			return fmt.Errorf("field %q: %w", name, err)
		}
	}
	return nil
}

// check says what is wrong with the value of a field.
func (c Collection) check(name string, value Value) error {
	if err := value.Check(); err != nil {
		return err
	}
	field, ok := c.Field(name)
	if !ok {
		return nil
	}
	return field.Check(value)
}

func (c Change) checkBase() error {
	for _, versions := range []map[string][]Version{c.Base, c.Seen} {
		if len(versions) > MaxRecordFields {
			return fmt.Errorf("the change names the base of %d fields, %d is the most", len(versions), MaxRecordFields)
		}
		for name, list := range versions {
			if len(list) > MaxBase {
				return fmt.Errorf("field %q: the base names %d versions, %d is the most", name, len(list), MaxBase)
			}
		}
	}
	return nil
}

// CheckWhole says which required field a record lacks, given its fields' values by name.
func (c Collection) CheckWhole(value func(field string) Value) error {
	for _, f := range c.Fields {
		if f.Required && value(f.Name).IsNull() {
			return fmt.Errorf("field %q of %s is required", f.Name, c.Name)
		}
	}
	return nil
}

// Check says whether v is a value that the field may take. Every field may be cleared with [Null].
func (f Field) Check(v Value) error {
	if v.IsNull() {
		if f.Required {
			return fmt.Errorf("the field is required and cannot be cleared")
		}
		return nil
	}
	switch f.Type {
	case Text:
		return needText(v)
	case Integer:
		return checkInteger(v, -1<<53, 1<<53, "a whole number up to 2^53")
	case Timestamp:
		return checkInteger(v, leastTimestamp, mostTimestamp, "a time of the years 1 to 9999, in whole milliseconds since 1970 UTC")
	case Decimal:
		return checkDecimal(v)
	case Boolean:
		return need(v == True || v == False, "true or false")
	case Date:
		_, err := time.Parse(time.DateOnly, v.Text())
		return need(err == nil, "a date such as 2020-04-30")
	case UUID, Reference:
		_, err := ParseID(v.Text())
		return need(err == nil, "a UUID in lower case with hyphens")
	case Choice:
		if slices.Contains(f.Choices, v.Text()) {
			return nil
		}
		return need(false, "one of "+strings.Join(f.Choices, ", "))
	case Choices:
		return f.checkChoices(v)
	case Position:
		return checkPosition(v)
	case Object:
		if err := need(v[0] == '{', "an object"); err != nil {
			return err
		}
		return f.checkBlobs(v)
	}
	return fmt.Errorf("the field has the unknown type %q", f.Type)
}

func need(ok bool, what string) error {
	if ok {
		return nil
	}
	return fmt.Errorf("the value has to be %s", what)
}

func needText(v Value) error { return need(v[0] == '"', "text") }

var integerForm = regexp.MustCompile(`^(0|-?[1-9][0-9]{0,15})$`)

func checkInteger(v Value, least, most int64, what string) error {
	n, err := strconv.ParseInt(string(v), 10, 64)
	return need(err == nil && integerForm.MatchString(string(v)) && least <= n && n <= most, what)
}

// The first and the last millisecond that every database can write as a day and a time.
const (
	leastTimestamp = -62_135_596_800_000 // 0001-01-01T00:00:00Z
	mostTimestamp  = 253_402_300_799_999 // 9999-12-31T23:59:59.999Z
)

var decimalForm = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$`)

func checkDecimal(v Value) error {
	digits := strings.Trim(string(v), "-")
	ok := decimalForm.MatchString(string(v)) && v != "-0" && len(strings.Replace(digits, ".", "", 1)) <= 15
	return need(ok, "a number of at most 15 digits, without exponent or trailing zeros")
}

func (f Field) checkChoices(v Value) error {
	var list []string
	ok := json.Unmarshal([]byte(v), &list) == nil && slices.IsSorted(list)
	for i, choice := range list {
		ok = ok && slices.Contains(f.Choices, choice) && (i == 0 || list[i-1] != choice)
	}
	return need(ok, "a sorted array of "+strings.Join(f.Choices, ", "))
}

// A Place is the value of a position field. What only means something together is one field: a
// merge never mixes two readings.
type Place struct {
	// Lat and Lon are in degrees, WGS 84.
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
	// Accuracy is the radius, in metres, of 68 % confidence.
	Accuracy float64 `json:"accuracy,omitempty"`
	// Source is what measured it: gps, network, map, manual.
	Source string `json:"source,omitempty"`
}

func checkPosition(v Value) error {
	ok, lat, lon := v[0] == '{' && json.Valid([]byte(v)), false, false
	var list []member
	if ok {
		var err error
		list, err = members(string(v), maxColumns)
		ok = err == nil
	}
	for _, m := range list {
		switch m.name {
		case "lat":
			lat = within(m.text, -90, 90)
		case "lon":
			lon = within(m.text, -180, 180)
		case "accuracy":
			ok = ok && (m.text == string(Null) || within(m.text, 0, math.MaxFloat64))
		case "source":
			ok = ok && m.text[0] == '"'
		}
	}
	return need(ok && lat && lon, "an object with lat and lon in degrees, accuracy in metres, and source as text")
}

// within reports whether a JSON text is a number between the two. One that is so small that it becomes 0 is none: not
// every database reads it.
func within(text string, least, most float64) bool {
	n, err := strconv.ParseFloat(text, 64)
	digits, _, _ := strings.Cut(strings.ToLower(text), "e")
	return err == nil && least <= n && n <= most && (n != 0 || !strings.ContainsAny(digits, "123456789"))
}
