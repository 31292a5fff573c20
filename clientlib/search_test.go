package clientlib_test

import (
	"testing"

	"github.com/google/uuid"

	"satchel/clientlib"
)

// found gives the names that a search finds, in order.
func (d *device) found(text string) (out []string) {
	d.t.Helper()
	records, err := d.store.Search(d.t.Context(), text, 10)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, r := range records {
		out = append(out, r.Text("head_name")+r.Text("name"))
	}
	return out
}

func TestSearchFindsTheBestMatchFirst(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	households := []*clientlib.Household{
		{HeadName: "Марко Петровић", CardNumber: "SRB-0123/45", Phone: "+381 63 123-4567"},
		{HeadName: "Petra Marković", Address: "Marko bb"},
		{HeadName: "Đorđe Jovanović", PlaceOfOrigin: "Peć"},
		{HeadName: "Agim Krasniqi", CardNumber: "990123", Phone: "044 777 001"},
	}
	for _, h := range households {
		h.Status, h.Area = "idp", vranje
		d.put(h)
	}
	d.put(&clientlib.Person{Household: households[0].ID, Name: "Marko Petrović ml.", DocumentNumber: "ID 55-66-77"})
	for text, want := range map[string][]string{
		"marko":           {"Марко Петровић", "Marko Petrović ml.", "Petra Marković"}, // names before an address
		"petrovic marko":  {"Марко Петровић", "Marko Petrović ml."},
		"petrovi":         {"Марко Петровић", "Marko Petrović ml."},
		"petr":            {"Марко Петровић", "Petra Marković", "Marko Petrović ml."},
		"djordje":         {"Đorđe Jovanović"},
		"Ђорђе":           {"Đorđe Jovanović"},
		"ovanov":          {"Đorđe Jovanović"},
		"pec":             {"Đorđe Jovanović"},
		"srb-0123/45":     {"Марко Петровић"},
		"SRB012345":       {"Марко Петровић"},
		"012345":          {"Марко Петровић"},
		"0631234567":      {"Марко Петровић"},
		"00381 631234567": {"Марко Петровић"},
		"063/123-45-67":   {"Марко Петровић"},
		"777001":          {"Agim Krasniqi"},
		"556677":          {"Marko Petrović ml."},
		"nobody":          nil,
		"":                nil,
	} {
		same(t, "search for "+text, d.found(text), want)
	}
	is(t, "limited", len(must(d.store.Search(t.Context(), "marko", 1))), 1)
}

func TestSearchFollowsWhatChanges(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := enrolled(t, o, vranje)
	same(t, "before", d.found("ana"), nil)
	h := d.household(vranje, "Ana")
	same(t, "once saved", d.found("ana"), []string{"Ana"})
	id := o.newID()
	o.write(id, "households", map[string]any{"head_name": "Ana Ilić", "status": "idp", "area": vranje})
	d.sync()
	same(t, "once pulled", d.found("ilic"), []string{"Ana Ilić"})
	other, err := clientlib.Open(t.Context(), d.path, pin, d.options())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	var f clientlib.Form
	f.Set(h.ID, map[string]any{"head_name": "Branka"})
	if err := other.Save(t.Context(), &f); err != nil {
		t.Fatal(err)
	}
	same(t, "once another program saved", d.found("branka"), []string{"Branka"})
	o.write(id, "households", map[string]any{"area": kraljevo})
	d.sync()
	same(t, "once moved away", d.found("ilic"), nil)
	var deletion clientlib.Form
	deletion.Delete(d.get(h.ID).Record())
	d.save(&deletion)
	same(t, "once deleted", d.found("branka"), nil)
	is(t, "found by id", d.get(h.ID).ID == uuid.Nil, false)
}

func must[T any](x T, err error) T {
	check(err)
	return x
}
