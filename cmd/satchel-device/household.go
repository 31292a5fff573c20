package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/internal/terminal"
	"satchel/syncproto"
)

// householdCmd looks after households.
type householdCmd struct {
	Add  householdAddCmd  `cmd:"" help:"Register a household."`
	Find householdFindCmd `cmd:"" help:"Find households and people by name, number or phone, in either script."`
	Show householdShowCmd `cmd:"" help:"Show a household with its people and visits, what it is due and what it received."`
	Edit householdEditCmd `cmd:"" help:"Change fields of a household."`
}

type householdAddCmd struct {
	Name    string `arg:"" help:"Name of the head of the household."`
	Area    string `help:"Area where it lives, by name, official code or id." required:""`
	Status  string `help:"idp, returnee, refugee or host." enum:"idp,returnee,refugee,host" default:"idp"`
	Card    string `help:"Card number."`
	Phone   string `help:"Phone number."`
	Address string `help:"Street and number, or how to find it."`
	Origin  string `help:"Where it was displaced from."`
	Notes   string `help:"Anything else."`
	Yes     bool   `help:"Do not ask if a household like it is there already."`
}

// Help is shown by --help.
func (householdAddCmd) Help() string {
	return `If the device knows a household that may be the same family, it says which and why, and asks. The office looks at
all households anyway, and nobody is refused anything because of a likeness.

Example:
  satchel-device household add "Milica Đorđević" --area Kraljevo --phone "060 000 111" --card 12345`
}

// Run registers the household.
func (h householdAddCmd) Run(ctx context.Context, c *cli) error {
	return c.with(ctx, func(s *clientlib.Store) error {
		area, err := named(ctx, s, "areas", h.Area, "name", "official_code")
		if err != nil {
			return err
		}
		var form clientlib.Form
		r := form.Create("households", map[string]any{
			"head_name": h.Name, "area": area.ID, "status": h.Status, "card_number": h.Card,
			"phone": h.Phone, "address": h.Address, "place_of_origin": h.Origin, "notes": h.Notes,
		})
		if err := h.warn(ctx, s, &form); err != nil {
			return err
		}
		if err := s.Save(ctx, &form); err != nil {
			return err
		}
		return c.saved("household", r.ID)
	})
}

// warn says which households may be the same family, and asks.
func (h householdAddCmd) warn(ctx context.Context, s *clientlib.Store, form *clientlib.Form) error {
	alike, err := s.Similar(ctx, form)
	if err != nil || len(alike) == 0 {
		return err
	}
	fmt.Fprintln(os.Stderr, "This may be a household that is there already:")
	for _, l := range alike {
		fmt.Fprintf(os.Stderr, "  %s, card %q, %s\n", l.Household.Text("head_name"), l.Household.Text("card_number"), l.Household.ID)
		for _, reason := range l.Reasons {
			fmt.Fprintf(os.Stderr, "    %+5.1f  %s\n", reason.Weight, reason.Says)
		}
	}
	if h.Yes {
		return nil
	}
	return terminal.Agree(ctx, "Register it all the same?")
}

type householdFindCmd struct {
	Text  string `arg:"" help:"Part of a name, card or document number, or phone."`
	Limit int    `help:"The most to list." default:"20"`
}

// hit is one line of what was found.
type hit struct {
	ID         uuid.UUID `json:"id"`
	Collection string    `json:"collection"`
	Name       string    `json:"name"`
	Number     string    `json:"number"`
	Phone      string    `json:"phone"`
}

// Help is shown by --help.
func (householdFindCmd) Help() string {
	return `Example:
  satchel-device household find djordjevic`
}

// Run finds households and people.
func (h householdFindCmd) Run(ctx context.Context, c *cli) error {
	return c.with(ctx, func(s *clientlib.Store) error {
		found, err := s.Search(ctx, h.Text, h.Limit)
		if err != nil {
			return err
		}
		hits := make([]hit, len(found))
		for i, r := range found {
			hits[i] = hit{r.ID, r.Collection, r.Text("head_name") + r.Text("name"), r.Text("card_number") + r.Text("document_number"), r.Text("phone")}
		}
		return c.show(hits, func(w *tabwriter.Writer) {
			for _, h := range hits {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", h.ID, h.Collection, h.Name, h.Number, h.Phone)
			}
			if len(hits) == 0 {
				fmt.Fprintln(w, "Nothing was found on this device. What was recorded elsewhere comes with a sync.")
			}
		})
	})
}

