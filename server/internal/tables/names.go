package tables

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"satchel/internal/aid"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// names knows the records of some collections by what people call them.
type names map[string]*index

// An index is the records of one collection by their ids, codes, numbers and names.
type index struct {
	collection string
	by         map[string]map[string][]uuid.UUID // first by column
}

// readNames reads the names of collections.
func readNames(ctx context.Context, tx *store.Tx, collections []string) (names, error) {
	out := names{}
	for _, collection := range collections {
		x := &index{collection, map[string]map[string][]uuid.UUID{}}
		for _, column := range namesOf(collection) {
			keys, err := tx.Keys(ctx, collection, column)
			if err != nil {
				return nil, fmt.Errorf("read what records of %s are called: %w", collection, err)
			}
			x.by[column] = make(map[string][]uuid.UUID, len(keys))
			for text, ids := range keys {
				x.by[column][key(text)] = append(x.by[column][key(text)], ids...)
			}
		}
		out[collection] = x
	}
	return out, nil
}

// readRoots reads as which record each counts that was merged with others.
func readRoots(ctx context.Context, tx *store.Tx) (map[uuid.UUID]uuid.UUID, error) {
	into, err := tx.Merged(ctx)
	if err != nil {
		return nil, fmt.Errorf("read which records were merged: %w", err)
	}
	families, err := aid.Families(slices.Collect(maps.Keys(into)), func([]uuid.UUID) (map[uuid.UUID]uuid.UUID, error) { return into, nil })
	out := map[uuid.UUID]uuid.UUID{}
	for _, f := range families {
		for _, id := range f.Members {
			out[id] = f.Root
		}
	}
	return out, err
}

// Resolve reads a value of a field as people write it, as [Value] does, and a reference also by what
// people call the record: an area by its official code or name, a household by its card number.
func Resolve(ctx context.Context, s *store.Store, f syncproto.Field, text string) (value syncproto.Value, err error) {
	err = s.Read(ctx, func(tx *store.Tx) (err error) {
		value, err = resolve(ctx, tx, f, text)
		return err
	})
	return value, err
}

// resolve is [Resolve] inside a transaction.
func resolve(ctx context.Context, tx *store.Tx, f syncproto.Field, text string) (syncproto.Value, error) {
	if f.Type != syncproto.Reference {
		return Value(f, text)
	}
	known, err := readNames(ctx, tx, []string{f.Refers})
	if err != nil {
		return "", err
	}
	return known.value(f, text)
}

// value reads a value, references by what people call the record.
func (n names) value(f syncproto.Field, text string) (syncproto.Value, error) {
	if f.Type != syncproto.Reference || strings.TrimSpace(text) == "" {
		return Value(f, text)
	}
	id, err := n[f.Refers].find(text)
	if err != nil {
		return "", err
	}
	return syncproto.ValueOf(id)
}

// find gives the one record that people call so.
func (x *index) find(text string) (uuid.UUID, error) {
	columns := namesOf(x.collection)
	for _, column := range columns {
		switch found := x.by[column][key(text)]; len(found) {
		case 0:
		case 1:
			return found[0], nil
		default:
			return uuid.Nil, fmt.Errorf("expected one record of %s; %d have this %s: name the one you mean by its %s", x.collection, len(found), column, strings.Join(others(columns, column), " or "))
		}
	}
	return uuid.Nil, fmt.Errorf("expected the %s of a record of %s", strings.Join(slices.Concat(columns[1:], columns[:1]), " or "), x.collection)
}

func others(list []string, but string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == but })
}

// holders gives the records that have a text in a column.
func (x *index) holders(column, text string) []uuid.UUID { return x.by[column][key(text)] }

// add makes a record known by what a column of it holds.
func (x *index) add(column, text string, id uuid.UUID) {
	if k := key(text); !slices.Contains(x.by[column][k], id) {
		x.by[column][k] = append(x.by[column][k], id)
	}
}

// key is the form in which texts are compared: the same that is saved.
func key(text string) string { return norm.NFC.String(strings.TrimSpace(text)) }
