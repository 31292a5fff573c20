package fleet

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/internal/simtest/oracle"
	"satchel/syncproto"
)

// textFields are the fields that take any text, by collection: values in them are never the same twice.
var textFields = map[string][]string{
	"households": {"head_name", "address", "place_of_origin", "phone", "notes", "card_number"},
	"people":     {"name", "relation", "document_number", "phone"},
	"visits":     {"findings"},
	"deliveries": {"recipient", "note", "cancelled_why"},
	"areas":      {"name", "official_code"},
}

// shared gives what people choose from: all, or what everybody works on in a narrow world.
func shared[T any](w *world, all []T) []T {
	if w.narrow {
		return all[:min(1, len(all))]
	}
	return all
}

// someOf draws one to three of them, half of the time of the first few, where people meet.
func (w *world) someOf(r *rand.Rand, fields []string) []string {
	fields = slices.Clone(shared(w, fields))
	if r.IntN(2) == 0 {
		fields = fields[:min(2, len(fields))]
	}
	r.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	return fields[:min(len(fields), 1+r.IntN(3))]
}

func fieldOf(collection, name string) (syncproto.Field, bool) {
	c, _ := syncproto.CollectionOf(collection)
	return c.Field(name)
}

// any draws a record that the tablet shows, nil if there is none: half of the time one of the few that
// everybody works on.
func (t *tablet) any(ctx context.Context, r *rand.Rand, collections ...string) *clientlib.Record {
	collections = shared(t.w, collections)
	list, err := t.store.List(ctx, collections[r.IntN(len(collections))], uuid.Nil)
	t.expect("list records", err)
	if list = shared(t.w, list); len(list) == 0 {
		return nil
	}
	if r.IntN(2) == 0 {
		list = list[:min(3, len(list))]
	}
	return list[r.IntN(len(list))]
}

// A draft is what a form is going to write, for the ledger.
type draft struct {
	record *clientlib.Record
	fields map[string]any
	saw    map[string][]oracle.Sight
}

// latest gives the latest time that stands beside a field of the record.
func (d draft) latest() (ms int64) {
	for _, field := range d.record.Fields {
		ms = max(ms, field.Time)
	}
	return ms
}

// save saves a form and notes what it wrote, with what its author was looking at.
func (t *tablet) save(ctx context.Context, form *sheet, drafts ...draft) {
	var noted []*saving
	t.w.mu.Lock()
	for _, d := range drafts {
		s := t.w.ledger.note(t.name, d.record.Collection, d.record.ID, valuesOf(d.fields), d.saw)
		s.Form, s.Twin = s.ID-len(noted), t.copied || t.putBack
		if form.Author = t.author; t.author == uuid.Nil {
			s.Author = t.holder().String()
		} else {
			s.Author = t.author.String()
		}
		noted = append(noted, s)
	}
	t.saves = append(t.saves, noted...)
	t.w.mu.Unlock()
	var latest []int64 // that each author was looking at, before the form says what it wrote
	for _, d := range drafts {
		latest = append(latest, d.latest())
	}
	err := t.store.Fill(ctx, form)
	t.expect("save", err)
	for i, d := range drafts {
		noted[i].certain = err == nil
		if err == nil {
			for field := range noted[i].Writes {
				noted[i].Claimed = d.record.Fields[field].Time
			}
			t.claims(noted[i], latest[i])
		} else {
			noted[i].denied = strings.Contains(err.Error(), "nothing of this step was saved")
		}
	}
	t.say("saves %s%s", describe(t.w.ledger, noted), orError(err))
	if err != nil && !t.machine.dead.Load() && !t.syncing {
		t.restart(ctx) // who is told of a failure opens the store again, and looks
	}
}

func describe(l *ledger, savings []*saving) string {
	text := ""
	for _, s := range savings {
		text += fmt.Sprint(" ", l.name(s.Collection, uuid.MustParse(s.Record)), " ", s.Writes)
	}
	return text
}

// resolve finds out, after a save that did not say how it ended, whether it took place: the tablet
// shows it or it does not, for all changes of the form alike.
func (t *tablet) resolve(ctx context.Context) {
	for i := 0; i < len(t.saves); {
		s := t.saves[i]
		if s.certain || s.By != t.name {
			i++
			continue
		}
		end := i
		var there []bool
		for ; end < len(t.saves) && t.saves[end].Form == s.Form; end++ {
			there = append(there, t.shows(ctx, t.saves[end]))
		}
		for k, one := range t.saves[i:end] {
			one.certain, one.Void = there[0], !there[0]
			if there[k] != there[0] {
				t.w.broke("a form is saved whole or not at all", "%s kept a part of form %d", t.name, s.Form)
			}
		}
		if s.denied && there[0] {
			t.w.broke("a save that failed saved nothing", "%s was told so of form %d, and has it", t.name, s.Form)
		}
		if there[0] {
			i = end
		} else {
			t.saves = slices.Delete(t.saves, i, end)
		}
	}
}

// shows reports whether the tablet shows what a change wrote.
func (t *tablet) shows(ctx context.Context, s *saving) bool {
	record, err := t.store.Get(ctx, uuid.MustParse(s.Record))
	if err != nil {
		return false
	}
	for field, value := range s.Writes {
		if f := record.Fields[field]; !f.Pending || string(f.Value) != value {
			return false
		}
		s.Claimed = record.Fields[field].Time
	}
	return true
}

