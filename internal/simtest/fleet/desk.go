package fleet

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"satchel/internal/simtest/oracle"
	"satchel/server"
	"satchel/syncproto"
)

// correct edits a record at the office, as it shows there, after a mistake that is refused; or merges two households.
func (o *office) correct(ctx context.Context, r *rand.Rand) {
	if r.IntN(2) == 0 {
		o.mergeTwo(ctx, r)
		return
	}
	id, shown, ok := o.any(ctx, r, "households", "people", "visits", "deliveries", "areas")
	if !ok {
		return
	}
	right, wrong := map[string]syncproto.Value{}, map[string]syncproto.Value{}
	name := o.w.ledger.name(shown.Collection, id)
	for _, field := range o.w.someOf(r, textFields[shown.Collection]) {
		right[field], wrong[field] = textValue(o.w.ledger.text(name)), syncproto.True
	}
	if _, err := o.save(ctx, server.OfficeEdit{Collection: shown.Collection, Record: id, Fields: wrong}); err == nil {
		o.w.broke("what breaks a rule is refused", "the office saved %v of %s", wrong, name)
	}
	_, err := o.save(ctx, server.OfficeEdit{Collection: shown.Collection, Record: id, Fields: right})
	o.w.say("office", "corrects %s: %v%s", name, right, orError(err))
}

// strikeOff deletes a record at the office.
func (o *office) strikeOff(ctx context.Context, r *rand.Rand) {
	id, shown, ok := o.any(ctx, r, "households", "people")
	if !ok {
		return
	}
	_, err := o.save(ctx, server.OfficeEdit{Collection: shown.Collection, Record: id, Fields: map[string]syncproto.Value{oracle.Deleted: syncproto.True}})
	o.w.say("office", "strikes off %s%s", o.w.ledger.name(shown.Collection, id), orError(err))
}

// settle decides an open conflict, for one of the values or for another one.
func (o *office) settle(ctx context.Context, r *rand.Rand) {
	if len(o.looked) == 0 || r.IntN(2) == 0 { // or else what is decided was looked at some time ago
		o.looked = o.conflicts(ctx)
	}
	if len(o.looked) == 0 {
		return
	}
	c := o.looked[r.IntN(len(o.looked))]
	name := o.w.ledger.name(c.Collection, c.Record)
	value := textValue(o.w.ledger.text(name))
	if field, _ := fieldOf(c.Collection, c.Field); c.Field == oracle.Deleted {
		value = []syncproto.Value{syncproto.True, syncproto.False}[r.IntN(2)]
	} else if field.Type != syncproto.Text || r.IntN(2) == 0 {
		value = c.Sides[r.IntN(len(c.Sides))].Value
	}
	edit := server.OfficeEdit{Collection: c.Collection, Record: c.Record, Fields: map[string]syncproto.Value{c.Field: value}}
	saw := o.sees(ctx, edit)
	contested := o.contested(ctx, c.Record)
	if contested {
		delete(saw, oracle.Deleted) // who settles something else does not decide that
	}
	saw[c.Field] = o.sightsOfSides(ctx, c)
	s := o.w.ledger.note(oracle.Office, c.Collection, c.Record, map[string]string{c.Field: string(value)}, saw)
	var heads []syncproto.Version
	for _, side := range c.Sides {
		heads = append(heads, side.Version)
	}
	made, err := o.srv.Engine.Settle(ctx, o.admin, c.Record, c.Field, value, heads, "looked")
	o.expect("settle a conflict", err)
	o.noted(s, err)
	o.w.say("office", "settles %s/%s of %d sides: %s%s", name, c.Field, len(c.Sides), value, orError(err))
	if err != nil {
		return
	}
	s.Claimed = made.Claimed
	done := settlement{saving: s, version: made.Version(), time: made.Time, contested: contested}
	for _, v := range made.Note.Settled {
		at := slices.IndexFunc(c.Sides, func(side server.Side) bool { return side.Version == v })
		if at < 0 {
			return // a contested deletion settles no values
		}
		done.sides = append(done.sides, c.Sides[at])
	}
	o.settled = append(o.settled, done)
}

