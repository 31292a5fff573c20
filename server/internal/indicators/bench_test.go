package indicators

import (
	"fmt"
	"testing"

	"satchel/server/internal/store"
	"satchel/server/internal/store/storetest"
)

// BenchmarkReport counts the reference programme's figures, shared out by sex, over so many deliveries, a tenth as many
// households, and a person in each.
func BenchmarkReport(b *testing.B) {
	for _, deliveries := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(deliveries), func(b *testing.B) {
			if testing.Short() && deliveries > 10_000 {
				b.Skip("it takes a minute to make")
			}
			s := storetest.Open(b)
			crowd(b, s, deliveries)
			for b.Loop() {
				figures, err := Count(b.Context(), s, Query{By: []string{"sex"}})
				if err != nil || figures[0].Value == 0 {
					b.Fatal(figures, err)
				}
			}
		})
	}
}

// crowd puts records into a store, without the changes that made them.
func crowd(b *testing.B, s *store.Store, deliveries int) {
	b.Helper()
	records := reference(b)
	add := func(collection, name, line string, args ...any) {
		records = append(records, recordOf(b, fmt.Sprintf(collection+" "+name+": "+line, args...), int64(len(records)+1)))
	}
	add("projects", "one", "code=G01, institution=Commissariat for Refugees and Migration")
	add("assistance_types", "house", "code=PREFAB, category=housing, durable_housing=true")
	for i := range deliveries / 10 {
		add("households", fmt.Sprint(i), "card_number=%d, head_name=Petar Petrović, status=idp, address=Main street %d", i, i)
		add("people", fmt.Sprint(i), "household=%d, name=Petar Petrović, sex=male, born_on=1970-01-01", i)
	}
	for i := range deliveries {
		add("deliveries", fmt.Sprint(i), "household=%d, person=%d, project=one, assistance_type=house, quantity=1, delivered_at=2019-05-01, recipient=Petar Petrović, note=handed over at the house", i/10, i/10)
	}
	for len(records) > 0 {
		part := records[:min(10_000, len(records))]
		records = records[len(part):]
		if err := s.Write(b.Context(), func(tx *store.Tx) error { return tx.PutRecords(b.Context(), part) }); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPage counts what a page of the console shows, which is the figures and four ways of sharing out, at once and one by one.
func BenchmarkPage(b *testing.B) {
	queries := []Query{
		{},
		{Own: `{"of":"deliveries"}`, By: []string{"month"}},
		{Own: `{"of":"deliveries"}`, By: []string{"assistance_type.name", "month"}},
		{Own: `{"of":"deliveries"}`, By: []string{"municipality"}},
		{Own: `{"of":"people","distinct":"id"}`, By: []string{"age", "sex"}},
	}
	for _, deliveries := range []int{10_000, 100_000} {
		if testing.Short() && deliveries > 10_000 {
			continue
		}
		s := storetest.Open(b)
		crowd(b, s, deliveries)
		for name, count := range map[string]func() error{
			"together": func() error { _, err := CountEach(b.Context(), s, queries); return err },
			"apart": func() error {
				for _, q := range queries {
					if _, err := Count(b.Context(), s, q); err != nil {
						return err
					}
				}
				return nil
			},
		} {
			b.Run(fmt.Sprint(deliveries, " ", name), func(b *testing.B) {
				for b.Loop() {
					if err := count(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
