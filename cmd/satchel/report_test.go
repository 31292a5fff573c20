package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server"
	"satchel/syncproto"
)

func TestIndicatorsAreDefinedAndReported(t *testing.T) {
	d := newDesk(t)
	d.refused("no indicator is defined", "report")
	d.says(d.run("indicator"), "No indicator is defined.")
	d.refused("a new one needs a title and a definition", "indicator", "set", "F")
	d.refused(`path "houses"`, "indicator", "set", "F", "--title", "families", "--definition", `{"of":"deliveries","distinct":"houses"}`)
	path := d.write("f.json", `{"of": "households", "distinct": "id", "where": {"status": "idp"}, "on": ["displaced_on"], "unit": "families"}`)
	d.says(d.run("indicator", "set", "F", "--title", "families", "--file", path), "F counts each of households once, where status is idp, on the latest of displaced_on.")
	d.load("households", "card_number,head_name,status,area,displaced_on\n1,A,idp,Kraljevo,1999-06-15\n2,B,idp,Vranje,1999-07-01\n3,C,host,Vranje,1999-07-01\n")

	d.says(d.run("report"), "F     families          2  families", "as known then")
	d.says(d.run("report", "--as-of", "1999-06-30", "--area", "Kraljevo"), "F     families          1", "until 1999-06-30")
	d.says(d.run("report", "--only", "status=idp", "--only", "municipality=Vranje"), "families          1")
	d.says(d.run("report", "by", "municipality"), "Kraljevo  Vranje  total", "       1       1      2")
	d.says(d.run("report", "by", "municipality", "--suppress", "2"), "x", "a number below 2")
	d.run("indicator", "target", "F", "3")
	d.run("indicator", "target", "F", "4")
	d.says(d.run("report", "--format", "csv", "--hxl"), "achieved,unit,target,%", "#targeted+num", "2,families,4,50")
	if tables := decode[[]struct{ Rows [][]any }](d, "report"); len(tables) != 1 || tables[0].Rows[0][3] != 2.0 {
		t.Errorf("as JSON it is %v", tables)
	}
	book := filepath.Join(d.dir, "report.xlsx")
	if err := os.Mkdir(filepath.Join(d.dir, "as-of.april"), 0o700); err != nil {
		t.Fatal(err)
	}
	d.run("report", "--out", book)
	d.run("report", "--out", "figures")
	d.run("report", "--out", "./as-of.april/figures")
	d.run("report", "--out", "FIGURES.CSV")
	for name, begin := range map[string]string{"figures": "with  code", "as-of.april/figures": "with  code", "FIGURES.CSV": "with,code"} {
		if text, err := os.ReadFile(filepath.Join(d.dir, name)); err != nil || !strings.HasPrefix(string(text), begin) {
			t.Errorf("%s begins with %.20q, %v", name, text, err)
		}
	}
	d.says(d.run("report", "--format", "CSV"), "with,code")
	if text, err := os.ReadFile(book); err != nil || string(text[:2]) != "PK" {
		t.Errorf("the workbook begins with %q, %v", text[:2], err)
	}
	d.says(d.run("report", "restated", "--since", "2020-01-01"), "families        0      2  ", "its definition changed")

	d.refused("--suppress does not hide", "report", "restated", "--since", "2020-01-01", "--suppress", "5")

	d.run("indicator", "set", "F", "--title", "families that fled")
	d.says(d.run("indicator", "list"), "families that fled", "each of households once")
	d.run("indicator", "remove", "F")
	d.refused("no indicator is defined", "report")
	d.refused(`no record of indicators with the code "F"`, "indicator", "remove", "F")
}

// The office begins on the former day: what a furnished one holds of today would come before it, as if a clock were set back.
func TestAReportOfAFormerDayNeedsNoIndicatorOfToday(t *testing.T) {
	d := &desk{t: t, dir: t.TempDir(), data: t.TempDir()}
	then := time.Now().AddDate(0, 0, -3)
	srv, err := server.Open(t.Context(), server.Config{Dir: d.data, Now: func() time.Time { return then }})
	if err != nil {
		t.Fatal(err)
	}
	_, err = srv.SetIndicator(t.Context(), uuid.Nil, "V", "visits", `{"of":"visits"}`)
	if err := errors.Join(err, srv.Close()); err != nil {
		t.Fatal(err)
	}
	d.run("user", "add", "ana", "--name", "Ana Anić", "--role", "administrator")
	d.run("indicator", "remove", "V")
	d.refused("no indicator is defined", "report")
	d.says(d.run("report", "--known-by", then.UTC().AddDate(0, 0, 1).Format(time.DateOnly)), "V     visits            0")
}

func TestAReportThatCannotBeMadeSaysWhy(t *testing.T) {
	d := newDesk(t)
	d.run("indicator", "set", "A", "--title", "activities", "--definition", `{"of":"activities"}`)
	for want, args := range map[string][]string{
		`there is no time zone "Mars"`:         {"--zone", "Mars"},
		`there is no format "pdf"`:             {"--out", "report.pdf"},
		"name the file of the workbook":        {"--format", "xlsx"},
		`"30.4.2020" is no day`:                {"--as-of", "30.4.2020"},
		`there is no project "G99"`:            {"--project", "G99"},
		`there is no indicator "B"`:            {"--indicator", "B"},
		`"sex" does not name a part`:           {"--only", "sex"},
		"records of activities say nothing of": {"--only", "sex=female"},
		"there is no area":                     {"--area", "Atlantis"},
	} {
		d.refused(want, append([]string{"report"}, args...)...)
	}
}

// An indicator that is not understood may come with a tablet: the report says so in its place, and has the others.
func TestAReportWithAFigureThatCannotBeCountedIsKept(t *testing.T) {
	d := newDesk(t)
	d.run("indicator", "set", "A", "--title", "activities", "--definition", `{"of":"activities"}`)
	d.run("indicator", "set", "B", "--title", "visits", "--definition", `{"of":"visits"}`)
	d.redefine("B", `{"of":"houses"}`)
	path := filepath.Join(d.dir, "report.csv")
	d.refused("the figure B could not be counted", "report", "--out", path)
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), ",A,activities,0,") || !strings.Contains(string(text), "not counted: ") {
		t.Errorf("the report is %q, %v", text, err)
	}
	path = filepath.Join(d.dir, "restated.csv")
	d.refused("the figure B could not be counted", "report", "restated", "--since", "2020-01-01", "--out", path)
	if text, err := os.ReadFile(path); err != nil || !strings.Contains(string(text), `B,visits,0,"not counted: `) {
		t.Errorf("what is restated is %q, %v", text, err)
	}
	d.refused("there is no project", "report", "--out", filepath.Join(d.dir, "none.csv"), "--project", "G99")
	if _, err := os.Stat(filepath.Join(d.dir, "none.csv")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a report of a project that there is not: %v", err)
	}
}

// redefine changes an indicator without asking whether its definition is understood, as a tablet may.
func (d *desk) redefine(code, definition string) {
	d.t.Helper()
	d.open(func(srv *server.Server) {
		list, err := srv.Indicators(d.t.Context())
		if err != nil {
			d.t.Fatal(err)
		}
		at := slices.IndexFunc(list, func(i server.Indicator) bool { return i.Code == code })
		edit := server.OfficeEdit{Collection: "indicators", Record: list[at].ID, Fields: map[string]syncproto.Value{"definition": syncproto.Value(definition)}}
		if _, err := srv.Engine.Save(d.t.Context(), uuid.Nil, []server.OfficeEdit{edit}); err != nil {
			d.t.Fatal(err)
		}
	})
}
