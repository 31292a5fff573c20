package truth_test

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"satchel/internal/duplicates"
	"satchel/internal/duplicates/truth"
)

func measure(t *testing.T, s truth.Set) truth.Figures {
	t.Helper()
	figures, _, err := truth.Measure(t.Context(), duplicates.DefaultWeights(), s, []float64{duplicates.Threshold}, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	return figures[0]
}

func TestTheSeedDecidesWhichFamiliesThereAre(t *testing.T) {
	if !reflect.DeepEqual(truth.MakeUp(1, 100), truth.MakeUp(1, 100)) {
		t.Error("the same seed makes up different families")
	}
	if reflect.DeepEqual(truth.MakeUp(1, 100), truth.MakeUp(2, 100)) {
		t.Error("different seeds make up the same families")
	}
	if got := len(truth.MakeUp(1, 100).Households); got != 100 {
		t.Errorf("%d households instead of 100", got)
	}
}

func TestNineOfTenDuplicatesAreFoundAndFewOthers(t *testing.T) {
	got := measure(t, truth.MakeUp(7, 6000))
	if got.Pairs < 200 || got.Precision < 0.85 || got.Recall < 0.9 {
		t.Errorf("%+v", got)
	}
}

func TestPairsAreCountedOnce(t *testing.T) {
	h := duplicates.Household{Card: "RL-12345", Head: "Ana Anić", Phone: "063 123 456"}
	var s truth.Set
	for i, family := range []string{"a", "a", "a", "b"} {
		h.ID[0] = byte(i + 1)
		s.Households, s.Families = append(s.Households, h), append(s.Families, family)
	}
	want := truth.Figures{Threshold: duplicates.Threshold, Pairs: 3, Found: 6, Right: 3, Precision: 0.5, Recall: 1}
	if got := measure(t, s); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestATableThatIsWrittenAndReadMeasuresTheSame(t *testing.T) {
	made := truth.MakeUp(9, 1500)
	var text bytes.Buffer
	if err := truth.Write(&text, made); err != nil {
		t.Fatal(err)
	}
	read, err := truth.Read(&text)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := measure(t, read), measure(t, made); got != want || want.Right == 0 {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestATableThatCannotBeReadSaysWhere(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "EOF",
		"head_name\nAna":                        "no column truth",
		"truth,head_name\na":                    "line 2",
		"truth,position_lat\na,43":              "line 2",
		"truth,members\na,Ana|1970\nb,Ana|once": "line 3",
	} {
		if _, err := truth.Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want it to name %q", text, err, want)
		}
	}
}

func TestASearchThatIsBrokenOffEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	looked := 0
	_, _, err := truth.Measure(ctx, duplicates.DefaultWeights(), truth.MakeUp(1, 100), []float64{0}, func(done int) {
		looked = done
		cancel()
	})
	if !errors.Is(err, context.Canceled) || looked != 1 {
		t.Errorf("it looked at %d households: %v", looked, err)
	}
}
