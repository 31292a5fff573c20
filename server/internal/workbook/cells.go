package workbook

import (
	"encoding/xml"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// uncalculated stands in a cell for what a formula comes to whose file does not say it.
const uncalculated = "#CALC!"

// OnlyShown stands in a cell for a number with digits around it that only its format has: it is not what people see.
const OnlyShown = "#FORMAT!"

// noValues are what spreadsheets write where there is no value.
var noValues = []string{"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#GETTING_DATA", uncalculated}

// NoValue reports whether the text of a cell is one by which a spreadsheet says that there is no value: an error, or a
// formula that was never worked out.
func NoValue(text string) bool { return slices.Contains(noValues, strings.ToUpper(text)) }

// A look is what the style of a cell says of a number in it.
type look struct {
	// day says that it counts days.
	day bool
	// digits is how many digits it is filled up to with zeros, as card numbers are; 0 if it is not.
	digits int
	// onlyShown says that digits of the format come to it too.
	onlyShown bool
}

// readLooks reads how cells look.
func (b *book) readLooks() error {
	part := b.linked(kind("/styles"))
	if part == "" {
		return nil
	}
	var styles struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Looks []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := b.whole(part, &styles); err != nil {
		return err
	}
	if len(styles.Looks) > maxLooks {
		return errors.New("the cells of the workbook look too different; copy the table into a workbook of its own")
	}
	codes := map[int]string{}
	for _, f := range styles.Formats {
		codes[f.ID] = f.Code
	}
	for _, l := range styles.Looks {
		code, own := codes[l.Format]
		b.looks = append(b.looks, lookOf(l.Format, code, own))
	}
	return nil
}

var (
	// inert is what a format writes as it stands, and what it says of colour and language.
	inert = regexp.MustCompile(`"[^"]*"|\\.|_.|\*.|\[[^\]]*\]`)
	// section is what a format says of positive numbers, up to the first semicolon that is not written as it stands.
	section = regexp.MustCompile(`^(?:"[^"]*"|[\\_*].|[^;"\\_*])*`)
	zeros   = regexp.MustCompile(`^0{2,}$`)
	counts  = regexp.MustCompile(`(?i)[ymdhs]`)
)

// lookOf reads a number format: one that the file brings along, or one of those that every program knows.
func lookOf(id int, code string, own bool) look {
	if !own {
		// 14 to 22 and 45 to 47 everywhere; 27 to 36 and 50 to 58 where Chinese, Japanese, Korean or Thai is spoken
		return look{day: 14 <= id && id <= 22 || 27 <= id && id <= 36 || 45 <= id && id <= 47 || 50 <= id && id <= 58}
	}
	first := section.FindString(code)
	rest := strings.ReplaceAll(inert.ReplaceAllString(first, ""), " ", "")
	if zeros.MatchString(rest) {
		return look{digits: len(rest), onlyShown: slices.ContainsFunc(inert.FindAllString(first, -1), writesDigit)}
	}
	return look{day: counts.MatchString(rest)}
}

// writesDigit reports whether something inert is text with a digit, which a person would read as one of the cell's.
func writesDigit(part string) bool {
	return (part[0] == '"' || part[0] == '\\') && strings.ContainsAny(part, "0123456789")
}

// A run is text that may be in pieces of different looks.
type run struct {
	Text   string `xml:"t"`
	Pieces []struct {
		Text string `xml:"t"`
	} `xml:"r"`
}

func (r run) String() string {
	text := r.Text
	for _, p := range r.Pieces {
		text += p.Text
	}
	return unescaped(text)
}

var escape = regexp.MustCompile(`_x[0-9a-fA-F]{4}_`)

// unescaped puts in the characters that XML cannot have, which spreadsheets write as _x000D_.
func unescaped(text string) string {
	return escape.ReplaceAllStringFunc(text, func(e string) string {
		code, err := strconv.ParseUint(e[2:6], 16, 16)
		if r := rune(code); err == nil && utf8.ValidRune(r) {
			return string(r)
		}
		return e // half of a character is none
	})
}

// readTexts reads the texts that cells name by their number.
func (b *book) readTexts() error {
	part := b.linked(kind("/sharedStrings"))
	if part == "" {
		return nil
	}
	return b.read(part, MaxUnzipped, maxElement, func(d *decoder) error {
		return d.walk(func(start xml.StartElement) (bool, error) {
			if start.Name.Local != "si" {
				return false, nil
			}
			var text run
			err := d.DecodeElement(&text, &start)
			if b.texts = append(b.texts, text.String()); len(b.texts) > maxTexts {
				err = fmt.Errorf("the workbook has more than %d texts; cut it into several", maxTexts)
			}
			return true, err
		})
	})
}

// A cell is one as the file has it.
type cell struct {
	Place   string  `xml:"r,attr"`
	Type    string  `xml:"t,attr"`
	Look    int     `xml:"s,attr"`
	Value   string  `xml:"v"`
	Formula *string `xml:"f"`
	Inline  run     `xml:"is"`
}

// A sheetRow is the row that is under way.
type sheetRow struct {
	number int // 0 before the first
	column int // that of the last cell
	cells  []string
}

// readRows gives the rows of a sheet.
func (b *book) readRows(d *decoder, row func(number int, cells []string) error) error {
	var now sheetRow
	err := d.walk(func(start xml.StartElement) (bool, error) {
		switch {
		case start.Name.Local == "row" && d.in("sheetData"):
			if now.number > 0 {
				if err := row(now.number, now.cells); err != nil {
					return false, err
				}
			}
			number, err := rowNumber(start, now.number)
			now = sheetRow{number: number}
			return false, err
		case start.Name.Local == "c" && d.in("sheetData", "row"):
			var c cell
			if err := d.DecodeElement(&c, &start); err != nil {
				return true, err
			}
			return true, b.add(&now, c)
		}
		return false, nil
	})
	if err == nil && now.number > 0 {
		err = row(now.number, now.cells)
	}
	return err
}

// rowNumber gives the number of a row; one that has none follows the last.
func rowNumber(start xml.StartElement, last int) (int, error) {
	at := slices.IndexFunc(start.Attr, func(a xml.Attr) bool { return a.Name.Local == "r" })
	if at < 0 {
		return last + 1, nil
	}
	n, err := strconv.Atoi(start.Attr[at].Value)
	if err != nil || n <= last || n > maxRows {
		return 0, errBroken
	}
	return n, nil
}

// add adds a cell to its row; one without a place follows the last.
func (b *book) add(to *sheetRow, c cell) error {
	column := to.column + 1
	if c.Place != "" {
		var err error
		if column, _, err = excelize.CellNameToCoordinates(c.Place); err != nil || column <= to.column {
			return errBroken
		}
	}
	to.column = column
	text, err := b.text(c)
	if err != nil || text == "" {
		return err
	}
	if column > MaxColumns {
		return fmt.Errorf("the sheet has something behind its column %d; leave out what is not needed", MaxColumns)
	}
	to.cells = append(to.cells, make([]string, column-1-len(to.cells))...)
	to.cells = append(to.cells, text)
	return nil
}

// text gives what a cell holds as people would write it.
func (b *book) text(c cell) (string, error) {
	switch c.Type {
	case "s":
		n, err := strconv.Atoi(c.Value)
		if err != nil || n < 0 || n >= len(b.texts) {
			return "", errBroken
		}
		return b.texts[n], nil
	case "inlineStr":
		return c.Inline.String(), nil
	case "str":
		return unescaped(c.Value), nil
	case "b":
		return strconv.FormatBool(isTrue(c.Value)), nil
	case "e":
		return c.Value, nil
	case "d": // a day in the form of ISO 8601
		day, _ := strings.CutSuffix(c.Value, "T00:00:00")
		return strings.Replace(day, "T", " ", 1), nil
	}
	if c.Value == "" && c.Formula != nil {
		return uncalculated, nil
	}
	return b.number(c), nil
}

// plain is a whole number that is written out.
var plain = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)