// undo takes a settlement back.
func (o *office) undo(ctx context.Context, r *rand.Rand) {
	if len(o.settled) == 0 {
		return
	}
	done := o.settled[max(r.IntN(len(o.settled)), r.IntN(len(o.settled)))] // most often a late one
	var field string
	for name := range done.saving.Writes {
		field = name
	}
	record := uuid.MustParse(done.saving.Record)
	saw := map[string][]oracle.Sight{field: {{Value: done.saving.Writes[field], Time: done.time}}}
	var noted []*saving
	for _, side := range slices.Backward(done.sides) {
		s := o.w.ledger.note(oracle.Office, done.saving.Collection, record, map[string]string{field: string(side.Value)}, saw)
		s.Restates = oracle.Version{Device: side.Version.Device.String(), N: side.Version.N}
		s.Form = s.ID - len(noted)
		noted = append(noted, s)
	}
	contested := done.contested || o.contested(ctx, record)
	made, err := o.srv.Engine.Undo(ctx, o.admin, done.version, "")
	o.expect("undo a settlement", err)
	for i, s := range noted {
		o.noted(s, err)
		if i < len(made) {
			s.Claimed = made[i].Claimed
		}
	}
	name := o.w.ledger.name(done.saving.Collection, record)
	if err == nil && !contested && field != oracle.Deleted && o.contested(ctx, record) {
		o.w.broke("an undone settlement leaves what was", "the deletion of %s is contested since its %s is in conflict again", name, field)
	}
	o.w.say("office", "undoes the settlement of %s/%s%s", name, field, orError(err))
}

// contested reports whether edits clash with the deletion of a record.
func (o *office) contested(ctx context.Context, record uuid.UUID) bool {
	edits := func(s server.Side) bool { return s.Field != oracle.Deleted }
	return slices.ContainsFunc(o.conflicts(ctx), func(c server.Conflict) bool {
		return c.Record == record && c.Field == oracle.Deleted && slices.ContainsFunc(c.Sides, edits)
	})
}

// decide applies or discards a change that is held.
func (o *office) decide(ctx context.Context, r *rand.Rand) {
	held, err := o.srv.Engine.Held(ctx)
	o.expect("list what is held", err)
	if len(held) == 0 {
		return
	}
	one := held[r.IntN(len(held))]
	what, status, begun := "applies", oracle.Applied, time.Now()
	if r.IntN(2) == 0 {
		err = o.srv.Engine.ApplyHeld(ctx, o.admin, one.Version, nil)
	} else {
		what, status = "turns down", oracle.Discarded
		err = o.srv.Engine.DiscardHeld(ctx, o.admin, one.Version, "no")
	}
	o.expect("decide about a held change", err)
	if err != nil {
		status = ""
	}
	if !refused(err) {
		o.decided[oracle.Version{Device: one.Device.String(), N: one.Version.N}] = oracle.Decision{Status: status, When: since(begun)}
	}
	o.w.say("office", "%s what is held of %s%s", what, o.w.ledger.name(one.Collection, one.Record), orError(err))
}

// rescope gives a tablet other areas.
func (o *office) rescope(ctx context.Context, r *rand.Rand) {
	t := o.w.anyTablet(r)
	areas := o.someAreas(r)
	if t.device == uuid.Nil {
		return
	}
	begun := time.Now()
	err := o.srv.Accounts.SetDeviceAreas(ctx, o.admin, t.device, areas)
	o.expect("change a tablet's areas", err)
	o.ordered(t.device, begun, err, func(s oracle.Standing) oracle.Standing {
		scoped := o.standing(areas, t.holder())
		scoped.Revoked = s.Revoked
		return scoped
	})
	o.w.fault("areas changed")
	o.w.say("office", "gives %s %s%s", t.name, o.w.areaNames(areas), orError(err))
}

// revoke takes a tablet out of the programme, more often than not one that has a twin.
func (o *office) revoke(ctx context.Context, r *rand.Rand) {
	t := o.w.anyTablet(r)
	if at := slices.IndexFunc(o.w.tablets, func(t *tablet) bool { return t.copied && !t.gone }); at >= 0 && r.IntN(3) > 0 {
		t = o.w.tablets[at]
	}
	if t.device == uuid.Nil {
		return
	}
	begun := time.Now()
	err := o.srv.Accounts.RevokeDevice(ctx, o.admin, t.device)
	o.expect("revoke a tablet", err)
	o.ordered(t.device, begun, err, func(s oracle.Standing) oracle.Standing {
		s.Revoked = true
		return s
	})
	o.w.fault("revoked")
	o.w.say("office", "revokes %s%s", t.name, orError(err))
}

// someAreas draws the whole, one part or two.
func (o *office) someAreas(r *rand.Rand) []uuid.UUID {
	switch draw := r.IntN(4); {
	case draw == 0 || o.w.narrow:
		return []uuid.UUID{o.country}
	case draw == 1:
		at := r.IntN(len(o.areas))
		return []uuid.UUID{o.areas[at], o.areas[(at+1)%len(o.areas)]}
	}
	return []uuid.UUID{o.areas[r.IntN(len(o.areas))]}
}

// below gives areas and what is part of them.
func (o *office) below(areas []uuid.UUID) map[uuid.UUID]bool {
	out := map[uuid.UUID]bool{}
	for _, area := range areas {
		out[area] = true
		if area == o.country {
			for _, part := range o.areas {
				out[part] = true
			}
		}
	}
	return out
}
