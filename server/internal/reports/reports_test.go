package reports

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"satchel/server/internal/engine"
	"satchel/server/internal/indicators"
)

func target(v float64) *float64 { return &v }

// sample is a few figures of every kind.
func sample() []indicators.Figure {
	return []indicators.Figure{
		{Code: "A", Title: "houses", Institution: "Commissariat", Unit: "houses", Value: 21, Target: target(22), Cells: []indicators.Cell{
			{Labels: []string{"12-17"}, Value: 3}, {Labels: []string{"18-59"}, Value: 12}, {Labels: []string{"5-11"}, Value: 5}, {Labels: []string{indicators.Unknown}, Value: 1},
		}},
		{Code: "B", Title: "=people reached", Institution: "Commissariat", Estimate: true, Value: 12_640},
		{Code: "C", Title: "broken", Institution: "Office", Fault: "it has no definition"},
		{Code: "D", Title: "half", Institution: "Office", Value: 1.5, Target: target(0)},
	}
}

func TestATableForATerminal(t *testing.T) {
	for name, c := range map[string]struct {
		table Table
		want  string
	}{
		"the programme": {Programme(sample(), Options{Notes: []string{"As of today."}}), `
with          code  indicator                                 achieved  unit    target   %
Commissariat  A     houses                                          21  houses      22  95
              B     =people reached                            12,000+
Office        C     broken           not counted: it has no definition
              D     half                                           1.5               0

As of today.
`},
		"shares": {Shared(sample()[:1], []string{"age"}, Options{}), `
with          code  indicator  target  achieved   %  5-11  12-17  18-59  not known
Commissariat  A     houses         22        21  95     5      3     12          1
`},
		"shares withheld": {Shared(sample()[:1], []string{"age"}, Options{Suppress: 2}), `
with          code  indicator  target  achieved   %  5-11  12-17  18-59  not known
Commissariat  A     houses         22        21  95     5  x         12  x

x: a number below 2, or one from which such a number could be worked out.
`},
		"shares of shares": {Shared([]indicators.Figure{{Code: "A", Title: "people", Value: 10, Target: target(9), Cells: []indicators.Cell{
			{Labels: []string{"2019", "female"}, Value: 1}, {Labels: []string{"2019", "male"}, Value: 2}, {Labels: []string{"2020", "female"}, Value: 7},
		}}}, []string{"year", "sex"}, Options{}), `
with  code  indicator  year  female  male  total
      A     people     2019       1     2      3
      A     people     2020       7     0      7
`},
	} {
		var out bytes.Buffer
		if err := Write(&out, "text", false, c.table); err != nil {
			t.Fatal(err)
		}
		if got := "\n" + strings.TrimSuffix(out.String(), "\n"); got != c.want {
			t.Errorf("%s is%s\nwant%s", name, got, c.want)
		}
	}
}

func TestATableAsCSVHasHashtagsAndNoFormula(t *testing.T) {
	var out bytes.Buffer
	if err := Write(&out, "csv", true, Programme(sample()[:2], Options{})); err != nil {
		t.Fatal(err)
	}
	want := `with,code,indicator,achieved,unit,target,%
#org+prog+name,#indicator+code,#indicator+name,#indicator+value+num,#indicator+unit,#targeted+num,#indicator+value+pct
Commissariat,A,houses,21,houses,22,95
Commissariat,B,'=people reached,"12,000+",,,
`
	if out.String() != want {
		t.Errorf("it is\n%s\nwant\n%s", &out, want)
	}
}

func TestTheCellsOfAnEstimateAreCutAsItsTotalIs(t *testing.T) {
	figures := []indicators.Figure{{Code: "B", Estimate: true, Value: 12_640, Cells: []indicators.Cell{
		{Labels: []string{"female"}, Value: 12_001}, {Labels: []string{"male"}, Value: 639},
	}}}
	if got := fmt.Sprint(Shared(figures, []string{"sex"}, Options{}).Rows[0]); got != "[ B  12,000+ 600+ 12,000+]" {
		t.Errorf("the row is %s", got)
	}
}

