package tables

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"satchel/server/internal/workbook"
)

// A Fault is one thing that is wrong in a file.
type Fault struct {
	// Row counts as a spreadsheet does: the header is row 1, if nothing is above it.
	Row int `json:"row"`
	// Column is "" where it is about the whole row.
	Column string `json:"column,omitempty"`
	// Problem says what is expected there.
	Problem string `json:"problem"`
	// Found is what is there instead. It may be personal data, and is for the operator's eyes only.
	Found string `json:"found,omitempty"`
}

// A sheet is a file as it was read: cells without a meaning, as they were before they were [defused].
type sheet struct {
	header []string
	top    int // the row of the header
	lines  []line
	rows   int // without the header; those with faults among them
	faults []Fault
}

// A line is one row that has something in it.
type line struct {
	row   int
	cells []string
}

// readSheet reads a file, of a workbook the named sheet or the first. It fails on one that is neither CSV in UTF-8 nor a
// workbook, or beyond the bounds; what is wrong in single rows is among the faults.
func readSheet(ctx context.Context, r io.Reader, name string) (sheet, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return sheet{}, fmt.Errorf("read the file: %w", err)
	}
	begins := func(with string) bool { return bytes.HasPrefix(text, []byte(with)) }
	switch {
	case len(text) > MaxBytes:
		return sheet{}, fmt.Errorf("the file has more than %d MiB; cut it into several, each with the header", MaxBytes>>20)
	case begins("PK"):
		return readWorkbook(ctx, text, name)
	case begins("\xd0\xcf\x11\xe0"):
		return sheet{}, errors.New("the file is an old workbook, or one with a password; in Excel, save it as “Excel Workbook (.xlsx)” without a password")
	case begins("\xff\xfe"), begins("\xfe\xff"):
		return sheet{}, errors.New("the file is not in UTF-8; in Excel, save it as “CSV UTF-8” or as “Excel Workbook (.xlsx)”")
	case name != "":
		return sheet{}, errors.New("the file has no sheets: it is no workbook")
	}
	text = bytes.TrimPrefix(text, []byte(byteOrderMark))
	in := csv.NewReader(bytes.NewReader(text))
	in.Comma = separator(text)
	in.FieldsPerRecord = -1 // counted here, to go on behind a row that is too long
	return readLines(ctx, in)
}

// readWorkbook reads a sheet of a workbook. It has no empty cells at the end of a row, so a short row is filled up.
func readWorkbook(ctx context.Context, file []byte, name string) (s sheet, err error) {
	err = workbook.Read(bytes.NewReader(file), int64(len(file)), name, func(row int, cells []string) error {
		if short := len(s.header) - len(cells); short > 0 {
			cells = append(cells, make([]string, short)...)
		}
		return errors.Join(s.add(row, cells), ctx.Err())
	})
	if err == nil && s.header == nil {
		err = errEmpty
	}
	return s, err
}

var errEmpty = errors.New("the file is empty; its first row has to name the columns")

// separator tells by the header, whose names have neither.
func separator(text []byte) rune {
	header, _, _ := bytes.Cut(bytes.TrimSpace(text), []byte("\n"))
	if bytes.ContainsRune(header, ';') {
		return ';'
	}
	return ','
}

func readLines(ctx context.Context, in *csv.Reader) (s sheet, err error) {
	last, row := 0, 0 // the line of the file on which the last row ended, and that row's number
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) && s.header == nil {
			return s, errEmpty
		}
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			s.faults = append(s.faults, quoting(err, row-last))
			return s, nil
		}
		first, _ := in.FieldPos(0)
		row += first - last // an empty line is a row too
		last, _ = in.FieldPos(len(cells) - 1)
		last += strings.Count(cells[len(cells)-1], "\n")
		for i := range cells {
			cells[i] = fused(cells[i])
		}
		if err := errors.Join(s.add(row, cells), ctx.Err()); err != nil {
			return s, err
		}
	}
}

// quoting tells which row cannot be cut into cells, and why, without its text. ahead is by how much the row's number is
// larger than that of its line in the file; cells of several lines make it less than 0.
func quoting(err error, ahead int) Fault {
	f := Fault{Problem: "expected cells with quotes as RFC 4180 has them; nothing behind this was read: "}
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		f.Row, err = parse.StartLine+ahead, parse.Err
	}
	f.Problem += err.Error()
	return f
}

// add takes a row: the first is the header, and one without anything in it is none. It fails beyond the bounds.
func (s *sheet) add(row int, cells []string) error {
	switch {
	case strings.TrimSpace(strings.Join(cells, "")) == "":
	case len(cells) > workbook.MaxColumns && s.header == nil:
		return fmt.Errorf("the file has more than %d columns; leave out what is not needed", workbook.MaxColumns)
	case s.header == nil:
		s.header, s.top = cells, row
	case s.rows == MaxRows:
		return fmt.Errorf("the file has more than %d rows; cut it into several, each with the header", MaxRows)
	case len(cells) != len(s.header):
		s.rows++
		s.faults = append(s.faults, Fault{Row: row, Problem: fmt.Sprintf("expected %d cells, as many as the header has; there are %d", len(s.header), len(cells))})
	default:
		s.rows++
		s.lines = append(s.lines, line{row, cells})
	}
	return nil
}
