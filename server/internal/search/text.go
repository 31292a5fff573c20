package search

import (
	"strings"
	"unicode/utf8"

	"satchel/syncproto"
)

// What stands between the parts of a text. None of it is in folded text, and all of it is before every letter. In a text
// there is a space before each word, so that a word that begins so is found by looking for the space and the word.
const (
	memberMark = "\x00" // begins each member
	partMark   = "\x01" // ends a part that is no number
	numberMark = "\n"   // stands on both sides of a number
)

// longestPart is how many bytes of a field are searched: hostile text must not fill the memory.
const longestPart = 200

// values gives the shown value of a field.
type values func(field string) syncproto.Value

// householdText gives what a household is found by, and how much of it, at its beginning, is the name.
func householdText(value values) (text string, name int) {
	head := part(value("head_name"))
	return head + partMark + part(value("address")) + partMark + number(value("card_number")) + phone(value("phone")), len(head)
}

// personText gives what a person is found by.
func personText(value values) string {
	return part(value("name")) + partMark + number(value("document_number")) + phone(value("phone"))
}

// part gives a text as it is searched.
func part(value syncproto.Value) string { return " " + syncproto.Fold(cut(value.Text())) }

// cut shortens a text to [longestPart], and to whole letters.
func cut(text string) string {
	if len(text) <= longestPart {
		return text
	}
	text = text[:longestPart]
	for !utf8.ValidString(text) {
		text = text[:len(text)-1]
	}
	return text
}

// number gives the words of a number and, where they are several, the number as who leaves out what stands between
// them types it.
func number(value syncproto.Value) string {
	words := part(value)
	if whole := " " + squash(words); whole != words {
		words += numberMark + whole
	}
	return marked(words)
}

// phone gives the digits of a phone number, of which everybody makes other groups.
func phone(value syncproto.Value) string { return marked(" " + squash(part(value))) }

// marked puts the marks around a number, if there is one.
func marked(number string) string {
	if number == " " {
		return ""
	}
	return numberMark + number + numberMark
}

// squash leaves out the spaces between words.
func squash(folded string) string { return strings.ReplaceAll(folded, " ", "") }

// Pairs are the pairs of letters that follow each other in a text, those of digits with what is before them, for all pairs of
// digits are everywhere. Each is one of so many bits: a text that lacks one of a word's does not have the word, and need not
// be read.
type pairs [4]uint64

func pairsOf(text string) (out pairs) {
	for i := 1; i < len(text); i++ {
		a, b := text[i-1], text[i]
		key := uint32(a)<<8 | uint32(b)
		if digit(a) && digit(b) {
			if i == 1 {
				continue
			}
			key |= uint32(text[i-2]) << 16
		}
		if a > ' ' && b > ' ' {
			bit := key * 2654435761 >> 24
			out[bit>>6] |= 1 << (bit & 63)
		}
	}
	return out
}

func digit(letter byte) bool { return '0' <= letter && letter <= '9' }

// has reports whether all of some pairs are there.
func (p *pairs) has(some *pairs) bool {
	return (some[0]&^p[0])|(some[1]&^p[1])|(some[2]&^p[2])|(some[3]&^p[3]) == 0
}

// Firsts are the letters with which the words of a text begin, each as one of so many bits.
type firsts uint64

func firstsOf(text string) (out firsts) {
	for i := 1; i < len(text); i++ {
		if text[i-1] == ' ' {
			out |= firstOf(text[i])
		}
	}
	return out
}

func firstOf(letter byte) firsts {
	switch {
	case 'a' <= letter && letter <= 'z':
		return 1 << (letter - 'a')
	case digit(letter):
		return 1 << (letter - '0' + 26)
	}
	return 1 << 63 // of another script
}
