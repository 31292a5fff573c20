package tables_test

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"

	"satchel/server/internal/engine"
	"satchel/server/internal/tables"
	"satchel/server/internal/workbook"
	"satchel/syncproto"
)

// ids gives the id of each record of a collection by what a column holds.
func (o *office) ids(collection, column string) map[string]string {
	o.t.Helper()
	out := map[string]string{}
	for _, row := range rows(o.t, o.export(collection)) {
		out[row[column]] = row["id"]
	}
	return out
}

// record makes an edit that makes a record.
func record(collection string, fields map[string]any) engine.OfficeEdit {
	out := engine.OfficeEdit{Collection: collection, Record: uuid.Must(uuid.NewV7()), Fields: map[string]syncproto.Value{}}
	for name, x := range fields {
		value, err := syncproto.ValueOf(x)
		if err != nil {
			panic(err)
		}
		out.Fields[name] = value
	}
	return out
}

// work makes a project and what happened in it: deliveries in Kraljevo, in a settlement of it and in Vranje.
func (o *office) work() {
	o.t.Helper()
	o.programme()
	o.load("projects", "code,title,starts_on\nP1,One,2018-06-01\nP2,Two,2019-06-01\n")
	o.load("assistance_types", "code,name,category,durable_housing\nH,House,housing,yes\nG,Grant,income,no\n")
	o.load("households", "card_number,head_name,status,area,position_lat,position_lon,position_accuracy,position_source\n"+
		"KV-2,=Ana,host,717738,43.7,-20.5,12,gps\nVR-1,Eva,idp,Vranje,,,,\n")
	households, projects, types := o.ids("households", "card_number"), o.ids("projects", "code"), o.ids("assistance_types", "code")
	for _, d := range []struct {
		household, project string
		quantity           float64
		at                 int64
	}{
		{"KV-1", "P1", 1, 1_588_204_799_000}, // 29 April 2020, 23:59:59
		{"KV-2", "P1", -2.5, 1_588_204_800_000},
		{"VR-1", "P2", 3, 1_588_291_199_999},
		{"VR-1", "P1", 4, 1_588_291_200_000}, // 1 May 2020
	} {
		o.save(record("deliveries", map[string]any{
			"household": households[d.household], "project": projects[d.project], "assistance_type": types["G"],
			"quantity": d.quantity, "delivered_at": d.at, "proofs": map[string]any{"photo": "<1>"},
		}))
	}
}

func TestNoCellIsRunAsAFormula(t *testing.T) {
	o := newOffice(t)
	o.programme()
	for _, evil := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "＝1", "'=1", "=cmd|'/c calc'!A1"} {
		o.load("households", "head_name,status,area,notes,position_lat,position_lon\n\""+strings.ReplaceAll(evil, "\"", "\"\"")+"\",idp,Vranje,x,-3.5,-20\n")
	}
	for _, row := range rows(t, o.export("households")) {
		if workbook.StartsFormula(row["head_name"]) {
			t.Errorf("a cell is run as a formula: %q", row["head_name"])
		}
		if row["notes"] == "x" && row["position_lat"] != "-3.5" {
			t.Errorf("a number is no longer one: %q", row["position_lat"])
		}
	}
}

func TestTheStylesOfSpreadsheets(t *testing.T) {
	o := newOffice(t)
	o.load("projects", "code,title\nP1,\"a;b\"\n")
	text, count := o.exportTo(tables.Selection{Collection: "projects"}, tables.Style{BOM: true, Semicolon: true})
	header, row, _ := strings.Cut(text, "\n")
	if count.Records != 1 || header != "\ufeffid;code;title;institution;implementer;donor;starts_on;ends_on" || !strings.HasSuffix(row, ";P1;\"a;b\";;;;;\n") {
		t.Errorf("%d records: %q", count.Records, text)
	}
}

func TestACollectionWithoutRecordsHasAHeader(t *testing.T) {
	o := newOffice(t)
	for _, c := range syncproto.Collections() {
		if got := o.export(c.Name); !strings.HasPrefix(got, "id,") || strings.Count(got, "\n") != 1 {
			t.Errorf("%s: %q", c.Name, got)
		}
	}
}

