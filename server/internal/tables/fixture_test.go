package tables_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/store"
	"satchel/server/internal/store/storetest"
	"satchel/server/internal/tables"
)

// An office is a store that can be imported into.
type office struct {
	t      testing.TB
	store  *store.Store
	engine *engine.Engine
	admin  uuid.UUID
}

func newOffice(t testing.TB) *office {
	t.Helper()
	s := storetest.Open(t)
	e, err := engine.New(t.Context(), s, time.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return &office{t: t, store: s, engine: e, admin: uuid.Must(uuid.NewV7())}
}

// check reads a table.
func (o *office) check(collection, text string) *tables.Table {
	o.t.Helper()
	return o.checkAs(collection, text, tables.Reading{})
}

// checkAs reads a table in a way of its own.
func (o *office) checkAs(collection, text string, how tables.Reading) *tables.Table {
	o.t.Helper()
	table, err := tables.Check(o.t.Context(), o.store, collection, strings.NewReader(text), how)
	if err != nil {
		o.t.Fatal(err)
	}
	return table
}

// load imports a table without faults.
func (o *office) load(collection, text string) {
	o.t.Helper()
	o.loadAs(collection, text, tables.Reading{})
}

// loadAs imports one in a way of its own.
func (o *office) loadAs(collection, text string, how tables.Reading) {
	o.t.Helper()
	table := o.checkAs(collection, text, how)
	if len(table.Faults) > 0 {
		o.t.Fatalf("%s: %v", collection, told(table.Faults))
	}
	saved, err := table.Save(o.t.Context(), o.engine, o.store, o.admin, 1, nil)
	if want := (tables.Saved{Records: table.New + table.Updates}); err != nil || saved != want {
		o.t.Fatalf("saved %+v of %d rows of %s, want %+v: %v", saved, table.Rows, collection, want, err)
	}
}

// programme imports the areas and a household that the tests refer to.
func (o *office) programme() {
	o.t.Helper()
	o.load("areas", "name,level,official_code,parent\n"+
		"Kraljevo,municipality,70653,RS\n"+
		"Srbija,country,RS,\n"+
		"Kraljevo,settlement,717738,70653\n"+
		"Vranje,municipality,70432,Srbija\n")
	o.load("households", "card_number,head_name,status,area\nKV-1,Petar Petrović,idp,70653\n")
}

// export gives a collection as CSV.
func (o *office) export(collection string) string {
	o.t.Helper()
	text, _ := o.exportTo(tables.Selection{Collection: collection}, tables.Style{})
	return text
}

// exportTo gives what a selection asks for.
func (o *office) exportTo(what tables.Selection, style tables.Style) (string, tables.Exported) {
	o.t.Helper()
	var out strings.Builder
	count, err := tables.Export(o.t.Context(), o.store, what, style, &out)
	if err != nil {
		o.t.Fatal(err)
	}
	return out.String(), count
}

// save makes records of any collection, as devices would.
func (o *office) save(edits ...engine.OfficeEdit) {
	o.t.Helper()
	if _, err := o.engine.Save(o.t.Context(), o.admin, edits); err != nil {
		o.t.Fatal(err)
	}
}

// audited counts the rows of the audit log.
func (o *office) audited() int {
	o.t.Helper()
	var rows []store.AuditRow
	err := o.store.Read(o.t.Context(), func(tx *store.Tx) (err error) {
		rows, err = tx.AuditSince(context.Background(), 0, 100)
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return len(rows)
}

// told writes faults as a test compares them.
func told(faults []tables.Fault) []string {
	var out []string
	for _, f := range faults {
		out = append(out, fmt.Sprintf("%d %s: %s", f.Row, f.Column, f.Problem))
	}
	return out
}
