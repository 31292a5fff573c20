package review_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/internal/duplicates"
	"satchel/server/internal/engine"
	"satchel/server/internal/review"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// twice registers one family as two households, the second in the other script and with a slip.
func (o *office) twice() {
	o.t.Helper()
	o.save(edit("households", named("first"), "head_name", "Đorđe Petrović", "status", "idp", "area", o.area, "phone", "+381 63 123 456"))
	o.save(edit("households", named("second"), "head_name", "Ђорђе Петрвић", "status", "idp", "area", o.area, "phone", "063/123-456"))
}

// pair gives the two ids in order.
func pair(one, other string) (uuid.UUID, uuid.UUID) {
	a, b := named(one), named(other)
	if slices.Compare(a[:], b[:]) > 0 {
		a, b = b, a
	}
	return a, b
}

func TestAFamilyThatIsRegisteredTwiceIsFoundAndExplained(t *testing.T) {
	o := newOffice(t)
	o.twice()
	got := o.open()
	a, b := pair("first", "second")
	if got.Kind != review.Duplicate || got.Record != a || *got.Subject != b || got.Area != o.area || got.Severity != "high" {
		t.Errorf("the item is %+v", got)
	}
	var says []string
	sum := 0.0
	for _, r := range got.Facts.Reasons {
		says = append(says, fmt.Sprintf("%+.0f %s", r.Weight, r.Says))
		sum += r.Weight
	}
	if want := []string{"+14 the same phone number", "+6 the same village", "+5 almost the same name of its head"}; !slices.Equal(says, want) || math.Abs(sum-got.Facts.Score) > 1e-9 {
		t.Errorf("it says %q, %g in all, want %q", says, got.Facts.Score, want)
	}
	if list := got.Facts.Records; len(list) != 2 || list[0].Record != a || list[1].Record != b || list[0].Collection != "households" {
		t.Errorf("it rests on %+v", list)
	}
}

// What makes two households no possible duplicate any more closes the item, and what undoes that opens it again.
func TestAPossibleDuplicateClosesByItself(t *testing.T) {
	household := func(name string, pairs ...any) engine.OfficeEdit { return edit("households", named(name), pairs...) }
	for what, c := range map[string]struct{ do, undo engine.OfficeEdit }{
		"the second is somebody else":     {household("second", "phone", "063 999 999"), household("second", "phone", "063123456")},
		"the first is":                    {household("first", "phone", ""), household("first", "phone", "063123456")},
		"the first is deleted":            {household("first", "deleted", true), household("first", "deleted", false)},
		"the second is deleted":           {household("second", "deleted", true), household("second", "deleted", false)},
		"the second is merged":            {mergeInto("second", "first"), household("second", "merged_into", nil)},
		"the first is merged":             {mergeInto("first", "second"), household("first", "merged_into", nil)},
		"both are merged into a third":    {mergeInto("second", "third"), household("second", "merged_into", nil)},
		"what the first is merged into":   {mergeInto("third", "second"), household("third", "merged_into", nil)},
		"by way of one that has not come": {mergeInto("second", "fourth"), household("second", "merged_into", nil)},
		"the members are others":          {edit("people", named("p"), "name", "Agim Beriša", "document_number", "12"), edit("people", named("p"), "name", "Petar", "document_number", nil)},
		"a member moves out":              {edit("people", named("q"), "household", named("second")), edit("people", named("q"), "household", named("third"))},
	} {
		t.Run(what, func(t *testing.T) {
			o := newOffice(t)
			o.twice()
			o.save(edit("households", named("third"), "head_name", "Agim", "status", "idp", "area", o.area))
			switch what {
			case "both are merged into a third", "what the first is merged into":
				o.save(mergeInto("first", "third"))
			case "by way of one that has not come":
				o.save(mergeInto("first", "fifth"))
				o.save(edit("households", named("fifth"), "head_name", "Fifth", "status", "idp", "area", o.area, "merged_into", named("fourth")))
			case "the members are others":
				o.save(household("second", "phone", ""), household("first", "place_of_origin", "Peć"), household("second", "place_of_origin", "Пећ"))
				o.save(edit("people", named("p"), "household", named("first"), "name", "Petar"), edit("people", named("p2"), "household", named("second"), "name", "Petar", "document_number", "77"))
			case "a member moves out":
				o.save(household("second", "phone", ""), household("first", "place_of_origin", "Peć"), household("second", "place_of_origin", "Пећ"))
				o.save(edit("people", named("p"), "household", named("first"), "name", "Petar"), edit("people", named("q"), "household", named("third"), "name", "Agim"))
			}
			before := o.open()
			o.save(c.do)
			o.none(what)
			o.save(c.undo)
			if again := o.open(); again.ID != before.ID || again.Digest != before.Digest || again.Seq <= before.Seq {
				t.Errorf("it opened again as %+v, want %+v with a later seq", again, before)
			}
		})
	}
}

