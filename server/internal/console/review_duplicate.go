package console

import (
	"math"

	"github.com/google/uuid"

	"satchel/server/internal/review"
	"satchel/syncproto"
)

// A duplicatePage is two households that may be one family, side by side.
type duplicatePage struct {
	itemHead
	Families []family
	Rows     []pairRow
	Reasons  []reasonRow
	Shares   []togetherRow
	Merged   bool
	Reason   string
}

// A family is one of the two households.
type family struct {
	ID          uuid.UUID
	Name, Where string
	Maker       sideMaker
	People      []person
	// Into names the household that it was merged into, "" if into none, and MergedBy, MergedAt and Why tell of that.
	Into, MergedBy, Why string
	MergedAt            int64
}

// A person is a member of a household, with what tells people apart.
type person struct{ Name, Born, Document, Relation string }

// A pairRow is one field of both.
type pairRow struct {
	Name   string
	Values [2]string
	Same   bool
}

// A reasonRow is what speaks for one family, or against it. Bits is how much.
type reasonRow struct {
	Word string
	Bits float64
	For  bool
}

// A togetherRow is what would count of an assistance type if the two were one family: what each was given, what both were, and what
// they may be.
type togetherRow struct {
	Type                      string
	Each                      [2]string
	Together, Entitled, Limit string
	Over                      bool
	Deliveries                int
}

// Allowed is the lesser of what both may be, "" if there is no such bound.
func (r togetherRow) Allowed() string { return allowed(r.Entitled, r.Limit) }

func (c *Console) duplicatePage(v *Visit, head itemHead, detail review.Detail) (out duplicatePage, err error) {
	out = duplicatePage{itemHead: head, Reason: v.form("reason"), Merged: len(detail.Kept) == 2 && detail.Kept[0] == detail.Kept[1]}
	var pair []review.Evidence
	for _, e := range detail.Grounds {
		if e.Collection == "households" {
			pair = append(pair, e)
			f, err := c.family(v, e, detail.Grounds)
			if err != nil {
				return out, err
			}
			out.Families = append(out.Families, f)
		}
	}
	if len(pair) != 2 {
		return out, syncproto.Refuse(syncproto.CodeNotFound, "One of the households is not there any more.")
	}
	if out.Rows, err = v.pairRows(pair[0].Fields, pair[1].Fields); err != nil {
		return out, err
	}
	for _, r := range detail.Facts.Reasons {
		out.Reasons = append(out.Reasons, reasonRow{v.reasonWord(r.Outcome), math.Round(r.Weight*10) / 10, r.Weight > 0})
	}
	out.Shares, err = c.together(v, pair[0].Record, pair[1].Record)
	return out, err
}

func (c *Console) family(v *Visit, e review.Evidence, grounds []review.Evidence) (out family, err error) {
	out = family{ID: e.Record, Name: withCard(e.Fields["head_name"].Text(), e.Fields["card_number"]), Maker: v.makerOf(e.Maker)}
	if out.Where, err = v.areaName(e.Area); err != nil {
		return out, err
	}
	for _, g := range grounds {
		if g.Collection != "people" || g.Fields["household"].ID() != e.Record {
			continue
		}
		born, err := v.Value("people", "born_on", g.Fields["born_on"])
		if err != nil {
			return out, err
		}
		if year := g.Fields["birth_year"]; born == "" && !year.IsNull() {
			born = string(year)
		}
		out.People = append(out.People, person{g.Fields["name"].Text(), born, g.Fields["document_number"].Text(), g.Fields["relation"].Text()})
	}
	into := e.Fields["merged_into"].ID()
	if into == uuid.Nil {
		return out, nil
	}
	if out.Into, err = v.familyName(into); err != nil {
		return out, err
	}
	return out, c.addMerger(v, &out)
}

// addMerger adds who merged a household, when and why.
func (c *Console) addMerger(v *Visit, f *family) error {
	history, err := c.Engine.History(v.ctx(), f.ID)
	for _, e := range history {
		if _, written := e.Fields["merged_into"]; written {
			f.MergedBy, f.MergedAt, f.Why = e.AuthorName, e.Received, e.Note.Reason
		}
	}
	return err
}

