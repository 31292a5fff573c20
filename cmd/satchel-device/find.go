package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/syncproto"
)

// idBeginning is the fewest characters that name a record by the beginning of its id.
const idBeginning = 8

// named finds the one record of a collection that has a text as its id or in one of the given fields,
// in either script.
func named(ctx context.Context, s *clientlib.Store, collection, text string, fields ...string) (*clientlib.Record, error) {
	records, err := s.List(ctx, collection, uuid.Nil)
	if err != nil {
		return nil, err
	}
	found := matching(records, func(r *clientlib.Record) bool {
		hit := r.ID.String() == text
		for _, field := range fields {
			hit = hit || syncproto.Fold(r.Text(field)) == syncproto.Fold(text)
		}
		return hit
	})
	if len(found) != 1 {
		return nil, fmt.Errorf("%d records of %s on this device are called %q%s; nothing was saved", len(found), collection, text, known(records, fields))
	}
	return found[0], nil
}

func matching(records []*clientlib.Record, hit func(*clientlib.Record) bool) (out []*clientlib.Record) {
	for _, r := range records {
		if hit(r) {
			out = append(out, r)
		}
	}
	return out
}

// known says what could have been named instead, by the first of the fields.
func known(records []*clientlib.Record, fields []string) string {
	const most = 20
	if len(fields) == 0 || len(records) == 0 || len(records) > most {
		return ""
	}
	var names []string
	for _, r := range records {
		names = append(names, r.Text(fields[0]))
	}
	return " (there are: " + strings.Join(names, ", ") + ")"
}

// household finds a household by its card number, its id or the beginning of that, or by a search that
// finds one. Of a family that is registered twice it is the one that was kept.
func household(ctx context.Context, s *clientlib.Store, text string) (*clientlib.Record, error) {
	all, err := s.List(ctx, "households", uuid.Nil)
	if err != nil {
		return nil, err
	}
	for _, hit := range []func(*clientlib.Record) bool{
		func(r *clientlib.Record) bool { return strings.EqualFold(r.Text("card_number"), text) },
		func(r *clientlib.Record) bool {
			return len(text) >= idBeginning && strings.HasPrefix(r.ID.String(), text)
		},
	} {
		if found := kept(matching(all, hit)); len(found) == 1 {
			return found[0], nil
		}
	}
	hits, err := s.Search(ctx, text, 100)
	if err != nil {
		return nil, err
	}
	found := kept(matching(hits, func(r *clientlib.Record) bool { return r.Collection == "households" }))
	if len(found) != 1 {
		return nil, fmt.Errorf("%d households on this device fit what you typed; see them with household find, and name one by its id or card number; nothing was saved", len(found))
	}
	return found[0], nil
}

// kept leaves duplicates out, unless there is nothing else.
func kept(households []*clientlib.Record) []*clientlib.Record {
	if found := matching(households, func(r *clientlib.Record) bool { return r.Reference("merged_into") == uuid.Nil }); len(found) > 0 {
		return found
	}
	return households
}
