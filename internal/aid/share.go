package aid

import (
	"encoding/json"
	"slices"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// A Record is what counts of a record that belongs to a household or a person, or of an assistance type.
type Record struct {
	ID uuid.UUID
	// Parent is the household or person that it belongs to.
	Parent     uuid.UUID
	Collection string
	Deleted    bool
	Kind       uuid.UUID
	Quantity   json.Number
	Cancelled  string
	Status     string
	Limit      json.Number
}

// RecordOf gives what counts of a record. value gives the value of a field, "" if there is none. What a field of a newer
// program holds, whatever its name and its type, does not matter.
func RecordOf(id uuid.UUID, collection string, value func(field string) syncproto.Value) Record {
	return Record{
		ID: id, Collection: collection, Kind: value("assistance_type").ID(), Quantity: json.Number(value("quantity")),
		Cancelled: value("cancelled_why").Text(), Status: value("status").Text(), Limit: json.Number(value("limit_per_household")),
	}
}

// Counts reports whether a delivery counts as received, because it was not cancelled, or an entitlement, because it was
// decided on: one that is closed still says what was due, one that was rejected that nothing is, and one that is only
// proposed says nothing yet.
func (r Record) Counts() bool {
	switch r.Collection {
	case "deliveries":
		return !r.Deleted && r.Cancelled == ""
	case "entitlements":
		return !r.Deleted && (r.Status == "approved" || r.Status == "closed" || r.Status == "rejected")
	}
	return false
}

// amount is how much a record that counts comes to. A delivery of less than nothing would hide another one: what was not
// delivered is cancelled.
func (r Record) amount() Decimal {
	quantity := DecimalOf(r.Quantity.String())
	switch {
	case r.Collection == "deliveries" && quantity.sign() < 0, r.Collection == "entitlements" && r.Status == "rejected":
		return DecimalOf("0")
	}
	return quantity
}

// LimitPerHousehold gives the limit of an assistance type; one that was deleted has none.
func (r Record) LimitPerHousehold() Decimal {
	if r.Deleted {
		return Decimal{}
	}
	return DecimalOf(r.Limit.String())
}

// A Share is what a family may have of an assistance type, and what it was given of it, in the type's unit.
type Share struct {
	Kind uuid.UUID `json:"assistance_type"`
	// Entitled is the sum of the entitlements that count, none if there are none; Limit that of the type, if it has one.
	Entitled Decimal `json:"entitled,omitzero"`
	Limit    Decimal `json:"limit,omitzero"`
	// Delivered is the sum of the deliveries that count; one of less than 0 counts as 0.
	Delivered Decimal `json:"delivered"`
	// Remaining is what is still due: the lesser of Entitled and Limit without what was delivered, below 0 if that was
	// more, and none if there is neither.
	Remaining Decimal `json:"remaining,omitzero"`
	// Deliveries are all that were not deleted, cancelled ones among them, in order of their ids.
	Deliveries []Record `json:"-"`
}

// Shares adds up what belongs to one family, by assistance type: to its households, and to the people of these, whose
// entitlements are the family's. What is no delivery and no entitlement does not matter. The shares, in order of the
// types, are those of [Share.Bound] that have no limit yet.
func Shares(records []Record) []*Share {
	var out []*Share
	for _, r := range records {
		if r.Deleted || r.Collection != "deliveries" && r.Collection != "entitlements" {
			continue
		}
		at := slices.IndexFunc(out, func(s *Share) bool { return s.Kind == r.Kind })
		if at < 0 {
			at = len(out)
			out = append(out, &Share{Kind: r.Kind, Delivered: DecimalOf("0")})
		}
		out[at].add(r)
	}
	for _, s := range out {
		slices.SortFunc(s.Deliveries, func(a, b Record) int { return compare(a.ID, b.ID) })
	}
	slices.SortFunc(out, func(a, b *Share) int { return compare(a.Kind, b.Kind) })
	return out
}

func (s *Share) add(r Record) {
	sum := &s.Entitled
	if r.Collection == "deliveries" {
		sum = &s.Delivered
		s.Deliveries = append(s.Deliveries, r)
	}
	if r.Counts() {
		*sum = sum.plus(r.amount())
	}
}

// Bound gives the share the limit of its type, and says what remains.
func (s *Share) Bound(limit Decimal) {
	s.Limit = limit
	s.Remaining = s.Allowed().minus(s.Delivered)
}

// Allowed is the most that the family may have: the lesser of Entitled and Limit, none if there is neither.
func (s *Share) Allowed() Decimal { return least(s.Entitled, s.Limit) }

// Over reports whether more was delivered than the family may have.
func (s *Share) Over() bool { return s.Delivered.sign() > 0 && s.Remaining.sign() < 0 }

// Beyond says by how much a further delivery would go beyond what remains, none if it would not.
func (s *Share) Beyond(quantity Decimal) Decimal {
	after := quantity.minus(s.Remaining)
	if after.sign() > 0 {
		return after
	}
	return Decimal{}
}
