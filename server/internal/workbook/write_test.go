package workbook

import (
	"bytes"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// finish gives a workbook as a file.
func finish(t *testing.T, w *Writer) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := w.Finish(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// reopened opens a workbook with somebody else's reader.
func reopened(t *testing.T, file []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// newWriter makes a workbook with a sheet of the given columns.
func newWriter(t *testing.T, sheet string, columns ...string) *Writer {
	t.Helper()
	w, err := New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	begin(t, w, sheet, columns...)
	return w
}

func begin(t *testing.T, w *Writer, sheet string, columns ...string) {
	t.Helper()
	var head []Column
	for _, name := range columns {
		head = append(head, Column{Name: name})
	}
	if err := w.Sheet(sheet, head); err != nil {
		t.Fatal(err)
	}
}

func add(t *testing.T, w *Writer, values ...any) {
	t.Helper()
	if err := w.Add(values...); err != nil {
		t.Fatal(err)
	}
}

func TestCellsKeepTheirTypes(t *testing.T) {
	w := newWriter(t, "figures", "a", "b", "c", "d", "e", "f", "g", "h")
	day := time.Date(2020, 2, 29, 14, 5, 7, 0, time.UTC)
	add(t, w, int64(12), 12.5, true, Date(day), day.In(time.FixedZone("", 7200)), nil, "007", 9)
	f := reopened(t, finish(t, w))
	for cell, want := range map[string]struct {
		kind   excelize.CellType
		raw    string
		format string
	}{
		"A2": {excelize.CellTypeUnset, "12", ""},
		"B2": {excelize.CellTypeUnset, "12.5", ""},
		"C2": {excelize.CellTypeBool, "1", ""},
		"D2": {excelize.CellTypeUnset, "43890.58688657408", "yyyy-mm-dd"},
		"E2": {excelize.CellTypeUnset, "43890.58688657408", "yyyy-mm-dd hh:mm:ss"},
		"F2": {excelize.CellTypeUnset, "", ""},
		"G2": {excelize.CellTypeInlineString, "007", ""},
		"H2": {excelize.CellTypeUnset, "9", ""},
	} {
		kind, errKind := f.GetCellType("figures", cell)
		raw, errRaw := f.GetCellValue("figures", cell, excelize.Options{RawCellValue: true})
		id, errStyle := f.GetCellStyle("figures", cell)
		style, err := f.GetStyle(id)
		if errKind != nil || errRaw != nil || errStyle != nil || err != nil {
			t.Fatal(errKind, errRaw, errStyle, err)
		}
		format := ""
		if style.CustomNumFmt != nil {
			format = *style.CustomNumFmt
		}
		if kind != want.kind || raw != want.raw || format != want.format {
			t.Errorf("%s: type %v, %q, format %q; want %+v", cell, kind, raw, format, want)
		}
	}
}

func TestNoTextIsAFormula(t *testing.T) {
	evil := []string{"=1+1", "+1", "-1", "@SUM(A1)", "＝1", "\t=1", "'=1", "{=1}", "=HYPERLINK(\"http://x\")", "_x003D_1", "a\nb", " a "}
	w := newWriter(t, "=evil", "=1+1")
	for _, text := range evil {
		add(t, w, text)
	}
	file := finish(t, w)
	f := reopened(t, file)
	for i, want := range append([]string{"=1+1"}, evil...) {
		cell, _ := excelize.CoordinatesToCellName(1, i+1)
		formula, errFormula := f.GetCellFormula("=evil", cell)
		kind, errKind := f.GetCellType("=evil", cell)
		got, err := f.GetCellValue("=evil", cell)
		if errFormula != nil || errKind != nil || err != nil {
			t.Fatal(errFormula, errKind, err)
		}
		if formula != "" || kind != excelize.CellTypeInlineString || got != want {
			t.Errorf("%q: formula %q, type %v, %q", want, formula, kind, got)
		}
		id, _ := f.GetCellStyle("=evil", cell)
		style, err := f.GetStyle(id)
		if err != nil || i > 0 && (style.NumFmt == 49) != StartsFormula(want) {
			t.Errorf("%q: the cell has the format %d, and what is typed into it becomes a formula", want, style.NumFmt)
		}
	}
}

func TestDaysThatExcelCannotCountAreText(t *testing.T) {
	w := newWriter(t, "days", "day")
	for _, day := range []time.Time{time.Date(1389, 6, 28, 0, 0, 0, 0, time.UTC), time.Date(1900, 2, 28, 0, 0, 0, 0, time.UTC), time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC), {}} {
		add(t, w, Date(day))
	}
	f := reopened(t, finish(t, w))
	rows, err := f.GetRows("days", excelize.Options{RawCellValue: true})
	if got := slices.Concat(rows...); err != nil || !slices.Equal(got, []string{"day", "1389-06-28", "1900-02-28", "61", "0001-01-01"}) {
		t.Errorf("%q: %v", got, err)
	}
}

func TestTheHeaderIsBoldAndStaysInView(t *testing.T) {
	w := newWriter(t, "people", "id", "head_name")
	add(t, w, "1", "Ana")
	f := reopened(t, finish(t, w))
	panes, err := f.GetPanes("people")
	if err != nil || !panes.Freeze || panes.YSplit != 1 || panes.XSplit != 0 {
		t.Errorf("%+v: %v", panes, err)
	}
	id, _ := f.GetCellStyle("people", "B1")
	style, err := f.GetStyle(id)
	if err != nil || style.Font == nil || !style.Font.Bold {
		t.Errorf("the header is not bold: %v", err)
	}
	if size, err := f.GetSheetDimension("people"); err != nil || size != "" {
		t.Errorf("the sheet says that it has the cells %s: %v", size, err)
	}
	if width, err := f.GetColWidth("people", "B"); err != nil || width != 12 {
		t.Errorf("width %v: %v", width, err)
	}
}

func TestAWorkbookHasSeveralSheets(t *testing.T) {
	w := newWriter(t, "first", "a")
	w.maxRows = 3
	for i := range 5 {
		add(t, w, i)
	}
	begin(t, w, "second", "b")
	add(t, w, "x")
	if err := w.Sheet("First", nil); err == nil {
		t.Error("two sheets have one name")
	}
	for _, name := range []string{"", "a/b", strings.Repeat("x", 32)} {
		if err := newWriter(t, "one").Sheet(name, nil); err == nil {
			t.Errorf("%q is the name of a sheet", name)
		}
	}
	f := reopened(t, finish(t, w))
	got := map[string][][]string{}
	for _, name := range f.GetSheetList() {
		got[name], _ = f.GetRows(name)
	}
	for name, want := range map[string]string{"first": "a 0 1", "first (2)": "a 2 3", "first (3)": "a 4", "second": "b x"} {
		if rows := strings.Join(slices.Concat(got[name]...), " "); rows != want {
			t.Errorf("%s: %q, want %q", name, rows, want)
		}
	}
	if !slices.Equal(f.GetSheetList(), []string{"first", "first (2)", "first (3)", "second"}) {
		t.Errorf("%q", f.GetSheetList())
	}
}

func TestWhatDoesNotFitACellIsRefused(t *testing.T) {
	w := newWriter(t, "long", "a")
	if err := w.Add(strings.Repeat("ж", maxCell)); err != nil {
		t.Error(err)
	}
	if err := w.Add(strings.Repeat("ж", maxCell+1)); err == nil {
		t.Error("text is cut off in silence")
	}
	if err := w.Add(struct{}{}); err == nil {
		t.Error("a cell holds what has no form")
	}
}

func TestWhatAWorkbookIsKeptInMeanwhileIsRemoved(t *testing.T) {
	dir := t.TempDir()
	w, err := New(dir)
	if err != nil {
		t.Fatal(err)
	}
	begin(t, w, "large", "text")
	text := strings.Repeat("x", 30_000)
	for range 800 {
		add(t, w, text)
	}
	files := func() int {
		list, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	if files() == 0 {
		t.Error("everything is kept in memory")
	}
	if err := w.Finish(io.Discard); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil || files() != 0 {
		t.Errorf("%d files are left: %v", files(), err)
	}
}

func TestASheetIsReadyToPrint(t *testing.T) {
	w := newWriter(t, "Ana's figures", "a", "b")
	add(t, w, 1.5, "x")
	begin(t, w, "more", "a")
	f := reopened(t, finish(t, w))
	for i, sheet := range []string{"Ana's figures", "more"} {
		layout, err := f.GetPageLayout(sheet)
		if err != nil || *layout.Orientation != "landscape" || *layout.Size != 9 || *layout.FitToWidth != 1 || *layout.FitToHeight != 0 {
			t.Errorf("the layout of %s is %+v, %v", sheet, layout, err)
		}
		if props, err := f.GetSheetProps(sheet); err != nil || !*props.FitToPage {
			t.Errorf("the properties of %s are %+v, %v", sheet, props, err)
		}
		if foot, err := f.GetHeaderFooter(sheet); err != nil || foot == nil || !strings.Contains(foot.OddFooter, "&P") {
			t.Errorf("the foot of %s is %+v, %v", sheet, foot, err)
		}
		want := excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: "'" + strings.ReplaceAll(sheet, "'", "''") + "'!$1:$1", Scope: sheet}
		if names := f.GetDefinedName(); len(names) != 2 || names[i] != want {
			t.Errorf("the printed titles are %+v, want %+v", names, want)
		}
	}
}

func TestTextStandsWhereItsColumnSays(t *testing.T) {
	w, err := New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	if err := w.Sheet("figures", []Column{{Name: "a"}, {Name: "b", Right: true}, {Name: "c", Wrap: true}}); err != nil {
		t.Fatal(err)
	}
	add(t, w, "x", "12,000+", strings.Repeat("long ", 4))
	add(t, w, 12640.0, 12640.0, "short")
	add(t, w, 0.5, 0.5)
	f := reopened(t, finish(t, w))
	right := excelize.Alignment{Horizontal: "right", Indent: 1}
	for cell, want := range map[string]excelize.Alignment{
		"A1": {}, "B1": right, "A2": {}, "B2": right, "C2": {WrapText: true, Vertical: "top"}, "A3": {}, "B3": right, "B4": right,
	} {
		id, err := f.GetCellStyle("figures", cell)
		if err != nil {
			t.Fatal(err)
		}
		style, err := f.GetStyle(id)
		if err != nil {
			t.Fatal(err)
		}
		if got := style.Alignment; got == nil && want != (excelize.Alignment{}) || got != nil && *got != want {
			t.Errorf("%s stands as %+v, want %+v", cell, got, want)
		}
	}
	for cell, want := range map[string]string{"A3": "12640", "B3": "12,640", "B4": "0.5"} {
		if got, err := f.GetCellValue("figures", cell); err != nil || got != want {
			t.Errorf("%s shows %q, %v; want %q", cell, got, err, want)
		}
	}
	for row, want := range map[int]float64{2: 6 * 15, 3: 2 * 15, 4: 15} { // of a column of four characters
		if got, err := f.GetRowHeight("figures", row); err != nil || got != want {
			t.Errorf("row %d is %g points high, %v; want %g", row, got, err, want)
		}
	}
}
