package tables_test

import (
	"strings"
	"testing"

	"satchel/server/internal/tables"
	"satchel/syncproto"
)

// FuzzCheck reads any table of any collection. It never panics; what it finds no fault in can be saved, and says nothing
// new the second time.
func FuzzCheck(f *testing.F) {
	collections := syncproto.Collections()
	f.Add(uint8(0), "name,level,official_code,parent\nRaška,municipality,1,RS\n")
	for i := range collections {
		f.Add(uint8(i), "card_number,head_name,status,area,displaced_on,position\nKV-2,\"Ana, \"\"A\"\"\",idp,70653,15.06.1999.,\"43.7, 20.7\"\n")
		f.Add(uint8(i), "\xef\xbb\xbfname;household;born_year\n=1+1;KV-1;1e9\n\x00;;\n")
	}
	f.Add(uint8(0), "\"")
	o := newOffice(f)
	o.programme()
	f.Fuzz(func(t *testing.T, n uint8, text string) {
		o.t = t
		table, err := tables.Check(t.Context(), o.store, collections[int(n)%len(collections)].Name, strings.NewReader(text), tables.Reading{})
		if err != nil || len(table.Faults) > 0 || table.Rows == 0 {
			return
		}
		saved, err := table.Save(t.Context(), o.engine, o.store, o.admin, 1, nil)
		if err != nil || saved.Records != table.New+table.Updates || table.New+table.Updates+table.Unchanged != table.Rows {
			t.Fatalf("of %+v was saved %+v: %v", table, saved, err)
		}
		again, err := tables.Check(t.Context(), o.store, table.Collection, strings.NewReader(text), tables.Reading{})
		if err != nil || len(again.Faults) > 0 || again.Unchanged != again.Rows {
			t.Fatalf("the same file again: %+v: %v", again, err)
		}
	})
}
