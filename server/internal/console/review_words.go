package console

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"satchel/internal/aid"
	"satchel/internal/duplicates"
	"satchel/internal/language"
	"satchel/server/internal/engine"
	"satchel/server/internal/review"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// says tells in words what an item is about, and what is wrong there.
func (v *Visit) says(l review.Line) (title, what string, err error) {
	if title, err = v.recordTitle(l); err != nil {
		return "", "", err
	}
	switch l.Kind {
	case review.Conflict:
		what, err = v.saysConflict(l)
	case review.Held:
		what, err = v.saysHeld(l)
	case review.OverDelivery:
		what, err = v.saysOver(l)
	case review.Duplicate:
		var other string
		if other, err = v.familyName(*l.Subject); err != nil {
			return "", "", err
		}
		title += " · " + other
		what, err = v.Words.Text("review.what_duplicate", "reasons", strings.Join(v.reasonsFor(l.Facts.Reasons, 3), ", "))
	case review.Orphan:
		what, err = v.Words.Text("review.what_orphan", "count", len(l.Facts.Records)+l.Facts.LeftOff)
	case review.Clock:
		what, err = v.saysClock(l.Facts.ClockOff)
	case review.ProofMissing:
		if len(l.Facts.Blobs) == 0 {
			what, err = v.Words.Text("review.what_unproven")
		} else {
			what, err = v.Words.Text("review.what_proof_missing", "count", len(l.Facts.Blobs))
		}
	}
	return title, what, err
}

// recordTitle names the record, or device, that an item is about, so that it is told from others of the same name.
func (v *Visit) recordTitle(l review.Line) (string, error) {
	if l.Kind == review.Clock {
		return v.deviceName(l.Record)
	}
	if l.Missing {
		return v.missingTitle(l)
	}
	name, err := v.NameOf(l.Record)
	if err != nil {
		return "", err
	}
	name = withCard(name, l.Fields["card_number"])
	if household := l.Fields["household"].ID(); household != uuid.Nil && household != l.Record {
		family, err := v.NameOf(household)
		if err != nil {
			return "", err
		}
		if !strings.HasSuffix(name, ": "+family) { // a visit, which is called by its household
			name += " · " + family
		}
	}
	return name, nil
}

// familyName names a household, so that it is told from others of the same name.
func (v *Visit) familyName(id uuid.UUID) (string, error) {
	name, err := v.NameOf(id)
	if err != nil {
		return "", err
	}
	r, _, err := v.find(id)
	return withCard(name, r.Value("card_number")), err
}

// withCard adds the number of a card to a name, if there is one.
func withCard(name string, card syncproto.Value) string {
	if card.Text() == "" {
		return name
	}
	return name + " (" + card.Text() + ")"
}

// missingTitle names a record that has not arrived, as the change that is held does.
func (v *Visit) missingTitle(l review.Line) (string, error) {
	if l.Collection == "" {
		return v.Words.Text("review.not_arrived")
	}
	name, err := v.heldName(l.Record, l.Fields)
	if err != nil {
		return "", err
	}
	if ownName(l.Fields) == "" {
		name = titled(v.Words, l.Collection, name)
	}
	return v.Words.Text("review.not_here", "name", name)
}

func (v *Visit) saysConflict(l review.Line) (string, error) {
	fields := l.Facts.Fields
	var names []string
	for _, f := range fields {
		if f.Field == syncproto.FieldDeleted {
			return v.Words.Text("review.what_deleted")
		}
		names = append(names, fieldName(v.Words, l.Collection, f.Field))
	}
	if len(fields) == 1 {
		return v.Words.Text("review.what_conflict", "count", fields[0].Sides, "field", names[0])
	}
	return v.Words.Text("review.what_conflicts", "count", len(fields)+l.Facts.LeftOff, "fields", strings.Join(names, ", "))
}

func (v *Visit) saysHeld(l review.Line) (string, error) {
	why := v.heldWord(syncproto.HeldWithForm)
	for _, c := range l.Facts.Changes {
		if c.Code != syncproto.HeldWithForm {
			why = v.heldWord(c.Code)
			break
		}
	}
	return v.Words.Text("review.what_held", "count", len(l.Facts.Changes)+l.Facts.LeftOff, "why", why)
}

// heldWord says why a change is not applied.
func (v *Visit) heldWord(code string) string { return wordOr(v.Words, "review.code_"+code, code) }

func (v *Visit) saysOver(l review.Line) (string, error) {
	kind, err := v.NameOf(*l.Subject)
	if err != nil {
		return "", err
	}
	return v.Words.Text("review.what_over_delivery", "type", kind, "delivered", l.Facts.Delivered, "allowed", allowed(l.Facts.Entitled, l.Facts.Limit))
}

