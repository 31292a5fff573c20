package accounts

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxName is the most characters of a login, and of the name of a person or device.
const maxName = 100

// plainName gives a login or name as it is kept: however it was typed, it is the same.
func plainName(text string) string { return norm.NFC.String(strings.TrimSpace(text)) }

// isName reports whether a text can be a login or name: every database takes it, and a terminal that
// shows it does nothing else.
func isName(text string) bool {
	return text != "" && utf8.ValidString(text) && utf8.RuneCountInString(text) <= maxName && !strings.ContainsFunc(text, unicode.IsControl)
}
