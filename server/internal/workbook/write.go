package workbook

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// A Date is a day; its clock does not count. A [time.Time] is a moment, and is written in UTC.
type Date time.Time

// A Column is what stands at the head of a column.
type Column struct {
	Name string
	// Width is in characters, 0 for one that fits the name.
	Width float64
	// Right is for numbers, and for text in their place: both stand on the right, with signs between thousands.
	Right bool
	// Wrap has text that is longer than the column go on below.
	Wrap bool
}

// A Writer writes a workbook of one or more sheets, one after the other. It keeps what it is given in memory up to
// 16 MiB a sheet and in files beyond, which are gone after [Writer.Close].
type Writer struct {
	file   *excelize.File
	styles styles
	names  []string
	// now is the sheet that rows go to, nil before the first: the given part of what has this title and these columns.
	now     *excelize.StreamWriter
	title   string
	part    int
	columns []Column
	row     int
	maxRows int
}

// styles are the numbers under which the workbook knows how cells look.
type styles struct{ head, headRight, date, moment, text, right, whole, wrap int }

// maxRows is how many rows Excel reads of a sheet, the header among them.
const maxRows = 1_048_576

// Heights of rows, in points: that of a line of text, and of the highest row that there can be.
const (
	lineHeight = 15
	maxHeight  = 409
)

// maxCell is how many UTF-16 units of text a cell may hold.
const maxCell = 32_767

// New makes an empty workbook. What does not fit into memory goes to files in dir, in the system's place for such
// files if dir is "".
func New(dir string) (*Writer, error) {
	w := &Writer{file: excelize.NewFile(excelize.Options{TmpDir: dir}), maxRows: maxRows}
	day, moment, right := "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", &excelize.Alignment{Horizontal: "right", Indent: 1}
	const (
		thousands = 3  // the format "#,##0"
		plainText = 49 // the format "@": what is typed into such a cell is no formula either
	)
	for _, s := range []struct {
		id    *int
		style excelize.Style
	}{
		{&w.styles.head, excelize.Style{Font: &excelize.Font{Bold: true}}},
		{&w.styles.headRight, excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: right}},
		{&w.styles.date, excelize.Style{CustomNumFmt: &day}},
		{&w.styles.moment, excelize.Style{CustomNumFmt: &moment}},
		{&w.styles.text, excelize.Style{NumFmt: plainText}},
		{&w.styles.right, excelize.Style{Alignment: right}},
		{&w.styles.whole, excelize.Style{Alignment: right, NumFmt: thousands}},
		{&w.styles.wrap, excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}}},
	} {
		var err error
		if *s.id, err = w.file.NewStyle(&s.style); err != nil {
			return nil, errors.Join(fmt.Errorf("make a workbook: %w", err), w.Close())
		}
	}
	return w, nil
}

// Sheet ends the sheet before and begins another one, with its header in bold, which stays in view and is
// printed on each page. The name is what
// Excel takes for one: at most 31 characters, none of them :\/?*[] and not the name of another sheet.
func (w *Writer) Sheet(name string, columns []Column) error {
	w.title, w.part, w.columns = name, 1, columns
	return w.begin(name)
}

func (w *Writer) begin(name string) error {
	if err := w.end(); err != nil {
		return err
	}
	if err := w.name(name); err != nil {
		return fmt.Errorf("begin the sheet %s: %w", name, err)
	}
	err := w.file.SetSheetDimension(name, "") // it is not known yet, and some readers believe what stands there
	if err = errors.Join(err, w.layOut(name)); err != nil {
		return fmt.Errorf("begin the sheet %s: %w", name, err)
	}
	sheet, err := w.file.NewStreamWriter(name)
	if err != nil {
		return fmt.Errorf("begin the sheet %s: %w", name, err)
	}
	w.now, w.row = sheet, 0
	header := make([]any, len(w.columns))
	for i, c := range w.columns {
		style := w.styles.head
		if c.Right {
			style = w.styles.headRight
		}
		header[i] = excelize.Cell{StyleID: style, Value: c.Name}
		err = errors.Join(err, sheet.SetColWidth(i+1, i+1, c.width()))
	}
	err = errors.Join(err, sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}))
	return errors.Join(err, w.put(header))
}

// layOut has a sheet printed on A4 across, with all columns on one page, and the header and the number on each.
func (w *Writer) layOut(sheet string) error {
	const a4 = 9
	orientation, size, wide, high, fit := "landscape", a4, 1, 0, true
	return errors.Join(
		w.file.SetPageLayout(sheet, &excelize.PageLayoutOptions{Orientation: &orientation, Size: &size, FitToWidth: &wide, FitToHeight: &high}),
		w.file.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &fit}),
		w.file.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: "'" + strings.ReplaceAll(sheet, "'", "''") + "'!$1:$1", Scope: sheet}),
		w.file.SetHeaderFooter(sheet, &excelize.HeaderFooterOptions{OddFooter: "&L&A&R&P / &N"}))
}

// name gives the workbook a sheet; the first takes the place of the one that every workbook begins with.
func (w *Writer) name(name string) error {
	for _, other := range w.names {
		if strings.EqualFold(other, name) {
			return errors.New("there is such a sheet already")
		}
	}
	w.names = append(w.names, name)
	if len(w.names) == 1 {
		return w.file.SetSheetName(w.file.GetSheetName(0), name)
	}
	_, err := w.file.NewSheet(name)
	return err
}

