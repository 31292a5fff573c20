package indicators

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"satchel/syncproto"
)

// ownID is the path that leads to the record itself.
const ownID = "id"

// needs are the fields, by collection, that paths lead through. A record in hand has the values of these and no others.
type needs map[string][]string

// at gives the place of a field among those that are needed of its collection, which it is from now on.
func (n needs) at(collection, field string) int {
	if at := slices.Index(n[collection], field); at >= 0 {
		return at
	}
	n[collection] = append(n[collection], field)
	return len(n[collection]) - 1
}

// A path is a way from a record to a value. One without steps ends at the record itself.
type path []step

// A step is from a record to the value of one of its fields.
type step struct {
	field syncproto.Field
	at    int
	// inside names what is meant inside the field's object.
	inside []string
}

// end gives the last field of a path.
func (p path) end() syncproto.Field {
	if len(p) == 0 {
		return syncproto.Field{Type: syncproto.UUID}
	}
	return p[len(p)-1].field
}

// path finds a path from a collection's records.
func (n needs) path(collection, text string) (path, error) {
	var out path
	if text == ownID {
		return out, nil
	}
	names := strings.Split(text, ".")
	for i, name := range names {
		c, known := syncproto.CollectionOf(collection)
		field, has := c.Field(name)
		if !known || !has {
			return out, fmt.Errorf("path %q: %s has no field %q", text, collection, name)
		}
		out = append(out, step{field: field, at: n.at(collection, name)})
		switch {
		case i == len(names)-1:
		case field.Type == syncproto.Object:
			out[i].inside = names[i+1:]
			return out, nil
		case field.Type != syncproto.Reference:
			return out, fmt.Errorf("path %q: %s leads nowhere from field %q, which is no reference", text, collection, name)
		}
		collection = field.Refers
	}
	return out, nil
}

// value follows a path from a record. Moments become their day. The late records on the way are noted.
func (w *world) value(p path, r *record) syncproto.Value {
	for i, s := range p {
		v := r.values[s.at]
		if i == len(p)-1 {
			return s.read(v, w.zone)
		}
		if r = w.follow(s.field.Refers, v); r == nil {
			return syncproto.Null
		}
	}
	return syncproto.Null
}

// record follows a path that ends with a reference, or at the record itself, to a record; nil if there is none.
func (w *world) record(p path, r *record) *record {
	if len(p) == 0 {
		return r
	}
	return w.follow(p.end().Refers, w.value(p, r))
}

// follow gives the record that a reference into a collection leads to, nil if nowhere.
func (w *world) follow(collection string, reference syncproto.Value) *record {
	next := w.lookUp(collection, reference.ID())
	if next == nil {
		return nil
	}
	w.pass(next)
	if next = w.root(next); !next.alive {
		return nil
	}
	return next
}

// read gives what a step means of its field's value.
func (s step) read(v syncproto.Value, zone *time.Location) syncproto.Value {
	switch {
	case v.IsNull():
		return syncproto.Null
	case s.field.Type == syncproto.Timestamp:
		ms, err := strconv.ParseInt(string(v), 10, 64)
		if err != nil {
			return syncproto.Null
		}
		return quoted(time.UnixMilli(ms).In(zone).Format(time.DateOnly))
	}
	for _, name := range s.inside {
		var object map[string]syncproto.Value
		if json.Unmarshal([]byte(v), &object) != nil {
			return syncproto.Null
		}
		v = object[name]
	}
	return v
}

// quoted makes a value of text that has nothing to escape.
func quoted(text string) syncproto.Value { return syncproto.Value(`"` + text + `"`) }