// pairRows gives the fields that one of two households holds, in words.
func (v *Visit) pairRows(a, b map[string]syncproto.Value) (out []pairRow, err error) {
	all := map[string]syncproto.Value{}
	for _, fields := range []map[string]syncproto.Value{a, b} {
		for name, value := range fields {
			if !value.IsNull() && name != "merged_into" {
				all[name] = value
			}
		}
	}
	for _, field := range fieldsInOrder("households", all) {
		row := pairRow{Name: fieldName(v.Words, "households", field), Same: a[field] == b[field]}
		for i, value := range []syncproto.Value{a[field], b[field]} {
			if row.Values[i], err = v.Value("households", field, value); err != nil {
				return nil, err
			}
		}
		out = append(out, row)
	}
	return out, nil
}

// together tells what would count if two households were one family.
func (c *Console) together(v *Visit, a, b uuid.UUID) ([]togetherRow, error) {
	both, err := c.Reviews.AidTogether(v.ctx(), a, b)
	if err != nil {
		return nil, err
	}
	var each [2]map[uuid.UUID]string
	for i, id := range []uuid.UUID{a, b} {
		own, err := c.Reviews.Aid(v.ctx(), id)
		if err != nil {
			return nil, err
		}
		each[i] = map[uuid.UUID]string{}
		for _, s := range own.Shares {
			each[i][s.Kind] = s.Delivered.String()
		}
	}
	var out []togetherRow
	for _, s := range both.Shares {
		row := togetherRow{
			Each: [2]string{each[0][s.Kind], each[1][s.Kind]}, Together: s.Delivered.String(), Entitled: s.Entitled.String(), Limit: s.Limit.String(),
			Over: s.Over(), Deliveries: len(s.Deliveries) + s.LeftOff,
		}
		if row.Type, err = v.NameOf(s.Kind); err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, nil
}

// merge makes one of two households a duplicate of the other, or what is one a household of its own again.
func (c *Console) merge(v *Visit) error {
	into, part := v.form("into"), v.form("part")
	said := "review_merged"
	if part != "" {
		said = "review_unmerged"
	}
	return c.act(v, said, func(id uuid.UUID) error {
		item, err := c.Reviews.Line(v.ctx(), id)
		if err != nil {
			return err
		}
		if item.Kind != review.Duplicate {
			return syncproto.Refuse(syncproto.CodeInvalid, "The item is not about two households. Nothing was changed.")
		}
		if part != "" {
			return c.unmerge(v, item, part)
		}
		kept, err := readID(into)
		if err != nil {
			return err
		}
		other := item.Record
		if kept == item.Record {
			other = *item.Subject
		} else if kept != *item.Subject {
			return syncproto.Refuse(syncproto.CodeInvalid, "The item is about other households. Nothing was changed.")
		}
		if err := v.asSeen(item); err != nil {
			return err
		}
		_, err = c.Engine.Merge(v.ctx(), v.User().ID, other, kept, v.form("reason"))
		return err
	})
}

func (c *Console) unmerge(v *Visit, item review.Line, part string) error {
	household, err := readID(part)
	if err != nil {
		return err
	}
	if household != item.Record && household != *item.Subject {
		return syncproto.Refuse(syncproto.CodeInvalid, "The item is about other households. Nothing was changed.")
	}
	reason, err := v.because()
	if err != nil {
		return err
	}
	_, err = c.Engine.Unmerge(v.ctx(), v.User().ID, household, reason)
	return err
}

// asSeen refuses to go on if an item is not open, or rests on other facts than who decides saw.
func (v *Visit) asSeen(item review.Line) error {
	if item.State != review.Open || item.Digest != v.form("digest") {
		return syncproto.Refuse(syncproto.CodeStale, "The item is not as you saw it: it was decided meanwhile, or what it rests on has changed. Nothing was changed; look at it again.")
	}
	return nil
}
