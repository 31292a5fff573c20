package tables_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"satchel/server/internal/tables"
	"satchel/server/internal/workbook"
)

// A page is a sheet with its header.
type page struct {
	name   string
	header []string
	rows   [][]any
}

// book makes a workbook.
func book(t testing.TB, pages ...page) string {
	t.Helper()
	w, err := workbook.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, p := range pages {
		var columns []workbook.Column
		for _, name := range p.header {
			columns = append(columns, workbook.Column{Name: name})
		}
		err := w.Sheet(p.name, columns)
		for _, row := range p.rows {
			if err == nil {
				err = w.Add(row...)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var out strings.Builder
	if err := w.Finish(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAWorkbookIsReadAsItsCellsAre(t *testing.T) {
	o := newOffice(t)
	o.programme()
	day := time.Date(1999, 6, 15, 0, 0, 0, 0, time.UTC)
	file := book(
		t,
		page{"Uputstvo", []string{"what to do"}, nil},
		page{"Spisak", []string{"Card Number", "head_name", "status", "area", "displaced_on", "consent_on", "phone", "position_lat", "position_lon", ""}, [][]any{
			{"KV-2", "'=Ana", "IDP", "Vranje", workbook.Date(day), day, 641234567, 43.7, -20.5},
			nil,
			{7, "Eva", "host", 70432, "15.06.1999.", nil, "+381"},
		}},
	)
	o.loadAs("households", file, tables.Reading{Sheet: "spisak"})
	got := map[string]map[string]string{}
	for _, row := range rows(t, o.export("households")) {
		got[row["card_number"]] = row
	}
	for card, want := range map[string]map[string]string{
		"KV-2": {"head_name": "''=Ana", "status": "idp", "displaced_on": "1999-06-15", "consent_on": "1999-06-15", "phone": "641234567", "position_lat": "43.7", "position_lon": "-20.5"},
		"7":    {"head_name": "Eva", "displaced_on": "1999-06-15", "consent_on": "", "phone": "'+381", "position_lat": ""},
	} {
		for column, value := range want {
			if got[card][column] != value {
				t.Errorf("%s of %s: %q, want %q", column, card, got[card][column], value)
			}
		}
	}
}

func TestColumnsAreCalledAsTheFileCallsThem(t *testing.T) {
	o := newOffice(t)
	o.programme()
	file := "R. br.;Broj Legitimacije;NOSILAC;Status;area; ;beleška=\n1;KV-2;Ana;idp;Vranje;;x\n"
	called := map[string]string{" broj legitimacije": "card_number", "Nosilac": "head_name", "r. br.": "", "beleška=": "notes "}
	o.loadAs("households", file, tables.Reading{Called: called})
	if got := rows(t, o.export("households"))[1]; got["card_number"] != "KV-2" || got["head_name"] != "Ana" || got["notes"] != "x" {
		t.Errorf("%v", got)
	}
}

func TestSpacesLineBreaksAndUnderscoresOfAColumnsNameAreOne(t *testing.T) {
	o := newOffice(t)
	o.programme()
	const file = "\"Card\u00a0\nNumber\",Head__Name,STATUS,area,Displaced on,\"Broj\nčlanova_ domaćinstva\",_status\nKV-2,Ana,idp,Vranje,unknown,4,x\n"
	o.loadAs("households", file, tables.Reading{Called: map[string]string{"displaced_on": "", "broj članova domaćinstva": "notes", "_status": ""}})
	if got := rows(t, o.export("households"))[1]; got["card_number"] != "KV-2" || got["head_name"] != "Ana" || got["notes"] != "4" || got["displaced_on"] != "" {
		t.Errorf("%v", got)
	}
	if got := told(o.check("households", file).Faults); len(got) != 2 || !strings.HasPrefix(got[1], "1 _status: expected one of these") {
		t.Errorf("%q", got)
	}
}

func TestWhatIsWrongWithAHeaderIsTold(t *testing.T) {
	o := newOffice(t)
	o.programme()
	for want, c := range map[string]struct {
		text   string
		called map[string]string
	}{
		"1 phon: expected one of the columns id, card_number, head_name":                                  {"head_name,status,area,phon\nA,idp,Vranje,\n", nil},
		"1 Telefon: expected one of the columns":                                                          {"head_name,status,area,Telefon\nA,idp,Vranje,\n", nil},
		"1 column 4: expected a name above what is in this column":                                        {"head_name,status,area,\nA,idp,Vranje,x\n", nil},
		"1 phone: expected each column once":                                                              {"head_name,status,area,phone,Telefon\nA,idp,Vranje,,\n", map[string]string{"telefon": "phone"}},
		"1 head_name: expected this column: every record of households needs it":                          {"status,area,head_name\nidp,Vranje,A\n", map[string]string{"head_name": ""}},
		"2 phone: expected a value; a spreadsheet says here that there is none":                           {"head_name,status,area,phone\nA,idp,Vranje,#n/a\n", nil},
		"2 phone: expected a number as it is shown; digits of it are only in the format of the cell":      {"head_name,status,area,phone\nA,idp,Vranje,#FORMAT!\n", nil},
		"2 area: expected the official_code or name or id of a record of areas":                           {"head_name,status,area,phone\nA,idp,#N/A,\n", nil},
		"1 head nam: expected one of the columns id, card_number, head_name, status, area, address, plac": {"head nam,status,area\nA,idp,Vranje\n", nil},
	} {
		table := o.checkAs("households", c.text, tables.Reading{Called: c.called})
		if got := strings.Join(told(table.Faults), "\n"); !strings.Contains(got, want) {
			t.Errorf("%q is not among:\n%s", want, got)
		}
	}
	table := o.check("households", "head_name,status,area,phon,surname\nA,idp,Vranje,,\n")
	if got := told(table.Faults); len(got) != 2 || !strings.Contains(got[0], "say which it is (perhaps phone), or leave it out") ||
		got[1] != "1 surname: expected one of these columns too; say which it is, or leave it out" {
		t.Errorf("%q", got)
	}
}

func TestReadingsThatCannotBeAreRefused(t *testing.T) {
	o := newOffice(t)
	o.programme()
	file := book(t, page{"one", []string{"code", "title"}, nil})
	wide := strings.Repeat("a,", workbook.MaxColumns) + "a\n"
	for want, c := range map[string]struct {
		text string
		how  tables.Reading
	}{
		`the column "telefon" cannot be "fone"; expected one of id, code`: {"code,title\n", tables.Reading{Called: map[string]string{"Telefon": "fone"}}},
		`the file has no column "broj", "telefon"`:                        {"code,title\n", tables.Reading{Called: map[string]string{"Telefon": "title", "broj": "", "CODE": "code"}}},
		`no sheet "two"; it has ["one"]`:                                  {file, tables.Reading{Sheet: "two"}},
		"the file has no sheets":                                          {"code,title\n", tables.Reading{Sheet: "one"}},
		"old workbook":                                                    {"\xd0\xcf\x11\xe0 and so on", tables.Reading{}},
		"the file is no workbook, or not whole":                           {file[:len(file)-50], tables.Reading{}},
		"the file is empty":                                               {book(t, page{"empty", nil, nil}), tables.Reading{}},
		"more than 256 columns":                                           {wide, tables.Reading{}},
	} {
		_, err := tables.Check(t.Context(), o.store, "projects", strings.NewReader(c.text), c.how)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	rows := make([][]any, tables.MaxRows+1)
	for i := range rows {
		rows[i] = []any{"a", "b"}
	}
	_, err := tables.Check(t.Context(), o.store, "projects", strings.NewReader(book(t, page{"long", []string{"code", "title"}, rows})), tables.Reading{})
	if err == nil || !strings.Contains(err.Error(), "more than 100000 rows") {
		t.Error(err)
	}
}

// heap gives the bytes that are in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestATextThatManyCellsNameIsHeldOnce(t *testing.T) {
	o := newOffice(t)
	o.programme()
	f := excelize.NewFile() // unlike ours, it keeps a text once for all cells
	defer f.Close()
	long := strings.Repeat("x", 20_000)
	lines := [][]any{{"head_name", "status", "area", "notes"}}
	for range 2000 {
		lines = append(lines, []any{"A", "idp", "Vranje", long})
	}
	for i, cells := range lines {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &cells); err != nil {
			t.Fatal(err)
		}
	}
	var file strings.Builder
	if err := f.Write(&file); err != nil {
		t.Fatal(err)
	}
	before := heap()
	table := o.check("households", file.String())
	if grown := heap() - before; table.New != 2000 || grown > 10<<20 {
		t.Errorf("%d rows of one text of %d bytes take %d MiB", table.New, len(long), grown>>20)
	}
	runtime.KeepAlive(table)
}

func TestACheckEndsWhenNobodyWaits(t *testing.T) {
	o := newOffice(t)
	o.programme()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, file := range []string{"code,title\nP1,One\n", book(t, page{"one", []string{"code", "title"}, [][]any{{"P1", "One"}}})} {
		if _, err := tables.Check(ctx, o.store, "projects", strings.NewReader(file), tables.Reading{}); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

func TestACellOfAnotherTypeIsAFault(t *testing.T) {
	o := newOffice(t)
	o.programme()
	day := workbook.Date(time.Date(2020, 4, 30, 0, 0, 0, 0, time.UTC))
	header := []string{"code", "name", "category", "limit_per_household", "durable_housing"}
	table := o.check("assistance_types", book(t, page{"types", header, [][]any{
		{1, "number", "housing", 2.5, true},
		{2.5, "numbers", "other", 1, 0},
		{"D", day, day, day, day},
		{true, "truth", "income", true, 2},
		{"T", "text", 7, "two", "maybe"},
	}}))
	want := []string{
		"4 category: the value has to be one of housing, income, furniture, transport, training, other",
		"4 limit_per_household: expected a number, such as 12.5 or 12,5, with nothing between thousands",
		"4 durable_housing: expected yes or no",
		"5 limit_per_household: expected a number, such as 12.5 or 12,5, with nothing between thousands",
		"5 durable_housing: expected yes or no",
		"6 category: the value has to be one of housing, income, furniture, transport, training, other",
		"6 limit_per_household: expected a number, such as 12.5 or 12,5, with nothing between thousands",
		"6 durable_housing: expected yes or no",
	}
	if got := told(table.Faults); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	people := o.check("people", book(t, page{"people", []string{"household", "name", "born_on", "birth_year"}, [][]any{{"KV-1", "Ana", 43951, 1980.5}, {"KV-1", 7, "soon", day}}}))
	want = []string{
		"2 born_on: expected a date, such as 30.04.2020. or 2020-04-30", "2 birth_year: expected a whole number, such as 12",
		"3 born_on: expected a date, such as 30.04.2020. or 2020-04-30", "3 birth_year: expected a whole number, such as 12",
	}
	if got := told(people.Faults); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
