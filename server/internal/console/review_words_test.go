package console

import (
	"encoding/csv"
	"math"
	"strings"
	"testing"
	"time"

	"satchel/internal/duplicates"
	"satchel/internal/language"
	"satchel/server/internal/engine"
	"satchel/server/internal/review"
	"satchel/syncproto"
)

// TestEveryTextOfTheReviewIsThere looks at those whose keys are put together.
func TestEveryTextOfTheReviewIsThere(t *testing.T) {
	c := New(Config{Now: time.Now, Zone: time.UTC})
	words := c.shown().catalogue.In(language.English)
	keys := map[string][]string{
		"review.kind_": review.Kinds(), "review.closed_": review.Kinds(), "review.severity_": review.Severities(), "review.state_": review.States(),
		"review.none_": review.States(), "review.group_": reviewGroups(), "review.keep_": engine.Keeps(),
		"review.what_": {"conflict", "conflicts", "deleted", "held", "over_delivery", "duplicate", "orphan"},
		"review.code_": {
			syncproto.HeldInvalid, syncproto.HeldUnknown, syncproto.HeldOutOfScope, syncproto.HeldUnknownAuthor, syncproto.HeldRevoked, syncproto.HeldManyHeads,
			syncproto.HeldWithForm, syncproto.HeldCorrected, syncproto.WaitsForRecord, syncproto.WaitsForParent,
		},
		"review.fate_": {string(syncproto.Applied), string(syncproto.Discarded)},
		"said.review_": {
			"decided", "reopened", "assigned", "settled", "held_applied", "held_discarded", "merged", "unmerged", "cancelled", "restored", "undone", "ruled", "asked",
			"question_closed",
		},
	}
	for _, kind := range review.Kinds() {
		keys["review.decision_"] = append(keys["review.decision_"], review.Decisions(kind)...)
		switch kind {
		case review.OverDelivery, review.Orphan, review.Clock:
			keys["review.accept_"] = append(keys["review.accept_"], kind, "why_"+kind)
		}
	}
	for prefix, ends := range keys {
		for _, end := range ends {
			if !words.Has(prefix + end) {
				t.Errorf("there is no text %q", prefix+end)
			}
		}
	}
	weights, err := csv.NewReader(strings.NewReader(string(duplicates.DefaultWeights().CSV()))).ReadAll()
	if err != nil || len(weights) < 20 {
		t.Fatalf("%d weights, %v", len(weights), err)
	}
	v := &Visit{Words: words}
	for _, row := range weights[1:] {
		outcome := row[0] + ": " + row[1]
		if word := v.reasonWord(outcome); word == outcome {
			t.Errorf("there is no word for %q", outcome)
		}
	}
}

// TestEveryKindOfItemHasAPage looks for the pages that the kind names.
func TestEveryKindOfItemHasAPage(t *testing.T) {
	c := New(Config{Now: time.Now, Zone: time.UTC})
	for _, kind := range review.Kinds() {
		if c.shown().pages[language.English]["review/"+kind] == nil {
			t.Errorf("there is no page for %s", kind)
		}
	}
	if got := len(kindsInOrder()); got != len(review.Kinds()) {
		t.Errorf("%d kinds have a place in the list, there are %d", got, len(review.Kinds()))
	}
}

func TestAMapShowsHowFarPositionsAreApart(t *testing.T) {
	side := func(value syncproto.Value, n int64) engine.Side {
		return engine.Side{Field: "position", Version: syncproto.Version{N: n}, Value: value}
	}
	conflict := engine.Conflict{Collection: "households", Field: "position", Sides: []engine.Side{
		side(`{"lat":43.7,"lon":20.68}`, 1), side(`{"lat":43.709,"lon":20.68}`, 2), side(syncproto.Null, 3),
	}}
	m := mapOf([]engine.Conflict{conflict})
	if m == nil || len(m.Points) != 2 || math.Abs(m.Distance-1001) > 2 {
		t.Fatalf("the map is %+v; want two points 1001 m apart", m)
	}
	first, second := m.Points[0], m.Points[1]
	if first.X != second.X || first.Y-second.Y != mapHeight-2*mapMargin || !first.Shown || second.Shown {
		t.Errorf("the points are %+v; want the second due north of the first", m.Points)
	}
	if m.Scale != 500 || m.Bar <= 0 || m.Bar > mapWidth/2 {
		t.Errorf("a bar of %v is %v m", m.Bar, m.Scale)
	}
	conflict.Sides = append(conflict.Sides, side(`{"lat":43.70901,"lon":20.68}`, 4))
	if m = mapOf([]engine.Conflict{conflict}); len(m.Points) != 2 || m.Points[1].Numbers != "2, 3" {
		t.Errorf("the points are %+v; want the second and the third in one, as nobody could tell them apart", m.Points)
	}
	conflict.Sides = conflict.Sides[:1]
	if mapOf([]engine.Conflict{conflict}) != nil {
		t.Error("there is a map of one position")
	}
}
