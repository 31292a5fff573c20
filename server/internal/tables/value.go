package tables

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"satchel/server/internal/workbook"
	"satchel/syncproto"
)

// Value reads a value as people write it: text without quotes, dates as 2020-04-30 or 30.04.2020.,
// decimals with a comma or a point, yes and no, times as 2020-04-30T14:05:00+02:00, positions as
// "latitude, longitude", references as ids. Nothing at all clears the field. The error says what is
// expected, and does not repeat the text.
func Value(f syncproto.Field, text string) (syncproto.Value, error) {
	if !utf8.ValidString(text) {
		return "", errors.New("expected text in UTF-8; save the file as CSV UTF-8")
	}
	text = strings.TrimSpace(text)
	if workbook.NoValue(text) {
		return "", errors.New("expected a value; a spreadsheet says here that there is none: correct the formula, or open the file in a spreadsheet and save it")
	}
	if text == workbook.OnlyShown {
		return "", errors.New("expected a number as it is shown; digits of it are only in the format of the cell: make the column text, and write them out")
	}
	if text == "" {
		return syncproto.Null, f.Check(syncproto.Null)
	}
	value, err := written(f, text)
	if err == nil {
		err = cmp.Or(f.Check(value), value.Check())
	}
	return value, err
}

// written reads text by the type of the field. What the type then allows, the field checks.
func written(f syncproto.Field, text string) (syncproto.Value, error) {
	switch f.Type {
	case syncproto.Integer:
		return integer(text)
	case syncproto.Decimal:
		if perhapsThousands.MatchString(text) {
			return "", errors.New("expected a number that can be only one, such as 12000 for twelve thousand and 12 or 12.0 for twelve")
		}
		return decimal(text)
	case syncproto.Boolean:
		return boolean(text)
	case syncproto.Date:
		return date(text)
	case syncproto.Timestamp:
		return timestamp(text)
	case syncproto.UUID, syncproto.Reference, syncproto.Choice:
		return syncproto.ValueOf(strings.ToLower(text))
	case syncproto.Choices:
		return choices(text)
	case syncproto.Position:
		return position(text)
	case syncproto.Object:
		value, err := syncproto.Canonical([]byte(text))
		if err != nil {
			return "", fmt.Errorf("expected a JSON object: %w", err)
		}
		return value, nil
	}
	return syncproto.ValueOf(text)
}

func integer(text string) (syncproto.Value, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return "", errors.New("expected a whole number, such as 12")
	}
	return syncproto.Value(strconv.FormatInt(n, 10)), nil
}

var decimalForm = regexp.MustCompile(`^([+-]?)([0-9]+)(?:[.,]([0-9]+))?$`)

// perhapsThousands is how a spreadsheet that shows separators between thousands writes a number into CSV. It may as well
// be one with three decimals; an exported file has none that end with 0.
var perhapsThousands = regexp.MustCompile(`^[+-]?[1-9][0-9]{0,2}[.,][0-9]{2}0$`)

// decimal brings a number into the one form that the contract has.
func decimal(text string) (syncproto.Value, error) {
	parts := decimalForm.FindStringSubmatch(text)
	if parts == nil {
		return "", errors.New("expected a number, such as 12.5 or 12,5, with nothing between thousands")
	}
	whole := cmp.Or(strings.TrimLeft(parts[2], "0"), "0")
	if fraction := strings.TrimRight(parts[3], "0"); fraction != "" {
		whole += "." + fraction
	}
	if parts[1] == "-" && whole != "0" {
		whole = "-" + whole
	}
	return syncproto.Value(whole), nil
}

func boolean(text string) (syncproto.Value, error) {
	switch strings.ToLower(text) {
	case "yes", "true", "1":
		return syncproto.True, nil
	case "no", "false", "0":
		return syncproto.False, nil
	}
	return "", errors.New("expected yes or no")
}

func date(text string) (syncproto.Value, error) {
	at, ok := parseTime(text, time.DateOnly, "2.1.2006.", "2.1.2006")
	if !ok {
		return "", errors.New("expected a date, such as 30.04.2020. or 2020-04-30")
	}
	return syncproto.ValueOf(at.Format(time.DateOnly))
}

// timestamp also reads the form of an exported table, which is in UTC.
func timestamp(text string) (syncproto.Value, error) {
	at, ok := parseTime(text, time.RFC3339, time.DateTime)
	if !ok {
		return "", errors.New("expected a time with its zone, such as 2020-04-30T14:05:00+02:00")
	}
	return syncproto.Value(strconv.FormatInt(at.UnixMilli(), 10)), nil
}

// parseTime reads text in the first layout that fits. A year has to have four digits.
func parseTime(text string, layouts ...string) (time.Time, bool) {
	for _, layout := range layouts {
		if at, err := time.Parse(layout, text); err == nil {
			return at, at.Year() >= 1000
		}
	}
	return time.Time{}, false
}

func choices(text string) (syncproto.Value, error) {
	list := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune(",; ", r) })
	slices.Sort(list)
	return syncproto.ValueOf(slices.Compact(list))
}

// position reads what somebody typed: degrees with a point, and nothing about how exact they are.
func position(text string) (syncproto.Value, error) {
	parts := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",; ", r) })
	if len(parts) != 2 {
		return "", errors.New("expected latitude and longitude in degrees, such as 43.7233, 20.6870")
	}
	return place([]string{parts[0], parts[1], "", "manual"})
}

// place makes a position of its parts: latitude, longitude, accuracy and source. The last two may be
// "".
func place(parts []string) (syncproto.Value, error) {
	var numbers [3]float64
	for i, text := range parts[:3] {
		if text == "" && i == 2 {
			continue
		}
		n, err := decimal(text)
		if err != nil {
			return "", errors.New("expected latitude and longitude in degrees, such as 43.7233 and 20.6870, and an accuracy in metres")
		}
		if numbers[i], err = strconv.ParseFloat(string(n), 64); err != nil {
			return "", errors.New("expected a smaller number")
		}
	}
	return syncproto.ValueOf(syncproto.Place{Lat: numbers[0], Lon: numbers[1], Accuracy: numbers[2], Source: parts[3]})
}
