package tables

import (
	"github.com/google/uuid"

	"satchel/internal/duplicates"
	"satchel/syncproto"
)

// A Fate is what becomes of a row.
type Fate string

// The fates.
const (
	New       Fate = "new"       // it makes a record
	Updates   Fate = "updates"   // it changes a record that exists
	Unchanged Fate = "unchanged" // a record that exists says all of it already
	LeftOut   Fate = "left_out"  // it may be about a household that exists or is in the file, and such rows are not wanted
	Wrong     Fate = "wrong"     // the faults of its row say why; nothing of the file is saved
)

// A Row says what becomes of one row of a file.
type Row struct {
	// Row counts as a spreadsheet does: the header is row 1, if nothing is above it.
	Row  int  `json:"row"`
	Fate Fate `json:"fate"`
	// Record is the one that the row updates or says nothing new of.
	Record uuid.UUID `json:"record,omitzero"`
	// Edits are what it changes of that record. They may be personal data, for the operator's eyes only.
	Edits []FieldEdit `json:"edits,omitempty"`
	// Likely are the households that a new row may be about, the likeliest first.
	Likely []Likely `json:"likely,omitempty"`
	// Deleted is a household that was deleted and had the card number of the new row.
	Deleted uuid.UUID `json:"deleted,omitzero"`
}

// A FieldEdit is a field that holds one value and is to hold another.
type FieldEdit struct {
	Field string          `json:"field"`
	From  syncproto.Value `json:"from"`
	To    syncproto.Value `json:"to"`
}

// A Likely is a household that a row may be about, and why; see package duplicates.
type Likely struct {
	// Household is one that exists. InRow is the row of one that the file makes, where Household is not set.
	Household uuid.UUID `json:"household,omitzero"`
	InRow     int       `json:"in_row,omitempty"`
	// Score is the sum of the reasons' weights, in bits.
	Score   float64             `json:"score"`
	Reasons []duplicates.Reason `json:"reasons"`
}

// account says what becomes of each line.
func (d *draft) account() []Row {
	out := make([]Row, len(d.entries))
	for i, e := range d.entries {
		if out[i] = e.outcome; e.wrong {
			out[i] = Row{Fate: Wrong}
		}
		out[i].Row = e.row
	}
	return out
}