// column gives a column; a row may have more than its header.
func (w *Writer) column(i int) Column {
	if i < len(w.columns) {
		return w.columns[i]
	}
	return Column{}
}

func (c Column) width() float64 {
	if c.Width > 0 {
		return c.Width
	}
	return float64(utf8.RuneCountInString(c.Name) + 3)
}

// Add writes a row. Its values are nil, bool, int, int64, float64, string, [Date] or [time.Time]. Text is never a
// formula; a control character in it, which XML does not have, becomes "\ufffd". Behind the last row that a sheet can have, it goes on in another one of the same header, whose name says
// so: "deliveries (2)".
func (w *Writer) Add(values ...any) error {
	if w.row == w.maxRows {
		w.part++
		if err := w.begin(fmt.Sprintf("%s (%d)", w.title, w.part)); err != nil {
			return err
		}
	}
	cells, lines := make([]any, len(values)), 1
	for i, v := range values {
		var err error
		if cells[i], err = w.cell(w.column(i), v); err != nil {
			return fmt.Errorf("column %d of row %d of the sheet %s: %w", i+1, w.row+1, w.title, err)
		}
		if text, is := v.(string); is && w.column(i).Wrap {
			lines = max(lines, 1+int(float64(utf8.RuneCountInString(text))/w.column(i).width()))
		}
	}
	if lines > 1 { // not every program finds out by itself how high a row has to be
		return w.put(cells, excelize.RowOpts{Height: min(float64(lines)*lineHeight, maxHeight)})
	}
	return w.put(cells)
}

func (w *Writer) put(cells []any, opts ...excelize.RowOpts) error {
	w.row++
	if err := w.now.SetRow(fmt.Sprintf("A%d", w.row), cells, opts...); err != nil {
		return fmt.Errorf("write row %d of the sheet %s: %w", w.row, w.title, err)
	}
	return nil
}

// firstDay is the first from which on Excel's count of days is right: it takes 1900 for a leap year.
var firstDay = time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC)

// lastDay is the last that Excel has.
var lastDay = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// cell gives a value the form in which the workbook takes it. Days that Excel cannot count are text.
func (w *Writer) cell(in Column, value any) (any, error) {
	switch v := value.(type) {
	case float64:
		return w.number(in, v), nil
	case nil, bool, int, int64:
		return v, nil
	case Date:
		return dated(time.Time(v), time.DateOnly, w.styles.date), nil
	case time.Time:
		return dated(v.UTC(), time.DateTime, w.styles.moment), nil
	case string:
		return w.text(in, v)
	}
	return nil, fmt.Errorf("a cell cannot hold a %T", value)
}

func (w *Writer) number(in Column, v float64) any {
	switch {
	case !in.Right:
		return v
	case v == math.Trunc(v):
		return excelize.Cell{StyleID: w.styles.whole, Value: v}
	}
	return excelize.Cell{StyleID: w.styles.right, Value: v}
}

func dated(at time.Time, layout string, style int) any {
	if at.Before(firstDay) || at.After(lastDay) {
		return at.Format(layout)
	}
	return excelize.Cell{StyleID: style, Value: at}
}

func (w *Writer) text(in Column, s string) (any, error) {
	if len(s) > maxCell && len(utf16.Encode([]rune(s))) > maxCell {
		return nil, fmt.Errorf("a cell takes at most %d characters", maxCell)
	}
	plain := halves.ReplaceAllString(s, "＿$1")
	var style int
	switch {
	case StartsFormula(s):
		style = w.styles.text
	case in.Right:
		style = w.styles.right
	case in.Wrap:
		style = w.styles.wrap
	default:
		return plain, nil
	}
	return excelize.Cell{StyleID: style, Value: plain}, nil
}

// halves finds what looks like the escape of half a character. The library would leave it out; a wide underscore keeps
// it.
var halves = regexp.MustCompile(`_(x[dD][89a-fA-F][0-9a-fA-F]{2}_)`)

// StartsFormula reports whether a spreadsheet takes text for a formula where somebody types it or opens it as CSV. The
// full-width forms of the signs count as well.
func StartsFormula(text string) bool {
	first, size := utf8.DecodeRuneInString(text)
	return size > 0 && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first)
}

// end ends the sheet that rows go to.
func (w *Writer) end() error {
	if w.now == nil {
		return nil
	}
	if err := w.now.Flush(); err != nil {
		return fmt.Errorf("end the sheet %s: %w", w.title, err)
	}
	w.now = nil
	return nil
}

// Finish writes the workbook out. There has to be a sheet; nothing can be added behind it.
func (w *Writer) Finish(to io.Writer) error {
	if err := w.end(); err != nil {
		return err
	}
	// excelize would hold the whole file in memory before it writes it: it is given the way out itself.
	w.file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return zip.NewWriter(to) })
	if _, err := w.file.WriteToBuffer(); err != nil {
		return fmt.Errorf("write the workbook: %w", err)
	}
	return nil
}

// Close removes the files that the workbook was kept in meanwhile.
func (w *Writer) Close() error { return w.file.Close() }
