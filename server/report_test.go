package server_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server"
	"satchel/syncproto"
)

// A tablet comes back from a village weeks after the others. What it brings counts as of the day on which it happened; what
// was reported meanwhile can be reported again to the figure, and the difference is laid at its door.
func TestADeliveryThatComesInLateIsARestatement(t *testing.T) {
	o := newOffice(t)
	house, project := newID(t), newID(t)
	o.save("projects", project, map[string]string{"code": "P", "title": "Project"})
	o.save("assistance_types", house, map[string]string{"code": "HOUSE", "name": "House", "category": "housing"})
	if _, err := o.srv.SetIndicator(t.Context(), o.admin, "H", "houses", `{"of":"deliveries","sum":"quantity","where":{"assistance_type.category":"housing"}}`); err != nil {
		t.Fatal(err)
	}
	one, two := o.tablet("Tablet 1", o.a), o.tablet("Tablet 2", o.b)
	deliver(t, one, register(t, one, o.a, "Petar"), project, house, o.admin)
	mustSync(t, one, two)
	late := deliver(t, two, register(t, two, o.b, "Ana"), project, house, o.admin)
	day := late.DeliveredAt.UTC().Format(time.DateOnly)
	asOf := server.FigureQuery{Until: day}
	o.counts(asOf, 1)

	o.ahead.Store(int64(40 * 24 * time.Hour))
	mustSync(t, two)
	o.counts(asOf, 2)
	known := server.FigureQuery{Until: day, KnownBy: o.now().AddDate(0, 0, -30).Format(time.DateOnly)}
	o.counts(known, 1)
	list, err := o.srv.Restatements(t.Context(), asOf, known.KnownBy)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || list[0].Before != 1 || list[0].After != 2 || len(list[0].Differences) != 1 {
		t.Fatalf("restated is %+v, want one house more by one delivery", list)
	}
	d := list[0].Differences[0]
	if d.Record != late.ID || d.On != day || len(d.Causes) == 0 || d.Causes[len(d.Causes)-1].DeviceName != "Tablet 2" {
		t.Errorf("what makes the difference is %+v", d)
	}
	o.reportSays(known, "H", "houses", "1", "as known by the end of "+known.KnownBy)

	edit(t, two, late.ID, map[string]any{"cancelled_why": "it was never built"})
	mustSync(t, two)
	o.counts(asOf, 1)
	if list, err := o.srv.Restatements(t.Context(), asOf, known.KnownBy); err != nil || len(list) > 0 {
		t.Errorf("it was cancelled, and restated is %+v, %v", list, err)
	}
}

// now is the server's time.
func (o *office) now() time.Time { return time.Now().UTC().Add(time.Duration(o.ahead.Load())) }

// counts expects the value of the one figure that there is.
func (o *office) counts(q server.FigureQuery, want float64) {
	o.t.Helper()
	figures, err := o.srv.Figures(o.t.Context(), q)
	if err != nil || len(figures) != 1 || figures[0].Value != want || figures[0].Fault != "" {
		o.t.Errorf("as of %s, known by %q: %+v, %v, want %v", q.Until, q.KnownBy, figures, err, want)
	}
}

// reportSays expects words in the table of the programme.
func (o *office) reportSays(q server.FigureQuery, words ...string) {
	o.t.Helper()
	var out bytes.Buffer
	if err := o.srv.ReportProgramme(o.t.Context(), &out, server.Report{FigureQuery: q, Format: "text"}); err != nil {
		o.t.Fatal(err)
	}
	for _, word := range words {
		if !strings.Contains(out.String(), word) {
			o.t.Errorf("the report does not say %q:\n%s", word, &out)
		}
	}
}

// An indicator is a record, and may come from whoever edits records: one that is not understood is told in its place.
func TestAnIndicatorThatIsNotUnderstoodIsTold(t *testing.T) {
	o := newOffice(t)
	if _, err := o.srv.SetIndicator(t.Context(), o.admin, "H", "houses", `{"of":"deliveries"}`); err != nil {
		t.Fatal(err)
	}
	list, err := o.srv.Indicators(t.Context())
	if err != nil || len(list) != 1 || list[0].ID == uuid.Nil {
		t.Fatalf("%+v, %v", list, err)
	}
	if _, err := o.srv.SetIndicator(t.Context(), o.admin, "H", "", `{"of":"houses"}`); err == nil {
		t.Error("a definition that is not understood was taken")
	}
	_, err = o.srv.Engine.Save(t.Context(), o.admin, []server.OfficeEdit{{Collection: "indicators", Record: list[0].ID, Fields: map[string]syncproto.Value{"definition": `{"of":"houses"}`}}})
	if err != nil {
		t.Fatal(err)
	}
	figures, err := o.srv.Figures(t.Context(), server.FigureQuery{})
	if err != nil || len(figures) != 1 || !strings.Contains(figures[0].Fault, "houses") {
		t.Errorf("%+v, %v", figures, err)
	}
	if err := o.srv.ReportProgramme(t.Context(), &bytes.Buffer{}, server.Report{Format: "text"}); !errors.Is(err, server.ErrNotCounted) {
		t.Errorf("the report ends with %v", err)
	}
}
