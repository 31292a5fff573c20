package main

import (
	"context"
	"fmt"
	"text/tabwriter"

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
		return c.show(items, func(w *tabwriter.Writer) {
			for _, item := range items {
				fmt.Fprintf(w, "%s\n  (item %s)\n", sentence(item), item.Item)
			}
			if len(items) == 0 {
				fmt.Fprintln(w, "Nothing needs attention.")
			}
		})
	})
}

// sentence says in words what the matter is.
func sentence(a clientlib.Attention) string {
	where := fmt.Sprintf("%s %s", a.Collection, a.Record)
	switch a.Kind {
	case clientlib.KindHeld:
		return fmt.Sprintf("%s: the office has your change and an administrator decides on it: %s.", where, a.Reason)
	case clientlib.KindWaiting:
		return fmt.Sprintf("%s: the office has your change and applies it by itself later: %s.", where, a.Reason)
	case clientlib.KindDiscarded:
		return fmt.Sprintf("%s: an administrator did not apply your change: %s.", where, a.Reason)
	case clientlib.KindOvertaken:
		return fmt.Sprintf("%s: you wrote %s = %s; somebody else wrote %s, which shows. Both are kept; an administrator decides.", where, a.Field, words(a.Own), words(a.Shown))
	case clientlib.KindClock:
		return "The clock of this device is off. Set it; what you recorded is in the right order all the same."
	}
	return where + ": " + a.Reason
}
