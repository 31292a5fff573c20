package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/google/uuid"

	"satchel/server"
	"satchel/syncproto"
)

// householdCmd looks at households.
type householdCmd struct {
	Show householdShowCmd `cmd:"" help:"Show what a family is due and received."`
}

type householdShowCmd struct {
	Household string `arg:"" help:"Card number or id."`
}

// Help is shown by --help.
func (householdShowCmd) Help() string {
	return `For each assistance type: what the family is entitled to, the type's limit, what was delivered, and what remains of the
lesser of both, below 0 where more was delivered. It is entitled to the sum of the entitlements that are approved or
closed, and to 0 if all were rejected; what is only proposed does not count. Households that were merged into one
another are one family and count together, with the entitlements of their people. Every delivery has a line: who
recorded it on which device, when and where it was handed over, to whom, and what proves it. A cancelled one is shown
with the reason, and counts for nothing; so does one of less than 0.

Examples:
  satchel household show 12345
  satchel --json household show 0198f0a2-7b1c-7000-8000-000000000001`
}

// Run shows it.
func (h householdShowCmd) Run(ctx context.Context, c *cli) error {
	return c.office(ctx, func(srv *server.Server) error {
		household, err := srv.Household(ctx, h.Household)
		if err != nil {
			return err
		}
		a, err := srv.Reviews.Aid(ctx, household)
		if err != nil {
			return err
		}
		return c.show(a, func(w *tabwriter.Writer) { printAid(w, a, values(ctx, srv)) })
	})
}

func printAid(w *tabwriter.Writer, a server.Aid, read reader) {
	row(w, "HOUSEHOLD", "CARD", "AREA", "IS")
	for _, h := range a.Households {
		row(w, fmt.Sprintf("%s (%s)", h.HeadName, h.ID), cmp.Or(h.CardNumber, "-"), nameOf(read, h.Area), standing(a, h))
	}
	row(w)
	if len(a.Shares) == 0 {
		row(w, "It is entitled to nothing, and nothing was delivered.")
		return
	}
	row(w, "ASSISTANCE TYPE", "ENTITLED", "LIMIT", "DELIVERED", "REMAINING")
	for _, s := range a.Shares {
		row(w, nameOf(read, s.Kind), orDash(s.Entitled), orDash(s.Limit), s.Delivered, orDash(s.Remaining))
	}
	for _, s := range a.Shares {
		row(w)
		row(w, nameOf(read, s.Kind)+":")
		printDeliveries(w, s.Deliveries, read)
		if s.LeftOff > 0 {
			row(w, fmt.Sprintf("and %d more", s.LeftOff))
		}
	}
}

// standing says what a household is in its family.
func standing(a server.Aid, h server.Household) string {
	text := "a duplicate"
	if h.ID == a.Household {
		text = "kept"
	}
	if h.Deleted {
		text += ", deleted"
	}
	return text
}

func orDash(decimal fmt.Stringer) string { return cmp.Or(decimal.String(), "-") }

// printDeliveries writes a line for each delivery, so that what tells two apart stands side by side.
func printDeliveries(w *tabwriter.Writer, deliveries []server.Evidence, read reader) {
	row(w, "DELIVERY", "QUANTITY", "BY", "DEVICE", "WHEN", "RECEIVED", "AREA", "PLACE", "PROOF", "PROJECT", "RECIPIENT", "PROXY", "CANCELLED")
	for _, d := range deliveries {
		value := func(field string) string {
			if d.Fields[field].IsNull() {
				return "-"
			}
			return read("deliveries", field, d.Fields[field])
		}
		row(w, d.Record, cmp.Or(d.Quantity, "-"), d.AuthorName, d.DeviceName, value("delivered_at"), moment(d.Received), nameOf(read, d.Area),
			place(d.Fields["position"]), proofs(d.Fields["proofs"]), nameOf(read, d.Fields["project"].ID()), value("recipient"), value("proxy"), value("cancelled_why"))
	}
}

// nameOf writes what people call a record, its id where nobody has named it.
func nameOf(read reader, id uuid.UUID) string {
	return strings.TrimSuffix(referred(read, id), " ("+id.String()+")")
}

// place writes a position for people.
func place(v syncproto.Value) string {
	var at syncproto.Place
	if v.IsNull() || json.Unmarshal([]byte(v), &at) != nil {
		return "-"
	}
	text := fmt.Sprintf("%.5f %.5f", at.Lat, at.Lon) // to a metre
	if at.Accuracy > 0 {
		text += fmt.Sprintf(" ± %.0f m", at.Accuracy)
	}
	if at.Source != "" {
		text += " by " + at.Source
	}
	return text
}

// proofs names the proofs of a delivery, each with the beginning of its SHA-256: enough to see that two are the same.
func proofs(v syncproto.Value) string {
	var kinds map[string]syncproto.Value
	if v.IsNull() || json.Unmarshal([]byte(v), &kinds) != nil {
		return "-"
	}
	const begin = 12
	var out []string
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		sum := cmp.Or(kinds[kind].Text(), string(kinds[kind]))
		out = append(out, fmt.Sprintf("%s %.*s", kind, begin, sum))
	}
	return cmp.Or(strings.Join(out, ", "), "-")
}
