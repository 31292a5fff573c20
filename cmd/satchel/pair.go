package main

import (
	"cmp"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/google/uuid"

	"satchel/server"
	"satchel/syncproto"
)

// printPair prints two households that may be one family, side by side.
func printPair(w *tabwriter.Writer, v server.ReviewDetail, read reader) {
	one, other := side(v, 0), side(v, 1)
	row(w, "", "ONE", "OTHER")
	row(w, "household", one.Record, other.Record)
	row(w, "recorded by", recordedBy(one), recordedBy(other))
	row(w, "received", moment(one.Received), moment(other.Received))
	for _, field := range []string{
		"head_name", "card_number", "phone", "area", "place_of_origin", "position", "status", "address", "displaced_on", "returned_on", "merged_into", "notes",
	} {
		a, b := one.Fields[field], other.Fields[field]
		if !a.IsNull() || !b.IsNull() {
			row(w, strings.ReplaceAll(field, "_", " "), written(read, field, a), written(read, field, b))
		}
	}
	people := [2][]string{peopleOf(v, one), peopleOf(v, other)}
	for i := range max(len(people[0]), len(people[1])) {
		title := ""
		if i == 0 {
			title = "people"
		}
		row(w, title, at(people[0], i), at(people[1], i))
	}
	row(w)
	row(w, "BITS", "BECAUSE OF")
	for _, r := range v.Facts.Reasons {
		row(w, fmt.Sprintf("%+.1f", r.Weight), r.Says)
	}
	row(w, fmt.Sprintf("%+.1f", v.Facts.Score), "in all")
	if v.State == "open" {
		row(w)
		row(w, "If they are one family, merge them; nothing moves, and it can be taken back:")
		duplicate, kept := merging(v)
		row(w, fmt.Sprintf("  satchel duplicates merge %s %s --reason TEXT", duplicate, kept))
		row(w, "If they are two:")
		row(w, "  "+deciding(v, "not_duplicate"))
	}
}

// merging says which household to merge into which: the second into the first or, where the second was merged already,
// the first into the second. Of one that was merged, the last of its chain is merged.
func merging(v server.ReviewDetail) (duplicate, kept uuid.UUID) {
	first, second := v.Kept[0], v.Kept[1]
	if first == v.Record && second != *v.Subject {
		return first, *v.Subject
	}
	return second, v.Record
}

// side gives one of the two households; there may be none any more where the review is closed.
func side(v server.ReviewDetail, n int) server.Evidence {
	if n < len(v.Grounds) {
		return v.Grounds[n]
	}
	return server.Evidence{}
}

func recordedBy(e server.Evidence) string {
	return cmp.Or(e.AuthorName, "nobody known") + " on " + cmp.Or(e.DeviceName, "no device known")
}

func written(read reader, field string, v syncproto.Value) string {
	if v.IsNull() {
		return "-"
	}
	return read("households", field, v)
}

// peopleOf gives the people of a household, each in a line.
func peopleOf(v server.ReviewDetail, household server.Evidence) (out []string) {
	for _, g := range v.Grounds {
		if g.Collection != "people" || g.Fields["household"].ID() != household.Record {
			continue
		}
		line := g.Fields["name"].Text()
		for _, field := range []string{"born_on", "birth_year", "document_number"} {
			if value := g.Fields[field]; !value.IsNull() {
				line += ", " + strings.Trim(string(value), `"`)
			}
		}
		out = append(out, line)
	}
	return out
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}
