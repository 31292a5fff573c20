package syncproto

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// What a field takes and what it does not, by type.
func TestFieldCheck(t *testing.T) {
	const id = `"01890a5d-ac96-774b-bcce-b302099a8057"`
	for _, c := range []struct {
		field   Field
		good    []Value
		invalid []Value
	}{
		{Field{Type: Text}, []Value{`""`, `"Ђорђе"`}, []Value{`1`, `true`, `{}`, `["a"]`}},
		{Field{Type: Integer}, []Value{`0`, `-1`, `9007199254740992`, `-9007199254740992`}, []Value{`9007199254740993`, `1.0`, `1e3`, `-0`, `"1"`, `99999999999999999999`, `{}`}},
		{Field{Type: Timestamp}, []Value{`1585728744336`, `-1`, `-62135596800000`, `253402300799999`}, []Value{`"2020-04-30T10:00:00Z"`, `1.5`, `-62135596800001`, `253402300800000`, `9007199254740992`}},
		{Field{Type: Decimal}, []Value{`0`, `-2`, `0.5`, `-0.25`, `123456789012345`, `12.3456789012345`}, []Value{`.5`, `1.50`, `1.0`, `-0`, `0.0`, `1e3`, `1234567890123456`, `1.234567890123456`, `"1"`, `[]`}},
		{Field{Type: Boolean}, []Value{True, False}, []Value{`0`, `"true"`, `{}`}},
		{Field{Type: Date}, []Value{`"2020-02-29"`, `"1999-12-31"`}, []Value{`"2019-02-29"`, `"2020-4-3"`, `"30.4.2020"`, `"2020-04-30T00:00:00Z"`, `20200430`, `""`}},
		{Field{Type: UUID}, []Value{Value(id)}, []Value{Value(strings.ToUpper(id)), `"{01890a5d-ac96-774b-bcce-b302099a8057}"`, `"01890a5dac96774bbcceb302099a8057"`, `""`, `1`}},
		{Field{Type: Reference, Refers: "households"}, []Value{Value(id)}, []Value{`"households/1"`, `{}`}},
		{Field{Type: Choice, Choices: []string{"idp", "host"}}, []Value{`"idp"`, `"host"`}, []Value{`"IDP"`, `""`, `1`, `["idp"]`}},
		{Field{Type: Choices, Choices: []string{"a", "b", "c"}}, []Value{`[]`, `["a"]`, `["a","c"]`}, []Value{`["c","a"]`, `["a","a"]`, `["d"]`, `"a"`, `[1]`, `[null]`, `{}`}},
		{
			Field{Type: Position},
			[]Value{`{"lat":42.9,"lon":21.9}`, `{"lat":42.9,"lon":-179}`, `{"accuracy":4.5,"lat":-90,"lon":180,"source":"gps"}`, `{"lat":0,"lon":0,"photo":1}`, `{"lat":1e-310,"lon":-0.0e-999}`},
			[]Value{
				`{"lat":90.1,"lon":0}`, `{"lat":0,"lon":-180.5}`, `{"lat":0}`, `{"lon":0}`, `{"lat":null,"lon":null}`, `{"lat":"1","lon":"2"}`, `{"LAT":1,"LON":2}`,
				`{"at":{"lat":1,"lon":2}}`, `{"accuracy":-1,"lat":1,"lon":2}`, `{"accuracy":"5 m","lat":1,"lon":2}`, `{"lat":1,"lon":2,"source":5}`, `{"lat":1e999,"lon":2}`, `{"lat":1e-400,"lon":2}`, `{"lat":1,"lon":-1e-400}`, `{"accuracy":1e-400,"lat":1,"lon":2}`, `[42.9,21.9]`, `"42.9 21.9"`,
			},
		},
		{Field{Type: Object}, []Value{`{}`, `{"roof":"bad"}`}, []Value{`[]`, `"{}"`, `1`}},
	} {
		for _, v := range c.good {
			if err := c.field.Check(v); err != nil {
				t.Errorf("%s refuses %s: %v", c.field.Type, v, err)
			}
		}
		for _, v := range c.invalid {
			if err := c.field.Check(v); err == nil {
				t.Errorf("%s takes %s", c.field.Type, v)
			}
		}
		c.field.Required = false
		if err := c.field.Check(Null); err != nil {
			t.Errorf("%s cannot be cleared: %v", c.field.Type, err)
		}
		c.field.Required = true
		for _, v := range []Value{Null, ""} {
			if c.field.Check(v) == nil {
				t.Errorf("%s is required and can be cleared with %q", c.field.Type, v)
			}
		}
	}
	if err := (Field{Type: "colour"}).Check(`"red"`); err == nil {
		t.Error("a field of a type that nobody knows takes a value")
	}
}

// many makes a map of so many fields.
func many[T any](n int, v T) map[string]T {
	out := map[string]T{}
	for i := range n {
		out[fmt.Sprintf("f%d", i)] = v
	}
	return out
}

