package httpapi_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// The canaries of area b: no byte of them is for anybody else.
const (
	canaryName   = "Canary-Head"
	canaryPhone  = "069-CANARY"
	canaryWorker = "canary.worker"
	canaryTablet = "Canary-Tablet"
)

// besieged is an office with something to steal in area b.
type besieged struct {
	*office
	workerB, household uuid.UUID
	// one and other are devices of area b, victim the one that calls.
	one, other, victim *tablet
	caller             caller
	// letIn says that the caller will use up the target of its call; others leave it to the next.
	letIn bool
	kept  targets
}

// targets are what calls aim at in area b.
type targets struct {
	spare   uuid.UUID
	record  uuid.UUID
	heads   []syncproto.Version
	held    string
	settled string
	review  *server.Review
	// again is a household that is registered twice, merged one that is a duplicate.
	again, merged uuid.UUID
	// photographed is a delivery of which the photo has arrived.
	photographed uuid.UUID
}

func newBesieged(t testing.TB) *besieged {
	t.Helper()
	b := &besieged{office: newOffice(t)}
	b.workerB = b.person(canaryWorker, "worker", "", b.b)
	b.one, b.other = b.tablet(canaryTablet, b.workerB, b.b), b.tablet(canaryTablet, b.workerB, b.b)
	b.victim = b.tablet(canaryTablet, b.workerB, b.b)
	c := b.one.household(b.b, canaryName, canaryPhone)
	b.one.sync(c)
	b.household = c.Record
	return b
}

// spare is another device of area b.
func (b *besieged) spare() uuid.UUID {
	if b.letIn || b.kept.spare == uuid.Nil {
		b.kept.spare = b.tablet(canaryTablet, b.workerB, b.b).id
	}
	return b.kept.spare
}

// collide makes a conflict in area b, and gives its record and heads.
func (b *besieged) collide() (uuid.UUID, []syncproto.Version) {
	if !b.letIn && b.kept.heads != nil {
		return b.kept.record, b.kept.heads
	}
	c := b.one.household(b.b, canaryName, canaryPhone)
	b.one.sync(c)
	seen := b.one.tip.Version(b.one.id)
	var heads []syncproto.Version
	for _, d := range []*tablet{b.one, b.other} {
		edit := d.change("households", c.Record, map[string]any{"phone": canaryPhone + d.id.String()})
		edit.Base = map[string][]syncproto.Version{"phone": {seen}}
		d.sync(edit)
		heads = append(heads, d.tip.Version(d.id))
	}
	if b.kept.heads = nil; !b.letIn {
		b.kept.record, b.kept.heads = c.Record, heads
	}
	return c.Record, heads
}

// hold makes a held change in area b, and gives its version.
func (b *besieged) hold() string {
	if b.letIn || b.kept.held == "" {
		c := b.one.household(b.b, canaryName, canaryPhone)
		c.Fields["status"] = `"unheard of"`
		b.one.sync(c)
		b.kept.held = b.one.tip.Version(b.one.id).String()
	}
	return b.kept.held
}

// duplicate is a household of area b that is registered twice.
func (b *besieged) duplicate() uuid.UUID {
	if b.letIn || b.kept.again == uuid.Nil {
		c := b.one.household(b.b, canaryName, canaryPhone)
		b.one.sync(c)
		b.kept.again = c.Record
	}
	return b.kept.again
}

// unmerge tries to make a duplicate in area b a household of its own.
func (b *besieged) unmerge() call {
	if b.letIn || b.kept.merged == uuid.Nil {
		b.kept.again = uuid.Nil
		b.kept.merged = b.duplicate()
		b.kept.again = uuid.Nil
		if _, err := b.srv.Engine.Merge(b.t.Context(), b.admin, b.kept.merged, b.household, ""); err != nil {
			b.t.Fatal(err)
		}
	}
	return withBody("POST", "/api/v1/households/"+b.kept.merged.String()+"/unmerge", `{"reason": "x"}`)(b)
}

// overDeliver makes a review about a household of area b, and gives it.
func (b *besieged) overDeliver() server.Review {
	if !b.letIn && b.kept.review != nil {
		return *b.kept.review
	}
	kind := newID(b.t)
	b.save("assistance_types", kind, map[string]any{"code": kind, "name": "Stove", "category": "furniture", "limit_per_household": 1})
	c := b.one.household(b.b, canaryName, canaryPhone)
	b.one.sync(c)
	b.save("deliveries", newID(b.t), map[string]any{"household": c.Record, "project": newID(b.t), "assistance_type": kind, "quantity": 2, "delivered_at": 1})
	item := b.reviewOf("over_delivery", c.Record)
	if b.kept.review = nil; !b.letIn {
		b.kept.review = &item
	}
	return item
}

