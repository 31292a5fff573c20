package search_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/search"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// settled gives an office with three households.
func settled(t testing.TB) *office {
	t.Helper()
	o := newOffice(t)
	o.save(
		o.household("h1", "Ђорђе Петровић", "Ribnica", "card_number", "RL-2019/00123", "phone", "+381 60 000 1234", "address", "Vojvode Mišića 12"),
		o.person("p1", "Ђорђе Петровић", "h1", "document_number", "004512345"),
		o.person("p2", "Snežana Petrović", "h1", "document_number", "BK 77/1", "phone", "0600005678"),
		o.household("h2", "Agim Krasniqi", "Žiča", "card_number", "00123", "phone", "044/000-999"),
		o.person("p3", "Shpresa Krasniqi", "h2"),
		o.household("h3", "Žika Ribničanin", "Žiča"),
	)
	return o
}

func TestWhatSomebodyIsFoundBy(t *testing.T) {
	o := settled(t)
	for _, c := range []struct{ text, want string }{
		{"Ђорђе", "h1"},
		{"djordje", "h1"},
		{"Đorđe petrovic", "h1"},
		{"ПЕТРОВИЋ ђ", "h1"},
		{"снежана", "h1(p2)"},
		{"snez petr", "h1(p2)"},
		{"Shpresa Žiča", "h2(p3)"},
		{"žič", "h2 h3"},
		{"misica", "h1"},
		{"12 vojvode", "h1"},
		{"RL-2019/00123", "h1"},
		{"rl201900123", "h1"},
		{"2019", "h1"},
		{"BK77/1", "h1(p2)"},
		{"4512345", "h1(p1)"},
		{"060 000 1234", "h1"},
		{"060/0001234", "h1"},
		{"+381600001234", "h1"},
		{"00381 60 000 5678", "h1(p2)"},
		{"+38344 000 999", "h2"},
		{"044000999", "h2"},
		{"etrov", "h1"},
		{"petrovic krasniqi", ""},
		{"nobody", ""},
		{"g", "h2"},
		{"w", ""},
		{"\x00", "h2 h1 h3"},
		{"", "h2 h1 h3"},
	} {
		o.expect(search.Query{Text: c.text}, c.want)
	}
}

func TestAHitSaysWhoItIs(t *testing.T) {
	o := settled(t)
	o.save(o.edit("households", "h1", "merged_into", o.named("h2")), o.edit("people", "p2", "merged_into", o.named("p3")))
	hits := o.find(search.Query{Text: "Snežana"}).Hits
	if len(hits) != 1 {
		t.Fatalf("there are %d hits, want 1", len(hits))
	}
	h := hits[0]
	if h.ID != o.named("h1") || h.Collection != "households" || h.Area != o.named("Ribnica") || h.Household != h.ID || h.HeadName != "Ђорђе Петровић" ||
		h.CardNumber != "RL-2019/00123" || h.MemberName != "Snežana Petrović" || h.Members != 2 || h.MergedInto == nil || *h.MergedInto != o.named("h2") {
		t.Errorf("the household's hit is %+v", h)
	}
	h = o.find(search.Query{Text: "Snežana", Collection: "people"}).Hits[0]
	if h.ID != o.named("p2") || h.Collection != "people" || h.Household != o.named("h1") || h.MemberName != "Snežana Petrović" || h.MergedInto == nil || *h.MergedInto != o.named("p3") {
		t.Errorf("the person's hit is %+v", h)
	}
}

func TestPeopleAreFoundThemselves(t *testing.T) {
	o := settled(t)
	for _, c := range []struct{ text, want string }{
		{"petrovic", "p1 p2"},
		{"petrovic ribnica", "p1 p2"},
		{"snezana djordje", ""}, // two people
		{"ribnica", ""},         // a village
		{"0600005678", "p2"},
		{"krasniqi", "p3"},
		{"", "p3 p1 p2"},
	} {
		o.expect(search.Query{Text: c.text, Collection: "people"}, c.want)
	}
}

func TestTheBestFoundComesFirst(t *testing.T) {
	o := newOffice(t)
	o.save(
		o.area("Anino"),
		o.household("inside", "Ivana Ilić", "Ribnica"),
		o.household("village", "Bojan Lazić", "Anino"),
		o.household("second", "Zoran Anić", "Ribnica"),
		o.household("first", "Ana Zorić", "Ribnica"),
		o.household("numbers", "Vera Simić", "Ribnica", "card_number", "AN-1"),
	)
	o.expect(search.Query{Text: "an"}, "first numbers second village inside")
	o.save(o.household("longer", "Ana Babić", "Ribnica", "card_number", "77123"), o.household("exact", "Žarko Vasić", "Ribnica", "card_number", "77-12"))
	o.expect(search.Query{Text: "7712"}, "exact longer")
	o.save(o.person("child", "Mila Babić", "longer", "document_number", "7712"))
	o.expect(search.Query{Text: "7712"}, "longer(child) exact")
}

