package search_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/search"
	"satchel/server/internal/store"
	"satchel/server/internal/store/storetest"
	"satchel/syncproto"
)

// An office is an engine with an index beside it, and the villages Ribnica and Žiča.
type office struct {
	t      testing.TB
	store  *store.Store
	engine *engine.Engine
	index  *search.Index
	admin  uuid.UUID
	names  map[uuid.UUID]string
}

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{t: t, store: storetest.Open(t), admin: uuid.UUID{1}, names: map[uuid.UUID]string{}}
	o.index = search.New(o.store)
	var err error
	if o.engine, err = engine.New(t.Context(), o.store, time.Now, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.engine.Close)
	err = o.store.Write(t.Context(), func(tx *store.Tx) error {
		return tx.AddUser(t.Context(), store.User{ID: o.admin, Login: "admin", Name: "Ana Admin", Role: "administrator", Active: true})
	})
	if err != nil {
		t.Fatal(err)
	}
	o.save(o.area("Ribnica"), o.area("Žiča"))
	return o
}

// named gives the id of the record that a test calls so.
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

func (o *office) area(name string) engine.OfficeEdit {
	return o.edit("areas", name, "name", name, "level", "settlement")
}

func (o *office) household(record, head, area string, more ...any) engine.OfficeEdit {
	return o.edit("households", record, append([]any{"head_name", head, "status", "idp", "area", o.named(area)}, more...)...)
}

func (o *office) person(record, name, household string, more ...any) engine.OfficeEdit {
	return o.edit("people", record, append([]any{"name", name, "household", o.named(household)}, more...)...)
}

func (o *office) save(edits ...engine.OfficeEdit) {
	o.t.Helper()
	if _, err := o.engine.Save(o.t.Context(), o.admin, edits); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) find(q search.Query) search.Result {
	o.t.Helper()
	found, err := o.index.Find(o.t.Context(), q)
	if err != nil {
		o.t.Fatal(err)
	}
	return found
}

// describe names the hits in order, each with the member by whom it was found, and their number where it is another.
func (o *office) describe(found search.Result) string {
	var out []string
	for _, h := range found.Hits {
		text := o.names[h.ID]
		if h.Member != nil && *h.Member != h.ID {
			text += "(" + o.names[*h.Member] + ")"
		}
		out = append(out, text)
	}
	if found.Total != len(found.Hits) {
		out = append(out, fmt.Sprint("of ", found.Total))
	}
	return strings.Join(out, " ")
}

// expect fails unless a query finds just that.
func (o *office) expect(q search.Query, want string) {
	o.t.Helper()
	if got := o.describe(o.find(q)); got != want {
		o.t.Errorf("%q in %d areas finds %q, want %q", q.Text, len(q.Areas), got, want)
	}
}

func (o *office) areas(names ...string) map[uuid.UUID]bool {
	out := map[uuid.UUID]bool{}
	for _, name := range names {
		out[o.named(name)] = true
	}
	return out
}
