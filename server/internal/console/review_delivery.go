package console

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/review"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// An overPage is the deliveries of one type to one family, side by side.
type overPage struct {
	itemHead
	Type string
	// Entitled, Limit, Delivered and Remaining are as in a share, "" where there is none.
	Entitled, Limit, Delivered, Remaining string
	Deliveries                            []deliveryCard
	LeftOff                               int
	Reason                                string
}

// Beyond is how much more was delivered than may be, "" if it was not.
func (p overPage) Beyond() string {
	beyond, over := strings.CutPrefix(p.Remaining, "-")
	if !over {
		return ""
	}
	return beyond
}

// A deliveryCard is one delivery. Cancelled is why it does not count, "" if it does.
type deliveryCard struct {
	ID                  uuid.UUID
	Quantity, Cancelled string
	Maker               sideMaker
	Fields              []wordedField
}

func (c *Console) overPage(v *Visit, head itemHead, _ review.Detail) (out overPage, err error) {
	out = overPage{itemHead: head, Reason: v.form("reason")}
	if out.Type, err = v.NameOf(*head.Subject); err != nil {
		return out, err
	}
	aid, err := c.Reviews.Aid(v.ctx(), head.Record)
	if err != nil {
		return out, err
	}
	at := slices.IndexFunc(aid.Shares, func(s review.Share) bool { return s.Kind == *head.Subject })
	if at < 0 {
		return out, nil
	}
	share := aid.Shares[at]
	out.Entitled, out.Limit, out.Delivered, out.Remaining = share.Entitled.String(), share.Limit.String(), share.Delivered.String(), share.Remaining.String()
	out.LeftOff = share.LeftOff
	for _, d := range share.Deliveries {
		card := deliveryCard{ID: d.Record, Quantity: d.Quantity, Cancelled: d.Fields["cancelled_why"].Text(), Maker: v.makerOf(d.Maker)}
		card.Fields, err = v.wordedFields("deliveries", d.Fields, func(field string) bool {
			return !slices.Contains([]string{"assistance_type", "quantity", "cancelled_why"}, field)
		})
		if err != nil {
			return out, err
		}
		out.Deliveries = append(out.Deliveries, card)
	}
	return out, nil
}

// cancelDelivery cancels one of the deliveries of an item, with a reason.
func (c *Console) cancelDelivery(v *Visit) error {
	return c.act(v, "review_cancelled", func(id uuid.UUID) error {
		delivery, err := readID(v.form("delivery"))
		if err != nil {
			return err
		}
		reason, err := v.because()
		if err != nil {
			return err
		}
		item, err := c.Reviews.Line(v.ctx(), id)
		if err != nil {
			return err
		}
		if err := v.asSeen(item); err != nil {
			return err
		}
		aid, err := c.Reviews.Aid(v.ctx(), item.Record)
		if err != nil {
			return err
		}
		if !receivedIn(aid, delivery) {
			return syncproto.Refuse(syncproto.CodeInvalid, "The delivery is none of that family. Nothing was changed.")
		}
		return c.edit(v, "deliveries", delivery, "cancelled_why", reason, reason)
	})
}

// receivedIn reports whether a delivery is one of a family's.
func receivedIn(aid review.Aid, delivery uuid.UUID) bool {
	return slices.ContainsFunc(aid.Shares, func(s review.Share) bool {
		return slices.ContainsFunc(s.Deliveries, func(d review.Evidence) bool { return d.Record == delivery })
	})
}

// edit writes one field of a record in the office's name.
func (c *Console) edit(v *Visit, collection string, record uuid.UUID, field string, x any, reason string) error {
	value, err := syncproto.ValueOf(x)
	if err != nil {
		return syncproto.Refuse(syncproto.CodeInvalid, "What was typed cannot be kept: %v. Nothing was changed.", err)
	}
	_, err = c.Engine.Save(v.ctx(), v.User().ID, []engine.OfficeEdit{{
		Collection: collection, Record: record, Fields: map[string]syncproto.Value{field: value}, Note: store.Note{Reason: reason},
	}})
	return err
}

// A plainPage is an item that is about a list of records, or about none.
type plainPage struct {
	itemHead
	// Belongings are what belongs to a deleted record, LeftOff how many there are beyond them.
	Belongings []belonging
	LeftOff    int
	Others     []wordedField
	// Holder is who holds a device whose clock is off.
	Holder string
	Reason string
}

// A belonging is one record, by kind and name.
type belonging struct {
	Collection, Name string
	Maker            sideMaker
}

func (c *Console) plainPage(v *Visit, head itemHead, detail review.Detail) (out plainPage, err error) {
	out = plainPage{itemHead: head, LeftOff: detail.Facts.LeftOff, Reason: v.form("reason")}
	for _, g := range detail.Grounds {
		name, err := v.NameOf(g.Record)
		if err != nil {
			return out, err
		}
		out.Belongings = append(out.Belongings, belonging{g.Collection, name, v.makerOf(g.Maker)})
	}
	if head.Kind == review.Clock && len(detail.Concerned) > 0 {
		out.Holder = detail.Concerned[0].AuthorName
	}
	out.Others, err = v.wordedFields(head.Collection, head.Fields, func(string) bool { return true })
	return out, err
}

// restore takes back that a record was deleted, so that what belongs to it has its place again.
func (c *Console) restore(v *Visit) error {
	return c.act(v, "review_restored", func(id uuid.UUID) error {
		reason, err := v.because()
		if err != nil {
			return err
		}
		item, err := c.Reviews.Line(v.ctx(), id)
		if err != nil {
			return err
		}
		if item.Kind != review.Orphan {
			return syncproto.Refuse(syncproto.CodeInvalid, "The item is about no deleted record. Nothing was changed.")
		}
		if err := v.asSeen(item); err != nil {
			return err
		}
		return c.edit(v, item.Collection, item.Record, syncproto.FieldDeleted, false, reason)
	})
}
