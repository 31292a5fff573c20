package clientlib

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// Meta makes a struct a typed record. The struct embeds Meta, with the name of its collection as the
// tag satchel, and tags each field that it knows with the field's name:
//
//	type Household struct {
//		clientlib.Meta `satchel:"households"`
//		HeadName       string `satchel:"head_name"`
//	}
//
// Fields of the collection that the struct does not have stay as they are. A field is empty in the
// record if it holds the zero value of its Go type, or nil where it is a pointer: an integer that may
// be 0 has the type *int64. Dates and choices are strings, references and UUIDs [uuid.UUID],
// timestamps [time.Time], positions *[syncproto.Place].
type Meta struct {
	// ID names the record. [Form.Put] gives one to a new record that has none.
	ID     uuid.UUID
	loaded *Record
}

// Record gives the record as it was when the struct was read or last saved, nil for a new one.
func (m *Meta) Record() *Record { return m.loaded }

func (m *Meta) meta() *Meta { return m }

// A Typed is a pointer to a struct that embeds [Meta].
type Typed interface{ meta() *Meta }

// A TypedOf is a *T that is [Typed].
type TypedOf[T any] interface {
	*T
	Typed
}

// Get gives a record as a struct. It fails with [ErrNotFound], also for a record of another collection.
func Get[T any, P TypedOf[T]](ctx context.Context, s *Store, id uuid.UUID) (P, error) {
	record, err := s.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	out := P(new(T))
	if record.Collection != collectionOf(out) {
		return nil, ErrNotFound
	}
	fill(out, record)
	return out, nil
}

// List gives records as structs; see [Store.List].
func List[T any, P TypedOf[T]](ctx context.Context, s *Store, under uuid.UUID) ([]P, error) {
	records, err := s.List(ctx, collectionOf(P(new(T))), under)
	out := make([]P, len(records))
	for i, record := range records {
		out[i] = P(new(T))
		fill(out[i], record)
	}
	return out, err
}

// collectionOf gives the name of a struct's collection, "" if it has none.
func collectionOf(x Typed) string {
	meta, _ := reflect.TypeOf(x).Elem().FieldByName("Meta")
	return meta.Tag.Get("satchel")
}

// fill writes a record into a struct.
func fill(x Typed, r *Record) {
	*x.meta() = Meta{ID: r.ID, loaded: r}
	eachField(x, func(name string, v reflect.Value) {
		v.SetZero()
		read(r.Value(name), v)
	})
}

// eachField calls do for each tagged field of a struct.
func eachField(x Typed, do func(name string, v reflect.Value)) {
	v := reflect.ValueOf(x).Elem()
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if name, ok := field.Tag.Lookup("satchel"); ok && !field.Anonymous {
			do(name, v.Field(i))
		}
	}
}

// read writes a value into a field of a struct. A value that does not fit leaves it empty: a newer
// program wrote it.
func read(value syncproto.Value, v reflect.Value) {
	if value.IsNull() {
		return
	}
	if v.Type() == reflect.TypeFor[time.Time]() {
		ms, err := strconv.ParseInt(string(value), 10, 64)
		if err == nil {
			v.Set(reflect.ValueOf(time.UnixMilli(ms).UTC()))
		}
		return
	}
	if json.Unmarshal([]byte(value), v.Addr().Interface()) != nil {
		v.SetZero()
	}
}

// edits gives the fields of a struct that were set to something else since it was read.
func edits(x Typed) (map[string]syncproto.Value, error) {
	was := reflect.New(reflect.TypeOf(x).Elem()).Interface().(Typed)
	if loaded := x.meta().loaded; loaded != nil {
		fill(was, loaded)
	}
	before, err := contents(was)
	if err != nil {
		return nil, err
	}
	after, err := contents(x)
	maps.DeleteFunc(after, func(name string, value syncproto.Value) bool { return value == before[name] })
	return after, err
}

// contents gives the values of all tagged fields of a struct.
func contents(x Typed) (map[string]syncproto.Value, error) {
	out := map[string]syncproto.Value{}
	var failed error
	eachField(x, func(name string, v reflect.Value) {
		value, err := valueOf(fieldContent(v))
		if err != nil {
			failed = fmt.Errorf("field %q: %w", name, err)
		}
		out[name] = value
	})
	return out, failed
}

// fieldContent gives what a field of a struct says, nil if it is empty.
func fieldContent(v reflect.Value) any {
	if v.IsZero() {
		return nil
	}
	return v.Interface()
}

// valueOf brings what an app holds into the one form that a value has. Empty text, the zero id and
// the zero time are no value.
func valueOf(x any) (syncproto.Value, error) {
	if v := reflect.ValueOf(x); v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return syncproto.Null, nil
		}
		x = v.Elem().Interface()
	}
	switch x := x.(type) {
	case syncproto.Value:
		return syncproto.Canonical([]byte(x))
	case time.Time:
		if x.IsZero() {
			return syncproto.Null, nil
		}
		return syncproto.Value(strconv.FormatInt(x.UnixMilli(), 10)), nil
	case float64:
		return syncproto.Value(strconv.FormatFloat(x, 'f', -1, 64)), nil
	case string:
		if x == "" {
			return syncproto.Null, nil
		}
	case uuid.UUID:
		if x == uuid.Nil {
			return syncproto.Null, nil
		}
	case []string:
		sorted := slices.Clone(x)
		slices.Sort(sorted)
		return syncproto.ValueOf(slices.Compact(sorted))
	}
	return syncproto.ValueOf(x)
}
