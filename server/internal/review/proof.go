package review

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/store"
	"satchel/syncproto"
)

// proofPatience is for how long a photo or a signature may be on its way, once its record is here, before somebody has to
// ask: until the tablet comes to the office again.
const proofPatience = 3 * 24 * time.Hour

// propertyProofs is up to when, in milliseconds, it was looked which photos and signatures are too long on their way.
const propertyProofs = "review_proofs"

// proofsMissing finds which of the records concerned name photos or signatures that are too long on their way, and which
// deliveries have none although their type of assistance asks for it, and give no reason.
func proofsMissing(ctx context.Context, tx *store.Tx, c concern) (finding, error) {
	found := finding{kind: ProofMissing, about: c.proofs}
	missing, err := tx.MissingBlobs(ctx, c.proofs.list())
	if err != nil {
		return found, err
	}
	late := map[uuid.UUID][]string{}
	for _, m := range missing {
		if m.Since <= c.now-proofPatience.Milliseconds() {
			late[m.Record] = append(late[m.Record], m.SHA256)
		}
	}
	shown, err := tx.Shown(ctx, c.proofs.list())
	if err != nil {
		return found, err
	}
	provers, err := proversOf(ctx, tx, shown)
	if err != nil {
		return found, err
	}
	for _, s := range shown {
		fields, err := syncproto.ReadValues(string(s.Doc))
		if err != nil {
			return found, fmt.Errorf("read record %s: %w", s.ID, err)
		}
		names := late[s.ID]
		none := s.Collection == "deliveries" && provers[fields["assistance_type"].ID()] && unproven(fields["proofs"])
		if s.Deleted || fields["cancelled_why"].Text() != "" || len(names) == 0 && !none {
			continue
		}
		slices.Sort(names)
		ground := Ground{Record: s.ID, Collection: s.Collection, Quantity: string(fields["quantity"])}
		found.matters = append(found.matters, matter{
			kind: ProofMissing, record: s.ID, area: s.Area, severity: medium, facts: Facts{Records: []Ground{ground}, Blobs: names},
		})
	}
	return found, nil
}

// proversOf gives which of the types of assistance that records name ask for a proof.
func proversOf(ctx context.Context, tx *store.Tx, records []store.Shown) (map[uuid.UUID]bool, error) {
	kinds := set{}
	for _, r := range records {
		var of struct {
			Type uuid.UUID `json:"assistance_type"`
		}
		if json.Unmarshal(r.Doc, &of) == nil {
			kinds.add(of.Type)
		}
	}
	types, err := tx.Shown(ctx, kinds.list())
	out := map[uuid.UUID]bool{}
	for _, t := range types {
		var says struct {
			Required bool `json:"proof_required"`
		}
		out[t.ID] = json.Unmarshal(t.Doc, &says) == nil && says.Required
	}
	return out, err
}

// unproven reports whether the proofs of a delivery are none, without a reason. A text in the place of a photo, as earlier
// programs wrote it, counts as one.
func unproven(proofs syncproto.Value) bool {
	var named map[string]json.RawMessage
	if proofs != "" && json.Unmarshal([]byte(proofs), &named) != nil {
		return false
	}
	for name, value := range named {
		if text := string(value); name != "none" && text != "null" && text != "[]" && text != "{}" && text != `""` {
			return false
		}
	}
	return syncproto.WhyNoProof(proofs) == ""
}

// addLate adds the records whose photos or signatures have become late since it was last looked.
func (c *concern) addLate(ctx context.Context, tx *store.Tx, now int64) error {
	after, err := number(ctx, tx, propertyProofs)
	if err != nil {
		return err
	}
	until := now - proofPatience.Milliseconds()
	records, err := tx.NamedBetween(ctx, after, until)
	if err != nil || len(records) == 0 {
		return err
	}
	c.proofs.add(records...)
	return tx.SetProperty(ctx, propertyProofs, strconv.FormatInt(until, 10))
}

// someLate reports whether [concern.addLate] would add any.
func someLate(ctx context.Context, tx *store.Tx, now int64) (bool, error) {
	after, err := number(ctx, tx, propertyProofs)
	if err != nil {
		return false, err
	}
	return tx.SomeNamedBetween(ctx, after, now-proofPatience.Milliseconds())
}
