package workbook

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

// readAll reads a sheet into lines "number: cell|cell".
func readAll(file []byte, sheet string) ([]string, error) {
	var out []string
	err := Read(bytes.NewReader(file), int64(len(file)), sheet, func(number int, cells []string) error {
		out = append(out, fmt.Sprintf("%d: %s", number, strings.Join(cells, "|")))
		return nil
	})
	return out, err
}

// with gives a workbook of which some parts are others, or are gone where they are "".
func with(t testing.TB, file []byte, parts map[string]string) []byte {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, part := range archive.File {
		content, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(content)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := parts[part.Name]; ok {
			text = []byte(other)
		}
		if len(text) == 0 {
			continue
		}
		header := zip.FileHeader{Name: part.Name}
		if len(text) > 1<<16 {
			header.Method = zip.Deflate
		}
		to, err := w.CreateHeader(&header)
		if err == nil {
			_, err = to.Write(text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// foreign makes a workbook with somebody else's writer, which keeps texts once for all cells.
func foreign(t testing.TB, fill func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	fill(f)
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// set puts a value into a cell, in a format if there is one: a custom one, or the number of a common one.
func set(t testing.TB, f *excelize.File, cell string, value, format any) {
	t.Helper()
	var style excelize.Style
	switch x := format.(type) {
	case string:
		style.CustomNumFmt = &x
	case int:
		style.NumFmt = x
	}
	id, err := f.NewStyle(&style)
	if err == nil && format != nil {
		err = f.SetCellStyle("Sheet1", cell, cell, id)
	}
	if err == nil {
		err = f.SetCellValue("Sheet1", cell, value)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatWasWrittenIsReadAgain(t *testing.T) {
	w := newWriter(t, "one", "a", "b")
	w.maxRows = 3
	add(t, w, "x", nil)
	add(t, w, nil, 12.5)
	add(t, w, true, int64(-7))
	begin(t, w, "two", "c", "d")
	day := time.Date(2020, 2, 29, 14, 5, 7, 0, time.UTC)
	add(t, w, Date(day.Truncate(24*time.Hour)), day)
	add(t, w, Date(time.Date(1389, 6, 28, 0, 0, 0, 0, time.UTC)), "=1+1")
	file := finish(t, w)
	for sheet, want := range map[string][]string{
		"":        {"1: a|b", "2: x", "3: |12.5"},
		"one (2)": {"1: a|b", "2: true|-7"},
		"TWO":     {"1: c|d", "2: 2020-02-29|2020-02-29 14:05:07", "3: 1389-06-28|=1+1"},
	} {
		if got, err := readAll(file, sheet); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q: %v", sheet, got, want, err)
		}
	}
	if _, err := readAll(file, "three"); err == nil || !strings.Contains(err.Error(), `no sheet "three"; it has ["one" "one (2)" "two"]`) {
		t.Error(err)
	}
}

func TestCellsReadAsPeopleWouldWriteThem(t *testing.T) {
	cases := []struct {
		value, format any
		want          string
	}{
		{"Ана", nil, "Ана"},
		{" a\r\nb\t", nil, " a\r\nb\t"},
		{12, nil, "12"},
		{0.30000000000000004, nil, "0.3"},
		{1e15, nil, "1000000000000000"},
		{-1234567.5, 4, "-1234567.5"},
		{12.5, "#,##0.00\\ \"din.\"", "12.5"},
		{12.5, 1, "12.5"},
		{0.12, 9, "0.12"},
		{12, "[Red]0.00", "12"},
		{12, "#,##0.00_d;[Red]-#,##0.00_d", "12"},
		{123, "000000", "000123"},
		{12.5, "000000", "12.5"},
		{123, "000 000", "000123"},
		{123, "000\\ 000_d", "000123"},
		{123, "\"KV \"000000;-000000", "000123"},
		{123, "[$-241A]00000", "00123"},
		{123, "0 \"m2\"", "123"},
		{123, "\"381\"000000", "#FORMAT!"},
		{123, "\\1000", "#FORMAT!"},
		{12, "\"br. \"00000\" \"", "00012"},
		{12, "000000\" \";-000000\" \"", "000012"},
		{12, "0000;\"0\"", "0012"},
		{12, "\";\"0000", "0012"},
		{1_234_567_890_123_457, nil, "1234567890123457"},
		{1234567, "000000", "1234567"},
		{36326, 14, "1999-06-15"},
		{36326, "d.m.yyyy.", "1999-06-15"},
		{36326, "[$-241A]d. mmmm yyyy.;@", "1999-06-15"},
		{36326.25, "yyyy-mm-dd hh:mm", "1999-06-15 06:00:00"},
		{36326.25, 22, "1999-06-15 06:00:00"},
		{0.75, 21, "18:00:00"},
		{59, 14, "1900-02-28"},
		{61, 14, "1900-03-01"},
		{2_958_465, 14, "9999-12-31"},
		{2_958_466, 14, "2958466"},
		{-1, 14, "-1"},
		{1e15, 14, "1000000000000000"},
		{true, nil, "true"},
		{false, nil, "false"},
		{nil, nil, ""},
		{"#N/A", nil, "#N/A"},
	}
	file := foreign(t, func(f *excelize.File) {
		for i, c := range cases {
			set(t, f, fmt.Sprintf("A%d", i+1), c.value, c.format)
			set(t, f, fmt.Sprintf("B%d", i+1), "end", nil)
		}
	})
	got, err := readAll(file, "")
	if err != nil || len(got) != len(cases) {
		t.Fatalf("%d rows: %v", len(got), err)
	}
	for i, c := range cases {
		if want := fmt.Sprintf("%d: %s|end", i+1, c.want); got[i] != want {
			t.Errorf("%v in the format %v: %q, want %q", c.value, c.format, got[i], want)
		}
	}
}

func TestAnyTextComesBack(t *testing.T) {
	text := rapid.StringMatching(`[=+a-cж_x0-9<>&"'\t\n\r ]{1,12}|_x[0-9a-c][0-9a-f]{3}_[a-z]`)
	w := newWriter(t, "texts")
	want := []string{"＿xd8e2_ _", "\ufffd", "😀"}
	add(t, w, "_xd8e2_ _")
	add(t, w, "\x01")
	add(t, w, "😀")
	rapid.Check(t, func(r *rapid.T) {
		want = append(want, text.Draw(r, "text"))
		add(t, w, want[len(want)-1])
	})
	file := finish(t, w)
	err := Read(bytes.NewReader(file), int64(len(file)), "", func(number int, cells []string) error {
		if number > 1 && cells[0] != want[number-2] {
			t.Errorf("%q came back as %q", want[number-2], cells[0])
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// sheetXML is a sheet with these rows.
func sheetXML(rows string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + rows + `</sheetData></worksheet>`
}

const sheetPart = "xl/worksheets/sheet1.xml"

func TestSheetsOfOtherProgramsAreRead(t *testing.T) {
	plain := foreign(t, func(*excelize.File) {})
	for name, c := range map[string]struct{ rows, want string }{
		"cells without places":     {`<row><c><v>1</v></c><c/><c><v>3</v></c></row><row><c><v>4</v></c></row>`, "1: 1||3 2: 4"},
		"rows with gaps":           {`<row r="3"><c r="B3"><v>1</v></c></row><row><c><v>2</v></c></row>`, "3: |1 4: 2"},
		"a formula":                {`<row><c><f>1+1</f><v>2</v></c><c t="str"><f>A1</f><v></v></c><c t="str"><f>A1</f><v>x</v></c></row>`, "1: 2||x"},
		"a formula never computed": {`<row><c><f>1+1</f></c><c><f>1+1</f><v></v></c></row>`, "1: #CALC!|#CALC!"},
		"an error":                 {`<row><c t="e"><v>#DIV/0!</v></c></row>`, "1: #DIV/0!"},
		"a day as text":            {`<row><c t="d"><v>2020-04-30T00:00:00</v></c><c t="d"><v>2020-04-30T14:05:00</v></c></row>`, "1: 2020-04-30|2020-04-30 14:05:00"},
		"text in pieces":           {`<row><c t="inlineStr"><is><r><t>A</t></r><r><rPr><b/></rPr><t xml:space="preserve"> b_x000A_ _xD83D_</t></r><rPh><t>no</t></rPh></is></c></row>`, "1: A b\n _xD83D_"},
		"what is no cell":          {`<row><c><v>1</v></c></row></sheetData><extLst><row><c><v>9</v></c></row></extLst><sheetData>`, "1: 1"},
		"a hidden row":             {`<row hidden="1"><c><v>1</v></c></row>`, "1: 1"},
		"numbers in other forms":   {`<row><c><v>1.5E+3</v></c><c><v>1E-05</v></c><c><v>-0</v></c><c><v>x</v></c><c><v>0.30000000000000004</v></c></row>`, "1: 1500|0.00001|-0|x|0.3"},
		"many digits":              {`<row><c><v>9007199254740993</v></c><c><v>-12345678901234567890</v></c><c><v>1.234567890123457E+15</v></c><c><v>1.2345678901234568E+17</v></c><c><v>1234567.8900000001</v></c></row>`, "1: 9007199254740993|-12345678901234567890|1234567890123457|123456789012346000|1234567.89"},
		"a look that there is not": {`<row><c s="99"><v>1</v></c><c s="-1"><v>2</v></c></row>`, "1: 1|2"},
	} {
		got, err := readAll(with(t, plain, map[string]string{sheetPart: sheetXML(c.rows)}), "")
		if text := strings.Join(got, " "); err != nil || text != c.want {
			t.Errorf("%s: %q, want %q: %v", name, text, c.want, err)
		}
	}
	old := foreign(t, func(f *excelize.File) {
		set(t, f, "A1", 34864, 14)
		yes := true
		if err := f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes}); err != nil {
			t.Fatal(err)
		}
	})
	if got, err := readAll(old, ""); err != nil || !slices.Equal(got, []string{"1: 1999-06-15"}) {
		t.Errorf("days since 1904: %q: %v", got, err)
	}
	absolute := with(t, plain, map[string]string{
		sheetPart:                    sheetXML(`<row><c><v>1</v></c></row>`),
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/worksheet" Target="/xl/worksheets/sheet1.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns:r="http://purl.oclc.org/ooxml/officeDocument/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`,
	})
	if got, err := readAll(absolute, "s"); err != nil || !slices.Equal(got, []string{"1: 1"}) {
		t.Errorf("by an absolute link, in the strict form: %q: %v", got, err)
	}
}

func TestABrokenWorkbookIsRefusedAndNeverHalfRead(t *testing.T) {
	plain := foreign(t, func(f *excelize.File) {
		for i := range 200 {
			set(t, f, fmt.Sprintf("A%d", i+1), fmt.Sprintf("text %d", i*i), nil)
		}
	})
	changed := func(from, to string) []byte {
		whole := with(t, plain, nil) // as it is, and not deflated
		out := bytes.Replace(whole, []byte(from), []byte(to), 1)
		if bytes.Equal(whole, out) {
			t.Fatalf("there is no %q", from)
		}
		return out
	}
	in := func(rows string) []byte { return with(t, plain, map[string]string{sheetPart: sheetXML(rows)}) }
	const broken = "the workbook is broken"
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"nothing":                   {nil, "the file is no workbook"},
		"an old workbook":           {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("x", 600)), "without a password"},
		"a file that was cut off":   {plain[:len(plain)-100], "the file is no workbook"},
		"another zipped file":       {with(t, plain, map[string]string{"xl/workbook.xml": ""}), "the file is no workbook of Excel's"},
		"a bit of the sheet":        {changed("<v>7</v>", "<v>8</v>"), broken},
		"a bit of the texts":        {changed("text 16<", "text 17<"), broken},
		"a sheet that ends early":   {with(t, plain, map[string]string{sheetPart: sheetXML(`<row><c><v>1</v></c></row>`)[:150]}), broken},
		"a sheet that is not there": {with(t, plain, map[string]string{sheetPart: ""}), broken},
		"texts that are not there":  {with(t, plain, map[string]string{"xl/sharedStrings.xml": ""}), broken},
		"too few texts":             {in(`<row><c t="s"><v>200</v></c></row>`), broken},
		"a text before the first":   {in(`<row><c t="s"><v>-1</v></c></row>`), broken},
		"rows out of order":         {in(`<row r="2"/><row r="1"/>`), broken},
		"a row below the last":      {in(`<row r="1048577"/>`), broken},
		"cells out of order":        {in(`<row><c r="B1"/><c r="A1"/></row>`), broken},
		"a place that is none":      {in(`<row><c r="1A"/></row>`), broken},
		"no XML":                    {with(t, plain, map[string]string{"xl/styles.xml": "styles"}), ""},
		"XML in another script":     {with(t, plain, map[string]string{sheetPart: `<?xml version="1.0" encoding="EBCDIC"?><worksheet/>`}), broken},
		"no sheets":                 {with(t, plain, map[string]string{"xl/workbook.xml": "<workbook/>"}), `no sheet ""`},
		"a chart":                   {with(t, plain, map[string]string{"xl/_rels/workbook.xml.rels": strings.Repeat(" ", 9)}), "holds no cells"},
	} {
		_, err := readAll(c.file, "")
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestABombIsRefusedBeforeItGoesOff reads workbooks of a few kB that want gigabytes of memory.
func TestABombIsRefusedBeforeItGoesOff(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds, and nothing races in it")
	}
	plain := foreign(t, func(f *excelize.File) { set(t, f, "A1", "text", nil) })
	const large = 12 << 20
	full := func(text string) string { return strings.Repeat(text, large/len(text)) }
	for name, c := range map[string]struct{ part, text, want string }{
		"deep":           {sheetPart, sheetXML(strings.Repeat("<a>", 1000) + strings.Repeat("</a>", 1000)), "broken"},
		"attributes":     {sheetPart, sheetXML("<row><c " + full(`a="" `) + "/></row>"), "too large"},
		"a long text":    {sheetPart, sheetXML(`<row><c t="inlineStr"><is><t>` + full("x") + "</t></is></c></row>"), "too large"},
		"a long comment": {sheetPart, sheetXML("<!--" + full("x") + "-->"), "too large"},
		"many columns":   {sheetPart, sheetXML(`<row><c r="XFD1"><v>1</v></c></row>`), "behind its column 256"},
		"many texts":     {"xl/sharedStrings.xml", "<sst>" + full("<si/>") + "</sst>", "more than 2000000 texts"},
		"deep texts":     {"xl/sharedStrings.xml", "<sst><si>" + full("<r>") + "</si></sst>", "too large"},
		"many looks":     {"xl/styles.xml", "<styleSheet><cellXfs>" + strings.Repeat("<xf/>", maxLooks+1) + "</cellXfs></styleSheet>", "look too different"},
		"styles":         {"xl/styles.xml", "<styleSheet>" + full("<xf/>") + "</styleSheet>", "too large"},
		"contents":       {"xl/workbook.xml", "<workbook><sheets>" + full("<sheet/>") + "</sheets></workbook>", "too large"},
	} {
		bomb := with(t, plain, map[string]string{c.part: c.text})
		if _, err := readAll(bomb, ""); err == nil || !strings.Contains(err.Error(), c.want) || len(bomb) > 1<<20 {
			t.Errorf("%s, of %d bytes: %v, want %q", name, len(bomb), err, c.want)
		}
	}
}

func TestAPartMayHaveSoMuchAndNoMore(t *testing.T) {
	text := sheetXML("<row/>")
	file := with(t, foreign(t, func(*excelize.File) {}), map[string]string{sheetPart: text})
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	b := &book{parts: map[string]*zip.File{}}
	for _, part := range archive.File {
		b.parts[part.Name] = part
	}
	for most, ok := range map[int64]bool{int64(len(text)): true, int64(len(text) - 1): false} {
		err := b.read(sheetPart, most, maxElement, func(d *decoder) error {
			return d.walk(func(xml.StartElement) (bool, error) { return false, nil })
		})
		if (err == nil) != ok {
			t.Errorf("a part of %d bytes where %d are allowed: %v", len(text), most, err)
		}
	}
}

// FuzzRead reads any sheet, texts and looks: it never panics, and gives rows in order and nothing beyond the bounds.
func FuzzRead(f *testing.F) {
	plain := foreign(f, func(x *excelize.File) { set(f, x, "A1", "text", "d.m.yyyy.") })
	f.Add(sheetXML(`<row r="2"><c r="B2" s="1"><v>36326.5</v></c><c t="s"><v>0</v></c></row>`), "<sst><si><r><t>a_x000D_</t></r></si></sst>", `<styleSheet><numFmts><numFmt numFmtId="165" formatCode="0000"/></numFmts><cellXfs><xf numFmtId="165"/><xf numFmtId="14"/></cellXfs></styleSheet>`)
	f.Add(sheetXML(`<row><c t="inlineStr"><is><t>x</t></is></c><c t="e"><v>#N/A</v></c><c><f>1</f></c></row>`), "<sst/>", "<styleSheet/>")
	f.Add(`<?xml version="1.0" encoding="`+strings.Repeat("x", 2000)+`"?>`, "<sst/>", "<styleSheet/>")
	f.Add(sheetXML(""), "<sst/>", `<styleSheet><cellXfs><xf numFmtId="`+strings.Repeat("x", 2000)+`"/></cellXfs></styleSheet>`)
	f.Fuzz(func(t *testing.T, sheet, texts, styles string) {
		file := with(t, plain, map[string]string{sheetPart: sheet + " ", "xl/sharedStrings.xml": texts + " ", "xl/styles.xml": styles + " "})
		last := 0
		err := Read(bytes.NewReader(file), int64(len(file)), "", func(number int, cells []string) error {
			if number <= last || number > maxRows || len(cells) > MaxColumns || len(cells) > 0 && cells[len(cells)-1] == "" {
				t.Errorf("row %d behind row %d has %d cells", number, last, len(cells))
			}
			last = number
			return nil
		})
		if err != nil && len(err.Error()) > 1000 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	})
}