// exactDigits is how many digits of a number Excel shows; behind them it keeps what is left over from calculating.
const exactDigits = 15

func (b *book) number(c cell) string {
	n, err := strconv.ParseFloat(c.Value, 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return c.Value
	}
	var l look
	if 0 <= c.Look && c.Look < len(b.looks) {
		l = b.looks[c.Look]
	}
	switch {
	case l.day:
		return b.day(n, c.Value)
	case l.onlyShown:
		return OnlyShown
	}
	text := digits(n, c.Value)
	if l.digits > len(text) && n >= 0 && n == math.Trunc(n) {
		text = strings.Repeat("0", l.digits-len(text)) + text
	}
	return text
}

// digits writes a number out: whole ones as exactly as the file has them, others without what calculating leaves over.
func digits(n float64, text string) string {
	if plain.MatchString(text) {
		return text
	}
	if n != math.Trunc(n) || math.Abs(n) > 1<<53 {
		var err error
		if n, err = strconv.ParseFloat(strconv.FormatFloat(n, 'g', exactDigits, 64), 64); err != nil {
			return text
		}
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

// lastCount is that of the last day that Excel has.
const lastCount = 2_958_466

// day gives the day that a spreadsheet counts as n, with the time if there is one.
func (b *book) day(n float64, otherwise string) string {
	if n < 0 || n >= lastCount {
		return otherwise
	}
	at, err := excelize.ExcelDateToTime(n, b.from1904)
	switch {
	case err != nil:
		return otherwise
	case n < 1 && !b.from1904:
		return at.Format(time.TimeOnly)
	case at.Equal(at.Truncate(24 * time.Hour)):
		return at.Format(time.DateOnly)
	}
	return at.Format(time.DateTime)
}