func TestASelectionGivesWhatItAsksForAndNothingElse(t *testing.T) {
	o := newOffice(t)
	o.work()
	o.load("entitlements", "household,project,assistance_type,quantity,approved_on,status\nKV-1,P1,G,5,2020-01-01,approved\nKV-1,P1,G,6,,proposed\n")
	of := func(where ...string) (out []tables.Condition) {
		for i := 0; i < len(where); i += 2 {
			out = append(out, tables.Condition{Field: where[i], Text: where[i+1]})
		}
		return out
	}
	for name, c := range map[string]struct {
		what   tables.Selection
		column string
		want   string
	}{
		"an area and what lies below": {tables.Selection{Collection: "households", Area: "70653"}, "card_number", "KV-1 KV-2"},
		"an area by its name":         {tables.Selection{Collection: "households", Area: "Vranje"}, "card_number", "VR-1"},
		"a country":                   {tables.Selection{Collection: "households", Area: "RS"}, "card_number", "KV-1 KV-2 VR-1"},
		"what belongs to households":  {tables.Selection{Collection: "deliveries", Area: "70653"}, "quantity", "1 -2.5"},
		"areas":                       {tables.Selection{Collection: "areas", Area: "70653"}, "official_code", "70653 717738"},
		"a project":                   {tables.Selection{Collection: "deliveries", Project: "P1"}, "quantity", "1 -2.5 4"},
		"the project itself":          {tables.Selection{Collection: "projects", Project: "P2"}, "code", "P2"},
		"a project in an area":        {tables.Selection{Collection: "deliveries", Project: "P1", Area: "Vranje"}, "quantity", "4"},
		"text":                        {tables.Selection{Collection: "households", Where: of("head_name", " =Ana")}, "card_number", "KV-2"},
		"a choice":                    {tables.Selection{Collection: "households", Where: of("status", "IDP")}, "card_number", "KV-1 VR-1"},
		"nothing":                     {tables.Selection{Collection: "projects", Where: of("ends_on", "")}, "code", "P1 P2"},
		"a reference":                 {tables.Selection{Collection: "deliveries", Where: of("household", "VR-1")}, "quantity", "3 4"},
		"a number":                    {tables.Selection{Collection: "deliveries", Where: of("quantity", "-2,50")}, "quantity", "-2.5"},
		"a truth value":               {tables.Selection{Collection: "assistance_types", Where: of("durable_housing", "no")}, "code", "G"},
		"two conditions":              {tables.Selection{Collection: "deliveries", Where: of("household", "VR-1", "project", "P1")}, "quantity", "4"},
		"a date":                      {tables.Selection{Collection: "projects", Where: of("starts_on", "1.6.2018.")}, "code", "P1"},
		"from a day on":               {tables.Selection{Collection: "deliveries", Since: "30.4.2020."}, "quantity", "-2.5 3 4"},
		"up to a day":                 {tables.Selection{Collection: "deliveries", Until: "2020-04-30"}, "quantity", "1 -2.5 3"},
		"up to the day before":        {tables.Selection{Collection: "projects", Until: "2019-05-31"}, "code", "P1"},
		"up to the last day of all":   {tables.Selection{Collection: "deliveries", Until: "31.12.9999."}, "quantity", "1 -2.5 3 4"},
		"up to it, from a day on":     {tables.Selection{Collection: "projects", Since: "2019-01-01", Until: "9999-12-31"}, "code", "P2"},
		"up to it, if it has a day":   {tables.Selection{Collection: "entitlements", Until: "9999-12-31"}, "quantity", "5"},
		"one day":                     {tables.Selection{Collection: "projects", Since: "2019-06-01", Until: "2019-06-01"}, "code", "P2"},
		"no formula of SQL":           {tables.Selection{Collection: "households", Where: of("head_name", "' OR 1=1 --")}, "card_number", ""},
	} {
		t.Run(name, func(t *testing.T) {
			o.t = t
			text, count := o.exportTo(c.what, tables.Style{})
			var got []string
			for _, row := range rows(t, text) {
				got = append(got, row[c.column])
			}
			if strings.Join(got, " ") != c.want || count.Records != len(got) {
				t.Errorf("%d records: %q, want %q", count.Records, got, c.want)
			}
		})
	}
}

