package tables_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"satchel/server/internal/store"
	"satchel/server/internal/tables"
)

// rows reads an exported table into cells by column.
func rows(t testing.TB, text string) []map[string]string {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, cells := range lines[1:] {
		row := map[string]string{}
		for i, name := range lines[0] {
			row[name] = cells[i]
		}
		out = append(out, row)
	}
	return out
}

func TestAHouseholdComesInAsItIsWritten(t *testing.T) {
	o := newOffice(t)
	o.programme()
	o.load("households", "\ufeffCARD_NUMBER;head_name;status;area;phone;position_lat;position_lon;displaced_on;notes\r\n"+
		"KV-2; Ана Анић ;Returnee;Vranje;'+381 64 123;43,7233;20.687;15.6.1999.;\"two\r\nlines; \"\"quoted\"\"\"\r\n")
	got := rows(t, o.export("households"))[1]
	area := ""
	for _, a := range rows(t, o.export("areas")) {
		if a["name"] == "Vranje" {
			area = a["id"]
		}
	}
	want := map[string]string{
		"card_number": "KV-2", "head_name": "Ана Анић", "status": "returnee", "area": area, "phone": "'+381 64 123",
		"position_lat": "43.7233", "position_lon": "20.687", "displaced_on": "1999-06-15", "notes": "two\nlines; \"quoted\"", "address": "",
	}
	for column, value := range want {
		if got[column] != value {
			t.Errorf("%s: %q, want %q", column, got[column], value)
		}
	}
}

func TestEveryFaultOfARowIsTold(t *testing.T) {
	cases := []struct{ name, collection, text, want string }{
		{"no status", "households", "head_name,area,status\nA,Vranje,\n", "2 status: expected something"},
		{"no column", "households", "head_name,area\nA,Vranje\n", "1 status: expected this column"},
		{"a column that is none", "households", "head_name,area,status,surname\nA,Vranje,idp,x\n", "1 surname: expected one of the columns"},
		{"a column twice", "households", "head_name,area,status,status\nA,Vranje,idp,idp\n", "1 status: expected each column once"},
		{"a choice", "households", "head_name,area,status\nA,Vranje,rich\n", "2 status: the value has to be one of"},
		{"a date", "households", "head_name,area,status,consent_on\nA,Vranje,idp,31.02.2020.\n", "2 consent_on: expected a date"},
		{"a short year", "households", "head_name,area,status,consent_on\nA,Vranje,idp,1.2.0020\n", "2 consent_on: expected a date"},
		{"an area that is none", "households", "head_name,area,status\nA,Atlantis,idp\n", "2 area: expected the official_code or name or id of a record of areas"},
		{"an area of which there are two", "households", "head_name,area,status\nA,Kraljevo,idp\n", "2 area: expected one record of areas; 2 have this name"},
		{"half a position", "households", "head_name,area,status,position_lat\nA,Vranje,idp,43.5\n", "2 position_lat: expected latitude and longitude"},
		{"a position off the map", "households", "head_name,area,status,position_lat,position_lon\nA,Vranje,idp,143.5,20\n", "2 position_lat: the value has to be an object"},
		{"a card number twice", "households", "head_name,area,status,card_number\nA,Vranje,idp,X\nB,Vranje,idp,X \n", "3 card_number: expected one that no other record has; row 2 has it"},
		{"an id that is none", "households", "head_name,area,status,id\nA,Vranje,idp,7\n", "2 id: expected a UUID of version 7"},
		{"too few cells", "households", "head_name,area,status\nA,Vranje\n", "2 : expected 3 cells"},
		{"a loose quote", "households", "head_name,area,status\nA \"B\" C,Vranje,idp\n", "2 : expected cells with quotes"},
		{"a NUL", "households", "head_name,area,status\nA\x00,Vranje,idp\n", "2 head_name: the text holds a NUL character"},
		{"no UTF-8", "households", "head_name,area,status\nPetrovi\xe6,Vranje,idp\n", "2 head_name: expected text in UTF-8"},
		{"too long a text", "households", "head_name,area,status\n" + strings.Repeat("x", 40_000) + ",Vranje,idp\n", "2 head_name: the value is 40002 bytes long"},
		{"a row behind an empty line and a cell of two lines", "households", "head_name,area,status\n\"A\nB\",Vranje,idp\n\nC,Vranje,x\n", "4 status: the value has to be"},
		{"a loose quote behind empty lines and a cell of two lines", "households", "\nhead_name,area,status\n\"A\nB\",Vranje,idp\n\n\n\"C\nD\",\"Vranje\"x,idp\n", "6 : expected cells with quotes"},
		{"a column that is none, in the third row", "households", "\n\nhead_name,area,status,surname\nA,Vranje,idp,x\n", "3 surname: expected one of the columns"},
		{"no column, in the third row", "households", "\n,\nhead_name,area\nA,Vranje\n", "3 status: expected this column: every record of households needs it, and that of row 4 is new"},
		{"a row behind a last cell of two lines", "households", "area,status,head_name\nVranje,idp,\"A\nB\"\nVranje,x,C\n", "3 status: the value has to be"},
		{"no household", "people", "name,household\nA,KV-9\n", "2 household: expected the card_number or id of a record of households"},
		{"half a year", "people", "name,household,birth_year\nA,KV-1,1980.5\n", "2 birth_year: expected a whole number"},
		{"neither yes nor no", "assistance_types", "code,name,category,durable_housing\nH,House,housing,maybe\n", "2 durable_housing: expected yes or no"},
		{"no number", "assistance_types", "code,name,category,limit_per_household\nH,House,housing,1.234,5\n", "2 : expected 4 cells"},
		{"thousands", "assistance_types", "code,name,category,limit_per_household\nH,House,housing,\"1.234,5\"\n", "2 limit_per_household: expected a number"},
		{"an area that is there already", "areas", "name,level\nSrbija,region\n", "2 name: expected the official_code too: a record that exists has this name"},
		{"areas in a circle", "areas", "name,level,official_code,parent\nA,district,1,2\nB,district,2,1\n", "2 parent: expected a record that does not itself"},
	}
	o := newOffice(t)
	o.programme()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o.t = t
			table := o.check(c.collection, c.text)
			if !slices.ContainsFunc(told(table.Faults), func(s string) bool { return strings.HasPrefix(s, c.want) }) {
				t.Errorf("faults %q, want %q", told(table.Faults), c.want)
			}
		})
	}
}

