package oracle_test

import (
	"testing"

	"satchel/internal/simtest/oracle"
)

// aided is evidence of a family that was registered twice and given 3 and 4 packages, where 5 are allowed; of a
// deleted household that has a person left; and of a household that was given 5.
func aided() oracle.Evidence {
	record := func(collection string, values ...string) oracle.Shown {
		s := oracle.Shown{Collection: collection, Values: map[string]string{}}
		for i := 0; i < len(values); i += 2 {
			s.Values[values[i]] = values[i+1]
		}
		return s
	}
	delivery := func(household, quantity string, more ...string) oracle.Shown {
		return record("deliveries", append([]string{"household", `"` + household + `"`, "quantity", quantity, "assistance_type", `"t"`}, more...)...)
	}
	gone := record("households")
	gone.Deleted = true
	return oracle.Evidence{
		Records: map[string]oracle.Shown{
			"h1": record("households", "merged_into", `"h2"`), "h2": record("households", "merged_into", "null"), "h3": gone, "h4": record("households"),
			"d1": delivery("h1", "3"), "d2": delivery("h2", "4", "cancelled_why", "null"), "d3": delivery("h2", "9", "cancelled_why", `"a mistake"`),
			"d4": delivery("h4", "5"), "d5": delivery("h3", "2"), "p": record("people", "household", `"h3"`),
		},
		Homes: map[string]string{"h1": "h1", "h2": "h2", "h3": "h3", "h4": "h4", "d1": "h1", "d2": "h2", "d3": "h2", "d4": "h4", "d5": "h3", "p": "h3"},
		Aid: &oracle.Aid{
			Reviews: []oracle.Review{{"over_delivery", "h2", "t", "7"}, {Kind: "orphan", Record: "h3"}},
			Limits:  map[string]int{"t": 5}, Quantity: 14, Families: 2,
		},
	}
}

func TestWhatIsMadeOfTheAidIsJudged(t *testing.T) {
	for want, spoil := range map[string]func(*oracle.Evidence){
		"": func(*oracle.Evidence) {},
		"what is wrong with the aid is in review": func(e *oracle.Evidence) { e.Aid.Reviews = e.Aid.Reviews[1:] },
		"what is right is in no review": func(e *oracle.Evidence) {
			e.Aid.Reviews = append(e.Aid.Reviews, oracle.Review{Kind: "over_delivery", Record: "h4", Subject: "t", Delivered: "5"})
		},
		"no review is opened twice":     func(e *oracle.Evidence) { e.Aid.Reviews = append(e.Aid.Reviews, e.Aid.Reviews[0]) },
		"a report counts what there is": func(e *oracle.Evidence) { e.Aid.Families = 3 },
	} {
		e := aided()
		spoil(&e)
		if got := aidBroken(e); got != want {
			t.Errorf("broken is %q, want %q", got, want)
		}
	}
	ring := aided()
	ring.Records["h2"].Values["merged_into"] = `"h1"`
	ring.Aid.Reviews[0].Record = "h1"
	if got := aidBroken(ring); got != "" {
		t.Errorf("of two that were merged into one another, broken is %q", got)
	}
	ring.Aid.Reviews[0].Record = "h2"
	if aidBroken(ring) == "" {
		t.Error("of two that were merged into one another, either may be the root")
	}
}

// aidBroken names a promise about aid that evidence shows broken, "" if there is none.
func aidBroken(e oracle.Evidence) string {
	about := map[string]bool{
		"what is wrong with the aid is in review": true, "what is right is in no review": true,
		"no review is opened twice": true, "a report counts what there is": true,
	}
	for _, v := range oracle.Judge(e) {
		if about[v.Promise] {
			return v.Promise
		}
	}
	return ""
}