func TestNothingOutsideTheAreasIsFoundOrCounted(t *testing.T) {
	o := settled(t)
	for _, text := range []string{"", "krasniqi", "Shpresa", "00123", "044000999", "žiča"} {
		for _, collection := range []string{"", "people"} {
			for _, h := range o.find(search.Query{Text: text, Areas: o.areas("Ribnica"), Collection: collection}).Hits {
				if h.Household != o.named("h1") {
					t.Errorf("%q finds %s of another area", text, o.names[h.ID])
				}
			}
		}
	}
	o.expect(search.Query{Text: "00123", Areas: o.areas("Ribnica")}, "h1")
	o.expect(search.Query{Text: "krasniqi", Areas: o.areas("Ribnica")}, "")
	o.expect(search.Query{Text: "", Areas: o.areas("Ribnica")}, "h1")
	o.expect(search.Query{Text: "", Areas: o.areas()}, "")
	o.expect(search.Query{Text: "", Areas: o.areas("Ribnica", "Žiča")}, "h2 h1 h3")
}

func TestWhatChangesIsFoundAsItIs(t *testing.T) {
	o := settled(t)
	o.expect(search.Query{Text: "krasniqi"}, "h2")
	o.save(o.edit("people", "p2", "household", o.named("h3")))
	o.expect(search.Query{Text: "snezana"}, "h3(p2)")
	o.save(o.edit("people", "p2", "household", o.named("h1")))
	o.expect(search.Query{Text: "snezana"}, "h1(p2)")

	o.save(o.edit("households", "h2", "area", o.named("Ribnica")))
	o.expect(search.Query{Text: "krasniqi", Areas: o.areas("Žiča")}, "")
	o.expect(search.Query{Text: "Shpresa", Areas: o.areas("Ribnica")}, "h2(p3)")

	o.save(o.edit("people", "p3", "household", o.named("h3")))
	o.expect(search.Query{Text: "Shpresa"}, "h3(p3)")
	o.save(o.edit("people", "p3", "name", "Teuta Krasniqi"))
	o.expect(search.Query{Text: "Shpresa"}, "")
	o.expect(search.Query{Text: "Teuta"}, "h3(p3)")

	o.save(o.edit("people", "p3", "deleted", true))
	o.expect(search.Query{Text: "Teuta"}, "")
	o.save(o.edit("people", "p3", "deleted", false))
	o.expect(search.Query{Text: "Teuta"}, "h3(p3)")

	o.save(o.edit("households", "h1", "deleted", true))
	o.expect(search.Query{Text: "petrovic"}, "")
	o.expect(search.Query{Text: "snezana", Collection: "people"}, "")
	o.save(o.person("p4", "Uroš Petrović", "h1"), o.edit("people", "p2", "phone", nil))
	o.expect(search.Query{Text: "uros"}, "")
	o.save(o.edit("households", "h1", "deleted", false, "head_name", "Aca Petrović"))
	o.expect(search.Query{Text: "uros"}, "h1(p4)")
	o.expect(search.Query{Text: ""}, "h1 h2 h3")

	o.save(o.edit("areas", "Ribnica", "name", "Dubočica"))
	o.expect(search.Query{Text: "dubocica"}, "h1 h2")
	o.expect(search.Query{Text: "ribnica"}, "h3")
}

// One index was there all along, another begins now: they find the same.
func TestAnIndexThatBeginsNowFindsTheSame(t *testing.T) {
	o := settled(t)
	o.find(search.Query{})
	o.save(o.edit("households", "h2", "area", o.named("Ribnica"), "head_name", "Žarko"), o.edit("people", "p2", "household", o.named("h3")),
		o.edit("households", "h1", "deleted", true), o.household("h4", "Žarko", "Žiča"), o.person("p5", "Žarko Žarković", "h4"))
	for _, text := range []string{"", "zarko", "snezana", "ribnica", "00123"} {
		for _, collection := range []string{"", "people"} {
			q := search.Query{Text: text, Collection: collection}
			known := o.describe(o.find(q))
			fresh, err := search.New(o.store).Find(t.Context(), q)
			if err != nil || o.describe(fresh) != known {
				t.Errorf("%q finds %q, and from now on %q, %v", text, known, o.describe(fresh), err)
			}
		}
	}
}

