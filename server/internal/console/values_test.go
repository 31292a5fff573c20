package console

import (
	"testing"
	"time"

	"satchel/internal/language"
	"satchel/syncproto"
)

// TestEveryCollectionFieldAndChoiceHasAName looks for the words of the registry; that they are in every language sees to it who
// reads the catalogues.
func TestEveryCollectionFieldAndChoiceHasAName(t *testing.T) {
	words := New(Config{Now: time.Now, Zone: time.UTC}).shown().catalogue.In(language.English)
	has := func(key string) {
		if !words.Has(key) {
			t.Errorf("there is no text %q", key)
		}
	}
	for _, c := range syncproto.Collections() {
		has("collection." + c.Name)
		has("collection." + c.Name + ".one")
		for _, f := range c.Fields {
			has("fields." + c.Name + "." + f.Name)
			for _, choice := range f.Choices {
				has("choice." + choice)
			}
		}
	}
	for _, key := range []string{"fields.deleted", "value.true", "value.false", "value.unknown", "value.nothing", "value.elsewhere"} {
		has(key)
	}
}

func TestAValueIsWrittenAsPeopleReadIt(t *testing.T) {
	catalogue := New(Config{Now: time.Now, Zone: time.UTC}).shown().catalogue
	for _, want := range []struct {
		tag, collection, field string
		value                  syncproto.Value
		text                   string
	}{
		{"en", "households", "head_name", `"Ana <b>"`, "Ana <b>"},
		{"en", "households", "status", `"idp"`, "IDP"},
		{"sr-Latn", "households", "status", `"idp"`, "interno raseljeno"},
		{"en", "households", "displaced_on", `"1999-06-20"`, "20 June 1999"},
		{"sq", "households", "displaced_on", `"1999-06-20"`, "20 qershor 1999"},
		{"en", "households", "position", `{"accuracy":12,"lat":43.72331,"lon":20.6870149,"source":"gps"}`, "43.72331°, 20.68701° (± 12 m), by GPS"},
		{"en", "people", "birth_year", "1974", "1974"},
		{"en", "activities", "estimated_reach", "12000", "12,000"},
		{"sr-Latn", "entitlements", "quantity", "1234567.125", "1.234.567,125"},
		{"en", "entitlements", "quantity", "0.1", "0.1"},
		{"en", "entitlements", "quantity", "12345678901234.5", "12,345,678,901,234.5"},
		{"sr-Latn", "participations", "attended", "true", "da"},
		{"en", "visits", "answers", `{"roof":"good","rooms":3}`, "roof: good; rooms: 3"},
	} {
		c, _ := syncproto.CollectionOf(want.collection)
		f, _ := c.Field(want.field)
		if err := f.Check(want.value); err != nil {
			t.Fatal(want.value, err)
		}
		if got := plainValue(catalogue.In(want.tag), f, want.value); got != want.text {
			t.Errorf("%s.%s %s is %q in %s, want %q", want.collection, want.field, want.value, got, want.tag, want.text)
		}
	}
}
