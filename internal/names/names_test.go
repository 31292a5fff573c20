package names_test

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"satchel/internal/names"
)

func TestTheSeedDecidesWhoIsMadeUp(t *testing.T) {
	people := func(seed uint64) (out []string) {
		n := names.New(rand.New(rand.NewPCG(seed, 1)))
		for range 50 {
			kin := n.Kin()
			out = append(out, n.Name(kin, true), n.Name(kin, false), n.Phone())
		}
		return out
	}
	if !reflect.DeepEqual(people(1), people(1)) {
		t.Error("the same seed makes up different people")
	}
	if reflect.DeepEqual(people(1), people(2)) {
		t.Error("different seeds make up the same people")
	}
	for _, text := range people(1) {
		if strings.HasPrefix(text, "+") && !strings.HasPrefix(text, "+381 60 000 ") {
			t.Errorf("%s could be somebody's number", text)
		}
	}
}

func TestSerbianIsWrittenInCyrillicLetterByLetter(t *testing.T) {
	if got, want := names.InCyrillic("Ljiljana Džamija Njegoš Đorđević Žćčš"), "Љиљана Џамија Његош Ђорђевић Жћчш"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
