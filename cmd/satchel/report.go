package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // the office's machine may have none

	"satchel/server"
)

// reportCmd reports the programme's figures.
type reportCmd struct {
	Programme reportProgrammeCmd `cmd:"" help:"The table of all figures, with targets." default:"withargs"`
	Logframe  reportLogframeCmd  `cmd:"" help:"A project's figures: target, achieved, %, by quarter."`
	By        reportByCmd        `cmd:"" help:"The figures shared out by sex, age, area, month …"`
	Restated  reportRestatedCmd  `cmd:"" help:"The figures that have changed since a day, and the records that changed them."`
}

// A reportScope says what is counted, and how it is written.
type reportScope struct {
	AsOf      string   `name:"as-of" help:"The last day whose events count." placeholder:"DATE"`
	From      string   `help:"The first day whose events count." placeholder:"DATE"`
	KnownBy   string   `help:"Count what was known at the office by the end of a day, whatever has come in since." placeholder:"DATE"`
	Zone      string   `help:"Time zone in which days begin." default:"UTC" placeholder:"NAME"`
	Area      string   `help:"Count one area and everything below it; by name, official code or id." placeholder:"AREA"`
	Only      []string `help:"Count only a part, such as sex=female, age=18-59, status=idp or institution=NAME; may be given several times." sep:"none" placeholder:"DIMENSION=LABEL"`
	Indicator []string `help:"Only the indicator of this code; may be given several times." sep:"none" placeholder:"CODE"`
	Suppress  float64  `help:"Withhold numbers below this one." placeholder:"N"`
	Format    string   `help:"text, csv, xlsx or json; by the ending of --out if not given." placeholder:"FORMAT"`
	HXL       bool     `name:"hxl" help:"Put the hashtags of the Humanitarian Exchange Language below the header."`
	Out       string   `short:"o" help:"File to write, in the place of one that is there; standard output if not given." placeholder:"FILE"`
}

// write writes a report to standard output or to the file, which is there whole or not at all. A report of which a figure
// could not be counted is whole: it says so.
func (s reportScope) write(ctx context.Context, c *cli, do func(*server.Server, io.Writer, server.Report) error) error {
	return c.office(ctx, func(srv *server.Server) error {
		report, err := s.report(ctx, c, srv)
		if err != nil {
			return err
		}
		if list, err := srv.Indicators(ctx); err != nil || len(list) == 0 && s.KnownBy == "" { // there may have been some then
			return cmp.Or(err, errNoIndicators)
		}
		if report.Format == "xlsx" && s.Out == "" {
			return errors.New("name the file of the workbook with --out; nothing was written")
		}
		var uncounted error
		err = exportCmd{Out: s.Out}.write(func(w io.Writer) error {
			err := do(srv, w, report)
			if errors.Is(err, server.ErrNotCounted) {
				uncounted, err = err, nil
			}
			return err
		})
		return errors.Join(err, uncounted)
	})
}

// report gives what is asked for.
func (s reportScope) report(ctx context.Context, c *cli, srv *server.Server) (server.Report, error) {
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		return server.Report{}, fmt.Errorf("there is no time zone %q; name one as Europe/Belgrade", s.Zone)
	}
	out := server.Report{
		FigureQuery: server.FigureQuery{From: s.From, Until: s.AsOf, KnownBy: s.KnownBy, Zone: zone, Codes: s.Indicator},
		Suppress:    s.Suppress, Tags: s.HXL,
	}
	if s.Area != "" {
		if out.Area, err = srv.Area(ctx, s.Area); err != nil {
			return out, err
		}
	}
	for _, part := range s.Only {
		by, label, some := strings.Cut(part, "=")
		if !some {
			return out, fmt.Errorf("%q does not name a part; write it as sex=female", part)
		}
		out.Only = append(out.Only, server.Share{By: by, Label: label})
	}
	out.Format, err = s.format(c)
	return out, err
}

// format gives the format that was asked for, or that the file's name tells.
func (s reportScope) format(c *cli) (string, error) {
	format := cmp.Or(strings.ToLower(s.Format), ending(s.Out))
	switch {
	case format == "" && c.JSON:
		return "json", nil
	case format == "" || format == "txt":
		return "text", nil
	case slices.Contains(server.ReportFormats(), format):
		return format, nil
	}
	return "", fmt.Errorf("there is no format %q; these there are: %s", format, strings.Join(server.ReportFormats(), ", "))
}

