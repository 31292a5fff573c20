package httpapi_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"satchel/syncproto"
)

// intruder gives a device of area a that knows the ids of area b, as a worker does who was moved.
func (b *besieged) intruder() *tablet {
	return b.tablet("intruder", b.person("intruder", "worker", "", b.a), b.a)
}

// quiet fails the test if a reply tells of area b.
func (b *besieged) quiet(t *testing.T, what string, reply syncproto.Reply) {
	t.Helper()
	for _, canary := range []string{canaryName, canaryPhone, canaryWorker, canaryTablet, b.household.String()} {
		if strings.Contains(fmt.Sprint(reply), canary) {
			t.Errorf("%s brings %q of area b", what, canary)
		}
	}
	if slices.Contains(reply.Areas, b.b) {
		t.Errorf("%s gives the device area b", what)
	}
}

// TestADeviceWritesNothingOfAnotherArea tries everything that a change can do to a record there.
func TestADeviceWritesNothingOfAnotherArea(t *testing.T) {
	b := newBesieged(t)
	d := b.intruder()
	mine := d.household(b.a, "Mine", "")
	d.sync(mine)
	registered := []syncproto.Version{b.one.tip.Version(b.one.id)}
	theirs := map[string][]syncproto.Version{"phone": registered, "area": registered}
	edit := func(collection string, record uuid.UUID, base map[string][]syncproto.Version, fields map[string]any) func() syncproto.Change {
		return func() syncproto.Change {
			c := d.change(collection, record, fields)
			c.Base = base
			return c
		}
	}
	own := map[string][]syncproto.Version{"area": {d.tip.Version(d.id)}}
	for what, change := range map[string]func() syncproto.Change{
		"an edit that knows the value":   edit("households", b.household, theirs, map[string]any{"phone": "1"}),
		"an edit that knows nothing":     edit("households", b.household, nil, map[string]any{"phone": "1"}),
		"a deletion":                     edit("households", b.household, theirs, map[string]any{"deleted": true}),
		"a move of theirs to the own":    edit("households", b.household, theirs, map[string]any{"area": b.a}),
		"a move of the own to theirs":    edit("households", mine.Record, own, map[string]any{"area": b.b}),
		"a household of theirs":          edit("households", newID(t), nil, map[string]any{"head_name": "x", "status": "idp", "area": b.b}),
		"a visit to theirs":              edit("visits", newID(t), nil, map[string]any{"household": b.household, "purpose": "assessment", "visited_at": 1}),
		"a person of theirs":             edit("people", newID(t), nil, map[string]any{"household": b.household, "name": "x"}),
		"a record in place of theirs":    edit("visits", b.household, nil, map[string]any{"household": mine.Record, "purpose": "assessment", "visited_at": 1}),
		"an area":                        edit("areas", b.b, nil, map[string]any{"name": "Mine", "level": "municipality", "parent": b.a}),
		"an area below the own":          edit("areas", newID(t), nil, map[string]any{"name": "Mine", "level": "settlement", "parent": b.a}),
		"a project, which everybody has": edit("projects", newID(t), nil, map[string]any{"code": "X", "title": "x"}),
	} {
		t.Run(what, func(t *testing.T) {
			before, conflicts := b.rowsOf(b.b), b.rows()["conflicts"]
			records := b.rows()["records"]
			reply := d.sync(change())
			code := syncproto.HeldOutOfScope
			if what == "a record in place of theirs" {
				code = syncproto.HeldInvalid
			}
			if len(reply.Receipts) != 1 || reply.Receipts[0].Status != syncproto.Held || reply.Receipts[0].Code != code {
				t.Errorf("its receipts are %+v, want one that is held as %s", reply.Receipts, code)
			}
			for _, canary := range []string{canaryName, canaryPhone} {
				if strings.Contains(fmt.Sprint(reply.Receipts), canary) {
					t.Errorf("its receipt tells %q", canary)
				}
			}
			sameRows(t, what, before, b.rowsOf(b.b))
			if b.rows()["records"] != records || b.rows()["conflicts"] != conflicts {
				t.Error("a record has changed")
			}
			b.quiet(t, what, reply)
		})
	}
}

