package tables_test

import (
	"strings"
	"testing"

	"satchel/server/internal/tables"
	"satchel/syncproto"
)

func TestNoCellIsRunAsAFormula(t *testing.T) {
	o := newOffice(t)
	o.programme()
	for _, evil := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "＝1", "'=1", "=cmd|'/c calc'!A1"} {
		o.load("households", "head_name,status,area,notes,position_lat,position_lon\n\""+strings.ReplaceAll(evil, "\"", "\"\"")+"\",idp,Vranje,x,-3.5,-20\n")
	}
	for _, row := range rows(t, o.export("households")) {
		if strings.ContainsAny(row["head_name"][:1], "=+-@＝") {
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
	var out strings.Builder
	n, err := tables.Export(t.Context(), o.store, "projects", &out, tables.Style{BOM: true, Semicolon: true})
	if err != nil || n != 1 {
		t.Fatalf("%d records: %v", n, err)
	}
	header, row, _ := strings.Cut(out.String(), "\n")
	if header != "\ufeffid;code;title;institution;implementer;donor;starts_on;ends_on" || !strings.HasSuffix(row, ";P1;\"a;b\";;;;;\n") {
		t.Errorf("%q", out.String())
	}
}

func TestACollectionWithoutRecordsHasAHeader(t *testing.T) {
	o := newOffice(t)
	for _, c := range syncproto.Collections() {
		if got := o.export(c.Name); !strings.HasPrefix(got, "id,") || strings.Count(got, "\n") != 1 {
			t.Errorf("%s: %q", c.Name, got)
		}
	}
	if _, err := tables.Export(t.Context(), o.store, "users; DROP TABLE users", &strings.Builder{}, tables.Style{}); err == nil {
		t.Error("what is no collection was exported")
	}
}