// reviewOf gives the open review of a kind about a record.
func (b *besieged) reviewOf(kind string, record uuid.UUID) server.Review {
	for after := int64(0); ; {
		open, _, err := b.srv.Reviews.List(b.t.Context(), "open", after, 100)
		if err != nil || len(open) == 0 {
			b.t.Fatalf("no review of kind %s is open about %s: %v", kind, record, err)
		}
		for _, r := range open {
			if after = r.Seq; r.Kind == kind && r.Record == record {
				return r
			}
		}
	}
}

// photographed is a delivery in area b, and its photo, which has arrived.
func (b *besieged) photographed() (uuid.UUID, picture) {
	p := photo(canaryName, 1000)
	if b.kept.photographed == uuid.Nil {
		b.kept.photographed = b.one.deliver(b.b, p)
		b.one.mustSend(b.kept.photographed, p, 0, len(p.content), syncproto.BlobProgress{Have: p.Bytes, Complete: true})
	}
	return b.kept.photographed, p
}

func (b *besieged) decide(item server.Review) {
	if err := b.srv.Reviews.Decide(b.t.Context(), b.admin, item.ID, "accepted", "", item.Digest); err != nil {
		b.t.Fatal(err)
	}
}

// undo tries to take back a settlement in area b.
func (b *besieged) undo() call {
	if b.letIn || b.kept.settled == "" {
		b.kept.heads = nil
		record, heads := b.collide()
		settled, err := b.srv.Engine.Settle(b.t.Context(), b.admin, record, "phone", `"`+canaryPhone+`"`, heads, "")
		if err != nil {
			b.t.Fatal(err)
		}
		b.kept.heads, b.kept.settled = nil, settled.Version().String()
	}
	return withBody("POST", "/api/v1/changes/"+b.kept.settled+"/undo", `{"reason": "x"}`)(b)
}

func (b *besieged) addUser() call {
	return withBody("POST", "/api/v1/users", fmt.Sprintf(`{"login": %q, "name": "New", "role": "worker", "areas": [%q]}`, newID(b.t), b.b))(b)
}

// pull is a sync that asks for area b, in the name of the caller if that is a device.
func (b *besieged) pull() call {
	d := b.victim
	if b.caller.device != nil {
		d = b.caller.device
	}
	request := d.request()
	request.Cursors = map[uuid.UUID]int64{b.b: 0}
	return call{http.MethodPost, "/api/v1/sync", map[string]string{"Content-Type": syncproto.MediaType}, bytes.NewReader(encode(b.t, request))}
}

// feed makes a token for everything in an area.
func (o *office) feed(name string, area uuid.UUID) (uuid.UUID, string) {
	o.t.Helper()
	var all []string
	for _, c := range syncproto.Collections() {
		all = append(all, c.Name)
	}
	return o.feedOf(server.NewFeedToken{Name: name, Collections: all, Area: area, Personal: true})
}

// feedOf makes a token that is good for a day.
func (o *office) feedOf(n server.NewFeedToken) (uuid.UUID, string) {
	o.t.Helper()
	n.Expires = o.now().Add(24 * time.Hour).UnixMilli()
	made, token, err := o.srv.Accounts.AddFeedToken(o.t.Context(), o.admin, n)
	if err != nil {
		o.t.Fatal(err)
	}
	return made.ID, token
}

// webhook adds one that has failed once, and gives its id.
func (b *besieged) webhook() string {
	b.t.Helper()
	w, err := b.srv.Accounts.AddWebhook(b.t.Context(), b.admin, "https://donor.example/"+canaryTablet, "review.opened")
	if err == nil {
		err = b.srv.Store.Write(b.t.Context(), func(tx *store.Tx) error {
			return tx.AddDelivery(b.t.Context(), store.Delivery{Webhook: w.ID, At: 1, Events: 2, Seq: 3, Status: 500, Error: "x"})
		})
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return w.ID.String()
}

// basic gives the headers of a program that reads a feed.
func basic(token string) map[string]string {
	return map[string]string{"Authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte("token:"+token))}
}
