package syncproto

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold brings text into the form in which names are compared: lower case, without diacritics, in Latin
// script, words of letters and digits with one space between them. Two spellings of one name give the
// same: Serbian and Montenegrin in Cyrillic, in Latin, and in Latin typed without diacritics; Albanian
// with and without ë and ç. Đ, Dj and Ђ are all folded to d, because who has no đ types either. Letters
// of other Cyrillic alphabets become the nearest Latin ones, and letters of other scripts stay.
func Fold(text string) string {
	var out strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(strings.ToLower(text)) {
		switch folded := foldRune(r); {
		case unicode.Is(unicode.Mn, r), r == 'ь', r == 'ъ':
			// an accent, or a sign that only says how the letter before it sounds
		case folded == "":
			gap = out.Len() > 0
		default:
			if gap {
				out.WriteByte(' ')
				gap = false
			}
			out.WriteString(folded)
		}
	}
	return strings.ReplaceAll(out.String(), "dj", "d")
}

// foldRune gives the Latin form of one lower-case letter or digit without diacritics, "" for anything
// else. Letters whose Cyrillic form is one base letter with a diacritic (й, ё, ѓ, ќ) come here as the
// base letter.
func foldRune(r rune) string {
	switch {
	case r >= 'а' && r <= 'я':
		return foldCyrillic(r - 'а')
	case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)):
		return string(r)
	}
	switch r {
	case 'đ', 'ð', 'ђ':
		return "d"
	case 'ј':
		return "j"
	case 'љ':
		return "lj"
	case 'њ':
		return "nj"
	case 'ћ':
		return "c"
	case 'џ', 'ѕ':
		return "dz"
	case 'є':
		return "e"
	case 'і', 'ı':
		return "i"
	case 'ł':
		return "l"
	case 'ø':
		return "o"
	case 'æ':
		return "ae"
	case 'œ':
		return "oe"
	case 'ß':
		return "ss"
	}
	if unicode.IsLetter(r) || unicode.IsDigit(r) {
		return string(r)
	}
	return ""
}

// foldCyrillic gives the Latin form of the n-th letter from а to я, without diacritics.
func foldCyrillic(n rune) string {
	return [...]string{
		"a", "b", "v", "g", "d", "e", "z", "z", "i", "i", "k", "l", "m", "n", "o", "p",
		"r", "s", "t", "u", "f", "h", "c", "c", "s", "st", "", "i", "", "e", "ju", "ja",
	}[n]
}
