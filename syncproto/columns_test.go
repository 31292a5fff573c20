package syncproto

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Every shape that a column may have, and what it stands for. A writer may use any of them.
func TestColumnShapes(t *testing.T) {
	for _, c := range []struct {
		name, column string
		want         []Value
	}{
		{"plain", `["a",null,{"b":[1,"]"]}]`, []Value{`"a"`, Null, `{"b":[1,"]"]}`}},
		{"plain with space", ` [ "a\"]" , 1 ,true ]`, []Value{`"a\"]"`, `1`, True}},
		{"all", `{"all":"x"}`, []Value{`"x"`, `"x"`, `"x"`}},
		{"all null", `{"all":null}`, []Value{Null, Null, Null}},
		{"where", `{"where":"010","is":[5]}`, []Value{"", `5`, ""}},
		{"where none", `{"where":"000","is":[]}`, []Value{"", "", ""}},
		{"dictionary", `{"of":["a","b"],"at":[1,0,1]}`, []Value{`"b"`, `"a"`, `"b"`}},
		{"dictionary with digits", `{"of":["a","b"],"at":"101"}`, []Value{`"b"`, `"a"`, `"b"`}},
		{"dictionary of dates", `{"of":{"days":[0,18382]},"at":{"all":1}}`, []Value{`"2020-04-30"`, `"2020-04-30"`, `"2020-04-30"`}},
		{"deltas", `{"deltas":[100,1,-2]}`, []Value{`100`, `101`, `99`}},
		{"days", `{"days":{"deltas":[-1,1,1]}}`, []Value{`"1969-12-31"`, `"1970-01-01"`, `"1970-01-02"`}},
		{"uuids", `{"times":{"deltas":[1,0,-1]},"tails":"AAAAAAAAAAAAAQAAAAAAAAAAAAIAAAAAAAAAAAAD"}`, []Value{
			`"00000000-0001-0000-0000-000000000001"`, `"00000000-0001-0000-0000-000000000002"`, `"00000000-0000-0000-0000-000000000003"`,
		}},
		{"members", `{"members":{"lon":[1,2,3],"lat":{"where":"101","is":[7,8]}}}`, []Value{`{"lat":7,"lon":1}`, `{"lon":2}`, `{"lat":8,"lon":3}`}},
		{"no members", `{"members":{}}`, []Value{`{}`, `{}`, `{}`}},
		{"escaped name", `{"members":{"\u0061\"":{"all":1}}}`, []Value{`{"a\"":1}`, `{"a\"":1}`, `{"a\"":1}`}},
		{"with something new", `{"all":1,"why":"so"}`, []Value{`1`, `1`, `1`}},
	} {
		e := expander{left: 1 << 20}
		got, err := e.column(column(strings.TrimSpace(c.column)), len(c.want), 0)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}

// Columns that disagree with themselves or with their block are refused.
func TestColumnsInvalid(t *testing.T) {
	for _, c := range []string{
		``, `1`, `"abc"`, `[]`, `[1,2]`, `[1,2,3,4]`, `{}`, `{"none":1}`, `{"all":1,"all":2}`,
		`{"where":"01","is":[1]}`, `{"where":"012","is":[1]}`, `{"where":"011","is":[1]}`, `{"where":7,"is":[1]}`, `{"where":"111"}`,
		`{"of":["a"],"at":[0,0,1]}`, `{"of":["a"],"at":[0,0,-1]}`, `{"of":["a"],"at":[0,0,3]}`, `{"of":["a","b"],"at":[0,0,0]}`,
		`{"of":["a"],"at":"00"}`, `{"of":["a"],"at":"00-"}`, `{"of":["a"]}`, `{"of":["a"],"at":["0","0","0"]}`,
		`{"deltas":[1,1,1.5]}`, `{"deltas":[9007199254740992,1,1]}`, `{"deltas":[1,-9223372036854775808,1]}`, `{"deltas":{"where":"110","is":[1,1]}}`,
		`{"days":[1,2,99999999]}`, `{"days":["1970-01-01",1,2]}`,
		`{"times":[1,1,1],"tails":"AAAA"}`, `{"times":[1,1,-1],"tails":"AAAAAAAAAAAAAQAAAAAAAAAAAAIAAAAAAAAAAAAD"}`,
		`{"times":[1,1,281474976710656],"tails":"AAAAAAAAAAAAAQAAAAAAAAAAAAIAAAAAAAAAAAAD"}`, `{"times":[1,1,1]}`,
		`{"times":[1,1,1],"tails":"AAAAAAAAAAAAAQAAAAAAAAAAAAIAAAAAAAAAAAA+"}`,
		`{"times":[1,1,1],"tails":"AAAAAAAAAAAAAQAAAAAAAAAAAAIAAAAAAAAAAAAD\n"}`,
		`{"members":[1,2,3]}`, `{"members":{"a":1}}`, `{"members":{"a":[1,2]}}`,
		strings.Repeat(`{"where":"111","is":`, 20) + `[1,2,3]` + strings.Repeat(`}`, 20),
	} {
		e := expander{left: 1 << 20}
		if got, err := e.column(column(c), 3, 0); err == nil {
			t.Errorf("%s was taken as %q", c, got)
		}
	}
}

// What is composed of short columns costs what it comes to.
func TestExpansionIsBounded(t *testing.T) {
	e := expander{left: 10_000}
	_, err := e.column(column(`{"members":{"a":{"all":"`+strings.Repeat("x", 200)+`"}}}`), 100, 0)
	if !errors.Is(err, &Problem{Code: CodeBodyTooLarge}) {
		t.Errorf("100 rows of 200 bytes were taken for less than 10,000: %v", err)
	}
}

// A column stands for its values exactly, and is never longer than the plain array.
func TestColumnRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.OneOf(anyValue(), rapid.Just(anyValue().Draw(t, "same")), rapid.Just(Value("")))
		values := rapid.SliceOfN(kind, 1, 40).Draw(t, "values")
		c := columnOf(values)
		if c == "" {
			c = column(`{"where":"` + strings.Repeat("0", len(values)) + `","is":[]}`)
		}
		e := expander{left: 1 << 20}
		got, err := e.column(c, len(values), 0)
		if err != nil || !slices.Equal(got, values) {
			t.Fatalf("%s stands for %q, %v, want %q", c, got, err, values)
		}
		if !slices.Contains(values, "") && len(c) > len(plain(values)) {
			t.Fatalf("%s is longer than %s", c, plain(values))
		}
	})
}