func TestTwoFamiliesComeBackOnlyIfTheyCompareOtherwise(t *testing.T) {
	o := newOffice(t)
	o.twice()
	item := o.open()
	if err := o.queue.Decide(t.Context(), o.admin, item.ID, review.Accepted, "", item.Digest); codeOf(err) != syncproto.CodeInvalid {
		t.Errorf("a decision that says nothing about two households: %v", err)
	}
	if err := o.queue.Decide(t.Context(), o.admin, item.ID, review.NotDuplicate, "father and son", item.Digest); err != nil {
		t.Fatal(err)
	}
	for why, e := range map[string]engine.OfficeEdit{
		"a note is not compared":       edit("households", named("first"), "notes", "The roof leaks."),
		"another address is not":       edit("households", named("second"), "address", "Main street 5"),
		"another slip is as good":      edit("households", named("second"), "head_name", "Ђорђе Петровћ"),
		"the same phone in both":       edit("households", named("second"), "phone", "00381 63 123456"),
		"an origin of one says little": edit("households", named("second"), "place_of_origin", "Peć"),
	} {
		o.save(e)
		o.none(why)
	}
	heavier := strings.Replace(string(duplicates.DefaultWeights().CSV()), "phone,same,0.6,", "phone,same,0.7,", 1)
	o.rule(heavier, 15)
	o.settle()
	o.none("other weights change nothing about the two")
	if got := o.list(review.Decided); len(got) != 1 || got[0].Facts.Score <= item.Facts.Score {
		t.Errorf("decided are %+v, want one that scores more than %g", got, item.Facts.Score)
	}
	o.save(edit("households", named("first"), "place_of_origin", "Peć"))
	if got := o.open(); got.ID != item.ID || got.Decision == nil || got.Decision.Decision != review.NotDuplicate {
		t.Errorf("with one origin the item is %+v, want the same again with its former decision", got)
	}
	o.save(edit("households", named("first"), "place_of_origin", ""))
	o.none("they compare as when it was decided")
}

// rule sets the rules.
func (o *office) rule(weights string, threshold float64) {
	o.t.Helper()
	w, err := duplicates.ReadWeights(strings.NewReader(weights))
	if err != nil {
		o.t.Fatal(err)
	}
	if err := o.queue.SetRules(o.t.Context(), o.admin, review.Rules{Weights: w, Threshold: threshold}); err != nil {
		o.t.Fatal(err)
	}
}

func TestTheRulesAreTheProgrammesOwn(t *testing.T) {
	o := newOffice(t)
	o.twice()
	score := o.open().Facts.Score
	own := string(duplicates.DefaultWeights().CSV())
	for _, threshold := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if err := o.queue.SetRules(t.Context(), o.admin, review.Rules{Weights: duplicates.DefaultWeights(), Threshold: threshold}); codeOf(err) != syncproto.CodeInvalid {
			t.Errorf("the threshold %g: %v, want invalid", threshold, err)
		}
	}
	for _, c := range []struct {
		weights   string
		threshold float64
		severity  string
	}{
		{own, score + 0.1, ""},
		{own, score, "low"},
		{own, score - 4, "medium"},
		{own, score - 8, "high"},
		{strings.Replace(own, "phone,same,0.6,", "phone,same,0.1,", 1), score - 1, ""},
		{own, duplicates.Threshold, "high"},
	} {
		o.rule(c.weights, c.threshold)
		o.settle()
		got := ""
		if list := o.list(review.Open); len(list) > 0 {
			got = list[0].Severity
		}
		if got != c.severity {
			t.Errorf("from %g bits on the item's severity is %q, want %q", c.threshold, got, c.severity)
		}
		other := review.New(o.store, nil) // it has nothing but what is in the store
		if r, err := other.Rules(t.Context()); err != nil || r.Threshold != c.threshold || string(r.Weights.CSV()) != c.weights {
			t.Errorf("the rules are %v, %v, want %g", r.Threshold, err, c.threshold)
		}
	}
	if got := o.actions(); len(got) != 6 || got[0] != "duplicates.ruled" {
		t.Errorf("the audit log has %q, want what was ruled", got)
	}
}

// A key that too many have is not looked at: as many as there can be come in at once, so that not all are compared in one
// transaction.
func TestAPhoneThatTooManyHaveIsNoHint(t *testing.T) {
	o := newOffice(t)
	var edits []engine.OfficeEdit
	for i := range duplicates.Commonest {
		name := fmt.Sprint("household ", i)
		edits = append(edits, edit("households", named(name), "head_name", unlike(name), "status", "idp", "area", o.area, "phone", "063 123 456"))
	}
	o.save(edits...)
	o.settle()
	const pairs = duplicates.Commonest * (duplicates.Commonest - 1) / 2
	count := func(want int, why string) {
		t.Helper()
		o.settle()
		if got := len(o.list(review.Open)); got != want {
			t.Errorf("%s, and %d are open, want %d", why, got, want)
		}
	}
	count(pairs, "as many have the phone as may")
	item := o.list(review.Open)[0]
	if err := o.queue.Decide(t.Context(), o.admin, item.ID, review.NotDuplicate, "", item.Digest); err != nil {
		t.Fatal(err)
	}
	o.save(edit("households", named("one more"), "head_name", unlike("one more"), "status", "idp", "area", o.area, "phone", "063 123 456"))
	count(0, "one more has it")
	o.save(edit("households", named("one more"), "deleted", true))
	count(pairs-1, "one less has it, and one pair was decided")
}