// What is 0.3 on paper is not quite 0.3 in binary, and a report is paper.
func TestReportsReckonInDecimals(t *testing.T) {
	figures := []indicators.Figure{{Code: "A", Value: 0.57, Target: target(1), Cells: []indicators.Cell{
		{Labels: []string{"2019", "female"}, Value: 0.1}, {Labels: []string{"2019", "male"}, Value: 0.2}, {Labels: []string{"2020", "male"}, Value: 0.27},
	}}}
	restated := []indicators.Restatement{{Code: "A", Before: 0.1, After: 0.3, Differences: []indicators.Difference{{Before: 0.1, After: 0.3}}}}
	for want, got := range map[any]any{
		57.0: Programme(figures, Options{}).Rows[0][6],
		0.3:  Shared(figures, []string{"year", "sex"}, Options{}).Rows[0][6],
		0.2:  Restated(restated, Options{}).Rows[0][6],
	} {
		if got != want {
			t.Errorf("%v is %v", want, got)
		}
	}
	for _, c := range [][3]float64{{0.57, 1, 57}, {999_999_999_999_999, 1_000_000_000_000_000, 99}, {1, 3, 33}, {-1, 3, -34}, {21, 22, 95}, {0.3, 0.1, 300}} {
		if got := percent(c[0], c[1]); got != c[2] {
			t.Errorf("%v of %v are %v %%, want %v", c[0], c[1], got, c[2])
		}
	}
}

func TestAFigureWithoutCellsHasARowAsLongAsTheOthers(t *testing.T) {
	figures := []indicators.Figure{
		{Code: "B", Target: target(3)},
		{Code: "C", Fault: "it has no definition"},
		{Code: "D", Value: 2, Cells: []indicators.Cell{{Value: 2}}},
	}
	for by, want := range map[string]string{
		"sex":           ",B,,3,0,0,0\n,C,,,not counted: it has no definition,,\n",
		"year sex":      ",B,,,0,0\n,C,,,,not counted: it has no definition\n",
		"year area sex": ",B,,,,0,0\n,C,,,,,not counted: it has no definition\n",
	} {
		list := strings.Fields(by)
		figures[2].Cells[0].Labels = []string{"2019", "north", "female"}[3-len(list):]
		var out bytes.Buffer
		if err := errors.Join(Write(&out, "csv", false, Shared(figures, list, Options{})), Write(io.Discard, "text", false, Shared(figures, list, Options{}))); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("by %s it is\n%s\nwithout\n%s", by, &out, want)
		}
	}
}

func TestALabelBecomesAnAttribute(t *testing.T) {
	figures := []indicators.Figure{{Code: "A", Value: 2, Cells: []indicators.Cell{{Labels: []string{"North Gračanica", "Ђ"}, Value: 2}}}}
	table := Shared(figures, []string{"municipality", "assistance_type.name"}, Options{})
	if got := table.Columns[3].Tag + " " + table.Columns[4].Tag; got != "#adm3+name #indicator+value+num+assistance_type_name_d" {
		t.Errorf("the tags are %s", got)
	}
}

func TestATableAsJSON(t *testing.T) {
	var out bytes.Buffer
	if err := Write(&out, "json", false, Programme(sample()[:1], Options{Notes: []string{"note"}})); err != nil {
		t.Fatal(err)
	}
	var got []Table
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || len(got) != 1 || got[0].Rows[0][3] != 21.0 || got[0].Notes[0] != "note" || got[0].Columns[3].Tag == "" {
		t.Errorf("it is %s, %v", &out, err)
	}
}

func TestAWorkbookHasASheetForEachTable(t *testing.T) {
	figures := sample()
	figures[0].Definition = `{"of":"deliveries","sum":"quantity"}`
	var out bytes.Buffer
	shared := Shared(figures[:1], []string{"age"}, Options{Suppress: 2})
	shared.Name = "By a/b: " + strings.Repeat("long ", 10)
	if err := Write(&out, "xlsx", true, Programme(figures, Options{Notes: []string{"As of today."}}), shared, Definitions(figures)); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if got := fmt.Sprintf("%q", book.GetSheetList()); got != `["Programme" "By a b  long long long long lon" "Definitions" "About"]` {
		t.Fatalf("the sheets are %s", got)
	}
	for _, c := range []struct{ sheet, cell, want string }{
		{"Programme", "D1", "achieved"},
		{"Programme", "D2", "#indicator+value+num"},
		{"Programme", "D3", "21"},
		{"Programme", "D4", "12,000+"},
		{"Programme", "C4", "=people reached"},
		{"By a b  long long long long lon", "H3", "x"},
		{"Definitions", "D3", "the sum of quantity of deliveries"},
		{"Definitions", "D5", "it has no definition"},
		{"About", "A3", "As of today."},
	} {
		if got, err := book.GetCellValue(c.sheet, c.cell); err != nil || got != c.want {
			t.Errorf("cell %s of %s is %q, %v, want %q", c.cell, c.sheet, got, err, c.want)
		}
	}
	if kind, err := book.GetCellType("Programme", "D3"); err != nil || kind != excelize.CellTypeUnset { // the type of numbers
		t.Errorf("the number is of type %v, %v", kind, err)
	}
	if formula, err := book.GetCellFormula("Programme", "C4"); err != nil || formula != "" {
		t.Errorf("the title runs as %q, %v", formula, err)
	}
}

