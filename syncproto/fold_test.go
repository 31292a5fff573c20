package syncproto_test

import (
	"fmt"
	"testing"

	"satchel/syncproto"
)

func TestFoldIsBlindToScriptAndDiacritics(t *testing.T) {
	t.Parallel()
	for want, spellings := range map[string][]string{
		"dordevic":         {"Đorđević", "Djordjević", "Ђорђевић", "DJORDJEVIC", "Dordevic", "ЂОРЂЕВИЋ"},
		"ljiljana njegos":  {"Љиљана Његош", "Ljiljana Njegoš", "ǈiljana  ǋegoš", "ЉИЉАНА ЊЕГОШ"},
		"dzenana":          {"Dženana", "Џенана", "Dzenana", "ǅenana"},
		"zarko saric":      {"Жарко Шарић", "Žarko Šarić", "  žarko-šarić "},
		"curcija hodza":    {"Ћурчија Хоџа", "Ćurčija Hodža"},
		"bekim gecaj":      {"Bekim Gecaj", "Bëkim Geçaj", "BËKIM GEÇAJ"},
		"scepan":           {"Šćepan", "Шћепан", "S\u030cc\u0301epan"},
		"szasz odon":       {"Szász Ödön"},
		"srb 0123 45":      {"SRB-0123/45", " srb 0123.45 "},
		"abvgddezzijklljm": {"абвгдђежзијклљм", "abvgdđežzijklljm"},
		"njoprsctufhccdzs": {"њопрсћтуфхцчџш", "njoprsćtufhcčdžš"},
		"":                 {"", " - ", "!"},
	} {
		for _, spelling := range spellings {
			if got := syncproto.Fold(spelling); got != want {
				t.Errorf("the fold of %q is %q, want %q", spelling, got, want)
			}
		}
	}
}

func ExampleFold() {
	fmt.Println(syncproto.Fold("Ђорђе ПЕТРОВИЋ") == syncproto.Fold("Djordje Petrovic"))
	// Output: true
}