// Many come to have a key at once, in a long step of who waits: not all who have it are looked at then.
func TestAPhoneThatManyComeToHaveAtOnceIsNoHint(t *testing.T) {
	o := newOffice(t)
	register := func(name string, count int) (households []uuid.UUID) {
		var edits []engine.OfficeEdit
		for i := range count {
			id := named(fmt.Sprint(name, i))
			households = append(households, id)
			edits = append(edits, edit("households", id, "head_name", strings.ReplaceAll(id.String(), "-", ""), "status", "idp", "area", o.area, "phone", "063 123 456"))
		}
		o.save(edits...)
		return households
	}
	register("before", duplicates.Commonest)
	o.settle()
	if len(o.list(review.Open)) == 0 {
		t.Fatal("as many have the phone as may, and nothing is open")
	}
	o.engine.Close()
	o.start(nil)
	many := register("after", 5*duplicates.Commonest)
	err := o.store.Write(t.Context(), func(tx *store.Tx) error {
		seq, err := tx.Property(t.Context(), store.PropertySeq)
		return errors.Join(err, tx.SetProperty(t.Context(), "review_seq", seq), tx.AddDue(t.Context(), many))
	})
	if err != nil {
		t.Fatal(err)
	}
	o.settle()
	o.none("too many have the phone")
}

// Nothing of a household that is gone is kept to compare it by.
func TestADeletedHouseholdLeavesNoKey(t *testing.T) {
	o := newOffice(t)
	o.twice()
	keys := func() (n int) {
		err := o.store.Read(t.Context(), func(tx *store.Tx) error {
			kept, err := tx.HouseholdKeys(t.Context(), []uuid.UUID{named("first")})
			n = len(kept)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if keys() != 3 { // the phone, and two names in the village
		t.Errorf("there are %d keys, want 3", keys())
	}
	o.save(edit("people", named("p"), "household", named("first"), "name", "Ana", "document_number", "7"))
	if keys() != 4 {
		t.Errorf("with a document there are %d keys, want 4", keys())
	}
	o.save(edit("households", named("first"), "deleted", true))
	if keys() != 0 {
		t.Errorf("of a deleted household there are %d keys", keys())
	}
}

// What was there before the queue looked for duplicates is compared by and by, and while somebody waits.
func TestHouseholdsThatWereThereAreCompared(t *testing.T) {
	o := newOffice(t)
	o.engine.Close()
	o.start(nil)
	const families = 70
	var edits []engine.OfficeEdit
	for i := range families {
		for again := range 2 {
			name := fmt.Sprint(i, " for the ", again)
			edits = append(edits, edit("households", named(name), "head_name", unlike(name), "status", "idp", "area", o.area, "card_number", unlike(fmt.Sprint(i))))
		}
	}
	o.save(edits...)
	o.engine.Close()
	o.start(o.queue)
	o.waitFor(families)
	o.engine.Close()
	o.start(nil)
	o.save(edit("households", named("3 for the 1"), "card_number", ""))
	left := []int{}
	if n, err := o.queue.Scan(t.Context(), func(n int) { left = append(left, n) }); err != nil || n != 2*families {
		t.Errorf("%d households were compared: %v, want %d", n, err, 2*families)
	}
	if got := len(o.list(review.Open)); got != families-1 {
		t.Errorf("%d are open, want %d", got, families-1)
	}
}

func TestThePairIsShownWithItsPeople(t *testing.T) {
	o := newOffice(t)
	o.twice()
	o.save(edit("people", named("p"), "household", named("first"), "name", "Ana"), edit("people", named("q"), "household", named("second"), "name", "Ана"),
		edit("people", named("gone"), "household", named("second"), "name", "X", "deleted", true), o.delivery("d", "first", 1))
	got, err := o.queue.Show(t.Context(), o.only(review.Duplicate).ID)
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	for _, g := range got.Grounds {
		shown = append(shown, g.Collection+" "+g.Fields["name"].Text()+g.Fields["head_name"].Text()+" by "+g.AuthorName)
	}
	slices.Sort(shown)
	want := []string{"households Ђорђе Петрвић by Ana Admin", "households Đorđe Petrović by Ana Admin", "people Ana by Ana Admin", "people Ана by Ana Admin"}
	slices.Sort(want)
	if !slices.Equal(shown, want) || got.Grounds[0].Record != got.Record || got.Grounds[1].Record != *got.Subject {
		t.Errorf("shown are %q, want %q", shown, want)
	}
}
