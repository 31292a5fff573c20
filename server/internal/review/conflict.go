package review

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"satchel/server/internal/engine"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A Clash is a field in conflict.
type Clash struct {
	Field string `json:"field"`
	// Sides is how many clash, some of the same value perhaps; where a deletion is contested, with the edits that contest
	// it.
	Sides int `json:"sides"`
	// Values is the same as long as the same values clash and the same one is shown.
	Values string `json:"values"`
}

// conflicts finds which of the records concerned have open conflicts.
func conflicts(ctx context.Context, tx *store.Tx, c concern) (finding, error) {
	found := finding{kind: Conflict, about: c.contested}
	open, err := tx.ConflictsOf(ctx, c.contested.list())
	if err != nil {
		return found, err
	}
	contested := set{}
	for _, o := range open {
		contested.add(o.Record)
	}
	records, err := tx.Records(ctx, contested.list())
	for _, r := range records {
		found.matters = append(found.matters, conflictsOf(r))
	}
	return found, err
}

// conflictsOf gives the matter of a record with open conflicts.
func conflictsOf(r store.Record) matter {
	m := matter{kind: Conflict, record: r.ID, area: r.Area, severity: medium, facts: Facts{Records: []Ground{}}}
	for _, field := range r.State.Conflicts() {
		sides := engine.Clashing(r.State, field)
		m.facts.Fields = append(m.facts.Fields, Clash{Field: field, Sides: len(sides), Values: valuesIn(r, field, sides)})
		if field == syncproto.FieldDeleted || r.Collection == "deliveries" && (field == "quantity" || field == "household") {
			m.severity = high
		}
	}
	return m
}

// valuesIn gives the digest of the values that clash in a field of a record, and of which is shown, whoever wrote them.
func valuesIn(r store.Record, field string, sides []syncproto.FieldVersion) string {
	var values []string
	for _, s := range sides {
		for _, h := range r.State[s.Field].Heads {
			if h.Version == s.Version {
				values = append(values, s.Field+" "+string(h.Value))
			}
		}
	}
	slices.Sort(values)
	shown := string(r.Value(field))
	if field == syncproto.FieldDeleted {
		shown = strconv.FormatBool(r.Deleted) // an edit that contests it may show instead
	}
	said := append([]string{r.ID.String(), shown}, slices.Compact(values)...)
	sum := sha256.Sum256([]byte(strings.Join(said, "\n")))
	return hex.EncodeToString(sum[:8])
}
