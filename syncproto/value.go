package syncproto

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"
)

// A Value is what a field holds, as canonical JSON text: no white space, object members sorted by
// name, text in Unicode NFC without NUL, numbers as they were written. Two values are equal if and
// only if their texts are. The empty Value is no value at all; a cleared field holds [Null].
type Value string

// Values that need no encoding.
const (
	Null  Value = "null"
	True  Value = "true"
	False Value = "false"
)

// ErrNotCanonical means that a text is JSON but not in the one form that a [Value] has.
var ErrNotCanonical = errors.New("the value is not in canonical form (compact JSON, sorted members, NFC text)")

// ValueOf encodes x, as encoding/json does, in canonical form.
func ValueOf(x any) (Value, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(x); err != nil {
		return "", fmt.Errorf("encode a value: %w", err)
	}
	return Canonical(buf.Bytes())
}

// Canonical brings one JSON text into canonical form. It fails on text that is not JSON in UTF-8, that
// holds half of a surrogate pair, a NUL or a repeated member, or that nests deeper than [MaxNesting].
func Canonical(text []byte) (Value, error) {
	if v := Value(text); plainlyCanonical(string(v)) {
		return v, nil
	}
	return canonicalForm(text)
}

// canonicalForm is [Canonical] for texts that need more than a look.
func canonicalForm(text []byte) (Value, error) {
	if err := checkUnicode(text); err != nil {
		return "", err
	}
	text = bytes.Trim(text, " \t\r\n")
	if len(text) > 0 && strings.IndexByte(`{["`, text[0]) < 0 && json.Valid(text) {
		return Value(text), nil // a number or a word has no other form
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var out strings.Builder
	if err := canonical(dec, &out, 0); err != nil {
		return "", err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return "", errors.New("there is something behind the JSON value")
	}
	return Value(out.String()), nil
}

// checkUnicode says whether a JSON text stands for Unicode text. A decoder would put a replacement
// character for what does not, and two different values would become one.
func checkUnicode(text []byte) error {
	if !utf8.Valid(text) {
		return errors.New("the value is not UTF-8")
	}
	high := false // whether an escape that is the first half of a pair has just gone by
	for at := 0; at < len(text); {
		r, size := escape(text[at:])
		low := 0xdc00 <= r && r <= 0xdfff
		if high != low {
			return errors.New("the value holds half of a surrogate pair")
		}
		high = 0xd800 <= r && r <= 0xdbff
		at += size
	}
	if high {
		return errors.New("the value holds half of a surrogate pair")
	}
	return nil
}

// escape gives the character of a \u escape that the text starts with, and how long it is; or no
// character, and how long the text is up to where the next escape may be.
func escape(text []byte) (r rune, size int) {
	if text[0] != '\\' {
		if next := bytes.IndexByte(text, '\\'); next > 0 {
			return 0, next
		}
		return 0, len(text)
	}
	if len(text) < 6 || text[1] != 'u' {
		return 0, min(2, len(text))
	}
	code, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	if err != nil {
		return 0, 2
	}
	return rune(code), 6
}

// canonical copies the next value of dec, which lies in so many others, to out.
func canonical(dec *json.Decoder, out *strings.Builder, depth int) error {
	token, err := dec.Token()
	if err != nil {
		return fmt.Errorf("the value is not JSON: %w", err)
	}
	switch t := token.(type) {
	case json.Delim:
		if depth == MaxNesting {
			return fmt.Errorf("the value nests deeper than %d levels", MaxNesting)
		}
		if t == '{' {
			return canonicalObject(dec, out, depth)
		}
		return canonicalArray(dec, out, depth)
	case string:
		return writeText(out, t)
	case json.Number:
		out.WriteString(t.String())
	case bool:
		fmt.Fprint(out, t)
	default:
		out.WriteString("null")
	}
	return nil
}

func canonicalArray(dec *json.Decoder, out *strings.Builder, depth int) error {
	out.WriteByte('[')
	for i := 0; dec.More(); i++ {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := canonical(dec, out, depth+1); err != nil {
			return err
		}
	}
	out.WriteByte(']')
	return closing(dec)
}

func canonicalObject(dec *json.Decoder, out *strings.Builder, depth int) error {
	members := map[string]string{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return fmt.Errorf("the value is not JSON: %w", err)
		}
		name := norm.NFC.String(token.(string)) // a member's name is always a string
		if _, again := members[name]; again {
			return errors.New("a member is there twice")
		}
		var member strings.Builder
		if err := canonical(dec, &member, depth+1); err != nil {
			return err
		}
		members[name] = member.String()
	}
	out.WriteByte('{')
	for i, name := range sortedKeys(members) {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := writeText(out, name); err != nil {
			return err
		}
		out.WriteByte(':')
		out.WriteString(members[name])
	}
	out.WriteByte('}')
	return closing(dec)
}

// closing consumes the bracket that ends an array or object.
func closing(dec *json.Decoder) error {
	if _, err := dec.Token(); err != nil {
		return fmt.Errorf("the value is not JSON: %w", err)
	}
	return nil
}

// writeText writes text in NFC as a JSON string.
func writeText(out *strings.Builder, text string) error {
	if strings.IndexByte(text, 0) >= 0 {
		return errors.New("the text holds a NUL character")
	}
	quote(out, norm.NFC.String(text))
	return nil
}

// quote writes a JSON string that escapes only what JSON says must be escaped.
func quote(out *strings.Builder, text string) {
	out.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			out.WriteByte('\\')
			out.WriteRune(r)
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\r':
			out.WriteString(`\r`)
		case r == '\t':
			out.WriteString(`\t`)
		case r == '\b':
			out.WriteString(`\b`)
		case r == '\f':
			out.WriteString(`\f`)
		case r < 0x20:
			fmt.Fprintf(out, `\u%04x`, r)
		default:
			out.WriteRune(r)
		}
	}
	out.WriteByte('"')
}

// Check reports whether v is in canonical form and at most [MaxValueBytes] long.
func (v Value) Check() error {
	if len(v) > MaxValueBytes {
		return fmt.Errorf("the value is %d bytes long, %d is the most", len(v), MaxValueBytes)
	}
	if plainlyCanonical(string(v)) {
		return nil
	}
	same, err := canonicalForm([]byte(v))
	if err != nil {
		return err
	}
	if same != v {
		return ErrNotCanonical
	}
	return nil
}

// IsNull reports whether v holds nothing: a cleared field or no value at all.
func (v Value) IsNull() bool { return v == Null || v == "" }

// Text gives the text in v, or "" if v is not text.
func (v Value) Text() string {
	if n := len(v); n > 1 && v[0] == '"' && v[n-1] == '"' && plainText(string(v[1:n-1])) {
		return string(v[1 : n-1])
	}
	var s string
	if json.Unmarshal([]byte(v), &s) != nil {
		return ""
	}
	return s
}

// ID gives the UUID in v, or [uuid.Nil] if v is not one as it is written everywhere; see [ParseID].
func (v Value) ID() uuid.UUID {
	id, err := ParseID(v.Text())
	if err != nil {
		return uuid.Nil
	}
	return id
}

// MarshalJSON gives the text of the value itself.
func (v Value) MarshalJSON() ([]byte, error) {
	if v == "" {
		return []byte("null"), nil
	}
	return []byte(v), nil
}

// UnmarshalJSON takes any JSON text as it stands, without bringing it into canonical form.
func (v *Value) UnmarshalJSON(text []byte) error {
	*v = Value(text)
	return nil
}
