package tables_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/internal/duplicates"
	"satchel/server/internal/engine"
	"satchel/server/internal/tables"
	"satchel/syncproto"
)

// likely writes whom rows may be about as a test compares it.
func likely(table *tables.Table, cards map[string]string) (out []string) {
	for _, r := range table.Account {
		for _, l := range r.Likely {
			who := fmt.Sprintf("row %d", l.InRow)
			for card, id := range cards {
				if id == l.Household.String() {
					who = card
				}
			}
			out = append(out, fmt.Sprintf("%d %s: %s", r.Row, r.Fate, who))
		}
	}
	return out
}

const families = "card_number,head_name,status,area,phone,place_of_origin\n" +
	"KV-1,Петар Петровић,idp,70653,064 111 222,Peć\n" + // 2 exists
	",Petrovic Petar,idp,70653,+381 64 111 222,Pec\n" + // 3 the same family, without its card
	"KV-7,Eva Ilić,idp,Vranje,061 333 444,Priština\n" + // 4 nobody is like her
	"KV 07,Ilić Eva,idp,Vranje,+381 61 333 444,\n" + // 5 the one of row 4
	",Petar Jović,idp,Vranje,069 999 999,Gnjilane\n" // 6 has no more than a name in common

func TestNewRowsThatMayBeAHouseholdThatExistsAreTold(t *testing.T) {
	o := newOffice(t)
	o.programme()
	o.load("households", "card_number,phone,place_of_origin\nKV-1,064 111 222,Peć\n")
	table := o.check("households", families)
	cards := o.ids("households", "card_number")
	if got := likely(table, cards); !slices.Equal(got, []string{"3 new: KV-1", "5 new: row 4"}) {
		t.Errorf("%q", got)
	}
	if fates(table) != `2 updates head_name:"Petar Petrović">"Петар Петровић", 3 new, 4 new, 5 new, 6 new` || table.Likely != 2 || table.LeftOut != 0 {
		t.Errorf("%s, %+v", fates(table), table)
	}
	l := table.Account[1].Likely[0]
	sum, says := 0.0, ""
	for _, r := range l.Reasons {
		sum, says = sum+r.Weight, says+r.Says+"; "
	}
	if l.Score < duplicates.Threshold || sum-l.Score > 1e-9 || l.Score-sum > 1e-9 || !strings.Contains(says, "the same phone number") {
		t.Errorf("%.1f bits for %.1f: %s", l.Score, sum, says)
	}
	saved, err := table.Save(t.Context(), o.engine, o.store, o.admin, 1, nil)
	if err != nil || saved.Records != 5 {
		t.Errorf("a hint has kept a row from being saved: %+v, %v", saved, err)
	}
	if table := o.check("households", "card_number,head_name,area,phone\nKV-1,Petar Petrović,70653,064 111 222\n"); table.Updates != 1 || table.Likely > 0 {
		t.Errorf("a household that exists is told as new: %s, %q", fates(table), likely(table, nil))
	}
}

func TestRowsThatMayBeDuplicatesAreLeftOutIfThatIsWanted(t *testing.T) {
	o := newOffice(t)
	o.programme()
	o.load("households", "card_number,phone\nKV-1,064111222\n")
	how := tables.Reading{SkipDuplicates: true}
	table := o.checkAs("households", families+",Ilić Eva,idp,Vranje,061 333 444,\n", how)
	want := []string{"3 left_out: KV-1", "5 left_out: row 4", "7 left_out: row 4"}
	if got := likely(table, o.ids("households", "card_number")); !slices.Equal(got, want) || table.LeftOut != 3 || table.Likely != 3 || table.New != 2 {
		t.Errorf("%q, %+v", got, table)
	}
	saved, err := table.Save(t.Context(), o.engine, o.store, o.admin, 1, nil)
	if err != nil || saved.Records != 3 || len(rows(t, o.export("households"))) != 3 {
		t.Errorf("%+v: %v", saved, err)
	}
	table = o.checkAs("households", "card_number,head_name,status,area,phone,merged_into\nKV-8,Petar Petrović,idp,70653,064 111 222,\nKV-9,Petar Petrović,idp,70653,064 111 222,KV-8\n", how)
	if got := told(table.Faults); !slices.Equal(got, []string{"3 merged_into: expected a household that is imported; row 2 is left out, as a possible duplicate"}) {
		t.Errorf("%q", got)
	}
}

func TestADeletedHouseholdIsNotLikely(t *testing.T) {
	o := newOffice(t)
	o.programme()
	gone := record("households", map[string]any{"head_name": "Jova Jović", "status": "idp", "area": o.ids("areas", "official_code")["70653"], "phone": "065 777 888", "card_number": "KV-6"})
	o.save(gone)
	const text = "head_name,status,area,phone\nJova Jović,idp,70653,065/777-888\n"
	if got := likely(o.check("households", text), nil); len(got) != 1 {
		t.Errorf("%q", got)
	}
	o.save(engine.OfficeEdit{Collection: "households", Record: gone.Record, Fields: map[string]syncproto.Value{"deleted": syncproto.True}})
	if got := likely(o.check("households", text), nil); len(got) != 0 {
		t.Errorf("%q", got)
	}
}

func TestANewRowWithTheCardOfADeletedHouseholdIsTold(t *testing.T) {
	o := newOffice(t)
	o.work()
	gone := o.ids("households", "card_number")["VR-1"]
	o.save(engine.OfficeEdit{Collection: "households", Record: uuid.MustParse(gone), Fields: map[string]syncproto.Value{"deleted": syncproto.True}})
	const text = "card_number,head_name,status,area\n VR-1,Eva,idp,Vranje\nVR-2,Iva,idp,Vranje\n,Ana,idp,Vranje\nKV-1,,,\n"
	table := o.becomes("households", text, tables.Reading{SkipDuplicates: true}, "2 new, 3 new, 4 new, 5 unchanged")
	for i, r := range table.Account {
		if told := r.Deleted.String() == gone; told != (i == 0) {
			t.Errorf("row %d has the card of %s", r.Row, r.Deleted)
		}
	}
	if table.Deleted != 1 || table.Likely != 0 {
		t.Errorf("%+v", table)
	}
	o.load("households", text)
	if table := o.check("households", text); table.Deleted != 0 || table.Unchanged != 4 {
		t.Errorf("once it is there again: %+v", table)
	}
}
