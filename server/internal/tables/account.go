package tables

import (
	"github.com/google/uuid"

	"satchel/syncproto"
)

// A Fate is what becomes of a row.
type Fate string

// The fates.
const (
	New       Fate = "new"       // it makes a record
	Updates   Fate = "updates"   // it changes a record that exists
	Unchanged Fate = "unchanged" // a record that exists says all of it already
	Wrong     Fate = "wrong"     // the faults of its row say why; nothing of the file is saved
)

// A Row says what becomes of one row of a file.
type Row struct {
	// Row counts as a spreadsheet does: the header is row 1.
	Row  int  `json:"row"`
	Fate Fate `json:"fate"`
	// Record is the one that the row updates or says nothing new of.
	Record uuid.UUID `json:"record,omitzero"`
	// Edits are what it changes of that record. They may be personal data, for the operator's eyes only.
	Edits []FieldEdit `json:"edits,omitempty"`
}

// A FieldEdit is a field that holds one value and is to hold another.
type FieldEdit struct {
	Field string          `json:"field"`
	From  syncproto.Value `json:"from"`
	To    syncproto.Value `json:"to"`
}

// count counts the rows of each fate.
func count(account []Row) map[Fate]int {
	out := map[Fate]int{}
	for _, r := range account {
		out[r.Fate]++
	}
	return out
}