type reportProgrammeCmd struct {
	reportScope
	Project string `help:"Count one project, by its code." placeholder:"CODE"`
}

// Help is shown by --help.
func (reportProgrammeCmd) Help() string {
	return `What is counted is said by the records of the collection indicators; see satchel indicator --help. Families and people
count once, also if they were registered twice, as soon as the duplicates are merged.

A report that names --as-of and --known-by gives the same figures whenever it is run.

Examples:
  satchel report --as-of 2020-04-30
  satchel report --as-of 2020-04-30 --known-by 2020-05-01
  satchel report --project G01 --out g01.xlsx
  satchel report --area Kraljevo --only sex=female --suppress 5 --format csv --hxl`
}

// Run writes the report.
func (r reportProgrammeCmd) Run(ctx context.Context, c *cli) error {
	return r.write(ctx, c, func(srv *server.Server, w io.Writer, report server.Report) error {
		report.Project = r.Project
		return srv.ReportProgramme(ctx, w, report)
	})
}

type reportLogframeCmd struct {
	Project string `arg:"" help:"Code of the project."`
	reportScope
}

// Help is shown by --help.
func (reportLogframeCmd) Help() string {
	return `Each family and person is in the quarter in which it was first helped, so that the quarters add up to what is achieved.
Of several targets of an indicator, the one that is due last is shown.

Examples:
  satchel report logframe G01
  satchel report logframe G01 --as-of 2020-04-30 --out g01.xlsx`
}

// Run writes the report.
func (r reportLogframeCmd) Run(ctx context.Context, c *cli) error {
	return r.write(ctx, c, func(srv *server.Server, w io.Writer, report server.Report) error {
		report.Project, report.By = r.Project, []string{"quarter"}
		return srv.ReportShares(ctx, w, report)
	})
}

type reportByCmd struct {
	Dimension []string `arg:"" help:"What to share out by; the labels of the last one are the columns."`
	Project   string   `help:"Count one project, by its code." placeholder:"CODE"`
	reportScope
}

// Help is shown by --help.
func (reportByCmd) Help() string {
	return `Dimensions are ` + strings.Join(server.Dimensions(), ", ") + `,
and any path that the definition of an indicator may have, such as assistance_type.name. Each family and person is in one
cell, where it was first helped, so that the cells add up to the figure.

With --suppress, what is small is withheld within a table. Who gets several tables of the same people may still work it out.

Examples:
  satchel report by sex
  satchel report by municipality sex --indicator CRM-07
  satchel report by age --as-of 2020-04-30 --suppress 5 --out ages.csv --hxl`
}

// Run writes the report.
func (r reportByCmd) Run(ctx context.Context, c *cli) error {
	return r.write(ctx, c, func(srv *server.Server, w io.Writer, report server.Report) error {
		report.Project, report.By = r.Project, r.Dimension
		return srv.ReportShares(ctx, w, report)
	})
}

type reportRestatedCmd struct {
	Since   string `required:"" help:"The day by the end of which the figures were known." placeholder:"DATE"`
	Project string `help:"Count one project, by its code." placeholder:"CODE"`
	reportScope
}

// Help is shown by --help.
func (reportRestatedCmd) Help() string {
	return `For each figure that differs: what it was, what it is, and record by record what makes the difference, with who changed it
and when that came to the office. With --known-by, it is compared with what was known by that day in the place of today.
It names single records, so that --suppress is refused.

Examples:
  satchel report restated --as-of 2020-04-30 --since 2020-05-01
  satchel report restated --as-of 2020-04-30 --since 2020-05-01 --known-by 2020-06-30 --out restated.xlsx`
}

// Run writes the report.
func (r reportRestatedCmd) Run(ctx context.Context, c *cli) error {
	if r.Suppress > 0 {
		return errors.New("--suppress does not hide what a restatement lists one by one; leave it out, and keep the list at the office")
	}
	return r.write(ctx, c, func(srv *server.Server, w io.Writer, report server.Report) error {
		report.Project = r.Project
		return srv.ReportRestated(ctx, w, report, r.Since)
	})
}
