package engine

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A Rule says which conflicts are settled at once, and which of the values that clash is kept. Facts, deletions and records of
// which the deletion is contested want a person's decision each: no rule is about them.
type Rule struct {
	Collection string `json:"collection"`
	Field      string `json:"field"`
	// Area, if it is given, is one that the records lie in or below; Device one on which one of the sides was written.
	Area   *uuid.UUID `json:"area,omitempty"`
	Device *uuid.UUID `json:"device,omitempty"`
	Keep   string     `json:"keep"`
}

// What a rule keeps. Where that is nothing, or several values, it leaves the conflict out.
const (
	KeepLater   = "later"   // what was written last, by the clocks of the devices
	KeepEarlier = "earlier" // what was written first, by the clocks of the devices
	KeepShown   = "shown"   // what is shown now
	KeepOffice  = "office"  // what was written at the office
	KeepField   = "field"   // what was not written at the office
)

// Keeps gives all of them.
func Keeps() []string { return []string{KeepLater, KeepEarlier, KeepShown, KeepOffice, KeepField} }

// check refuses a rule that no one may make.
func (r Rule) check() error {
	collection, known := syncproto.CollectionOf(r.Collection)
	switch {
	case !known || r.Field == "":
		return syncproto.Refuse(syncproto.CodeInvalid, "A rule has to name a collection and a field. Nothing was changed.")
	case collection.Fact:
		return syncproto.Refuse(syncproto.CodeInvalid, "Conflicts of %s are settled one by one, not by a rule. Nothing was changed.", r.Collection)
	case r.Field == syncproto.FieldDeleted:
		return syncproto.Refuse(syncproto.CodeInvalid, "Whether a record is deleted is settled one by one, not by a rule. Nothing was changed.")
	case !slices.Contains(Keeps(), r.Keep):
		return syncproto.Refuse(syncproto.CodeInvalid, "What a rule can keep is: %s. Nothing was changed.", strings.Join(Keeps(), ", "))
	}
	return nil
}

// A stance is one side of a conflict, as far as rules look at it.
type stance struct {
	value syncproto.Value
	// claimed is the time on the device, in milliseconds, on which it was first written.
	claimed int64
	device  uuid.UUID
	office  bool
}

// means reports whether the rule is about a conflict of these sides.
func (r Rule) means(sides []stance) bool {
	return r.Device == nil || slices.ContainsFunc(sides, func(s stance) bool { return s.device == *r.Device })
}

// decide gives the value that the rule keeps of sides, the shown one first; false if it does not say.
func (r Rule) decide(sides []stance) (syncproto.Value, bool) {
	byTime := func(a, b stance) int { return cmp.Compare(a.claimed, b.claimed) }
	last, first := slices.MaxFunc(sides, byTime).claimed, slices.MinFunc(sides, byTime).claimed
	keeps := map[string]func(stance) bool{
		KeepLater:   func(s stance) bool { return s.claimed == last },
		KeepEarlier: func(s stance) bool { return s.claimed == first },
		KeepShown:   func(s stance) bool { return s.value == sides[0].value },
		KeepOffice:  func(s stance) bool { return s.office },
		KeepField:   func(s stance) bool { return !s.office },
	}[r.Keep]
	var kept []syncproto.Value
	for _, s := range sides {
		if keeps(s) && !slices.Contains(kept, s.value) {
			kept = append(kept, s.value)
		}
	}
	if len(kept) != 1 {
		return "", false
	}
	return kept[0], true
}

// A Preview is what a rule would do.
type Preview struct {
	Rule Rule `json:"rule"`
	// Proposals are the settlements that it would make, in the order in which the conflicts opened, [maxSettled] at the most.
	Proposals []Proposal `json:"proposals"`
	// Left is how many conflicts it is about and does not decide; they stay open. More says that it has not looked at all
	// conflicts: there may be more to settle once these are.
	Left int  `json:"left"`
	More bool `json:"more"`
	// Digest is the same as long as it would do the same.
	Digest string `json:"digest"`
}

// A Proposal is a conflict, and what a rule would make of it.
type Proposal struct {
	Conflict
	Value syncproto.Value `json:"value"`
}

// PreviewRule tells what [Engine.ApplyRule] would do now. It fails as invalid for a rule that no one may make.
func (e *Engine) PreviewRule(ctx context.Context, rule Rule) (out Preview, err error) {
	err = e.store.Read(ctx, func(tx *store.Tx) error {
		p, err := planOf(ctx, tx, rule)
		if err != nil {
			return err
		}
		out = Preview{Rule: rule, Proposals: make([]Proposal, len(p.settled)), Left: p.left, More: p.more, Digest: p.digest()}
		for i, s := range p.settled {
			if out.Proposals[i].Conflict, err = describeConflict(ctx, tx, s.Conflict); err != nil {
				return err
			}
			out.Proposals[i].Value = s.Value
		}
		return nil
	})
	return out, explain(err)
}

