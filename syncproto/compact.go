package syncproto

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/google/uuid"
)

// The functions of this file append compact JSON to a text: what json.Encoder writes without escaping for HTML,
// in a fraction of the time, because they are told what they write. Every change and every record goes through
// them several times.

// texts are those that were hashed: the next one is written over them.
var texts = sync.Pool{New: func() any { return new([]byte) }}

// maxKeptText is how long a text may be to be written over: one of an ordinary record, and not of the largest.
const maxKeptText = 16 << 10

// hashed gives the SHA-256 of what a function appends.
func hashed(write func(out []byte) []byte) [sha256.Size]byte {
	text := texts.Get().(*[]byte)
	*text = write((*text)[:0])
	sum := sha256.Sum256(*text)
	if len(*text) <= maxKeptText {
		texts.Put(text)
	}
	return sum
}

// AppendText appends a JSON string that escapes what JSON says must be escaped, and the two line separators of
// Unicode.
func AppendText(out []byte, text string) []byte {
	if !plainText(text) {
		return appendEscaped(out, text)
	}
	out = append(out, '"')
	out = append(out, text...)
	return append(out, '"')
}

// plainText reports whether a text needs no escape: it has no control character, quote, backslash, nor bytes that
// are the beginning of a line separator or no text.
func plainText(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c == 0xe2 {
			return false
		}
	}
	return utf8.ValidString(text)
}

func appendEscaped(out []byte, text string) []byte {
	var quoted strings.Builder
	enc := json.NewEncoder(&quoted)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(text); err != nil {
		panic(err) // a string can always be encoded
	}
	return append(out, strings.TrimSuffix(quoted.String(), "\n")...)
}

// AppendValue appends a value without white space, "" as null.
func AppendValue(out []byte, v Value) []byte {
	switch {
	case v == "":
		return append(out, Null...)
	case spaceless(v):
		return append(out, v...)
	}
	var short bytes.Buffer
	if json.Compact(&short, []byte(v)) != nil {
		return append(out, v...) // it is no JSON: whoever reads the text will say so
	}
	return append(out, short.Bytes()...)
}

// spaceless reports whether a value has no white space but, perhaps, in a text by itself.
func spaceless(v Value) bool {
	spaces := 0
	for i := range len(v) {
		switch v[i] {
		case '\t', '\n', '\r':
			return false
		case ' ':
			spaces++
		}
	}
	return spaces == 0 || v[0] == '"' && v[len(v)-1] == '"'
}

// AppendValues appends an object of values with sorted members.
func AppendValues(out []byte, by map[string]Value) []byte {
	return appendObject(out, by, AppendValue)
}

// appendObject appends an object with sorted members.
func appendObject[V any](out []byte, by map[string]V, value func([]byte, V) []byte) []byte {
	out = append(out, '{')
	for i, name := range sortedKeys(by) {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(AppendText(out, name), ':')
		out = value(out, by[name])
	}
	return append(out, '}')
}

// appendVersions appends an array of versions in text form.
func appendVersions(out []byte, list []Version) []byte {
	out = append(out, '[')
	for i, v := range list {
		if i > 0 {
			out = append(out, ',')
		}
		out = v.quote(out)
	}
	return append(out, ']')
}

// quote appends a version in text form, as a JSON string.
func (v Version) quote(out []byte) []byte {
	return append(v.append(append(out, '"')), '"')
}

// appendID appends a UUID as a JSON string.
func appendID(out []byte, id uuid.UUID) []byte {
	return append(appendHex(append(out, '"'), id), '"')
}

// appendHex appends the text form of a UUID.
func appendHex(out []byte, id uuid.UUID) []byte {
	const digits = "0123456789abcdef"
	for i, b := range id {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			out = append(out, '-')
		}
		out = append(out, digits[b>>4], digits[b&15])
	}
	return out
}
