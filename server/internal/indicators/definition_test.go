package indicators

import (
	"encoding/json"
	"strings"
	"testing"

	"satchel/syncproto"
)

func TestADefinitionThatIsNotUnderstoodSaysWhy(t *testing.T) {
	for definition, want := range map[string]string{
		``:                                      "no definition",
		`null`:                                  "no definition",
		`{}`:                                    `"" is none`,
		`{"of":"houses"}`:                       `"houses" is none`,
		`{"off":"deliveries"}`:                  "off",
		`{"of":"deliveries","sum":"price"}`:     `deliveries has no field "price"`,
		`{"of":"deliveries","sum":"note"}`:      "number",
		`{"of":"deliveries","sum":"id"}`:        "number",
		`{"of":"deliveries","distinct":"note"}`: "household or a person",
		`{"of":"deliveries","distinct":"id"}`:   "household or a person",
		`{"of":"deliveries","distinct":"household","sum":"quantity"}`:       "either",
		`{"of":"deliveries","where":{"note.length":"1"}}`:                   "no reference",
		`{"of":"deliveries","where":{"project.cost":"1"}}`:                  `projects has no field "cost"`,
		`{"of":"deliveries","where":{"household.status":"idps"}}`:           "one of idp",
		`{"of":"deliveries","where":{"quantity":"1"}}`:                      "number",
		`{"of":"deliveries","where":{"delivered_at":{"from":"yesterday"}}}`: "date",
		`{"of":"deliveries","where":{"quantity":{"not":1,"from":2}}}`:       "either",
		`{"of":"deliveries","where":{"quantity":{}}}`:                       "either",
		`{"of":"deliveries","where":{"quantity":{"least":1}}}`:              "least",
		`{"of":"deliveries","where":{"quantity":[[1]]}}`:                    "texts, numbers",
		`{"of":"deliveries","on":["quantity"]}`:                             "dates",
		`{"of":"areas"}`:                                                    "no date",
		`{"of":"households","institution":"Ministry"}`:                      "say nothing of projects",
		`{"of":"deliveries","ages":[5,10]}`:                                 "rising from 0",
		`{"of":"deliveries","ages":[0,10,10]}`:                              "rising from 0",
		`{"of":"visits","where":{"position.lat":{"from":1}}}`:               "no reference",
	} {
		_, err := Parse(syncproto.Value(definition))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want it to tell of %q", definition, err, want)
		}
	}
}

func TestADefinitionIsWrittenAsItIsRead(t *testing.T) {
	text := `{"of":"visits","distinct":"household","where":{"answers.rooms":{"from":2,"until":3},"purpose":["delivery","other"],"worker":{"not":[null]}},"on":["visited_at"],"unit":"families"}`
	d, err := Parse(syncproto.Value(text))
	if err != nil {
		t.Fatal(err)
	}
	d.Ages = nil
	if got, err := json.Marshal(d); err != nil || string(got) != text {
		t.Errorf("it is written as %s, %v", got, err)
	}
}

func TestAConditionHoldsOfWhatItSays(t *testing.T) {
	for _, c := range []struct {
		condition    string
		holds, fails string
	}{
		{`"a"`, `"a"`, `"b" null`},
		{`["a","b"]`, `"a" "b"`, `"c" null`},
		{`null`, `null`, `"a" false 0`},
		{`["a",null]`, `"a" null`, `"b"`},
		{`{"not":null}`, `"a" false 0`, `null`},
		{`{"not":true}`, `false null`, `true`},
		{`{"not":["a","b"]}`, `"c" null`, `"a" "b"`},
		{`{"from":2}`, `2 10 2.5`, `1 -3 1.999 null "2" "9" true [3] {"a":3}`},
		{`{"until":10}`, `2 10 -1`, `11 10.5 null "1" "" false [3] {}`},
		{`{"from":null,"until":10}`, `2 10`, `11 null`},
		{`{"from":2,"until":10}`, `2 10 9`, `1 11`},
		{`{"from":"2019-01-01","until":"2019-12-31"}`, `"2019-01-01" "2019-12-31"`, `"2018-12-31" "2020-01-01" null 2019 true []`},
		{`{"until":"b"}`, `"a" "b" "" "\u0061"`, `"c" 0 false [] {}`},
	} {
		var condition Condition
		if err := json.Unmarshal([]byte(c.condition), &condition); err != nil {
			t.Fatal(err)
		}
		for _, v := range strings.Fields(c.holds) {
			if !condition.holds(syncproto.Value(v)) {
				t.Errorf("%s does not hold of %s", c.condition, v)
			}
		}
		for _, v := range strings.Fields(c.fails) {
			if condition.holds(syncproto.Value(v)) {
				t.Errorf("%s holds of %s", c.condition, v)
			}
		}
		if condition.holds("") != condition.holds(syncproto.Null) {
			t.Errorf("%s takes a field that was never set for another than one that was cleared", c.condition)
		}
	}
}