// TestADeviceAsksForAnotherArea tries everything that a request can ask.
func TestADeviceAsksForAnotherArea(t *testing.T) {
	b := newBesieged(t)
	d := b.intruder()
	b.hold()
	theirs := b.one.sync()
	for what, ask := range map[string]func(*syncproto.Request){
		"a cursor":              func(r *syncproto.Request) { r.Cursors = map[uuid.UUID]int64{b.b: 0} },
		"a cursor of its epoch": func(r *syncproto.Request) { r.Epoch, r.Cursors = theirs.Epoch, map[uuid.UUID]int64{b.b: 1} },
		"their mark":            func(r *syncproto.Request) { r.Epoch, r.Mark, r.Cursors = theirs.Epoch, theirs.Mark, theirs.Cursors },
		"their held changes":    func(r *syncproto.Request) { r.Held = upTo(20) },
		"a large page":          func(r *syncproto.Request) { r.Page = 2000 },
	} {
		r := d.request()
		ask(&r)
		got := b.do(call{http.MethodPost, "/api/v1/sync", d.bearer(), strings.NewReader(string(encode(t, r)))})
		reply, err := syncproto.ReadReply(strings.NewReader(got.body), nil)
		if err != nil {
			t.Fatalf("%s is answered %d %s", what, got.status, got.body)
		}
		b.quiet(t, what, reply)
		if len(reply.Receipts) > 0 {
			t.Errorf("%s brings the receipts %v of somebody else", what, reply.Receipts)
		}
	}
}

// TestADeviceThatLosesAnAreaReadsAndWritesItNoMore narrows a device's scope, and then revokes it.
func TestADeviceThatLosesAnAreaReadsAndWritesItNoMore(t *testing.T) {
	b := newBesieged(t)
	d := b.tablet("both", b.workerB, b.a, b.b)
	if reply := d.sync(); !strings.Contains(fmt.Sprint(reply), canaryName) {
		t.Fatal("the device never had area b, so the test shows nothing")
	}
	if err := b.srv.Accounts.SetDeviceAreas(t.Context(), b.admin, d.id, []uuid.UUID{b.a}); err != nil {
		t.Fatal(err)
	}
	before := b.rowsOf(b.b)
	edit := func() syncproto.Change {
		c := d.change("households", b.household, map[string]any{"phone": "1"})
		c.Base = map[string][]syncproto.Version{"phone": {b.one.tip.Version(b.one.id)}}
		return c
	}
	reply := d.sync(edit())
	if r := reply.Receipts[0]; r.Status != syncproto.Held || r.Code != syncproto.HeldOutOfScope {
		t.Errorf("an edit in the lost area is %s %s, want held out_of_scope", r.Status, r.Code)
	}
	// The holder of the device is still named, and is of area b here.
	reply.Workers = nil
	b.quiet(t, "a sync after the loss", reply)
	d.revoke()
	reply = d.sync(edit())
	if r := reply.Receipts[0]; !reply.Revoked || r.Status != syncproto.Held || r.Code != syncproto.HeldRevoked {
		t.Errorf("a revoked device is answered %v, its edit %s %s, want held device_revoked", reply.Revoked, r.Status, r.Code)
	}
	if len(reply.Records)+len(reply.Departures)+len(reply.Areas)+len(reply.Workers) > 0 {
		t.Errorf("a revoked device gets %v", reply)
	}
	b.quiet(t, "a sync of a revoked device", reply)
	after := b.rowsOf(b.b)
	for table := range maps.Clone(before) {
		if table == "devices" {
			continue // the three of area b contacted the server
		}
		sameRows(t, "a device without the area", map[string]string{table: before[table]}, after)
	}
}

// TestRoutesTakeNoOtherMethod tries all that HTTP has.
func TestRoutesTakeNoOtherMethod(t *testing.T) {
	b := newBesieged(t)
	b.person("anka", "administrator", password)
	session := b.login("anka")
	taken := map[string][]string{}
	for _, r := range b.handler.(*echo.Echo).Routes() {
		taken[r.Path] = append(taken[r.Path], r.Method)
	}
	before := b.rows()
	for path, methods := range taken {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "PROPFIND", "TRACE", "OPTIONS", "BREW"} {
			if slices.Contains(methods, method) {
				continue
			}
			got := b.do(call{method, path, session, nil})
			if method == "OPTIONS" && got.status == http.StatusNoContent && got.body == "" {
				continue
			}
			if got.status != http.StatusMethodNotAllowed && got.status != http.StatusNotFound {
				t.Errorf("%s %s is answered %d %s, want 405", method, path, got.status, got.body)
			}
		}
	}
	sameRows(t, "methods that no route takes", before, b.rows())
}
