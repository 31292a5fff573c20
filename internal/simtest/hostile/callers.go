package hostile

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/google/uuid"

	"satchel/server"
	"satchel/syncproto"
)

// A caller is somebody who attacks.
type caller struct {
	name string
	// header holds the credentials.
	header map[string]string
	// maySeeB says that the caller is one of those whom area b is shown.
	maySeeB bool
	// device is what the caller knows as a device; every caller has one that is not its own, to lie about.
	device *pen
	// login is whose session it is, "" for none.
	login string
}

// A pen is what it takes to write a good sync: a device's id, and how far it is with the server.
type pen struct {
	id, worker, area uuid.UUID
	access, refresh  string
	tip              syncproto.Tip
	epoch, mark      string
	cursors          map[uuid.UUID]int64
	// record is the last household that it registered, phone the version of its phone there.
	record uuid.UUID
	phone  syncproto.Version
}

// gather gives everybody who attacks credentials.
func (o *office) gather(ctx context.Context, worker uuid.UUID) error {
	device, err := o.enrol(ctx, "Tablet of a", worker)
	if err != nil {
		return err
	}
	gone, err := o.enrol(ctx, "Lost tablet of a", worker)
	if err != nil {
		return err
	}
	if err := o.srv.Accounts.RevokeDevice(ctx, o.admin, gone.id); err != nil {
		return err
	}
	made, token, err := o.srv.Accounts.AddFeedToken(ctx, o.admin, server.NewFeedToken{
		Name: "Reader of a", Collections: []string{"households", "visits"}, Area: o.a, Personal: true, Expires: o.now().Add(24 * time.Hour).UnixMilli(),
	})
	if err != nil {
		return err
	}
	o.ids = append(o.ids, device.id, gone.id, made.ID)
	o.callers = []*caller{
		{name: "nobody", device: device},
		{name: "somebody who forges", header: forged, device: device},
		{name: "a device", header: bearer(device), device: device},
		{name: "a device", header: bearer(device), device: device},
		{name: "a revoked device", header: bearer(gone), device: gone},
		{name: "a reader of a feed of a", header: map[string]string{"Authorization": "Bearer " + token}, device: device},
		{name: "a coordinator of a", login: "cora", device: device},
		{name: "a coordinator of b", login: "cvetko", maySeeB: true, device: device},
		{name: "an administrator", login: "ana", maySeeB: true, device: device},
		{name: "an administrator", login: "ana", maySeeB: true, device: device},
	}
	for _, c := range o.callers {
		if err := o.logIn(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// forged are credentials that look like some.
var forged = map[string]string{
	"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIwMTlhNWIwMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMGQifQ.",
	"Cookie":        "satchel_session=ABCDEFGHIJKLMNOPQRSTUVWXYZ", "X-CSRF-Token": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
}

func bearer(d *pen) map[string]string {
	return map[string]string{"Authorization": "Bearer " + d.access}
}

// logIn opens a session for a caller who has a login.
func (o *office) logIn(ctx context.Context, c *caller) error {
	if c.login == "" {
		return nil
	}
	session, err := o.srv.Accounts.Login(ctx, c.login, password)
	c.header = map[string]string{"Cookie": "satchel_session=" + session.Token, "X-CSRF-Token": session.CSRF}
	return err
}

func (o *office) enrol(ctx context.Context, name string, worker uuid.UUID) (*pen, error) {
	made, err := o.srv.Accounts.Invite(ctx, o.admin, worker, name, []uuid.UUID{o.a})
	if err != nil {
		return nil, err
	}
	enrolled, err := o.srv.Accounts.Enrol(ctx, made.Code, uuid.Nil, "")
	return &pen{id: enrolled.Device.ID, worker: worker, area: o.a, access: enrolled.Tokens.Access, refresh: enrolled.Tokens.Refresh}, err
}

// sync writes a good request with a few changes.
func (d *pen) sync(r *rand.Rand, now int64) []byte {
	request := syncproto.Request{
		Protocol: syncproto.CurrentProtocol, Device: d.id, Epoch: d.epoch, Mark: d.mark, Known: d.tip,
		Clock: now, Cursors: d.cursors, Page: 1 + r.IntN(20), Health: syncproto.Health{Program: "hostile"},
	}
	for i := range r.IntN(4) {
		n := d.tip.N + 1 + int64(i)
		request.Changes = append(request.Changes, d.change(r, n, now))
	}
	var out bytes.Buffer
	if err := syncproto.WriteRequest(&out, request); err != nil {
		panic(err) // what was made up here can be written
	}
	return out.Bytes()
}

// change makes a household, or an edit of one.
func (d *pen) change(r *rand.Rand, n, now int64) syncproto.Change {
	c := syncproto.Change{N: n, Form: n, Collection: "households", Author: d.worker, Claimed: now, Fields: map[string]syncproto.Value{
		"head_name": textValue(fmt.Sprint("Hostile ", r.IntN(100))), "phone": textValue("060 666"),
	}}
	if d.phone.N > 0 && r.IntN(2) == 0 {
		c.Record, c.Base = d.record, map[string][]syncproto.Version{"phone": {d.phone}}
		return c
	}
	c.Record = madeUp(r, now)
	c.Fields["status"], c.Fields["area"], c.Fields["address"] = textValue("idp"), textValue(d.area.String()), textValue("Main 1")
	return c
}

// madeUp gives a UUIDv7 that the dice make.
func madeUp(r *rand.Rand, now int64) (id uuid.UUID) {
	binary.BigEndian.PutUint64(id[:8], uint64(now)<<16|0x7000|r.Uint64N(1<<12)) //nolint:gosec // a time of today
	binary.BigEndian.PutUint64(id[8:], 1<<63|r.Uint64N(1<<62))
	return id
}

// learn has a device go on from what the server told it, and somebody log in again who was logged out.
func (o *office) learn(ctx context.Context, in input, a *answer) error {
	if in.method == http.MethodDelete && a.status == http.StatusNoContent {
		for _, c := range o.callers {
			if c.login != in.who.login {
				continue
			}
			if err := o.logIn(ctx, c); err != nil {
				return err
			}
		}
	}
	if in.who.name != "a device" && in.who.name != "a revoked device" || a.header.Get("Content-Type") != syncproto.MediaType {
		return nil
	}
	text, err := a.plain()
	if err != nil {
		return err
	}
	reply, err := syncproto.ReadReply(bytes.NewReader(text), nil)
	if err != nil {
		return fmt.Errorf("the server's reply cannot be read: %w", err)
	}
	d := in.who.device
	d.tip, d.epoch, d.mark, d.cursors = reply.Tip, reply.Epoch, reply.Mark, reply.Cursors
	for _, record := range reply.Records {
		if v := record.Fields["phone"].Version; v.Device == d.id {
			d.record, d.phone = record.ID, v
		}
	}
	return nil
}
