package registry

import (
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// What became of a value.
const (
	// ValueShown is shown now, maybe because somebody else wrote the same.
	ValueShown = "shown"
	// ValueOpen clashes with the one that is shown: the conflict is open.
	ValueOpen = "open"
	// ValueReplaced was replaced by a change whose author saw it.
	ValueReplaced = "replaced"
	// ValueNotApplied never came to the record: the change is held, waits or was discarded, as its status says.
	ValueNotApplied = "not_applied"
)

// A FieldChange is what one change wrote to one field.
type FieldChange struct {
	Field string          `json:"field"`
	Value syncproto.Value `json:"value"`
	// Before is what its author was looking at there, "" if nothing, or what is too long ago.
	Before syncproto.Value `json:"before,omitempty"`
	// Fate is what became of the value.
	Fate    string            `json:"fate"`
	Version syncproto.Version `json:"version"`
	Status  syncproto.Status  `json:"status"`
	// Reason is why the change is not applied, Note what the office said of its own.
	Reason string     `json:"reason,omitempty"`
	Note   store.Note `json:"note"`
	engine.Maker
}

// A History is what was written to a record, field by field.
type History struct {
	// Area is that of the record, and says who may see the history; [uuid.Nil] where none of its changes was applied.
	Area    uuid.UUID     `json:"area"`
	Changes []FieldChange `json:"changes"`
	// LeftOff counts those before the last 1000, or the last that come to 4 MiB.
	LeftOff int `json:"left_off,omitempty"`
}

// How many changes of fields a history has at the most, and to how many bytes their values come.
const (
	mostFieldChanges = 1000
	mostFieldBytes   = 4 << 20
)

// History gives what was written to the fields of a record: that of the same change by the names of the fields, changes by
// when they were applied, the last first, and before all those that are not applied. not_found if there is no such record.
func (r *Registry) History(ctx context.Context, id uuid.UUID) (History, error) {
	out := History{}
	past := &past{values: map[syncproto.Version]map[string]syncproto.Value{}}
	for after, more := (syncproto.Version{}), true; more; {
		part, err := r.engine.HistoryAfter(ctx, id, after)
		if err != nil {
			return History{}, err
		}
		for _, e := range part.Changes {
			past.add(e)
			after = e.Version
		}
		more = part.More
	}
	err := r.store.Read(ctx, func(tx *store.Tx) error {
		records, err := tx.Records(ctx, []uuid.UUID{id})
		if err != nil {
			return err
		}
		out.Area, out.Changes = records[id].Area, past.rows
		for i := range out.Changes {
			c := &out.Changes[i]
			c.Fate = fateOf(c, records[id].State[c.Field])
		}
		return nil
	})
	slices.Reverse(out.Changes)
	out.LeftOff = past.leftOff
	return out, err
}

// A past follows the changes of a record, and keeps the last of them.
type past struct {
	rows    []FieldChange
	bytes   int
	leftOff int
	// values are what each of the versions wrote that are in the rows.
	values map[syncproto.Version]map[string]syncproto.Value
}

// add adds a change behind those before.
func (p *past) add(e engine.Entry) {
	p.values[e.Version] = e.Fields
	names := slices.Sorted(maps.Keys(e.Fields))
	for _, field := range slices.Backward(names) {
		row := FieldChange{
			Field: field, Value: e.Fields[field], Before: p.before(e, field),
			Version: e.Version, Status: e.Status, Reason: e.Reason, Note: e.Note, Maker: e.Maker,
		}
		p.rows, p.bytes = append(p.rows, row), p.bytes+row.size()
	}
	for len(p.rows) > mostFieldChanges || p.bytes > mostFieldBytes {
		delete(p.values, p.rows[0].Version)
		p.rows, p.bytes, p.leftOff = p.rows[1:], p.bytes-p.rows[0].size(), p.leftOff+1
	}
}

func (c FieldChange) size() int {
	return len(c.Value) + len(c.Before) + len(c.Reason) + len(c.Note.Reason)
}

// before gives what the author of a change was looking at in a field: of several values that it settles, the
// shown one.
func (p *past) before(e engine.Entry, field string) syncproto.Value {
	for _, v := range e.Base[field] {
		if value, known := p.values[v][field]; known {
			return value
		}
	}
	return ""
}

// fateOf says what became of a value, by what its field is now.
func fateOf(c *FieldChange, now syncproto.Register) string {
	if c.Status != syncproto.Applied {
		return ValueNotApplied
	}
	switch {
	case slices.Contains(now.Known(), c.Version):
		return ValueShown
	case slices.Contains(now.Open(), c.Version):
		return ValueOpen
	}
	return ValueReplaced
}
