package syncproto

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// The functions of this file cut JSON text that is known to be valid into its parts without copying
// it, and stop before they allocate for more parts than are allowed.

// A member is one member of a JSON object: its name, and the text of its value.
type member struct {
	name, text string
}

func byName(a, b member) int { return strings.Compare(a.name, b.name) }

// elements cuts an array into the texts of its elements.
func elements(array string, most int) ([]string, error) {
	var out []string
	for at := skipSpace(array, 1); array[at] != ']'; at = skipComma(array, at) {
		if len(out) == most {
			return nil, fmt.Errorf("it has more than %d elements", most)
		}
		end := valueEnd(array, at)
		out = append(out, array[at:end])
		at = end
	}
	return out, nil
}

// members cuts an object into its members, which have to differ in name.
func members(object string, most int) ([]member, error) {
	var out []member
	names := map[string]bool{}
	for at := skipSpace(object, 1); object[at] != '}'; at = skipComma(object, at) {
		if len(out) == most {
			return nil, fmt.Errorf("it has more than %d members", most)
		}
		end := valueEnd(object, at)
		name, err := unquote(object[at:end])
		if err != nil {
			return nil, err
		}
		if names[name] {
			return nil, errors.New("it has a member twice")
		}
		names[name] = true
		at = skipSpace(object, end)  // to the colon
		at = skipSpace(object, at+1) // to the value
		end = valueEnd(object, at)   // behind the value
		out = append(out, member{name: name, text: object[at:end]})
		at = end
	}
	return out, nil
}

// unquote gives what a JSON string holds.
func unquote(literal string) (string, error) {
	if strings.IndexByte(literal, '\\') < 0 {
		return literal[1 : len(literal)-1], nil
	}
	var s string
	err := json.Unmarshal([]byte(literal), &s)
	return s, err
}

func skipSpace(text string, at int) int {
	for text[at] == ' ' || text[at] == '\t' || text[at] == '\r' || text[at] == '\n' {
		at++
	}
	return at
}

// skipComma goes from behind a value to the next one, or to the closing bracket.
func skipComma(text string, at int) int {
	at = skipSpace(text, at)
	if text[at] == ',' {
		at = skipSpace(text, at+1)
	}
	return at
}

// valueEnd gives where the value that starts at a place ends.
func valueEnd(text string, at int) int {
	depth := 0
	for {
		switch text[at] {
		case '"':
			at = stringEnd(text, at)
		case '{', '[':
			depth++
			at++
		case '}', ']':
			depth--
			at++
		case ',', ':', ' ', '\t', '\r', '\n':
			at++
		default:
			at += wordLength(text[at:])
		}
		if depth == 0 {
			return at
		}
	}
}

// stringEnd gives where the string that starts at a place ends.
func stringEnd(text string, at int) int {
	for at++; text[at] != '"'; at++ {
		if text[at] == '\\' {
			at++
		}
	}
	return at + 1
}

// wordLength gives the length of the number or word that the text starts with.
func wordLength(text string) int {
	if end := strings.IndexAny(text, ",:]} \t\r\n"); end >= 0 {
		return end
	}
	return len(text)
}
