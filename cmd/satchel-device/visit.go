package main

import (
	"context"
	"time"

	"satchel/clientlib"
)

// visitCmd looks after visits.
type visitCmd struct {
	Add visitAddCmd `cmd:"" help:"Record a visit."`
}

type visitAddCmd struct {
	Household string     `arg:"" help:"Card number, id or its beginning, or a search that finds one household."`
	Purpose   string     `help:"registration, assessment, monitoring, delivery, complaint or other." enum:"registration,assessment,monitoring,delivery,complaint,other" default:"monitoring"`
	Project   string     `help:"Code of the project on whose behalf."`
	Findings  string     `help:"What was found."`
	At        *time.Time `help:"When, if not now, such as 2020-04-30T10:15:00Z."`
	Next      string     `help:"When to come again, such as 2020-05-30."`
}

// Help is shown by --help.
func (visitAddCmd) Help() string {
	return `Example:
  satchel-device visit add 12345 --findings "The roof leaks." --next 2020-05-30`
}

// Run records the visit.
func (v visitAddCmd) Run(ctx context.Context, c *cli) error {
	return c.with(ctx, func(s *clientlib.Store) error {
		h, err := household(ctx, s, v.Household)
		if err != nil {
			return err
		}
		status, err := s.Status(ctx)
		if err != nil {
			return err
		}
		fields := map[string]any{
			"household": h.ID, "purpose": v.Purpose, "findings": v.Findings, "next_visit_on": v.Next,
			"worker": status.Holder, "visited_at": momentOr(v.At),
		}
		if v.Project != "" {
			project, err := named(ctx, s, "projects", v.Project, "code")
			if err != nil {
				return err
			}
			fields["project"] = project.ID
		}
		var form clientlib.Form
		r := form.Create("visits", fields)
		if err := s.Save(ctx, &form); err != nil {
			return err
		}
		return c.saved("visit", r.ID)
	})
}

// momentOr gives a moment, or now.
func momentOr(at *time.Time) time.Time {
	if at != nil {
		return *at
	}
	return time.Now()
}
