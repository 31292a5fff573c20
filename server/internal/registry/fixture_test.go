package registry_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/registry"
	"satchel/server/internal/review"
	"satchel/server/internal/store"
	"satchel/server/internal/store/storetest"
	"satchel/syncproto"
)

// An office is an engine that the queue follows, with a registry beside it: the villages Ribnica, which lies in Kraljevo, and Žiča,
// a project, a type of which a household may have 1, and an activity in Ribnica.
type office struct {
	t        testing.TB
	store    *store.Store
	engine   *engine.Engine
	registry *registry.Registry
	now      time.Time
	admin    uuid.UUID
	names    map[uuid.UUID]string
}

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{t: t, store: storetest.Open(t), now: day("2020-06-01"), admin: uuid.UUID{1}, names: map[uuid.UUID]string{}}
	clock := func() time.Time { return o.now }
	var err error
	if o.engine, err = engine.New(t.Context(), o.store, clock, review.New(o.store, clock)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.engine.Close)
	o.registry = registry.New(o.store, o.engine)
	err = o.store.Write(t.Context(), func(tx *store.Tx) error {
		return tx.AddUser(t.Context(), store.User{ID: o.admin, Login: "admin", Name: "Ana Admin", Role: "administrator", Active: true})
	})
	if err != nil {
		t.Fatal(err)
	}
	o.save(
		o.edit("areas", "kraljevo", "name", "Kraljevo", "level", "municipality"),
		o.edit("areas", "ribnica", "name", "Ribnica", "level", "settlement", "parent", o.named("kraljevo")),
		o.edit("areas", "žiča", "name", "Žiča", "level", "settlement"),
		o.edit("projects", "project", "code", "P", "title", "Better life"),
		o.edit("assistance_types", "stove", "code", "STOVE", "name", "Stove", "category", "furniture", "limit_per_household", 1),
		o.edit("activities", "course", "project", o.named("project"), "area", o.named("ribnica"), "kind", "training", "title", "Welding", "starts_on", "2020-03-05"),
	)
	return o
}

// day gives the beginning of a day.
func day(date string) time.Time {
	at, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic(err) // it is the test's own
	}
	return at
}

func (o *office) named(name string) uuid.UUID {
	id := uuid.NewSHA1(uuid.NameSpaceURL, []byte(name))
	o.names[id] = name
	return id
}

// edit makes an edit of fields and their values, in turn.
func (o *office) edit(collection, record string, pairs ...any) engine.OfficeEdit {
	fields := map[string]syncproto.Value{}
	for i := 0; i < len(pairs); i += 2 {
		value, err := syncproto.ValueOf(pairs[i+1])
		if err != nil {
			panic(err) // it is the test's own
		}
		fields[pairs[i].(string)] = value
	}
	return engine.OfficeEdit{Collection: collection, Record: o.named(record), Fields: fields}
}

func (o *office) household(record, area string, more ...any) engine.OfficeEdit {
	return o.edit("households", record, append([]any{"head_name", "Head of " + record, "status", "idp", "area", o.named(area)}, more...)...)
}

func (o *office) person(record, household string) engine.OfficeEdit {
	return o.edit("people", record, "name", "Name of "+record, "household", o.named(household))
}

func (o *office) visit(record, household, on string) engine.OfficeEdit {
	return o.edit("visits", record, "household", o.named(household), "visited_at", day(on).UnixMilli(), "worker", o.admin, "project", o.named("project"))
}

func (o *office) delivery(record, household, on string) engine.OfficeEdit {
	return o.edit("deliveries", record, "household", o.named(household), "project", o.named("project"), "assistance_type", o.named("stove"),
		"quantity", 1, "delivered_at", day(on).UnixMilli())
}

func (o *office) save(edits ...engine.OfficeEdit) []store.Change {
	o.t.Helper()
	saved, err := o.engine.Save(o.t.Context(), o.admin, edits)
	if err != nil {
		o.t.Fatal(err)
	}
	return saved
}

func (o *office) file(household string, within registry.Areas) registry.File {
	o.t.Helper()
	f, err := o.registry.Household(o.t.Context(), o.named(household), within)
	if err != nil {
		o.t.Fatal(err)
	}
	return f
}

func (o *office) areas(names ...string) registry.Areas {
	out := registry.Areas{}
	for _, name := range names {
		out[o.named(name)] = true
	}
	return out
}

// describe names records in order of their names, each with the household that it is from where that is another than the
// one called h, and with an exclamation mark if it is deleted.
func (o *office) describe(records []registry.Record) string {
	var out []string
	for _, r := range records {
		text := o.names[r.ID]
		if r.Household != o.named("h") {
			text += "@" + o.names[r.Household]
		}
		if r.Deleted {
			text += "!"
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func codeOf(err error) syncproto.Code {
	var p *syncproto.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}