// A plan is what a rule comes to.
type plan struct {
	rule    Rule
	settled []planned
	left    int
	more    bool
}

// A planned is one settlement of a plan.
type planned struct {
	store.Conflict
	Settlement
}

// digest is the same for plans that do the same.
func (p plan) digest() string {
	type deed struct {
		Record uuid.UUID
		Value  syncproto.Value
		Heads  []syncproto.Version
	}
	said := struct {
		Rule  Rule
		Deeds []deed
	}{Rule: p.rule}
	for _, s := range p.settled {
		said.Deeds = append(said.Deeds, deed{s.Record, s.Value, s.Heads})
	}
	text, err := json.Marshal(said)
	if err != nil {
		panic(err) // values are JSON already, and the rest are ids and numbers
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// maxLooked is how many conflicts a rule looks at in one go, of which it may leave many out.
const maxLooked = 10 * maxSettled

// lookedAtOnce is how many of them are read in one statement.
const lookedAtOnce = 100

// planOf finds what a rule comes to now.
func planOf(ctx context.Context, tx *store.Tx, rule Rule) (plan, error) {
	p := plan{rule: rule}
	if err := rule.check(); err != nil {
		return p, err
	}
	open, err := tx.ConflictsIn(ctx, rule.Collection, rule.Field, rule.Area)
	if err != nil {
		return p, err
	}
	devices, err := tx.Devices(ctx)
	if err != nil {
		return p, err
	}
	fromField := map[uuid.UUID]bool{}
	for _, d := range devices {
		fromField[d.ID] = true
	}
	p.more = len(open) > maxLooked
	for part := range slices.Chunk(open[:min(len(open), maxLooked)], lookedAtOnce) {
		records, err := tx.Records(ctx, recordsOf(part))
		if err != nil {
			return p, err
		}
		sides, err := sidesOf(ctx, tx, records, rule.Field, fromField)
		if err != nil {
			return p, err
		}
		for _, c := range part {
			if !p.add(c, records[c.Record], sides[c.Record]) {
				return p, nil
			}
		}
	}
	return p, nil
}

// add looks at one more conflict; false if the plan is full.
func (p *plan) add(c store.Conflict, r store.Record, sides []stance) bool {
	if !p.rule.means(sides) {
		return true
	}
	value, decided := p.rule.decide(sides)
	if !decided || slices.Contains(r.State.Conflicts(), syncproto.FieldDeleted) {
		p.left++
		return true
	}
	if len(p.settled) == maxSettled {
		p.more = true
		return false
	}
	heads := versionsOf(Clashing(r.State, c.Field))
	p.settled = append(p.settled, planned{c, Settlement{Field: c.Field, Value: value, Heads: heads}})
	return true
}

func recordsOf(conflicts []store.Conflict) []uuid.UUID {
	out := make([]uuid.UUID, len(conflicts))
	for i, c := range conflicts {
		out[i] = c.Record
	}
	return out
}

// sidesOf gives the sides of a field of each record, the shown one first. What is not from the field is the office's.
func sidesOf(ctx context.Context, tx *store.Tx, records map[uuid.UUID]store.Record, field string, fromField map[uuid.UUID]bool) (map[uuid.UUID][]stance, error) {
	var heads []syncproto.Version
	for _, r := range records {
		heads = append(heads, versionsOf(Clashing(r.State, field))...)
	}
	origins, err := originsOf(ctx, tx, heads)
	if err != nil {
		return nil, err
	}
	out := map[uuid.UUID][]stance{}
	for _, r := range records {
		for _, h := range r.State[field].Heads {
			c := origins[h.Version]
			out[r.ID] = append(out[r.ID], stance{value: h.Value, claimed: c.Claimed, device: c.Device, office: !fromField[c.Device]})
		}
	}
	return out, nil
}

// originsOf gives, for each version, the change that wrote its value first.
func originsOf(ctx context.Context, tx *store.Tx, versions []syncproto.Version) (map[syncproto.Version]store.Change, error) {
	changes, err := tx.ChangesNamed(ctx, versions)
	if err != nil {
		return nil, err
	}
	var restated []syncproto.Version
	for _, c := range changes {
		if c.Note.Restates != nil {
			restated = append(restated, *c.Note.Restates)
		}
	}
	first, err := tx.ChangesNamed(ctx, restated)
	for v, c := range changes {
		if c.Note.Restates != nil {
			changes[v] = first[*c.Note.Restates]
		}
	}
	return changes, err
}