func TestWhatCannotBeSelectedIsRefused(t *testing.T) {
	o := newOffice(t)
	o.work()
	for want, c := range map[string]struct {
		what  tables.Selection
		style tables.Style
	}{
		"there is no collection": {what: tables.Selection{Collection: "users; DROP TABLE users"}},
		"belong to no area":      {what: tables.Selection{Collection: "projects", Area: "RS"}},
		"expected the official_code or name or id of a record of areas":           {what: tables.Selection{Collection: "households", Area: "Atlantis"}},
		"expected one record of areas; 2 have this name":                          {what: tables.Selection{Collection: "households", Area: "Kraljevo"}},
		"project: expected the code or id of a record of projects":                {what: tables.Selection{Collection: "deliveries", Project: "P9"}},
		`households has no field "project"`:                                       {what: tables.Selection{Collection: "households", Project: "P1"}},
		`households has no field "1=1; --"; it has card_number, head_name`:        {what: tables.Selection{Collection: "households", Where: []tables.Condition{{Field: "1=1; --", Text: "1"}}}},
		`households has no field "deleted"`:                                       {what: tables.Selection{Collection: "households", Where: []tables.Condition{{Field: "deleted", Text: "yes"}}}},
		"position: what is of the type position cannot be asked for":              {what: tables.Selection{Collection: "households", Where: []tables.Condition{{Field: "position", Text: "43, 20"}}}},
		"quantity: expected a number":                                             {what: tables.Selection{Collection: "deliveries", Where: []tables.Condition{{Field: "quantity", Text: "many"}}}},
		"records of people have no day of their own":                              {what: tables.Selection{Collection: "people", Since: "2020-01-01"}},
		"expected a date, such as 30.04.2020.":                                    {what: tables.Selection{Collection: "visits", Until: "tomorrow"}},
		`there is no format "pdf"; there are csv, xlsx and geojson`:               {what: tables.Selection{Collection: "visits"}, style: tables.Style{Format: "pdf"}},
		"a mark and semicolons are for CSV alone":                                 {what: tables.Selection{Collection: "visits"}, style: tables.Style{Format: tables.XLSX, Semicolon: true}},
		"records of people have no position; those of these have: households, vi": {what: tables.Selection{Collection: "people"}, style: tables.Style{Format: tables.GeoJSON}},
	} {
		count, err := tables.Export(t.Context(), o.store, c.what, c.style, io.Discard)
		if err == nil || !strings.Contains(err.Error(), want) || count.Records != 0 {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestAWorkbookHasNumbersDaysAndText(t *testing.T) {
	o := newOffice(t)
	o.work()
	sheet := func(collection string) (kinds, cells map[string]string) {
		t.Helper()
		text, count := o.exportTo(tables.Selection{Collection: collection}, tables.Style{Format: tables.XLSX, TempDir: t.TempDir()})
		f, err := excelize.OpenReader(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		list, err := f.GetRows(collection)
		if err != nil || len(list) != count.Records+1 {
			t.Fatalf("%d rows for %d records: %v", len(list), count.Records, err)
		}
		kinds, cells = map[string]string{}, map[string]string{}
		for i, name := range list[0] {
			cell, _ := excelize.CoordinatesToCellName(i+1, 3)
			kind, errKind := f.GetCellType(collection, cell)
			value, errValue := f.GetCellValue(collection, cell)
			if errKind != nil || errValue != nil {
				t.Fatal(errKind, errValue)
			}
			kinds[name], cells[name] = fmt.Sprint(kind == excelize.CellTypeInlineString), value
		}
		return kinds, cells
	}
	for _, c := range []struct{ collection, column, isText, want string }{
		{"deliveries", "quantity", "false", "-2.5"},
		{"deliveries", "delivered_at", "false", "2020-04-30 00:00:00"},
		{"deliveries", "proofs", "true", `{"photo":"<1>"}`},
		{"deliveries", "household", "true", o.ids("households", "card_number")["KV-2"]},
		{"deliveries", "note", "false", ""},
		{"households", "head_name", "true", "=Ana"},
		{"households", "position_lat", "false", "43.7"},
		{"projects", "starts_on", "false", "2019-06-01"},
		{"assistance_types", "durable_housing", "false", "FALSE"},
	} {
		kinds, cells := sheet(c.collection)
		if kinds[c.column] != c.isText || cells[c.column] != c.want {
			t.Errorf("%s: text %s, %q; want %s, %q", c.column, kinds[c.column], cells[c.column], c.isText, c.want)
		}
	}
}

func TestGeoJSONHasEveryRecordAndSaysWhichAreOnNoMap(t *testing.T) {
	o := newOffice(t)
	o.work()
	text, count := o.exportTo(tables.Selection{Collection: "households"}, tables.Style{Format: tables.GeoJSON})
	var got struct {
		Type     string
		Features []struct {
			Type, ID string
			Geometry *struct {
				Type        string
				Coordinates []float64
			}
			Properties map[string]any
		}
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if count != (tables.Exported{Records: 3, Unlocated: 2}) || got.Type != "FeatureCollection" || len(got.Features) != 3 {
		t.Fatalf("%+v in:\n%s", count, text)
	}
	bare, placed := got.Features[0], got.Features[1]
	if bare.Geometry != nil || bare.Properties["card_number"] != "KV-1" || bare.Type != "Feature" {
		t.Errorf("%+v", bare)
	}
	if placed.Geometry == nil || placed.Geometry.Type != "Point" || !slices.Equal(placed.Geometry.Coordinates, []float64{-20.5, 43.7}) {
		t.Fatalf("%+v", placed.Geometry)
	}
	want := map[string]any{"head_name": "=Ana", "position_accuracy": 12.0, "position_source": "gps", "phone": nil}
	for name, value := range want {
		if is, there := placed.Properties[name]; !there || is != value {
			t.Errorf("%s: %v, want %v", name, is, value)
		}
	}
	if _, twice := placed.Properties["position_lat"]; twice || placed.ID != o.ids("households", "card_number")["KV-2"] {
		t.Errorf("%+v", placed)
	}

	text, count = o.exportTo(tables.Selection{Collection: "deliveries", Where: []tables.Condition{{Field: "quantity", Text: "1"}}}, tables.Style{Format: tables.GeoJSON})
	for _, want := range []string{`"delivered_at":"2020-04-29T23:59:59Z"`, `"proofs":{"photo":"<1>"}`, `"quantity":1,`} {
		if !strings.Contains(text, want) || count.Records != 1 {
			t.Errorf("%s is not in:\n%s", want, text)
		}
	}
	if text, _ := o.exportTo(tables.Selection{Collection: "visits"}, tables.Style{Format: tables.GeoJSON}); !json.Valid([]byte(text)) {
		t.Errorf("without a record: %s", text)
	}
}