func TestChangeCheck(t *testing.T) {
	version := Version{Device: uuid.UUID{1}, N: 1}
	long := textValue(strings.Repeat("x", MaxValueBytes-2))
	for _, c := range []struct {
		name   string
		change Change
		err    string // part of the error, or "" if there is none
	}{
		{"a household", Change{Collection: "households", Fields: map[string]Value{"head_name": `"Ana"`, "phone": Null}}, ""},
		{"a field of a newer version", Change{Collection: "households", Fields: map[string]Value{"mood": `{"a":1}`}}, ""},
		{"a collection of a newer version", Change{Collection: "weather", Fields: map[string]Value{"wind": `7`}}, ""},
		{"a deletion", Change{Collection: "households", Fields: map[string]Value{FieldDeleted: True}}, ""},
		{"as many fields as there may be", Change{Collection: "weather", Fields: many(MaxFields, Value(`1`))}, ""},
		{"as long a value as there may be", Change{Collection: "weather", Fields: map[string]Value{"wind": long}}, ""},
		{"no field", Change{Collection: "households"}, "no field"},
		{"too many fields", Change{Collection: "weather", Fields: many(MaxFields+1, Value(`1`))}, "101 fields"},
		{"too long a value", Change{Collection: "weather", Fields: map[string]Value{"wind": long[:len(long)-1] + `x"`}}, "bytes long"},
		{"too much of it all", Change{Collection: "weather", Fields: many(9, long)}, "come to more than"},
		{"a value of the wrong type", Change{Collection: "households", Fields: map[string]Value{"displaced_on": `"yesterday"`}}, `field "displaced_on"`},
		{"a required field cleared", Change{Collection: "households", Fields: map[string]Value{"head_name": Null}}, "required"},
		{"deleted that is no boolean", Change{Collection: "households", Fields: map[string]Value{FieldDeleted: `"yes"`}}, "true or false"},
		{"a delivery deleted", Change{Collection: "deliveries", Fields: map[string]Value{FieldDeleted: True}}, "cancel it"},
		{"a delivery whose deletion is taken back", Change{Collection: "deliveries", Fields: map[string]Value{FieldDeleted: False}}, ""},
		{"no value", Change{Collection: "weather", Fields: map[string]Value{"wind": ""}}, "not JSON"},
		{"no JSON", Change{Collection: "weather", Fields: map[string]Value{"wind": `{a:1}`}}, "not JSON"},
		{"not canonical", Change{Collection: "weather", Fields: map[string]Value{"wind": `{"b":1,"a":2}`}}, "canonical"},
		{"not in NFC", Change{Collection: "weather", Fields: map[string]Value{"wind": "\"e\u0301\""}}, "canonical"},
		{"NUL", Change{Collection: "weather", Fields: map[string]Value{"wind": `"\u0000"`}}, "NUL"},
		{"half of a pair", Change{Collection: "weather", Fields: map[string]Value{"wind": `"\ud800"`}}, "surrogate"},
		{"no UTF-8", Change{Collection: "weather", Fields: map[string]Value{"wind": "\"\xff\""}}, "UTF-8"},
		{"too deep", Change{Collection: "weather", Fields: map[string]Value{"wind": Value(strings.Repeat("[", 17) + strings.Repeat("]", 17))}}, "nests deeper"},
		{"a long name", Change{Collection: "weather", Fields: map[string]Value{strings.Repeat("x", 65): `1`}}, "a name"},
		{"a long collection", Change{Collection: strings.Repeat("x", 65), Fields: map[string]Value{"wind": `1`}}, "a name"},
		{"a base of many fields", Change{Collection: "weather", Fields: map[string]Value{"wind": `1`}, Base: many(MaxRecordFields+1, []Version{version})}, "base of 401 fields"},
		{"a base of many versions", Change{Collection: "weather", Fields: map[string]Value{"wind": `1`}, Seen: map[string][]Version{"wind": slices.Repeat([]Version{version}, MaxBase+1)}}, "65 versions"},
	} {
		err := c.change.Check()
		if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.err)
		}
	}
}

// A change that is valid can always be sent: it fits into one line.
func TestValidChangeCanBeSent(t *testing.T) {
	c := Change{N: 1, Form: 1, Collection: "weather", Fields: many(MaxFields, textValue(strings.Repeat("x", MaxRecordBytes/MaxFields-2)))}
	c.Base, c.Seen = map[string][]Version{}, map[string][]Version{}
	for i := range MaxRecordFields {
		for n := range MaxBase {
			v := Version{Device: uuid.UUID{byte(n), 14: byte(n), 15: byte(i)}, N: int64(1+i) << 40}
			c.Base[fmt.Sprintf("f%d", i)] = append(c.Base[fmt.Sprintf("f%d", i)], v)
			c.Seen[fmt.Sprintf("g%d", i)] = append(c.Seen[fmt.Sprintf("g%d", i)], v)
		}
	}
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadRequest(strings.NewReader(string(requestBytes(t, Request{Changes: []Change{c}})))); err != nil {
		t.Error(err)
	}
}

