package console

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/internal/language"
	"satchel/server/internal/audit"
	"satchel/syncproto"
)

// TestEveryFaultOfAFieldHasWords looks for the texts whose keys forms put together.
func TestEveryFaultOfAFieldHasWords(t *testing.T) {
	words := New(Config{Now: time.Now, Zone: time.UTC}).shown().catalogue.In(language.English)
	keys := []string{"required", "choose", "missed", "taken", "circle", "wrong_definition", "wrong_questions"}
	for _, kind := range []syncproto.Type{
		syncproto.Text, syncproto.Integer, syncproto.Decimal, syncproto.Boolean, syncproto.Date, syncproto.Timestamp,
		syncproto.UUID, syncproto.Reference, syncproto.Choice, syncproto.Choices, syncproto.Position, syncproto.Object,
	} {
		keys = append(keys, "wrong_"+string(kind))
	}
	for _, c := range syncproto.Collections() {
		for _, f := range c.Fields {
			x := control{Field: f, Kind: kindOf(c, f, "")}
			if key := "search_" + f.Refers; x.Kind == kindLookup && x.Searchable() && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	for _, key := range keys {
		if !words.Has("form." + key) {
			t.Errorf("there is no text form.%s", key)
		}
	}
	for _, part := range []string{"lat", "lon", "accuracy", "gps", "network", "map", "manual", sourceOffice} {
		if !words.Has("position." + part) {
			t.Errorf("there is no text position.%s", part)
		}
	}
	for _, said := range []string{"saved", "saved_contested", "there_already", "unchanged", "deleted", "restored", "user_added", "user_changed"} {
		if !words.Has("said." + said) {
			t.Errorf("there is no text said.%s", said)
		}
	}
}

// TestEverythingInTheSettingsHasWords looks for those whose keys pages put together.
func TestEverythingInTheSettingsHasWords(t *testing.T) {
	words := New(Config{Now: time.Now, Zone: time.UTC}).shown().catalogue.In(language.English)
	var keys []string
	for _, action := range audit.Actions() {
		keys = append(keys, "audit."+action)
	}
	for _, role := range roles() {
		keys = append(keys, "role."+role, "settings.role_"+role)
	}
	for _, step := range append([]string{"areas", "people", "tablets"}, listedInSettings()...) {
		keys = append(keys, "settings."+step, "settings."+step+"_why")
	}
	for _, key := range keys {
		if !words.Has(key) {
			t.Errorf("there is no text %s", key)
		}
	}
}

func TestAreasAreShownAsATreeEvenInACircle(t *testing.T) {
	a, b, c, d := uuid.New(), uuid.New(), uuid.New(), uuid.New()
	known := map[uuid.UUID]areaNode{
		a: {ID: a, Name: "Žiča", Parent: b}, b: {ID: b, Name: "Raška"}, c: {ID: c, Name: "Circle", Parent: d}, d: {ID: d, Name: "Drift", Parent: c},
	}
	var shown []string
	for _, node := range asTree(known) {
		shown = append(shown, node.Indented()+" "+strconv.Itoa(node.Below))
	}
	if want := []string{"Raška 1", "\u2003Žiča 0", "Circle 1", "\u2003Drift 0"}; !slices.Equal(shown, want) {
		t.Errorf("the tree is %q, want %q", shown, want)
	}
}
