package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"satchel/server/internal/indicators"
	"satchel/server/internal/reports"
)

// ErrNotCounted means that a report is written, and says of a figure that it could not be counted.
var ErrNotCounted = errors.New("could not be counted")

// A Report says what to report, and how.
type Report struct {
	FigureQuery
	// Suppress withholds numbers below it; see [reports.Options].
	Suppress float64
	// Format is one of [ReportFormats]; Tags adds the hashtags of the columns.
	Format string
	Tags   bool
}

// ReportFormats gives the names of the forms in which reports are written.
func ReportFormats() []string { return reports.Formats() }

// Dimensions gives what every figure can be shared out by; see [indicators.Dimensions].
func Dimensions() []string { return indicators.Dimensions() }

// ReportProgramme writes the table of the figures, and in a workbook their definitions too. It ends with
// [ErrNotCounted], once it is written, if a figure could not be counted.
func (s *Server) ReportProgramme(ctx context.Context, w io.Writer, r Report) error {
	figures, err := s.Figures(ctx, r.FigureQuery)
	if err != nil {
		return err
	}
	return r.write(w, figures, reports.Programme(figures, r.options(s.config.Now())))
}

// ReportShares writes the figures shared out by the dimensions of the query, of which there has to be one. Of figures that
// have neither a value nor a target there is no row. It ends as [Server.ReportProgramme] does.
func (s *Server) ReportShares(ctx context.Context, w io.Writer, r Report) error {
	figures, err := s.Figures(ctx, r.FigureQuery)
	if err != nil {
		return err
	}
	figures = slices.DeleteFunc(figures, func(f Figure) bool { return f.Value == 0 && f.Target == nil && f.Fault == "" })
	return r.write(w, figures, reports.Shared(figures, r.By, r.options(s.config.Now())))
}

// ReportRestated writes which figures are others than they were known to be by the end of a day, and why. It ends with
// [ErrNotCounted], once it is written, if one of the two could not be counted.
func (s *Server) ReportRestated(ctx context.Context, w io.Writer, r Report, since string) error {
	list, err := s.Restatements(ctx, r.FigureQuery, since)
	if err != nil {
		return err
	}
	o := r.options(s.config.Now())
	o.Notes = append(o.Notes, "Compared with what was known by the end of "+since+".")
	if err := reports.Write(w, r.Format, r.Tags, reports.Restated(list, o)); err != nil {
		return err
	}
	for _, restated := range list {
		if err := notCounted(restated.Code, cmp.Or(restated.Fault, restated.FaultBefore)); err != nil {
			return err
		}
	}
	return nil
}

// write writes a table of figures, in a workbook with their definitions behind it.
func (r Report) write(w io.Writer, figures []Figure, table reports.Table) error {
	list := []reports.Table{table}
	if r.Format == "xlsx" {
		list = append(list, reports.Definitions(figures))
	}
	if err := reports.Write(w, r.Format, r.Tags, list...); err != nil {
		return err
	}
	for _, f := range figures {
		if err := notCounted(f.Code, f.Fault); err != nil {
			return err
		}
	}
	return nil
}

// notCounted gives the error of a figure that has a fault.
func notCounted(code, fault string) error {
	if fault == "" {
		return nil
	}
	return fmt.Errorf("the figure %s %w: %s; the others were", code, ErrNotCounted, fault)
}

// options says what the figures are of.
func (r Report) options(now time.Time) reports.Options {
	return reports.Options{Suppress: r.Suppress, Notes: []string{reports.NoteOf(r.FigureQuery, now)}}
}
