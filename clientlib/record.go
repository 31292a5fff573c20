package clientlib

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// A Record is one record as it is shown: the server's state with the device's own changes laid over
// it. It remembers what there was to see when it was read, so that an edit made from it later names
// what its author was looking at.
type Record struct {
	Collection string    `json:"collection"`
	ID         uuid.UUID `json:"id"`
	// Area is the area that the server gave the record, [uuid.Nil] for records of every device and
	// for those that were never pulled.
	Area    uuid.UUID `json:"area"`
	Deleted bool      `json:"deleted"`
	// Fields holds what was ever written of the record, cleared fields among it.
	Fields map[string]Field `json:"fields"`
}

// A Field is one field of a [Record].
type Field struct {
	Value syncproto.Value `json:"value"`
	// Time is when the value was written, in ms of the server's clock.
	Time int64 `json:"time"`
	// Pending is set while the value was written here and no completed pull has confirmed it.
	Pending bool `json:"pending"`
	// Conflict is set while somebody else wrote another value without knowing of this one. Whoever
	// writes the field again does not settle the conflict; an administrator does.
	Conflict bool `json:"conflict"`
	known    []syncproto.Version
}

// Value gives the shown value of a field, "" if there is none.
func (r *Record) Value(field string) syncproto.Value { return r.Fields[field].Value }

// Text gives the text in a field, "" if there is none: also a date, a choice or a UUID as text.
func (r *Record) Text(field string) string { return r.Value(field).Text() }

// Reference gives the id that a field refers to, [uuid.Nil] if it refers to none.
func (r *Record) Reference(field string) uuid.UUID { return r.Value(field).ID() }

// Number gives the number in a field, 0 if there is none.
func (r *Record) Number(field string) float64 {
	var n float64
	if json.Unmarshal([]byte(r.Value(field)), &n) != nil {
		return 0
	}
	return n
}

// When gives the moment in a timestamp field, the zero time if there is none.
func (r *Record) When(field string) time.Time {
	if r.Value(field).IsNull() {
		return time.Time{}
	}
	return time.UnixMilli(int64(r.Number(field))).UTC()
}

// Pending reports whether anything of the record was written here and is not confirmed yet.
func (r *Record) Pending() bool { return r.anyField(func(f Field) bool { return f.Pending }) }

// Conflict reports whether any field of the record is in an open conflict.
func (r *Record) Conflict() bool { return r.anyField(func(f Field) bool { return f.Conflict }) }

func (r *Record) anyField(is func(Field) bool) bool {
	for _, f := range r.Fields {
		if is(f) {
			return true
		}
	}
	return false
}

// seen gives, for every field, the versions that whoever looks at the record has seen.
func (r *Record) seen() map[string][]syncproto.Version {
	out := map[string][]syncproto.Version{}
	for name, f := range r.Fields {
		if len(f.known) > 0 {
			out[name] = slices.Clone(f.known)
		}
	}
	return out
}

// parent gives the record that r belongs to as shown: the one that it has its area from or, for an
// area, the area around it. [uuid.Nil] if there is none.
func (r *Record) parent() uuid.UUID {
	if r.Collection == "areas" {
		return r.Reference("parent")
	}
	collection, _ := syncproto.CollectionOf(r.Collection)
	for _, field := range collection.AreaVia {
		if id := r.Reference(field); id != uuid.Nil {
			return id
		}
	}
	return uuid.Nil
}

// layOver shows a change of the device over what r shows.
func (r *Record) layOver(c change) {
	for name, value := range c.Fields {
		f := Field{Value: value, Time: c.at(), Pending: true, Conflict: r.Fields[name].Conflict, known: []syncproto.Version{c.version()}}
		r.Fields[name] = f
		if name == syncproto.FieldDeleted {
			r.Deleted = value == syncproto.True
		}
	}
}

// clone gives a copy whose fields can be replaced.
func (r *Record) clone() *Record {
	out := *r
	out.Fields = maps.Clone(r.Fields)
	return &out
}
