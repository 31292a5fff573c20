package syncproto

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// plainlyCanonical reports whether a text is a value in canonical form that a look at each of its bytes shows to
// be one. Nearly all values are such, and it is a twentieth of the work of bringing them into that form; of the
// others (with an escape, or not in canonical form) it says no.
func plainlyCanonical(text string) bool {
	rest, ok := cutValue(text, 0)
	return ok && rest == ""
}

// cutValue cuts the value off that a text starts with, which lies in so many others.
func cutValue(text string, depth int) (rest string, ok bool) {
	if text == "" {
		return "", false
	}
	switch text[0] {
	case '"':
		_, rest, ok = cutText(text)
		return rest, ok
	case '{':
		return cutObject(text[1:], depth+1)
	case '[':
		return cutArray(text[1:], depth+1)
	}
	for _, word := range []Value{Null, True, False} {
		if rest, ok = strings.CutPrefix(text, string(word)); ok {
			return rest, true
		}
	}
	return cutNumber(text)
}

// cutText cuts a string off that has no escape, and gives what it holds.
func cutText(text string) (held, rest string, ok bool) {
	ascii := true
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			held, rest = text[1:i], text[i+1:]
			return held, rest, ascii || utf8.ValidString(held) && norm.NFC.IsNormalString(held)
		case c == '\\' || c < ' ':
			return "", "", false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return "", "", false
}

// cutObject cuts the rest of an object off, whose members have to be sorted.
func cutObject(text string, depth int) (rest string, ok bool) {
	if depth > MaxNesting {
		return "", false
	}
	if rest, ok = strings.CutPrefix(text, "}"); ok {
		return rest, true
	}
	for before, first := "", true; ; first = false {
		if text == "" || text[0] != '"' {
			return "", false
		}
		var name string
		if name, text, ok = cutText(text); !ok || !first && name <= before || text == "" || text[0] != ':' {
			return "", false
		}
		if text, ok = cutValue(text[1:], depth); !ok || text == "" {
			return "", false
		}
		if text[0] != ',' {
			return text[1:], text[0] == '}'
		}
		before, text = name, text[1:]
	}
}

// cutArray cuts the rest of an array off.
func cutArray(text string, depth int) (rest string, ok bool) {
	if depth > MaxNesting {
		return "", false
	}
	if rest, ok = strings.CutPrefix(text, "]"); ok {
		return rest, true
	}
	for {
		if text, ok = cutValue(text, depth); !ok || text == "" {
			return "", false
		}
		if text[0] != ',' {
			return text[1:], text[0] == ']'
		}
		text = text[1:]
	}
}

// cutNumber cuts a number off, which JSON writes as -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?.
func cutNumber(text string) (rest string, ok bool) {
	text = strings.TrimPrefix(text, "-")
	whole, rest := cutDigits(text)
	if whole == 0 || whole > 1 && text[0] == '0' {
		return "", false
	}
	if rest != "" && rest[0] == '.' {
		digits := 0
		if digits, rest = cutDigits(rest[1:]); digits == 0 {
			return "", false
		}
	}
	if rest != "" && (rest[0] == 'e' || rest[0] == 'E') {
		rest = rest[1:]
		if rest != "" && (rest[0] == '+' || rest[0] == '-') {
			rest = rest[1:]
		}
		digits := 0
		if digits, rest = cutDigits(rest); digits == 0 {
			return "", false
		}
	}
	return rest, true
}

// cutDigits cuts the digits off that a text starts with, and counts them.
func cutDigits(text string) (count int, rest string) {
	for count < len(text) && '0' <= text[count] && text[count] <= '9' {
		count++
	}
	return count, text[count:]
}
