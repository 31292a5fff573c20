package review_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/google/uuid"

	"satchel/internal/duplicates"
	"satchel/server/internal/engine"
	"satchel/server/internal/review"
	"satchel/server/internal/store"
	"satchel/server/internal/store/storetest"
	"satchel/syncproto"
)

// shown is the whole store as it is shown.
type shown map[uuid.UUID]store.Record

func (o *office) shown() shown {
	o.t.Helper()
	out := shown{}
	err := o.store.Read(o.t.Context(), func(tx *store.Tx) error {
		for _, area := range []uuid.UUID{syncproto.Everyone, o.area, named("other area")} {
			records, err := tx.RecordsSince(o.t.Context(), area, 0, 100_000)
			if err != nil {
				return err
			}
			for _, r := range records {
				out[r.ID] = r
			}
		}
		return nil
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return out
}

func (s shown) text(id uuid.UUID, field string) string { return s[id].Value(field).Text() }

// tenths gives a decimal of one digit after the point in tenths, ok if there is one.
func (s shown) tenths(id uuid.UUID, field string) (n int, ok bool) {
	x, err := strconv.ParseFloat(string(s[id].Value(field)), 64)
	return int(x*10 + 0.5), err == nil
}

// family gives the record that a household counts as: everything that mergers tie together has one.
func (s shown) family(id uuid.UUID) uuid.UUID {
	seen := []uuid.UUID{}
	for !slices.Contains(seen, id) {
		seen = append(seen, id)
		next, err := uuid.Parse(s.text(id, "merged_into"))
		if err != nil {
			return id
		}
		id = next
	}
	ring := seen[slices.Index(seen, id):]
	return slices.MinFunc(ring, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
}

// matters says what has to be in the queue: "kind record subject area", and the records that it rests on.
func (s shown) matters() map[string]string {
	type share struct{ root, kind uuid.UUID }
	delivered, entitled, grounds := map[share]int{}, map[share]int{}, map[share][]string{}
	lives, members := map[uuid.UUID]bool{}, map[uuid.UUID][]uuid.UUID{}
	out, orphans := map[string]string{}, map[uuid.UUID][]string{}
	for id, r := range s {
		if parent, ok := s[r.Parent]; ok && parent.Deleted && !r.Deleted {
			orphans[r.Parent] = append(orphans[r.Parent], id.String())
		}
		owner := uuid.MustParse(max(s.text(id, "household"), uuid.Nil.String()))
		if owner == uuid.Nil {
			if person, err := uuid.Parse(s.text(id, "person")); err == nil {
				owner = uuid.MustParse(s.text(person, "household"))
			}
		}
		kind, _ := uuid.Parse(s.text(id, "assistance_type"))
		key := share{s.family(owner), kind}
		quantity, _ := s.tenths(id, "quantity")
		switch {
		case r.Collection == "households":
			root := s.family(id)
			lives[root] = lives[root] || !r.Deleted
			members[root] = append(members[root], id)
		case r.Deleted:
		case r.Collection == "deliveries" && s.text(id, "cancelled_why") == "":
			delivered[key] += quantity
			grounds[key] = append(grounds[key], id.String())
		case r.Collection == "entitlements" && s.text(id, "status") == "rejected":
			entitled[key] += 0 // there is an entry
		case r.Collection == "entitlements" && s.text(id, "status") != "proposed":
			entitled[key] += quantity
		}
	}
	for key, sum := range delivered {
		limit, limited := s.tenths(key.kind, "limit_per_household")
		limited = limited && !s[key.kind].Deleted
		most, some := entitled[key]
		isOver := limited && sum > limit || some && sum > most
		if !isOver || !lives[key.root] {
			continue
		}
		at, ok := s[key.root]
		if !ok {
			at = s[slices.MinFunc(members[key.root], func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })]
		}
		slices.Sort(grounds[key])
		out[fmt.Sprint(review.OverDelivery, key.root, key.kind, at.Area)] = fmt.Sprint(grounds[key], decimal(sum, true), decimal(most, some), decimal(limit, limited))
	}
	for parent, children := range orphans {
		slices.Sort(children)
		out[fmt.Sprint(review.Orphan, parent, uuid.Nil, s[parent].Area)] = fmt.Sprint(children, "", "", "")
	}
	maps.Copy(out, s.duplicates())
	maps.Copy(out, s.conflicts())
	return out
}

// duplicates compares everything with everything anew, and leaves out what is one family.
func (s shown) duplicates() map[string]string {
	members := map[uuid.UUID][]duplicates.Member{}
	var list []duplicates.Household
	for _, id := range slices.SortedFunc(maps.Keys(s), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }) {
		if r := s[id]; r.Collection == "people" && !r.Deleted {
			members[r.Parent] = append(members[r.Parent], duplicates.MemberOf(r.Value))
		}
	}
	for id, r := range s {
		if r.Collection == "households" && !r.Deleted {
			h := duplicates.HouseholdOf(id, r.Value)
			h.Members = members[id]
			list = append(list, h)
		}
	}
	pairs, err := duplicates.Scan(context.Background(), duplicates.DefaultWeights(), list, duplicates.Threshold, func(int) {})
	if err != nil {
		panic(err) // only if the context ended
	}
	out := map[string]string{}
	for _, p := range pairs {
		if s.family(p.A) != s.family(p.B) {
			out[fmt.Sprint(review.Duplicate, p.A, p.B, s[p.A].Area)] = fmt.Sprint([]string{p.A.String(), p.B.String()}, "", "", "", p.Score, p.Reasons)
		}
	}
	return out
}

// decimal writes tenths as a decimal, "" if there are none.
func decimal(tenths int, some bool) string {
	if !some {
		return ""
	}
	return strconv.FormatFloat(float64(tenths)/10, 'f', -1, 64)
}

// queued says what is in the queue, in the words of [shown.matters].
func (o *office) queued() map[string]string {
	out := map[string]string{}
	for _, i := range append(o.list(review.Open), o.list(review.Decided)...) {
		subject := uuid.Nil
		if i.Subject != nil {
			subject = *i.Subject
		}
		var grounds []string
		for _, g := range i.Facts.Records {
			grounds = append(grounds, g.Record.String())
		}
		out[fmt.Sprint(i.Kind, i.Record, subject, i.Area)] = fmt.Sprint(grounds, i.Facts.Delivered, i.Facts.Entitled, i.Facts.Limit)
		if i.Kind == review.Duplicate {
			out[fmt.Sprint(i.Kind, i.Record, subject, i.Area)] += fmt.Sprint("", i.Facts.Score, i.Facts.Reasons)
		}
		if brought(i.Kind) {
			out[fmt.Sprint(i.Kind, i.Record, subject, i.Area)] = bare(i)
		}
	}
	return out
}

// A chance makes edits at random, of few records so that they meet.
type chance struct {
	*rand.Rand
	o *office
}

func (c chance) one(kind string, most int) string { return fmt.Sprint(kind, c.IntN(most)) }

func (c chance) quantity() any { return []any{0.1, 0.2, 0.3, 1, 2}[c.IntN(5)] }

func (c chance) some(list ...any) any { return list[c.IntN(len(list))] }

// edits gives what is recorded together. What it refers to may not be there.
func (c chance) edits() []engine.OfficeEdit {
	household := c.one("household", 8)
	kind := c.some(c.o.kind, named("kind 2"), named("kind that comes late"))
	switch c.IntN(20) {
	case 14, 15, 16:
		field := c.some("head_name", "card_number", "phone", "phone", "phone", "phone", "place_of_origin", "notes").(string)
		return []engine.OfficeEdit{edit("households", named(household), field, c.said(field))}
	case 17, 18:
		return []engine.OfficeEdit{edit("people", named(c.one("person", 6)), "household", named(household), "name", c.said("head_name"),
			"born_on", c.some(nil, "1970-02-01", "1970-01-02"), "document_number", c.some(nil, nil, "7", "007"), "deleted", c.some(false, false, true))}
	case 19:
		return []engine.OfficeEdit{edit("people", named(c.one("person", 6)), "birth_year", c.some(nil, 1970, 1971))}
	case 0:
		return []engine.OfficeEdit{c.o.household(household)}
	case 1, 2, 3:
		d := c.o.delivery(c.one("delivery", 30), household, c.quantity())
		d.Fields["assistance_type"] = text(kind)
		return []engine.OfficeEdit{c.o.household(household), d}
	case 4:
		return []engine.OfficeEdit{edit("deliveries", named(c.one("delivery", 30)), "cancelled_why", c.some("x", "", nil))}
	case 5, 6:
		return []engine.OfficeEdit{edit("households", named(household), "merged_into", c.some(nil, named(c.one("household", 9))))}
	case 7:
		e := c.o.entitlement(c.one("entitlement", 12), household, c.quantity(), c.some("approved", "approved", "proposed").(string))
		e.Fields["assistance_type"] = text(kind)
		return []engine.OfficeEdit{e}
	case 8:
		return []engine.OfficeEdit{
			edit("people", named(c.one("person", 6)), "household", named(household), "name", "P"),
			edit("entitlements", named(c.one("entitlement", 12)), "household", nil, "person", named(c.one("person", 6)), "project", c.o.project,
				"assistance_type", kind, "quantity", c.quantity(), "status", "approved"),
		}
	case 9:
		return []engine.OfficeEdit{edit(c.some("households", "households").(string), named(household), "deleted", c.some(true, false))}
	case 10:
		return []engine.OfficeEdit{
			edit("visits", named(c.one("visit", 6)), "household", named(household), "visited_at", 1, "deleted", c.some(true, false, false)),
			edit("people", named(c.one("person", 6)), "deleted", c.some(true, false)),
		}
	case 11:
		return []engine.OfficeEdit{edit("assistance_types", kind.(uuid.UUID), "code", "K", "name", "K", "category", "furniture",
			"limit_per_household", c.some(nil, 0.3, 1, 2, 3), "deleted", c.some(true, false, false))}
	case 12:
		return []engine.OfficeEdit{edit("households", named(household), "area", c.some(c.o.area, named("other area")))}
	default:
		return []engine.OfficeEdit{edit("entitlements", named(c.one("entitlement", 12)), "status", c.some("approved", "closed", "rejected"), "deleted", c.some(true, false))}
	}
}

// said gives one of few ways to fill in a field of a household.
func (c chance) said(field string) any {
	switch field {
	case "head_name":
		return c.some("Petar Petrović", "Петар Петровић", "Petrović Peter", "Ana Anić", "Agim Beriša")
	case "phone":
		return c.some(nil, sharedPhone, sharedPhone, sharedPhone, "063/123457")
	case "place_of_origin":
		return c.some(nil, "Peć", "Пећ", "Prizren")
	}
	return c.some(nil, "RL-1", "rl 1", "RL-2")
}

// sharedPhone is the phone of nearly as many other households as there can be of one for it to be looked at.
const sharedPhone = "063 123 456"

// having counts the households that have a phone.
func (s shown) having(phone string) (n int) {
	for id, r := range s {
		if !r.Deleted && s.text(id, "phone") == phone {
			n++
		}
	}
	return n
}

// neighbours gives those other households. No two of them may be one family.
func (o *office) neighbours() (edits []engine.OfficeEdit) {
	for i := range duplicates.Commonest - 1 {
		name := fmt.Sprint("neighbour ", i)
		edits = append(edits, edit("households", named(name), "head_name", unlike(name), "status", "host", "area", named("other area"), "phone", sharedPhone, "card_number", unlike(name)))
	}
	return edits
}

func text(id any) syncproto.Value { return syncproto.Value(`"` + id.(uuid.UUID).String() + `"`) }

// TestTheQueueIsWhatTheRecordsSay plays random histories on two offices, of which one is followed all the time and one
// looks only now and then; after each step the first has to be what the records say, in the end both, item by item.
func TestTheQueueIsWhatTheRecordsSay(t *testing.T) {
	histories, steps := 12, 60
	if testing.Short() {
		histories = 3
	}
	var found, pairs, decided int
	shared := map[bool]int{} // how often the shared phone was too common, and was not
	for seed := range uint64(histories) {
		t.Run(fmt.Sprint("history ", seed), func(t *testing.T) {
			followed, late := newOffice(t), officeOn(t, storetest.Open(t))
			late.engine.Close()
			late.start(nil)
			for _, o := range []*office{followed, late} {
				o.save(edit("areas", named("other area"), "name", "Vranje", "level", "municipality"))
				o.save(o.neighbours()...)
			}
			c := chance{rand.New(rand.NewPCG(seed, 1)), followed}
			for range steps {
				edits := c.edits()
				for c.IntN(2) == 0 {
					edits = append(edits, c.edits()...)
				}
				for _, o := range []*office{followed, late} {
					// One that is refused, as of a record that there is not, is refused by both.
					_, err := o.engine.Save(t.Context(), o.admin, edits)
					if err != nil && codeOf(err) != syncproto.CodeInvalid {
						t.Fatal(err)
					}
				}
				followed.settle() // more may be due than is done at once
				want, got := followed.shown().matters(), followed.queued()
				if !maps.Equal(got, want) {
					t.Fatalf("after %+v the queue has\n%v\nwant\n%v", edits, got, want)
				}
				found, pairs = found+len(got), pairs+len(followed.shown().duplicates())
				shared[followed.shown().having(sharedPhone) > duplicates.Commonest]++
				decided += followed.decideSome(c)
				if c.IntN(20) == 0 {
					late.settle()
				}
			}
			late.settle()
			if got, want := late.facts(), followed.facts(); !maps.Equal(got, want) {
				t.Errorf("who looks late has\n%v\nwho followed\n%v", got, want)
			}
		})
	}
	if found < histories*steps/4 || pairs < histories*steps/4 || decided == 0 || len(shared) < 2 {
		t.Errorf("in %d histories of %d steps there were %d items, %d of them pairs, and %d decisions, and a phone was too common or not %v times: that shows little",
			histories, steps, found, pairs, decided, shared)
	}
}

func (o *office) settle() {
	o.t.Helper()
	if err := o.queue.Settle(o.t.Context(), nil); err != nil {
		o.t.Fatal(err)
	}
}

// decideSome decides one item now and then.
func (o *office) decideSome(c chance) int {
	open := o.list(review.Open)
	if len(open) == 0 || c.IntN(4) > 0 {
		return 0
	}
	item := open[c.IntN(len(open))]
	if err := o.queue.Decide(o.t.Context(), o.admin, item.ID, review.Decisions(item.Kind)[0], "", item.Digest); err != nil {
		o.t.Fatal(err)
	}
	return 1
}

// facts gives the digest of the facts of each item that is not closed.
func (o *office) facts() map[uuid.UUID]string {
	out := map[uuid.UUID]string{}
	for _, i := range append(o.list(review.Open), o.list(review.Decided)...) {
		if out[i.ID] = i.Digest; i.Kind == review.Conflict { // two offices have two names
			out[i.ID] = bare(i)
		}
	}
	return out
}
