package console

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"satchel/server/internal/indicators"
	"satchel/server/internal/reports"
	"satchel/syncproto"
)

// A table of the programme that can be taken along, made of what the overview counts.
type programmeFile struct {
	name, title string
	figures     int // which of the overview's answers it is of
	by          func(programmeFilter) []string
}

func programmeFiles() []programmeFile {
	by := func(names ...string) func(programmeFilter) []string {
		return func(programmeFilter) []string { return names }
	}
	return []programmeFile{
		{"months", "deliveries", 1, by("month")},
		{"types", "deliveries", 2, by("assistance_type.name", "month")},
		{"places", "deliveries", 3, func(f programmeFilter) []string { return []string{f.level()} }},
		{"people", "people", 4, by("age", "sex")},
	}
}

// fileName splits the last part of the path into a name and a format.
func (v *Visit) fileName() (name, format string, err error) {
	name, format, _ = strings.Cut(v.Request.PathValue("file"), ".")
	if format != "csv" && format != "xlsx" {
		return "", "", errNoTable()
	}
	return name, format, nil
}

func errNoTable() error {
	return syncproto.Refuse(syncproto.CodeNotFound, "There is no such table; there are CSV and XLSX files of what the pages show.")
}

// programmeTable sends one of the tables that the overview and the report show.
func (c *Console) programmeTable(v *Visit) error {
	name, format, err := v.fileName()
	if err != nil {
		return err
	}
	f, err := v.readFilter()
	if err != nil {
		return err
	}
	switch name {
	case "programme":
		return v.sendProgramme(f, format)
	case "restated":
		return v.sendRestated(f, format)
	}
	for _, file := range programmeFiles() {
		if file.name != name {
			continue
		}
		counted, when, err := v.count(overviewQueries(f, c.Zone))
		if err != nil {
			return err
		}
		figures := slices.Clone(counted[file.figures])
		if figures[0].Title == "" {
			figures[0].Title = file.title
		}
		return v.send(name, format, reports.Shared(figures, file.by(f), f.options(c.Zone, when)), figures)
	}
	return errNoTable()
}

// sendProgramme sends the table that satchel report gives.
func (v *Visit) sendProgramme(f programmeFilter, format string) error {
	counted, when, err := v.count([]indicators.Query{f.figures(v.console.Zone)})
	if err != nil {
		return err
	}
	figures := f.shown(counted[0])
	return v.send("programme", format, reports.Programme(figures, f.options(v.console.Zone, when)), figures)
}

// figureTable sends a figure, shared out.
func (c *Console) figureTable(v *Visit) error {
	by, format, err := v.fileName()
	if err != nil {
		return err
	}
	f, err := v.readFilter()
	if err != nil {
		return err
	}
	i, err := v.figureNamed(f)
	if err != nil {
		return err
	}
	if !slices.Contains(f.figureDimensions(i.Definition), by) {
		return errNoTable()
	}
	q := f.query(c.Zone)
	q.Codes, q.By = []string{i.Code}, []string{by}
	counted, when, err := v.count([]indicators.Query{q})
	if err != nil {
		return err
	}
	return v.send(syncproto.Fold(i.Code)+"-"+by, format, reports.Shared(counted[0], q.By, f.options(c.Zone, when)), counted[0])
}

// send sends a table, in a workbook with the definitions of its figures behind it.
func (v *Visit) send(name, format string, table reports.Table, figures []indicators.Figure) error {
	list := []reports.Table{table}
	if format == "xlsx" {
		list = append(list, reports.Definitions(figures))
	}
	return v.sendTables(name, format, list)
}

func (v *Visit) sendTables(name, format string, list []reports.Table) error {
	var out bytes.Buffer
	if err := reports.Write(&out, format, false, list...); err != nil {
		return fmt.Errorf("write the table %s: %w", name, err)
	}
	kind := "text/csv; charset=utf-8"
	if format == "xlsx" {
		kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	name = strings.ReplaceAll(name, " ", "-") + "-" + v.console.Now().In(v.console.Zone).Format(time.DateOnly) + "." + format
	h := v.Response.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Content-Length", strconv.Itoa(out.Len()))
	v.Response.WriteHeader(http.StatusOK)
	_, err := v.Response.Write(out.Bytes())
	return err
}
