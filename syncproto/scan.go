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

// ReadValues is the inverse of [AppendValues]: it cuts an object into its members without copying them.
func ReadValues(object string) (map[string]Value, error) {
	if !json.Valid([]byte(object)) || object[0] != '{' {
		return nil, errors.New("it is not a JSON object")
	}
	list, err := members(object, MaxRecordBytes)
	out := make(map[string]Value, len(list))
	for _, m := range list {
		out[m.name] = Value(m.text)
	}
	return out, err
}

// ReadList cuts a JSON array into the texts of its elements without copying them.
func ReadList(array string) ([]string, error) {
	if !json.Valid([]byte(array)) || array[0] != '[' {
		return nil, errors.New("it is not a JSON array")
	}
	return elements(array, MaxRecordBytes)
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
	out := make([]member, 0, 16)
	for at := skipSpace(object, 1); object[at] != '}'; at = skipComma(object, at) {
		if len(out) == most {
			return nil, fmt.Errorf("it has more than %d members", most)
		}
		end := valueEnd(object, at)
		name, err := unquote(object[at:end])
		if err != nil {
			return nil, err
		}
		at = skipSpace(object, end)  // to the colon
		at = skipSpace(object, at+1) // to the value
		end = valueEnd(object, at)   // behind the value
		out = append(out, member{name: name, text: object[at:end]})
		at = end
	}
	if !differ(out) {
		return nil, errors.New("it has a member twice")
	}
	return out, nil
}

// differ reports whether no two members have one name.
func differ(list []member) bool {
	sorted := true
	for i := 1; i < len(list) && sorted; i++ {
		sorted = list[i-1].name < list[i].name
	}
	if sorted { // as nearly all are
		return true
	}
	names := make(map[string]bool, len(list))
	for _, m := range list {
		names[m.name] = true
	}
	return len(names) == len(list)
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
