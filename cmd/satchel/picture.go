package main

import (
	"strings"

	"rsc.io/qr"
)

// The colours of a picture, black on white whatever the terminal's are, and back to these.
const (
	pictureColours  = "\x1b[38;5;16;48;5;231m"
	terminalColours = "\x1b[0m"
)

// quiet is the margin, in modules, that a scanner needs.
const quiet = 4

// picture draws text as a QR code for a terminal, two rows of modules on each line; "" if the text is
// too long for one.
func picture(text string) string {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return ""
	}
	var out strings.Builder
	for y := -quiet; y < code.Size+quiet; y += 2 {
		out.WriteString(pictureColours)
		for x := -quiet; x < code.Size+quiet; x++ {
			out.WriteRune(halves(code.Black(x, y), code.Black(x, y+1)))
		}
		out.WriteString(terminalColours + "\n")
	}
	return out.String()
}

// halves gives the character whose upper and lower halves are black.
func halves(upper, lower bool) rune {
	switch {
	case upper && lower:
		return '█'
	case upper:
		return '▀'
	case lower:
		return '▄'
	}
	return ' '
}