type householdShowCmd struct {
	Household string `arg:"" help:"Card number, id or its beginning, or a search that finds one household."`
}

// Help is shown by --help.
func (householdShowCmd) Help() string {
	return `Beside a value stands where it is, if the office has not confirmed it, and whether it is in conflict.

At the end stands what the family is due and has received of each assistance type, over all households that were merged
into one, with each delivery and its id: as far as this device knows, and how old that knowledge is. What other devices
recorded since is not in it.

Examples:
  satchel-device household show 12345
  satchel-device --json household show 12345`
}

// shown is a household with what belongs to it.
type shown struct {
	Records []*clientlib.Record `json:"records"`
	Aid     clientlib.Aid       `json:"aid"`
}

// Run shows a household.
func (h householdShowCmd) Run(ctx context.Context, c *cli) error {
	return c.with(ctx, func(s *clientlib.Store) error {
		r, err := household(ctx, s, h.Household)
		if err != nil {
			return err
		}
		all := shown{Records: []*clientlib.Record{r}}
		if all.Aid, err = s.Aid(ctx, r.ID); err != nil {
			return err
		}
		for _, collection := range []string{"people", "visits", "entitlements", "deliveries"} {
			below, err := s.List(ctx, collection, r.ID)
			if err != nil {
				return err
			}
			all.Records = append(all.Records, below...)
		}
		return c.show(all, func(w *tabwriter.Writer) {
			for _, r := range all.Records {
				printRecord(ctx, w, s, r)
			}
			fmt.Fprintln(w)
			printAid(ctx, w, s, all.Aid)
		})
	})
}

// printRecord writes a record's fields, and in words where they are.
func printRecord(ctx context.Context, w *tabwriter.Writer, s *clientlib.Store, r *clientlib.Record) {
	fmt.Fprintf(w, "%s %s\n", r.Collection, r.ID)
	collection, _ := syncproto.CollectionOf(r.Collection)
	for _, name := range slices.Sorted(maps.Keys(r.Fields)) {
		field := r.Fields[name]
		if field.Value.IsNull() {
			continue
		}
		where := ""
		if field.Pending {
			where = "saved on this device"
		}
		if field.Conflict {
			where += " somebody else wrote another value; an administrator decides"
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\n", name, spelt(ctx, s, collection, r, name), where)
	}
}

// spelt writes a field for people: a moment as such, and a reference by the name of what it leads to, if the device has that.
func spelt(ctx context.Context, s *clientlib.Store, c syncproto.Collection, r *clientlib.Record, name string) string {
	text := words(r.Value(name))
	switch field, _ := c.Field(name); field.Type {
	case syncproto.Timestamp:
		return minute(r.When(name))
	case syncproto.Reference:
		if called := nameOf(ctx, s, r.Reference(name)); called != "" {
			return called + " (" + text + ")"
		}
	}
	return text
}

// words writes a value for people: text without quotes.
func words(v syncproto.Value) string {
	if text := v.Text(); text != "" {
		return text
	}
	return string(v)
}

type householdEditCmd struct {
	Household string            `arg:"" help:"Card number, id or its beginning, or a search that finds one household."`
	Set       map[string]string `help:"Field and its new text; an empty text clears it; may be repeated." placeholder:"FIELD=TEXT" required:""`
}

// Help is shown by --help.
func (householdEditCmd) Help() string {
	return `Example:
  satchel-device household edit 12345 --set phone="060 000 222" --set address="Main street 5"`
}

// Run changes a household.
func (h householdEditCmd) Run(ctx context.Context, c *cli) error {
	return c.with(ctx, func(s *clientlib.Store) error {
		r, err := household(ctx, s, h.Household)
		if err != nil {
			return err
		}
		fields := map[string]any{}
		for name, text := range h.Set {
			fields[name] = text
		}
		var form clientlib.Form
		form.Edit(r, fields)
		if err := s.Save(ctx, &form); err != nil {
			return err
		}
		return c.saved("household", r.ID)
	})
}
