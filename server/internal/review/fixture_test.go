package review_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/review"
	"satchel/server/internal/store"
	"satchel/server/internal/store/storetest"
	"satchel/syncproto"
)

// An office is an engine that the queue follows, with an administrator, an area, a project and a type with a limit of 2.
type office struct {
	t             testing.TB
	store         *store.Store
	queue         *review.Queue
	engine        *engine.Engine
	now           time.Time
	admin         uuid.UUID
	area, project uuid.UUID
	kind          uuid.UUID
}

func newOffice(t testing.TB) *office {
	t.Helper()
	return officeOn(t, storetest.Open(t))
}

func officeOn(t testing.TB, s *store.Store) *office {
	t.Helper()
	o := &office{t: t, store: s, now: time.UnixMilli(1_700_000_000_000), admin: named("admin"), area: named("area"), project: named("project"), kind: named("kind")}
	o.queue = review.New(s, func() time.Time { return o.now })
	o.start(o.queue)
	t.Cleanup(func() { o.engine.Close() })
	err := s.Write(t.Context(), func(tx *store.Tx) error {
		return tx.AddUser(t.Context(), store.User{ID: o.admin, Login: "admin", Name: "Ana Admin", Role: "administrator", Active: true})
	})
	if err != nil {
		t.Fatal(err)
	}
	o.save(
		edit("areas", o.area, "name", "Kraljevo", "level", "municipality"),
		edit("assistance_types", o.kind, "code", "STOVE", "name", "Stove", "category", "furniture", "limit_per_household", 2),
		edit("projects", o.project, "code", "P", "title", "Project"),
	)
	return o
}

// start starts the engine, followed or not.
func (o *office) start(follower engine.Follower) {
	o.t.Helper()
	var err error
	if o.engine, err = engine.New(o.t.Context(), o.store, func() time.Time { return o.now }, follower); err != nil {
		o.t.Fatal(err)
	}
}

// named gives the id of the record of that name.
func named(name string) uuid.UUID { return uuid.NewSHA1(uuid.NameSpaceURL, []byte(name)) }

// edit makes an edit of fields and their values, in turn.
func edit(collection string, record uuid.UUID, pairs ...any) engine.OfficeEdit {
	fields := map[string]syncproto.Value{}
	for i := 0; i < len(pairs); i += 2 {
		value, err := syncproto.ValueOf(pairs[i+1])
		if err != nil {
			panic(err) // it is the test's own
		}
		fields[pairs[i].(string)] = value
	}
	return engine.OfficeEdit{Collection: collection, Record: record, Fields: fields}
}

func (o *office) household(name string) engine.OfficeEdit {
	return edit("households", named(name), "head_name", name, "status", "idp", "area", o.area)
}

func (o *office) delivery(name, household string, quantity any) engine.OfficeEdit {
	return edit("deliveries", named(name), "household", named(household), "project", o.project, "assistance_type", o.kind, "quantity", quantity, "delivered_at", 5)
}

func (o *office) entitlement(name, household string, quantity any, status string) engine.OfficeEdit {
	return edit("entitlements", named(name), "household", named(household), "project", o.project, "assistance_type", o.kind, "quantity", quantity, "status", status)
}

func mergeInto(name, kept string) engine.OfficeEdit {
	return edit("households", named(name), "merged_into", named(kept))
}

func (o *office) save(edits ...engine.OfficeEdit) {
	o.t.Helper()
	if _, err := o.engine.Save(o.t.Context(), o.admin, edits); err != nil {
		o.t.Fatal(err)
	}
}

// list gives all items in a state.
func (o *office) list(state string) []review.Item {
	o.t.Helper()
	var all []review.Item
	for after := int64(0); ; after = all[len(all)-1].Seq {
		page, _, err := o.queue.List(o.t.Context(), state, after, 2)
		if err != nil {
			o.t.Fatal(err)
		}
		if all = append(all, page...); len(page) == 0 {
			return all
		}
	}
}

// open gives the one open item, and fails if there is not exactly one.
func (o *office) open() review.Item {
	o.t.Helper()
	list := o.list(review.Open)
	if len(list) != 1 {
		o.t.Fatalf("open are %s, want one", describe(list))
	}
	return list[0]
}

// only gives the one open item of a kind, and fails if there is not exactly one.
func (o *office) only(kind string) review.Item {
	o.t.Helper()
	list := slices.DeleteFunc(o.list(review.Open), func(i review.Item) bool { return i.Kind != kind })
	if len(list) != 1 {
		o.t.Fatalf("open are %s, want one %s", describe(list), kind)
	}
	return list[0]
}

// none fails if an item is open.
func (o *office) none(why string) {
	o.t.Helper()
	if list := o.list(review.Open); len(list) > 0 {
		o.t.Errorf("%s, and yet open are %s", why, describe(list))
	}
}

func describe(list []review.Item) string {
	var out []string
	for _, i := range list {
		out = append(out, fmt.Sprintf("%s of %s: %+v", i.Kind, i.Record, i.Facts))
	}
	slices.Sort(out)
	return fmt.Sprintf("%q", out)
}

// actions gives what the audit log says was done about reviews, in order.
func (o *office) actions() (out []string) {
	o.t.Helper()
	err := o.store.Read(o.t.Context(), func(tx *store.Tx) error {
		rows, err := tx.AuditSince(o.t.Context(), 0, 1000)
		for _, r := range rows {
			out = append(out, r.Action)
		}
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return out
}

func codeOf(err error) syncproto.Code {
	var p *syncproto.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

// property sets a property of the store.
func (o *office) property(name, value string) {
	o.t.Helper()
	err := o.store.Write(o.t.Context(), func(tx *store.Tx) error { return tx.SetProperty(context.Background(), name, value) })
	if err != nil {
		o.t.Fatal(err)
	}
}
