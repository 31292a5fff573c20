package crash

import (
	"slices"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// A fact is a value that somebody wrote with one change, and that nobody else ever writes.
type fact struct {
	record uuid.UUID
	field  string
	value  syncproto.Value
}

// A form is what was saved together, a fact for each change.
type form []fact

// ends gives a form without the middle of a long one: to look for each fact of hundreds would take most
// of the time, and shows no more.
func (f form) ends() form {
	if len(f) < 12 {
		return f
	}
	return append(slices.Clone(f[:4]), f[len(f)-4:]...)
}

// A ledger is what somebody was promised.
type ledger struct {
	// forms were saved, in order; saving is the one that is being saved.
	forms  []form
	saving form
	// acked is how many changes of the forms the office has acknowledged; syncing is set while it is
	// asked to acknowledge more.
	acked   int
	syncing bool
	// made is set once the store is there, revoked once it may wipe itself, wiped once it did.
	made, revoked, wiped bool
}

func (l *ledger) clone() ledger {
	out := *l
	out.forms = slices.Clone(l.forms)
	return out
}

// saved closes the form that was being saved, and says whether it was.
func (l *ledger) saved(err error) bool {
	if err == nil && len(l.saving) > 0 {
		l.forms = append(l.forms, l.saving)
	}
	l.saving = nil
	return err == nil
}

// changes gives how many changes were saved.
func (l *ledger) changes() (n int) {
	for _, f := range l.forms {
		n += len(f)
	}
	return n
}

// pending gives the forms that were saved, and the one that is being saved.
func (l *ledger) pending() []form {
	if len(l.saving) == 0 {
		return l.forms
	}
	return append(slices.Clone(l.forms), l.saving)
}
