package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/google/uuid"

	"satchel/server"
)

// indicatorCmd says what the programme counts.
type indicatorCmd struct {
	List   indicatorListCmd   `cmd:"" help:"List the indicators, and what they count." default:"1"`
	Set    indicatorSetCmd    `cmd:"" help:"Define an indicator, anew or for the first time."`
	Remove indicatorRemoveCmd `cmd:"" help:"Remove an indicator from the reports."`
	Target indicatorTargetCmd `cmd:"" help:"Say what a project is to reach of an indicator, and by when."`
}

// definitionHelp says how a definition is written.
const definitionHelp = `A definition is a JSON object:

  of           the collection whose records are counted: deliveries, visits, activities, participations …
  distinct     count each household or person once: household, person, id where the records are such themselves
  sum          sum a number: quantity, estimated_reach; without it and distinct the records are counted
  where        what has to hold, by path: {"assistance_type.code": "PREFAB", "household.status": ["idp", "returnee"],
               "completed": true, "quantity": {"from": 1, "until": 5}, "person": {"not": null}}
  on           the dates of which the latest tells when it happened; each collection has its own
  institution  count the projects of one, and list it there
  unit         what is counted, in a word
  estimate     true: report it in full thousands, or hundreds below one thousand
  ages         the first years of the age bands: [0, 5, 12, 18, 60]

A path leads over references: household.status, activity.project.institution, and into answers: answers.rooms. A delivery
that was cancelled is never counted, nor is a deleted record.`

type indicatorListCmd struct{}

// Help is shown by --help.
func (indicatorListCmd) Help() string {
	return `Indicators are records, and are edited and synced as all others are: satchel history shows who changed one.

Examples:
  satchel indicator list
  satchel --json indicator list`
}

// Run lists the indicators.
func (indicatorListCmd) Run(ctx context.Context, c *cli) error {
	return c.office(ctx, func(srv *server.Server) error {
		list, err := srv.Indicators(ctx)
		if err != nil {
			return err
		}
		return c.show(orEmpty(list), func(w *tabwriter.Writer) {
			if len(list) == 0 {
				row(w, "No indicator is defined.")
				return
			}
			row(w, "CODE", "TITLE", "COUNTS", "ID")
			for _, i := range list {
				row(w, i.Code, i.Title, i.Counts, i.ID)
			}
		})
	})
}

type indicatorSetCmd struct {
	Code       string `arg:"" help:"Short code, unique in the programme."`
	Title      string `help:"Title in reports; required for a new one."`
	Definition string `help:"What it counts, as a JSON object; this or --file is required for a new one." placeholder:"JSON" xor:"definition"`
	File       []byte `help:"File with the definition." type:"filecontent" placeholder:"FILE" xor:"definition"`
}

// Help is shown by --help.
func (indicatorSetCmd) Help() string {
	return definitionHelp + `

Examples:
  satchel indicator set HOUSES --title "houses delivered" \
    --definition '{"of": "deliveries", "sum": "quantity", "where": {"assistance_type.category": "housing"}}'
  satchel indicator set WOMEN --title "women trained" --file women.json
  satchel indicator set HOUSES --title "houses handed over"`
}

// Run defines it.
func (s indicatorSetCmd) Run(ctx context.Context, c *cli) error {
	return c.decide(ctx, func(srv *server.Server, actor uuid.UUID) error {
		counts, err := srv.SetIndicator(ctx, actor, s.Code, s.Title, cmp.Or(s.Definition, string(s.File)))
		if err != nil {
			return fmt.Errorf("%w; nothing was changed", err)
		}
		fmt.Printf("%s counts %s.\n", s.Code, counts)
		return nil
	})
}

type indicatorRemoveCmd struct {
	Code string `arg:"" help:"Code of the indicator."`
}

// Help is shown by --help.
func (indicatorRemoveCmd) Help() string {
	return `It stays in its history, and in reports of what was known before: --known-by.

Example:
  satchel indicator remove HOUSES`
}

// Run removes it.
func (r indicatorRemoveCmd) Run(ctx context.Context, c *cli) error {
	return c.decide(ctx, func(srv *server.Server, actor uuid.UUID) error {
		if err := srv.RemoveIndicator(ctx, actor, r.Code); err != nil {
			return fmt.Errorf("%w; nothing was changed", err)
		}
		fmt.Printf("%s is not reported any more.\n", r.Code)
		return nil
	})
}

type indicatorTargetCmd struct {
	Code    string `arg:"" help:"Code of the indicator."`
	Value   string `arg:"" help:"What is to be reached, in the indicator's unit."`
	Project string `help:"Code of the project; of the whole programme if not given." placeholder:"CODE"`
	Due     string `help:"The day by which it is to be reached." placeholder:"DATE"`
}

// Help is shown by --help.
func (indicatorTargetCmd) Help() string {
	return `There is one target for an indicator, a project and a day; what was set for them before is corrected. Targets include what
is to be reached before: reports compare with the one that is due last.

Examples:
  satchel indicator target HOUSES 12 --project G01 --due 2020-07-31
  satchel indicator target HOUSES 150`
}

// Run sets it.
func (t indicatorTargetCmd) Run(ctx context.Context, c *cli) error {
	return c.decide(ctx, func(srv *server.Server, actor uuid.UUID) error {
		if err := srv.SetTarget(ctx, actor, t.Code, t.Project, t.Due, t.Value); err != nil {
			return fmt.Errorf("%w; nothing was changed", err)
		}
		fmt.Println("The target is set.")
		return nil
	})
}

// errNoIndicators means that there is nothing to report.
var errNoIndicators = errors.New("no indicator is defined; define one with satchel indicator set, or import a file with satchel import indicators")