// allowed gives the lesser of two decimals, or the one that there is.
func allowed(entitled, limit string) string {
	share := aid.Share{Entitled: aid.DecimalOf(entitled), Limit: aid.DecimalOf(limit)}
	return share.Allowed().String()
}

// reasonsFor puts what speaks most for one family into words.
func (v *Visit) reasonsFor(list []duplicates.Reason, most int) (out []string) {
	for _, r := range list {
		if r.Weight > 0 && len(out) < most {
			out = append(out, v.reasonWord(r.Outcome))
		}
	}
	return out
}

// reasonWord says what a comparison of two households came out at. Its key is the outcome's, with "_" where that has other
// than letters.
func (v *Visit) reasonWord(outcome string) string {
	return wordOr(v.Words, "review.same_"+strings.NewReplacer(": ", "_", " ", "_").Replace(outcome), outcome)
}

func (v *Visit) saysClock(off int64) (string, error) {
	d, key := time.Duration(off)*time.Millisecond, "review.clock_ahead"
	if d < 0 {
		d, key = -d, "review.clock_behind"
	}
	amount, err := v.lasting(d)
	if err != nil {
		return "", err
	}
	return v.Words.Text(key, "amount", amount)
}

// lasting writes how long something is, in the largest unit that fits.
func (v *Visit) lasting(d time.Duration) (string, error) {
	switch {
	case d >= 24*time.Hour:
		return v.Words.Text("review.days", "count", int64(d/(24*time.Hour)))
	case d >= time.Hour:
		return v.Words.Text("review.hours", "count", int64(d/time.Hour))
	}
	return v.Words.Text("review.minutes", "count", int64(d/time.Minute))
}

// areaName names an area, or all of them.
func (v *Visit) areaName(area uuid.UUID) (string, error) {
	if area == syncproto.Everyone {
		return v.Words.Text("review.everywhere")
	}
	return v.NameOf(area)
}

// deviceName names a device; what is none is the office.
func (v *Visit) deviceName(id uuid.UUID) (name string, err error) {
	err = v.look(func(ctx context.Context, tx *store.Tx) error {
		d, err := tx.Device(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			name = v.deviceWord(engine.OfficeName)
			return nil
		}
		name = d.Name
		return err
	})
	return name, err
}

// deviceWord gives the name of a device, in the reader's language if it is the office.
func (v *Visit) deviceWord(name string) string { return deviceWord(v.Words, name) }

func deviceWord(w language.Words, name string) string {
	if name == engine.OfficeName {
		return wordOr(w, "review.office", name)
	}
	return name
}

// look looks at the store.
func (v *Visit) look(at func(context.Context, *store.Tx) error) error {
	return v.console.Store.Read(v.ctx(), func(tx *store.Tx) error { return at(v.ctx(), tx) })
}

// A queueArea is an area that can be chosen, with all that lies below it.
type queueArea struct{ ID, Name string }

// areaOptions gives the areas of a tally and those above them, by where they lie, with the one that is chosen.
func (v *Visit) areaOptions(tally map[string]int, chosen string) (out []queueArea, err error) {
	var tree map[uuid.UUID]uuid.UUID
	var names map[uuid.UUID]string
	err = v.look(func(ctx context.Context, tx *store.Tx) error {
		if tree, err = tx.AreaTree(ctx); err != nil {
			return err
		}
		names, err = tx.AreaNames(ctx)
		return err
	})
	some := map[uuid.UUID]bool{}
	add := func(text string) {
		for id, err := uuid.Parse(text); err == nil && id != uuid.Nil && !some[id] && names[id] != ""; id = tree[id] {
			some[id] = true
		}
	}
	for id := range tally {
		add(id)
	}
	add(chosen)
	for id := range some {
		out = append(out, queueArea{id.String(), pathOf(id, tree, names)})
	}
	slices.SortFunc(out, func(a, b queueArea) int { return strings.Compare(a.Name, b.Name) })
	return out, err
}

// pathOf names an area with those above it, the highest first.
func pathOf(id uuid.UUID, tree map[uuid.UUID]uuid.UUID, names map[uuid.UUID]string) string {
	path := []string{names[id]}
	for seen := map[uuid.UUID]bool{id: true}; tree[id] != uuid.Nil && !seen[tree[id]]; {
		id = tree[id]
		seen[id] = true
		path = append([]string{names[id]}, path...)
	}
	return strings.Join(path, " › ")
}
