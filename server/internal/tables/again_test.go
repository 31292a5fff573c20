package tables_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/store"
	"satchel/server/internal/tables"
	"satchel/syncproto"
)

// fates writes what becomes of each row as a test compares it.
func fates(table *tables.Table) string {
	var out []string
	for _, r := range table.Account {
		text := fmt.Sprintf("%d %s", r.Row, r.Fate)
		for _, e := range r.Edits {
			text += fmt.Sprintf(" %s:%s>%s", e.Field, e.From, e.To)
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

// becomes checks what becomes of the rows of a table, and that nothing is wrong with it.
func (o *office) becomes(collection, text string, how tables.Reading, want string) *tables.Table {
	o.t.Helper()
	table := o.checkAs(collection, text, how)
	if got := fates(table); got != want || len(table.Faults) > 0 {
		o.t.Errorf("%s:\n%s\nwant\n%s\nfaults %q", collection, got, want, told(table.Faults))
	}
	return table
}

// shown gives a record.
func (o *office) shown(id string) (r store.Record) {
	o.t.Helper()
	err := o.store.Read(o.t.Context(), func(tx *store.Tx) (err error) {
		r, err = tx.Record(o.t.Context(), uuid.MustParse(id))
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return r
}

func TestTheSameFileChangesNothingTheSecondTime(t *testing.T) {
	o := newOffice(t)
	o.work()
	o.load("people", "household,name,born_on,document_number\nKV-1,Ana,1980-01-02,007\n")
	files := []struct{ collection, text string }{
		{"areas", "name,level,parent\nCrna Gora,country,\nNikšić,municipality,Crna Gora\nSrbija,country,\n"},
		{"projects", "code,title,starts_on\nP1,One,2018-06-01\nP3,Three,\n"},
		{"assistance_types", "code,name,category,limit_per_household,durable_housing\nH,House,housing,\"1,50\",yes\nX,X,other,,\n"},
		{"indicators", "code,title,definition\nI1,Houses,\"{\"\"where\"\": {\"\"quantity\"\": 1.5}, \"\"of\"\": \"\"deliveries\"\"}\"\nI2,Grants,\n"},
		{"targets", "indicator,project,value,due_on\nI1,P1,21,2020-04-30\nI1,P1,10,2019-04-30\nI1,,31,\n"},
		{"households", "card_number,head_name,status,area,phone,position_lat,position_lon,notes\n,Ana,idp,Vranje,1,43.7,20.7,\"a\nb \"\n,Ana,idp,Vranje,1,43.7,20.7,\"a\nb \"\nKV-9,Eva,host,Vranje,,,,\n,Ana,idp,Vranje,,,,\n"},
		{"people", "household,name,sex,born_on,document_number\nKV-1,Ana,female,,\nKV-1,Ana,female,,\nKV-9,Eva,,1.2.1990.,123\n"},
		{"entitlements", "household,person,project,assistance_type,quantity,approved_on,status\nKV-9,,P1,H,1,2019-05-01,approved\nKV-9,,P1,H,1,,proposed\n,007,P1,H,2,2019-05-01,approved\n"},
	}
	for _, f := range files {
		o.load(f.collection, f.text)
		before := o.audited()
		table := o.check(f.collection, f.text)
		if table.Unchanged != table.Rows || table.Rows == 0 || len(table.Faults) > 0 {
			t.Errorf("%s: %s, %q", f.collection, fates(table), told(table.Faults))
		}
		saved, err := table.Save(t.Context(), o.engine, o.store, o.admin, 1, nil)
		if err != nil || saved.Records != 0 || o.audited() != before {
			t.Errorf("%s: saved %+v, %d audit rows: %v", f.collection, saved, o.audited()-before, err)
		}
	}
	for collection, number := range map[string][3]string{"households": {"card_number", "KV-9", "VR-1"}, "people": {"document_number", "007", "123"}} {
		duplicate, kept := o.twin(collection, number[0], number[1])
		o.merge(collection, duplicate, kept)
		o.twin(collection, number[0], number[2]) // nobody has decided on it
	}
	for _, f := range files {
		table := o.check(f.collection, strings.ReplaceAll(f.text, "KV-9,Eva,,1.2.1990.,123\n", ""))
		if table.Unchanged != table.Rows || table.Rows == 0 || len(table.Faults) > 0 {
			t.Errorf("%s after mergers: %s, %q", f.collection, fates(table), told(table.Faults))
		}
	}
	for _, collection := range tables.Importable() {
		for _, format := range []tables.Format{tables.CSV, tables.XLSX} {
			text, _ := o.exportTo(tables.Selection{Collection: collection}, tables.Style{Format: format})
			if table := o.check(collection, text); table.Unchanged != table.Rows || table.Rows == 0 || len(table.Faults) > 0 {
				t.Errorf("%s that was exported as %s: %s, %q", collection, format, fates(table), told(table.Faults))
			}
		}
	}
}

// twin makes the record of a number a second time.
func (o *office) twin(collection, column, number string) (first, second string) {
	o.t.Helper()
	first = o.ids(collection, column)[number]
	again := engine.OfficeEdit{Collection: collection, Record: uuid.Must(uuid.NewV7()), Fields: map[string]syncproto.Value{}}
	for name, field := range o.shown(first).State {
		again.Fields[name] = field.Heads[0].Value
	}
	o.save(again)
	return first, again.Record.String()
}

func TestARowChangesTheRecordThatHasItsNumber(t *testing.T) {
	o := newOffice(t)
	o.work()
	const text = "card_number,phone,status,position_lat,position_lon,displaced_on\nKV-2,060,IDP,43.7,-20.5,\nKV-1,,,,,\n"
	want := `2 updates status:"host">"idp" phone:>"060", 3 unchanged`
	table := o.becomes("households", text, tables.Reading{}, want)
	id := o.ids("households", "card_number")["KV-2"]
	if got := table.Account[0].Record.String(); got != id || table.New != 0 || table.Updates != 1 || table.Unchanged != 1 {
		t.Errorf("record %s, %+v", got, table)
	}
	o.load("households", text)
	r := o.shown(id)
	if r.Value("phone") != `"060"` || r.Value("status") != `"idp"` || len(r.State.Conflicts()) > 0 {
		t.Errorf("%+v", r.State)
	}
	if place := r.Value("position"); !strings.Contains(string(place), `"accuracy":12`) {
		t.Errorf("the same place has lost how exact it is: %s", place)
	}
	for collection, c := range map[string]struct{ text, want string }{
		"areas":            {"official_code,name,parent\n70653,Kraljevo,70432\n", `2 updates parent:"` + o.ids("areas", "official_code")["RS"] + `">"` + o.ids("areas", "official_code")["70432"] + `"`},
		"projects":         {"code,title,donor\nP1,First,EU\n", `2 updates title:"One">"First" donor:>"EU"`},
		"assistance_types": {"code,limit_per_household,durable_housing\nH,2,no\n", `2 updates limit_per_household:>2 durable_housing:true>false`},
	} {
		o.becomes(collection, c.text, tables.Reading{}, c.want)
	}
	o.load("people", "household,name,document_number\nKV-1,Ana,007\n")
	o.becomes("people", "document_number,name\n007,Ana Anić\n", tables.Reading{}, `2 updates name:"Ana">"Ana Anić"`)
	o.becomes("people", "id,document_number\n"+o.ids("people", "document_number")["007"]+",008\n", tables.Reading{}, `2 updates document_number:"007">"008"`)
}

func TestAnEmptyCellClearsAFieldOnlyIfThatIsWanted(t *testing.T) {
	o := newOffice(t)
	o.work()
	const text = "card_number,position_lat,position_lon,phone,notes\nKV-2,,,,\n"
	o.becomes("households", text, tables.Reading{}, "2 unchanged")
	table := o.becomes("households", text, tables.Reading{ClearEmpty: true}, `2 updates position:{"accuracy":12,"lat":43.7,"lon":-20.5,"source":"gps"}>null`)
	if saved, err := table.Save(t.Context(), o.engine, o.store, o.admin, 1, nil); err != nil || saved.Records != 1 {
		t.Fatalf("%+v: %v", saved, err)
	}
	o.becomes("households", text, tables.Reading{ClearEmpty: true}, "2 unchanged")
	table = o.checkAs("households", "card_number,head_name\nKV-2,\n", tables.Reading{ClearEmpty: true})
	if got := told(table.Faults); !slices.Equal(got, []string{"2 head_name: expected something: every record of households needs it"}) {
		t.Errorf("%q", got)
	}
}

func TestWhatWasChangedSinceTheCheckIsNotOverwritten(t *testing.T) {
	o := newOffice(t)
	o.work()
	const text = "card_number,phone,notes\nKV-1,060,x\nKV-2,061,x\nVR-1,062,x\n"
	table := o.check("households", text)
	ids := o.ids("households", "card_number")
	o.save(
		engine.OfficeEdit{Collection: "households", Record: uuid.MustParse(ids["KV-1"]), Fields: map[string]syncproto.Value{"phone": `"099"`}},
		engine.OfficeEdit{Collection: "households", Record: uuid.MustParse(ids["KV-2"]), Fields: map[string]syncproto.Value{"deleted": syncproto.True}},
		engine.OfficeEdit{Collection: "households", Record: uuid.MustParse(ids["VR-1"]), Fields: map[string]syncproto.Value{"address": `"Main street"`}},
	)
	saved, err := table.Save(t.Context(), o.engine, o.store, o.admin, 1, nil)
	if err != nil || saved != (tables.Saved{Records: 3, Contested: 2}) {
		t.Errorf("saved %+v: %v", saved, err)
	}
	for card, want := range map[string][]string{"KV-1": {"phone"}, "KV-2": {"deleted"}, "VR-1": nil} {
		if got := o.shown(ids[card]).State.Conflicts(); !slices.Equal(got, want) {
			t.Errorf("%s: in conflict are %q, want %q", card, got, want)
		}
	}
	if heads := o.shown(ids["KV-1"]).State["phone"].Heads; len(heads) != 2 {
		t.Errorf("%v", heads)
	}
}

func TestARecordThatCameSinceTheCheckIsNotOverwritten(t *testing.T) {
	o := newOffice(t)
	o.programme()
	id := uuid.Must(uuid.NewV7())
	table := o.check("projects", "id,code,title\n"+id.String()+",P1,One\n")
	o.save(engine.OfficeEdit{Collection: "projects", Record: id, Fields: map[string]syncproto.Value{"code": `"P1"`, "title": `"Another"`}})
	saved, err := table.Save(t.Context(), o.engine, o.store, o.admin, 1, nil)
	if err != nil || saved != (tables.Saved{Records: 1, Contested: 1}) || !slices.Equal(o.shown(id.String()).State.Conflicts(), []string{"title"}) {
		t.Errorf("saved %+v: %v", saved, err)
	}
}

func TestAnEntitlementAndATargetAreKnownByWhatTheyAreAbout(t *testing.T) {
	o := newOffice(t)
	o.work()
	o.load("indicators", "code,title\nI1,Houses\n")
	o.load("targets", "indicator,project,value,due_on\nI1,P1,21,2020-04-30\n")
	o.becomes("targets", "indicator,project,value,due_on\nI1,P1,22,2020-04-30\nI1,P1,22,2020-05-31\nI1,P2,22,2020-04-30\n", tables.Reading{}, "2 updates value:21>22, 3 new, 4 new")

	const header = "household,project,assistance_type,quantity,approved_on,status\n"
	o.load("entitlements", header+"KV-1,P1,G,1,2019-05-01,proposed\n")
	o.becomes("entitlements", header+"KV-1,P1,G,2,2019-05-01,approved\nKV-1,P1,G,1,2019-06-01,approved\nKV-2,P1,G,1,2019-05-01,approved\n", tables.Reading{},
		`2 updates quantity:1>2 status:"proposed">"approved", 3 new, 4 new`)
	for want, text := range map[string]string{
		"3 : expected one row for each household, person, project, assistance_type, approved_on; row 2 has the same": header + "KV-1,P2,G,1,,approved\nKV-1,P2,G,2,,approved\n",
		"2 : expected one row for each household, person, project, assistance_type, approved_on; row 3 has the same": header + "KV-1,P1,G,2,2019-05-01,proposed\nKV-1,P1,G,1,2019-05-01,proposed\n",
		"2 : expected a household or a person": header + ",P1,G,2,2019-05-01,proposed\n",
	} {
		if got := told(o.check("entitlements", text).Faults); !slices.Equal(got, []string{want}) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	// two were recorded without knowledge of each other
	one := rows(t, o.export("entitlements"))[0]
	o.save(record("entitlements", map[string]any{"household": one["household"], "project": one["project"], "assistance_type": one["assistance_type"], "quantity": 3, "approved_on": "2019-05-01", "status": "approved"}))
	o.becomes("entitlements", header+"KV-1,P1,G,3,2019-05-01,approved\n", tables.Reading{}, "2 unchanged")
	got := told(o.check("entitlements", header+"KV-1,P1,G,4,2019-05-01,approved\n").Faults)
	if !slices.Equal(got, []string{"2 : expected the id too: 2 records that exist have the same household, person, project, assistance_type, approved_on"}) {
		t.Errorf("%q", got)
	}
}

func TestWhichRecordARowIsAboutHasToBeClear(t *testing.T) {
	o := newOffice(t)
	o.work()
	ids := o.ids("households", "card_number")
	twin := record("households", map[string]any{"head_name": "Twin", "status": "idp", "area": o.ids("areas", "official_code")["70432"], "card_number": "VR-1"})
	gone := record("households", map[string]any{"head_name": "Gone", "status": "idp", "area": o.ids("areas", "official_code")["70432"], "card_number": "VR-9"})
	o.save(twin, gone)
	o.save(engine.OfficeEdit{Collection: "households", Record: gone.Record, Fields: map[string]syncproto.Value{"deleted": syncproto.True}})
	const lacks = "1 head_name: expected this column: every record of households needs it, and that of row 2 is new"
	for name, c := range map[string]struct {
		collection, text string
		want             []string
	}{
		"a number that two have":       {"households", "card_number,phone\nVR-1,060\n", []string{"2 card_number: expected one record; 2 that exist have this card_number: name the one you mean by its id"}},
		"two rows for one number":      {"households", "card_number,phone\nKV-1,060\nKV-1,061\n", []string{"3 card_number: expected one that no other record has; row 2 has it"}},
		"two rows for one record":      {"households", "id,card_number,phone\n" + ids["KV-1"] + ",,060\n,KV-1,061\n", []string{"3 card_number: expected one that no other record has; row 2 has it"}},
		"two rows for one id":          {"households", "id,phone\n" + ids["KV-1"] + ",060\n" + ids["KV-1"] + ",061\n", []string{"3 : expected one row for each record; row 2 is about this one too"}},
		"a number first and then its":  {"households", "id,card_number,phone\n,KV-1,061\n" + ids["KV-1"] + ",,060\n", []string{"3 : expected one row for each record; row 2 is about this one too"}},
		"the number of another":        {"households", "id,card_number\n" + ids["KV-1"] + ",KV-2\n", []string{"2 card_number: expected one that no other record has; a record that exists has it"}},
		"an own number that two have":  {"households", "id,card_number,phone\n" + ids["VR-1"] + ",VR-1,\n", nil},
		"a record that was deleted":    {"households", "id,phone\n" + gone.Record.String() + ",060\n", []string{"2 id: expected a record that is not deleted"}},
		"a record of something else":   {"people", "id,name\n" + ids["KV-1"] + ",Ana\n", []string{"2 id: expected the id of a record of people; this one is of households"}},
		"a new one without a column":   {"households", "card_number,status,area,phone\nKV-7,idp,Vranje,\nKV-8,idp,Vranje,\n", []string{lacks}},
		"a new one without a cell":     {"households", "card_number,head_name,status,area\nKV-7,,idp,Vranje\n", []string{"2 head_name: expected something: every record of households needs it"}},
		"a merger":                     {"households", "card_number,merged_into\nKV-1,KV-2\n", []string{"2 merged_into: expected what the record says already: mergers of records that exist are made and undone by themselves, with their people"}},
		"an area below itself":         {"areas", "official_code,parent\nRS,717738\n", []string{"2 parent: expected a record that does not itself come below this one, and no more than 64 levels"}},
		"a definition that is nothing": {"indicators", "code,title,definition\nI1,Houses,{}\n", []string{`2 definition: expected what to count; "of" has to be a collection; "" is none`}},
	} {
		table := o.check(c.collection, c.text)
		if got := told(table.Faults); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		for _, r := range table.Account {
			if at := slices.IndexFunc(table.Faults, func(f tables.Fault) bool { return f.Row == r.Row }); at >= 0 && r.Fate != tables.Wrong {
				t.Errorf("%s: row %d is %s", name, r.Row, r.Fate)
			}
		}
	}
}

func TestANumberOfAMergedRecordIsThatOfTheOther(t *testing.T) {
	o := newOffice(t)
	o.work()
	ids := o.ids("households", "card_number")
	twin := record("households", map[string]any{"head_name": "Twin", "status": "idp", "area": o.ids("areas", "official_code")["70432"], "card_number": "KV-1", "merged_into": ids["KV-1"]})
	other := record("households", map[string]any{"head_name": "Other", "status": "idp", "area": o.ids("areas", "official_code")["70432"], "card_number": "KV-3", "merged_into": ids["KV-1"]})
	o.save(twin, other)
	table := o.check("households", "card_number,phone\nKV-1,060\nKV-3,061\n")
	if fates(table) != `2 updates phone:>"060", 3 updates phone:>"061"` || table.Account[0].Record.String() != ids["KV-1"] || table.Account[1].Record != other.Record {
		t.Errorf("%s, %q", fates(table), told(table.Faults))
	}
}

// merge makes a record a duplicate of another one.
func (o *office) merge(collection, record, into string) {
	o.t.Helper()
	o.save(engine.OfficeEdit{Collection: collection, Record: uuid.MustParse(record), Fields: map[string]syncproto.Value{"merged_into": syncproto.Value(strconv.Quote(into))}})
}

func TestWhatBelongsToAMergedRecordIsKnownByTheOther(t *testing.T) {
	o := newOffice(t)
	o.work()
	const (
		people       = "household,name,document_number,birth_year\nKV-1,Ana,,1980\nKV-1,Eva,007,\n"
		entitlements = "household,person,project,assistance_type,quantity,approved_on,status\nKV-1,,P1,G,1,2019-05-01,approved\n,007,P1,H,2,2019-05-01,approved\n"
	)
	o.load("people", people)
	o.load("entitlements", entitlements)
	household, person := o.ids("households", "card_number")["KV-1"], o.ids("people", "document_number")["007"]
	twin := record("households", map[string]any{"head_name": "Twin", "status": "idp", "area": o.ids("areas", "official_code")["70432"], "card_number": "KV-1"})
	o.save(twin)
	other := record("people", map[string]any{"household": twin.Record.String(), "name": "Eva", "document_number": "007"})
	o.save(other)
	o.merge("households", household, twin.Record.String())
	o.merge("people", person, other.Record.String())
	o.becomes("people", people, tables.Reading{}, "2 unchanged, 3 unchanged")
	o.becomes("entitlements", entitlements, tables.Reading{}, "2 unchanged, 3 unchanged")
	o.becomes("people", "id,household\n"+person+",KV-1\n"+o.ids("people", "name")["Ana"]+",KV-2\n", tables.Reading{},
		fmt.Sprintf(`2 unchanged, 3 updates household:"%s">"%s"`, household, o.ids("households", "card_number")["KV-2"]))
	o.becomes("entitlements", strings.ReplaceAll(entitlements, "G,1", "G,3"), tables.Reading{}, "2 updates quantity:1>3, 3 unchanged")
}

// TestWhatEachOfTwoMergedRecordsHasIsItsOwn has both keep a card of their own.
func TestWhatEachOfTwoMergedRecordsHasIsItsOwn(t *testing.T) {
	o := newOffice(t)
	o.work()
	const header = "household,project,assistance_type,quantity,approved_on,status\n"
	cards := o.ids("households", "card_number")
	o.merge("households", cards["KV-2"], cards["KV-1"])
	both := header + "KV-1,P1,G,1,2019-05-01,approved\nKV-2,P1,G,1,2019-05-01,approved\n"
	o.becomes("entitlements", both, tables.Reading{}, "2 new, 3 new")
	o.load("entitlements", both)
	o.becomes("entitlements", both, tables.Reading{}, "2 unchanged, 3 unchanged")
	o.becomes("entitlements", header+"KV-1,P1,G,2,2019-05-01,approved\n", tables.Reading{}, "2 updates quantity:1>2")
	o.becomes("entitlements", header+"KV-2,P1,G,2,2019-05-01,approved\nKV-1,P1,G,3,2019-05-01,approved\n", tables.Reading{},
		"2 updates quantity:1>2, 3 updates quantity:1>3")
}

func TestARowThatNamesItsRecordKeepsANumberThatOthersHaveToo(t *testing.T) {
	o := newOffice(t)
	o.work()
	household := func(name, card string) engine.OfficeEdit {
		return record("households", map[string]any{"head_name": name, "status": "idp", "area": o.ids("areas", "official_code")["70432"], "card_number": card})
	}
	person := func(name string) engine.OfficeEdit {
		return record("people", map[string]any{"household": o.ids("households", "card_number")["VR-1"], "name": name, "document_number": "007"})
	}
	undecided, merged, into := household("Twin", "VR-1"), household("Merged", "KV-9"), household("Kept", "KV-9")
	ana, eva, iva := person("Ana"), person("Eva"), person("Iva")
	o.save(undecided, merged, into, ana, eva, iva)
	o.merge("households", merged.Record.String(), into.Record.String())
	o.merge("people", eva.Record.String(), ana.Record.String())
	for _, collection := range []string{"households", "people"} {
		lines := strings.Split(strings.TrimSpace(o.export(collection)), "\n")
		for range 2 {
			table := o.check(collection, strings.Join(lines, "\n"))
			if table.Unchanged != len(lines)-1 || len(table.Faults) > 0 {
				t.Errorf("%s: %s, %q", collection, fates(table), told(table.Faults))
			}
			slices.Reverse(lines[1:])
		}
	}
	const taken = "expected one that no other record has; "
	for text, want := range map[string]string{
		into.Record.String() + ",KV-9\n,KV-9\n":                               "3 card_number: " + taken + "row 2 has it",
		into.Record.String() + ",VR-1\n":                                      "2 card_number: " + taken + "a record that exists has it",
		merged.Record.String() + ",KV-9\n" + into.Record.String() + ",VR-1\n": "3 card_number: " + taken + "a record that exists has it",
	} {
		if got := told(o.check("households", "id,card_number\n"+text).Faults); !slices.Equal(got, []string{want}) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestAnInterruptedImportIsFinishedByTheSameFile(t *testing.T) {
	o := newOffice(t)
	o.programme()
	text := "head_name,area,status\n" + strings.Repeat("A,Vranje,idp\n", 700)
	for i, want := range []int{500, 200, 0} {
		ctx, cancel := context.WithCancel(t.Context())
		table := o.check("households", text)
		saved, err := table.Save(ctx, o.engine, o.store, o.admin, 1, func(int) { cancel() })
		if saved.Records != want {
			t.Errorf("the %d. time %d are saved, want %d: %v; %d new, %d unchanged", i+1, saved.Records, want, err, table.New, table.Unchanged)
		}
	}
	if n := len(rows(t, o.export("households"))); n != 701 {
		t.Errorf("%d households, want 701", n)
	}
}

func TestARowIsNewWhereNoRecordSaysTheSame(t *testing.T) {
	o := newOffice(t)
	o.programme()
	const text = "head_name,area,status,notes\nAna,Vranje,idp,x\n"
	o.load("households", text)
	o.becomes("households", text, tables.Reading{}, "2 unchanged")
	o.becomes("households", "head_name,area,status,notes\nAna,Vranje,idp,\n", tables.Reading{}, "2 new")
	o.becomes("households", "id,head_name,area,status,notes\n"+uuid.Must(uuid.NewV7()).String()+",Ana,Vranje,idp,x\n", tables.Reading{}, "2 new")
	id := rows(t, o.export("households"))[1]["id"]
	o.save(engine.OfficeEdit{Collection: "households", Record: uuid.MustParse(id), Fields: map[string]syncproto.Value{"deleted": syncproto.True}})
	o.becomes("households", text, tables.Reading{}, "2 new")
	table := o.checkAs("households", "id,x\n,1\n", tables.Reading{Called: map[string]string{"x": ""}})
	if fates(table) != "2 wrong" || len(table.Faults) != 3 {
		t.Errorf("a row that says nothing: %s, %q", fates(table), told(table.Faults))
	}
}

func TestTwoAreasOfOneNameAreToldApartByWhatElseIsSaid(t *testing.T) {
	o := newOffice(t)
	o.programme() // Kraljevo is a municipality and a settlement in it
	o.load("areas", "id,name,level,parent\n"+uuid.Must(uuid.NewV7()).String()+",Kraljevo,district,RS\n")
	const text = "name,official_code,level,parent\nKraljevo,70653,municipality,RS\nKraljevo,,district,RS\nSrbija,,country,\n"
	table := o.check("areas", text)
	if got := told(table.Faults); fates(table) != "2 unchanged, 3 unchanged, 4 wrong" || !slices.Equal(got, []string{"4 name: expected the official_code too: a record that exists has this name"}) {
		t.Errorf("%s, %q", fates(table), got)
	}
	table = o.check("areas", "name,official_code,level,parent\nKraljevo,70653,municipality,RS\nKraljevo,,region,RS\n")
	if got := told(table.Faults); !slices.Equal(got, []string{"3 name: expected the official_code too: row 2 has this name"}) {
		t.Errorf("%q", got)
	}
}

func TestWhatACellCannotHoldOfATextIsNoDifference(t *testing.T) {
	o := newOffice(t)
	o.programme()
	o.save(record("projects", map[string]any{"code": "P1 ", "title": " a\r\nb ", "donor": "'=EU"}))
	for _, format := range []tables.Format{tables.CSV, tables.XLSX} {
		text, _ := o.exportTo(tables.Selection{Collection: "projects"}, tables.Style{Format: format})
		o.becomes("projects", text, tables.Reading{}, "2 unchanged")
	}
	o.save(record("households", map[string]any{
		"card_number": "KV-2", "head_name": "Ana", "status": "idp", "area": o.ids("areas", "official_code")["70653"],
		"position": map[string]any{"lat": 43.723300000000002, "lon": 20.930699999999987, "accuracy": 5, "source": "gps"},
	}))
	file, _ := o.exportTo(tables.Selection{Collection: "households"}, tables.Style{Format: tables.XLSX})
	o.becomes("households", file, tables.Reading{}, "2 unchanged, 3 unchanged")
	o.becomes("households", "card_number,position_lat,position_lon\nKV-2,43.7233,20.9307\n", tables.Reading{}, "2 unchanged")
	if moved := o.check("households", "card_number,position_lat,position_lon\nKV-2,43.7233,20.93071\n"); moved.Updates != 1 {
		t.Errorf("%s", fates(moved))
	}
	o.becomes("projects", "code,title\nP1,a\n", tables.Reading{}, `2 updates title:" a\r\nb ">"a"`)
}
