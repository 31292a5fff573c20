package main

import (
	"cmp"
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/google/uuid"

	"satchel/clientlib"
)

// attentionCmd says what needs the worker.
type attentionCmd struct {
	Dismiss string `help:"Do not show this item any more." placeholder:"ITEM"`
}

// Help is shown by --help.
func (attentionCmd) Help() string {
	return `Examples:
  satchel-device attention
  satchel-device attention --dismiss ITEM`
}

// Run lists what needs attention, or dismisses an item.
func (a attentionCmd) Run(ctx context.Context, c *cli) error {
	return c.with(ctx, func(s *clientlib.Store) error {
		if a.Dismiss != "" {
			return s.Dismiss(ctx, a.Dismiss)
		}
		items, err := s.Attention(ctx)
		if err != nil {
			return err
		}
		names := map[uuid.UUID]string{}
		for _, item := range items {
			names[item.Record] = subject(ctx, s, item)
		}
		return c.show(items, func(w *tabwriter.Writer) {
			for _, item := range items {
				fmt.Fprintf(w, "%s\n  (item %s)\n", sentence(item, names[item.Record]), item.Item)
			}
			if len(items) == 0 {
				fmt.Fprintln(w, "Nothing needs attention.")
			}
		})
	})
}

// subject names the record that an item is about, by what people call it if the device holds it.
func subject(ctx context.Context, s *clientlib.Store, a clientlib.Attention) string {
	return a.Collection + " " + cmp.Or(nameOf(ctx, s, a.Record), a.Record.String())
}

// nameOf gives what people call a record, "" if the device does not hold it, or it has no name.
func nameOf(ctx context.Context, s *clientlib.Store, id uuid.UUID) string {
	r, err := s.Get(ctx, id)
	if err != nil {
		return ""
	}
	return cmp.Or(r.Text("head_name"), r.Text("name"), r.Text("title"))
}

// sentence says in words what the matter is, where is what it is about.
func sentence(a clientlib.Attention, where string) string {
	switch a.Kind {
	case clientlib.KindHeld:
		return fmt.Sprintf("%s: the office has your change and an administrator decides on it: %s.", where, a.Reason)
	case clientlib.KindWaiting:
		return fmt.Sprintf("%s: the office has your change and applies it by itself once it can: %s.", where, a.Reason)
	case clientlib.KindDiscarded:
		return fmt.Sprintf("%s: an administrator turned your change down: %s.", where, a.Reason)
	case clientlib.KindOvertaken:
		return fmt.Sprintf("%s: you wrote %s = %s; somebody else wrote %s, which shows. Both are kept; an administrator decides.", where, a.Field, words(a.Own), words(a.Shown))
	case clientlib.KindClock:
		return "The clock of this device is off. Set it; what you recorded is in the right order all the same."
	}
	return where + ": " + a.Reason
}
