package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
)

// questionCmd looks after what the office asks.
type questionCmd struct {
	List   questionListCmd   `cmd:"" help:"List what the office asks."`
	Answer questionAnswerCmd `cmd:"" help:"Answer a question of the office."`
}

type questionListCmd struct {
	All bool `help:"Also those that are answered or closed."`
}

// Help is shown by --help.
func (questionListCmd) Help() string {
	return `Example:
  satchel-device question list`
}

// Run lists questions, the oldest first.
func (q questionListCmd) Run(ctx context.Context, c *cli) error {
	return c.with(ctx, func(s *clientlib.Store) error {
		list, err := s.List(ctx, "questions", uuid.Nil)
		if err != nil {
			return err
		}
		if !q.All {
			list = slices.DeleteFunc(list, func(r *clientlib.Record) bool { return r.Text("answer") != "" || r.Value("closed") == "true" })
		}
		return c.show(list, func(w *tabwriter.Writer) {
			for _, r := range list {
				about := strings.TrimSpace(cmp.Or(nameOf(ctx, s, r.Reference("about")), r.Text("about_collection")+" "+r.Text("about")) + " " + r.Text("field"))
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.ID, about, r.Text("text"), r.Text("answer"))
			}
			if len(list) == 0 {
				fmt.Fprintln(w, "The office asks nothing.")
			}
		})
	})
}

type questionAnswerCmd struct {
	Question uuid.UUID `arg:"" help:"Id of the question, as question list prints it."`
	Answer   string    `arg:"" help:"The answer; it takes the place of an earlier one."`
}

// Help is shown by --help.
func (questionAnswerCmd) Help() string {
	return `An answer goes to the office with the next sync, where somebody decides. To correct what is recorded, edit the record.

Example:
  satchel-device question answer 0198f0a2-7b1c-7000-8000-000000000001 "it is the sister's number"`
}

// Run answers the question.
func (q questionAnswerCmd) Run(ctx context.Context, c *cli) error {
	return c.with(ctx, func(s *clientlib.Store) error {
		answer := strings.TrimSpace(q.Answer)
		if answer == "" {
			return errors.New("say what the answer is; nothing was saved")
		}
		r, err := s.Get(ctx, q.Question)
		switch {
		case errors.Is(err, clientlib.ErrNotFound), err == nil && r.Collection != "questions":
			return errors.New("there is no question of that id on this device; question list prints the ids; nothing was saved")
		case err != nil:
			return err
		}
		var form clientlib.Form
		form.Edit(r, map[string]any{"answer": answer, "answered_at": time.Now()})
		if err := s.Save(ctx, &form); err != nil {
			return err
		}
		return c.saved("answer to question", r.ID)
	})
}