// The writer finds the short form of what records are full of.
func TestColumnsAreShort(t *testing.T) {
	for _, c := range []struct {
		values []Value
		want   column
	}{
		{[]Value{`"idp"`, `"idp"`, `"idp"`}, `{"all":"idp"}`},
		{[]Value{`"returnee"`, `"idp"`, `"returnee"`, `"returnee"`, `"idp"`, `"idp"`}, `{"of":["returnee","idp"],"at":"010011"}`},
		{[]Value{`1585728744336`, `1585728745336`, `1585728745337`}, `{"deltas":[1585728744336,1000,1]}`},
		{[]Value{`"2020-04-01"`, `"2020-04-30"`}, `{"days":[18353,18382]}`},
		{[]Value{`"01890a5d-ac96-774b-bcce-b302099a8057"`, `"01890a5d-ac97-774b-bcce-b302099a8058"`}, `{"times":{"deltas":[1688096058518,1]},"tails":"d0u8zrMCCZqAV3dLvM6zAgmagFg"}`},
		{[]Value{"", "", `"a"`, ""}, `{"where":"0010","is":["a"]}`},
		{[]Value{"", ""}, ``},
		{[]Value{`{"lat":1.5,"source":"gps"}`, `{"lat":1.6,"source":"gps"}`, `{"lat":1.7,"source":"gps"}`, `{"lat":1.8,"source":"gps"}`}, `{"members":{"lat":[1.5,1.6,1.7,1.8],"source":{"all":"gps"}}}`},
	} {
		if got := columnOf(c.values); got != c.want {
			t.Errorf("%q became %s, want %s", c.values, got, c.want)
		}
	}
}
