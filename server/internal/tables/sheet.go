package tables

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A Fault is one thing that is wrong in a file.
type Fault struct {
	// Row counts as a spreadsheet does: the header is row 1.
	Row int `json:"row"`
	// Column is "" where it is about the whole row.
	Column string `json:"column,omitempty"`
	// Problem says what is expected there.
	Problem string `json:"problem"`
	// Found is what is there instead. It may be personal data, and is for the operator's eyes only.
	Found string `json:"found,omitempty"`
}

// A sheet is a file as it was read: cells without a meaning.
type sheet struct {
	header []string
	lines  []line
	faults []Fault
}

// A line is one row that has something in it.
type line struct {
	row   int
	cells []string
}

// readSheet reads a file. It fails on one that is no CSV in UTF-8 at all, or beyond the bounds; what
// is wrong in single rows is among the faults.
func readSheet(r io.Reader) (sheet, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return sheet{}, fmt.Errorf("read the file: %w", err)
	}
	if len(text) > MaxBytes {
		return sheet{}, fmt.Errorf("the file has more than %d MiB; cut it into several, each with the header", MaxBytes>>20)
	}
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) || bytes.HasPrefix(text, []byte("PK")) {
		return sheet{}, errors.New("the file is not CSV in UTF-8; in Excel, save it as “CSV UTF-8”")
	}
	text = bytes.TrimPrefix(text, []byte(byteOrderMark))
	in := csv.NewReader(bytes.NewReader(text))
	in.Comma = separator(text)
	in.FieldsPerRecord = -1 // counted here, to go on behind a row that is too long
	return readLines(in)
}

// separator tells by the header, whose names have neither.
func separator(text []byte) rune {
	header, _, _ := bytes.Cut(bytes.TrimSpace(text), []byte("\n"))
	if bytes.ContainsRune(header, ';') {
		return ';'
	}
	return ','
}

func readLines(in *csv.Reader) (s sheet, err error) {
	last, row := 0, 0 // the line of the file on which the last row ended, and that row's number
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) && s.header == nil {
			return s, errors.New("the file is empty; its first row has to name the columns")
		}
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			s.faults = append(s.faults, Fault{Row: row + 1, Problem: "expected cells with quotes as RFC 4180 has them; nothing behind this was read: " + quoting(err)})
			return s, nil
		}
		first, _ := in.FieldPos(0)
		row += first - last // an empty line is a row too
		last, _ = in.FieldPos(len(cells) - 1)
		last += strings.Count(cells[len(cells)-1], "\n")
		if s.add(row, cells); len(s.lines) > MaxRows {
			return s, fmt.Errorf("the file has more than %d rows; cut it into several, each with the header", MaxRows)
		}
	}
}

// quoting says what is wrong without the line's text.
func quoting(err error) string {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return parse.Err.Error()
	}
	return err.Error()
}

// add takes a row: the first is the header, and one without anything in it is none.
func (s *sheet) add(row int, cells []string) {
	switch {
	case strings.TrimSpace(strings.Join(cells, "")) == "":
	case s.header == nil:
		s.header = cells
	case len(cells) != len(s.header):
		s.faults = append(s.faults, Fault{Row: row, Problem: fmt.Sprintf("expected %d cells, as many as the header has; there are %d", len(s.header), len(cells))})
	default:
		s.lines = append(s.lines, line{row, cells})
	}
}
