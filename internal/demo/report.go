package demo

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"satchel/server"
	"satchel/syncproto"
)

// figures counts the programme's results as of the day for which they were published.
func (d *demo) figures(ctx context.Context) ([]server.Figure, error) {
	return d.server.Figures(ctx, server.FigureQuery{Until: until})
}

// figure gives one figure as it is reported now.
func (d *demo) figure(ctx context.Context, title string) (string, error) {
	figures, err := d.figures(ctx)
	for _, f := range figures {
		if f.Title == title {
			return f.Reported(), err
		}
	}
	return "", err
}

// report prints the results and what there is to see. It fails with [ErrDiffers] if a figure differs.
func (d *demo) report(ctx context.Context) error {
	figures, err := d.figures(ctx)
	if err != nil {
		return err
	}
	d.printFigures(figures)
	fmt.Fprintf(d.out, "\nWhat happened on the way, and what Satchel made of it\n")
	for _, i := range d.incidents {
		fmt.Fprintf(d.out, "\n  %s\n%s", i.what, wrap(i.made, "    "))
	}
	if err := d.printConflicts(ctx); err != nil {
		return err
	}
	if err := d.printReviews(ctx); err != nil {
		return err
	}
	fmt.Fprintf(d.out, whereToLook, d.url, d.password, d.data, filepath.Join(d.scratch, "*"+tabletFile), pin, d.data, until, d.data)
	for i, published := range indicators() {
		if figures[i].Reported() != published.Published {
			return ErrDiffers
		}
	}
	return nil
}

const whereToLook = `
Where to log in, and to look, while the demo serves

  address   %s
  login     admin
  password  %s
  data      %s
  tablets   %s, PIN %s
  figures   satchel --data %s report --as-of %s
  decisions satchel --data %s review list

`

const tableRow = "%-39s  %-50s  %9s  %9s  %s\n"

func (d *demo) printFigures(figures []server.Figure) {
	fmt.Fprintf(d.out, "\nThe programme's results until the end of April 2020\n\n"+tableRow, "with", "indicator", "published", "Satchel", "same?")
	with := ""
	for i, f := range figures {
		published := indicators()[i].Published
		show, same := f.Institution, "yes"
		if show == with {
			show = ""
		}
		with = f.Institution
		if f.Reported() != published {
			same = "NO"
		}
		if f.Estimate {
			same += fmt.Sprintf(" (%.0f)", f.Value)
		}
		fmt.Fprintf(d.out, tableRow, show, f.Title, published, f.Reported(), same)
	}
}

// printConflicts lists what waits for an administrator's decision.
func (d *demo) printConflicts(ctx context.Context) error {
	open, err := d.server.Engine.Conflicts(ctx, 0, 100)
	if err != nil {
		return err
	}
	fmt.Fprintf(d.out, "\nOpen conflicts: %d\n", len(open))
	for _, c := range open {
		name, err := d.nameOf(ctx, c.Record)
		if err != nil {
			return err
		}
		fmt.Fprintf(d.out, "\n  %s of %s, %s %s\n", c.Field, name, c.Collection, c.Record)
		for _, side := range c.Sides {
			shown := "kept"
			if side.Shown {
				shown = "shows"
			}
			fmt.Fprintf(d.out, "    %-5s  %s = %s, on %s at %s, was %s\n", shown, side.Field, side.Value,
				side.DeviceName, time.UnixMilli(side.Time).Format(time.TimeOnly), orNothing(side.Before))
		}
	}
	return nil
}

// nameOf gives the head's name of a household, as it was recorded.
func (d *demo) nameOf(ctx context.Context, household uuid.UUID) (string, error) {
	history, err := d.server.Engine.History(ctx, household)
	if err != nil {
		return "", err
	}
	return history[0].Fields["head_name"].Text(), nil
}

func orNothing(v syncproto.Value) string {
	if v.IsNull() {
		return "nothing"
	}
	return string(v)
}

// wrap breaks text into lines of at most 100 characters, each behind the same indentation.
func wrap(text, indent string) string {
	var out strings.Builder
	line := indent
	for word := range strings.FieldsSeq(text) {
		if len(line)+len(word) > 100 {
			out.WriteString(strings.TrimRight(line, " ") + "\n")
			line = indent
		}
		line += word + " "
	}
	return out.String() + strings.TrimRight(line, " ") + "\n"
}
