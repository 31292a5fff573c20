package console

import (
	"net/url"
	"slices"
	"strconv"

	"satchel/server/internal/engine"
	"satchel/server/internal/review"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A bulkPage is a rule, with what it would do or what it did.
type bulkPage struct {
	Query reviewQuery
	// Tallies are the fields of which there are open conflicts that a rule may be about.
	Tallies []store.ConflictTally
	Rule    engine.Rule
	Area    string
	Device  string
	Areas   []queueArea
	Devices []store.Device
	Keeps   []string
	// Preview is there once a rule is chosen, Done once it was applied.
	Preview   *engine.Preview
	Proposals []proposal
	Done      []decidedRow
	// Standing counts what of Done still holds, Version names all of it.
	Standing int
	Version  string
	Reason   string
}

// A proposal is what a rule would make of one conflict.
type proposal struct {
	Title, Result string
	Sides         []proposalSide
}

type proposalSide struct {
	Value string
	Maker sideMaker
	// Kept says that the rule keeps it, Shown that everybody sees it now.
	Kept, Shown bool
}

func (c *Console) askBulk(v *Visit) error {
	data, err := c.bulkPage(v)
	if err != nil {
		return v.again(err, "review/bulk", data)
	}
	return v.page("review/bulk", data)
}

// ruleOf reads a rule from the address, or from the form.
func (v *Visit) ruleOf() engine.Rule {
	rule := engine.Rule{Collection: v.form("collection"), Field: v.form("field"), Keep: v.form("keep")}
	if area, err := syncproto.ParseID(v.form("area")); err == nil {
		rule.Area = &area
	}
	if device, err := syncproto.ParseID(v.form("device")); err == nil {
		rule.Device = &device
	}
	return rule
}

func (c *Console) bulkPage(v *Visit) (out bulkPage, err error) {
	out = bulkPage{Query: reviewQuery{State: review.Open, Group: "kind"}, Rule: v.ruleOf(), Area: v.form("area"), Device: v.form("device"), Keeps: engine.Keeps(), Reason: v.form("reason")}
	if out.Rule.Keep == "" {
		out.Rule.Keep = engine.KeepLater
	}
	err = v.console.Store.Read(v.ctx(), func(tx *store.Tx) error {
		out.Tallies, err = tx.TallyConflicts(v.ctx())
		return err
	})
	if err != nil {
		return out, err
	}
	out.Tallies = slices.DeleteFunc(out.Tallies, func(t store.ConflictTally) bool {
		collection, known := syncproto.CollectionOf(t.Collection)
		return !known || collection.Fact || t.Field == syncproto.FieldDeleted
	})
	areas, err := c.Reviews.Tally(v.ctx(), review.Open, "area", review.Filter{Kind: review.Conflict})
	if err != nil {
		return out, err
	}
	if out.Areas, err = v.areaOptions(areas, out.Area); err != nil {
		return out, err
	}
	if out.Devices, err = c.Accounts.Devices(v.ctx(), v.User().ID); err != nil {
		return out, err
	}
	if version, err := syncproto.ParseVersion(v.query("done")); err == nil {
		return out, c.addDone(v, &out, version)
	}
	if out.Rule.Field == "" {
		return out, nil
	}
	preview, err := c.Engine.PreviewRule(v.ctx(), out.Rule)
	if err != nil {
		return out, err
	}
	out.Preview = &preview
	out.Proposals, err = v.proposals(preview.Proposals)
	return out, err
}

// proposals puts what a rule would do into words.
func (v *Visit) proposals(list []engine.Proposal) (out []proposal, err error) {
	for _, p := range list {
		shown := proposal{}
		if shown.Title, err = v.NameOf(p.Record); err != nil {
			return nil, err
		}
		if shown.Result, err = v.Value(p.Collection, p.Field, p.Value); err != nil {
			return nil, err
		}
		for i, side := range p.Sides {
			text, err := v.Value(p.Collection, p.Field, side.Value)
			if err != nil {
				return nil, err
			}
			shown.Sides = append(shown.Sides, proposalSide{text, v.makerOf(side.Maker), side.Value == p.Value, i == 0})
		}
		out = append(out, shown)
	}
	return out, nil
}

// addDone adds what one application of a rule settled.
func (c *Console) addDone(v *Visit, out *bulkPage, version syncproto.Version) error {
	list, err := c.Engine.Bulk(v.ctx(), version)
	if err != nil {
		return err
	}
	out.Version = version.String()
	for _, d := range list {
		row, err := v.decidedRow(d)
		if err != nil {
			return err
		}
		if out.Done = append(out.Done, row); d.Standing {
			out.Standing++
		}
	}
	return nil
}

// bulk applies a rule as it was previewed.
func (c *Console) bulk(v *Visit) error {
	settled, err := c.Engine.ApplyRule(v.ctx(), v.User().ID, v.ruleOf(), v.form("digest"), v.form("reason"))
	if err != nil {
		data, again := c.bulkPage(v)
		if again != nil {
			return again
		}
		return v.again(err, "review/bulk", data)
	}
	return v.goTo("/review/bulk?done="+url.QueryEscape(settled[0].Version().String()), "review_ruled")
}

// A decidedPage is what was decided about conflicts, the last first.
type decidedPage struct {
	Query reviewQuery
	Rows  []decidedRow
	// More is where the list goes on, "" if it does not.
	More string
}

// A decidedRow is one decision.
type decidedRow struct {
	engine.Decision
	Title, Name, Value string
	// WithForm says that others were made with it, by the same form.
	WithForm bool
}

// decidedShown is how many decisions one page holds.
const decidedShown = 50

func (c *Console) decided(v *Visit) error {
	before := int64(0)
	if n, err := strconv.ParseInt(v.query("before"), 10, 64); err == nil {
		before = n
	}
	list, more, err := c.Engine.Decisions(v.ctx(), before, decidedShown)
	if err != nil {
		return err
	}
	data := decidedPage{Query: reviewQuery{State: review.Open, Group: "kind"}}
	for i, d := range list {
		row, err := v.decidedRow(d)
		if err != nil {
			return err
		}
		row.WithForm = i > 0 && sameForm(list[i-1], d) || i+1 < len(list) && sameForm(d, list[i+1])
		data.Rows = append(data.Rows, row)
	}
	if more {
		data.More = "/review/decided?before=" + strconv.FormatInt(list[len(list)-1].Seq, 10)
	}
	return v.page("review/decided", data)
}

// sameForm reports whether two settlements that come one after the other were made at once.
func sameForm(a, b engine.Decision) bool {
	return a.Undoes == nil && b.Undoes == nil && a.Bulk == nil && b.Bulk == nil && a.Record == b.Record && a.Author == b.Author && a.Received == b.Received
}

func (v *Visit) decidedRow(d engine.Decision) (out decidedRow, err error) {
	out = decidedRow{Decision: d, Name: fieldName(v.Words, d.Collection, d.Field)}
	if out.Title, err = v.NameOf(d.Record); err != nil {
		return out, err
	}
	out.Value, err = v.Value(d.Collection, d.Field, d.Value)
	return out, err
}