func TestFilesThatAreNoTableAreRefused(t *testing.T) {
	o := newOffice(t)
	for name, text := range map[string]string{
		"empty": "", "blank": "\n \n;;\n", "UTF-16": "\xff\xfea\x00", "a workbook": "PK\x03\x04",
		"too many rows":                    "code,title\n" + strings.Repeat("a,b\n", tables.MaxRows+1),
		"too many rows, all of them wrong": "code,title\n" + strings.Repeat("a\n", tables.MaxRows+1),
		"too large":                        strings.Repeat("x", tables.MaxBytes+1),
	} {
		if _, err := tables.Check(t.Context(), o.store, "projects", strings.NewReader(text), tables.Reading{}); err == nil {
			t.Errorf("%s: was read", name)
		}
	}
	if _, err := tables.Check(t.Context(), o.store, "visits", strings.NewReader("x\n"), tables.Reading{}); err == nil {
		t.Error("visits were imported")
	}
}

func TestNothingIsSavedIfOneRowIsWrong(t *testing.T) {
	o := newOffice(t)
	o.programme()
	before := o.audited()
	table := o.check("households", "head_name,area,status\nA,Vranje,idp\nB,Vranje,poor\n")
	if saved, err := table.Save(t.Context(), o.engine, o.store, o.admin, 1, nil); saved.Records != 0 || err == nil {
		t.Errorf("saved %+v: %v", saved, err)
	}
	if n := len(rows(t, o.export("households"))); n != 1 || o.audited() != before {
		t.Errorf("%d households and %d audit rows, want 1 and %d", n, o.audited(), before)
	}
}

func TestOneEntryInTheAuditLogForAFileOfManyBatches(t *testing.T) {
	o := newOffice(t)
	o.programme()
	before := o.audited()
	var text strings.Builder
	text.WriteString("head_name,area,status\n")
	for i := range 1200 {
		fmt.Fprintf(&text, "Head %d,Vranje,idp\n", i)
	}
	var told []int
	table := o.check("households", text.String())
	saved, err := table.Save(t.Context(), o.engine, o.store, o.admin, 1, func(n int) { told = append(told, n) })
	if err != nil || saved.Records != 1200 || !slices.Equal(told, []int{500, 1000, 1200}) {
		t.Errorf("saved %+v: %v; progress %v", saved, err, told)
	}
	if got := o.audited() - before; got != 1 {
		t.Errorf("%d audit rows, want 1", got)
	}
}

func TestAnInterruptedImportSaysHowFarItCame(t *testing.T) {
	o := newOffice(t)
	o.programme()
	before := o.audited()
	table := o.check("households", "head_name,area,status\n"+strings.Repeat("A,Vranje,idp\n", 700))
	ctx, cancel := context.WithCancel(t.Context())
	saved, err := table.Save(ctx, o.engine, o.store, o.admin, 1, func(int) { cancel() })
	if saved.Records != 500 || !errors.Is(err, context.Canceled) {
		t.Errorf("saved %+v: %v", saved, err)
	}
	if n := len(rows(t, o.export("households"))); n != 501 || o.audited() != before+1 {
		t.Errorf("%d households and %d new audit rows, want 501 and 1", n, o.audited()-before)
	}
}

func TestWhatWasExportedCanBeImportedElsewhere(t *testing.T) {
	here, there := newOffice(t), newOffice(t)
	here.programme()
	here.load("projects", "code,title,donor,starts_on\nP1,\"Houses, \"\"village\"\"\",=EU,2018-06-01\n")
	here.load("assistance_types", "code,name,category,limit_per_household,durable_housing\nH,House,housing,\"0,50\",yes\nG,Grant,income,10,no\n")
	here.load("households", "card_number,head_name,status,area,phone,position_lat,position_lon,position_accuracy,position_source\n"+
		"KV-2,'@risk,host,717738,'''-1,-3.5,20.25,12,gps\n")
	here.load("people", "household,name,born_on,document_number,disability\nKV-1,Ana,1980-01-02,007,\"-none-\nat all\"\n")
	for _, collection := range tables.Importable() {
		there.load(collection, here.export(collection))
		if got, want := there.export(collection), here.export(collection); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", collection, got, want)
		}
	}
}

func TestAnAreaIsSavedBehindTheOneThatItIsPartOf(t *testing.T) {
	o := newOffice(t)
	o.load("areas", "official_code,name,level,parent\n3,C,settlement,2\n2,B,municipality,1\n1,A,country,\n")
	err := o.store.Read(t.Context(), func(tx *store.Tx) error {
		codes, err := tx.Keys(t.Context(), "areas", "official_code")
		if err != nil {
			return err
		}
		last := int64(0)
		for _, code := range []string{"1", "2", "3"} {
			r, err := tx.Record(t.Context(), codes[code][0])
			if err != nil {
				return err
			}
			if r.Seq <= last {
				t.Errorf("area %s has sequence %d, behind %d", code, r.Seq, last)
			}
			last = r.Seq
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
