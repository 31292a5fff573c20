package clientlib_test

import (
	"testing"

	"satchel/clientlib"
)

// alike gives the heads of the households that may be the one that is being registered.
func (d *device) alike(head, card string, members ...string) (out []string) {
	d.t.Helper()
	var f clientlib.Form
	h := f.Create("households", map[string]any{"head_name": head, "card_number": card, "status": "idp", "area": vranje})
	for _, name := range members {
		f.Create("people", map[string]any{"household": h.ID, "name": name, "born_on": "1980-05-02"})
	}
	for _, l := range must(d.store.Similar(d.t.Context(), &f)) {
		is(d.t, "registered", l.Registered, h.ID)
		is(d.t, "reasons are given", len(l.Reasons) > 0, true)
		out = append(out, l.Household.Text("head_name"))
	}
	return out
}

func TestAFamilyIsKnownBeforeItIsRegisteredAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	same(t, "before", d.alike("Petrovic Marko", "12345"), nil)
	marko := &clientlib.Household{HeadName: "Марко Петровић", CardNumber: "SRB-0123/45", Status: "idp", Area: vranje}
	ana := &clientlib.Household{HeadName: "Ana Ilić", CardNumber: "778899", Status: "idp", Area: vranje}
	d.put(marko)
	d.put(ana)
	same(t, "by the card and the name", d.alike("Petrovic Marko", "srb 12345"), []string{"Марко Петровић"})
	same(t, "somebody else", d.alike("Jovana Simić", "55555"), nil)

	same(t, "another head, and no member known", d.alike("Vera Petrović", "", "Vera Petrović", "Петар Петровић"), nil)
	d.put(&clientlib.Person{Household: marko.ID, Name: "Vera Petrović", BornOn: "1980-05-02"})
	petar := &clientlib.Person{Household: marko.ID, Name: "Petar Petrović", BornOn: "1980-05-02"}
	d.put(petar)
	same(t, "by the members", d.alike("Vera Petrović", "", "Vera Petrović", "Петар Петровић"), []string{"Марко Петровић"})
	same(t, "before a member belongs to another one", d.alike("Vera Petrović", "77889", "Петар Петровић"), nil)
	petar.Household = ana.ID
	d.put(petar)
	same(t, "once a member belongs to another one", d.alike("Vera Petrović", "77889", "Петар Петровић"), []string{"Ana Ilić"})

	id := o.newID()
	o.write(id, "households", map[string]any{"head_name": "Milan Kostić", "card_number": "990011", "status": "idp", "area": vranje})
	d.sync()
	same(t, "once pulled", d.alike("Kostic Milan", "990011"), []string{"Milan Kostić"})
	o.write(id, "households", map[string]any{"merged_into": ana.ID})
	d.sync()
	same(t, "once merged into another one", d.alike("Kostic Milan", "990011"), nil)
	var deletion clientlib.Form
	deletion.Delete(d.get(marko.ID).Record())
	d.save(&deletion)
	same(t, "once deleted", d.alike("Petrovic Marko", "srb 12345"), nil)
}