// A backup from before was put back, or a server took over that had not got everything: what was known never happened.
func TestAnotherHistoryIsReadAnew(t *testing.T) {
	o := settled(t)
	o.expect(search.Query{Text: "krasniqi"}, "h2")
	restored := func(head string, more func(tx *store.Tx) error) {
		t.Helper()
		err := o.store.Write(t.Context(), func(tx *store.Tx) error {
			r, err := tx.Record(t.Context(), o.named("h2"))
			if err != nil {
				return err
			}
			r.State["head_name"].Heads[0].Value = syncproto.Value(`"` + head + `"`)
			return errors.Join(tx.PutRecords(t.Context(), []store.Record{r}), more(tx))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	restored("Naim", func(*store.Tx) error { return nil })
	o.expect(search.Query{Text: "naim"}, "") // nothing says so
	if err := engine.NewEpoch(t.Context(), o.store, 1); err != nil {
		t.Fatal(err)
	}
	o.expect(search.Query{Text: "naim"}, "h2")
	restored("Luan", func(tx *store.Tx) error { return tx.SetProperty(t.Context(), store.PropertySeq, "3") })
	o.expect(search.Query{Text: "naim"}, "")
	o.expect(search.Query{Text: "luan"}, "h2")
}

func TestPagesAreStable(t *testing.T) {
	o := newOffice(t)
	var edits []engine.OfficeEdit
	for i := range 23 {
		edits = append(edits, o.household(fmt.Sprintf("h%02d", i), []string{"Ana", "Ivana", "Bojana"}[i%3], "Ribnica", "card_number", fmt.Sprint("ana ", i%2)))
	}
	o.save(edits...)
	for _, text := range []string{"", "ana", "ivana", "ana 1"} {
		whole := o.find(search.Query{Text: text})
		var parts []search.Hit
		for {
			page := o.find(search.Query{Text: text, Offset: len(parts), Limit: 4})
			if parts = append(parts, page.Hits...); page.Total != whole.Total || len(page.Hits) > 4 {
				t.Fatalf("a page has %d hits of %d, want %d", len(page.Hits), page.Total, whole.Total)
			}
			if len(page.Hits) == 0 {
				break
			}
		}
		if got, want := o.describe(search.Result{Hits: parts, Total: len(parts)}), o.describe(whole); got != want {
			t.Errorf("the pages of %q are %q, the whole is %q", text, got, want)
		}
	}
}

// While households are registered, moved and deleted, no query fails or gives what it must not; then all see the same.
func TestQueriesWhileOthersPush(t *testing.T) {
	o := newOffice(t)
	ctx := t.Context()
	var edits [][]engine.OfficeEdit
	for i := range 60 {
		name := fmt.Sprintf("h%02d", i)
		edits = append(edits, []engine.OfficeEdit{o.household(name, "Ana "+name, "Ribnica"), o.person("p"+name, "Mila "+name, name)})
		if i%2 == 0 {
			edits = append(edits, []engine.OfficeEdit{o.edit("households", name, "area", o.named("Žiča"))})
		}
		if i%3 == 0 {
			edits = append(edits, []engine.OfficeEdit{o.edit("households", name, "deleted", true)})
		}
	}
	inside := o.areas("Ribnica")
	done := make(chan struct{})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				found, err := o.index.Find(ctx, search.Query{Text: "mil", Areas: inside})
				if err != nil {
					t.Error(err)
					return
				}
				for _, h := range found.Hits {
					if !inside[h.Area] || !strings.HasPrefix(h.MemberName, "Mila") {
						t.Errorf("it gives %+v", h)
						return
					}
				}
			}
		})
	}
	for _, form := range edits {
		o.save(form...)
	}
	close(done)
	group.Wait()
	if total := o.find(search.Query{Text: "mila"}).Total; total != 40 {
		t.Errorf("in the end %d are found, want 40", total)
	}
	if total := o.find(search.Query{Text: "mila", Areas: inside}).Total; total != 20 {
		t.Errorf("in the end %d are found in the area, want 20", total)
	}
}

func TestWhatWasInterruptedIsDoneLater(t *testing.T) {
	o := settled(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := o.index.Refresh(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("it ends with %v", err)
	}
	o.expect(search.Query{Text: "krasniqi"}, "h2")
}

// Two processes over one database have an index each.
func TestWhatAnotherProcessPushedIsFound(t *testing.T) {
	o := settled(t)
	other := search.New(o.store)
	for range 2 {
		found, err := other.Find(t.Context(), search.Query{Text: "Teuta"})
		if err != nil {
			t.Fatal(err)
		}
		if want := o.find(search.Query{Text: "Teuta"}).Total; found.Total != want {
			t.Errorf("it finds %d, want %d", found.Total, want)
		}
		o.save(o.person(uuid.NewString(), "Teuta", "h2"))
	}
}

func TestAHouseholdWithoutEndIsFoundByItsFirstMembers(t *testing.T) {
	o := settled(t)
	var edits []engine.OfficeEdit
	for i := range 600 {
		edits = append(edits, o.person(fmt.Sprint("m", i), fmt.Sprintf("Mira %03d", i), "h3"))
	}
	o.save(edits...)
	hits := o.find(search.Query{Text: "mira"}).Hits
	if len(hits) != 1 || hits[0].Members != 500 {
		t.Errorf("it finds %+v", hits)
	}
	o.expect(search.Query{Text: strings.Repeat("zika ", 10_000)}, "h3")
}
