// Package registry reads records for people: all that is known of a household, lists of what was done, and how each field
// came to hold what it holds.
//
// It promises that one answer is of one moment (but that a long history is read in parts), that nothing of it lies outside the areas that are asked for, and that no
// tablet, whatever it recorded, makes an answer larger than some MiB: what is beyond that is counted. It never writes.
package registry

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A Registry reads one store. It is safe for use by many goroutines.
type Registry struct {
	store  *store.Store
	engine *engine.Engine
}

// New gives the registry.
func New(s *store.Store, e *engine.Engine) *Registry { return &Registry{store: s, engine: e} }

// Areas are those that somebody may see; nil is all.
type Areas map[uuid.UUID]bool

// has reports whether somebody may see an area. What belongs to everyone is everyone's.
func (a Areas) has(area uuid.UUID) bool { return a == nil || area == syncproto.Everyone || a[area] }

// A Record is a record as it is shown now.
type Record struct {
	ID         uuid.UUID `json:"id"`
	Collection string    `json:"collection"`
	Area       uuid.UUID `json:"area"`
	Deleted    bool      `json:"deleted,omitempty"`
	// Household is the one of the family that it is or belongs to, by way of a person too; [uuid.Nil] in a list.
	Household uuid.UUID                  `json:"household,omitzero"`
	Fields    map[string]syncproto.Value `json:"fields"`
	// Recorded says who recorded it, where and when; nil in a list.
	Recorded *engine.Maker `json:"recorded,omitempty"`
}

// Value gives what a field holds, "" if nothing.
func (r Record) Value(field string) syncproto.Value { return r.Fields[field] }

// recordOf reads a record as the database shows it.
func recordOf(s store.Shown) (Record, error) {
	fields, err := syncproto.ReadValues(string(s.Doc))
	if err != nil {
		return Record{}, fmt.Errorf("read record %s: %w", s.ID, err)
	}
	return Record{ID: s.ID, Collection: s.Collection, Area: s.Area, Deleted: s.Deleted, Fields: fields}, nil
}

// Names say what people call the records and users that fields name, by their ids.
type Names map[uuid.UUID]string

// namesOf finds the names of what the fields of records name: users, what belongs to everyone, and what lies in the areas.
func namesOf(ctx context.Context, tx *store.Tx, records []Record, within Areas) (Names, error) {
	var users, named []uuid.UUID
	for _, r := range records {
		c, _ := syncproto.CollectionOf(r.Collection)
		for _, f := range c.Fields {
			switch id := r.Value(f.Name).ID(); {
			case id == uuid.Nil:
			case f.Type == syncproto.UUID:
				users = append(users, id)
			case f.Type == syncproto.Reference:
				named = append(named, id)
			}
		}
	}
	out := Names{}
	shown, err := tx.Shown(ctx, distinct(named))
	if err != nil {
		return nil, err
	}
	for _, s := range shown {
		r, err := recordOf(s)
		if err != nil {
			return nil, err
		}
		if within.has(r.Area) {
			out[r.ID] = r.name()
		}
	}
	for _, id := range distinct(users) {
		if out[id], err = userName(ctx, tx, id); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// name gives what people call a record, "" if it has no name.
func (r Record) name() string {
	for _, field := range []string{"head_name", "name", "title", "code"} {
		if text := r.Value(field).Text(); text != "" {
			return text
		}
	}
	return ""
}

func distinct(ids []uuid.UUID) []uuid.UUID {
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(ids)
}