// register saves a household with its members, now and then two of them in one form.
func (t *tablet) register(ctx context.Context, r *rand.Rand) {
	areas := slices.SortedFunc(maps.Keys(t.w.office.below(t.invited)), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	var form sheet
	drafts := t.household(&form, r, areas[r.IntN(len(areas))])
	if r.IntN(6) == 0 { // perhaps not in an area of its own: the office has to hold the whole form
		drafts = append(drafts, t.household(&form, r, t.w.office.areas[r.IntN(len(t.w.office.areas))])...)
	}
	t.save(ctx, &form, drafts...)
}

// household puts a household with its members into a form.
func (t *tablet) household(form *sheet, r *rand.Rand, area uuid.UUID) []draft {
	fields := map[string]any{"status": []string{"idp", "returnee"}[r.IntN(2)], "area": area}
	household := form.Create("households", fields)
	fields["head_name"] = t.w.ledger.text(t.w.ledger.name("households", household.ID))
	form.Edit(household, map[string]any{"head_name": fields["head_name"]})
	drafts := []draft{{household, fields, nil}}
	for range r.IntN(3) {
		fields := map[string]any{"household": household.ID}
		person := form.Create("people", fields)
		fields["name"] = t.w.ledger.text(t.w.ledger.name("people", person.ID))
		form.Edit(person, map[string]any{"name": fields["name"]})
		drafts = append(drafts, draft{person, fields, nil})
	}
	return drafts
}

// another draws a person, one time in four: who edits a household may edit a member on the same screen.
func (t *tablet) another(ctx context.Context, r *rand.Rand) *clientlib.Record {
	if r.IntN(4) > 0 {
		return nil
	}
	return t.any(ctx, r, "people")
}

// edit writes some fields of one or two records as they were read, in one form.
func (t *tablet) edit(ctx context.Context, r *rand.Rand, record, other *clientlib.Record) {
	if record == nil {
		return
	}
	var form sheet
	drafts := []draft{t.draft(r, &form, record)}
	if other != nil && other.ID != record.ID {
		drafts = append(drafts, t.draft(r, &form, other))
	}
	t.save(ctx, &form, drafts...)
}

// draft puts new values for some fields of a record into a form, now and then one of few beside them.
func (t *tablet) draft(r *rand.Rand, form *sheet, record *clientlib.Record) draft {
	name := t.w.ledger.name(record.Collection, record.ID)
	fields := map[string]any{}
	for _, field := range t.w.someOf(r, textFields[record.Collection]) {
		fields[field] = t.w.ledger.text(name)
	}
	if status := []string{"idp", "returnee", "refugee"}[r.IntN(3)]; record.Collection == "households" && r.IntN(4) == 0 && record.Text("status") != status {
		fields["status"] = status
	}
	return edited(form, record, fields)
}

// edited puts values into a form, and notes what is on the screen.
func edited(form *sheet, record *clientlib.Record, fields map[string]any) draft {
	saw := sightsOf(record, slices.Sorted(maps.Keys(fields))...)
	form.Edit(record, fields)
	return draft{record, fields, saw}
}

func (t *tablet) saveEdit(ctx context.Context, record *clientlib.Record, fields map[string]any) {
	var form sheet
	t.save(ctx, &form, edited(&form, record, fields))
}

// takeBack takes the deletion of a record back, or edits the record and leaves it deleted.
func (t *tablet) takeBack(ctx context.Context, r *rand.Rand) {
	ids := t.w.ledger.all()
	for _, at := range r.Perm(len(ids)) {
		record, err := t.store.Get(ctx, ids[at])
		if t.expect("read a record", err); err == nil && record.Deleted {
			if r.IntN(2) == 0 {
				t.edit(ctx, r, record, nil)
				return
			}
			t.saveEdit(ctx, record, map[string]any{oracle.Deleted: false})
			return
		}
	}
}

// delete deletes a record.
func (t *tablet) delete(ctx context.Context, record *clientlib.Record) {
	if record == nil {
		return
	}
	saw := sightsOf(record, slices.Sorted(maps.Keys(record.Fields))...)
	var form sheet
	form.Delete(record)
	t.save(ctx, &form, draft{record, map[string]any{oracle.Deleted: true}, saw})
}

// deliver hands something over, or cancels a delivery.
func (t *tablet) deliver(ctx context.Context, r *rand.Rand) {
	if done := t.any(ctx, r, "deliveries"); done != nil && r.IntN(3) == 0 {
		t.saveEdit(ctx, done, map[string]any{"cancelled_why": t.w.ledger.text(t.w.ledger.name("deliveries", done.ID))})
		return
	}
	if form, handed, ok := t.handOver(ctx, r); ok {
		t.save(ctx, form, handed)
	}
}

// handOver puts something handed over into a form, if there is a family.
func (t *tablet) handOver(ctx context.Context, r *rand.Rand) (form *sheet, handed draft, ok bool) {
	household := t.any(ctx, r, "households")
	if household == nil {
		return nil, draft{}, false
	}
	fields := map[string]any{
		"household": household.ID, "project": t.w.office.project, "assistance_type": t.w.office.kind,
		"quantity": 1 + r.IntN(9), "delivered_at": time.Now().UnixMilli(),
	}
	form = &sheet{}
	record := form.Create("deliveries", fields)
	fields["recipient"] = t.w.ledger.text(t.w.ledger.name("deliveries", record.ID))
	form.Edit(record, map[string]any{"recipient": fields["recipient"]})
	return form, draft{record, fields, nil}, true
}

// move takes a household to another area.
func (t *tablet) move(ctx context.Context, r *rand.Rand) {
	household := t.any(ctx, r, "households")
	if household == nil {
		return
	}
	name := t.w.ledger.name("households", household.ID)
	fields := map[string]any{"notes": t.w.ledger.text(name)}
	if to := t.w.office.areas[r.IntN(len(t.w.office.areas))]; household.Reference("area") != to {
		fields["area"] = to
	}
	t.saveEdit(ctx, household, fields)
}
