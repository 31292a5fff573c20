package review

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"satchel/server/internal/engine"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A Clash is a field in conflict.
type Clash struct {
	Field string `json:"field"`
	// Sides is how many values clash; where a deletion is contested, with the edits that contest it.
	Sides int `json:"sides"`
	// Heads is the same as long as the same versions clash.
	Heads string `json:"heads"`
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
		m.facts.Fields = append(m.facts.Fields, Clash{Field: field, Sides: len(sides), Heads: headsOf(sides)})
		if field == syncproto.FieldDeleted || r.Collection == "deliveries" && (field == "quantity" || field == "household") {
			m.severity = high
		}
	}
	return m
}

// headsOf gives the digest of the versions that clash, whichever of them is shown.
func headsOf(sides []syncproto.FieldVersion) string {
	names := make([]string, len(sides))
	for i, s := range sides {
		names[i] = s.Field + " " + s.Version.String()
	}
	slices.Sort(names)
	sum := sha256.Sum256([]byte(strings.Join(names, "\n")))
	return hex.EncodeToString(sum[:8])
}