func TestRestatementsNameWhoChangedWhat(t *testing.T) {
	id := uuid.MustParse("0198f0a2-7b1c-7000-8000-000000000001")
	list := []indicators.Restatement{
		{Code: "A", Title: "houses", Before: 1, After: 2, LeftOff: 3, Differences: []indicators.Difference{{
			Record: id, On: "2020-03-10", After: 1, Causes: []indicators.Cause{{Record: id, Collection: "deliveries", Maker: engine.Maker{AuthorName: "Mila", DeviceName: "tablet 7", Received: 1_592_000_000_000}}},
		}}},
		{Code: "B", Title: "people", Before: 4, After: 5, Redefined: true},
		{Code: "C", Title: "families", Before: 6, After: 7},
		{Code: "D", Title: "grants", Before: 8, Fault: "it has no definition", Redefined: true},
		{Code: "E", Title: "visits", FaultBefore: "it had none", After: 9},
	}
	var out bytes.Buffer
	if err := Write(&out, "csv", false, Restated(list, Options{})); err != nil {
		t.Fatal(err)
	}
	want := `code,indicator,before,after,record,on,adds,because of
A,houses,1,2,0198f0a2-7b1c-7000-8000-000000000001,2020-03-10,1,"deliveries 0198f0a2-7b1c-7000-8000-000000000001, changed by Mila on tablet 7, received 2020-06-12 22:13 UTC"
,,,,,,,and 3 more
B,people,4,5,,,,its definition changed
C,families,6,7,,,,
D,grants,8,not counted: it has no definition,,,,its definition changed
E,visits,not counted: it had none,9,,,,
`
	if out.String() != want {
		t.Errorf("it is\n%s\nwant\n%s", &out, want)
	}
}

func TestAFormatThatThereIsNot(t *testing.T) {
	if err := Write(&bytes.Buffer{}, "pdf", false, Table{}); err == nil || !strings.Contains(err.Error(), "xlsx") {
		t.Errorf("it says %v", err)
	}
}

// TestWhatIsWithheldCannotBeWorkedOut looks at a row with the eyes of who wants to know: the numbers withheld are 1 at least,
// and add up to the sum less what is shown. Each of them could as well be one that is not small.
func TestWhatIsWithheldCannotBeWorkedOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := float64(rapid.IntRange(1, 8).Draw(t, "limit"))
		var values []float64
		sum := 0.0
		for _, v := range rapid.SliceOfN(rapid.IntRange(0, 12), 1, 6).Draw(t, "values") {
			values = append(values, float64(v))
			sum += float64(v)
		}
		s := Options{Suppress: limit}.row(sum, values)
		withheld, together := 0, 0.0
		for i, v := range values {
			if v > 0 && v < limit && !s.without[i] {
				t.Fatalf("%v is shown", v)
			}
			if s.without[i] {
				withheld, together = withheld+1, together+v
			}
		}
		if sum > 0 && sum < limit && !s.noSum {
			t.Fatalf("the sum %v is shown", sum)
		}
		if most := together - float64(withheld-1); withheld > 0 && !s.noSum && (withheld == 1 || most < limit) {
			t.Fatalf("of %v, sum %v, what is withheld is %d numbers that come to %v: none is above %v", values, sum, withheld, together, most)
		}
		if withheld == 0 && s.noSum && sum >= limit {
			t.Fatalf("the sum %v is withheld for nothing", sum)
		}
	})
}

// What a page shows of a figure is what its table has, withheld numbers and all.
func TestLinesAreTheRowsOfTheTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := indicators.Figure{Code: "A", Estimate: rapid.Bool().Draw(t, "estimate")}
		for _, row := range []string{"2019", "2020"} {
			for _, column := range []string{"female", "male", indicators.Unknown} {
				if n := rapid.IntRange(-1, 12).Draw(t, row+column); n >= 0 {
					f.Cells = append(f.Cells, indicators.Cell{Labels: []string{row, column}, Value: float64(n)})
				}
			}
		}
		o := Options{Suppress: float64(rapid.IntRange(0, 6).Draw(t, "suppress"))}
		labels, lines := Lines(f, 2, o)
		var got [][]any
		for _, l := range lines {
			got = append(got, append(append([]any{"", "A", "", l.Labels[0]}, l.Values...), l.Total))
		}
		table := Shared([]indicators.Figure{f}, []string{"year", "sex"}, o)
		if want := table.Rows; fmt.Sprint(got) != fmt.Sprint(want) || len(table.Columns) != len(labels)+5 {
			t.Errorf("the lines are %v under %v, the table has %v", got, labels, want)
		}
	})
}