func TestCheckWhole(t *testing.T) {
	households, _ := CollectionOf("households")
	values := map[string]Value{"head_name": `"Ana"`, "status": `"idp"`, "area": `"01890a5d-ac96-774b-bcce-b302099a8057"`}
	if err := households.CheckWhole(func(field string) Value { return values[field] }); err != nil {
		t.Error(err)
	}
	for field := range maps.Clone(values) {
		was := values[field]
		for _, v := range []Value{"", Null} {
			values[field] = v
			if err := households.CheckWhole(func(field string) Value { return values[field] }); err == nil || !strings.Contains(err.Error(), field) {
				t.Errorf("a household with %q in %s: %v", v, field, err)
			}
		}
		values[field] = was
	}
}

// The registry is consistent with itself: what it names is there, and what a name is used for is one
// thing.
func TestRegistry(t *testing.T) {
	name := regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	seen := map[string]bool{}
	for _, c := range Collections() {
		if !name.MatchString(c.Name) || len(c.Name) > MaxNameBytes || seen[c.Name] || c.Doc == "" {
			t.Errorf("collection %q: its name is no new one in snake_case, or it says nothing of itself", c.Name)
		}
		seen[c.Name] = true
		if found, ok := CollectionOf(c.Name); !ok || found.Name != c.Name {
			t.Errorf("collection %q is not found by its name", c.Name)
		}
		fields := map[string]bool{FieldDeleted: true, "id": true}
		for _, f := range c.Fields {
			if !name.MatchString(f.Name) || len(f.Name) > MaxNameBytes || fields[f.Name] || f.Doc == "" {
				t.Errorf("field %s.%s: its name is no new one in snake_case, or it says nothing of itself", c.Name, f.Name)
			}
			fields[f.Name] = true
			checkField(t, c, f, seen)
		}
		for _, via := range c.AreaVia {
			f, ok := c.Field(via)
			if !ok || f.Type != Reference {
				t.Errorf("collection %s: its area is found via %q, which is no reference of it", c.Name, via)
			} else if target, _ := CollectionOf(f.Refers); f.Refers != "areas" && len(target.AreaVia) == 0 {
				t.Errorf("collection %s: its area is found via %q, and %s have none", c.Name, via, f.Refers)
			}
		}
		if len(c.Fields) > MaxFields {
			t.Errorf("collection %s has more fields than a change may write", c.Name)
		}
	}
	if _, ok := CollectionOf("weather"); ok {
		t.Error("a collection is found that is not there")
	}
}

// checkField checks what a field refers to and may choose. seen has the collections up to its own.
func checkField(t *testing.T, c Collection, f Field, seen map[string]bool) {
	t.Helper()
	if (f.Type == Reference) != (f.Refers != "") {
		t.Errorf("field %s.%s of type %s refers to %q", c.Name, f.Name, f.Type, f.Refers)
	}
	if f.Refers != "" && !seen[f.Refers] {
		t.Errorf("field %s.%s refers to %q, which is not declared before it", c.Name, f.Name, f.Refers)
	}
	if (f.Type == Choice || f.Type == Choices) != (len(f.Choices) > 0) {
		t.Errorf("field %s.%s of type %s has %d choices", c.Name, f.Name, f.Type, len(f.Choices))
	}
	if sorted := slices.Sorted(slices.Values(f.Choices)); len(slices.Compact(sorted)) != len(f.Choices) {
		t.Errorf("field %s.%s has a choice twice", c.Name, f.Name)
	}
	if !slices.ContainsFunc(everyField(), func(known Field) bool { return known.Type == f.Type }) {
		t.Errorf("field %s.%s has the type %q, which nobody knows", c.Name, f.Name, f.Type)
	}
}

// What people wrote about people is personal, and so is where somebody is and when somebody was born. What is about the
// programme alone is not: a report without it would be empty.
func TestPersonalFieldsAreDeclared(t *testing.T) {
	ofPeople := []string{"households", "people", "visits", "entitlements", "deliveries", "participations", "livelihoods", "questions"}
	names := []string{"about_collection", "field"} // text, and of the registry's own words
	for _, c := range Collections() {
		for _, f := range c.Fields {
			tells := slices.Contains([]Type{Text, Object, Position}, f.Type) && !slices.Contains(names, f.Name) || f.Name == "born_on"
			if want := tells && slices.Contains(ofPeople, c.Name); f.Personal != want {
				t.Errorf("field %s.%s is declared personal: %v, want %v", c.Name, f.Name, f.Personal, want)
			}
		}
	}
}

// What Collections gives can be changed by whoever asked for it, and the registry stays as it is.
func TestRegistryIsNotShared(t *testing.T) {
	mine := Collections()
	mine[0].Name = "weather"
	if Collections()[0].Name == "weather" {
		t.Error("the registry was changed from outside")
	}
}

func TestProblems(t *testing.T) {
	for code, status := range Codes() {
		p := Refuse(code, "the %s", "detail")
		if p.Status != status || status < 400 || p.Detail != "the detail" || p.Type != "urn:satchel:problem:"+string(code) {
			t.Errorf("%s: %+v", code, p)
		}
	}
}
