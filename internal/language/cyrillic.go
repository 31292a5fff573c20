package language

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// inCyrillic gives texts in Serbian Latin script in Cyrillic script.
func inCyrillic(latin map[string]text) map[string]text {
	out := make(map[string]text, len(latin))
	for key, t := range latin {
		if t.plural == nil {
			out[key] = text{plain: ToCyrillic(t.plain)}
			continue
		}
		plural := make(map[string]string, len(t.plural))
		for form, variant := range t.plural {
			plural[form] = ToCyrillic(variant)
		}
		out[key] = text{plural: plural}
	}
	return out
}

// kept is what stays in Latin script: places for values, what stands in "straight quotes" to be typed so, names of files, programs
// and formats, abbreviations of Latin letters.
var kept = regexp.MustCompile(`\{[a-z_]+\}|"[^"]*"|\.(?:csv|xlsx)\b|\bdocs/[a-z]+\.md\b|\b(?:Satchel|Apache|Android|Chrome|Samsung|Excel|Power BI|OData|[Ww]ebhook|CSV|JSON|XLSX|GeoJSON|UTF-8|QR|PIN|CA|VPN|SHA-256|GPS|URL|HMAC|HTTPS?|JavaScript|Esc|Enter|Ctrl|Tab|GB|MB)\b`)

// ToCyrillic puts Serbian text in Latin script into Cyrillic script, letter by letter (Pravopis srpskoga jezika); lj, nj and
// dž are one letter each. The few words in which they are two, such as "injekcija", have to be said by whoever uses them.
func ToCyrillic(latin string) string {
	var out strings.Builder
	from := 0
	for _, at := range kept.FindAllStringIndex(latin, -1) {
		out.WriteString(transliterate(latin[from:at[0]]))
		out.WriteString(latin[at[0]:at[1]])
		from = at[1]
	}
	out.WriteString(transliterate(latin[from:]))
	return out.String()
}

// cyrillic has the letters. Digraphs come first: a replacer takes what it is given first where two fit.
var cyrillic = newCyrillic()

func newCyrillic() *strings.Replacer {
	lower := []string{
		"lj", "љ", "nj", "њ", "dž", "џ", "a", "а", "b", "б", "c", "ц", "č", "ч", "ć", "ћ", "d", "д", "đ", "ђ", "e", "е", "f", "ф",
		"g", "г", "h", "х", "i", "и", "j", "ј", "k", "к", "l", "л", "m", "м", "n", "н", "o", "о", "p", "п", "r", "р", "s", "с",
		"š", "ш", "t", "т", "u", "у", "v", "в", "z", "з", "ž", "ж",
	}
	var pairs []string
	for pair := range slices.Chunk(lower, 2) {
		latin, to := []rune(pair[0]), strings.ToUpper(pair[1])
		pairs = append(pairs, pair[0], pair[1], strings.ToUpper(pair[0]), to)
		if len(latin) == 2 {
			pairs = append(pairs, string(unicode.ToUpper(latin[0]))+string(latin[1]), to)
		}
	}
	return strings.NewReplacer(pairs...)
}

func transliterate(latin string) string { return cyrillic.Replace(latin) }
