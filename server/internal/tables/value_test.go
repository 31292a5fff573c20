package tables

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"satchel/server/internal/workbook"
	"satchel/syncproto"
)

func TestValuesAreReadAsPeopleWriteThem(t *testing.T) {
	choice := syncproto.Field{Type: syncproto.Choice, Choices: []string{"idp", "host"}}
	several := syncproto.Field{Type: syncproto.Choices, Choices: []string{"wood", "gas", "none"}}
	required := syncproto.Field{Type: syncproto.Text, Required: true}
	of := func(kind syncproto.Type) syncproto.Field { return syncproto.Field{Type: kind} }
	cases := []struct {
		field syncproto.Field
		text  string
		want  syncproto.Value // "" if it is refused
	}{
		{of(syncproto.Text), " 064 \"123\" ", `"064 \"123\""`},
		{of(syncproto.Text), "c\u030c", `"č"`},
		{of(syncproto.Text), "true", `"true"`},
		{of(syncproto.Text), "", "null"},
		{required, " ", ""},
		{of(syncproto.Integer), "007", "7"},
		{of(syncproto.Integer), "1,5", ""},
		{of(syncproto.Integer), "9007199254740993", ""},
		{of(syncproto.Decimal), "0012,500", "12.5"},
		{of(syncproto.Decimal), "-0.0", "0"},
		{of(syncproto.Decimal), "12.000", ""},
		{of(syncproto.Decimal), "-40,000", ""},
		{of(syncproto.Decimal), "+1.250", ""},
		{of(syncproto.Decimal), "1.25", "1.25"},
		{of(syncproto.Decimal), "40,00", "40"},
		{of(syncproto.Decimal), "0.250", "0.25"},
		{of(syncproto.Decimal), "1250.500", "1250.5"},
		{of(syncproto.Decimal), "+3.", ""},
		{of(syncproto.Decimal), "1e5", ""},
		{of(syncproto.Decimal), "1.234.567", ""},
		{of(syncproto.Decimal), "NaN", ""},
		{of(syncproto.Decimal), "1234567890.1234567", ""},
		{of(syncproto.Boolean), "Yes", "true"},
		{of(syncproto.Boolean), "0", "false"},
		{of(syncproto.Boolean), "ja", ""},
		{of(syncproto.Date), "5.6.1999.", `"1999-06-05"`},
		{of(syncproto.Date), "05.06.1999", `"1999-06-05"`},
		{of(syncproto.Date), "1999-06-05", `"1999-06-05"`},
		{of(syncproto.Date), "06/05/1999", ""},
		{of(syncproto.Date), "29.02.2021.", ""},
		{of(syncproto.Timestamp), "2020-04-30T14:05:00+02:00", "1588248300000"},
		{of(syncproto.Timestamp), "2020-04-30 12:05:00", "1588248300000"},
		{of(syncproto.Timestamp), "30.04.2020.", ""},
		{choice, "IDP", `"idp"`},
		{choice, "rich", ""},
		{several, "wood, gas; wood", `["gas","wood"]`},
		{of(syncproto.Position), "43.7233, 20.687", `{"lat":43.7233,"lon":20.687,"source":"manual"}`},
		{of(syncproto.Position), "43,7233 20,687", ""},
		{of(syncproto.Position), "43.720 20.680", `{"lat":43.72,"lon":20.68,"source":"manual"}`},
		{of(syncproto.Position), "91 20", ""},
		{of(syncproto.Object), `{"b": 1, "a": [true]}`, `{"a":[true],"b":1}`},
		{of(syncproto.Object), `[1]`, ""},
		{of(syncproto.UUID), "018F3E2A-7B1C-7000-8000-000000000001", `"018f3e2a-7b1c-7000-8000-000000000001"`},
	}
	for _, c := range cases {
		got, err := Value(c.field, c.text)
		if err != nil {
			got = ""
		}
		if got != c.want {
			t.Errorf("%s %q: %s (%v), want %s", c.field.Type, c.text, got, err, c.want)
		}
		if err != nil && len(c.text) > 3 && strings.Contains(err.Error(), c.text) {
			t.Errorf("the error repeats what was written: %v", err)
		}
	}
}

func TestDefusedTextComesBackAndStartsNoFormula(t *testing.T) {
	text := rapid.StringMatching(`['=+@\t\r＝-]{0,4}[a-z'=-]{0,4}`)
	rapid.Check(t, func(t *rapid.T) {
		want := text.Draw(t, "text")
		if got := fused(defused(want)); got != want {
			t.Errorf("%q came back as %q", want, got)
		}
		if workbook.StartsFormula(defused(want)) {
			t.Errorf("%q starts a formula", defused(want))
		}
	})
}
