package clientlib_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"satchel/clientlib"
)

// BenchmarkSave saves one household a form, each on disk before the next.
func BenchmarkSave(b *testing.B) {
	d := enrolled(b, newOffice(b), vranje)
	for b.Loop() {
		d.household(vranje, "Marko Petrović")
	}
}

// BenchmarkSaveForm saves a household with four people, as one form.
func BenchmarkSaveForm(b *testing.B) {
	d := enrolled(b, newOffice(b), vranje)
	for b.Loop() {
		var f clientlib.Form
		h := f.Create("households", map[string]any{"head_name": "Marko Petrović", "status": "idp", "area": vranje})
		for i := range 4 {
			f.Create("people", map[string]any{"household": h.ID, "name": fmt.Sprint("Person ", i)})
		}
		d.save(&f)
	}
}

// fillHouseholds records that many households, with two people each.
func fillHouseholds(d *device, households int) {
	given := []string{"Marko", "Jovana", "Đorđe", "Ljiljana", "Agim", "Bekim", "Милица", "Стефан", "Vesna", "Zoran"}
	surnames := []string{"Petrović", "Jovanović", "Krasniqi", "Ђорђевић", "Stanković", "Ilić", "Marković"}
	var f clientlib.Form
	for i := range households {
		name := fmt.Sprintf("%s %s", given[i%len(given)], surnames[i/len(given)%len(surnames)])
		h := f.Create("households", map[string]any{
			"head_name": name, "status": "idp", "area": vranje, "card_number": fmt.Sprintf("SRB-%06d", i),
			"phone": fmt.Sprintf("+3816%08d", i*7919), "address": "Korbevac bb", "place_of_origin": "Peć",
		})
		for p := range 2 {
			member := fmt.Sprintf("%s %s", given[(i+p+1)%len(given)], surnames[i/len(given)%len(surnames)])
			f.Create("people", map[string]any{"household": h.ID, "name": member})
		}
		if i%100 == 99 {
			d.save(&f)
			f = clientlib.Form{}
		}
	}
}

// BenchmarkSearch searches 10,000 households and 20,000 people that are in memory.
func BenchmarkSearch(b *testing.B) {
	d := enrolled(b, newOffice(b), vranje)
	fillHouseholds(d, 10_000)
	d.found("x")
	for b.Loop() {
		if len(d.found("djordjevic stef")) == 0 {
			b.Fatal("nothing found")
		}
	}
}

// BenchmarkFirstSearch is the first search after opening the store, which reads them all.
func BenchmarkFirstSearch(b *testing.B) {
	d := enrolled(b, newOffice(b), vranje)
	fillHouseholds(d, 10_000)
	for b.Loop() {
		b.StopTimer()
		d.reopen()
		b.StartTimer()
		d.found("djordjevic stef")
	}
}

// BenchmarkFirstPull has a new device fetch 15,000 records.
func BenchmarkFirstPull(b *testing.B) {
	o := newOffice(b)
	o.change(func() { o.page = 2000 })
	first := enrolled(b, o, vranje)
	fillHouseholds(first, 5000)
	first.sync()
	for b.Loop() {
		b.StopTimer()
		d := newDevice(b)
		d.enrol(o, vranje)
		b.StartTimer()
		d.sync()
	}
}

// BenchmarkAid says what a family of 10,000 is due and was given, three deliveries each; the store was opened just before.
func BenchmarkAid(b *testing.B) {
	o := newOffice(b)
	project, stove := o.stoves()
	d := enrolled(b, o, vranje)
	var last uuid.UUID
	for range 100 {
		var f clientlib.Form
		for range 100 {
			h := f.Create("households", map[string]any{"head_name": "Marko Petrović", "status": "idp", "area": vranje})
			for range 3 {
				f.Create("deliveries", map[string]any{"household": h.ID, "project": project, "assistance_type": stove, "quantity": 1, "delivered_at": april})
			}
			last = h.ID
		}
		d.save(&f)
	}
	o.change(func() { o.page = 2000 })
	d.sync()
	for b.Loop() {
		b.StopTimer()
		d.reopen()
		b.StartTimer()
		if len(d.aid(last).Shares[0].Deliveries) != 3 {
			b.Fatal("not all deliveries are there")
		}
	}
}
